"""Thresholds, ROC curves and intervals: known values first, then what holds for every score."""

from __future__ import annotations

import math
from itertools import pairwise

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from bench.baselines.best import Criterion, auc, best_threshold, confusion, roc, wilson
from tests.core.rows import PROPERTY

SCORES = st.one_of(st.integers(-3, 3).map(float), st.sampled_from([math.inf, -math.inf]))
CASES = st.lists(st.tuples(SCORES, st.booleans()), min_size=2, max_size=40)


def split(cases):
    scores, truths = [score for score, _ in cases], [bad for _, bad in cases]
    assume(any(truths) and not all(truths))
    return scores, truths


def test_a_perfect_score_has_an_area_of_one_and_an_inverted_one_none():
    truths = [False, False, True, True]
    assert auc([1, 2, 3, 4], truths) == 1
    assert auc([4, 3, 2, 1], truths) == 0


def test_a_known_curve_with_a_tie():
    """Of 2 × 2 pairs one is in order, one is tied and two are wrong: 1.5 / 4."""
    scores, truths = [1, 2, 2, 0], [False, False, True, True]
    assert [(point.threshold, point.false_positive_rate, point.recall) for point in roc(scores, truths)] == [
        (None, 0, 0),
        (2, 0.5, 0.5),
        (1, 1, 0.5),
        (0, 1, 1),
    ]
    assert auc(scores, truths) == 1.5 / 4


def test_infinite_scores_are_ranked_like_any_other():
    scores, truths = [-math.inf, 0.0, math.inf, math.inf], [False, False, False, True]
    assert auc(scores, truths) == pytest.approx(2.5 / 3)
    assert best_threshold(scores, truths) == math.inf
    assert confusion(scores, truths, 0.0).good_called_bad == 2


def test_what_nobody_measured_is_never_called_bad():
    assert confusion([-math.inf], [True], -1e300).bad_called_good == 1


def test_the_best_threshold_is_the_highest_of_equally_good_ones():
    assert best_threshold([1, 2, 3, 4], [False, True, False, True]) == 4


def test_youden_weighs_classes_alike_and_accuracy_by_their_number():
    scores = [0] * 8 + [1] * 3 + [1]
    truths = [False] * 11 + [True]
    assert best_threshold(scores, truths, Criterion.YOUDEN) == 1
    assert confusion(scores, truths, 1).youden == pytest.approx(1 - 3 / 11)
    assert confusion(scores, truths, best_threshold(scores, truths, Criterion.ACCURACY)).accuracy == 0.75


@pytest.mark.parametrize(
    ("scores", "truths", "message"),
    [
        ([1.0], [True, False], "1 scores, 2 truths"),
        ([math.nan, 1.0], [True, False], "not a number"),
        ([1.0, 2.0], [True, True], "good and bad"),
        ([], [], "good and bad"),
    ],
)
def test_what_has_no_curve_is_refused(scores, truths, message):
    with pytest.raises(ValueError, match=message):
        roc(scores, truths)


@PROPERTY
@given(CASES)
def test_the_curve_rises_from_nothing_to_everything(cases):
    points = roc(*split(cases))
    assert points[0][1:] == (0, 0)
    assert points[-1][1:] == (1, 1)
    for before, after in pairwise(points):
        assert after.recall >= before.recall
        assert after.false_positive_rate >= before.false_positive_rate


@PROPERTY
@given(CASES)
def test_every_point_of_the_curve_is_what_its_threshold_reaches(cases):
    scores, truths = split(cases)
    for point in roc(scores, truths)[1:]:
        found = confusion(scores, truths, point.threshold)
        assert found.recall == pytest.approx(point.recall)
        assert found.false_positive_rate == pytest.approx(point.false_positive_rate)


@PROPERTY
@given(CASES)
def test_the_area_is_the_share_of_pairs_in_order(cases):
    scores, truths = split(cases)
    bad = [score for score, truth in cases if truth]
    good = [score for score, truth in cases if not truth]
    pairs = [1.0 if one > other else 0.5 if one == other else 0.0 for one in bad for other in good]
    assert auc(scores, truths) == pytest.approx(sum(pairs) / len(pairs))


@PROPERTY
@given(CASES)
def test_no_other_score_is_a_better_threshold(cases):
    scores, truths = split(cases)
    best = confusion(scores, truths, best_threshold(scores, truths)).youden
    right = confusion(scores, truths, best_threshold(scores, truths, Criterion.ACCURACY)).accuracy
    for threshold in scores:
        assert confusion(scores, truths, threshold).youden <= best + 1e-9
        assert confusion(scores, truths, threshold).accuracy <= right + 1e-9


@pytest.mark.parametrize(
    ("hits", "cases", "low", "high"),
    [(10, 100, 0.0552, 0.1744), (0, 600, 0.0, 0.0064), (600, 600, 0.9936, 1.0), (0, 0, 0.0, 1.0), (1, 1, 0.2065, 1.0)],
)
def test_known_wilson_intervals(hits, cases, low, high):
    assert wilson(hits, cases) == pytest.approx((low, high), abs=5e-5)


def test_more_hits_than_cases_are_no_share():
    with pytest.raises(ValueError, match="2 of 1"):
        wilson(2, 1)


@PROPERTY
@given(st.integers(1, 2_000), st.data())
def test_a_wilson_interval_holds_the_share_and_narrows_with_more_cases(cases, data):
    hits = data.draw(st.integers(0, cases))
    interval = wilson(hits, cases)
    assert 0 <= interval.low <= hits / cases <= interval.high <= 1
    wider = wilson(hits * 4, cases * 4)
    assert wider.high - wider.low < interval.high - interval.low
