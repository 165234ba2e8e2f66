"""Reason codes in a few words, for the bands of the replay. One rule: a noun phrase, small enough for one band."""

from __future__ import annotations

from collections.abc import Mapping

from verifier.core.reasons import ReasonCode
from verifier.wording.catalogue import Translate

_R = ReasonCode


def _(text: str) -> str:
    """Mark a text for extraction."""
    return text


SHORT_REASONS: Mapping[str, str] = {
    _R.METRICS_DISPUTED: _("figures disputed"),
    _R.SERVER_FAULT: _("our server's fault"),
    _R.MEDIA_NEVER_CONNECTED: _("never connected"),
    _R.MEDIA_DISCONNECTED: _("connection lost"),
    _R.MEDIA_AUDIO_INTERVIEWER_UPLINK: _("sound lost on the interviewer's uplink"),
    _R.MEDIA_AUDIO_INTERVIEWER_DOWNLINK: _("sound lost on the interviewer's downlink"),
    _R.MEDIA_AUDIO_FREELANCER_UPLINK: _("sound lost on the freelancer's uplink"),
    _R.MEDIA_AUDIO_FREELANCER_DOWNLINK: _("sound lost on the freelancer's downlink"),
    _R.MEDIA_AUDIO_BOTH: _("sound lost on both legs"),
    _R.MEDIA_AUDIO_UNCLEAR: _("sound lost, leg not clear"),
    _R.MEDIA_VIDEO_INTERVIEWER_UPLINK: _("picture lost on the interviewer's uplink"),
    _R.MEDIA_VIDEO_INTERVIEWER_DOWNLINK: _("picture lost on the interviewer's downlink"),
    _R.MEDIA_VIDEO_FREELANCER_UPLINK: _("picture lost on the freelancer's uplink"),
    _R.MEDIA_VIDEO_FREELANCER_DOWNLINK: _("picture lost on the freelancer's downlink"),
    _R.MEDIA_VIDEO_BOTH: _("picture lost on both legs"),
    _R.MEDIA_VIDEO_UNCLEAR: _("picture lost, leg not clear"),
    _R.MEDIA_DELAY: _("delay too long"),
    _R.MEDIA_NO_SPEECH: _("nobody was heard"),
    _R.MEDIA_SETTLING: _("connection just up"),
    _R.MEDIA_LIGHT: _("light or glare"),
    _R.MEDIA_BLURRED: _("picture blurred"),
    _R.MEDIA_FACE_NOT_VISIBLE: _("no face in the picture"),
    _R.MEDIA_STILL_MISSING: _("no still taken"),
    _R.MEDIA_STILL_UNUSABLE: _("still not readable"),
    _R.DEVICE_CAMERA: _("freelancer's camera"),
    _R.DEVICE_MICROPHONE: _("freelancer's microphone"),
    _R.DEVICE_FREELANCER: _("freelancer's device"),
    _R.DEVICE_INTERVIEWER_CAMERA: _("interviewer's camera"),
    _R.DEVICE_INTERVIEWER_MICROPHONE: _("interviewer's microphone"),
    _R.DEVICE_INTERVIEWER: _("interviewer's device"),
    _R.INTERVIEWER_FAULT: _("interviewer's side at fault"),
    _R.COMPREHENSION_REPORTED: _("someone could not hear"),
    _R.COMPREHENSION_NOT_HEARD: _("not heard"),
    _R.METRICS_MISSING: _("not measured"),
    _R.QUESTION_OUT_OF_SCOPE: _("question out of scope"),
    _R.RUN_UNANSWERED: _("no answer marked"),
    _R.RUN_TOO_SHORT: _("asked too briefly"),
    _R.CHECKLIST_INCOMPLETE: _("checklist incomplete"),
}
_UNKNOWN = _("not good enough")


def short_reason(code: str, translate: Translate) -> str:
    """The reason in a few words; a code of a later version gets a general phrase."""
    return translate(SHORT_REASONS.get(code, _UNKNOWN))
