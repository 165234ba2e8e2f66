"""How raw rows become seconds: what is known, what is charged, what settles."""

from __future__ import annotations

import random
from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.core.rows import LEAD, PROPERTY, T0, Call, F, I, only
from verifier.core.model import Role
from verifier.core.policy import SHIPPED
from verifier.core.quality.bands import audio_band, delay_band, video_band
from verifier.core.quality.perception import perceive
from verifier.core.quality.timeline import LegFault, StreamSecond, Timeline
from verifier.core.samples import InterviewRows, Stream, TrackState
from verifier.core.verdicts import Band

ANSWER, ASK = Stream.AUDIO_FROM_FREELANCER, Stream.AUDIO_FROM_INTERVIEWER
PICTURE = Stream.VIDEO_FROM_FREELANCER
ORDER = [Band.GOOD, Band.FAIR, Band.POOR, Band.BAD]


def seen(source: Call | InterviewRows, seconds: int = 60) -> Timeline:
    rows = source.rows() if isinstance(source, Call) else source
    return perceive(rows, T0, T0 + 1_000 * seconds, SHIPPED)


def bands(timeline: Timeline, stream: Stream, begin: int, end: int) -> list[Band]:
    return [second.band for second in timeline.streams[stream][begin:end]]


def test_every_second_of_a_clean_call_is_known_and_good_or_quiet() -> None:
    timeline = seen(Call())
    for stream in Stream:
        assert all(second.known and not second.settling for second in timeline.streams[stream])
        assert {second.band for second in timeline.streams[stream]} <= {Band.GOOD, Band.QUIET}
    assert timeline.problems == ()
    assert not any(leg.uplink or leg.downlink for role in Role for leg in timeline.legs[role])


def test_only_whole_seconds_are_judged() -> None:
    assert perceive(Call().rows(), T0, T0 + 4_999, SHIPPED).seconds == 4
    assert perceive(Call().rows(), T0, T0 - 1, SHIPPED).seconds == 0


def test_nothing_is_known_without_rows() -> None:
    timeline = seen(InterviewRows((), (), ()))
    assert {second.band for stream in Stream for second in timeline.streams[stream]} == {Band.UNKNOWN}


@pytest.mark.parametrize("role", Role)
def test_missing_server_rows_are_never_filled(role: Role) -> None:
    timeline = seen(Call().set(role, 20, 21, server_row=False))
    assert not timeline.streams[ANSWER][20].known and not timeline.streams[ASK][20].known


def test_a_gap_of_up_to_five_seconds_is_filled_from_cumulative_counters() -> None:
    timeline = seen(Call().withhold(I, 20, 24))
    assert all(second.known for second in timeline.streams[ANSWER])


def test_a_longer_gap_stays_unknown() -> None:
    timeline = seen(Call().withhold(I, 20, 25))
    assert set(bands(timeline, ANSWER, 21, 25)) == {Band.UNKNOWN}


def test_each_second_of_a_gap_is_charged_with_all_its_concealment() -> None:
    timeline = seen(Call().withhold(I, 20, 23).set(I, 21, 22, concealed=0.19))
    charged = [second.concealment for second in timeline.streams[ANSWER][20:24]]
    assert charged == [pytest.approx(0.19, abs=0.001)] * 4


def test_each_second_of_a_gap_is_charged_with_its_worst_freeze() -> None:
    timeline = seen(Call().withhold(I, 20, 24).set(I, 21, 23, fps_cap=0.0))
    assert all((second.gap_ms or 0) > 2_000 for second in timeline.streams[PICTURE][20:24])


def test_each_second_of_a_gap_is_charged_with_the_slowest_rate_it_may_hide() -> None:
    timeline = seen(Call().withhold(I, 20, 23).set(I, 21, 22, fps_cap=5.0))
    assert all(0 < (second.fps or 0) <= 5.01 for second in timeline.streams[PICTURE][20:24])


def test_a_freeze_reaches_back_to_where_it_began_whatever_the_page_said_of_its_age() -> None:
    rows = only(Call().set(I, 20, 25, fps_cap=0.0).rows(), I, video__newest_frame_age_ms=20.0)
    assert all((second.gap_ms or 0) > 5_000 for second in seen(rows).streams[PICTURE][21:25])


