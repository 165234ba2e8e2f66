"""A real Firefox and a real Chromium through the engine: both see and hear each other."""

from __future__ import annotations

import pytest
from playwright.async_api import async_playwright

from bench.rig.firefox import firefox
from tests.journey.browsers import person
from tests.media.room import LOOPBACK, MonotonicClock, NoFaces, row
from tests.media.test_two_chromiums import FLOWING, PATIENCE_S, served
from verifier.core.model import Role
from verifier.media import EmbeddedMediaEngine


@pytest.mark.journey
async def test_firefox_and_chromium_see_and_hear_each_other_and_a_reload_goes_on():
    engine = EmbeddedMediaEngine(MonotonicClock(), LOOPBACK, NoFaces())
    try:
        async with (
            served(engine, lambda _event: None) as address,
            async_playwright() as playwright,
            firefox() as freelancer,
            person(playwright, name="interviewer") as interviewer,
        ):
            await freelancer.goto(f"{address}/?role={Role.FREELANCER}")
            await interviewer.goto(f"{address}/?role={Role.INTERVIEWER}")
            await freelancer.wait_for(FLOWING, None, patience_s=PATIENCE_S)
            await interviewer.wait_for_function(
                "() => window.figures().then((all) => all['inbound-rtp.video']?.framesDecoded >= 45)",
                timeout=PATIENCE_S * 1000,
            )
            sample = row(engine, Role.FREELANCER)
            assert sample.rtt_ms is not None
            assert sample.report_video.fraction_lost is not None
            assert sample.speech_ms > 0

            await freelancer.reload()
            await freelancer.wait_for(FLOWING, None, patience_s=PATIENCE_S)
            assert row(engine, Role.FREELANCER).generation == 2
            assert freelancer.console == []
    finally:
        await engine.close()
