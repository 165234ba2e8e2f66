"""Names of the tests of an asking, and the problems that a device and network check, or a still, can have.

One rule: a problem tells the person in front of the device what was found there, in the same words for everybody.
"""

from __future__ import annotations

from collections.abc import Mapping

from verifier.core.quality.still import Problem
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
    "document_still": _("Usable stills of the document"),
    "still_dark": _("Still: brightness, at least"),
    "still_bright": _("Still: brightness, at most"),
    "still_width": _("Still: width of the document"),
    "still_glare": _("Still: share under glare"),
    "still_sharpness": _("Still: sharpness"),
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

STILL_PROBLEMS: Mapping[str, tuple[str, str]] = {
    Problem.TOO_DARK: (
        _("It is too dark. Turn on a lamp, or go nearer to a window."),
        _("Too dark: ask for more light."),
    ),
    Problem.TOO_BRIGHT: (
        _("It is too bright. Turn away from the lamp or the window."),
        _("Too bright: ask for less light."),
    ),
    Problem.NO_CARD: (
        _("Your document was not found. Hold it so that all four edges are in the picture, before a plain background."),
        _("No document found: all four edges must be in the picture, before a plain background."),
    ),
    Problem.NO_FACE: (
        _("Your face was not found. Look straight into the camera."),
        _("No face found: ask to look straight into the camera."),
    ),
    Problem.TOO_SMALL: (
        _("It is too small in the picture. Hold it nearer to the camera, with all four edges visible."),
        _("Too small, or not wholly in the picture: ask to hold it nearer, with all four edges visible."),
    ),
    Problem.GLARE: (
        _("Light is reflected on it. Tilt it a little until the bright spot is gone."),
        _("Glare: ask to tilt it a little until the bright spot is gone."),
    ),
    Problem.BLURRED: (
        _("It is not sharp. Hold still for a moment, a little farther away, or clean the lens."),
        _("Not sharp: ask to hold still, a little farther away, or to clean the lens."),
    ),
}
"""What keeps a still from being usable, said to the freelancer and to staff: what to do about it."""


def still_problem(code: str, reader: str, translate: Translate) -> str:
    """The problem for ``freelancer`` or ``staff``; a code of a later version is shown as it is."""
    own, staff = STILL_PROBLEMS.get(code, (code, code))
    return translate(own if reader == "freelancer" else staff)


def name_of(test: str, translate: Translate) -> str:
    """Short name of a test; one of a later policy keeps its own name."""
    return translate(TESTS.get(test, test))