def test_a_gap_may_hide_a_mute_unless_the_count_of_changes_proves_otherwise() -> None:
    call = Call().withhold(F, 20, 23)
    assert all(second.known for second in seen(call).streams[ANSWER])
    unproven = seen(only(call.rows(), F, source__audio_changes=None))
    assert not any(second.known for second in unproven.streams[ANSWER][21:23])


def test_a_mute_hidden_by_missing_rows_is_noticed() -> None:
    timeline = seen(Call().mute(F, 21, 22).withhold(F, 20, 23))
    assert not any(second.known for second in timeline.streams[ANSWER][21:23])
    assert timeline.streams[ANSWER][25].settling


def test_timer_jitter_leaves_no_gap() -> None:
    rows = Call().rows()
    shaky = tuple(
        replace(row, received_ms=row.received_ms + shift, client_ms=row.client_ms + shift)
        for row, shift in zip(rows.browser, [0, 350, 700, 100] * len(rows.browser), strict=False)
    )
    timeline = seen(replace(rows, browser=shaky))
    assert all(second.known for second in timeline.streams[ANSWER])


def test_rows_that_arrive_in_one_burst_count_as_a_gap() -> None:
    rows = Call().set(I, 21, 22, concealed=0.15).rows()
    stall = T0 + 24_480
    burst = tuple(
        replace(row, received_ms=stall) if row.leg is I and stall - 3_000 <= row.received_ms <= stall else row
        for row in rows.browser
    )
    timeline = seen(replace(rows, browser=burst))
    assert all((second.concealment or 0) > 0.14 for second in timeline.streams[ANSWER][20:24])
    assert timeline.problems == ()


@pytest.mark.parametrize("field", ["audio__ssrc", "audio__stats_id", "generation"])
def test_counters_are_never_subtracted_across_two_segments(field: str) -> None:
    rows = Call().rows()
    value: object = "other" if field.endswith("id") else 9
    late = only(rows, I, **{field: value})
    cut = T0 + 20_000
    mixed = tuple(b if a.received_ms > cut else a for a, b in zip(rows.browser, late.browser, strict=True))
    timeline = seen(replace(rows, browser=mixed))
    assert not timeline.streams[ANSWER][20].known
    assert timeline.streams[ANSWER][18].known and timeline.streams[ANSWER][22].known


def test_the_first_seconds_after_a_new_stats_id_settle() -> None:
    rows = Call().rows()
    late = only(rows, I, audio__stats_id="other")
    cut = T0 + 20_000
    mixed = tuple(b if a.received_ms > cut else a for a, b in zip(rows.browser, late.browser, strict=True))
    assert bands(seen(replace(rows, browser=mixed)), ANSWER, 21, 23) == [Band.SETTLING] * 2


@pytest.mark.parametrize(
    "field",
    ["audio__total_samples_received", "audio__concealed_samples", "audio__silent_concealed_samples", "audio__stats_id"],
)
def test_a_field_that_the_sinks_browser_lacks_leaves_its_audio_unknown(field: str) -> None:
    timeline = seen(only(Call().rows(), I, **{field: None}))
    assert set(bands(timeline, ANSWER, 0, 60)) == {Band.UNKNOWN}
    assert Band.UNKNOWN not in bands(timeline, ASK, 0, 60)


@pytest.mark.parametrize(
    "field",
    ["frames_decoded", "total_inter_frame_delay_s", "total_squared_inter_frame_delay_s2", "newest_frame_age_ms"],
)
def test_a_field_that_the_sinks_browser_lacks_leaves_its_picture_unknown(field: str) -> None:
    timeline = seen(only(Call().rows(), I, **{f"video__{field}": None}))
    assert set(bands(timeline, PICTURE, 0, 60)) == {Band.UNKNOWN}


def test_not_a_number_is_never_evidence() -> None:
    timeline = seen(
        only(Call().rows(), I, video__newest_frame_age_ms=float("nan"), audio__concealed_samples=float("nan"))
    )
    assert set(bands(timeline, PICTURE, 0, 60)) == {Band.UNKNOWN}
    assert set(bands(timeline, ANSWER, 0, 60)) == {Band.UNKNOWN}


