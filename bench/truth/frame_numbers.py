"""Frame numbers burnt into a picture: which frame of the source was shown, and so what was frozen, skipped or late.

A strip along the bottom has 20 cells: four to know black from white by, twelve bits of the number in Gray code (two
neighbours differ in one cell), four of a checksum. The cells are wide enough to survive 160 pixels of width.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

Plane = npt.NDArray[np.uint8]

CELLS = 20
STRIP_SHARE = 32 / 480
"""Of the picture's height."""
NUMBERS = 4_096
_CALIBRATION = (0, 1, 0, 1)
_BITS, _CHECK_BITS = 12, 4
_CHECK_POLYNOMIAL = 0b10011
"""CRC-4-ITU (x^4 + x + 1), of Recommendation G.704."""
_BLACK, _WHITE, _NO_CHROMA = 16, 235, 128
_CONTRAST_LEAST = 60
"""Between black and white cells; less is no strip."""


def burn(frame: Plane, number: int) -> None:
    """Write a number (0..4,095) into a picture: uint8 of shape (height × 3/2, width), I420 in video range.

    Raises:
        ValueError: the number has more than twelve bits.
    """
    height, width = frame.shape[0] * 2 // 3, frame.shape[1]
    strip = round(height * STRIP_SHARE) // 2 * 2
    edges = [round(cell * width / CELLS) for cell in range(CELLS + 1)]
    for cell, bit in enumerate(cells_of(number)):
        frame[height - strip : height, edges[cell] : edges[cell + 1]] = _WHITE if bit else _BLACK
    for plane in np.split(frame[height:], 2):
        plane.reshape(height // 2, width // 2)[(height - strip) // 2 :] = _NO_CHROMA


def cells_of(number: int) -> tuple[int, ...]:
    """The twenty cells of a number, 1 for white.

    Raises:
        ValueError: the number has more than twelve bits.
    """
    if not 0 <= number < NUMBERS:
        raise ValueError(f"no twelve bits: {number}")
    gray = number ^ (number >> 1)
    bits = [(gray >> place) & 1 for place in reversed(range(_BITS))]
    check = _check(gray)
    return (*_CALIBRATION, *bits, *((check >> place) & 1 for place in reversed(range(_CHECK_BITS))))


def read(brightness: Sequence[float]) -> int | None:
    """The number by the brightness (0..255) of its twenty cells; None when it cannot be read without doubt."""
    if len(brightness) != CELLS:
        raise ValueError(f"no {CELLS} cells: {len(brightness)}")
    known = list(zip(_CALIBRATION, brightness, strict=False))
    black = max(level for bit, level in known if not bit)
    white = min(level for bit, level in known if bit)
    if white - black < _CONTRAST_LEAST:
        return None
    middle = (black + white) / 2
    bits = [int(level > middle) for level in brightness[len(_CALIBRATION) :]]
    gray = int("".join(map(str, bits[:_BITS])), 2)
    if _check(gray) != int("".join(map(str, bits[_BITS:])), 2):
        return None
    number = gray
    for shift in (8, 4, 2, 1):
        number ^= number >> shift
    return number


def _check(value: int) -> int:
    rest = value << _CHECK_BITS
    for place in reversed(range(_CHECK_BITS, _BITS + _CHECK_BITS)):
        if rest >> place & 1:
            rest ^= _CHECK_POLYNOMIAL << (place - _CHECK_BITS)
    return rest
