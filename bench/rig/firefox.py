"""A real Firefox, driven by WebDriver BiDi over a WebSocket: the second engine beside Playwright's Chromium.

    async with firefox(name="freelancer", place=network.place("freelancer")) as page:
        await page.goto(link)
        title = await page.evaluate("() => document.title")

One rule: what a page throws is raised here, and nothing of the profile is left behind. Firefox's own fake camera shows
one plain colour, so a noisy, moving face is put in its place. Used by the tests and the benchmarks.
Source: https://w3c.github.io/webdriver-bidi/
"""

from __future__ import annotations

import asyncio
import base64
import itertools
import json
import os
import shutil
import socket
import tempfile
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
from aiohappyeyeballs import AddrInfoType, SocketFactoryType

from bench.rig.network import Place, RigError
from bench.rig.sources import ASSETS

_MOVING_CAMERA = Path(__file__).with_name("moving_camera.js")
_NAMES = ("firefox-esr", "firefox")
_PREFERENCES = {
    "media.navigator.streams.fake": True,
    "media.navigator.permission.disabled": True,
    "media.peerconnection.ice.obfuscate_host_addresses": False,
    "media.peerconnection.ice.loopback": True,
    "media.autoplay.default": 0,
    "remote.active-protocols": 1,
    # Nothing of the browser's own may go out to the network.
    "app.update.enabled": False,
    "browser.safebrowsing.malware.enabled": False,
    "browser.safebrowsing.phishing.enabled": False,
    "captivedetect.canonicalURL": "",
    "datareporting.policy.dataSubmissionEnabled": False,
    "extensions.update.enabled": False,
    "media.gmp-manager.updateEnabled": False,
    "media.gmp-provider.enabled": False,
    "network.captive-portal-service.enabled": False,
    "network.connectivity-service.enabled": False,
    "services.settings.server": "data:,",
}
_START_PATIENCE_S, _END_PATIENCE_S, _POLL_S = 40.0, 10.0, 0.1
_READY = "WebDriver BiDi listening on "


class PageError(Exception):
    """What a page threw, or why the browser would not do what it was told."""


