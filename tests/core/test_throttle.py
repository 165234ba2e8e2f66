"""Waits after failures: none at first, then longer and longer, never beyond the longest, and forgotten in the end."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from verifier.core.throttle import Pace, Tries, answered, tried, wait_ms

PACE = Pace(free=3, first_ms=1_000, longest_ms=10_000, forgotten_ms=100_000)
PACES = st.builds(
    Pace,
    free=st.integers(1, 50),
    first_ms=st.integers(1, 10_000),
    longest_ms=st.integers(10_000, 3_600_000),
    forgotten_ms=st.just(24 * 3_600_000),
)


def waits(count: int, pace: Pace = PACE) -> int:
    return wait_ms(Tries(count, 0), pace, 0)


def test_the_first_tries_are_free_and_each_further_one_waits_twice_as_long() -> None:
    assert [waits(count) for count in range(9)] == [0, 0, 0, 1_000, 2_000, 4_000, 8_000, 10_000, 10_000]


def test_time_that_has_passed_counts() -> None:
    assert [wait_ms(Tries(4, 0), PACE, now) for now in (0, 1_999, 2_000, 50_000)] == [2_000, 1, 0, 0]


def test_after_a_long_quiet_time_a_bucket_is_as_new() -> None:
    assert wait_ms(Tries(9, 0), PACE, 100_000) == 0
    assert tried(Tries(9, 0), PACE, 99_999) == Tries(10, 99_999)
    assert tried(Tries(9, 0), PACE, 100_000) == Tries(1, 100_000)


def test_a_right_try_takes_back_itself_and_no_failure() -> None:
    assert answered(tried(Tries(4, 5), PACE, 9)) == Tries(4, 9)
    assert answered(Tries()) == Tries()


@given(pace=PACES, count=st.integers(0, 10**6), now=st.integers(0, 10**9))
def test_a_wait_is_bounded_and_never_shrinks_with_more_failures(pace: Pace, count: int, now: int) -> None:
    assert 0 <= wait_ms(Tries(count, now), pace, now) <= pace.longest_ms
    assert wait_ms(Tries(count + 1, now), pace, now) >= wait_ms(Tries(count, now), pace, now)


@given(pace=PACES, steps=st.lists(st.integers(0, 60_000), max_size=30))
def test_whoever_waits_as_told_may_always_try_again(pace: Pace, steps: list[int]) -> None:
    tries, now = Tries(), 0
    for step in steps:
        now += step
        now += wait_ms(tries, pace, now)
        assert wait_ms(tries, pace, now) == 0
        tries = tried(tries, pace, now)