def test_the_first_three_seconds_after_a_connect_settle() -> None:
    timeline = seen(Call().reconnect(I, 20, 24))
    assert set(bands(timeline, ANSWER, 20, 24)) <= {Band.BAD, Band.UNKNOWN}
    assert bands(timeline, ANSWER, 25, 27) == [Band.SETTLING] * 2
    assert timeline.streams[ANSWER][30].band in (Band.GOOD, Band.QUIET)


def test_the_first_three_seconds_after_an_unmute_settle() -> None:
    timeline = seen(Call().mute(F, 20, 24))
    assert set(bands(timeline, ANSWER, 21, 24)) == {Band.BAD}
    assert timeline.streams[ANSWER][26].band is Band.SETTLING
    assert timeline.streams[ANSWER][29].band is not Band.SETTLING


@pytest.mark.parametrize("state", [TrackState.MUTED, TrackState.DISABLED, TrackState.ENDED, TrackState.MISSING])
def test_a_source_that_is_off_is_bad_and_named(state: TrackState) -> None:
    timeline = seen(Call().set(F, 20, 24, audio_track=state, video_track=state))
    for stream in (ANSWER, PICTURE):
        assert timeline.streams[stream][22].band is Band.BAD
        assert timeline.streams[stream][22].source_off
    assert timeline.streams[ASK][22].band is not Band.BAD


def test_silence_confirmed_by_the_server_is_quiet_whatever_the_sink_conceals() -> None:
    timeline = seen(Call().silence(F, 20, 30).set(I, 23, 28, concealed=1.0))
    assert set(bands(timeline, ANSWER, 23, 27)) == {Band.QUIET}


def test_levels_that_say_silence_over_speech_that_the_sink_plays_excuse_nothing() -> None:
    """The levels are the sender's word, and a modified page can write them: I2 holds against whoever asks, too."""
    heard = Call().set(F, 15, 40, speech_ms=800.0, level_dbov=-25.0).set(I, 20, 30, concealed=0.4).rows()
    honest = seen(heard).streams[ANSWER]
    server = [
        replace(row, speech_ms=0.0, level_dbov=-80.0) if row.leg is F and row.at_ms >= T0 + 15_000 else row
        for row in heard.server
    ]
    forged = seen(replace(heard, server=tuple(server))).streams[ANSWER]
    assert [second.bad for second in honest[20:30]] == [True] * 10
    assert [second.bad for second in forged[20:30]] == [True] * 10


def test_an_outage_is_not_silence_although_no_speech_arrives() -> None:
    timeline = seen(Call().uplink_loss(F, 20, 28, 1.0))
    assert set(bands(timeline, ANSWER, 21, 28)) == {Band.BAD}


def test_packets_lost_in_a_pause_may_have_been_speech() -> None:
    timeline = seen(Call().silence(F, 20, 40).uplink_loss(F, 25, 30, 0.3))
    assert set(bands(timeline, ANSWER, 26, 29)) == {Band.BAD}


def test_a_sink_that_claims_perfect_audio_is_not_believed_over_packets_that_never_came() -> None:
    rows = Call().uplink_loss(F, 20, 26, 1.0).rows()
    forged = only(rows, I, audio__concealed_samples=0, audio__silent_concealed_samples=0)
    assert set(bands(seen(forged), ANSWER, 21, 26)) == {Band.BAD}


def test_a_sink_without_samples_is_bad() -> None:
    rows = Call().rows()
    timeline = seen(only(rows, I, audio__total_samples_received=48_000))
    assert set(bands(timeline, ANSWER, 0, 60)) <= {Band.BAD, Band.QUIET}
    assert Band.BAD in bands(timeline, ANSWER, 0, 60)


def test_two_frames_a_second_are_bad_although_nothing_freezes() -> None:
    timeline = seen(only(Call().set(I, 20, 30, fps_cap=2.0).rows(), I, video__total_freezes_duration_s=0.0))
    assert set(bands(timeline, PICTURE, 21, 29)) == {Band.BAD}


