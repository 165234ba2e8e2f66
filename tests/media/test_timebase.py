"""Where packets stand on the server's clock, whatever the network and the sender's clock do."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from verifier.media.timebase import SLACK_MS, TimeBase

HZ = 90_000


@given(
    st.lists(st.tuples(st.integers(1, 5), st.floats(0, 3_000)), min_size=1, max_size=80),
    st.integers(0, (1 << 32) - 1),
)
def test_a_picture_is_never_after_its_arrival_and_never_out_of_step(steps: list[tuple[int, float]], first: int) -> None:
    base, sent_ms, arrived_ms, before = TimeBase(HZ, 0), 0.0, 0.0, 0.0
    for frames, late_ms in steps:
        sent_ms += frames * 1000 / 30
        arrived_ms = max(arrived_ms, sent_ms + late_ms)
        at = base.at(7, (first + round(sent_ms * HZ / 1000)) % (1 << 32), arrived_ms)
        assert arrived_ms - SLACK_MS - 1e-6 <= at <= arrived_ms + 1e-6
        assert at >= before
        before = at


def test_a_clock_that_runs_fast_or_slow_is_followed_for_an_hour() -> None:
    for drift in (0.9995, 1.0005):
        base = TimeBase(48_000, 2_000)
        for number in range(0, 3_600 * 50, 7):
            arrived_ms = number * 20.0
            at = base.at(1, round(number * 960 * drift) % (1 << 32), arrived_ms)
            assert abs(at - arrived_ms) < 100


def test_sound_keeps_its_pace_through_a_short_stall() -> None:
    base = TimeBase(48_000, 2_000)
    arrivals = (
        [number * 20.0 for number in range(50)] + [1_500.0] * 25 + [1_500.0 + number * 20 for number in range(50)]
    )
    places = [base.at(1, number * 960, arrived) for number, arrived in enumerate(arrivals)]
    assert places == [number * 20.0 for number in range(len(arrivals))]


def test_sound_that_stays_late_is_followed() -> None:
    base = TimeBase(48_000, 2_000)
    for number in range(50):
        base.at(1, number * 960, number * 20.0)
    places = [base.at(1, number * 960, number * 20.0 + 300) - number * 20 for number in range(50, 200)]
    assert places[0] == 0
    assert places[-1] == 300


def test_another_source_and_a_sender_whose_clock_stood_still_begin_at_their_arrival() -> None:
    for patience_ms in (0, 2_000):
        base = TimeBase(HZ, patience_ms)
        base.at(1, 1_000, 50.0)
        assert base.at(2, 4_000_000, 90.0) == 90.0
        assert base.at(2, 4_000_000 + 90 * 500, 13_000.0) == 13_000.0


def test_a_picture_after_a_gap_stands_at_its_arrival_whatever_its_timestamp_says() -> None:
    for ahead_ms in (33, 500, 3_000, 90_000):
        base = TimeBase(HZ, 0)
        base.at(1, 0, 0.0)
        assert 3_000.0 - SLACK_MS <= base.at(1, 90 * ahead_ms, 3_000.0) <= 3_000.0


def test_sound_that_was_held_back_and_comes_at_once_is_laid_out_as_it_was_spoken() -> None:
    base = TimeBase(48_000, 2_000)
    sent = [number * 20 for number in range(300)]
    arrivals = [at if not 1_000 < at < 4_000 else 4_000 for at in sent]
    assert [base.at(1, at * 48, arrived) for at, arrived in zip(sent, arrivals, strict=True)] == sent
