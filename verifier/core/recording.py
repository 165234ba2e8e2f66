"""What is known of a recording. One rule: where nothing was recorded is part of it, and is never hidden.

Its bytes lie in the evidence store; this row stays when they are erased. Made by service/recording.
"""

from __future__ import annotations

from dataclasses import dataclass

from verifier.core.model import InterviewId, RecordingId, Role

GAP_MS = 1_000
"""Longer than this without a packet of a medium is a gap. Opus in silence sends every 400 ms (RFC 7587, 3.1.3)."""

Stretch = tuple[int, int]
"""From and to, in ms since the recording's beginning."""


@dataclass(frozen=True, slots=True)
class Muxed:
    """What a muxer wrote of one participant."""

    begin_ms: int
    """Moment of the file's time 0 on the server's clock, the one of the metrics."""
    duration_ms: int
    audio: tuple[Stretch, ...]
    """Where there is sound, by time and apart by more than ``GAP_MS``."""
    video: tuple[Stretch, ...]


@dataclass(frozen=True, slots=True)
class Recording:
    """One participant of one call, as a WebM file. Append-only."""

    id: RecordingId
    interview_id: InterviewId
    leg: Role
    begin_ms: int
    duration_ms: int
    size_bytes: int
    sha256: str
    """Of the file in clear, 64 hexadecimal digits."""
    whole: bool
    """Whether the log had its end: false when the server was killed in the call, or the log was damaged."""
    audio: tuple[Stretch, ...]
    video: tuple[Stretch, ...]
    made_ms: int


def stretches(moments: list[Stretch]) -> tuple[Stretch, ...]:
    """Joined pieces of (from, to) that are in time order and at most ``GAP_MS`` apart."""
    found: list[Stretch] = []
    for begin, end in moments:
        if found and begin - found[-1][1] <= GAP_MS:
            found[-1] = found[-1][0], max(end, found[-1][1])
        else:
            found.append((begin, end))
    return tuple(found)
