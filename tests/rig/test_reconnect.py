"""When bench reconnect calls a picture back."""

from __future__ import annotations

from bench.reconnect import returned


def steady(start, stop):
    return list(range(start, stop, 66))


def test_a_picture_that_never_stopped_is_back_at_once():
    assert returned(steady(0, 5_000), 1_000, 5_000) == 0


def test_a_picture_is_back_at_the_end_of_its_last_pause():
    shown = [*steady(0, 1_200), *steady(3_000, 3_300), *steady(4_500, 7_000)]
    assert returned(shown, 1_000, 7_000) == 3_500


def test_nothing_is_said_before_it_has_moved_for_a_while():
    assert returned([*steady(0, 1_200), *steady(3_000, 4_000)], 1_000, 4_000) is None
    assert returned(steady(0, 1_200), 1_000, 4_000) is None
    assert returned([], 1_000, 4_000) is None
