"""What holds for every baseline, whatever happens to a call."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.baselines import BASELINES
from bench.baselines.scorer import UNSAID
from tests.core.rows import T0, VERDICT_PROPERTY, Call, F, I
from verifier.core.samples import InterviewRows, Stream

FROM_F = Stream.AUDIO_FROM_FREELANCER
WHOLE = (T0, T0 + 60_000)
DAMAGE = st.lists(
    st.tuples(
        st.sampled_from(["uplink_loss", "downlink_loss", "outage", "withhold", "mute"]),
        st.sampled_from([F, I]),
        st.integers(0, 19),
        st.integers(1, 10),
        st.floats(0, 1),
    ),
    max_size=4,
)


def damaged(damage):
    call = Call(20)
    for kind, role, begin, length, share in damage:
        more = (share,) if kind.endswith("loss") else ()
        getattr(call, kind)(role, begin, begin + length, *more)
    return call


@pytest.mark.parametrize("baseline", BASELINES, ids=lambda baseline: baseline.name)
@VERDICT_PROPERTY
@given(DAMAGE)
def test_every_baseline_judges_every_second_of_any_call(baseline, damage):
    rows = damaged(damage).rows()
    readings = baseline.seconds(rows, T0, T0 + 20_000)
    for values in [*readings.streams.values(), *readings.hops.values()]:
        assert len(values) == 20
        assert all(value == UNSAID or value >= 0 for value in values)
    item = baseline.item(rows, list(Stream), T0, T0 + 20_000)
    assert item == UNSAID or item >= 0


@pytest.mark.parametrize("baseline", BASELINES, ids=lambda baseline: baseline.name)
def test_no_baseline_finds_anything_in_no_rows(baseline):
    rows = InterviewRows((), (), ())
    assert baseline.item(rows, list(Stream), *WHOLE) < baseline.published_threshold
    assert baseline.item(rows, [], *WHOLE) == UNSAID
    assert baseline.seconds(rows, T0, T0).streams[FROM_F] == ()


def test_baselines_have_names_of_their_own_and_say_where_they_are_from():
    assert len({baseline.name for baseline in BASELINES}) == len(BASELINES)
    assert all(baseline.source for baseline in BASELINES)


@pytest.mark.parametrize("baseline", BASELINES, ids=lambda baseline: baseline.name)
def test_heavy_loss_is_bad_to_every_baseline_and_a_clean_call_to_none(baseline):
    clean, lossy = Call(60).rows(), Call(60).uplink_loss(F, 0, 60, 0.4).rows()
    assert baseline.item(clean, [FROM_F], *WHOLE) < baseline.published_threshold
    assert baseline.item(lossy, [FROM_F], *WHOLE) >= baseline.published_threshold
