"""The whole benchmark: which runs, in which order, and the lines they give."""

from __future__ import annotations

import argparse
import json
import os
import platform
import statistics
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial

import uvloop
from aioice.ice import get_host_addresses

from bench.relay import janus
from bench.relay.measure import Length, Run, System, run
from bench.relay.recording import Recording, record
from bench.relay.servers import ServerProcess, serve_media_relay, serve_ours

OURS, MEDIA_RELAY, JANUS = "ours", "media_relay", "janus"
PLAN: Mapping[int, Sequence[str]] = {
    1: (OURS, MEDIA_RELAY, JANUS),
    4: (OURS, MEDIA_RELAY, JANUS),
    8: (OURS,),
    16: (OURS, JANUS),
}
QUICK_PLAN: Mapping[int, Sequence[str]] = {1: (OURS, MEDIA_RELAY, JANUS)}
ROUNDS, LENGTH = 3, Length(settle_s=2.0, measure_s=6.0)
QUICK_ROUNDS, QUICK_LENGTH = 1, Length(settle_s=1.5, measure_s=3.0)

Runs = Mapping[tuple[str, int], Sequence[Run]]


def own_address() -> str:
    """An IPv4 address of this machine, loopback when it has no other."""
    return next(iter(get_host_addresses(use_ipv4=True, use_ipv6=False)), "127.0.0.1")


def _starters() -> dict[str, Callable[[], System]]:
    address = own_address()
    starters: dict[str, Callable[[], System]] = {
        OURS: partial(ServerProcess, OURS, serve_ours, address),
        MEDIA_RELAY: partial(ServerProcess, MEDIA_RELAY, serve_media_relay, address),
    }
    if janus.installed():
        starters[JANUS] = partial(janus.Janus, address)
    return starters


def measure(plan: Mapping[int, Sequence[str]], rounds: int, length: Length) -> Runs:
    """Run the plan ``rounds`` times, system after system for each number of calls."""
    starters, recording = _starters(), record()
    found: dict[tuple[str, int], list[Run]] = {}
    for _ in range(rounds):
        for calls, names in plan.items():
            for name in names:
                if name in starters:
                    found.setdefault((name, calls), []).append(_run(starters[name], calls, recording, length))
    return found


def _run(start: Callable[[], System], calls: int, recording: Recording, length: Length) -> Run:
    return uvloop.run(run(start, calls, recording, length))


def lines(found: Runs, *, with_janus: bool) -> Iterator[str]:
    """One JSON object per figure."""
    for (system, calls), runs in found.items():
        yield from _own_lines(system, calls, runs)
    for (system, calls), runs in found.items():
        if system != OURS and (OURS, calls) in found:
            yield _ratio(system, calls, found[OURS, calls], runs)
    if not with_janus:
        yield _line("relay.cpu_ratio_to_janus", None, "ratio", [], missing="Janus is not installed")


def _own_lines(system: str, calls: int, runs: Sequence[Run]) -> Iterator[str]:
    common = {"system": system, "calls": calls}
    yield _line(
        "relay.cpu_ms_per_call_second", _median(each.cpu_ms_per_call_second for each in runs), "ms", runs, **common,
        packets_per_call_second=round(_median(each.packets_per_call_second for each in runs)),
        share_arrived=round(min(each.share_arrived for each in runs), 4),
        decoding_ms=round(_median(each.decoding_ms_per_call_second for each in runs), 2),
    )  # fmt: skip
    for figure, values in (
        ("relay.added_latency_ms_p50", [each.delay_p50_ms for each in runs]),
        ("relay.added_latency_ms_p99", [each.delay_p99_ms for each in runs]),
        ("relay.answer_to_connected_ms", [each.connect_ms_median for each in runs]),
    ):
        known = [value for value in values if value is not None]
        if known:
            yield _line(figure, _median(known), "ms", runs, **common)


def _ratio(system: str, calls: int, ours: Sequence[Run], theirs: Sequence[Run]) -> str:
    """Ours to theirs, round by round, so that both saw the same machine."""
    ratios = [a.cpu_ms_per_call_second / b.cpu_ms_per_call_second for a, b in zip(ours, theirs, strict=True)]
    figure = {MEDIA_RELAY: "relay.cpu_ratio_to_mediarelay", JANUS: "relay.cpu_ratio_to_janus"}[system]
    return _line(figure, _median(ratios), "ratio", [*ours, *theirs], calls=calls)


def _median(values: Iterator[float] | Sequence[float]) -> float:
    return statistics.median(values)


def _line(figure: str, value: float | None, unit: str, runs: Sequence[Run], **more: object) -> str:
    written: dict[str, object] = {"figure": figure, "value": None if value is None else round(value, 3), "unit": unit}
    written |= {"n": len(runs), "valid": all(each.valid for each in runs), **more}
    written["machine"] = f"{os.cpu_count()} x {platform.machine()}, Python {platform.python_version()}"
    written["clients"] = "recorded VP8 640x480@30 and Opus"
    return json.dumps(written)


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the benchmark and print its figures."""
    parser = argparse.ArgumentParser(prog="bench relay", description="What one call costs the server.")
    parser.add_argument("--quick", action="store_true", help="one call for a few seconds")
    parser.add_argument("--systems", nargs="+", choices=(OURS, MEDIA_RELAY, JANUS), help="only these")
    parser.add_argument("--calls", nargs="+", type=int, help="numbers of calls instead of the plan's")
    parser.add_argument("--rounds", type=int, help="how often")
    parser.add_argument("--seconds", type=float, help="length of one measurement")
    chosen = parser.parse_args(arguments)
    plan, rounds, length = (QUICK_PLAN, QUICK_ROUNDS, QUICK_LENGTH) if chosen.quick else (PLAN, ROUNDS, LENGTH)
    if chosen.calls:
        plan = dict.fromkeys(chosen.calls, (OURS, MEDIA_RELAY, JANUS))
    if chosen.systems:
        plan = {calls: [name for name in names if name in chosen.systems] for calls, names in plan.items()}
    if chosen.seconds:
        length = Length(length.settle_s, chosen.seconds)
    found = measure(plan, chosen.rounds or rounds, length)
    for line in lines(found, with_janus=janus.installed()):
        print(line, flush=True)
