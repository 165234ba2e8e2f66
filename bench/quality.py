"""How fast verdicts are: stored rows judged per second of one core, and the cost of one live second.

    python -m bench quality [--quick]

The rows are those of a synthetic clean call (tests/core/rows.py), so this says nothing about how right a verdict is.
Prints one JSON object a line: figure, value, unit, n, machine.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import statistics
import time
from collections.abc import Callable, Sequence

from tests.core.rows import Call
from verifier.core.live import indicators
from verifier.core.policy import SHIPPED
from verifier.core.quality.perception import perceive
from verifier.core.samples import InterviewRows

CALL_S, QUICK_CALL_S = 900, 120
ROUNDS, QUICK_ROUNDS = 5, 2
LIVE_ROWS_S = 24


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m bench quality")
    parser.add_argument("--quick", action="store_true")
    quick = parser.parse_args(arguments).quick
    seconds, rounds = (QUICK_CALL_S, QUICK_ROUNDS) if quick else (CALL_S, ROUNDS)
    rows = Call(seconds).rows()
    count = len(rows.server) + len(rows.browser)
    start_ms = min(row.at_ms for row in rows.server)
    end_ms = max(row.at_ms for row in rows.server)
    whole_s = _median_cpu_s(rounds, lambda: perceive(rows, start_ms, end_ms, SHIPPED))
    _print("quality.rows_per_second", round(count / whole_s), "rows/s", rounds, rows=count)
    recent = _last(rows, end_ms - LIVE_ROWS_S * 1_000)
    live_s = _median_cpu_s(rounds * 10, lambda: indicators(recent, end_ms, SHIPPED))
    _print("quality.live_ms_per_call_second", round(live_s * 1_000, 2), "ms", rounds * 10)


def _last(rows: InterviewRows, from_ms: int) -> InterviewRows:
    return InterviewRows(
        server=tuple(row for row in rows.server if row.at_ms >= from_ms),
        browser=tuple(row for row in rows.browser if row.received_ms >= from_ms),
        frames=tuple(row for row in rows.frames if row.at_ms >= from_ms),
    )


def _median_cpu_s(rounds: int, work: Callable[[], object]) -> float:
    taken = []
    for _ in range(rounds):
        began = time.process_time()
        work()
        taken.append(time.process_time() - began)
    return statistics.median(taken)


def _print(figure: str, value: float, unit: str, n: int, **more: object) -> None:
    machine = f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}"
    print(json.dumps({"figure": figure, "value": value, "unit": unit, "n": n, "machine": machine, **more}), flush=True)
