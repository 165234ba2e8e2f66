"""Figures of pictures: right on pictures whose answer is known, bounded on all."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from verifier.core.policy import SHIPPED
from verifier.core.quality.image import find_faces, glare_share, measure, repeats, sharpness

CHANCE = np.random.default_rng(7)


class Faces:
    """A detector that reports the same rectangles for every picture and remembers the width it was shown."""

    def __init__(self, *rectangles):
        self.rectangles = rectangles
        self.shown = None

    def detectMultiScale(self, image, **_options):  # noqa: N802
        self.shown = image.shape
        return self.rectangles


def structured(width: int = 640, height: int = 480) -> np.ndarray:
    """A picture with edges at many scales, about as rough as a face in a room."""
    picture = np.full((height, width), 110.0, np.float32)
    for cells, strength in ((6, 60), (24, 35), (80, 20)):
        coarse = CHANCE.uniform(-strength, strength, (cells * 3 // 4, cells)).astype(np.float32)
        picture += cv2.resize(coarse, (width, height), interpolation=cv2.INTER_NEAREST)
    return picture.clip(0, 255).astype(np.uint8)


def test_a_flat_picture_has_no_contrast_no_sharpness_and_no_glare():
    figures = measure(np.full((480, 640), 128, np.uint8), None, Faces())
    assert (figures.width, figures.height) == (640, 480)
    assert figures.mean_luma == pytest.approx(128)
    assert figures.contrast == figures.sharpness == figures.glare_share == 0
    assert (figures.faces, figures.face_width_px, figures.repeated) == (0, None, False)


def test_half_black_half_white_has_the_greatest_contrast():
    picture = np.zeros((480, 640), np.uint8)
    picture[:, 320:] = 255
    figures = measure(picture, None, Faces())
    assert figures.contrast == pytest.approx(127.5)
    assert figures.glare_share == pytest.approx(0.5)


def test_glare_starts_above_245():
    assert glare_share(np.full((8, 8), 245, np.uint8)) == 0
    assert glare_share(np.full((8, 8), 246, np.uint8)) == 1


def test_only_an_identical_picture_is_a_repetition():
    picture = structured()
    other = picture.copy()
    other[17, 23] ^= 1
    assert repeats(picture, picture.copy())
    assert not repeats(picture, other)
    assert not repeats(picture, None)
    assert not repeats(picture, picture[:240])


def test_blurring_lowers_sharpness_step_by_step_and_crosses_the_policy_limit():
    picture = structured()
    values = [sharpness(picture)] + [sharpness(cv2.GaussianBlur(picture, (0, 0), sigma)) for sigma in (2, 4, 8, 16)]
    assert values == sorted(values, reverse=True)
    assert values[0] > SHIPPED.usable_sharpness_min > values[-1]


def test_a_blurred_noisy_picture_is_less_sharp_than_a_sharp_one():
    picture = structured()
    blurred = cv2.GaussianBlur(picture, (0, 0), 6).astype(np.float32)
    noisy = (blurred + CHANCE.normal(0, 8, picture.shape)).clip(0, 255).astype(np.uint8)
    assert sharpness(noisy) < sharpness(picture) / 2


def test_resolution_alone_does_not_make_a_picture_sharper():
    picture = structured(320, 240)
    larger = cv2.resize(picture, (1280, 960), interpolation=cv2.INTER_CUBIC)
    assert sharpness(larger) == pytest.approx(sharpness(picture), rel=0.2)


def test_a_black_picture_is_not_sharp():
    assert sharpness(CHANCE.integers(0, 2, (480, 640)).astype(np.uint8)) == 0


def test_faces_are_searched_small_and_measured_in_pixels_of_the_picture():
    detector = Faces((10, 10, 40, 40), (100, 20, 60, 60))
    assert find_faces(np.zeros((480, 640), np.uint8), detector) == (2, 120)
    assert detector.shown == (240, 320)
    assert find_faces(np.zeros((120, 160), np.uint8), detector) == (2, 60)


def test_the_shipped_cascade_is_accepted_and_finds_nobody_in_noise():
    detector = cv2.CascadeClassifier(cv2.data.haarcascades + "haarcascade_frontalface_default.xml")
    assert find_faces(np.full((480, 640), 90, np.uint8), detector) == (0, None)


@settings(max_examples=60)
@given(arrays.arrays(np.uint8, st.tuples(st.integers(2, 90), st.integers(2, 120))))
def test_every_figure_is_bounded_for_any_picture(picture):
    figures = measure(picture, None, Faces())
    assert 0 <= figures.mean_luma <= 255
    assert 0 <= figures.contrast <= 127.5 + 1e-6
    assert 0 <= figures.glare_share <= 1
    assert figures.sharpness >= 0
    assert np.isfinite(figures.sharpness)
