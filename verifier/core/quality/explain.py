"""The stretch of a call under judgement, and why it failed in reason codes. One rule: a reason names medium and side.

Called by window and limits.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from functools import partial

from verifier.core.evidence import Still
from verifier.core.model import Flag, FlagKind, Need, Role
from verifier.core.policy import Policy
from verifier.core.quality.attribution import blame
from verifier.core.quality.rows import ordered_frames
from verifier.core.quality.timeline import SECOND_MS, StreamSecond, Timeline
from verifier.core.reasons import ReasonCode, of_medium, weightiest_first
from verifier.core.samples import FrameSample, Medium, Stream
from verifier.core.verdicts import Band, Fault, Figure


@dataclass(frozen=True, slots=True)
class Window:
    """A padded stretch of a timeline and what an item needs in it."""

    timeline: Timeline
    indices: range
    needs: tuple[Need, ...]
    streams: tuple[Stream, ...]
    flags: tuple[Flag, ...]
    """Every flag of the interview."""
    frames: tuple[FrameSample, ...]
    """Every frame of the interview."""
    policy: Policy
    closed: bool = True
    """False for the preview of an open asking."""
    stills: tuple[Still, ...] = ()
    """Those of this asking alone."""

    def seconds(self, stream: Stream) -> list[StreamSecond]:
        """The window's seconds of one stream."""
        return [self.timeline.at(stream, index) for index in self.indices]

    def contains(self, at_ms: int) -> bool:
        """Whether the moment lies in one of the window's seconds; an open window has no end."""
        index = (at_ms - self.timeline.start_ms) // SECOND_MS
        return index >= self.indices.start and (index < self.indices.stop or not self.closed)


def flags_within(window: Window, kind: FlagKind) -> list[Flag]:
    """Flags of a kind raised within the window."""
    return [flag for flag in window.flags if flag.kind is kind and window.contains(flag.at_ms)]


def frames_within(window: Window) -> list[FrameSample]:
    """Frames of the window, in time order, each once."""
    return [frame for frame in ordered_frames(window.frames) if window.contains(frame.at_ms)]


def defect(frame: FrameSample, needs_face: bool, policy: Policy) -> ReasonCode | None:
    """Why a frame is not usable; None when it is."""
    if frame.repeated:
        return ReasonCode.DEVICE_CAMERA
    lit = policy.usable_luma_min <= frame.mean_luma <= policy.usable_luma_max
    if not lit or not frame.glare_share <= policy.usable_glare_max:
        return ReasonCode.MEDIA_LIGHT
    if not frame.sharpness >= policy.usable_sharpness_min:
        return ReasonCode.MEDIA_BLURRED
    seen = frame.faces > 0 and frame.face_width_px is not None and frame.face_width_px >= policy.usable_face_min_px
    return None if seen or not needs_face else ReasonCode.MEDIA_FACE_NOT_VISIBLE


def reasons_of(window: Window, figures: tuple[Figure, ...]) -> tuple[str, ...]:
    """The reasons behind every failed figure, most weighty first."""
    counts: Counter[ReasonCode] = Counter()
    for figure in figures:
        if not figure.passed:
            counts[_reason(window, figure)] += 1
    return weightiest_first(counts)


def media_reasons(timeline: Timeline, stream: Stream, indices: tuple[int, ...], policy: Policy) -> ReasonCode:
    """What damaged a stream in these seconds."""
    seconds = [timeline.at(stream, index) for index in indices]
    cut = _disconnected(timeline, stream, indices)
    if 2 * cut > len(indices):
        return ReasonCode.MEDIA_DISCONNECTED
    found = blame(timeline, {stream: indices}, policy)
    if found.fault is Fault.UNCLEAR and seconds and 2 * sum(not s.known for s in seconds) > len(seconds):
        return ReasonCode.METRICS_MISSING
    return _worded(stream, found.fault or Fault.UNCLEAR)


