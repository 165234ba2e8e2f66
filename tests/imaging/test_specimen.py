"""Limits of stills, calibrated on a specimen: what can be read passes, what cannot be read is refused and told why.

The specimen's print is legible up to a blur of about 0.25 % of the document's width (the smallest words are 7 pixels
high at 640 px) and lost at 0.4 %; the sharpness limit lies between. Other documents have other print: it is a start.
"""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bench.rig.specimen import Picture, View, card, scene
from tests.core.rows import PROPERTY
from verifier.core.evidence import StillKind
from verifier.core.policy import SHIPPED
from verifier.core.quality.card import FLAT_PX, find_card, flattened
from verifier.core.quality.image import Luma, measure_document
from verifier.core.quality.still import Problem, problems_of

CARD = card()
PHONE = View(1_280, 720, card_px=800)


def luma(picture: Picture) -> Luma:
    return np.asarray(cv2.cvtColor(picture, cv2.COLOR_BGR2GRAY), np.uint8)


def seen(view: View) -> Luma:
    return luma(scene(CARD, view))


def problems(view: View) -> tuple[str, ...]:
    return problems_of(StillKind.DOCUMENT_FRONT, measure_document(seen(view)), SHIPPED)


@pytest.mark.parametrize(
    "view",
    [
        PHONE,
        replace(PHONE, desk=0.1),
        replace(PHONE, desk=0.65),
        replace(PHONE, angle=-12),
        replace(PHONE, angle=30, card_px=740),
        replace(PHONE, tilt=0.2),
        replace(PHONE, noise=8),
        replace(PHONE, light=0.45),
        replace(PHONE, blur=0.0025 * 800),
        replace(PHONE, glare=0.01),
        View(1_920, 1_080, card_px=1_100),
        View(1_080, 1_920, card_px=900),
        View(1_280, 720, card_px=700, seed=5),
    ],
    ids=str,
)
def test_a_document_that_can_be_read_is_usable(view: View) -> None:
    assert problems(view) == ()


@pytest.mark.parametrize("thumb", [-0.42, 0.42])
def test_a_thumb_over_an_edge_does_not_hide_a_document(thumb: float) -> None:
    picture = scene(CARD, View(1_280, 720, card_px=800))
    cv2.ellipse(picture, (round(640 + thumb * 800), 610), (56, 130), 0, 0, 360, (120, 150, 200), -1)
    width = measure_document(luma(picture)).card_width_px
    assert width is not None and width == pytest.approx(776, rel=0.08)


@pytest.mark.parametrize(
    ("view", "problem"),
    [
        (replace(PHONE, blur=0.004 * 800), Problem.BLURRED),
        (replace(PHONE, blur=0.01 * 800), Problem.BLURRED),
        (replace(PHONE, blur=0.004 * 800, noise=15), Problem.BLURRED),
        (replace(PHONE, light=0.18), Problem.TOO_DARK),
        (replace(PHONE, light=0.02), Problem.TOO_DARK),
        (replace(PHONE, light=1.5), Problem.GLARE),
        (replace(PHONE, light=4.0), Problem.TOO_BRIGHT),
        (replace(PHONE, glare=0.06), Problem.GLARE),
        (replace(PHONE, glare=0.3), Problem.GLARE),
        (replace(PHONE, card_px=560), Problem.TOO_SMALL),
        (View(640, 480, card_px=520), Problem.TOO_SMALL),
    ],
    ids=str,
)
def test_what_keeps_a_document_from_being_read_is_named(view: View, problem: Problem) -> None:
    assert problem in problems(view)


def test_a_document_that_does_not_fit_into_the_picture_is_not_usable() -> None:
    assert problems(replace(PHONE, card_px=1_400)) != ()


def test_a_blurred_noisy_document_is_never_sharper_than_a_sharp_one() -> None:
    """The variance of the Laplacian ranks them the other way round, which is why it is not used."""
    sharp, noisy = seen(PHONE), seen(replace(PHONE, blur=3.0, noise=20.0))
    assert measure_document(noisy).sharpness < measure_document(sharp).sharpness / 2
    assert cv2.Laplacian(noisy, cv2.CV_32F).var() > cv2.Laplacian(sharp, cv2.CV_32F).var()


@pytest.mark.parametrize("size", [(1_280, 720, 800), (2_560, 1_440, 1_600)])
def test_a_larger_picture_of_the_same_document_is_not_sharper_by_itself(size: tuple[int, int, int]) -> None:
    width, height, card_px = size
    measured = measure_document(seen(View(width, height, card_px, blur=0.002 * card_px))).sharpness
    assert measured == pytest.approx(0.19, rel=0.25)


@settings(PROPERTY, max_examples=8)
@given(st.floats(0.5, 6.0), st.floats(1.3, 3.0))
def test_more_blur_is_never_sharper(blur: float, more: float) -> None:
    small = View(960, 540, card_px=700)
    values = [measure_document(seen(replace(small, blur=sigma, noise=0.0))).sharpness for sigma in (blur, blur * more)]
    assert values[0] > values[1]


@settings(PROPERTY, max_examples=8)
@given(st.floats(0.05, 1.0), st.floats(0.3, 0.9))
def test_less_light_is_never_brighter(light: float, less: float) -> None:
    small = View(960, 540, card_px=700)
    brighter, darker = (luma(scene(CARD, replace(small, light=value))).mean() for value in (light, light * less))
    assert brighter > darker


def test_the_document_is_laid_flat_upright_and_whole() -> None:
    picture = seen(replace(PHONE, angle=25, card_px=700))
    found = find_card(picture)
    assert found is not None
    flat = flattened(picture, found)
    reference = cv2.resize(luma(CARD), FLAT_PX, interpolation=cv2.INTER_AREA)
    turned = cv2.rotate(reference, cv2.ROTATE_180)
    likeness = max(float(np.corrcoef(flat.ravel(), other.ravel())[0, 1]) for other in (reference, turned))
    assert flat.shape == FLAT_PX[::-1] and likeness > 0.7
