"""The verdict of a device and network check: a call with oneself through the relay.

One rule: a figure that was not measured is not a good one, so a check that lacks any does not pass. The server's own
samples come first; the browser only adds what the server cannot see (concealment and pictures at the sink). Called by
service/checking.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from statistics import median

from verifier.core.model import Role
from verifier.core.policy import Policy
from verifier.core.samples import (
    BrowserAudio,
    BrowserSource,
    BrowserVideo,
    ConnectionState,
    ReceiverReport,
    RtpCounters,
    ServerSample,
    TrackState,
)

SENDER = Role.FREELANCER
"""The leg that goes up: of a check both legs belong to the same browser."""
RECEIVER = Role.INTERVIEWER
SECONDS = 15
"""Length of a check (experience.md)."""
MIN_MEASURED_S = 6
"""Seconds with both legs connected and settled that a verdict needs."""
GOOD_SHARE = 0.5
"""Half of what a leg may have at most is still good; up to the whole limit is fair."""


@dataclass(frozen=True, slots=True)
class CheckFigures:
    """What was measured; None where nothing was. Loss and concealment are shares 0..1."""

    rtt_ms: float | None = None
    uplink_loss: float | None = None
    downlink_loss: float | None = None
    jitter_ms: float | None = None
    uplink_kbps: float | None = None
    concealment: float | None = None
    fps: float | None = None
    frame_width: int | None = None
    frame_height: int | None = None
    audio_level_dbov: float | None = None
    """Loudest level of the whole check, in dBov (0 is full scale)."""


class Word(StrEnum):
    """The verdict for people."""

    GOOD = "good"
    FAIR = "fair"
    POOR = "poor"


@dataclass(frozen=True, slots=True)
class CheckVerdict:
    """Passed exactly when the word is not poor; ``problems`` are codes, empty when everything is good."""

    passed: bool
    word: Word
    problems: tuple[str, ...]


def measure(
    samples: Sequence[ServerSample], audio: BrowserAudio, video: BrowserVideo, source: BrowserSource, policy: Policy
) -> CheckFigures:
    """The figures of one check; all None when fewer than ``MIN_MEASURED_S`` seconds were measured on both legs."""
    up, down = _usable(samples, SENDER, policy), _usable(samples, RECEIVER, policy)
    if min(len(up), len(down)) < MIN_MEASURED_S:
        return CheckFigures()
    return CheckFigures(
        rtt_ms=_worst(_known_or(_median(leg, _rtt), source.rtt_ms) for leg in (up, down)),
        uplink_loss=_worst(_uplink_loss(up, stream) for stream in (_audio, _video)),
        downlink_loss=_worst([_audio_downlink_loss(up, down), _video_downlink_loss(up, down)]),
        jitter_ms=_worst([_median(up, lambda row: row.audio.jitter_ms), _median(down, _reported_jitter)]),
        uplink_kbps=_kbps(up),
        concealment=_concealment(audio),
        fps=_fps(video),
        frame_width=video.frame_width,
        frame_height=video.frame_height,
        audio_level_dbov=max((row.level_dbov for row in up if row.level_dbov is not None), default=None),
    )


def judge(figures: CheckFigures, source: BrowserSource, policy: Policy) -> CheckVerdict:
    """Good, fair or poor with its reasons; worse input never gives a better word."""
    grades = {
        "network.rtt": _upto(figures.rtt_ms, *_rtt_limits(policy)),
        "network.uplink_loss": _upto(figures.uplink_loss, policy.leg_loss_max * GOOD_SHARE, policy.leg_loss_max),
        "network.downlink_loss": _upto(figures.downlink_loss, policy.leg_loss_max * GOOD_SHARE, policy.leg_loss_max),
        "network.jitter": _upto(figures.jitter_ms, policy.leg_jitter_max_ms * GOOD_SHARE, policy.leg_jitter_max_ms),
        "network.uplink_rate": _known(figures.uplink_kbps),
        "media.concealment": _upto(figures.concealment, policy.audio_good_max, policy.audio_fair_max),
        "media.frame_rate": _atleast(figures.fps, policy.video_good_min_fps, policy.video_fair_min_fps),
        "device.camera": _track(source.video_track, figures.frame_width, figures.frame_height),
        "device.microphone": _microphone(source, figures.audio_level_dbov, policy),
    }
    missing = any(grade is None for grade in grades.values())
    word = _worst_word(grade or Word.POOR for grade in grades.values())
    problems = [code for code, grade in grades.items() if grade not in {None, Word.GOOD}]
    return CheckVerdict(word is not Word.POOR, word, tuple([*problems, "metrics.missing"] if missing else problems))


# ---------------------------------------------------------------- figures


def _usable(samples: Sequence[ServerSample], leg: Role, policy: Policy) -> list[ServerSample]:
    """Seconds of the leg's last generation in which it was connected and had settled."""
    rows = [row for row in samples if row.leg is leg and row.connection is ConnectionState.CONNECTED]
    last = max((row.generation for row in rows), default=0)
    return [
        row
        for row in rows
        if row.generation == last and row.connected_ms is not None and row.at_ms - row.connected_ms > policy.settling_ms
    ]


def _audio(row: ServerSample) -> RtpCounters:
    return row.audio


def _video(row: ServerSample) -> RtpCounters:
    return row.video


