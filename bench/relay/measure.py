"""Running one system with one number of calls, and what that run cost."""

from __future__ import annotations

import asyncio
import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from bench.relay.client import Client
from bench.relay.recording import Recording

_ARRIVED_MIN = 0.995
"""A run in which less arrived says nothing about cost."""

_UNDER_WAY_S = 1.0
"""Packets that arrive this long after the end still count as arrived."""


class System(Protocol):
    """A server under test in its own process."""

    name: str
    pid: int

    async def join(self, call: str, recording: Recording) -> list[Client]:
        """Both participants of a new call, connected."""

    async def close(self) -> None:
        """End it."""


@dataclass(frozen=True, slots=True)
class Length:
    """How long one run takes, in seconds."""

    settle_s: float
    measure_s: float


@dataclass(frozen=True, slots=True)
class Run:
    """What one system did with so many calls."""

    system: str
    calls: int
    seconds: float
    cpu_ms_per_call_second: float
    """User and system time of the server's process; ours without its decoding thread."""
    decoding_ms_per_call_second: float
    """Of ours: the thread that samples pictures."""
    packets_per_call_second: float
    """As sent by the clients."""
    share_arrived: float
    """0..1; of audio packets and video frames, and by the numbers missing among all packets: the worse."""
    delay_p50_ms: float | None
    """Client to client through the server, both clients' wake-ups included; None where stamps do not get through."""
    delay_p99_ms: float | None
    connect_ms_median: float

    @property
    def valid(self) -> bool:
        """Whether enough arrived for the cost to mean anything."""
        return self.share_arrived >= _ARRIVED_MIN


async def run(start: Callable[[], System], calls: int, recording: Recording, length: Length) -> Run:
    """Start a system, hold ``calls`` calls through it, measure, end it."""
    system = start()
    clients: list[Client] = []
    try:
        for number in range(calls):
            clients += await system.join(f"int_{number}", recording)
        await asyncio.sleep(length.settle_s)
        return await _measure(system, calls, clients, length.measure_s)
    finally:
        for client in clients:
            await client.close()
        await system.close()


async def _measure(system: System, calls: int, clients: Sequence[Client], seconds: float) -> Run:
    listeners = [client.listener for client in clients if client.listener is not None]
    for listener in listeners:
        listener.stamped.clear()
    cpu, sent, received, started = _cpu_s(system.pid), _sent(clients), _received(clients), time.monotonic()
    missing = sum(listener.missing for listener in listeners)
    await asyncio.sleep(seconds)
    cpu_after, sent_after, ended = _cpu_s(system.pid), _sent(clients), time.monotonic()
    await asyncio.sleep(_UNDER_WAY_S)
    missing = sum(listener.missing for listener in listeners) - missing
    used = {thread: at - cpu.get(thread, 0.0) for thread, at in cpu_after.items()}
    decoding = sum(s for thread, s in used.items() if thread != system.pid) if system.name == "ours" else 0.0
    stamped = [pair for listener in listeners for pair in listener.stamped if started <= pair[0] < ended]
    delays = sorted(delay for _, delay in stamped)
    audio, video, frames = _less(sent_after, sent)
    came = len(stamped)
    if system.name == "media_relay":  # what it encodes anew bears no stamps
        delays, (came_audio, _, came_frames) = [], _less(_received(clients), received)
        came, missing = int((came_audio + came_frames) * (ended - started) / (ended - started + _UNDER_WAY_S)), 0
    per = calls * (ended - started)
    return Run(
        system=system.name, calls=calls, seconds=ended - started,
        cpu_ms_per_call_second=(sum(used.values()) - decoding) * 1000 / per,
        decoding_ms_per_call_second=decoding * 1000 / per,
        packets_per_call_second=(audio + video) / per,
        share_arrived=min(1.0, came / (audio + frames), 1 - missing / (audio + video)),
        delay_p50_ms=_percentile_ms(delays, 0.5), delay_p99_ms=_percentile_ms(delays, 0.99),
        connect_ms_median=statistics.median(each.connect_ms for each in clients if each.connect_ms is not None),
    )  # fmt: skip


def _percentile_ms(ordered: Sequence[float], share: float) -> float | None:
    return ordered[int(share * (len(ordered) - 1))] * 1000 if ordered else None


Counts = tuple[int, int, int]
"""Audio packets, video packets, video frames."""


def _sent(clients: Sequence[Client]) -> Counts:
    players = [client.player for client in clients if client.player is not None]
    return (sum(each.audio_packets for each in players), sum(each.video_packets for each in players),
            sum(each.frames for each in players))  # fmt: skip


def _received(clients: Sequence[Client]) -> Counts:
    listeners = [client.listener for client in clients if client.listener is not None]
    return (sum(each.audio_packets for each in listeners), sum(each.video_packets for each in listeners),
            sum(each.frames for each in listeners))  # fmt: skip


def _less(after: Counts, before: Counts) -> Counts:
    return after[0] - before[0], after[1] - before[1], after[2] - before[2]


def _cpu_s(pid: int) -> dict[int, float]:
    """CPU seconds, user and system, of each thread of a process. Source: proc(5), /proc/PID/task/TID/schedstat."""
    used = {}
    for task in Path(f"/proc/{pid}/task").iterdir():
        try:
            used[int(task.name)] = int((task / "schedstat").read_text().split()[0]) / 1e9
        except OSError:
            continue
    return used
