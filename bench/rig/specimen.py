"""A specimen document, drawn here, and how a camera sees it: sharp, blurred, dark, glaring, noisy, small, tilted.

    scene(card())                                       # a card on a desk, 1920 × 1080, uint8 BGR
    scene(card(), View(card_px=1_100, blur=6.0))

The card is nobody's: an invented country, an invented person, SPECIMEN across it, and a picture in the public domain.
Used to calibrate the limits of stills (tests/core/test_stills.py, bench stills) and to make the demo's document.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from bench.rig.sources import ASSETS

Picture = npt.NDArray[np.uint8]

CARD_PX = (1_712, 1_080)
"""ID-1 (85.6 × 53.98 mm) at 20 pixels a millimetre."""
_INK, _LIGHT_INK, _RULE = (58, 36, 20), (120, 96, 74), (176, 152, 120)
_FONT = cv2.FONT_HERSHEY_DUPLEX
_FIELDS = (
    ("Surname", "MORGAN"),
    ("Given names", "ALEX"),
    ("Date of birth", "14 MAR 1990"),
    ("Nationality", "UTOPIAN"),
    ("Document no.", "SP 0042 1957"),
    ("Expires", "31 DEC 2031"),
)
_CODE_LINES = ("I<UTOSP00421957<<<<<<<<<<<<<<<", "9003142X3112318UTO<<<<<<<<<<<4", "MORGAN<<ALEX<<<<<<<<<<<<<<<<<<")


@dataclass(frozen=True, slots=True)
class View:
    """How the camera sees the card."""

    width: int = 1_920
    height: int = 1_080
    card_px: int = 1_100
    """Width of the card in pixels of the picture."""
    angle: float = 4.0
    """Degrees by which it is turned in the picture."""
    tilt: float = 0.06
    """How much narrower the far edge is than the near one, 0..1."""
    blur: float = 0.0
    """Standard deviation of the lens's and the hand's blur in pixels of the picture."""
    light: float = 1.0
    """Exposure: 1 is ordinary."""
    glare: float = 0.0
    """Share of the card's area under a reflection, 0..1."""
    noise: float = 2.0
    """Standard deviation of the sensor's noise in luma."""
    desk: float = 0.42
    """Brightness of the desk, 0..1."""
    seed: int = 1


