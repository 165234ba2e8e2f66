"""What the figures of a still say: each limit bites, nothing that is worse passes."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from tests.core.rows import PROPERTY
from tests.core.test_image import Faces, structured
from verifier.core.evidence import StillKind
from verifier.core.policy import SHIPPED
from verifier.core.quality.image import Luma, measure_document, measure_face
from verifier.core.quality.still import Problem, figures_of, problems_of

FRONT, TILT, FACE = StillKind.DOCUMENT_FRONT, StillKind.DOCUMENT_TILT, StillKind.FACE


@dataclass(frozen=True)
class Figures:
    """A usable document's figures."""

    mean_luma: float = 150.0
    glare_share: float = 0.0
    sharpness: float = 0.3
    card_width_px: int | None = 900


@pytest.mark.parametrize("kind", list(StillKind))
def test_a_still_without_a_subject_is_never_usable(kind: StillKind) -> None:
    found = problems_of(kind, Figures(card_width_px=None), SHIPPED)
    assert found == (Problem.NO_FACE if kind is FACE else Problem.NO_CARD,)


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"mean_luma": 39.9}, Problem.TOO_DARK),
        ({"mean_luma": 220.1}, Problem.TOO_BRIGHT),
        ({"card_width_px": 639}, Problem.TOO_SMALL),
        ({"glare_share": 0.021}, Problem.GLARE),
        ({"sharpness": 0.099}, Problem.BLURRED),
    ],
)
def test_each_limit_bites_by_itself(change: dict[str, float], problem: Problem) -> None:
    assert problems_of(FRONT, Figures(), SHIPPED) == ()
    assert problems_of(FRONT, replace(Figures(), **change), SHIPPED) == (problem,)  # type: ignore[arg-type]


def test_at_the_limits_a_still_is_usable() -> None:
    for edge in (Figures(40.0, 0.02, 0.1, 640), Figures(220.0, 0.0, 0.1, 640)):
        assert problems_of(FRONT, edge, SHIPPED) == ()


def test_a_tilted_document_may_shine_and_a_flat_one_may_not() -> None:
    shining = Figures(glare_share=0.2)
    assert problems_of(TILT, shining, SHIPPED) == () and problems_of(FRONT, shining, SHIPPED) == (Problem.GLARE,)


def test_every_failed_figure_has_a_problem() -> None:
    bad = Figures(mean_luma=1.0, glare_share=0.5, sharpness=0.0, card_width_px=10)
    assert problems_of(FRONT, bad, SHIPPED) == (Problem.TOO_DARK, Problem.TOO_SMALL, Problem.GLARE, Problem.BLURRED)
    failed = [figure.test for figure in figures_of(FRONT, bad, SHIPPED) if not figure.passed]
    assert failed == ["still_dark", "still_width", "still_glare", "still_sharpness"]


def test_a_face_as_large_as_in_an_ordinary_picture_is_usable() -> None:
    measured = measure_face(structured(), Faces((10, 10, 70, 70)))
    assert measured.card_width_px == 140 and problems_of(FACE, measured, SHIPPED) == ()


def test_a_picture_without_a_document_says_so() -> None:
    empty = measure_document(np.full((720, 1_280), 120, np.uint8))
    assert problems_of(FRONT, empty, SHIPPED) == (Problem.NO_CARD, Problem.BLURRED)


@PROPERTY
@given(
    st.sampled_from(list(StillKind)),
    st.floats(0, 255),
    st.floats(0, 1),
    st.floats(0, 5),
    st.none() | st.integers(0, 5_000),
    st.floats(0, 1),
)
def test_making_any_figure_worse_never_makes_a_still_usable(
    kind: StillKind, mean: float, glare: float, sharp: float, width: int | None, worse: float
) -> None:
    measured = Figures(mean, glare, sharp, width)
    poorer = [
        replace(measured, glare_share=glare + (1 - glare) * worse),
        replace(measured, sharpness=sharp * worse),
        replace(measured, card_width_px=None if width is None else int(width * worse)),
    ]
    if problems_of(kind, measured, SHIPPED):
        assert all(problems_of(kind, other, SHIPPED) for other in poorer)


@settings(PROPERTY, max_examples=25)
@given(arrays.arrays(np.uint8, st.tuples(st.integers(8, 90), st.integers(8, 120))))
def test_every_figure_is_bounded_for_any_picture(picture: Luma) -> None:
    measured = measure_document(picture)
    assert 0 <= measured.mean_luma <= 255 and 0 <= measured.glare_share <= 1
    assert 0 <= measured.sharpness < float("inf")
    assert measured.card_width_px is None or 0 < measured.card_width_px <= 2 * max(picture.shape)
