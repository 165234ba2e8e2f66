"""What two neighbouring rows say about the time between them. One rule: never subtract across two segments.

A segment ends at a new generation, ssrc or stats id and wherever a cumulative counter falls. A span longer than one
second is charged as if everything bad in it fell into every one of its seconds; the charge is an upper bound, so that
a row that never came can only make a span look worse than the rows around it would have. Called by perception.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from math import inf, log10, sqrt
from typing import NamedTuple

from verifier.core.policy import Policy
from verifier.core.samples import (
    BrowserAudio,
    BrowserSample,
    BrowserVideo,
    ConnectionState,
    Medium,
    ReceiverReport,
    RtpCounters,
    ServerSample,
    TrackState,
)

_SILENT_DBFS = -127.0


class RtpDelta(NamedTuple):
    """Packets of one uplink stream within a server span."""

    expected: float
    received: float
    unrepaired: float
    """Missing for good so far; a later repair can make it negative."""
    gaps: float


class ServerSpan(NamedTuple):
    """The time between two neighbouring server rows of one leg."""

    start_ms: int
    end_ms: int
    row: ServerSample
    connected: bool
    """Same generation and connected at both ends."""
    rtp: dict[Medium, RtpDelta | None]
    restarted: dict[Medium, bool]
    """A new ssrc began in this span."""
    sent: dict[Medium, float]
    reported_lost: dict[Medium, float]
    udp_drops: float


class AudioDelta(NamedTuple):
    """What one sink played within a browser span."""

    samples: float
    concealed: float
    silent: float
    level_dbfs: float | None
    jitter_buffer_ms: float | None
    packets: float | None


class VideoDelta(NamedTuple):
    """What one sink showed within a browser span."""

    fps: float
    gap_ms: float
    frozen_ms: float | None
    dropped_share: float


class SourceState(NamedTuple):
    """One medium at its source within a browser span."""

    off: bool
    unknown: bool
    """A row is missing in between and nothing proves that the track did not change."""
    restarted: bool
    """Unmuted, enabled or replaced: settles again."""


class BrowserSpan(NamedTuple):
    """The time between two neighbouring rows of one browser, on the server's clock."""

    start_ms: int
    end_ms: int
    elapsed_s: float
    """By the page's own clock."""
    row: BrowserSample
    audio: AudioDelta | None
    video: VideoDelta | None
    source: dict[Medium, SourceState]
    restarted: dict[Medium, bool]
    """A new ssrc or stats id began at the sink."""


def server_spans(rows: Sequence[ServerSample], policy: Policy) -> list[ServerSpan]:
    """Spans between neighbours; rows farther apart than the slack leave a hole that nothing fills."""
    return [
        _server_span(before, row)
        for before, row in pairwise(rows)
        if 0 < row.at_ms - before.at_ms <= policy.sample_interval_slack_ms
    ]


def browser_spans(rows: Sequence[BrowserSample], policy: Policy) -> list[BrowserSpan]:
    """Spans between neighbours of one generation, at most the back-fill limit apart on either clock."""
    spans = []
    usable = _punctual(rows, policy)
    for before, row in pairwise(usable):
        received, elapsed = row.received_ms - before.received_ms, row.client_ms - before.client_ms
        in_time = 0 <= received <= policy.backfill_max_ms and 0 < elapsed <= policy.backfill_max_ms
        if before.generation == row.generation and in_time:
            spans.append(_browser_span(before, row, policy))
    return spans


def delta(before: float | None, now: float | None) -> float | None:
    """Growth of a cumulative counter, ≥ 0; None when a value is missing, odd or the counter fell."""
    if before is None or now is None:
        return None
    growth = now - before
    return growth if 0 <= growth < inf else None


# ---------------------------------------------------------------- server