def test_a_freeze_shows_while_it_lasts_and_before_the_next_frame_comes() -> None:
    timeline = seen(Call().set(I, 20, 25, fps_cap=0.0))
    assert set(bands(timeline, PICTURE, 21, 25)) == {Band.BAD}
    assert timeline.streams[PICTURE][22].gap_ms >= 2_000  # type: ignore[operator]


def test_a_hidden_page_sees_nothing() -> None:
    timeline = seen(Call().set(I, 20, 25, visible=False))
    assert set(bands(timeline, PICTURE, 21, 25)) == {Band.BAD}
    assert timeline.streams[PICTURE][22].device is I


def test_the_delay_adds_both_round_trips_both_buffers_and_the_constant() -> None:
    call = Call().set(F, -LEAD, 60, rtt_ms=100.0, buffer_ms=50.0).set(I, -LEAD, 60, rtt_ms=30.0, buffer_ms=70.0)
    assert seen(call).streams[ANSWER][30].delay_ms == pytest.approx(100 + 30 + 50 + 70 + 120)


def test_the_delay_is_unknown_when_any_part_is() -> None:
    assert seen(only(Call().rows(), F, audio__jitter_buffer_delay_s=None)).streams[ANSWER][30].delay_ms is None


def test_a_delay_beyond_the_limit_makes_audio_bad() -> None:
    timeline = seen(Call().set(F, 20, 25, rtt_ms=1_500.0))
    assert set(bands(timeline, ANSWER, 20, 25)) == {Band.BAD}


# ---------------------------------------------------------------- legs


def test_losses_of_one_uplink_are_not_counted_again_on_the_other_downlink() -> None:
    timeline = seen(Call().uplink_loss(F, 20, 30, 0.2))
    assert LegFault.LOSS in timeline.legs[F][25].uplink
    assert timeline.legs[I][25].downlink == () and timeline.legs[I][25].downlink_loss < 0.02


def test_receiver_reports_that_come_late_do_not_blame_a_clean_downlink() -> None:
    rows = Call().uplink_loss(F, 20, 30, 0.2).rows()
    mine = [row for row in rows.server if row.leg is I]
    late = [
        replace(row, report_audio=before.report_audio, report_video=before.report_video)
        for before, row in pairwise(mine)
    ]
    timeline = seen(replace(rows, server=(*(row for row in rows.server if row.leg is F), mine[0], *late)))
    assert all(timeline.legs[I][k].downlink_loss < SHIPPED.leg_loss_max for k in range(20, 40))


def test_losses_of_a_downlink_are_told_by_its_receiver_reports() -> None:
    timeline = seen(Call().downlink_loss(I, 20, 30, 0.2))
    assert timeline.legs[I][27].downlink_loss == pytest.approx(0.2, abs=0.02)
    assert timeline.legs[I][27].downlink == (LegFault.LOSS,)
    assert timeline.legs[I][27].uplink == () and timeline.legs[F][27].uplink == ()


def test_jitter_of_one_uplink_is_not_counted_again_on_the_other_downlink() -> None:
    timeline = seen(Call().set(F, 20, 30, up_jitter_ms=45.0).set(I, 20, 30, down_jitter_ms=48.0))
    assert timeline.legs[F][25].uplink == (LegFault.JITTER,)
    assert timeline.legs[I][25].downlink == ()


def test_a_report_that_tells_late_of_the_other_uplinks_jitter_charges_nobody() -> None:
    late = seen(Call().set(I, 20, 30, up_jitter_ms=45.0).set(F, 20 + SHIPPED.report_lag_s, 32, down_jitter_ms=48.0))
    assert [index for index in range(40) if late.legs[F][index].downlink] == []
    own = seen(Call().set(I, 20, 22, up_jitter_ms=45.0).set(F, 22, 32, down_jitter_ms=48.0))
    assert [index for index in range(40) if own.legs[F][index].downlink] == list(range(24, 32)), "its own is charged"


def test_a_downlink_on_which_nothing_arrives_is_silent() -> None:
    rows = Call().downlink_loss(I, 20, 26, 1.0).rows()
    assert LegFault.SILENCE in seen(rows).legs[I][23].downlink


