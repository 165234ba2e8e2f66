"""The item verdict table of quality.md: one figure for each test, direction and need. One rule: None never passes.

Called by window.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from verifier.core.model import FlagKind, Need
from verifier.core.policy import Policy
from verifier.core.quality.explain import Window, defect, flags_within, frames_within
from verifier.core.quality.still import figures_of as still_figures
from verifier.core.quality.timeline import SECOND_MS, StreamSecond
from verifier.core.samples import Medium, Stream
from verifier.core.verdicts import Figure


def figures_of(window: Window) -> tuple[Figure, ...]:
    """Every test of the window in a fixed order; empty when there is nothing to test or nothing is needed."""
    if not window.streams or len(window.indices) == 0:
        return ()
    figures: list[Figure] = []
    for stream in window.streams:
        seconds = window.seconds(stream)
        figures += _presence(window, stream, seconds)
        figures += _audio(stream, seconds, window.policy) if stream.medium is Medium.AUDIO else ()
    if Need.VIDEO_FACE in window.needs:
        figures += _face(window)
    if Need.VIDEO_GESTURE in window.needs:
        figures += _gesture(window)
    if Stream.VIDEO_FROM_FREELANCER in window.streams:
        figures.append(_usable_frames(window))
    if Need.STILL in window.needs:
        figures += _still(window)
    figures += (_interactivity(window), _trust(window), _flagged(window))
    return tuple(figures)


def _at_most(test: str, stream: Stream | None, value: float | None, limit: float) -> Figure:
    return Figure(test, stream, value, limit, value is not None and value <= limit)


def _at_least(test: str, stream: Stream | None, value: float | None, limit: float) -> Figure:
    return Figure(test, stream, value, limit, value is not None and value >= limit)


# ---------------------------------------------------------------- presence


def _presence(window: Window, stream: Stream, seconds: Sequence[StreamSecond]) -> tuple[Figure, ...]:
    policy = window.policy
    coverage = sum(second.known for second in seconds) / len(seconds)
    run = _longest_unknown(seconds, window.closed)
    settling = sum(second.settling for second in seconds)
    return (
        _at_least("coverage", stream, coverage, policy.min_coverage),
        _at_most("unknown_run", stream, float(run), float(policy.max_unknown_run_s)),
        _at_most("settling", stream, float(settling), 0.0),
    )


def _longest_unknown(seconds: Sequence[StreamSecond], closed: bool) -> int:
    """Seconds; a run that reaches the end of a closed window counts one more, for nobody knows what followed."""
    longest = run = 0
    for second in seconds:
        run = 0 if second.known else run + 1
        longest = max(longest, run)
    return max(longest, run + 1) if run and closed else longest


# ---------------------------------------------------------------- audio


def _audio(stream: Stream, seconds: Sequence[StreamSecond], policy: Policy) -> tuple[Figure, ...]:
    shares = [s.concealment for s in seconds if s.speech and s.concealment is not None]
    runs = [s.concealment_run_ms for s in seconds if s.speech and s.concealment_run_ms is not None]
    means = [s.concealment_mean for s in seconds if s.speech and s.concealment_mean is not None]
    mean = sum(means) / len(means) if means else None
    run, limit_ms = max(runs, default=None), policy.audio_concealment_run_max_ms
    level, least = _heard_level(seconds, policy), policy.audio_level_min_dbov
    return (
        _at_most("audio_concealment", stream, mean, policy.audio_window_max),
        _at_most("audio_worst_second", stream, max(shares, default=None), policy.audio_worst_second_max),
        Figure("audio_concealment_run", stream, run, limit_ms, run is not None and run < limit_ms),
        Figure("audio_level", stream, level, least, level is not None and level > least),
    )


def _heard_level(seconds: Sequence[StreamSecond], policy: Policy) -> float | None:
    """Loudest speech in dBFS, the quieter of what was sent and what was played.

    None when too little was spoken, a level is missing or the microphone was off in between.
    """
    spoken = [second for second in seconds if second.spoke and second.known]
    sent = [second.level_dbov for second in spoken if second.level_dbov is not None]
    played = [second.sink_level_dbfs for second in spoken if second.sink_level_dbfs is not None]
    if len(spoken) < max(1, policy.min_speech_s) or not sent or len(played) < len(spoken):
        return None
    if any(second.source_off for second in seconds):
        return None
    return min(max(sent), max(played))


# ---------------------------------------------------------------- video

_VIDEO = Stream.VIDEO_FROM_FREELANCER


def _face(window: Window) -> tuple[Figure, ...]:
    policy, seconds = window.policy, window.seconds(_VIDEO)
    return (
        _at_least("video_fps", _VIDEO, _fps(seconds), policy.face_min_fps),
        _at_most("video_gap", _VIDEO, _worst(s.gap_ms for s in seconds), policy.face_max_gap_ms),
    )


def _gesture(window: Window) -> tuple[Figure, ...]:
    policy, seconds = window.policy, window.seconds(_VIDEO)
    frozen = [second.frozen_ms for second in seconds if second.known]
    known = [value for value in frozen if value is not None]
    share = sum(known) / (len(known) * SECOND_MS) if known and len(known) == len(frozen) else None
    return (
        _at_least("video_fps", _VIDEO, _fps(seconds), policy.gesture_min_fps),
        _at_most("video_gap", _VIDEO, _worst(s.gap_ms for s in seconds), policy.gesture_max_gap_ms),
        _at_most("video_frozen", _VIDEO, share, policy.gesture_max_frozen_share),
    )


def _fps(seconds: Sequence[StreamSecond]) -> float | None:
    """Harmonic mean over the window: a hitch weighs by its length. None when nothing is known or the camera was off."""
    rates = [second.fps_mean for second in seconds if second.fps_mean is not None]
    if not rates or any(second.source_off for second in seconds):
        return None
    return 0.0 if min(rates) <= 0 else len(rates) / sum(1 / rate for rate in rates)


def _worst(values: Iterable[float | None]) -> float | None:
    return max((value for value in values if value is not None), default=None)


def _usable_frames(window: Window) -> Figure:
    face = Need.VIDEO_FACE in window.needs
    usable = sum(defect(frame, face, window.policy) is None for frame in frames_within(window))
    return _at_least("usable_frames", _VIDEO, float(usable), float(window.policy.min_usable_frames))


# ---------------------------------------------------------------- still


def _still(window: Window) -> tuple[Figure, ...]:
    """How many stills of the asking are usable, and every figure of the best one, judged anew from its measures."""
    measured = [still_figures(still.kind, still, window.policy) for still in window.stills]
    usable = sum(all(figure.passed for figure in figures) for figures in measured)
    best = max(measured, key=lambda figures: sum(figure.passed for figure in figures), default=())
    return _at_least("document_still", None, float(usable), 1.0), *best


# ---------------------------------------------------------------- the whole window


def _interactivity(window: Window) -> Figure:
    """Worst two-way delay; None when any known second has none."""
    delays = list(_delays(window))
    known = [delay for delay in delays if delay is not None]
    worst = max(known) if known and len(known) == len(delays) else None
    return _at_most("interactivity", None, worst, window.policy.delay_poor_max_ms)


def _delays(window: Window) -> Iterator[float | None]:
    for stream in window.streams:
        for second in window.seconds(stream):
            if second.known:
                yield second.delay_ms


def _trust(window: Window) -> Figure:
    disputed = sum(flag.kind is FlagKind.TELEMETRY for flag in window.flags) + len(window.timeline.problems)
    return _at_most("trust", None, float(disputed), 0.0)


def _flagged(window: Window) -> Figure:
    return _at_most("flagged", None, float(len(flags_within(window, FlagKind.CANT_HEAR))), 0.0)