def _server_span(before: ServerSample, row: ServerSample) -> ServerSpan:
    same = before.generation == row.generation
    connected = same and before.connection is row.connection is ConnectionState.CONNECTED
    pairs = {Medium.AUDIO: (before.audio, row.audio), Medium.VIDEO: (before.video, row.video)}
    reports = {
        Medium.AUDIO: (before.report_audio, row.report_audio),
        Medium.VIDEO: (before.report_video, row.report_video),
    }
    sent = {
        Medium.AUDIO: delta(before.sent_audio_packets, row.sent_audio_packets),
        Medium.VIDEO: delta(before.sent_video_packets, row.sent_video_packets),
    }
    return ServerSpan(
        before.at_ms,
        row.at_ms,
        row,
        connected,
        {medium: _rtp_delta(*pair) if same else None for medium, pair in pairs.items()},
        {medium: one.ssrc != two.ssrc for medium, (one, two) in pairs.items()},
        {medium: (packets or 0.0) if same else 0.0 for medium, packets in sent.items()},
        {medium: _reported(*pair) if same else 0.0 for medium, pair in reports.items()},
        (delta(before.udp_drops, row.udp_drops) or 0.0) if same else 0.0,
    )


def _rtp_delta(before: RtpCounters, now: RtpCounters) -> RtpDelta | None:
    if now.ssrc is None or before.ssrc != now.ssrc:
        return None
    expected, received = delta(before.expected, now.expected), delta(before.received, now.received)
    repaired, gaps = delta(before.repaired, now.repaired), delta(before.gaps_150ms, now.gaps_150ms)
    if expected is None or received is None or repaired is None or gaps is None:
        return None
    return RtpDelta(expected, received, expected - received - repaired, gaps)


def _reported(before: ReceiverReport, now: ReceiverReport) -> float:
    """Packets newly reported lost; signed, since the standard's counter may fall."""
    if before.ssrc != now.ssrc or before.packets_lost is None or now.packets_lost is None:
        return 0.0
    return float(now.packets_lost - before.packets_lost)


# ---------------------------------------------------------------- browser


def _punctual(rows: Sequence[BrowserSample], policy: Policy) -> list[BrowserSample]:
    """Rows that arrived at most ``late_row_max_ms`` later than their generation's fastest row, by both clocks."""
    fastest: dict[int, float] = {}
    for row in rows:
        offset = row.received_ms - row.client_ms
        fastest[row.generation] = min(offset, fastest.get(row.generation, inf))
    return [row for row in rows if row.received_ms - row.client_ms - fastest[row.generation] <= policy.late_row_max_ms]


def _browser_span(before: BrowserSample, row: BrowserSample, policy: Policy) -> BrowserSpan:
    elapsed_ms = row.client_ms - before.client_ms
    hidden = row.sequence != before.sequence + 1 or elapsed_ms > policy.sample_interval_slack_ms
    one, two = before.source, row.source
    return BrowserSpan(
        before.received_ms,
        row.received_ms,
        elapsed_ms / 1_000,
        row,
        _audio_delta(before.audio, row.audio, elapsed_ms, policy),
        _video_delta(before.video, row.video, elapsed_ms),
        {
            Medium.AUDIO: _source(one.audio_track, two.audio_track, one.audio_changes, two.audio_changes, hidden),
            Medium.VIDEO: _source(one.video_track, two.video_track, one.video_changes, two.video_changes, hidden),
        },
        {
            Medium.AUDIO: not _same_segment(before.audio, row.audio),
            Medium.VIDEO: not _same_segment(before.video, row.video),
        },
    )


def _same_segment(before: BrowserAudio | BrowserVideo, now: BrowserAudio | BrowserVideo) -> bool:
    return before.stats_id == now.stats_id and before.ssrc == now.ssrc


def _source(
    before: TrackState, now: TrackState, changes_before: int | None, changes: int | None, hidden: bool
) -> SourceState:
    counted = changes_before is not None and changes is not None
    changed = counted and changes_before != changes
    off = before is not TrackState.LIVE or now is not TrackState.LIVE
    restarted = now is TrackState.LIVE and (before is not TrackState.LIVE or changed)
    return SourceState(off, hidden and (changed or not counted), restarted)


