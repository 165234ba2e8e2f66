"""Why something did not count, as codes that pages put into words. One rule: the code names the medium and the side.

Given by core/quality/window and core/findings for one asking, by core/assessment for an interview; worded in wording.
"""

from __future__ import annotations

from enum import StrEnum

from verifier.core.samples import Medium
from verifier.core.verdicts import Fault


class ReasonCode(StrEnum):
    """Every reason for an inadmissible asking or an inconclusive interview; the plain meaning stands under each."""

    METRICS_DISPUTED = "metrics.disputed"
    """Figures contradict each other or physics; nobody can close this."""
    SERVER_FAULT = "server.fault"
    """Our own server was overloaded, dropped packets or was lost."""
    MEDIA_NEVER_CONNECTED = "media.never_connected"
    """The two sides were never connected at the same time."""
    MEDIA_DISCONNECTED = "media.disconnected"
    """A side was not connected for a part of the time."""
    MEDIA_AUDIO_INTERVIEWER_UPLINK = "media.audio_interviewer_uplink"
    """The interviewer's voice was damaged on its way from the interviewer to us."""
    MEDIA_AUDIO_INTERVIEWER_DOWNLINK = "media.audio_interviewer_downlink"
    """The freelancer's voice was damaged on its way from us to the interviewer."""
    MEDIA_AUDIO_FREELANCER_UPLINK = "media.audio_freelancer_uplink"
    """The freelancer's voice was damaged on its way from the freelancer to us."""
    MEDIA_AUDIO_FREELANCER_DOWNLINK = "media.audio_freelancer_downlink"
    """The interviewer's voice was damaged on its way from us to the freelancer."""
    MEDIA_AUDIO_BOTH = "media.audio_both"
    """A voice was damaged on both legs."""
    MEDIA_AUDIO_UNCLEAR = "media.audio_unclear"
    """A voice did not arrive well enough; no single leg explains it."""
    MEDIA_VIDEO_INTERVIEWER_UPLINK = "media.video_interviewer_uplink"
    """The interviewer's picture was damaged on its way from the interviewer to us."""
    MEDIA_VIDEO_INTERVIEWER_DOWNLINK = "media.video_interviewer_downlink"
    """The freelancer's picture was damaged on its way from us to the interviewer."""
    MEDIA_VIDEO_FREELANCER_UPLINK = "media.video_freelancer_uplink"
    """The freelancer's picture was damaged on its way from the freelancer to us."""
    MEDIA_VIDEO_FREELANCER_DOWNLINK = "media.video_freelancer_downlink"
    """The interviewer's picture was damaged on its way from us to the freelancer."""
    MEDIA_VIDEO_BOTH = "media.video_both"
    """The picture was damaged on both legs."""
    MEDIA_VIDEO_UNCLEAR = "media.video_unclear"
    """The picture did not arrive well enough; no single leg explains it."""
    MEDIA_DELAY = "media.delay"
    """The conversation lagged too much, or the lag could not be measured."""
    MEDIA_NO_SPEECH = "media.no_speech"
    """Nobody was heard in a direction that this question needs."""
    MEDIA_SETTLING = "media.settling"
    """The connection or a track had just started."""
    MEDIA_LIGHT = "media.light"
    """The picture was too dark, too bright or full of glare."""
    MEDIA_BLURRED = "media.blurred"
    """The picture was not sharp enough."""
    MEDIA_FACE_NOT_VISIBLE = "media.face_not_visible"
    """No face, or a face too small, in too many pictures."""
    MEDIA_STILL_MISSING = "media.still_missing"
    """No still was taken while the document was asked for."""
    MEDIA_STILL_UNUSABLE = "media.still_unusable"
    """No still of the document was good enough to read it."""
    DEVICE_CAMERA = "device.camera"
    """The freelancer's camera was off, black, frozen or too slow."""
    DEVICE_MICROPHONE = "device.microphone"
    """The freelancer's microphone was muted, ended or missing."""
    DEVICE_FREELANCER = "device.freelancer"
    """The freelancer's device could not keep up, or its page was hidden."""
    DEVICE_INTERVIEWER_CAMERA = "device.interviewer_camera"
    """The interviewer's camera was off or too slow."""
    DEVICE_INTERVIEWER_MICROPHONE = "device.interviewer_microphone"
    """The interviewer's microphone was muted, ended or missing."""
    DEVICE_INTERVIEWER = "device.interviewer"
    """The interviewer's device could not keep up, or its page was hidden."""
    INTERVIEWER_FAULT = "interviewer.fault"
    """Most of what was bad lies with the interviewer's connection or device."""
    COMPREHENSION_REPORTED = "comprehension.reported"
    """Somebody pressed "I can't hear / understand"."""
    COMPREHENSION_NOT_HEARD = "comprehension.not_heard"
    """The question, the answer or the code was not heard."""
    METRICS_MISSING = "metrics.missing"
    """Measurements are missing; what was not measured counts as bad."""
    QUESTION_OUT_OF_SCOPE = "question.out_of_scope"
    """The question is neither in the identity bank nor about a claim."""
    RUN_UNANSWERED = "run.unanswered"
    """The asking has no end or no recorded answer."""
    RUN_TOO_SHORT = "run.too_short"
    """The asking was too short to hold a question and its answer."""
    CHECKLIST_INCOMPLETE = "checklist.incomplete"
    """A mandatory item was not asked, or has no asking that counts."""


WEIGHT: dict[ReasonCode, int] = {
    ReasonCode.METRICS_DISPUTED: 0,
    ReasonCode.MEDIA_NEVER_CONNECTED: 2,
    ReasonCode.MEDIA_DISCONNECTED: 3,
    ReasonCode.INTERVIEWER_FAULT: 5,
    ReasonCode.COMPREHENSION_REPORTED: 6,
    ReasonCode.COMPREHENSION_NOT_HEARD: 7,
    ReasonCode.METRICS_MISSING: 8,
    ReasonCode.MEDIA_SETTLING: 9,
    ReasonCode.MEDIA_NO_SPEECH: 9,
    ReasonCode.QUESTION_OUT_OF_SCOPE: 10,
    ReasonCode.RUN_UNANSWERED: 11,
    ReasonCode.RUN_TOO_SHORT: 11,
    ReasonCode.CHECKLIST_INCOMPLETE: 12,
}
"""Order of reasons, most weighty first; every code that is not named (a medium or device) weighs ``_MEDIUM``."""

_MEDIUM = 4


def weightiest_first(counts: dict[ReasonCode, int]) -> tuple[str, ...]:
    """The codes by weight, then by how often each was met, then by name."""
    order = sorted(counts, key=lambda code: (WEIGHT.get(code, _MEDIUM), -counts[code], code))
    return tuple(code.value for code in order)


def of_medium(medium: Medium, fault: Fault) -> ReasonCode:
    """The code for a damaged stream whose blame fell on a leg, on both or on none."""
    return ReasonCode(f"media.{medium}_{fault}")
