"""The best threshold of a score, and how sure a share is. One rule: a case is called bad when score ≥ threshold.

A threshold is chosen on training data alone. Scores may be infinite: ``UNSAID`` is −∞, a limit divided by nothing +∞.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Z_95 = 1.959963984540054
"""The 97.5 % point of the standard normal distribution: a two-sided 95 % interval."""


class Criterion(StrEnum):
    """What the best threshold is best at."""

    YOUDEN = "youden"
    """Sensitivity + specificity − 1. Source: Youden 1950, doi:10.1002/1097-0142(1950)3:1<32::AID-CNCR2820030106>3.0.CO;2-3."""  # noqa: E501
    ACCURACY = "accuracy"
    """Share of cases called right."""


@dataclass(frozen=True, slots=True)
class Confusion:
    """How a threshold's calls and the truth agree, in cases."""

    bad_called_bad: int
    good_called_bad: int
    good_called_good: int
    bad_called_good: int

    @property
    def recall(self) -> float:
        """Share of bad cases called bad, 0..1; 0 without bad cases."""
        return _share(self.bad_called_bad, self.bad_called_bad + self.bad_called_good)

    @property
    def false_positive_rate(self) -> float:
        """Share of good cases called bad, 0..1; 0 without good cases."""
        return _share(self.good_called_bad, self.good_called_bad + self.good_called_good)

    @property
    def accuracy(self) -> float:
        """Share of all cases called right, 0..1; 0 without cases."""
        right = self.bad_called_bad + self.good_called_good
        return _share(right, right + self.good_called_bad + self.bad_called_good)

    @property
    def youden(self) -> float:
        """Recall less the false-positive rate, −1..1."""
        return self.recall - self.false_positive_rate


class RocPoint(NamedTuple):
    """What one threshold reaches."""

    threshold: float | None
    """None: nothing is called bad, which no threshold does when a score is +∞."""
    false_positive_rate: float
    recall: float


class Interval(NamedTuple):
    """A confidence interval of a share, 0 ≤ low ≤ high ≤ 1."""

    low: float
    high: float


def confusion(scores: Sequence[float], truths: Sequence[bool], threshold: float) -> Confusion:
    """How calling every score ≥ ``threshold`` bad agrees with ``truths`` (True: bad).

    Raises:
        ValueError: when lengths differ or a score is not a number.
    """
    score, bad = _checked(scores, truths)
    called = score >= threshold
    return Confusion(
        bad_called_bad=int(np.sum(called & bad)),
        good_called_bad=int(np.sum(called & ~bad)),
        good_called_good=int(np.sum(~called & ~bad)),
        bad_called_good=int(np.sum(~called & bad)),
    )


def roc(scores: Sequence[float], truths: Sequence[bool]) -> tuple[RocPoint, ...]:
    """Every point a threshold can reach, from (0, 0) to (1, 1); equal scores share a point.

    Source: Fawcett 2006, algorithm 1, doi:10.1016/j.patrec.2005.10.010.

    Raises:
        ValueError: when lengths differ, a score is not a number, or the truth is all good or all bad.
    """
    score, bad = _checked(scores, truths)
    _both(bad)
    levels, places = np.unique(score, return_inverse=True)
    bad_at = np.bincount(places, weights=bad, minlength=len(levels))[::-1].cumsum()
    good_at = np.bincount(places, weights=~bad, minlength=len(levels))[::-1].cumsum()
    points = [
        RocPoint(float(level), float(good / good_at[-1]), float(hit / bad_at[-1]))
        for level, good, hit in zip(levels[::-1], good_at, bad_at, strict=True)
    ]
    return (RocPoint(None, 0.0, 0.0), *points)


def auc(scores: Sequence[float], truths: Sequence[bool]) -> float:
    """Area under the ROC curve, 0..1: how often a bad case scores above a good one, a tie counting half.

    Source: Hanley and McNeil 1982, doi:10.1148/radiology.143.1.7063747.

    Raises:
        ValueError: as ``roc``.
    """
    points = roc(scores, truths)
    rates = np.array([[point.false_positive_rate, point.recall] for point in points])
    return float(np.sum(np.diff(rates[:, 0]) * (rates[1:, 1] + rates[:-1, 1]) / 2))


def best_threshold(scores: Sequence[float], truths: Sequence[bool], criterion: Criterion = Criterion.YOUDEN) -> float:
    """The score that is the best threshold; of equally good ones the highest, which calls the fewest bad.

    Raises:
        ValueError: as ``roc``.
    """
    _, bad = _checked(scores, truths)
    share_bad = float(np.mean(bad)) if len(bad) else 0.0
    best, reached = math.inf, -math.inf
    for point in roc(scores, truths)[1:]:
        if criterion is Criterion.YOUDEN:
            value = point.recall - point.false_positive_rate
        else:
            value = share_bad * point.recall + (1 - share_bad) * (1 - point.false_positive_rate)
        if value > reached + 1e-12 and point.threshold is not None:
            best, reached = point.threshold, value
    return best


def wilson(hits: int, cases: int, z: float = Z_95) -> Interval:
    """The Wilson score interval of the share ``hits`` / ``cases``; [0, 1] without cases.

    Source: Wilson 1927, doi:10.1080/01621459.1927.10502953.

    Raises:
        ValueError: unless 0 ≤ hits ≤ cases.
    """
    if not 0 <= hits <= cases:
        raise ValueError(f"{hits} of {cases} is no share")
    if not cases:
        return Interval(0.0, 1.0)
    seen, squared = hits / cases, z * z
    middle = (seen + squared / (2 * cases)) / (1 + squared / cases)
    half = z * math.sqrt(seen * (1 - seen) / cases + squared / (4 * cases * cases)) / (1 + squared / cases)
    low = 0.0 if hits == 0 else max(0.0, middle - half)
    return Interval(low, 1.0 if hits == cases else min(1.0, middle + half))


def _checked(scores: Sequence[float], truths: Sequence[bool]) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    score, bad = np.asarray(scores, dtype=np.float64), np.asarray(truths, dtype=np.bool_)
    if score.shape != bad.shape:
        raise ValueError(f"{score.size} scores, {bad.size} truths")
    if np.isnan(score).any():
        raise ValueError("a score is not a number")
    return score, bad


def _both(bad: NDArray[np.bool_]) -> None:
    if bad.all() or not bad.any():
        raise ValueError("the truth must have good and bad cases")


def _share(part: int, whole: int) -> float:
    return part / whole if whole else 0.0