def test_a_server_that_lags_or_drops_is_noticed() -> None:
    assert seen(Call().set(F, 20, 21, lag_ms=80.0)).legs[F][20].server_bad
    assert seen(Call().set(F, 20, 21, udp_drops=3)).legs[F][20].server_bad


# ---------------------------------------------------------------- order, repetition, bands


@PROPERTY
@given(st.randoms(use_true_random=False))
def test_order_and_repetition_of_rows_do_not_matter(chance: random.Random) -> None:
    rows = Call(20).uplink_loss(F, 5, 9, 0.3).withhold(I, 12, 14).rows()
    server, browser = list(rows.server), list(rows.browser)
    server += chance.choices(server, k=5)
    browser += chance.choices(browser, k=5)
    chance.shuffle(server)
    chance.shuffle(browser)
    assert seen(InterviewRows(tuple(server), tuple(browser), rows.frames), 20) == seen(rows, 20)


def test_two_rows_that_claim_one_place_and_differ_are_both_worthless() -> None:
    rows = Call().rows()
    victim = next(row for row in rows.server if row.leg is F and row.at_ms == T0 + 20_000)
    timeline = seen(replace(rows, server=(*rows.server, replace(victim, speech_ms=1.0))))
    assert not timeline.streams[ANSWER][20].known
    assert [problem.kind for problem in timeline.problems] == ["conflicting_rows"]


SHARE = st.floats(0, 1)


@PROPERTY
@given(SHARE, SHARE)
def test_the_audio_band_is_monotone_in_concealment(one: float, two: float) -> None:
    better, worse = sorted((one, two))
    assert ORDER.index(audio_band(better, SHIPPED)) <= ORDER.index(audio_band(worse, SHIPPED))


@PROPERTY
@given(st.floats(0, 60), st.floats(0, 60), st.floats(0, 9_000), st.floats(0, 9_000))
def test_the_video_band_is_monotone_in_rate_and_gap(fps: float, fps2: float, gap: float, gap2: float) -> None:
    better = video_band(max(fps, fps2), min(gap, gap2), SHIPPED)
    worse = video_band(min(fps, fps2), max(gap, gap2), SHIPPED)
    assert ORDER.index(better) <= ORDER.index(worse)


@PROPERTY
@given(st.floats(0, 9_000), st.floats(0, 9_000))
def test_the_delay_band_is_monotone(one: float, two: float) -> None:
    better, worse = sorted((one, two))
    assert ORDER.index(delay_band(better, SHIPPED)) <= ORDER.index(delay_band(worse, SHIPPED))


@pytest.mark.parametrize("odd", [float("nan"), float("inf")])
def test_odd_numbers_fall_into_the_worst_band(odd: float) -> None:
    assert audio_band(odd, SHIPPED) is Band.BAD
    assert video_band(float("nan"), odd, SHIPPED) is Band.BAD
    assert delay_band(odd, SHIPPED) is Band.BAD


def test_band_edges_belong_to_the_better_band() -> None:
    assert audio_band(SHIPPED.audio_fair_max, SHIPPED) is Band.FAIR
    assert video_band(SHIPPED.video_good_min_fps, SHIPPED.video_good_max_age_ms, SHIPPED) is Band.GOOD
    assert delay_band(SHIPPED.delay_poor_max_ms, SHIPPED) is Band.POOR


@PROPERTY
@given(st.lists(st.tuples(st.integers(0, 19), st.floats(0, 1), st.floats(0, 1)), max_size=6))
def test_figures_stay_within_their_ranges(damage: list[tuple[int, float, float]]) -> None:
    call = Call(20)
    for at, up, down in damage:
        call.uplink_loss(F, at, at + 2, up).downlink_loss(I, at, at + 3, down)
    timeline = seen(call, 20)
    for second in timeline.streams[ANSWER] + timeline.streams[PICTURE]:
        assert bounded(second)
    for leg in timeline.legs[F] + timeline.legs[I]:
        assert 0 <= leg.uplink_loss <= 1 and 0 <= leg.downlink_loss <= 1


def bounded(second: StreamSecond) -> bool:
    within = second.concealment is None or 0 <= second.concealment <= 1
    return within and (second.frozen_ms is None or 0 <= second.frozen_ms <= 1_000)
