"""Watching a cited stretch: real time over new ground counts, and nothing else does."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from tests.core.rows import PROPERTY
from verifier.core.watch import BEAT_MAX_MS, JUMP_MS, Watch, beat, begin

FROM, TO, NOW = 60_000, 70_000, 1_000_000


def watched(beats: list[tuple[int, int]], begun: Watch | None = None) -> Watch:
    """After beats of (ms since the one before, position)."""
    watch, now_ms = begun or begin(FROM, TO, NOW), NOW
    for passed_ms, position_ms in beats:
        now_ms += passed_ms
        watch = beat(watch, position_ms, now_ms)
    return watch


def test_a_stretch_that_is_played_once_in_real_time_is_watched() -> None:
    seen = watched([(1_000, FROM + 1_000 * k) for k in range(1, 11)])
    assert (seen.complete, seen.watched_ms, seen.opened_ms) == (True, TO - FROM, NOW)


def test_a_clock_that_runs_unevenly_loses_nothing() -> None:
    uneven = [(900 + 200 * (k % 2), FROM + 1_000 * k) for k in range(1, 11)]
    assert watched([*uneven, (1_000, TO)]).complete


def test_a_flood_of_beats_earns_no_more_than_the_time_that_passed() -> None:
    assert watched([(10, TO - 1)] * 500).watched_ms == 0
    assert watched([(10, FROM + 2_500)] * 100).watched_ms == 1_000


def test_a_jump_earns_nothing() -> None:
    assert watched([(1_000, FROM + JUMP_MS)]).watched_ms == 0
    assert watched([(60_000, TO)]).watched_ms == 0


def test_the_same_second_again_and_again_earns_nothing() -> None:
    assert watched([(1_000, FROM + 1_000)] * 60).watched_ms == 1_000


def test_a_long_silence_counts_as_one_beat_at_most() -> None:
    assert watched([(60_000, FROM + 2_000)]).watched_ms == BEAT_MAX_MS


def test_outside_of_the_stretch_nothing_counts() -> None:
    assert watched([(1_000, FROM - 5_000), (1_000, FROM), (1_000, 0)]).watched_ms == 0
    assert watched([(1_000, FROM + 1_000 * k) for k in range(1, 30)]).watched_ms == TO - FROM


@PROPERTY
@given(st.lists(st.tuples(st.integers(-2_000, 20_000), st.integers(FROM - 20_000, TO + 20_000)), max_size=60))
def test_no_beats_whatever_earn_more_than_time_that_passed_or_the_stretch(
    beats: list[tuple[int, int]],
) -> None:
    watch, now_ms, newest_ms = begin(FROM, TO, NOW), NOW, NOW
    for passed_ms, position_ms in beats:
        now_ms += passed_ms
        newest_ms = max(newest_ms, now_ms)
        before, watch = watch, beat(watch, position_ms, now_ms)
        assert before.reached_ms <= watch.reached_ms <= TO
        assert watch.watched_ms - before.watched_ms <= BEAT_MAX_MS
    assert watch.watched_ms <= newest_ms - NOW
    assert watch.complete is (watch.watched_ms == TO - FROM)
