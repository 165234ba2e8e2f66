"""Plain loss against 5 %."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.baselines import PLAIN_LOSS
from bench.baselines.scorer import Hop, blamed
from tests.core.rows import PROPERTY, T0, Call, F, I
from verifier.core.samples import Medium, Stream
from verifier.core.verdicts import Fault

FROM_F = Stream.AUDIO_FROM_FREELANCER
WHOLE = (T0, T0 + 60_000)


def test_imposed_loss_is_read_back():
    call = Call(60).uplink_loss(F, 20, 40, 0.1).downlink_loss(I, 20, 40, 0.2)
    readings = PLAIN_LOSS.seconds(call.rows(), *WHOLE)
    assert readings.hops[Hop(F, True, Medium.AUDIO)][30] == pytest.approx(0.1)
    assert readings.hops[Hop(I, False, Medium.AUDIO)][30] == pytest.approx(0.2, abs=0.03)
    assert readings.streams[FROM_F][30] == pytest.approx(0.28)
    assert PLAIN_LOSS.item(call.rows(), [FROM_F], *WHOLE) == pytest.approx(0.28 / 3, abs=0.01)


@pytest.mark.parametrize(
    ("call", "fault"),
    [
        (Call(60), None),
        (Call(60).uplink_loss(F, 20, 40, 0.2), Fault.FREELANCER_UPLINK),
        (Call(60).downlink_loss(I, 20, 40, 0.2), Fault.INTERVIEWER_DOWNLINK),
    ],
)
def test_the_leg_that_lost_is_blamed(call, fault):
    assert blamed(PLAIN_LOSS.seconds(call.rows(), *WHOLE), [FROM_F], PLAIN_LOSS.published_threshold) is fault


def test_five_per_cent_is_not_above_five_per_cent():
    assert PLAIN_LOSS.published_threshold > 0.05
    assert PLAIN_LOSS.published_threshold == pytest.approx(0.05)


@PROPERTY
@given(st.floats(0, 1), st.floats(0, 1))
def test_loss_is_bounded_and_rises(one, other):
    less, more = (
        PLAIN_LOSS.item(Call(10).uplink_loss(F, 0, 10, share).rows(), [FROM_F], T0 + 1_000, T0 + 9_000)
        for share in sorted((one, other))
    )
    assert 0 <= less <= more <= 1
