"""Is a still good enough to see on it what it is to show? One rule: each test by its own figure, and None never passes.

``figures_of`` gives the figures behind a verdict, ``problems_of`` the same in codes that pages put into words. Called
by service/stills when a still comes in and, on the stored figures, by quality/limits whenever an asking is judged.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from verifier.core.evidence import StillKind
from verifier.core.policy import Policy
from verifier.core.verdicts import Figure


@dataclass(frozen=True, slots=True)
class StillMeasure:
    """The figures of one still, as ``Still`` stores them."""

    mean_luma: float
    glare_share: float
    sharpness: float
    card_width_px: int | None
    """Width of the document, or of the largest face, in pixels of the still; None when none was found."""


class Measured(Protocol):
    """The part of ``StillMeasure`` and of ``Still`` that is judged."""

    @property
    def mean_luma(self) -> float: ...
    @property
    def glare_share(self) -> float: ...
    @property
    def sharpness(self) -> float: ...
    @property
    def card_width_px(self) -> int | None: ...


class Problem(StrEnum):
    """What keeps a still from being usable, the likeliest cause of the others first."""

    TOO_DARK = "too_dark"
    TOO_BRIGHT = "too_bright"
    NO_CARD = "no_card"
    """No document with four visible edges."""
    NO_FACE = "no_face"
    TOO_SMALL = "too_small"
    """The document, or the face, is too far away, or the camera is too weak."""
    GLARE = "glare"
    BLURRED = "blurred"


def figures_of(kind: StillKind, measured: Measured, policy: Policy) -> tuple[Figure, ...]:
    """Every test of one still in a fixed order.

    A document that is tilted to show its hologram may shine: its glare is measured and not judged.
    """
    face = kind is StillKind.FACE
    width = None if measured.card_width_px is None else float(measured.card_width_px)
    least_px = policy.still_face_min_px if face else policy.still_card_min_px
    least_sharp = policy.usable_sharpness_min if face else policy.still_sharpness_min
    glare = _at_most("still_glare", measured.glare_share, policy.usable_glare_max)
    return (
        _at_least("still_dark", measured.mean_luma, policy.usable_luma_min),
        _at_most("still_bright", measured.mean_luma, policy.usable_luma_max),
        _at_least("still_width", width, float(least_px)),
        *(() if kind is StillKind.DOCUMENT_TILT else (glare,)),
        _at_least("still_sharpness", measured.sharpness, least_sharp),
    )


def problems_of(kind: StillKind, measured: Measured, policy: Policy) -> tuple[str, ...]:
    """Codes of what keeps the still from being usable, the likeliest cause first; empty when it is usable."""
    failed = {figure.test for figure in figures_of(kind, measured, policy) if not figure.passed}
    missing = Problem.NO_FACE if kind is StillKind.FACE else Problem.NO_CARD
    found = {
        Problem.TOO_DARK: "still_dark" in failed,
        Problem.TOO_BRIGHT: "still_bright" in failed,
        missing: measured.card_width_px is None,
        Problem.TOO_SMALL: "still_width" in failed and measured.card_width_px is not None,
        Problem.GLARE: "still_glare" in failed,
        Problem.BLURRED: "still_sharpness" in failed,
    }
    return tuple(problem.value for problem in Problem if found.get(problem))


def _at_most(test: str, value: float | None, limit: float) -> Figure:
    return Figure(test, None, value, limit, value is not None and value <= limit)


def _at_least(test: str, value: float | None, limit: float) -> Figure:
    return Figure(test, None, value, limit, value is not None and value >= limit)
