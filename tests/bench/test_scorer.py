"""What every baseline shares: aggregation, blame, and what saying nothing is worth."""

from __future__ import annotations

import pytest

from bench.baselines.scorer import HOPS, UNSAID, Hop, Readings, above, blamed, mean_second, over_hops, worst_second
from tests.core.rows import F, I
from verifier.core.samples import Medium, Stream
from verifier.core.verdicts import Fault

FROM_F, FROM_I = Stream.AUDIO_FROM_FREELANCER, Stream.AUDIO_FROM_INTERVIEWER
F_UP, I_DOWN = Hop(F, True, Medium.AUDIO), Hop(I, False, Medium.AUDIO)


def readings(**hops):
    silent = dict.fromkeys(HOPS, (UNSAID, UNSAID, UNSAID))
    return over_hops(0, silent | {F_UP: hops.get("up", silent[F_UP]), I_DOWN: hops.get("down", silent[I_DOWN])})


def test_a_stream_is_as_bad_as_the_worse_of_its_hops():
    found = readings(up=(1.0, 5.0, UNSAID), down=(2.0, 3.0, UNSAID))
    assert found.streams[FROM_F] == (2.0, 5.0, UNSAID)
    assert worst_second(found, [FROM_F, FROM_I]) == 5.0


def test_a_mean_leaves_out_seconds_of_which_nothing_was_said():
    found = readings(up=(1.0, 5.0, UNSAID))
    assert mean_second(found, [FROM_F]) == 3.0
    assert mean_second(found, [FROM_I]) == UNSAID
    assert mean_second(found, []) == worst_second(found, []) == UNSAID


@pytest.mark.parametrize(
    ("up", "down", "fault"),
    [
        ((1.0, 1.0, 1.0), (1.0, 1.0, 1.0), None),
        ((9.0, 9.0, 1.0), (99.0, 1.0, 1.0), Fault.FREELANCER_UPLINK),
        ((9.0, 1.0, 1.0), (10.0, 1.0, 1.0), Fault.INTERVIEWER_DOWNLINK),
        ((9.0, 1.0, 1.0), (1.0, 9.0, 1.0), Fault.UNCLEAR),
        ((UNSAID, UNSAID, UNSAID), (9.0, UNSAID, UNSAID), Fault.INTERVIEWER_DOWNLINK),
    ],
)
def test_the_leg_with_the_most_bad_seconds_is_blamed_then_the_worse_one(up, down, fault):
    assert blamed(readings(up=up, down=down), [FROM_F], 5.0) is fault


def test_a_leg_that_the_item_does_not_need_is_not_blamed():
    assert blamed(readings(up=(9.0, 9.0, 9.0)), [FROM_I], 5.0) is None


def test_a_scorer_that_sees_only_the_sink_blames_nobody():
    found = Readings(0, dict.fromkeys(Stream, (9.0,)), {})
    assert blamed(found, list(Stream), 5.0) is None


def test_saying_nothing_is_never_bad():
    assert blamed(readings(), [FROM_F], UNSAID) is None


def test_above_a_limit_is_the_next_number():
    assert 0.05 < above(0.05) < 0.05 + 1e-15
