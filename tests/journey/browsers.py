"""A person in front of a real browser: camera, microphone, their own cookies, and their place in the network.

    async with person(playwright, name="freelancer", voice=Voice.SLT, camera=Camera.FACE) as page:
        await page.goto(link)

Chromium takes its fake camera and microphone once per process, so each person is a browser process.
When the block fails, the page's console and a picture of every open page are kept and the error names the folder.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from aioice.ice import get_host_addresses
from playwright.async_api import (
    Browser,
    BrowserContext,
    Error,
    Page,
    Playwright,
    ViewportSize,
)

from bench.rig.network import Place
from bench.rig.sources import DOCUMENT_SIZE, Camera, Voice, camera_file, microphone_file

Scheme = Literal["light", "dark"]


@dataclass(frozen=True, slots=True)
class Screen:
    """A device's screen as the page sees it."""

    name: str
    width: int
    height: int
    is_mobile: bool

    @property
    def size(self) -> ViewportSize:
        """Width and height in CSS pixels."""
        return {"width": self.width, "height": self.height}


PHONE = Screen("phone", 390, 844, is_mobile=True)
DESKTOP = Screen("desktop", 1280, 800, is_mobile=False)
SCHEMES: tuple[Scheme, ...] = ("light", "dark")

_INSTALLED_NAMES = ("chromium", "chromium-browser", "google-chrome")
_FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--autoplay-policy=no-user-gesture-required",
    "--use-fake-device-for-media-stream",
    "--use-fake-ui-for-media-stream",
    "--disable-features=WebRtcHideLocalIpsWithMdns",
)


@asynccontextmanager
async def person(
    playwright: Playwright,
    *,
    name: str,
    voice: Voice = Voice.SLT,
    says: Sequence[str] = ("loop",),
    camera: Camera = Camera.FACE,
    place: Place | None = None,
    screen: Screen = DESKTOP,
    scheme: Scheme = "light",
    frames_per_s: int = 15,
) -> AsyncIterator[Page]:
    """Yield the first page of a browser of their own; `page.context` opens further tabs with the same cookies.

    Args:
        playwright: the running Playwright.
        name: who it is, for the folder kept on failure.
        voice: who talks at the microphone.
        says: what they say, in a loop: names of files in `verifier/demo/assets/speech/VOICE`.
        camera: what the camera sees, in a loop.
        place: where in the impaired network the browser runs; None is this machine's own network.
        screen: the device's screen.
        scheme: the colour scheme the person prefers.
        frames_per_s: what the camera delivers.
    """
    browser = await _launch(playwright, place, capture_flags(voice, says, camera, frames_per_s))
    try:
        context = await browser.new_context(
            ignore_https_errors=True, viewport=screen.size, is_mobile=screen.is_mobile, color_scheme=scheme
        )
        if place is not None:
            await place.prepare(context)
        console = _listen(context)
        page = await context.new_page()
        try:
            yield page
        except BaseException as error:
            error.add_note(f"{name}: console and pages kept in {await _keep(name, browser, console)}")
            raise
    finally:
        await browser.close()


async def colleague(page: Page, screen: Screen = DESKTOP) -> Page:
    """A page with cookies of its own in the same browser process: somebody else, who needs no camera."""
    browser = page.context.browser
    assert browser is not None, "a page of `person` has a browser"
    context = await browser.new_context(ignore_https_errors=True, viewport=screen.size, is_mobile=screen.is_mobile)
    return await context.new_page()


def capture_flags(voice: Voice, says: Sequence[str], camera: Camera, frames_per_s: int = 15) -> list[str]:
    """Chromium's flags for the files that its microphone and camera play."""
    if camera in {Camera.DOCUMENT, Camera.HELD_DOCUMENT}:
        width, height = DOCUMENT_SIZE
        seen = camera_file(camera, width=width, height=height, seconds=1)
    else:
        seen = camera_file(camera, fps=frames_per_s)
    return [
        f"--use-file-for-fake-audio-capture={microphone_file(voice, says)}",
        f"--use-file-for-fake-video-capture={seen}",
    ]


async def take_screenshots(page: Page, folder: Path, stem: str) -> list[Path]:
    """The PNG files of the whole page on phone and desktop, light and dark: `STEM-phone-dark.png` and so on.

    The page is left on the desktop's size in the light scheme.
    """
    files = []
    for screen in (PHONE, DESKTOP):
        await page.set_viewport_size(screen.size)
        for scheme in reversed(SCHEMES):
            await page.emulate_media(color_scheme=scheme)
            files.append(folder / f"{stem}-{screen.name}-{scheme}.png")
            await page.screenshot(path=files[-1], full_page=True)
    return files


async def _launch(playwright: Playwright, place: Place | None, capture: list[str]) -> Browser:
    installed = next(filter(None, map(shutil.which, _INSTALLED_NAMES)), None)
    executable = installed or playwright.chromium.executable_path
    if place is not None:
        executable = place.launcher(executable)
    # Chromium leaves loopback out too, and waits for ever where the machine has nothing else.
    alone = place is None and not get_host_addresses(use_ipv4=True, use_ipv6=True)
    flags = (*_FLAGS, "--allow-loopback-in-peer-connection") if alone else _FLAGS
    return await playwright.chromium.launch(executable_path=executable, args=[*flags, *capture])


def _listen(context: BrowserContext) -> list[str]:
    lines: list[str] = []
    context.on("console", lambda message: lines.append(f"{message.type}: {message.text}"))
    context.on("weberror", lambda error: lines.append(f"uncaught: {error.error}"))
    context.on("requestfailed", lambda request: lines.append(f"failed: {request.url} {request.failure}"))
    return lines


async def _keep(name: str, browser: Browser, console: list[str]) -> Path:
    folder = Path(tempfile.mkdtemp(prefix=f"verifier-journey-{name}-"))
    for number, page in enumerate((page for context in browser.contexts for page in context.pages), start=1):
        try:
            await page.screenshot(path=folder / f"page-{number}.png")
        except Error as error:
            # A crashed or closed page has no picture; the console still tells the story.
            console.append(f"no picture of page {number}: {error.message}")
    (folder / "console.txt").write_text("\n".join(console) + "\n")
    return folder
