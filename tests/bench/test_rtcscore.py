"""rtcscore as published, with its flaws, and corrected."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.baselines.rtcscore import (
    AS_PUBLISHED,
    CORRECTED,
    Audio,
    Video,
    corrected_audio_mos,
    delay_impairment,
    mos,
    published_audio_mos,
    video_mos,
)
from bench.baselines.scorer import UNSAID, blamed
from tests.core.rows import PROPERTY, T0, Call, F, I
from verifier.core.samples import Stream

MS, LOSS = st.floats(0, 20_000), st.floats(0, 100)
AUDIO = st.builds(Audio, LOSS, MS, MS, st.one_of(st.none(), st.floats(1, 510_000)), st.booleans(), st.booleans())
VIDEO = st.builds(
    Video,
    st.floats(0, 5e6),
    st.floats(0, 60),
    st.one_of(st.none(), st.floats(1, 60)),
    st.integers(1, 2_073_600),
    MS,
    MS,
)
FROM_F, SEEN_F = Stream.AUDIO_FROM_FREELANCER, Stream.VIDEO_FROM_FREELANCER


def test_values_of_the_published_library():
    """By running its score.js."""
    assert published_audio_mos(Audio()) == 4.37
    assert published_audio_mos(Audio(loss_percent=15)) == 2.62
    assert published_audio_mos(Audio(loss_percent=10, fec=False, bitrate_bps=32_000)) == 2.24
    assert published_audio_mos(Audio(loss_percent=8, rtt_ms=1_000)) == 4.5
    assert video_mos(Video(600_000, 25, 30)) == 3.54
    assert video_mos(Video(200_000, 25, 25)) == 3.27
    assert video_mos(Video(1e7, 1, 30)) == 1
    assert video_mos(Video(1e6, 0)) == 1


def test_as_published_more_delay_scores_better():
    """Issue 3 of the project: the limit is subtracted outside the product."""
    at_once, late = Audio(rtt_ms=100), Audio(rtt_ms=1_000)
    assert published_audio_mos(late) > published_audio_mos(at_once)
    assert corrected_audio_mos(late) < corrected_audio_mos(at_once)


def test_the_delay_impairment_of_the_e_model():
    """Idd of G.107 clause 7.4 by hand: at 400 ms X is 2."""
    assert delay_impairment(100) == 0
    assert delay_impairment(400) == pytest.approx(25 * (65 ** (1 / 6) - 3 * (1 + 64 / 729) ** (1 / 6) + 2))
    assert delay_impairment(400) == pytest.approx(24.1, abs=0.05)
    assert delay_impairment(100.001) == pytest.approx(0, abs=1e-6)


@pytest.mark.parametrize(
    ("rating", "expected"), [(0, 1), (50, 2.58), (60, 3.1), (70, 3.6), (80, 4.03), (90, 4.34), (100, 4.5)]
)
def test_the_opinion_scores_of_g_107_annex_b(rating, expected):
    """Table B.1; its 4.03 is 4.024 by its own formula."""
    assert mos(rating) == pytest.approx(expected, abs=0.011)


def test_full_loss_takes_at_most_95_points_corrected():
    audio = Audio(loss_percent=100, rtt_ms=0, buffer_ms=0)
    assert published_audio_mos(audio) == mos(100 - (6 + 94 * 100 / 120) - 0.6)
    assert corrected_audio_mos(audio) == mos(100 - (6 + 89 * 100 / 120))


@PROPERTY
@given(AUDIO)
def test_audio_scores_are_bounded(audio):
    assert 1 <= published_audio_mos(audio) <= 4.5
    assert 1 <= corrected_audio_mos(audio) <= 4.5


@PROPERTY
@given(AUDIO, LOSS)
def test_audio_scores_fall_with_loss(audio, other):
    less, more = sorted((audio.loss_percent, other))
    for score in (published_audio_mos, corrected_audio_mos):
        assert score(replace(audio, loss_percent=more)) <= score(replace(audio, loss_percent=less)) + 0.011


@PROPERTY
@given(AUDIO, MS, MS)
def test_only_the_corrected_score_falls_with_delay(audio, rtt, buffer):
    worse = replace(audio, rtt_ms=audio.rtt_ms + rtt, buffer_ms=audio.buffer_ms + buffer)
    assert corrected_audio_mos(worse) <= corrected_audio_mos(audio)


@PROPERTY
@given(VIDEO, MS, st.floats(0, 60))
def test_the_video_score_is_bounded_and_falls_with_delay_and_missing_frames(video, delay, expected):
    assert 1 <= video_mos(video) <= 5
    assert video_mos(replace(video, rtt_ms=video.rtt_ms + delay)) <= video_mos(video)
    worse = replace(video, expected_fps=(video.expected_fps or video.fps) + expected)
    assert video_mos(worse) <= video_mos(video)


# ---------------------------------------------------------------- rows


def read(call, scorer=AS_PUBLISHED, seconds=60):
    return scorer.seconds(call.rows(), T0, T0 + 1_000 * seconds)


def test_a_clean_call_is_not_bad():
    for scorer in (AS_PUBLISHED, CORRECTED):
        readings = read(Call(60), scorer)
        assert all(0 <= value < scorer.published_threshold for value in readings.streams[FROM_F])
        assert scorer.item(Call(60).rows(), [FROM_F], T0, T0 + 60_000) < scorer.published_threshold


def test_loss_is_bad_at_the_sink_and_names_no_leg():
    for scorer in (AS_PUBLISHED, CORRECTED):
        readings = read(Call(60).downlink_loss(I, 20, 40, 0.3), scorer)
        assert min(readings.streams[FROM_F][22:38]) >= scorer.published_threshold
        assert blamed(readings, [FROM_F], scorer.published_threshold) is None


def test_a_stream_of_which_nothing_comes_looks_perfect_as_published():
    """Nothing lost of nothing; the counters freeze with the last packet."""
    call = Call(60).set(F, 20, 40, connected=False, up_loss=1.0)
    published, corrected = read(call), read(call, CORRECTED)
    assert max(published.streams[FROM_F][22:38]) < AS_PUBLISHED.published_threshold
    assert min(corrected.streams[FROM_F][22:38]) >= CORRECTED.published_threshold


def test_seconds_without_a_row_say_nothing_and_count_for_nothing():
    call = Call(60).downlink_loss(I, 20, 40, 0.9).withhold(I, 18, 42)
    values = read(call).streams[FROM_F]
    assert set(values[20:38]) == {UNSAID}
    assert AS_PUBLISHED.item(call.rows(), [FROM_F], T0, T0 + 60_000) < AS_PUBLISHED.published_threshold
    assert AS_PUBLISHED.item(call.rows(), [FROM_F], T0 + 25_000, T0 + 30_000) == UNSAID


def test_few_frames_are_bad():
    call = Call(60).set(I, 20, 40, fps_cap=2.0)
    assert min(read(call).streams[SEEN_F][22:38]) > max(read(call).streams[SEEN_F][:18])
