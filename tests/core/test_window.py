"""When the window of one asking is good enough, and the reasons when it is not."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.core.interviews import CITY, still
from tests.core.rows import T0, Call, F, I, cant_hear, only, telemetry
from verifier.core.model import Flag, Need
from verifier.core.policy import SHIPPED
from verifier.core.quality.perception import perceive
from verifier.core.quality.window import Preview, Standing, WindowQuality, judge, preview
from verifier.core.reasons import ReasonCode
from verifier.core.samples import InterviewRows, Stream, TrackState

SPEECH = (Need.AUDIO_ASK, Need.AUDIO_ANSWER)
LOOK = (Need.VIDEO_FACE,)
GESTURE = (Need.VIDEO_GESTURE,)


def judged(
    source: Call | InterviewRows,
    needs: tuple[Need, ...] = SPEECH,
    begin: float = 10,
    end: float = 22,
    flags: tuple[Flag, ...] = (),
) -> WindowQuality:
    rows = source.rows() if isinstance(source, Call) else source
    timeline = perceive(rows, T0, T0 + 60_000, SHIPPED)
    return judge(timeline, T0 + round(1_000 * begin), T0 + round(1_000 * end), needs, flags, rows.frames, SHIPPED)


def failed(quality: WindowQuality) -> set[str]:
    return {figure.test for figure in quality.figures if not figure.passed}


@pytest.mark.parametrize("needs", [SPEECH, LOOK, GESTURE, (*SPEECH, *LOOK, *GESTURE)])
def test_a_clean_window_is_admissible_with_every_figure_behind_it(needs: tuple[Need, ...]) -> None:
    quality = judged(Call(), needs)
    assert quality.admissible and quality.reasons == () and quality.bad_seconds == ()
    assert {figure.test for figure in quality.figures} <= set(SHIPPED.tests)
    assert len(quality.relied_seconds) == 14


def test_every_test_of_the_policy_stands_in_the_figures_of_a_window_that_needs_all() -> None:
    rows, timeline = Call().rows(), perceive(Call().rows(), T0, T0 + 60_000, SHIPPED)
    needs = (*SPEECH, *LOOK, *GESTURE, Need.STILL)
    quality = judge(timeline, T0 + 10_000, T0 + 22_000, needs, (), rows.frames, SHIPPED, [still(CITY, 12)])
    assert {figure.test for figure in quality.figures} == set(SHIPPED.tests) - {"duration"}, "which findings.admit adds"


@pytest.mark.parametrize(("begin", "end"), [(10, 10), (12, 10)])
def test_an_empty_or_inverted_window_is_inadmissible(begin: float, end: float) -> None:
    quality = judged(Call(), begin=begin, end=end)
    assert not quality.admissible and quality.reasons == (ReasonCode.METRICS_MISSING,)


def test_a_window_that_needs_nothing_proves_nothing() -> None:
    assert not judged(Call(), ()).admissible


@pytest.mark.parametrize(("begin", "end"), [(50, 59.5), (50, 62), (0.5, 12), (-5, 12)])
def test_a_window_that_reaches_past_the_known_rows_is_inadmissible(begin: float, end: float) -> None:
    assert not judged(Call(60), begin=begin, end=end).admissible


def test_a_long_window_may_not_end_in_an_unknown_second() -> None:
    rows = Call().rows()
    until = T0 + 57_000
    cut = InterviewRows(
        tuple(row for row in rows.server if row.at_ms <= until),
        tuple(row for row in rows.browser if row.received_ms <= until + 500),
        rows.frames,
    )
    timeline = perceive(cut, T0, T0 + 60_000, SHIPPED)
    args = ((Need.AUDIO_ASK,), (), rows.frames, SHIPPED)
    assert not judge(timeline, T0 + 10_000, T0 + 57_000, *args).admissible
    assert judge(timeline, T0 + 10_000, T0 + 55_000, *args).admissible


@pytest.mark.parametrize(
    ("damage", "reason"),
    [
        (lambda c: c.uplink_loss(F, 12, 18, 0.3), ReasonCode.MEDIA_AUDIO_FREELANCER_UPLINK),
        (lambda c: c.downlink_loss(F, 12, 18, 0.3), ReasonCode.MEDIA_AUDIO_FREELANCER_DOWNLINK),
        (lambda c: c.uplink_loss(I, 12, 18, 0.3), ReasonCode.MEDIA_AUDIO_INTERVIEWER_UPLINK),
        (lambda c: c.downlink_loss(I, 12, 18, 0.3), ReasonCode.MEDIA_AUDIO_INTERVIEWER_DOWNLINK),
        (lambda c: c.set(I, 12, 18, concealed=0.3), ReasonCode.MEDIA_AUDIO_UNCLEAR),
        (lambda c: c.uplink_loss(F, 10, 22, 0.3).downlink_loss(I, 10, 22, 0.3), ReasonCode.MEDIA_AUDIO_BOTH),
        (lambda c: c.uplink_loss(F, 12, 18, 0.3).set(I, 5, 25, udp_drops=5), ReasonCode.SERVER_FAULT),
        (lambda c: c.mute(F, 14, 20), ReasonCode.DEVICE_MICROPHONE),
        (lambda c: c.mute(I, 14, 20), ReasonCode.DEVICE_INTERVIEWER_MICROPHONE),
        (lambda c: c.reconnect(I, 12, 14), ReasonCode.MEDIA_DISCONNECTED),
        (lambda c: c.withhold(I, 12, 18), ReasonCode.METRICS_MISSING),
        (lambda c: c.set(F, 15, 16, rtt_ms=1_500.0), ReasonCode.MEDIA_DELAY),
        (lambda c: c.silence(F, 8, 24), ReasonCode.MEDIA_NO_SPEECH),
        (lambda c: c.set(I, 9, 24, level_dbov=-70.0), ReasonCode.MEDIA_AUDIO_UNCLEAR),
    ],
)
def test_a_damaged_voice_names_medium_and_side(damage, reason: ReasonCode) -> None:  # type: ignore[no-untyped-def]
    quality = judged(damage(Call()))
    assert not quality.admissible
    assert reason in quality.reasons


@pytest.mark.parametrize(
    ("damage", "reason"),
    [
        (lambda c: c.uplink_loss(F, 12, 18, 0.6), ReasonCode.MEDIA_VIDEO_FREELANCER_UPLINK),
        (lambda c: c.downlink_loss(I, 12, 18, 0.6), ReasonCode.MEDIA_VIDEO_INTERVIEWER_DOWNLINK),
        (lambda c: c.set(F, 12, 20, camera_fps=2.0), ReasonCode.DEVICE_FREELANCER),
        (lambda c: c.set(I, 12, 20, fps_cap=2.0, visible=False), ReasonCode.DEVICE_INTERVIEWER),
        (lambda c: c.set(F, 12, 20, video_track=TrackState.MUTED), ReasonCode.DEVICE_CAMERA),
    ],
)
def test_a_damaged_picture_names_medium_and_side(damage, reason: ReasonCode) -> None:  # type: ignore[no-untyped-def]
    quality = judged(damage(Call()), LOOK)
    assert not quality.admissible
    assert reason in quality.reasons


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"luma": 20.0}, ReasonCode.MEDIA_LIGHT),
        ({"luma": 240.0}, ReasonCode.MEDIA_LIGHT),
        ({"luma": float("nan")}, ReasonCode.MEDIA_LIGHT),
        ({"sharpness": 0.001}, ReasonCode.MEDIA_BLURRED),
        ({"face_px": 40}, ReasonCode.MEDIA_FACE_NOT_VISIBLE),
        ({"face_px": None}, ReasonCode.MEDIA_FACE_NOT_VISIBLE),
    ],
)
def test_unusable_frames_say_why(change: dict[str, float], reason: ReasonCode) -> None:
    quality = judged(Call(**change), LOOK)  # type: ignore[arg-type]
    assert failed(quality) == {"usable_frames"} and quality.reasons == (reason,)


def test_repeated_frames_are_a_frozen_camera() -> None:
    rows = Call().rows()
    frozen = replace(rows, frames=tuple(replace(frame, repeated=True) for frame in rows.frames))
    assert judged(frozen, LOOK).reasons == (ReasonCode.DEVICE_CAMERA,)


def test_frames_of_another_moment_do_not_count() -> None:
    rows = Call().rows()
    later = replace(rows, frames=tuple(f for f in rows.frames if f.at_ms >= T0 + 24_000))
    assert judged(later, LOOK).reasons == (ReasonCode.METRICS_MISSING,)


def test_a_gesture_needs_no_face_in_every_frame_but_more_of_them() -> None:
    assert judged(Call(face_px=None), GESTURE).admissible
    slow = Call().set(I, 5, 30, fps_cap=10.0)
    assert judged(slow, LOOK).admissible and failed(judged(slow, GESTURE)) >= {"video_fps"}


def test_a_freeze_of_three_quarters_of_a_second_spoils_a_gesture_only() -> None:
    rows = Call().rows()
    # one frame interval of 0.75 s instead of eleven of 1/15 s in the row of second 15
    hitch = tuple(
        row
        if row.leg is not I or row.received_ms < T0 + 16_000
        else replace(
            row,
            video=replace(
                row.video,
                frames_decoded=(row.video.frames_decoded or 0) - 10,
                total_squared_inter_frame_delay_s2=(row.video.total_squared_inter_frame_delay_s2 or 0) + 0.75**2 - 0.05,
            ),
        )
        for row in rows.browser
    )
    damaged = replace(rows, browser=hitch)
    assert judged(damaged, LOOK).admissible
    assert "video_gap" in failed(judged(damaged, GESTURE))


@pytest.mark.parametrize(("at", "voided"), [(9.2, True), (22.9, True), (15, True), (8, False), (24.5, False)])
def test_a_cant_hear_within_the_padded_window_voids_it(at: float, voided: bool) -> None:
    quality = judged(Call(), flags=(cant_hear(at),))
    assert quality.admissible is not voided
    assert (ReasonCode.COMPREHENSION_REPORTED in quality.reasons) is voided


def test_disputed_figures_fail_every_window() -> None:
    assert judged(Call(), flags=(telemetry(55),)).reasons == (ReasonCode.METRICS_DISPUTED,)


def test_damage_in_a_direction_that_is_not_needed_does_not_matter() -> None:
    call = Call().downlink_loss(F, 10, 22, 0.5)
    assert judged(call, (Need.AUDIO_ANSWER,)).admissible
    assert not judged(call, (Need.AUDIO_ASK,)).admissible


def test_one_short_swallowed_word_is_enough() -> None:
    call = Call().set(I, 19, 20, concealed=0.19).set(I, 20, 21, concealed=0.15)
    assert failed(judged(call)) == {"audio_concealment_run"}


def test_the_worst_second_cannot_hide_in_the_mean() -> None:
    quality = judged(Call().set(I, 19, 20, concealed=0.25), begin=10, end=50)
    assert failed(quality) == {"audio_worst_second"}


def test_concealment_where_nobody_speaks_does_not_matter() -> None:
    call = Call().silence(F, 20, 40).set(I, 24, 32, concealed=0.5)
    assert judged(call, (Need.AUDIO_ANSWER,), begin=10, end=38).admissible


def test_settling_anywhere_in_the_window_is_too_early() -> None:
    assert failed(judged(Call().reconnect(F, 4, 8), begin=11, end=22)) >= {"settling"}


@pytest.mark.parametrize("field", ["audio__total_audio_energy", "audio__jitter_buffer_emitted"])
def test_a_test_without_its_field_never_passes(field: str) -> None:
    assert not judged(only(Call().rows(), I, **{field: None})).admissible


def test_freeze_counters_are_needed_for_gestures_alone() -> None:
    rows = only(Call().rows(), I, video__total_freezes_duration_s=None)
    assert judged(rows, LOOK).admissible
    assert failed(judged(rows, GESTURE)) == {"video_frozen"}


def test_bad_seconds_are_told_by_their_moment() -> None:
    quality = judged(Call().uplink_loss(F, 15, 16, 1.0), (Need.AUDIO_ANSWER,))
    assert T0 + 15_000 in quality.bad_seconds and T0 + 12_000 not in quality.bad_seconds


# ---------------------------------------------------------------- preview


def previewed(call: Call, now_s: float, needs: tuple[Need, ...] = SPEECH, flags: tuple[Flag, ...] = ()) -> Preview:
    """What the interviewer sees at a moment, from the rows that have come by then."""
    rows = call.rows()
    now = T0 + round(1_000 * now_s)
    so_far = InterviewRows(
        tuple(row for row in rows.server if row.at_ms <= now),
        tuple(row for row in rows.browser if row.received_ms <= now),
        tuple(frame for frame in rows.frames if frame.at_ms <= now),
    )
    return preview(perceive(so_far, T0, now, SHIPPED), T0 + 10_000, now, needs, flags, so_far.frames, SHIPPED)


def test_an_open_asking_is_never_blamed_for_rows_that_cannot_have_come() -> None:
    for tenth in range(105, 300, 7):
        assert previewed(Call(40), tenth / 10).standing is not Standing.ASK_AGAIN, tenth


def test_an_open_asking_waits_for_both_voices() -> None:
    assert previewed(Call(), 12).standing is Standing.TOO_EARLY
    assert previewed(Call(), 25).standing is Standing.GOOD_SO_FAR


def test_an_open_asking_is_to_be_repeated_as_soon_as_it_cannot_count() -> None:
    view = previewed(Call().uplink_loss(F, 14, 18, 0.5), 19)
    assert view.standing is Standing.ASK_AGAIN
    assert view.reasons == (ReasonCode.MEDIA_AUDIO_FREELANCER_UPLINK,)


def test_an_open_asking_hears_the_button_at_once() -> None:
    assert previewed(Call(), 14, flags=(cant_hear(13.9),)).standing is Standing.ASK_AGAIN


def test_an_open_asking_without_rows_is_to_be_repeated() -> None:
    assert previewed(Call().withhold(I, 12, 40), 18).standing is Standing.ASK_AGAIN


def test_streams_are_named_in_the_figures() -> None:
    streams = {figure.stream for figure in judged(Call(), SPEECH).figures}
    assert streams == {Stream.AUDIO_FROM_FREELANCER, Stream.AUDIO_FROM_INTERVIEWER, None}
