"""Was one stretch of a call good enough for what an item needs? One rule: every test must hold, none is averaged away.

``judge`` gives the verdict on a finished asking, the only thing that findings.admit accepts. ``preview`` tells the
interviewer how an open asking stands; its type fits nowhere else, so it can never be stored as a verdict.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from verifier.core.evidence import Still
from verifier.core.model import Flag, Need
from verifier.core.policy import Policy
from verifier.core.quality.attribution import BadSeconds, blame
from verifier.core.quality.explain import Window, media_reasons, reasons_of
from verifier.core.quality.limits import figures_of
from verifier.core.quality.timeline import SECOND_MS, Timeline
from verifier.core.reasons import ReasonCode, weightiest_first
from verifier.core.samples import FrameSample, Stream
from verifier.core.verdicts import Band, Blame, Figure

STREAM_OF: dict[Need, Stream] = {
    Need.AUDIO_ASK: Stream.AUDIO_FROM_INTERVIEWER,
    Need.AUDIO_ANSWER: Stream.AUDIO_FROM_FREELANCER,
    Need.VIDEO_FACE: Stream.VIDEO_FROM_FREELANCER,
    Need.VIDEO_GESTURE: Stream.VIDEO_FROM_FREELANCER,
}


@dataclass(frozen=True, slots=True)
class WindowQuality:
    """The verdict on the window of one finished asking, with every figure behind it."""

    start_ms: int
    end_ms: int
    needs: tuple[Need, ...]
    policy_version: str
    admissible: bool
    reasons: tuple[str, ...]
    """Reason codes, most weighty first; empty when admissible."""
    figures: tuple[Figure, ...]
    bad_seconds: tuple[int, ...]
    """Start (server clock, ms) of every second in which a needed direction was poor, bad or unknown."""
    relied_seconds: tuple[int, ...]
    """Start of every second of the padded window."""
    blame: Blame


class Standing(StrEnum):
    """How an open asking stands."""

    GOOD_SO_FAR = "good_so_far"
    TOO_EARLY = "too_early"
    """Nothing is wrong, but something that must be seen or heard has not been yet."""
    ASK_AGAIN = "ask_again"
    """Whatever follows, this asking will not count."""


@dataclass(frozen=True, slots=True)
class Preview:
    """How an open asking stands at this moment; never a verdict and never stored as one."""

    standing: Standing
    reasons: tuple[str, ...]
    figures: tuple[Figure, ...]


def streams_of(needs: Sequence[Need]) -> tuple[Stream, ...]:
    """The directions that the needs rest on, each once, in the order of ``Stream``."""
    needed = {STREAM_OF[need] for need in needs if need in STREAM_OF}
    return tuple(stream for stream in Stream if stream in needed)


def padded(timeline: Timeline, start_ms: int, end_ms: int, policy: Policy) -> range:
    """Indices of the seconds of a window with its padding; empty for an empty or inverted window."""
    if end_ms <= start_ms:
        return range(0)
    return timeline.indices(start_ms - policy.window_padding_ms, end_ms + policy.window_padding_ms)


def bad_seconds(timeline: Timeline, indices: range, streams: Sequence[Stream]) -> dict[Stream, tuple[int, ...]]:
    """Indices of the bad seconds of each stream; seconds outside the timeline are bad."""
    return {s: tuple(i for i in indices if timeline.at(s, i).bad) for s in streams}


def judge(
    timeline: Timeline,
    start_ms: int,
    end_ms: int,
    needs: Sequence[Need],
    flags: Sequence[Flag],
    frames: Sequence[FrameSample],
    policy: Policy,
    stills: Sequence[Still] = (),
) -> WindowQuality:
    """The verdict on the window [start_ms, end_ms) of a finished asking.

    Order of flags, frames and stills does not matter; ``stills`` are those of this asking and for its item.
    """
    indices = padded(timeline, start_ms, end_ms, policy)
    kept = _ordered(still for still in stills if start_ms <= still.at_ms <= end_ms)
    window = Window(
        timeline, indices, _unique(needs), streams_of(needs), tuple(flags), tuple(frames), policy, stills=kept
    )
    figures = figures_of(window)
    bad = bad_seconds(timeline, indices, window.streams)
    admissible = bool(figures) and all(figure.passed for figure in figures)
    return WindowQuality(
        start_ms=start_ms,
        end_ms=end_ms,
        needs=window.needs,
        policy_version=policy.version,
        admissible=admissible,
        reasons=() if admissible else _reasons(window, figures),
        figures=figures,
        bad_seconds=tuple(_moment(timeline, i) for i in sorted(set().union(*bad.values()))),
        relied_seconds=tuple(_moment(timeline, i) for i in indices),
        blame=blame(timeline, _blamed(window, bad, admissible), policy),
    )


def preview(
    timeline: Timeline,
    start_ms: int,
    now_ms: int,
    needs: Sequence[Need],
    flags: Sequence[Flag],
    frames: Sequence[FrameSample],
    policy: Policy,
    stills: Sequence[Still] = (),
) -> Preview:
    """How the asking that began at ``start_ms`` stands; seconds whose rows cannot have arrived yet are left open."""
    indices = timeline.indices(start_ms - policy.window_padding_ms, now_ms - policy.preview_pending_ms)
    needed, streams, kept = _unique(needs), streams_of(needs), _ordered(stills)
    window = Window(timeline, indices, needed, streams, tuple(flags), tuple(frames), policy, False, kept)
    if len(indices) == 0:
        return Preview(Standing.TOO_EARLY, (), ())
    figures = figures_of(window)
    failed = [figure for figure in figures if not figure.passed]
    open_ = [figure for figure in failed if _may_still_come(figure)]
    if len(open_) < len(failed):
        return Preview(Standing.ASK_AGAIN, reasons_of(window, figures), figures)
    return Preview(Standing.TOO_EARLY if failed else Standing.GOOD_SO_FAR, (), figures)


def media_reasons_of(timeline: Timeline, bad: BadSeconds, policy: Policy) -> tuple[ReasonCode, ...]:
    """What damaged the streams in their bad seconds, one code a stream."""
    return tuple(media_reasons(timeline, stream, tuple(bad[stream]), policy) for stream in Stream if bad.get(stream))


_AWAITED = frozenset({"audio_level", "audio_concealment", "audio_worst_second", "audio_concealment_run"})


def _may_still_come(figure: Figure) -> bool:
    """Whether the test fails only because too little was there to measure yet; lasting holes fail ``unknown_run``.

    A still can be taken again as long as the asking is open.
    """
    lasting = figure.test in {"usable_frames", "coverage", "document_still"} or figure.test.startswith("still_")
    return lasting or (figure.test in _AWAITED and figure.value is None)


def _unique(needs: Sequence[Need]) -> tuple[Need, ...]:
    return tuple(need for need in Need if need in needs)


def _ordered(stills: Iterable[Still]) -> tuple[Still, ...]:
    return tuple(sorted(stills, key=lambda still: (still.at_ms, still.id)))


def _moment(timeline: Timeline, index: int) -> int:
    return timeline.start_ms + index * SECOND_MS


def _reasons(window: Window, figures: tuple[Figure, ...]) -> tuple[str, ...]:
    return reasons_of(window, figures) or weightiest_first({ReasonCode.METRICS_MISSING: 1})


def _blamed(window: Window, bad: dict[Stream, tuple[int, ...]], admissible: bool) -> BadSeconds:
    """The bad seconds; when none is bad and the window fails all the same, those that were less than good."""
    if admissible or any(bad.values()):
        return bad
    fine = (Band.GOOD, Band.QUIET, Band.SETTLING)
    return {s: tuple(i for i in window.indices if window.timeline.at(s, i).band not in fine) for s in window.streams}
