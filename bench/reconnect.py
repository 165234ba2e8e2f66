"""How long a call takes to come back: after an outage of ten seconds, another address, and a reload, on either side.

    python -m bench reconnect [--quick]

The whole product in two real Chromiums, each in a network of its own. A picture counts from the moment when the network
is back (or the page was told to reload), seen at both sinks; every return must be in the same interview, and what the
server wrote of the time between must be bad. Prints one JSON object for each way of falling out.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import platform
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

from playwright.async_api import Error, Page, async_playwright

from bench.rig.impairment import OUTAGE
from bench.rig.network import Network, open_network
from bench.rig.sources import Voice
from tests.journey.browsers import person
from tests.journey.people import Freelancer, Interviewer
from tests.journey.server import Server, serving

OUTAGE_S, SETTLE_S = 10.0, 6.0
PATIENCE_S = 40.0
LEGS = ("freelancer", "interviewer")
_WATCH = """() => {
  const picture = document.querySelector('[data-testid="remote-video"]');
  if (picture === null || window.watched === picture) return window.shownAt ?? [];
  window.watched = picture;
  window.shownAt = [];
  const shown = () => { window.shownAt.push(Date.now()); picture.requestVideoFrameCallback(shown); };
  picture.requestVideoFrameCallback(shown);
  return [];
}"""
_GAP_MS, _STEADY_MS = 500, 2_000
"""A picture is back at the end of the last pause longer than the one, once it has moved for the other."""


@dataclass(frozen=True, slots=True)
class Held:
    """A running call."""

    server: Server
    network: Network
    verification_id: str
    pages: dict[str, Page]


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the benchmark and print its figures."""
    parser = argparse.ArgumentParser(prog="python -m bench reconnect")
    parser.add_argument("--quick", action="store_true", help="the freelancer's side alone")
    legs = LEGS[:1] if parser.parse_args(arguments).quick else LEGS
    asyncio.run(_run(legs))


async def _run(legs: Sequence[str]) -> None:
    ways: dict[str, Callable[[Held, str], Awaitable[float]]] = {
        "outage": _outage,
        "address": _address,
        "reload": _reload,
    }
    with tempfile.TemporaryDirectory() as folder:
        async with _call(Path(folder)) as held:
            for name, fall in ways.items():
                for leg in legs:
                    await asyncio.sleep(SETTLE_S)
                    await _one(held, name, leg, fall)


async def _one(held: Held, name: str, leg: str, fall: Callable[[Held, str], Awaitable[float]]) -> None:
    before = await held.server.api("GET", f"/verifications/{held.verification_id}/interviews")
    for page in held.pages.values():
        await page.evaluate(_WATCH)
    back = await fall(held, leg)
    seconds = {sink: await _picture_after(page, back) for sink, page in held.pages.items()}
    after = await held.server.api("GET", f"/verifications/{held.verification_id}/interviews")
    line: dict[str, Any] = {
        "figure": f"reconnect.{name}",
        "leg": leg,
        "value": max(seconds.values()),
        "unit": "s",
        "sinks": seconds,
        "same_interview": [one["id"] for one in before["data"]] == [one["id"] for one in after["data"]],
        "machine": f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}",
    }
    print(json.dumps(line), flush=True)


async def _outage(held: Held, leg: str) -> float:
    held.network.impair(leg, up=OUTAGE, down=OUTAGE)
    await asyncio.sleep(OUTAGE_S)
    held.network.restore(leg)
    return await _now_ms(held.pages[leg])


async def _address(held: Held, leg: str) -> float:
    held.network.move(leg)
    # What is on its way from before is not what this is about.
    await asyncio.sleep(0.5)
    return await _now_ms(held.pages[leg]) - 500


async def _reload(held: Held, leg: str) -> float:
    other = next(page for name, page in held.pages.items() if name != leg)
    began = await _now_ms(other)
    await held.pages[leg].reload()
    return began


async def _now_ms(page: Page) -> float:
    return float(await page.evaluate("() => Date.now()"))


async def _picture_after(page: Page, since_ms: float) -> float:
    """Seconds from a moment until the picture moves again, 0 when it never stopped.

    Raises:
        TimeoutError: none came in 40 s.
    """
    async with asyncio.timeout(PATIENCE_S):
        while True:
            with suppress(Error):  # while the page is loaded anew
                back = returned(await page.evaluate(_WATCH), since_ms, await _now_ms(page))
                if back is not None:
                    return round(back / 1000, 2)
            await asyncio.sleep(0.2)


def returned(shown_ms: Sequence[float], since_ms: float, now_ms: float) -> float | None:
    """Milliseconds from ``since_ms`` until the picture moved again for good, None while that cannot be said."""
    times = [at for at in shown_ms if at > since_ms]
    if not times or now_ms - times[-1] > _GAP_MS:
        return None
    back = since_ms
    for before, at in pairwise([since_ms, *times]):
        if at - before > _GAP_MS:
            back = at
    return back - since_ms if now_ms - back >= _STEADY_MS else None


@asynccontextmanager
async def _call(folder: Path) -> AsyncIterator[Held]:
    with open_network(*LEGS) as network:
        async with serving(folder, network) as server, async_playwright() as playwright:
            case = await server.create_verification()
            async with (
                person(playwright, name="freelancer", voice=Voice.SLT, place=network.place("freelancer")) as his,
                person(playwright, name="interviewer", voice=Voice.RMS, place=network.place("interviewer")) as hers,
            ):
                freelancer, interviewer = Freelancer(his), Interviewer(hers)
                await interviewer.sign_in(await server.staff_link("interviewer"))
                await interviewer.check(server.origin)
                await freelancer.arrive(case["join_url"], network=False)
                await interviewer.take_next()
                await freelancer.in_call()
                await interviewer.in_call()
                yield Held(server, network, case["id"], {"freelancer": his, "interviewer": hers})


if __name__ == "__main__":
    main()
