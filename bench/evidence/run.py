"""Hold the calls that are missing, judge them all, print what was right and what was wrong.

python -m bench evidence [--quick] [--folder DIR] [--calls N] [--slots N] [--only-judge]
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import platform
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

import structlog
from playwright.async_api import async_playwright

from bench.evidence import folders
from bench.evidence.campaign import hold
from bench.evidence.figures import summary
from bench.evidence.windows import Judged, judged
from verifier.core.policy import SHIPPED

CALLS, SLOTS = 3, 40
QUICK_CALLS, QUICK_SLOTS = 1, 6


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the campaign and print its figures."""
    parser = argparse.ArgumentParser(prog="python -m bench evidence")
    parser.add_argument("--quick", action="store_true", help="one short call")
    parser.add_argument("--folder", type=Path, help="where calls are kept and looked for; a passing one when left out")
    parser.add_argument("--calls", type=int, help="how many there are to be")
    parser.add_argument("--slots", type=int, help="askings in each")
    parser.add_argument("--only-judge", action="store_true", help="hold none, judge those that are kept")
    chosen = parser.parse_args(arguments)
    structlog.configure(logger_factory=structlog.PrintLoggerFactory(sys.stderr))
    calls = chosen.calls or (QUICK_CALLS if chosen.quick else CALLS)
    slots = chosen.slots or (QUICK_SLOTS if chosen.quick else SLOTS)
    with tempfile.TemporaryDirectory() as passing:
        campaign = chosen.folder or Path(passing)
        if not chosen.only_judge:
            asyncio.run(_hold(campaign, calls, slots))
        _report(campaign)


async def _hold(campaign: Path, calls: int, slots: int) -> None:
    done = folders.finished(campaign)
    async with async_playwright() as playwright:
        for seed in range(1, calls + 1):
            if seed in done:
                continue
            print(f"call {seed} of {calls}", file=sys.stderr, flush=True)
            folders.write(campaign, await hold(playwright, seed, slots))


def _report(campaign: Path) -> None:
    found: list[Judged] = []
    for seed in folders.finished(campaign):
        found += judged(folders.read(campaign, seed), SHIPPED)
    (campaign / "windows.jsonl").write_text("".join(_line(one) + "\n" for one in found))
    machine = f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}"
    for figures in summary(found):
        print(json.dumps({**figures, "policy": SHIPPED.version, "machine": machine}), flush=True)


def _line(one: Judged) -> str:
    trouble = one.slot.trouble
    about = {
        "seed": one.seed,
        "slot": one.slot.number,
        "item": one.item,
        "kind": trouble.kind if trouble else None,
        "leg": trouble.leg if trouble else None,
        "directions": trouble.directions if trouble else (),
        "understood": one.truth.understood,
        "estoi": one.truth.estoi,
        "digits_lost": one.truth.digits_lost,
        "still_s": one.truth.still_s,
        "admissible": one.admissible,
        "reasons": one.reasons,
        "fault": one.fault,
        "bad_s": one.bad_s,
    }
    return json.dumps(about)


if __name__ == "__main__":
    main()
