"""What each second of a call was like: per stream and per leg. One rule: these values are evidence, not verdicts.

Built by ``perception.perceive`` alone; read by window, attribution, assessment, live and the replay page. Seconds are
those of the server's clock: second ``k`` is [start_ms + 1000 k, start_ms + 1000 (k + 1)).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from verifier.core.model import Role
from verifier.core.samples import Stream
from verifier.core.verdicts import Band

SECOND_MS = 1_000


class LegFault(StrEnum):
    """Which test of a leg failed in one second."""

    LOSS = "loss"
    GAP = "gap"
    JITTER = "jitter"
    SILENCE = "silence"
    DISCONNECTED = "disconnected"
    DELAY = "delay"


class ProblemKind(StrEnum):
    """How figures contradict themselves, each other or physics."""

    CONFLICTING_ROWS = "conflicting_rows"
    NOT_MONOTONIC = "not_monotonic"
    CONSERVATION = "conservation"
    PHYSICS = "physics"


@dataclass(frozen=True, slots=True)
class TrustProblem:
    """One contradiction in the rows of one leg."""

    kind: ProblemKind
    leg: Role
    from_server: bool
    """True: in the server's own rows; False: in the browser's, or between the two."""
    from_ms: int
    to_ms: int
    detail: str
    """Wire names and figures, for the log and the flag's note."""


@dataclass(frozen=True, slots=True)
class StreamSecond:
    """One stream in one second, every figure the worst of the rows that touch the second."""

    band: Band
    known: bool
    """Server evidence of both legs, and rows of both browsers that cover the whole second."""
    settling: bool
    speech: bool
    """Audio: somebody spoke or may have spoken at the source (True unless silence is confirmed by the server)."""
    spoke: bool
    """Audio: the server saw speech arrive."""
    concealment: float | None
    """Audio: concealed share of the samples, 0..1, a gap's whole concealment charged to each of its seconds."""
    concealment_mean: float | None
    """Audio: the same, the touching rows weighed by how much of the second is theirs."""
    concealment_run_ms: float | None
    """Audio: concealed milliseconds of the worst row and its worse speech neighbour."""
    level_dbov: float | None
    """Audio: loudest level that the source sent, ≤ 0."""
    sink_level_dbfs: float | None
    """Audio: mean level that the sink played, ≤ 0."""
    fps: float | None
    """Video: harmonic frames per second, a lower bound within a gap of the rows."""
    fps_mean: float | None
    """Video: the same, the touching rows weighed by how much of the second is theirs."""
    gap_ms: float | None
    """Video: longest time without a new frame, an upper bound."""
    frozen_ms: float | None
    """Video: frozen time, 0..1000."""
    delay_ms: float | None
    """Two-way delay: both legs' round trips, both jitter buffers and the policy's constant."""
    source_off: bool
    """The source's own track was muted, disabled, ended or missing."""
    device: Role | None
    """Whose device could not keep up (slow camera, encoder short of CPU, dropped frames, hidden page)."""

    @property
    def bad(self) -> bool:
        """Whether the second counts as bad: poor, bad or unknown."""
        return self.band in _BAD


_BAD = frozenset({Band.POOR, Band.BAD, Band.UNKNOWN})

UNSEEN = StreamSecond(
    band=Band.UNKNOWN,
    known=False,
    settling=False,
    speech=True,
    spoke=False,
    concealment=None,
    concealment_mean=None,
    concealment_run_ms=None,
    level_dbov=None,
    sink_level_dbfs=None,
    fps=None,
    fps_mean=None,
    gap_ms=None,
    frozen_ms=None,
    delay_ms=None,
    source_off=False,
    device=None,
)
"""A second outside the timeline: nothing is known of it."""


@dataclass(frozen=True, slots=True)
class LegSecond:
    """One leg in one second, as the server and, for the downlink, the receiver reports show it."""

    covered: bool
    """The server's own rows cover the whole second."""
    connected: bool
    settling: bool
    uplink: tuple[LegFault, ...]
    """Failed tests on the way from this participant to the server; empty: the uplink was fine."""
    downlink: tuple[LegFault, ...]
    """Failed tests on the way from the server to this participant."""
    rtt_ms: float | None
    uplink_loss: float
    """Share of packets lost over the policy's loss window, 0..1, before repair."""
    downlink_loss: float
    """The same from receiver reports, losses on the other participant's uplink subtracted."""
    jitter_ms: float
    """Audio inter-arrival jitter at the server."""
    silence_ms: float
    loop_lag_ms: float
    udp_drops: int
    """Datagrams that the kernel dropped, in the rows that touch this second."""
    server_bad: bool
    """Our own event loop lagged or the kernel dropped datagrams."""


@dataclass(frozen=True, slots=True)
class Timeline:
    """Every whole second of a stretch of one call."""

    start_ms: int
    seconds: int
    streams: Mapping[Stream, tuple[StreamSecond, ...]]
    legs: Mapping[Role, tuple[LegSecond, ...]]
    problems: tuple[TrustProblem, ...]

    def indices(self, from_ms: int, to_ms: int) -> range:
        """Indices of the seconds that [from_ms, to_ms) touches; may reach beyond the timeline on both ends."""
        return range((from_ms - self.start_ms) // SECOND_MS, -((self.start_ms - to_ms) // SECOND_MS))

    def at(self, stream: Stream, index: int) -> StreamSecond:
        """The second with this index, ``UNSEEN`` outside the timeline."""
        return self.streams[stream][index] if 0 <= index < self.seconds else UNSEEN
