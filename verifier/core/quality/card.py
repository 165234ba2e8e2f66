"""Finds a document in a picture and lays it flat. One rule: a document is four straight edges that can be seen.

Straight lines are found first and then put together to quadrilaterals, so that fingers over an edge do not hide it.
Pure functions over luma arrays (uint8, shape (height, width), 0..255). Called by image.measure_document.
Source: lines by Matas, Galambos, Kittler 2000 (progressive probabilistic Hough transform); shapes by ISO/IEC 7810 (ID-1
is 1.586 : 1, ID-2 and an open passport page 1.42 : 1).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations

import cv2
import numpy as np
from numpy.typing import NDArray

Luma = NDArray[np.uint8]
Points = NDArray[np.float32]

FLAT_PX = (640, 404)
"""Width and height of a document that was laid flat."""
_SEARCH_PX = 640
"""Edges are searched at this length of the longer side: print is too small there to be taken for an edge."""
_EDGE_STEPS = (150, 60, 25)
"""Upper thresholds of the edge detector, from strong edges to faint ones."""
_MOST_LINES = 16
_SHORTEST_LINE, _LINE_VOTES = 0.12, 60
"""As a share of the picture's shorter side; and pixels that must agree."""
_SAME_ANGLE, _SAME_PX = 4.0, 6.0
"""Lines nearer to each other than this (degrees, pixels) are one."""
_PARALLEL, _CROSSING = 35.0, 55.0
"""Opposite edges differ by at most this many degrees, neighbouring ones by at least that many."""
_LEAST_AREA = 0.05
_ASPECT = (1.32, 2.4)
_OPPOSITE = 0.5
"""The shorter of two opposite edges has at least this share of the longer one."""
_LEAST_SEEN, _MEAN_SEEN = 0.45, 0.7
"""Share of each edge, and of all four, that lies on an edge of the picture; the rest may be under fingers."""
_MARGIN_PX = 2


@dataclass(frozen=True, slots=True)
class Card:
    """A document in a picture."""

    corners: Points
    """Shape (4, 2), in pixels of the picture, going round clockwise; the first two end a long edge."""
    width_px: float
    """Mean length of both long edges."""


def find_card(luma: Luma) -> Card | None:
    """The largest document that lies wholly within the picture; None when there is none."""
    scale = min(1.0, _SEARCH_PX / max(luma.shape))
    small = cv2.GaussianBlur(_scaled(luma, scale), (5, 5), 0)
    largest: Points | None = None
    for high in _EDGE_STEPS:
        edges = np.asarray(cv2.Canny(small, high / 2, high), np.uint8)
        wide = np.asarray(cv2.dilate(edges, np.ones((3, 3), np.uint8)), np.uint8)
        for quad in _quadrilaterals(_lines(edges), edges.shape):
            larger = largest is None or cv2.contourArea(quad) > cv2.contourArea(largest)
            if larger and _seen(wide, quad):
                largest = quad
    return None if largest is None else _card((largest / scale).astype(np.float32))


def flattened(luma: Luma, card: Card) -> Luma:
    """The document alone, laid flat: 640 × 404 pixels, whatever its size in the picture."""
    width, height = FLAT_PX
    scale = min(1.0, width / card.width_px)
    flat = np.array([(0, 0), (width, 0), (width, height), (0, height)], np.float32)
    warp = cv2.getPerspectiveTransform((card.corners * scale).astype(np.float32), flat)
    return np.asarray(cv2.warpPerspective(_scaled(luma, scale), warp, FLAT_PX, flags=cv2.INTER_LINEAR), np.uint8)


def _scaled(luma: Luma, scale: float) -> Luma:
    if scale == 1.0:
        return luma
    return np.asarray(cv2.resize(luma, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA), np.uint8)


def _card(corners: Points) -> Card:
    """Corners in the order of a clock's hand, a long edge first."""
    if cv2.contourArea(corners, oriented=True) < 0:
        corners = corners[::-1]
    sides = _sides(corners)
    if sides[0] + sides[2] < sides[1] + sides[3]:
        corners, sides = np.roll(corners, -1, axis=0), np.roll(sides, -1)
    return Card(corners, float(sides[0] + sides[2]) / 2)


def _sides(corners: Points) -> NDArray[np.float64]:
    return np.asarray(np.linalg.norm(corners - np.roll(corners, -1, axis=0), axis=1), np.float64)


