"""Microsoft's limits: at each is not over it, and what is not reported is never Poor."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.baselines.cqd import BY_FRAME_RATE, CURRENT, OF_2020, audio_badness, video_badness
from bench.baselines.scorer import UNSAID, Hop, blamed
from tests.core.rows import PROPERTY, T0, Call, F, I
from verifier.core.samples import Medium, Stream
from verifier.core.verdicts import Fault

SHARE, MS = st.floats(0, 1), st.floats(0, 10_000)
MAYBE = st.one_of(st.none(), SHARE)
POOR = CURRENT.published_threshold
FROM_F, SEEN_F = Stream.AUDIO_FROM_FREELANCER, Stream.VIDEO_FROM_FREELANCER
WHOLE = (T0, T0 + 60_000)


@pytest.mark.parametrize(
    ("figures", "poor"),
    [
        ((500, 0.1, 30, 0.07), False),
        ((501, 0, 0, 0), True),
        ((0, 0.101, 0, 0), True),
        ((0, 0, 30.1, 0), True),
        ((0, 0, 0, 0.071), True),
        ((None, None, None, None), False),
        ((None, None, 31, None), True),
    ],
)
def test_the_audio_limits(figures, poor):
    assert (audio_badness(*figures) >= POOR) is poor


@pytest.mark.parametrize(
    ("figures", "poor"),
    [
        ((0.5, 0, 1), False),
        ((0.51, 30, 0), True),
        ((None, 7, 1), False),
        ((None, 6.9, 0), True),
        ((None, 0, 0), True),
        ((None, None, 0.15), False),
        ((None, None, 0.16), True),
        ((None, None, None), False),
    ],
)
def test_the_first_known_figure_decides_on_video(figures, poor):
    assert (video_badness(*figures) >= POOR) is poor


@PROPERTY
@given(MS, SHARE, MS, MAYBE, MS, SHARE, MS)
def test_audio_badness_rises_with_each_figure(rtt, loss, jitter, concealed, more_rtt, more_loss, more_jitter):
    badness = audio_badness(rtt, loss, jitter, concealed)
    assert 0 <= badness < math.inf
    assert audio_badness(rtt + more_rtt, min(1.0, loss + more_loss), jitter + more_jitter, concealed) >= badness


@PROPERTY
@given(st.floats(0, 60), st.floats(0, 60), MAYBE)
def test_video_badness_rises_as_frames_go_missing(one, other, unrepaired):
    few, many = sorted((one, other))
    assert video_badness(None, few, unrepaired) >= video_badness(None, many, unrepaired) >= 0


# ---------------------------------------------------------------- rows


def read(call, scorer=OF_2020):
    return scorer.seconds(call.rows(), *WHOLE)


def test_a_clean_call_is_good():
    for scorer in (CURRENT, OF_2020, BY_FRAME_RATE):
        readings = read(Call(60), scorer)
        assert all(0 <= value < POOR for values in readings.streams.values() for value in values)
        assert 0 <= scorer.item(Call(60).rows(), list(Stream), *WHOLE) < POOR


def test_loss_on_a_leg_is_found_and_blamed():
    for call, fault in (
        (Call(60).uplink_loss(F, 20, 40, 0.3), Fault.FREELANCER_UPLINK),
        (Call(60).downlink_loss(I, 20, 40, 0.3), Fault.INTERVIEWER_DOWNLINK),
    ):
        for scorer in (CURRENT, OF_2020):
            readings = read(call, scorer)
            assert min(readings.streams[FROM_F][22:38]) >= POOR
            assert blamed(readings, [FROM_F], POOR) is fault


def test_an_average_hides_what_a_second_shows():
    call = Call(60).uplink_loss(F, 30, 33, 0.6)
    assert max(read(call).streams[FROM_F]) >= POOR
    assert CURRENT.item(call.rows(), [FROM_F], *WHOLE) < POOR


def test_concealment_alone_is_poor_only_in_2020():
    call = Call(60).set(I, 20, 40, concealed=0.2)
    assert max(read(call, CURRENT).streams[FROM_F]) < POOR
    assert min(read(call, OF_2020).streams[FROM_F][22:38]) >= POOR


def test_few_frames_are_poor_by_frame_rate_and_half_of_them_by_loss():
    call = Call(60).set(I, 20, 40, fps_cap=6.0)
    assert min(read(call, BY_FRAME_RATE).streams[SEEN_F][22:38]) >= POOR
    assert min(read(call, CURRENT).streams[SEEN_F][22:38]) >= POOR  # 6 of 15
    slow = Call(60).set(F, 0, 60, camera_fps=6.0)
    assert min(read(slow, BY_FRAME_RATE).streams[SEEN_F]) >= POOR


def test_long_delay_and_jitter_are_poor():
    for change in ({"rtt_ms": 600.0}, {"up_jitter_ms": 60.0}):
        assert CURRENT.item(Call(60).set(F, 0, 60, **change).rows(), [FROM_F], *WHOLE) >= POOR


def test_a_sink_that_does_not_report_is_not_poor_for_it():
    call = Call(60).set(I, 20, 40, concealed=0.5).withhold(I, 10, 50)
    assert max(read(call).streams[FROM_F][20:40]) < POOR


def test_without_any_row_nothing_is_said():
    call = Call(60).set(F, 0, 60, server_row=False, browser_row=False)
    assert set(read(call).hops[Hop(F, True, Medium.AUDIO)][10:50]) == {UNSAID}