def card() -> Picture:
    """The front of the specimen, flat: uint8 BGR, 1080 × 1712."""
    width, height = CARD_PX
    face = _paper(width, height)
    cv2.rectangle(face, (0, 0), (width, 132), (122, 84, 44), -1)
    _text(face, "UTOPIA  IDENTITY CARD", (60, 90), 2.0, (250, 246, 240), 4)
    _portrait(face)
    for place, (name, value) in enumerate(_FIELDS):
        x, y = 640 + 520 * (place % 2), 250 + 170 * (place // 2)
        _text(face, name, (x, y), 0.9, _LIGHT_INK, 2)
        _text(face, value, (x, y + 62), 1.5, _INK, 3)
    for place, line in enumerate(_CODE_LINES):
        _text(face, line, (60, 900 + 66 * place), 1.55, _INK, 3)
    _across(face, "SPECIMEN")
    return face


def scene(face: Picture, view: View | None = None) -> Picture:
    """The card on a desk as the camera sees it: uint8 BGR, (height, width, 3)."""
    seen = view or View()
    chance = np.random.default_rng(seen.seed)
    lit = _shone_on(face, seen.glare)
    picture = _laid(lit, seen, _desk(seen, chance)).astype(np.float32)
    if seen.blur > 0:
        picture = np.asarray(cv2.GaussianBlur(picture, (0, 0), seen.blur), np.float32)
    picture = picture * seen.light
    picture += chance.normal(0.0, seen.noise, picture.shape[:2]).astype(np.float32)[..., np.newaxis]
    return picture.clip(0, 255).round().astype(np.uint8)


def _paper(width: int, height: int) -> Picture:
    """Security paper: a soft gradient under fine waved lines."""
    across, down = np.meshgrid(np.linspace(0, 1, width), np.linspace(0, 1, height))
    base = np.stack([224 - 18 * down, 218 - 10 * across, 206 + 12 * down], axis=-1)
    face = np.ascontiguousarray(base.round().astype(np.uint8))
    steps = np.arange(0, width, 4)
    for row in range(150, height, 26):
        wave = row + 11 * np.sin(steps / 70 + row / 40)
        line = np.stack([steps, wave], axis=-1).round().astype(np.int32)
        cv2.polylines(face, [line], False, _RULE, 1, cv2.LINE_AA)
    return face


def _portrait(face: Picture) -> None:
    photo = cv2.imread(str(ASSETS / "face.jpg"))
    if photo is None:
        raise FileNotFoundError(ASSETS / "face.jpg")
    cropped = photo[0:400, 60:380]
    face[220:820, 80:560] = cv2.resize(cropped, (480, 600), interpolation=cv2.INTER_AREA)
    cv2.rectangle(face, (80, 220), (560, 820), _LIGHT_INK, 3)


def _across(face: Picture, word: str) -> None:
    """The word over the whole card, so that nobody can take it for a document."""
    over = face.copy()
    _text(over, word, (430, 700), 6.2, (40, 40, 190), 14)
    face[:] = cv2.addWeighted(over, 0.35, face, 0.65, 0)


def _text(
    face: Picture, text: str, at: tuple[int, int], size: float, colour: tuple[int, int, int], weight: int
) -> None:
    cv2.putText(face, text, at, _FONT, size, colour, weight, cv2.LINE_AA)


def _shone_on(face: Picture, share: float) -> npt.NDArray[np.float32]:
    """The card with a reflection that covers about this share of it."""
    lit = face.astype(np.float32)
    if share <= 0:
        return lit
    height, width = face.shape[:2]
    radius = float(np.sqrt(share * width * height / np.pi))
    spot = np.zeros((height, width), np.float32)
    cv2.circle(spot, (round(0.62 * width), round(0.45 * height)), round(radius), 1.0, -1)
    soft = np.asarray(cv2.GaussianBlur(spot, (0, 0), max(2.0, radius / 12)))[..., np.newaxis]
    return np.asarray(lit * (1 - soft) + 255 * soft, np.float32)


def _desk(view: View, chance: np.random.Generator) -> npt.NDArray[np.float32]:
    """Wood: long soft stripes."""
    stripes = cv2.resize(
        chance.normal(0.0, 9.0, (48, 12)).astype(np.float32), (view.width, view.height), interpolation=cv2.INTER_CUBIC
    )
    base = np.array([0.72, 0.94, 1.16], np.float32) * 255 * view.desk
    return np.asarray(np.asarray(stripes)[..., np.newaxis] + base, np.float32)


def _laid(face: npt.NDArray[np.float32], view: View, desk: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """The card laid on the desk: turned, tilted, and first made small so that its print does not flicker."""
    across = view.card_px
    small = np.asarray(
        cv2.resize(face, (across, round(across * CARD_PX[1] / CARD_PX[0])), interpolation=cv2.INTER_AREA)
    )
    height, width = small.shape[:2]
    corners = np.array([(0, 0), (width, 0), (width, height), (0, height)], np.float32)
    narrow = view.tilt * width / 2
    tilted = np.array([(narrow, narrow / 2), (width - narrow, narrow / 2), (width, height), (0, height)], np.float32)
    turn = cv2.getRotationMatrix2D((width / 2, height / 2), view.angle, 1.0)
    turn[:, 2] += (view.width / 2 - width / 2, view.height / 2 - height / 2)
    placed = np.asarray(cv2.transform(tilted[np.newaxis], turn), np.float32)[0]
    warp = cv2.getPerspectiveTransform(corners, placed)
    size = (view.width, view.height)
    mask = cv2.warpPerspective(np.ones((height, width), np.float32), warp, size, flags=cv2.INTER_LINEAR)
    laid = cv2.warpPerspective(small, warp, size, flags=cv2.INTER_LINEAR)
    share = np.asarray(mask)[..., np.newaxis]
    return np.asarray(desk * (1 - share) + np.asarray(laid) * share, np.float32)