def _uplink_loss(rows: Sequence[ServerSample], stream: Callable[[ServerSample], RtpCounters]) -> float | None:
    """Share of packets that did not come at the first try, 0..1; None when the stream changed or stood still."""
    first, last = stream(rows[0]), stream(rows[-1])
    expected = last.expected - first.expected
    if first.ssrc is None or first.ssrc != last.ssrc or expected <= 0:
        return None
    return min(1.0, max(0.0, 1 - (last.received - first.received) / expected))


def _audio_downlink_loss(up: Sequence[ServerSample], down: Sequence[ServerSample]) -> float | None:
    reports = [(row.report_audio, row.sent_audio_packets) for row in down]
    return _downlink_loss(reports, _never_came(up[0].audio, up[-1].audio))


def _video_downlink_loss(up: Sequence[ServerSample], down: Sequence[ServerSample]) -> float | None:
    reports = [(row.report_video, row.sent_video_packets) for row in down]
    return _downlink_loss(reports, _never_came(up[0].video, up[-1].video))


def _downlink_loss(rows: Sequence[tuple[ReceiverReport, int]], never_came: int) -> float | None:
    """Share of the packets sent down that the browser reported lost, 0..1, without what was lost on the way up.

    None when fewer than two reports about the same stream came, or nothing was sent between them.
    """
    told = [(report.ssrc, report.packets_lost, sent) for report, sent in rows if report.packets_lost is not None]
    if len(told) < 2 or told[0][0] != told[-1][0] or told[-1][2] <= told[0][2]:
        return None
    lost = max(0, (told[-1][1] or 0) - (told[0][1] or 0) - never_came)
    return min(1.0, lost / (told[-1][2] - told[0][2] + lost))


def _never_came(first: RtpCounters, last: RtpCounters) -> int:
    return max(0, _holes(last) - _holes(first)) if first.ssrc == last.ssrc else 0


def _holes(counters: RtpCounters) -> int:
    return counters.expected - counters.received - counters.repaired


def _rtt(row: ServerSample) -> float | None:
    return row.rtt_ms


def _known_or(value: float | None, supplement: float | None) -> float | None:
    return supplement if value is None else value


def _reported_jitter(row: ServerSample) -> float | None:
    return row.report_audio.jitter_ms


def _kbps(up: Sequence[ServerSample]) -> float | None:
    """Payload sent up, audio and video, in kbit/s."""
    first, last = up[0], up[-1]
    sent = last.audio.bytes + last.video.bytes - first.audio.bytes - first.video.bytes
    elapsed_ms = last.at_ms - first.at_ms
    same = (first.audio.ssrc, first.video.ssrc) == (last.audio.ssrc, last.video.ssrc)
    return sent * 8 / elapsed_ms if same and elapsed_ms > 0 and sent > 0 else None


def _concealment(audio: BrowserAudio) -> float | None:
    """Share of samples that were made up although someone spoke, 0..1."""
    if not audio.total_samples_received or audio.concealed_samples is None:
        return None
    audible = audio.concealed_samples - (audio.silent_concealed_samples or 0)
    return min(1.0, max(0.0, audible / audio.total_samples_received))


def _fps(video: BrowserVideo) -> float | None:
    """Mean rate of decoded frames in 1/s, freezes included."""
    if not video.frames_decoded or not video.total_inter_frame_delay_s or video.total_inter_frame_delay_s <= 0:
        return None
    return video.frames_decoded / video.total_inter_frame_delay_s


def _median(rows: Sequence[ServerSample], read: Callable[[ServerSample], float | None]) -> float | None:
    """The median of what is known, None when nothing is."""
    known = [value for value in map(read, rows) if value is not None]
    return median(known) if known else None


def _worst(values: Iterable[float | None]) -> float | None:
    """The largest; None when any is missing."""
    listed = list(values)
    known = [value for value in listed if value is not None]
    return max(known) if known and len(known) == len(listed) else None


# ---------------------------------------------------------------- grades: None means not measured


def _rtt_limits(policy: Policy) -> tuple[float, float]:
    """Round trips up to which two such legs keep a conversation's one-way delay good or fair (ITU-T G.114)."""
    return policy.delay_good_max_ms - policy.delay_constant_ms, policy.delay_fair_max_ms - policy.delay_constant_ms


def _upto(value: float | None, good: float, fair: float) -> Word | None:
    if value is None:
        return None
    return Word.GOOD if value <= good else Word.FAIR if value <= fair else Word.POOR


def _atleast(value: float | None, good: float, fair: float) -> Word | None:
    if value is None:
        return None
    return Word.GOOD if value >= good else Word.FAIR if value >= fair else Word.POOR


def _known(value: float | None) -> Word | None:
    return None if value is None else Word.GOOD


def _track(state: TrackState, width: int | None, height: int | None) -> Word | None:
    if state is not TrackState.LIVE:
        return Word.POOR
    return Word.GOOD if width and height else None


def _microphone(source: BrowserSource, level_dbov: float | None, policy: Policy) -> Word | None:
    if source.audio_track is not TrackState.LIVE:
        return Word.POOR
    return None if level_dbov is None else Word.GOOD if level_dbov >= policy.audio_level_min_dbov else Word.POOR


def _worst_word(words: Iterable[Word]) -> Word:
    return max(words, key=list(Word).index)
