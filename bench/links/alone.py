"""One browser whose other end is synthetic: what its camera reaches when nothing else needs the machine.

The other end sends 640x480@30 and counts what arrives without decoding it, so one browser may use the processors alone.
Chromium and Firefox, each with its own stand-in for a camera. One rule: the figures are those of the receiving side and
of the server, only the picture's size is the sender's word.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Protocol

from playwright.async_api import Playwright

from bench.links.room import CALL, CONNECT_PATIENCE_S, CONNECTED, TAKE, relaying, served
from bench.relay.client import Client
from bench.relay.recording import record
from bench.rig.firefox import firefox
from bench.rig.network import NamespaceNetwork, ProxyNetwork, open_network
from tests.journey.browsers import person
from verifier.core.model import Role
from verifier.media import EmbeddedMediaEngine

BROWSER, SYNTHETIC = Role.FREELANCER, Role.INTERVIEWER
WHOLE_HEIGHT, ENOUGH_KBPS, ENOUGH_FRAMES = 480, 1_000.0, 27
"""What counts as 640x480@30 at 1 Mb/s in one second; a frame or two may fall into the next second."""


class Kind(StrEnum):
    """Which browser."""

    CHROMIUM = "chromium"
    FIREFOX = "firefox"


class Seen(Protocol):
    """A browser's page, whoever drives it."""

    def goto(self, url: str) -> Awaitable[Any]:
        """Load a page."""

    def evaluate(self, function: str) -> Awaitable[Any]:
        """What a function of the page answers."""


@dataclass(frozen=True, slots=True)
class Second:
    """One second of the browser's uplink."""

    kbps: float
    """RTP payload that reached the server."""
    frames: int
    """That reached the other end."""
    height: int
    """Of the picture that the browser encodes, in pixels."""
    limited: str
    """Why the browser encodes less than its camera gives, in its own word."""

    @property
    def whole(self) -> bool:
        """Whether this is 640x480@30 at 1 Mb/s."""
        return self.height >= WHOLE_HEIGHT and self.kbps >= ENOUGH_KBPS and self.frames >= ENOUGH_FRAMES


async def uplink(playwright: Playwright, kind: Kind, seconds: int) -> tuple[Second, ...]:
    """The first seconds of a call over a clean link, from the moment when both ends are connected.

    Raises:
        TimeoutError: they did not connect in 40 s.
    """
    with open_network(BROWSER) as network:
        async with (
            relaying(network.server_address) as engine,
            served(network.server_address, engine) as origin,
            _browser(playwright, kind, network) as page,
            _other_end(engine, network.server_address) as other,
        ):
            await page.goto(f"{origin}/?role={BROWSER}&way=relay&fps=30")
            async with asyncio.timeout(CONNECT_PATIENCE_S):
                while not await page.evaluate(CONNECTED):  # noqa: ASYNC110 another process's state
                    await asyncio.sleep(0.1)
            return await _watched(engine, page, other, seconds)


def reached_after_s(seconds: tuple[Second, ...]) -> int | None:
    """Seconds until every later one is whole, None when the last one is not."""
    kept = len(seconds)
    while kept and seconds[kept - 1].whole:
        kept -= 1
    return kept if kept < len(seconds) else None


async def _watched(engine: EmbeddedMediaEngine, page: Seen, other: Client, seconds: int) -> tuple[Second, ...]:
    assert other.listener is not None
    found: list[Second] = []
    loop = asyncio.get_running_loop()
    began, octets, frames = loop.time(), _octets(engine), other.listener.frames
    before = began
    for number in range(1, seconds + 1):
        await asyncio.sleep(max(0.0, began + number - loop.time()))
        sent = (await page.evaluate(TAKE))["outbound"].get("video", {})
        now, reached, shown = loop.time(), _octets(engine), other.listener.frames
        kbps = (reached - octets) * 8 / 1000 / (now - before)
        found.append(Second(kbps, shown - frames, sent.get("height") or 0, sent.get("limited") or "not told"))
        before, octets, frames = now, reached, shown
    return tuple(found)


def _octets(engine: EmbeddedMediaEngine) -> int:
    return next(row.video.bytes for row in engine.sample(CALL) if row.leg is BROWSER)


@asynccontextmanager
async def _browser(playwright: Playwright, kind: Kind, network: NamespaceNetwork | ProxyNetwork) -> AsyncIterator[Seen]:
    place = network.place(BROWSER)
    if kind is Kind.FIREFOX:
        async with firefox(place=place) as tab:
            yield tab
    else:
        async with person(playwright, name=kind, place=place, frames_per_s=30) as page:
            yield page


@asynccontextmanager
async def _other_end(engine: EmbeddedMediaEngine, address: str) -> AsyncIterator[Client]:
    client = Client(record(), address)
    offer = await engine.open_leg(CALL, SYNTHETIC, lambda _: None)
    answer = await client.answer(offer.sdp)
    connecting = asyncio.create_task(client.connect(offer.sdp, offered=False))
    await engine.accept_answer(CALL, SYNTHETIC, offer.generation, answer)
    await connecting
    try:
        yield client
    finally:
        await client.close()
