"""What rows add to the ones before them, as the inputs of published scorers. One rule: nothing is filled in.

A gap in the rows stays a gap: a row speaks for the time just before it, no more. ``packets`` makes intervals of the
server's rows, ``sinks`` of the browsers'.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol, TypeVar

from bench.baselines.scorer import SECOND_MS

ROW_COVERS_MS = 1_500
"""A row speaks for at most this long before it: rows come once a second, timers are late by less than half of one."""
REPORT_COVERS_MS = 8_000
"""The same of a receiver report: every 5 s for audio, chance makes it up to 7.5 s. Source: RFC 3550 6.2, 6.3.1."""


@dataclass(frozen=True, slots=True)
class PacketInterval:
    """What became of one medium's packets on one hop between two rows of the server, or two receiver reports."""

    from_ms: int
    to_ms: int
    generation: int
    due: float
    """Packets that should have come out at the far end, ≥ 0."""
    lost: float
    """Of these, missing there at first; over a downlink with what the uplink before it had lost."""
    unrepaired: float
    """The same after retransmission; negative when more was repaired than lost."""
    missing: float
    """Lost before this hop; always 0 on an uplink."""
    late: float
    """Packets that came after a later one, retransmitted ones included; on a downlink, those of the uplink before."""
    bytes: int
    """RTP payload; 0 on a downlink."""
    jitter_ms: float | None
    """Of RFC 3550, the uplink's subtracted from the downlink's."""
    rtt_ms: float | None
    silence_ms: float
    """Longest time without any packet of any kind from the participant."""

    @property
    def own_loss(self) -> float | None:
        """Share lost on this hop alone, before repair, 0..1; None when nothing was due."""
        return share(self.lost - self.missing, self.due)

    @property
    def own_unrepaired(self) -> float | None:
        """Share lost on this hop alone and not repaired, 0..1; None when nothing was due."""
        return share(self.unrepaired - self.missing, self.due)


@dataclass(frozen=True, slots=True)
class HeardInterval:
    """What one browser heard of a stream between two of its rows; None where it does not say."""

    from_ms: int
    to_ms: int
    packets: int | None
    lost: int | None
    """Signed: packets that were given up on may still come."""
    samples: int | None
    concealed: int | None
    buffer_ms: float | None
    """Mean time in the jitter buffer."""
    rtt_ms: float | None
    """Of both legs, the browser's own candidate pairs; None unless both are known."""


@dataclass(frozen=True, slots=True)
class SeenInterval:
    """What one browser saw of a stream between two of its rows; None where it does not say."""

    from_ms: int
    to_ms: int
    packets: int | None
    lost: int | None
    decoded: int | None
    encoded: float | None
    """Frames the other browser encoded in the same time."""
    fps: float | None
    """Decoded frames a second."""
    source_fps: float | None
    """Frames a second of the other browser's camera."""
    width: int | None
    height: int | None
    buffer_ms: float | None
    rtt_ms: float | None


class _Timed(Protocol):
    @property
    def from_ms(self) -> int: ...

    @property
    def to_ms(self) -> int: ...


Interval = TypeVar("Interval", bound=_Timed)


def by_second(
    intervals: Sequence[Interval], start_ms: int, seconds: int, covers_ms: int = ROW_COVERS_MS
) -> tuple[Interval | None, ...]:
    """For every second the interval its middle lies in, None where no row speaks for it."""
    ends = [interval.to_ms for interval in intervals]
    found: list[Interval | None] = []
    for index in range(seconds):
        middle = start_ms + SECOND_MS * index + SECOND_MS // 2
        place = bisect_left(ends, middle)
        near = intervals[place] if place < len(intervals) else None
        covered = near is not None and max(near.from_ms, near.to_ms - covers_ms) < middle
        found.append(near if covered else None)
    return tuple(found)


def within(intervals: Iterable[Interval], start_ms: int, end_ms: int) -> list[Interval]:
    """The intervals whose rows came in (start_ms, end_ms]."""
    return [interval for interval in intervals if start_ms < interval.to_ms <= end_ms]


def share(part: float, whole: float) -> float | None:
    """``part`` of ``whole``, 0..1, None when there is no whole."""
    return min(1.0, max(0.0, part) / whole) if whole > 0 else None


def total(intervals: Sequence[PacketInterval]) -> PacketInterval:
    """One interval over all of them: sums of counts, the worst jitter, round trip and silence."""
    first, last = intervals[0], intervals[-1]
    return PacketInterval(
        from_ms=first.from_ms,
        to_ms=last.to_ms,
        generation=last.generation,
        due=sum(each.due for each in intervals),
        lost=sum(each.lost for each in intervals),
        unrepaired=sum(each.unrepaired for each in intervals),
        missing=sum(each.missing for each in intervals),
        late=sum(each.late for each in intervals),
        bytes=sum(each.bytes for each in intervals),
        jitter_ms=max((each.jitter_ms for each in intervals if each.jitter_ms is not None), default=None),
        rtt_ms=max((each.rtt_ms for each in intervals if each.rtt_ms is not None), default=None),
        silence_ms=max(each.silence_ms for each in intervals),
    )
