"""What each browser heard, saw and sent, from its own rows. One rule: a field that it lacks stays unknown.

A counter that starts anew (another stats id or ssrc) counts from zero; nothing is subtracted across two connections.
"""

from __future__ import annotations

from bisect import bisect_left
from itertools import pairwise
from typing import NamedTuple

import numpy as np

from bench.baselines.intervals import HeardInterval, SeenInterval
from bench.baselines.scorer import SECOND_MS
from verifier.core.model import Role
from verifier.core.samples import (
    BrowserAudio,
    BrowserSample,
    BrowserVideo,
    InterviewRows,
    Medium,
    Stream,
    TrackState,
)


class Mute(NamedTuple):
    """A participant's track was muted, or was no longer, from this time on."""

    at_ms: int
    muted: bool


def mutes(rows: InterviewRows, role: Role, medium: Medium) -> tuple[Mute, ...]:
    """Every change that the participant's browser told of; not muted before the first."""
    changes: list[Mute] = []
    for row in rows.browser:
        if row.leg is not role:
            continue
        track = row.source.audio_track if medium is Medium.AUDIO else row.source.video_track
        muted = track in (TrackState.MUTED, TrackState.DISABLED)
        if muted != (changes[-1].muted if changes else False):
            changes.append(Mute(row.received_ms, muted))
    return tuple(changes)


def heard(rows: InterviewRows, stream: Stream) -> tuple[HeardInterval, ...]:
    """One interval per row of the sink's browser, for an audio stream."""
    source = _Source(rows, stream)
    intervals = []
    for before, row in _browser_pairs(rows, stream.sink):
        now, old = row.audio, before.audio
        if (now.ssrc, now.stats_id) != (old.ssrc, old.stats_id):
            old = _AUDIO_FROM_ZERO
        intervals.append(
            HeardInterval(
                from_ms=before.received_ms,
                to_ms=row.received_ms,
                packets=_delta(now.packets_received, old.packets_received),
                lost=_delta(now.packets_lost, old.packets_lost),
                samples=_delta(now.total_samples_received, old.total_samples_received),
                concealed=_delta(now.concealed_samples, old.concealed_samples),
                buffer_ms=_buffer_ms(now, old),
                rtt_ms=_sum(row.source.rtt_ms, source.rtt_ms(row.received_ms)),
            )
        )
    return tuple(intervals)


def seen(rows: InterviewRows, stream: Stream) -> tuple[SeenInterval, ...]:
    """One interval per row of the sink's browser, for a video stream."""
    source = _Source(rows, stream)
    intervals = []
    for before, row in _browser_pairs(rows, stream.sink):
        now, old = row.video, before.video
        if (now.ssrc, now.stats_id) != (old.ssrc, old.stats_id):
            old = _VIDEO_FROM_ZERO
        decoded, took_s = _delta(now.frames_decoded, old.frames_decoded), (row.client_ms - before.client_ms) / 1_000
        intervals.append(
            SeenInterval(
                from_ms=before.received_ms,
                to_ms=row.received_ms,
                packets=_delta(now.packets_received, old.packets_received),
                lost=_delta(now.packets_lost, old.packets_lost),
                decoded=decoded,
                encoded=source.encoded(before.received_ms, row.received_ms),
                fps=None if decoded is None or took_s <= 0 else max(0.0, decoded / took_s),
                source_fps=source.fps(row.received_ms),
                width=now.frame_width,
                height=now.frame_height,
                buffer_ms=_buffer_ms(now, old),
                rtt_ms=_sum(row.source.rtt_ms, source.rtt_ms(row.received_ms)),
            )
        )
    return tuple(intervals)


_AUDIO_FROM_ZERO = BrowserAudio(
    total_samples_received=0,
    concealed_samples=0,
    jitter_buffer_delay_s=0.0,
    jitter_buffer_emitted=0,
    packets_received=0,
    packets_lost=0,
)
_VIDEO_FROM_ZERO = BrowserVideo(
    frames_decoded=0, packets_received=0, packets_lost=0, jitter_buffer_delay_s=0.0, jitter_buffer_emitted=0
)


def _browser_pairs(rows: InterviewRows, role: Role) -> list[tuple[BrowserSample, BrowserSample]]:
    own = [row for row in rows.browser if row.leg is role]
    return [
        (before, row)
        for before, row in pairwise(own)
        if before.generation == row.generation and row.received_ms > before.received_ms
    ]


class _Source:
    """The sending browser's rows about a stream, by the server's clock."""

    def __init__(self, rows: InterviewRows, stream: Stream) -> None:
        self._rows = [row for row in rows.browser if row.leg is stream.source]
        self._at = [row.received_ms for row in self._rows]

    def _near(self, at_ms: int) -> BrowserSample | None:
        place = bisect_left(self._at, at_ms)
        near = [row for row in self._rows[max(0, place - 1) : place + 1] if abs(row.received_ms - at_ms) <= SECOND_MS]
        return min(near, key=lambda row: abs(row.received_ms - at_ms), default=None)

    def rtt_ms(self, at_ms: int) -> float | None:
        row = self._near(at_ms)
        return None if row is None else row.source.rtt_ms

    def fps(self, at_ms: int) -> float | None:
        row = self._near(at_ms)
        return None if row is None else row.source.frames_per_second

    def encoded(self, from_ms: int, to_ms: int) -> float | None:
        """Frames encoded in this time, between two rows in proportion; None where no row is near."""
        first, last = self._near(from_ms), self._near(to_ms)
        if first is None or last is None or first.generation != last.generation:
            return None
        known = [
            (row.received_ms, row.source.frames_encoded)
            for row in self._rows
            if row.generation == last.generation
            and row.source.frames_encoded is not None
            and from_ms - 2 * SECOND_MS <= row.received_ms <= to_ms + 2 * SECOND_MS
        ]
        if not known:
            return None
        at, frames = zip(*known, strict=True)
        return max(0.0, float(np.interp(to_ms, at, frames) - np.interp(from_ms, at, frames)))


def _delta(now: int | None, before: int | None) -> int | None:
    return None if now is None or before is None else now - before


def _sum(one: float | None, other: float | None) -> float | None:
    return None if one is None or other is None else one + other


def _buffer_ms(now: BrowserAudio | BrowserVideo, old: BrowserAudio | BrowserVideo) -> float | None:
    emitted = _delta(now.jitter_buffer_emitted, old.jitter_buffer_emitted)
    if not emitted or emitted < 0 or now.jitter_buffer_delay_s is None or old.jitter_buffer_delay_s is None:
        return None
    return max(0.0, 1_000 * (now.jitter_buffer_delay_s - old.jitter_buffer_delay_s) / emitted)
