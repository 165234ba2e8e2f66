"""What a published call-quality scorer is to the comparison. One rule: a score is badness, and higher is worse.

Every baseline reads the same stored rows as our verdict does. A second, a hop or an item counts as bad when its
badness is at least a threshold: the published one, or the best one on training data (``best``).
"""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import NamedTuple, Protocol

from verifier.core.model import Role
from verifier.core.samples import InterviewRows, Medium, Stream
from verifier.core.verdicts import Fault

SECOND_MS = 1_000
UNSAID = -math.inf
"""Badness where a scorer says nothing: below every finite threshold, so what nobody measured passes as good."""


class Hop(NamedTuple):
    """One medium on one leg in one direction."""

    leg: Role
    up: bool
    """True: from the participant to the server."""
    medium: Medium

    @property
    def fault(self) -> Fault:
        """The leg and direction as our own verdict names them."""
        return _FAULT[self.leg, self.up]


_FAULT = {
    (Role.FREELANCER, True): Fault.FREELANCER_UPLINK,
    (Role.FREELANCER, False): Fault.FREELANCER_DOWNLINK,
    (Role.INTERVIEWER, True): Fault.INTERVIEWER_UPLINK,
    (Role.INTERVIEWER, False): Fault.INTERVIEWER_DOWNLINK,
}
HOPS = tuple(Hop(leg, up, medium) for leg in Role for up in (True, False) for medium in Medium)


def hops_of(stream: Stream) -> tuple[Hop, Hop]:
    """The two hops a stream crosses: its source's uplink, then its sink's downlink."""
    return Hop(stream.source, True, stream.medium), Hop(stream.sink, False, stream.medium)


@dataclass(frozen=True, slots=True)
class Readings:
    """Badness by whole second from ``start_ms`` on; each tuple is as long as the others."""

    start_ms: int
    streams: Mapping[Stream, tuple[float, ...]]
    hops: Mapping[Hop, tuple[float, ...]]
    """Empty where the scorer only sees what arrives in the end, so that it cannot tell the legs apart."""


class Baseline(Protocol):
    """A published scorer with its own threshold."""

    @property
    def name(self) -> str:
        """Short and unique, for tables."""

    @property
    def source(self) -> str:
        """Where the formula is published."""

    @property
    def published_threshold(self) -> float:
        """Least badness that counts as bad."""

    def seconds(self, rows: InterviewRows, start_ms: int, end_ms: int) -> Readings:
        """Badness of every whole second of [start_ms, end_ms), server's clock; rows from before it are its history."""

    def item(self, rows: InterviewRows, streams: Collection[Stream], start_ms: int, end_ms: int) -> float:
        """Badness of [start_ms, end_ms) for the streams an item needs, aggregated as the scorer's authors do."""


def above(limit: float) -> float:
    """The threshold that makes "≥ threshold" mean "> ``limit``"."""
    return math.nextafter(limit, math.inf)


def whole_seconds(start_ms: int, end_ms: int) -> int:
    """How many whole seconds [start_ms, end_ms) has, ≥ 0."""
    return max(0, (end_ms - start_ms) // SECOND_MS)


def over_hops(start_ms: int, hops: Mapping[Hop, tuple[float, ...]]) -> Readings:
    """Readings of a scorer that judges hops: a stream is as bad as the worse of the two it crosses."""
    streams = {}
    for stream in Stream:
        up, down = hops_of(stream)
        streams[stream] = tuple(max(pair) for pair in zip(hops[up], hops[down], strict=True))
    return Readings(start_ms, streams, hops)


def worst_second(readings: Readings, streams: Collection[Stream]) -> float:
    """The largest badness of any of the streams in any second; ``UNSAID`` when there is none."""
    return max((value for stream in streams for value in readings.streams[stream]), default=UNSAID)


def mean_second(readings: Readings, streams: Collection[Stream]) -> float:
    """The worst stream's mean badness over the seconds of which something was said, ``UNSAID`` when nothing was."""
    said = [[value for value in readings.streams[stream] if value != UNSAID] for stream in streams]
    return max((sum(values) / len(values) for values in said if values), default=UNSAID)


def blamed(readings: Readings, streams: Collection[Stream], threshold: float) -> Fault | None:
    """The leg and direction that looked worst to the streams: most bad seconds, then most badness in them.

    None when no hop was bad or the scorer cannot tell legs apart; ``UNCLEAR`` when two are exactly as bad.
    """
    seconds: dict[Fault, int] = {}
    badness: dict[Fault, float] = {}
    for hop in [hop for stream in streams for hop in hops_of(stream) if hop in readings.hops]:
        bad = [value for value in readings.hops[hop] if value != UNSAID and value >= threshold]
        seconds[hop.fault] = seconds.get(hop.fault, 0) + len(bad)
        badness[hop.fault] = badness.get(hop.fault, 0.0) + sum(bad)
    ranked = sorted(((seconds[fault], badness[fault], fault) for fault in seconds if seconds[fault]), reverse=True)
    if not ranked:
        return None
    tied = len(ranked) > 1 and ranked[0][:2] == ranked[1][:2]
    return Fault.UNCLEAR if tied else ranked[0][2]