def _audio_delta(before: BrowserAudio, now: BrowserAudio, elapsed_ms: float, policy: Policy) -> AudioDelta | None:
    """None when the segment changed or a field that concealment needs is missing or fell."""
    if now.stats_id is None or not _same_segment(before, now):
        return None
    samples = delta(before.total_samples_received, now.total_samples_received)
    concealed = delta(before.concealed_samples, now.concealed_samples)
    silent = delta(before.silent_concealed_samples, now.silent_concealed_samples)
    if samples is None or concealed is None or silent is None:
        return None
    rate = policy.audio_sample_rate_hz
    if samples < policy.audio_min_sample_share * elapsed_ms / 1_000 * rate:
        concealed, silent = max(concealed, float(rate)), 0.0
    return AudioDelta(
        samples,
        concealed,
        silent,
        _level(delta(before.total_audio_energy, now.total_audio_energy), samples / rate),
        _buffer_ms(before, now, rate),
        delta(before.packets_received, now.packets_received),
    )


def _level(energy: float | None, seconds: float) -> float | None:
    """Mean power in dBFS; totalAudioEnergy is the sum of squared level times duration (W3C webrtc-stats)."""
    if energy is None:
        return None
    power = energy / seconds if seconds > 0 else 0.0
    return max(_SILENT_DBFS, 10 * log10(power)) if power > 0 else _SILENT_DBFS


def _buffer_ms(before: BrowserAudio, now: BrowserAudio, rate: int) -> float | None:
    """Upper bound on the mean jitter-buffer delay of any one second of the span."""
    held = delta(before.jitter_buffer_delay_s, now.jitter_buffer_delay_s)
    emitted = delta(before.jitter_buffer_emitted, now.jitter_buffer_emitted)
    return 1_000 * held / min(emitted, rate) if held is not None and emitted else None


def _video_delta(before: BrowserVideo, now: BrowserVideo, elapsed_ms: float) -> VideoDelta | None:
    """None when the segment changed or a field that rate and freezes need is missing, fell or is impossible."""
    if now.stats_id is None or not _same_segment(before, now):
        return None
    frames = delta(before.frames_decoded, now.frames_decoded)
    ages = [_age(before.newest_frame_age_ms), _age(now.newest_frame_age_ms)]
    if frames is None or inf in ages:
        return None
    timing = _timing(before, now, frames, elapsed_ms) if frames else (0.0, elapsed_ms)
    if timing is None:
        return None
    frozen = delta(before.total_freezes_duration_s, now.total_freezes_duration_s)
    frozen_ms = None if frozen is None else min(1_000.0, max(1_000 * frozen, 0.0 if frames else elapsed_ms))
    dropped = delta(before.frames_dropped, now.frames_dropped) or 0.0
    return VideoDelta(timing[0], max(timing[1], *ages), frozen_ms, dropped / max(1.0, dropped + frames))


def _age(age_ms: float | None) -> float:
    return age_ms if age_ms is not None and 0 <= age_ms < inf else inf


def _timing(before: BrowserVideo, now: BrowserVideo, frames: float, elapsed_ms: float) -> tuple[float, float] | None:
    """Lower bound on the harmonic frame rate of any one second, upper bound on any frame interval in milliseconds.

    With n intervals of sum S and sum of squares Q no interval exceeds μ + σ √(n − 1) (Samuelson's inequality), and the
    squares inside one second are at most Q − (S − 1)² / (n − 1), since the others' squares sum to at least that.
    """
    total = delta(before.total_inter_frame_delay_s, now.total_inter_frame_delay_s)
    squares = delta(before.total_squared_inter_frame_delay_s2, now.total_squared_inter_frame_delay_s2)
    if not total or not squares:
        return None
    mean = total / frames
    variance = squares / frames - mean * mean
    if variance < -0.05 * mean * mean:
        return None
    fps = min(total / squares, 1_000 * frames / elapsed_ms)
    if total > 1:
        worst = squares - (total - 1) ** 2 / max(1.0, frames - 1)
        fps = min(fps, 1 / worst) if worst > 0 else fps
    return fps, 1_000 * (mean + sqrt(max(0.0, variance) * (frames - 1)))