_SOURCE_REASON = {
    (Medium.AUDIO, Role.FREELANCER): ReasonCode.DEVICE_MICROPHONE,
    (Medium.AUDIO, Role.INTERVIEWER): ReasonCode.DEVICE_INTERVIEWER_MICROPHONE,
    (Medium.VIDEO, Role.FREELANCER): ReasonCode.DEVICE_CAMERA,
    (Medium.VIDEO, Role.INTERVIEWER): ReasonCode.DEVICE_INTERVIEWER_CAMERA,
}


def _worded(stream: Stream, fault: Fault) -> ReasonCode:
    match fault:
        case Fault.SERVER:
            return ReasonCode.SERVER_FAULT
        case Fault.SOURCE:
            return _SOURCE_REASON[stream.medium, stream.source]
        case Fault.FREELANCER_DEVICE:
            return ReasonCode.DEVICE_FREELANCER
        case Fault.INTERVIEWER_DEVICE:
            return ReasonCode.DEVICE_INTERVIEWER
        case _:
            return of_medium(stream.medium, fault)


def _reason(window: Window, figure: Figure) -> ReasonCode:
    fixed = {
        "settling": ReasonCode.MEDIA_SETTLING,
        "interactivity": ReasonCode.MEDIA_DELAY,
        "trust": ReasonCode.METRICS_DISPUTED,
        "flagged": ReasonCode.COMPREHENSION_REPORTED,
        "document_still": ReasonCode.MEDIA_STILL_UNUSABLE if window.stills else ReasonCode.MEDIA_STILL_MISSING,
    }
    if figure.test in fixed:
        return fixed[figure.test]
    if figure.stream is None:
        return ReasonCode.MEDIA_STILL_UNUSABLE
    special = {
        "coverage": partial(_missing, window, figure.stream),
        "unknown_run": partial(_missing, window, figure.stream),
        "usable_frames": partial(_worst_defect, window),
        "audio_level": partial(_not_heard, window, figure.stream),
    }
    if figure.test in special:
        return special[figure.test]()
    return _damaged(window, figure.stream)


def _missing(window: Window, stream: Stream) -> ReasonCode:
    cut = _disconnected(window.timeline, stream, tuple(window.indices))
    return ReasonCode.MEDIA_DISCONNECTED if cut else ReasonCode.METRICS_MISSING


def _disconnected(timeline: Timeline, stream: Stream, indices: tuple[int, ...]) -> int:
    """Seconds in which the server saw a leg of the stream not connected."""
    legs = (timeline.legs[stream.source], timeline.legs[stream.sink])
    within = [index for index in indices if 0 <= index < timeline.seconds]
    return sum(any(leg[index].covered and not leg[index].connected for leg in legs) for index in within)


def _worst_defect(window: Window) -> ReasonCode:
    frames = frames_within(window)
    defects = Counter(defect(frame, Need.VIDEO_FACE in window.needs, window.policy) for frame in frames)
    defects.pop(None, None)
    named = [(count, code) for code, count in defects.items() if code is not None]
    return max(named)[1] if named else ReasonCode.METRICS_MISSING


def _not_heard(window: Window, stream: Stream) -> ReasonCode:
    seconds = window.seconds(stream)
    if any(second.source_off for second in seconds):
        return _SOURCE_REASON[stream.medium, stream.source]
    if not all(second.known for second in seconds):
        return _damaged(window, stream)
    silent = sum(second.spoke for second in seconds) < window.policy.min_speech_s
    return ReasonCode.MEDIA_NO_SPEECH if silent else _damaged(window, stream)


def _damaged(window: Window, stream: Stream) -> ReasonCode:
    """The reason for the seconds that were less than good, or for all of them when each one was."""
    seconds = window.seconds(stream)
    fine = (Band.GOOD, Band.QUIET, Band.SETTLING)
    worse = tuple(i for i, second in zip(window.indices, seconds, strict=True) if second.band not in fine)
    if not worse and any(second.source_off for second in seconds):
        return _SOURCE_REASON[stream.medium, stream.source]
    if not worse and not any(second.known and second.spoke for second in seconds) and stream.medium is Medium.AUDIO:
        return ReasonCode.MEDIA_NO_SPEECH
    return media_reasons(window.timeline, stream, worse or tuple(window.indices), window.policy)
