"""Two browsers in one measured call, over a network that can be impaired: through the relay, or one to the other."""

from __future__ import annotations

import asyncio
import datetime
import ssl
import tempfile
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

from aiohttp import web
from playwright.async_api import Page, Playwright

from bench.rig.network import NamespaceNetwork, ProxyNetwork
from bench.rig.sink_recorder import SinkRecorder
from bench.rig.sources import Camera, Voice
from bench.rig.tls import self_signed
from tests.journey.browsers import person
from tests.media.room import MonotonicClock, NoFaces
from verifier.core.model import InterviewId, Role
from verifier.core.samples import ServerSample
from verifier.media import EmbeddedMediaEngine, MediaSettings
from verifier.ports import IceCandidate

CALL = InterviewId("int_links")
STATIC = Path(__file__).resolve().parents[2] / "static"
CONNECT_PATIENCE_S = 40.0
TAKE, CONNECTED = "() => window.take()", "() => window.connected?.()"


class Way(StrEnum):
    """How media get from one participant to the other."""

    RELAY = "relay"
    DIRECT = "direct"


@dataclass(frozen=True, slots=True)
class Room:
    """A running call."""

    network: NamespaceNetwork | ProxyNetwork
    engine: EmbeddedMediaEngine | None
    pages: dict[Role, Page]
    recorders: dict[Role, SinkRecorder]
    """What each page's browser plays and shows, where that is kept."""

    def sample(self, leg: Role) -> ServerSample | None:
        """The server's row of a leg for the time since the one before, None in a direct call."""
        rows = self.engine.sample(CALL) if self.engine is not None else ()
        return next((row for row in rows if row.leg is leg), None)

    async def take(self) -> dict[Role, dict[str, Any]]:
        """What each page showed and played since the call before; see ``page.js``."""
        rows = await asyncio.gather(*(page.evaluate(TAKE) for page in self.pages.values()))
        return dict(zip(self.pages, rows, strict=True))


Sources = Mapping[Role, tuple[Voice, Sequence[str], Camera]]
"""Of each participant who talks, what he says again and again, and what his camera sees."""
TALKING: Sources = {
    Role.FREELANCER: (Voice.SLT, ("loop",), Camera.FACE),
    Role.INTERVIEWER: (Voice.RMS, ("loop",), Camera.FACE),
}


@asynccontextmanager
async def room(
    playwright: Playwright,
    network: NamespaceNetwork | ProxyNetwork,
    way: Way,
    frames_per_s: int = 15,
    sources: Sources = TALKING,
    *,
    recorded: bool = False,
) -> AsyncIterator[Room]:
    """Two people in a call, connected, over perfect links at first; who has no sources of his own talks anything.

    Raises:
        TimeoutError: they did not connect in 40 s.
    """
    async with AsyncExitStack() as stack:
        engine = None
        if way is Way.RELAY:
            engine = await stack.enter_async_context(relaying(network.server_address))
        origin = await stack.enter_async_context(served(network.server_address, engine))
        pages, recorders = {}, {}
        for role in Role:
            voice, says, camera = sources.get(role, TALKING[role])
            someone = person(playwright, name=role, voice=voice, says=says, camera=camera, place=network.place(role))
            pages[role] = await stack.enter_async_context(someone)
            if recorded:
                recorders[role] = await SinkRecorder.install(pages[role])
        for role, page in pages.items():
            await page.goto(f"{origin}/?role={role}&way={way}&fps={frames_per_s}")
        for page in pages.values():
            await page.wait_for_function(CONNECTED, timeout=CONNECT_PATIENCE_S * 1000)
        yield Room(network, engine, pages, recorders)


@asynccontextmanager
async def relaying(address: str) -> AsyncIterator[EmbeddedMediaEngine]:
    """An engine that announces the address and looks for no faces."""
    engine = EmbeddedMediaEngine(MonotonicClock(), MediaSettings(announced_address=address), NoFaces())
    try:
        yield engine
    finally:
        await engine.close()


@asynccontextmanager
async def served(address: str, engine: EmbeddedMediaEngine | None) -> AsyncIterator[str]:
    """The pages and their signalling, by TLS: browsers open cameras to nobody else."""
    letters: dict[Role, asyncio.Queue[Any]] = {role: asyncio.Queue() for role in Role}
    application = web.Application()
    application.add_routes([*_of_relay(engine), *_of_letters(letters)])
    application.router.add_static("/static", STATIC)
    for path, name in (("/", "page.html"), ("/page.js", "page.js")):
        application.router.add_get(path, _file(name))
    runner = web.AppRunner(application, access_log=None)
    await runner.setup()
    with tempfile.TemporaryDirectory() as folder:
        certificate, key = self_signed(address, Path(folder), now=datetime.datetime.now(datetime.UTC))
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate, key)
        site = web.TCPSite(runner, address, 0, ssl_context=context)
        await site.start()
        try:
            yield f"https://{address}:{runner.addresses[0][1]}"
        finally:
            # Browsers are gone by now, and a TLS connection waits half a minute for its other end to say goodbye.
            for connection in runner.server.connections if runner.server else ():
                if connection.transport is not None:
                    connection.transport.abort()
            await runner.cleanup()


def _file(name: str) -> Any:
    async def answer(_: web.Request) -> web.StreamResponse:
        return web.FileResponse(Path(__file__).with_name(name))

    return answer


def _of_relay(engine: EmbeddedMediaEngine | None) -> list[web.RouteDef]:
    if engine is None:
        return []

    async def open_leg(request: web.Request) -> web.Response:
        offer = await engine.open_leg(CALL, Role(request.query["role"]), lambda _: None)
        return web.json_response({"generation": offer.generation, "sdp": offer.sdp})

    async def answer(request: web.Request) -> web.Response:
        body = await request.json()
        await engine.accept_answer(CALL, Role(request.query["role"]), body["generation"], body["sdp"])
        return web.json_response({})

    async def candidate(request: web.Request) -> web.Response:
        body = await request.json()
        trickled = IceCandidate(body["candidate"], body["sdp_mid"], None)
        await engine.add_candidate(CALL, Role(request.query["role"]), body["generation"], trickled)
        return web.json_response({})

    return [web.post("/open", open_leg), web.post("/answer", answer), web.post("/candidate", candidate)]


def _of_letters(letters: dict[Role, asyncio.Queue[Any]]) -> list[web.RouteDef]:
    async def tell(request: web.Request) -> web.Response:
        own = Role(request.query["role"])
        to = next(role for role in Role if role is not own)
        letters[to].put_nowait(await request.json())
        return web.json_response({})

    async def hear(request: web.Request) -> web.Response:
        return web.json_response(await letters[Role(request.query["role"])].get())

    return [web.post("/tell", tell), web.post("/hear", hear)]