# ---------------------------------------------------------------- lines


def _lines(edges: Luma) -> NDArray[np.float64]:
    """The longest straight lines, each once: rows (x, y, distance) of unit normal and distance from the origin."""
    least = _SHORTEST_LINE * min(edges.shape)
    found = cv2.HoughLinesP(edges, 1, np.pi / 180, _LINE_VOTES, minLineLength=least, maxLineGap=least / 3)
    if found is None:
        return np.empty((0, 3))
    ends = np.asarray(found, np.float64).reshape(-1, 4)
    along = ends[:, 2:] - ends[:, :2]
    length = np.linalg.norm(along, axis=1)
    normal = np.stack([-along[:, 1], along[:, 0]], axis=1) / length[:, np.newaxis]
    normal[normal[:, 0] < 0] *= -1
    lines = np.column_stack([normal, np.sum(normal * ends[:, :2], axis=1)])
    kept: list[NDArray[np.float64]] = []
    for line in lines[np.argsort(-length, kind="stable")]:
        if len(kept) < _MOST_LINES and not any(_same(line, other) for other in kept):
            kept.append(line)
    return np.array(kept)


def _same(line: NDArray[np.float64], other: NDArray[np.float64]) -> bool:
    towards = float(line[:2] @ other[:2])
    near = abs(line[2] - np.sign(towards) * other[2]) < _SAME_PX
    return bool(near and abs(towards) > np.cos(np.radians(_SAME_ANGLE)))


# ---------------------------------------------------------------- quadrilaterals


def _quadrilaterals(lines: NDArray[np.float64], shape: tuple[int, ...]) -> Iterator[Points]:
    """Every way of putting four lines together that could be a document, shape (4, 2) each."""
    angles = np.degrees(np.arctan2(lines[:, 1], lines[:, 0])) if len(lines) else np.empty(0)
    crossings = _crossings(lines)
    pairs = [pair for pair in combinations(range(len(lines)), 2) if _between(angles, *pair) <= _PARALLEL]
    for (one, other), (left, right) in combinations(pairs, 2):
        if _between(angles, one, left) >= _CROSSING:
            quad = crossings[[one, left, other, right], [left, other, right, one]].astype(np.float32)
            if _could_be_document(quad, shape):
                yield quad


def _between(angles: NDArray[np.float64], one: int, other: int) -> float:
    """Degrees between two lines, 0..90."""
    apart = abs(float(angles[one] - angles[other])) % 180
    return min(apart, 180 - apart)


def _crossings(lines: NDArray[np.float64]) -> NDArray[np.float64]:
    """Where each line crosses each other one, shape (n, n, 2); far away when they are parallel."""
    planes = np.column_stack([lines[:, :2], -lines[:, 2]])
    points = np.cross(planes[:, np.newaxis, :], planes[np.newaxis, :, :])
    flat = np.where(np.abs(points[..., 2:]) < 1e-6, 1e-6, points[..., 2:])
    return np.asarray(points[..., :2] / flat)


def _could_be_document(quad: Points, shape: tuple[int, ...]) -> bool:
    height, width = shape
    inside = np.all(quad >= _MARGIN_PX) and np.all(quad < (width - _MARGIN_PX, height - _MARGIN_PX))
    if not inside or not cv2.isContourConvex(quad) or cv2.contourArea(quad) < _LEAST_AREA * height * width:
        return False
    first, second, third, fourth = _sides(quad)
    longer, shorter = max(first + third, second + fourth), min(first + third, second + fourth)
    alike = min(first, third) >= _OPPOSITE * max(first, third) and min(second, fourth) >= _OPPOSITE * max(
        second, fourth
    )
    return bool(alike and _ASPECT[0] <= longer / shorter <= _ASPECT[1])


def _seen(edges: Luma, quad: Points) -> bool:
    """Whether enough of each side lies on an edge of the picture."""
    steps = np.linspace(0.03, 0.97, 100)[:, np.newaxis, np.newaxis]
    points = np.rint(quad * (1 - steps) + np.roll(quad, -1, axis=0) * steps).astype(int)
    shares = (edges[points[..., 1], points[..., 0]] > 0).mean(axis=0)
    return bool(shares.min() >= _LEAST_SEEN and shares.mean() >= _MEAN_SEEN)
