"""How long two real browsers wait for the first picture, from the press on "take the next call".

    python -m bench join [--quick]

Two Chromiums with camera and microphone files and the real server on one machine (the encoders of both browsers share
its cores). The clock starts at the interviewer's press and stops when the first frame of the other person is presented
in each browser. Prints one JSON object a line: figure, value (median), unit, n, machine.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import platform
import statistics
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from playwright.async_api import Page, async_playwright

from bench.rig.sources import Voice
from tests.journey.browsers import person
from tests.journey.people import Freelancer, Interviewer
from tests.journey.server import Server, serving

ROUNDS, QUICK_ROUNDS = 5, 1
_FIRST_FRAME = """() => new Promise((resolve) => {
  const video = document.querySelector('[data-testid="remote-video"]');
  video.requestVideoFrameCallback(() => resolve(Date.now()));
})"""


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m bench join")
    parser.add_argument("--quick", action="store_true")
    rounds = QUICK_ROUNDS if parser.parse_args(arguments).quick else ROUNDS
    for role, waited in asyncio.run(_measure(rounds)).items():
        line = {
            "figure": "join.first_frame_ms",
            "value": round(statistics.median(waited)),
            "unit": "ms",
            "n": len(waited),
            "role": role,
            "slowest": round(max(waited)),
            "machine": f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}",
        }
        print(json.dumps(line), flush=True)


async def _measure(rounds: int) -> dict[str, list[float]]:
    waited: dict[str, list[float]] = {"freelancer": [], "interviewer": []}
    with tempfile.TemporaryDirectory() as folder:
        async with (
            async_playwright() as playwright,
            serving(Path(folder)) as server,
            person(playwright, name="freelancer", voice=Voice.SLT) as one,
            person(playwright, name="interviewer", voice=Voice.RMS) as other,
        ):
            interviewer = Interviewer(other)
            await interviewer.sign_in(await server.staff_link("interviewer"))
            await interviewer.check(server.origin)
            for _ in range(rounds):
                for role, ms in (await _round(server, Freelancer(one), interviewer)).items():
                    waited[role].append(ms)
    return waited


async def _round(server: Server, freelancer: Freelancer, interviewer: Interviewer) -> dict[str, float]:
    case = await server.create_verification()
    await freelancer.page.goto("about:blank")
    await freelancer.arrive(case["join_url"], network=False)
    await interviewer.page.goto(f"{server.origin}/staff/queue")
    seen = asyncio.create_task(_seen(freelancer.page))
    pressed_ms = time.time() * 1_000
    await interviewer.take_next()
    interviewer_ms = await _seen(interviewer.page)
    freelancer_ms = await seen
    await interviewer.page.get_by_test_id("leave").click()
    await interviewer.page.get_by_test_id("dialog-leave-confirm").click()
    await interviewer.page.get_by_test_id("step-call").wait_for(state="hidden")
    return {"freelancer": freelancer_ms - pressed_ms, "interviewer": interviewer_ms - pressed_ms}


async def _seen(page: Page) -> float:
    """When the first frame of the other person was presented, in ms since the epoch."""
    moment: float = await page.evaluate(_FIRST_FRAME)
    return moment
