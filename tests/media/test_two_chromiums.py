"""Two real browsers through the engine: both see and hear each other, and a reload goes on."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from playwright.async_api import Page, async_playwright

from tests.journey.browsers import person
from tests.media.room import CALL, LOOPBACK, MonotonicClock, NoFaces, row
from verifier.core.model import Role
from verifier.media import EmbeddedMediaEngine
from verifier.ports import IceCandidate, LegEvent

PATIENCE_S, POLL_MS = 40.0, 250
PAGE = Path(__file__).with_name("page.html")
FLOWING = """(before) => window.figures?.().then((all) => {
  const video = all['inbound-rtp.video'], audio = all['inbound-rtp.audio'];
  return video && audio && video.frameWidth === 640 && video.frameHeight === 480
    && video.framesDecoded >= (before?.frames ?? 0) + 45 && audio.totalAudioEnergy > (before?.energy ?? 0) + 0.01
    && { frames: video.framesDecoded, energy: audio.totalAudioEnergy, ssrc: video.ssrc };
})"""


@asynccontextmanager
async def served(engine: EmbeddedMediaEngine, heard: Callable[[LegEvent], None]) -> AsyncIterator[str]:
    """A small page that joins the engine's call by HTTP, at the address yielded."""

    def role(request: web.Request) -> Role:
        return Role(request.query["role"])

    async def open_leg(request: web.Request) -> web.Response:
        offer = await engine.open_leg(CALL, role(request), heard)
        return web.json_response({"generation": offer.generation, "sdp": offer.sdp})

    async def answer(request: web.Request) -> web.Response:
        body = await request.json()
        await engine.accept_answer(CALL, role(request), body["generation"], body["sdp"])
        return web.json_response({})

    async def candidate(request: web.Request) -> web.Response:
        body = await request.json()
        trickled = IceCandidate(body["candidate"], body["mid"], None)
        await engine.add_candidate(CALL, role(request), body["generation"], trickled)
        return web.json_response({})

    async def page(_: web.Request) -> web.StreamResponse:
        return web.FileResponse(PAGE)

    application = web.Application()
    application.add_routes(
        [
            web.get("/", page),
            web.post("/open", open_leg),
            web.post("/answer", answer),
            web.post("/candidate", candidate),
        ]
    )
    runner = web.AppRunner(application, access_log=None)
    await runner.setup()
    try:
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        yield f"http://localhost:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()


async def flowing(page: Page, before: dict[str, Any] | None = None) -> dict[str, Any]:
    """The page's figures once both media have come for a while since ``before``."""
    async with asyncio.timeout(PATIENCE_S):
        while not (figures := await page.evaluate(FLOWING, before)):
            await page.wait_for_timeout(POLL_MS)
    return dict(figures)


@pytest.mark.journey
async def test_two_chromiums_see_and_hear_each_other_and_a_reload_goes_on():
    engine = EmbeddedMediaEngine(MonotonicClock(), LOOPBACK, NoFaces())
    try:
        async with (
            served(engine, lambda _event: None) as address,
            async_playwright() as playwright,
            person(playwright, name="freelancer") as freelancer,
            person(playwright, name="interviewer") as interviewer,
        ):
            await freelancer.goto(f"{address}/?role={Role.FREELANCER}")
            await interviewer.goto(f"{address}/?role={Role.INTERVIEWER}")
            here, there = await flowing(freelancer), await flowing(interviewer)
            assert here["ssrc"] != there["ssrc"]

            engine.watch_frames(CALL, every_frame=True)
            there = await flowing(interviewer, there)
            frames = engine.take_frames(CALL)
            assert len(frames) >= 5
            assert {(frame.width, frame.height) for frame in frames} == {(640, 480)}
            engine.watch_frames(CALL, every_frame=False)

            await freelancer.reload()
            after = await flowing(interviewer, there)
            assert after["ssrc"] == there["ssrc"]
            await flowing(freelancer)
            sample = row(engine, Role.FREELANCER)
            assert sample.generation == 2
            assert sample.speech_ms > 0
            assert sample.rtt_ms is not None
            assert sample.downlink_estimate_bps is not None
    finally:
        await engine.close()