class Tab:
    """The one page of a running Firefox."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        """Commands go out by ``socket``; ``listen`` must run beside them."""
        self.console: list[str] = []
        """What the page wrote and what it did not catch, a line each."""
        self._socket, self._numbers, self._context = socket, itertools.count(1), ""
        self._waiting: dict[int, asyncio.Future[dict[str, Any]]] = {}

    async def listen(self) -> None:
        """Take answers and events until the browser is gone."""
        async for message in self._socket:
            told = json.loads(message.data)
            waiting = self._waiting.pop(told.get("id"), None)
            if waiting is not None and not waiting.cancelled():
                waiting.set_result(told)
            elif told.get("method") == "log.entryAdded":
                self.console.append(f"{told['params']['level']}: {told['params']['text']}")
        for left in self._waiting.values():
            left.cancel()

    async def begin(self, size: tuple[int, int], scripts: Sequence[str]) -> None:
        """Open the session; ``scripts``, bodies of functions, run in every document before its own."""
        await self.command("session.new", capabilities={"alwaysMatch": {"acceptInsecureCerts": True}})
        tree = await self.command("browsingContext.getTree")
        self._context = tree["contexts"][0]["context"]
        await self.command("session.subscribe", events=["log.entryAdded"])
        viewport = dict(zip(("width", "height"), size, strict=True))
        await self.command("browsingContext.setViewport", context=self._context, viewport=viewport)
        for script in scripts:
            await self.command("script.addPreloadScript", functionDeclaration=f"() => {{ {script} }}")

    async def command(self, method: str, **parameters: Any) -> dict[str, Any]:
        """The result of one BiDi command.

        Raises:
            PageError: the browser refused it.
        """
        number = next(self._numbers)
        waiting = self._waiting[number] = asyncio.get_running_loop().create_future()
        await self._socket.send_json({"id": number, "method": method, "params": parameters})
        answer = await waiting
        if answer["type"] == "error":
            raise PageError(f"{method}: {answer['error']}: {answer['message']}")
        return dict(answer["result"])

    async def goto(self, url: str) -> None:
        """Load a page, wholly."""
        await self.command("browsingContext.navigate", context=self._context, url=url, wait="complete")

    async def reload(self) -> None:
        """Load the page anew."""
        await self.command("browsingContext.reload", context=self._context, wait="complete")

    async def evaluate(self, function: str, *arguments: Any) -> Any:
        """What a JavaScript function of the page answers to JSON arguments, through JSON itself.

        Raises:
            PageError: it threw.
        """
        given = ", ".join(json.dumps(argument) for argument in arguments)
        expression = f"(async () => JSON.stringify(await ({function})({given})) ?? 'null')()"
        answer = await self.command(
            "script.evaluate",
            expression=expression,
            target={"context": self._context},
            awaitPromise=True,
            userActivation=True,
        )
        if answer["type"] == "exception":
            raise PageError(answer["exceptionDetails"]["text"])
        return json.loads(answer["result"]["value"])

    async def wait_for(self, function: str, *arguments: Any, patience_s: float = 20.0) -> Any:
        """The first answer of a JavaScript function that is true.

        Raises:
            TimeoutError: none came in time.
            PageError: it threw.
        """
        async with asyncio.timeout(patience_s):
            while not (answer := await self.evaluate(function, *arguments)):  # noqa: ASYNC110 another process's state
                await asyncio.sleep(_POLL_S)
        return answer

    async def click(self, selector: str) -> None:
        """Press what a CSS selector names, as soon as it is there and can be pressed.

        Raises:
            TimeoutError: it did not come.
        """
        ready = "(name) => { const it = document.querySelector(name); return it?.checkVisibility() && !it.disabled; }"
        await self.wait_for(ready, selector)
        await self.evaluate("(name) => { document.querySelector(name).click(); }", selector)

    async def screenshot(self) -> bytes:
        """A PNG of what is in view."""
        shot = await self.command("browsingContext.captureScreenshot", context=self._context)
        return base64.b64decode(shot["data"])


@asynccontextmanager
async def firefox(
    *, place: Place | None = None, size: tuple[int, int] = (1280, 800), moving_camera: bool = True
) -> AsyncIterator[Tab]:
    """Yield the page of a Firefox of its own, with a new profile.

    Args:
        place: where in the impaired network it runs; None is this machine's own network.
        size: the viewport in CSS pixels.
        moving_camera: a face that moves stands in for the fake camera, which shows a plain colour.

    Raises:
        RigError: there is no Firefox, or it did not start.
    """
    installed = next(filter(None, map(shutil.which, _NAMES)), None)
    if installed is None:
        raise RigError("no Firefox: install the package firefox-esr")
    executable = installed if place is None else place.launcher(installed)
    async with AsyncExitStack() as stack:
        profile = Path(stack.enter_context(tempfile.TemporaryDirectory(ignore_cleanup_errors=True)))
        lines = (f"user_pref({json.dumps(name)}, {json.dumps(value)});\n" for name, value in _PREFERENCES.items())
        (profile / "user.js").write_text("".join(lines))
        address = await stack.enter_async_context(_running(executable, profile))
        connector = aiohttp.TCPConnector(socket_factory=None if place is None else _sockets_of(place))
        session = await stack.enter_async_context(aiohttp.ClientSession(connector=connector))
        socket = await stack.enter_async_context(session.ws_connect(f"{address}/session", max_msg_size=0))
        tab = Tab(socket)
        listening = asyncio.ensure_future(tab.listen())
        try:
            await tab.begin(size, [_moving_camera()] if moving_camera else [])
            yield tab
        except BaseException as error:
            error.add_note("Firefox: " + ("\n".join(tab.console) or "the console is empty"))
            raise
        finally:
            listening.cancel()


@asynccontextmanager
async def _running(executable: str, profile: Path) -> AsyncIterator[str]:
    """The address of a started browser, which ends with the block."""
    process = await asyncio.create_subprocess_exec(
        executable, "--headless", "--no-remote", "--profile", os.fspath(profile), "--remote-debugging-port", "0",
        stderr=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.DEVNULL,
        env={**os.environ, "HOME": os.fspath(profile)},
    )  # fmt: skip
    assert process.stderr is not None
    draining: asyncio.Task[bytes] | None = None
    try:
        address = await _address(process.stderr)
        # A full pipe would stop the browser.
        draining = asyncio.ensure_future(process.stderr.read())
        yield address
    finally:
        if process.returncode is None:
            process.terminate()
        try:
            await asyncio.wait_for(process.wait(), _END_PATIENCE_S)
        except TimeoutError:
            process.kill()
            await process.wait()
        if draining is not None:
            draining.cancel()


def _moving_camera() -> str:
    face = base64.b64encode((ASSETS / "face.jpg").read_bytes()).decode()
    return f'const FACE = "{face}"; {_MOVING_CAMERA.read_text()}'


def _sockets_of(place: Place) -> SocketFactoryType:
    """Its port listens on the loopback of its own network."""

    def opened(address: AddrInfoType) -> socket.socket:
        family, kind, protocol, *_ = address
        connection = place.open_socket(family, kind, protocol)
        connection.setblocking(False)
        return connection

    return opened


async def _address(errors: asyncio.StreamReader) -> str:
    said = []
    try:
        async with asyncio.timeout(_START_PATIENCE_S):
            while line := (await errors.readline()).decode(errors="replace").strip():
                said.append(line)
                if line.startswith(_READY):
                    return line.removeprefix(_READY)
    except TimeoutError:
        said.append(f"nothing more for {_START_PATIENCE_S:g} s")
    raise RigError("Firefox did not start: " + "; ".join(said))
