"""Names of the tests of an asking, and the problems that a device and network check can find.

One rule: a problem tells the person in front of the device what was found there, in the same words for everybody.
"""

from __future__ import annotations

from collections.abc import Mapping

from verifier.wording.catalogue import Translate


def _(text: str) -> str:
    """Mark a text for extraction."""
    return text


TESTS: Mapping[str, str] = {
    "coverage": _("Seconds measured"),
    "unknown_run": _("Longest stretch not measured"),
    "settling": _("Seconds just after a connect"),
    "audio_concealment": _("Sound concealed, mean"),
    "audio_worst_second": _("Sound concealed, worst second"),
    "audio_concealment_run": _("Longest concealment"),
    "audio_level": _("Loudest speech"),
    "video_fps": _("Frames per second"),
    "video_gap": _("Longest time without a new picture"),
    "video_frozen": _("Picture frozen"),
    "usable_frames": _("Usable pictures"),
    "interactivity": _("Two-way delay"),
    "trust": _("Contradictions in the figures"),
    "flagged": _("“I can't hear / understand”"),
    "duration": _("Length of the asking"),
    "document_still": _("Document held still"),
    "video_blockiness": _("Blocks in the picture"),
    "read_back_after_disputed_link": _("Code read back after a disputed link"),
}
"""Every test that a policy contains or says to be absent."""

CHECK_PROBLEMS: Mapping[str, str] = {
    "network.rtt": _("Packets take long to come back."),
    "network.uplink_loss": _("Part of what you send does not arrive."),
    "network.downlink_loss": _("Part of what is sent to you does not arrive."),
    "network.jitter": _("Packets arrive unevenly."),
    "network.uplink_rate": _("What you send could not be measured."),
    "media.concealment": _("The sound that came back had gaps."),
    "media.frame_rate": _("The picture that came back was not smooth."),
    "device.camera": _("Your camera did not deliver a usable picture."),
    "device.microphone": _("Your microphone was off, or nothing was heard."),
    "metrics.missing": _("Not everything could be measured, and what is not measured counts as bad."),
}


def name_of(test: str, translate: Translate) -> str:
    """Short name of a test; one of a later policy keeps its own name."""
    return translate(TESTS.get(test, test))
