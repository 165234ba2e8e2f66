"""Hold a call, run the scenarios over it, print what the receiving browser showed and played.

python -m bench links [--quick] [--way relay|direct|both] [--only alone|loss|measure|rate|start]
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import platform
import statistics
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence

import structlog
from playwright.async_api import Playwright, async_playwright

from bench.links import alone
from bench.links.agreement import differences
from bench.links.room import Room, Way, room
from bench.links.scenarios import Scenario, losses, measures, rates
from bench.links.sink import Row, between, recovered_after_s
from bench.rig.network import open_network
from verifier.core.model import Role

CLEAN_S, FIRST_S = 6, 10
LOSS_SHARES, QUICK_LOSS_SHARES = (0.05, 0.10), (0.05,)
KBPS, QUICK_KBPS = (600, 300, 150), (300,)
BAD_S, NARROW_S, QUICK_BAD_S, AFTER_S = 20, 15, 8, 16
ALONE_S, QUICK_ALONE_S = 40, 15
FORGIVEN_S = 2
"""Nothing can know of a narrowing before it happened; stalls count after this time."""
PARTICIPANTS = tuple(Role)


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the benchmark and print its figures."""
    parser = argparse.ArgumentParser(prog="python -m bench links")
    parser.add_argument("--quick", action="store_true", help="fewer, shorter scenarios")
    parser.add_argument("--way", choices=[*Way, "both"], default="both")
    parser.add_argument("--only", choices=["alone", "loss", "measure", "rate", "start"])
    chosen = parser.parse_args(arguments)
    structlog.configure(logger_factory=structlog.PrintLoggerFactory(sys.stderr))
    ways = list(Way) if chosen.way == "both" else [Way(chosen.way)]
    asyncio.run(_run(ways, chosen.only, quick=chosen.quick))


async def _run(ways: Iterable[Way], only: str | None, *, quick: bool) -> None:
    async with async_playwright() as playwright:
        for way in ways:
            if only in (None, "start"):
                await _start(playwright, way)
            if only in (None, "alone") and way is Way.RELAY:
                await _alone(playwright, QUICK_ALONE_S if quick else ALONE_S)
            for name, scenarios in _chosen(way, quick=quick).items():
                if only in (None, name):
                    await _scenarios(playwright, way, scenarios)


def _chosen(way: Way, *, quick: bool) -> dict[str, list[Scenario]]:
    shares, kbps = (QUICK_LOSS_SHARES, QUICK_KBPS) if quick else (LOSS_SHARES, KBPS)
    bad_s = QUICK_BAD_S if quick else BAD_S
    narrow = list(rates(kbps, QUICK_BAD_S if quick else NARROW_S, AFTER_S))
    if way is Way.DIRECT:
        return {"rate": narrow}
    return {"loss": list(losses(shares, bad_s)), "measure": list(measures(bad_s)), "rate": narrow}


async def _start(playwright: Playwright, way: Way) -> None:
    """The first ten seconds of a call over perfect links."""
    with open_network(*PARTICIPANTS) as network:
        network.let_participants_meet()
        async with room(playwright, network, way) as held:
            rows = await _watched(held, FIRST_S)
            for role in Role:
                whole = recovered_after_s(rows[role])
                figures = between(rows[role][-4:]).plain()
                _print("links.start", way, f"sink {role}", figures | {"full_size_after_s": whole})


async def _alone(playwright: Playwright, watched_s: int) -> None:
    """What a camera of 640x480@30 reaches in each browser when the other end is synthetic."""
    for kind in alone.Kind:
        seconds = await alone.uplink(playwright, kind, watched_s)
        held = seconds[-watched_s // 2 :]
        figures = {
            "whole_after_s": alone.reached_after_s(seconds),
            "whole_share_later": round(sum(second.whole for second in held) / len(held), 3),
            "kbps": round(statistics.median(second.kbps for second in held)),
            "frames_per_s": round(statistics.mean(second.frames for second in held), 1),
            "height": held[-1].height,
            "limited": held[-1].limited,
        }
        _print("links.alone", Way.RELAY, kind, figures)


async def _scenarios(playwright: Playwright, way: Way, scenarios: Sequence[Scenario]) -> None:
    """Each in a call of its own, so that none inherits what the one before has left behind."""
    for scenario in scenarios:
        with open_network(*PARTICIPANTS) as network:
            network.let_participants_meet()
            async with room(playwright, network, way) as held:
                await _watched(held, CLEAN_S)
                await _one(held, way, scenario)


async def _one(held: Room, way: Way, scenario: Scenario) -> None:
    held.network.impair(scenario.leg, **scenario.impairments())
    before, measured = getattr(held.network.counts(scenario.leg), scenario.direction), []
    bad = (await _watched(held, scenario.bad_s, lambda: measured.append(held.sample(scenario.leg))))[scenario.sink]
    after = getattr(held.network.counts(scenario.leg), scenario.direction)
    held.network.restore(scenario.leg)
    later = (await _watched(held, scenario.after_s))[scenario.sink]
    figures: dict[str, object] = {**between(bad).plain()}
    figures["longest_gap_later_ms"] = round(between(bad[FORGIVEN_S:]).longest_gap_ms)
    figures["lost_percent"] = round(100 * (after.dropped - before.dropped) / max(1, after.offered - before.offered), 2)
    figures["full_size_after_s"] = recovered_after_s(later)
    rows = [row for row in measured if row is not None]
    if rows:
        figures["measured_minus_imposed"] = differences(scenario, rows, before, after)
    _print(f"links.{scenario.name}", way, f"{scenario.leg} {scenario.direction}", figures)


async def _watched(held: Room, seconds: int, each: Callable[[], None] = lambda: None) -> dict[Role, list[Row]]:
    rows: dict[Role, list[Row]] = {role: [] for role in Role}
    loop = asyncio.get_running_loop()
    due = loop.time()
    for _ in range(seconds + 1):
        await asyncio.sleep(max(0.0, due - loop.time()))
        due += 1.0
        each()
        for role, row in (await held.take()).items():
            rows[role].append(row)
    return rows


def _print(figure: str, way: Way, where: str, figures: Mapping[str, object]) -> None:
    machine = f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}"
    line = {"figure": figure, "way": way, "where": where, **figures, "machine": machine}
    print(json.dumps(line), flush=True)


if __name__ == "__main__":
    main()
