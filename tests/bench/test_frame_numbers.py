"""A number that is burnt into a picture is read back, also from a small, soft and noisy one, or not at all."""

from __future__ import annotations

from itertools import pairwise

import cv2
import numpy as np
import pytest

from bench.rig.sources import Camera, camera_frames
from bench.truth.frame_numbers import CELLS, NUMBERS, STRIP_SHARE, burn, cells_of, read


def brightness(luma: np.ndarray) -> list[float]:  # type: ignore[type-arg]
    """Of each cell, its middle."""
    height, width = luma.shape
    strip = height * STRIP_SHARE
    rows = luma[round(height - 0.75 * strip) : round(height - 0.25 * strip)]
    edges = np.linspace(0, width, CELLS + 1)
    quarter = width / CELLS / 4
    return [float(rows[:, round(edges[k] + quarter) : round(edges[k + 1] - quarter)].mean()) for k in range(CELLS)]


def picture(number: int) -> np.ndarray:  # type: ignore[type-arg]
    frame = next(camera_frames(Camera.FACE, width=640, height=480, count=1))
    burn(frame, number)
    return frame


@pytest.mark.parametrize("number", [0, 1, 2, 119, 2_047, 2_048, NUMBERS - 1])
@pytest.mark.parametrize("width", [640, 320, 160])
def test_a_number_survives_every_size_that_a_call_sends(number: int, width: int) -> None:
    luma = cv2.resize(picture(number)[:480], (width, width * 3 // 4), interpolation=cv2.INTER_AREA)
    rough = cv2.GaussianBlur(luma, (0, 0), width / 320) + np.random.default_rng(1).normal(0, 12, luma.shape)
    assert read(brightness(np.clip(rough, 0, 255))) == number


def test_every_number_has_cells_of_its_own_and_neighbours_differ_in_one_bit_of_the_number() -> None:
    every = [cells_of(number) for number in range(NUMBERS)]
    assert len(set(every)) == NUMBERS and {len(cells) for cells in every} == {CELLS}
    for one, other in pairwise(every):
        assert sum(a != b for a, b in zip(one[4:16], other[4:16], strict=True)) == 1


def test_one_wrong_cell_is_noticed() -> None:
    for number in range(0, NUMBERS, 97):
        cells = [235.0 if bit else 16.0 for bit in cells_of(number)]
        assert read(cells) == number
        for place in range(4, CELLS):
            wrong = [*cells]
            wrong[place] = 251 - wrong[place]
            assert read(wrong) is None


def test_a_picture_without_a_strip_has_no_number() -> None:
    frame = next(camera_frames(Camera.FACE, width=640, height=480, count=1))
    assert read(brightness(frame[:480].astype(float))) is None
    assert read([16.0] * CELLS) is None


def test_the_colours_of_the_strip_are_grey_and_those_above_it_stay() -> None:
    plain, burnt = next(camera_frames(Camera.FACE, width=640, height=480, count=1)), picture(5)
    assert (burnt[: 480 - 32] == plain[: 480 - 32]).all()
    for before, after in zip(np.split(plain[480:], 2), np.split(burnt[480:], 2), strict=True):
        before, after = before.reshape(240, 320), after.reshape(240, 320)
        assert (after[:224] == before[:224]).all() and (after[224:] == 128).all()


@pytest.mark.parametrize("number", [-1, NUMBERS])
def test_a_number_of_more_bits_is_refused(number: int) -> None:
    with pytest.raises(ValueError, match="twelve bits"):
        cells_of(number)
