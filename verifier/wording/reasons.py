"""Reason codes and end causes in plain words, for the freelancer and for staff.

One rule: words name the side and the medium, and never blame a person. Every code of the core has both texts; a test
fails when one is missing. Texts are English; the caller's ``Translate`` gives them in the reader's language. Pages get
them through ``wording/vocabulary``, scripts through ``<template>`` elements printed from it.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

from verifier.core.model import EndCause
from verifier.core.reasons import ReasonCode
from verifier.wording.catalogue import Translate


class Reader(StrEnum):
    """Whom a text is for."""

    FREELANCER = "freelancer"
    STAFF = "staff"


_R = ReasonCode
_C = EndCause

Texts = tuple[str, str]
"""For the freelancer, for staff."""


def _(text: str) -> str:
    """Mark a text for extraction."""
    return text


REASONS: Mapping[str, Texts] = {
    _R.METRICS_DISPUTED: (
        _("The measurements of the two ends did not agree, so none of them was relied on."),
        _("The figures contradict each other or physics. The interview stays inconclusive."),
    ),
    _R.SERVER_FAULT: (_("Our server had a problem."), _("The server was overloaded or lost.")),
    _R.MEDIA_NEVER_CONNECTED: (
        _("You and the interviewer were never connected at the same time."),
        _("The two sides were never connected at the same time."),
    ),
    _R.MEDIA_DISCONNECTED: (
        _("The connection broke for a part of the time."),
        _("A side was not connected for a part of the time."),
    ),
    _R.MEDIA_AUDIO_INTERVIEWER_UPLINK: (
        _("The interviewer's sound did not reach us well enough."),
        _("The interviewer's voice was damaged on the interviewer's uplink."),
    ),
    _R.MEDIA_AUDIO_INTERVIEWER_DOWNLINK: (
        _("Your sound did not reach the interviewer well enough: the interviewer's connection was weak."),
        _("The freelancer's voice was damaged on the interviewer's downlink."),
    ),
    _R.MEDIA_AUDIO_FREELANCER_UPLINK: (
        _("Your sound did not reach us well enough."),
        _("The freelancer's voice was damaged on the freelancer's uplink."),
    ),
    _R.MEDIA_AUDIO_FREELANCER_DOWNLINK: (
        _("The interviewer's sound did not reach you well enough."),
        _("The interviewer's voice was damaged on the freelancer's downlink."),
    ),
    _R.MEDIA_AUDIO_BOTH: (
        _("The sound was damaged on both connections."),
        _("A voice was damaged on both legs."),
    ),
    _R.MEDIA_AUDIO_UNCLEAR: (
        _("The sound was not good enough. We cannot tell on which connection."),
        _("A voice did not arrive well enough; no single leg explains it."),
    ),
    _R.MEDIA_VIDEO_INTERVIEWER_UPLINK: (
        _("The interviewer's picture did not reach us well enough."),
        _("The interviewer's picture was damaged on the interviewer's uplink."),
    ),
    _R.MEDIA_VIDEO_INTERVIEWER_DOWNLINK: (
        _("Your picture did not reach the interviewer well enough: the interviewer's connection was weak."),
        _("The freelancer's picture was damaged on the interviewer's downlink."),
    ),
    _R.MEDIA_VIDEO_FREELANCER_UPLINK: (
        _("Your picture did not reach us well enough."),
        _("The freelancer's picture was damaged on the freelancer's uplink."),
    ),
    _R.MEDIA_VIDEO_FREELANCER_DOWNLINK: (
        _("The interviewer's picture did not reach you well enough."),
        _("The interviewer's picture was damaged on the freelancer's downlink."),
    ),
    _R.MEDIA_VIDEO_BOTH: (
        _("The picture was damaged on both connections."),
        _("The picture was damaged on both legs."),
    ),
    _R.MEDIA_VIDEO_UNCLEAR: (
        _("The picture was not good enough. We cannot tell on which connection."),
        _("The picture did not arrive well enough; no single leg explains it."),
    ),
    _R.MEDIA_DELAY: (
        _("The delay was too long for a conversation."),
        _("The delay was too long for a conversation, or could not be measured."),
    ),
    _R.MEDIA_NO_SPEECH: (
        _("A voice that was needed for this question was not heard."),
        _("Nobody was heard in a direction that this question needs."),
    ),
    _R.MEDIA_SETTLING: (
        _("The connection had just started."),
        _("The connection or a track had just started; these seconds do not count."),
    ),
    _R.MEDIA_LIGHT: (
        _("Your picture was too dark or too bright to judge."),
        _("The picture was too dark, too bright or full of glare."),
    ),
    _R.MEDIA_BLURRED: (_("Your picture was not sharp enough."), _("The picture was not sharp enough.")),
    _R.MEDIA_FACE_NOT_VISIBLE: (
        _("Your face could not be seen well enough in the picture."),
        _("No face, or one too small, in too many pictures."),
    ),
    _R.MEDIA_STILL_MISSING: (
        _("No picture of your document was taken."),
        _("No still was taken while the document was asked for."),
    ),
    _R.MEDIA_STILL_UNUSABLE: (
        _("Your document could not be read in the picture that was taken of it."),
        _("No still of the document was good enough to read it."),
    ),
    _R.DEVICE_CAMERA: (
        _("Your camera did not deliver a usable picture."),
        _("The freelancer's camera was off, black, frozen or too slow."),
    ),
    _R.DEVICE_MICROPHONE: (
        _("Your microphone did not deliver usable sound."),
        _("The freelancer's microphone was muted, ended or missing."),
    ),
    _R.DEVICE_FREELANCER: (
        _("Your device could not keep up, or the page was in the background."),
        _("The freelancer's device could not keep up, or the page was hidden."),
    ),
    _R.DEVICE_INTERVIEWER_CAMERA: (
        _("The interviewer's camera did not deliver a usable picture."),
        _("The interviewer's camera was off or too slow."),
    ),
    _R.DEVICE_INTERVIEWER_MICROPHONE: (
        _("The interviewer's microphone did not deliver usable sound."),
        _("The interviewer's microphone was muted, ended or missing."),
    ),
    _R.DEVICE_INTERVIEWER: (
        _("The interviewer's device could not keep up."),
        _("The interviewer's device could not keep up, or the page was hidden."),
    ),
    _R.INTERVIEWER_FAULT: (
        _("Most of what was bad lay on the interviewer's side."),
        _("Most of what was bad lies with the interviewer's connection or device."),
    ),
    _R.COMPREHENSION_REPORTED: (
        _("Someone said that they could not hear or understand."),
        _("Someone pressed “I can't hear / understand”."),
    ),
    _R.COMPREHENSION_NOT_HEARD: (
        _("A question, an answer or a code was not heard."),
        _("The question, the answer or the code was not heard."),
    ),
    _R.METRICS_MISSING: (
        _("Part of the connection could not be measured. What is not measured counts as bad."),
        _("Measurements are missing; what was not measured counts as bad."),
    ),
    _R.QUESTION_OUT_OF_SCOPE: (
        _("A question was not about anything you said about yourself."),
        _("The question is neither in the identity bank nor about a claim."),
    ),
    _R.RUN_TOO_SHORT: (
        _("The question was over too quickly to count."),
        _("The asking was too short to hold a question and its answer."),
    ),
    _R.RUN_UNANSWERED: (
        _("A question was not finished."),
        _("The asking has no end or no recorded answer."),
    ),
    _R.CHECKLIST_INCOMPLETE: (
        _("Not every required question could be asked over a good connection."),
        _("A mandatory item was not asked, or has no asking that counts."),
    ),
    "answer.not_heard": (
        _("The question or the answer was not heard, so it is asked again."),
        _("The answer was not heard, or none was marked."),
    ),
    "review.fraud_flag": (
        _("The interviewer asked for a second look and gave a reason."),
        _("The interviewer raised a fraud flag and gave a reason."),
    ),
    "review.contradicted": (
        _("An answer differs from what you said about yourself."),
        _("An answer differs from what was claimed."),
    ),
    "review.answers_differ": (
        _("The same question was answered in two ways."),
        _("The same question was answered in two ways, both in askings that count."),
    ),
    "review.not_all_consistent": (
        _("Not every required question was answered."),
        _("Not every required question has a consistent answer."),
    ),
}
"""Every ``ReasonCode``, and the codes of core/checklist_view and core/decision."""

END_CAUSES: Mapping[EndCause, Texts] = {
    _C.COMPLETED: (_("The call was finished."), _("completed")),
    _C.QUALITY_ABORT: (
        _("The call was stopped because of the connection."),
        _("stopped because of the connection"),
    ),
    _C.TECHNICAL_ABORT: (
        _("The connection did not come back in time."),
        _("connection not restored in time"),
    ),
    _C.FREELANCER_LEFT: (_("You left the call."), _("the freelancer left")),
    _C.INTERVIEWER_LEFT: (_("The interviewer left the call."), _("the interviewer left")),
    _C.FREELANCER_NO_SHOW: (
        _("You were not there when the call began. That has no effect on you."),
        _("the freelancer did not appear"),
    ),
    _C.INTERVIEWER_NO_SHOW: (_("The interviewer did not appear."), _("the interviewer did not appear")),
    _C.CONSENT_REFUSED: (_("You did not agree to the interview."), _("consent was refused")),
    _C.LANGUAGE_MISMATCH: (_("There was no common language."), _("no common language")),
    _C.CANCELLED: (_("The verification was cancelled."), _("cancelled")),
    _C.EXPIRED: (_("The time for this verification ran out."), _("expired")),
    _C.SERVER_LOST: (_("Our side failed: the call could not be carried."), _("our side failed")),
}

_UNKNOWN: Texts = (
    _("The call did not give a clear enough picture to decide anything."),
    _("It was not good enough to rely on."),
)
OTHER = "other"
"""Case of a page's prepared words that a script shows for a code of a later version."""


def reason(code: str, reader: Reader, translate: Translate) -> str:
    """Why something did not count; a code of a later version gets a general sentence."""
    return translate(REASONS.get(code, _UNKNOWN)[reader is Reader.STAFF])


def end_cause(cause: str, reader: Reader, translate: Translate) -> str:
    """How a call ended: a sentence for the freelancer, a phrase for staff.

    Raises:
        ValueError: no such cause.
    """
    return translate(END_CAUSES[EndCause(cause)][reader is Reader.STAFF])
