"""The verdict of a device and network check: what is missing, odd or worse never makes it pass."""

from __future__ import annotations

from dataclasses import fields, replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from verifier.core.check import (
    MIN_MEASURED_S,
    RECEIVER,
    SENDER,
    CheckFigures,
    Word,
    judge,
    measure,
)
from verifier.core.gate import WITHDRAWN, Gate, GateState, gate
from verifier.core.model import DeviceCheck, InterviewId, PersonId, Role, StaffRole, Training
from verifier.core.policy import SHIPPED
from verifier.core.samples import (
    BrowserAudio,
    BrowserSource,
    BrowserVideo,
    ConnectionState,
    ReceiverReport,
    RtpCounters,
    ServerSample,
    TrackState,
)

GOOD = CheckFigures(40.0, 0.0, 0.0, 5.0, 700.0, 0.001, 25.0, 640, 480, -20.0)
LIVE = BrowserSource(audio_track=TrackState.LIVE, video_track=TrackState.LIVE)
AUDIO = BrowserAudio(total_samples_received=480_000, concealed_samples=480)
VIDEO = BrowserVideo(frames_decoded=250, total_inter_frame_delay_s=10.0, frame_width=640, frame_height=480)
TRAINED = Training(PersonId("per_anna"), StaffRole.INTERVIEWER, 0, 2 * SHIPPED.check_valid_ms)
SETTLED_S = SHIPPED.settling_ms // 1_000 + 1


def second(leg: Role, n: int, **other: object) -> ServerSample:
    """Second ``n`` of a leg on a good link, connected at second 0."""
    report = ReceiverReport(9, 0.0, 0, 2.0, 300.0)
    sample = ServerSample(
        interview_id=InterviewId("chk_1"),
        leg=leg,
        generation=1,
        sequence=n,
        at_ms=1_000 * n,
        connection=ConnectionState.CONNECTED,
        connected_ms=0,
        audio=RtpCounters(ssrc=1, received=50 * n, expected=50 * n, bytes=4_000 * n, jitter_ms=3.0),
        video=RtpCounters(ssrc=2, received=80 * n, expected=80 * n, bytes=80_000 * n),
        speech_ms=900.0,
        level_dbov=-25.0,
        sent_audio_packets=50 * n,
        sent_video_packets=80 * n,
        sent_retransmissions=0,
        report_audio=report,
        report_video=report,
        rtt_ms=50.0 if leg is SENDER else 60.0,
        silence_ms=0.0,
        uplink_estimate_bps=None,
        downlink_estimate_bps=None,
        loop_lag_ms=1.0,
        udp_drops=0,
    )
    return replace(sample, **other)  # type: ignore[arg-type]


def call(seconds: int = 15, **other: object) -> list[ServerSample]:
    """Both legs of a check."""
    return [second(leg, n, **other) for n in range(1, seconds + 1) for leg in (SENDER, RECEIVER)]


def figures(rows: list[ServerSample]) -> CheckFigures:
    return measure(rows, AUDIO, VIDEO, LIVE, SHIPPED)


def test_a_good_link_is_measured_by_the_server_and_passes() -> None:
    found = figures(call())
    assert found == CheckFigures(60.0, 0.0, 0.0, 3.0, 672.0, 0.001, 25.0, 640, 480, -25.0)
    assert judge(found, LIVE, SHIPPED) == judge(GOOD, LIVE, SHIPPED)
    assert judge(found, LIVE, SHIPPED).passed and not judge(found, LIVE, SHIPPED).problems


@pytest.mark.parametrize("name", [field.name for field in fields(CheckFigures)])
def test_any_missing_figure_fails_the_check(name: str) -> None:
    verdict = judge(replace(GOOD, **{name: None}), LIVE, SHIPPED)
    assert not verdict.passed and verdict.word is Word.POOR and verdict.problems == ("metrics.missing",)


@pytest.mark.parametrize("state", [state for state in TrackState if state is not TrackState.LIVE])
def test_a_device_that_is_not_live_fails_by_name(state: TrackState) -> None:
    assert judge(GOOD, replace(LIVE, video_track=state), SHIPPED).problems == ("device.camera",)
    assert judge(GOOD, replace(LIVE, audio_track=state), SHIPPED).problems == ("device.microphone",)


@pytest.mark.parametrize(
    ("worse", "word", "problem"),
    [
        ({"rtt_ms": 180.0}, Word.GOOD, None),
        ({"rtt_ms": 181.0}, Word.FAIR, "network.rtt"),
        ({"rtt_ms": 681.0}, Word.POOR, "network.rtt"),
        ({"uplink_loss": 0.016}, Word.FAIR, "network.uplink_loss"),
        ({"uplink_loss": 0.031}, Word.POOR, "network.uplink_loss"),
        ({"downlink_loss": 0.031}, Word.POOR, "network.downlink_loss"),
        ({"jitter_ms": 31.0}, Word.POOR, "network.jitter"),
        ({"concealment": 0.05}, Word.FAIR, "media.concealment"),
        ({"concealment": 0.08}, Word.POOR, "media.concealment"),
        ({"fps": 11.9}, Word.FAIR, "media.frame_rate"),
        ({"fps": 7.9}, Word.POOR, "media.frame_rate"),
        ({"audio_level_dbov": -51.0}, Word.POOR, "device.microphone"),
    ],
)
def test_each_limit_of_the_policy_bites(worse: dict[str, float], word: Word, problem: str | None) -> None:
    verdict = judge(replace(GOOD, **worse), LIVE, SHIPPED)  # type: ignore[arg-type]
    assert (verdict.word, verdict.problems) == (word, (problem,) if problem else ())
    assert verdict.passed is (word is not Word.POOR)


def test_too_few_settled_seconds_measure_nothing() -> None:
    enough = SETTLED_S - 1 + MIN_MEASURED_S
    assert figures(call(enough)) != CheckFigures()
    assert figures(call(enough - 1)) == CheckFigures()
    assert figures([row for row in call() if row.leg is SENDER]) == CheckFigures(), "one leg is no call"
    assert figures(call(15, connection=ConnectionState.DISCONNECTED)) == CheckFigures()
    assert figures(call(15, connected_ms=None)) == CheckFigures()


def test_counters_are_never_subtracted_across_two_streams() -> None:
    rows = call()
    changed = [
        replace(row, audio=replace(row.audio, ssrc=77)) if row.leg is SENDER and row.sequence > 10 else row
        for row in rows
    ]
    found = figures(changed)
    assert found.uplink_loss is None and found.uplink_kbps is None


def test_loss_is_counted_where_it_happened() -> None:
    up = [
        replace(row, audio=replace(row.audio, received=row.audio.expected * 9 // 10)) if row.leg is SENDER else row
        for row in call()
    ]
    told = [
        replace(row, report_audio=replace(row.report_audio, packets_lost=5 * row.sequence))
        if row.leg is RECEIVER
        else row
        for row in up
    ]
    found = figures(told)
    assert found.uplink_loss == pytest.approx(0.1) and found.downlink_loss == 0.0
    own = [
        replace(row, report_video=replace(row.report_video, packets_lost=8 * row.sequence))
        if row.leg is RECEIVER
        else row
        for row in call()
    ]
    assert figures(own).downlink_loss == pytest.approx(8 / 88) and figures(own).uplink_loss == 0.0


def test_the_browsers_round_trip_counts_only_where_the_server_has_none() -> None:
    rows = call(15, rtt_ms=None)
    assert measure(rows, AUDIO, VIDEO, LIVE, SHIPPED).rtt_ms is None
    assert measure(rows, AUDIO, VIDEO, replace(LIVE, rtt_ms=33.0), SHIPPED).rtt_ms == 33.0
    assert measure(call(), AUDIO, VIDEO, replace(LIVE, rtt_ms=1.0), SHIPPED).rtt_ms == 60.0


numbers = st.one_of(st.none(), st.floats(0, 1e6), st.just(float("nan")), st.just(float("inf")))


@given(
    st.builds(
        CheckFigures, numbers, numbers, numbers, numbers, numbers, numbers, numbers, st.just(640), st.just(480), numbers
    ),
    st.sampled_from([field.name for field in fields(CheckFigures)]),
    st.floats(0, 1e6),
)
def test_worse_figures_never_give_a_better_word(found: CheckFigures, name: str, by: float) -> None:
    value = getattr(found, name)
    sign = -1 if name in {"fps", "audio_level_dbov"} else 1
    known = value is not None and name not in {"frame_width", "frame_height"}
    worse = replace(found, **{name: value + sign * by if known and name != "uplink_kbps" else None})
    order = list(Word)
    before, after = judge(found, LIVE, SHIPPED), judge(worse, LIVE, SHIPPED)
    assert order.index(after.word) >= order.index(before.word)
    assert after.passed is (after.word is not Word.POOR)


@given(st.lists(st.sampled_from(call()), max_size=40))
def test_taking_seconds_away_never_passes_without_enough_of_them(rows: list[ServerSample]) -> None:
    ordered = sorted(rows, key=lambda row: row.at_ms)
    settled = [sum(1 for row in rows if row.leg is leg and row.sequence >= SETTLED_S) for leg in (SENDER, RECEIVER)]
    verdict = judge(figures(ordered), LIVE, SHIPPED)
    assert not verdict.passed or min(settled) >= MIN_MEASURED_S


@pytest.mark.parametrize(
    ("check", "later_ms", "state", "until"),
    [
        (None, 0, GateState.NOT_CHECKED, None),
        (DeviceCheck(0, True, {}), SHIPPED.check_valid_ms, GateState.VALID, SHIPPED.check_valid_ms),
        (DeviceCheck(0, True, {}), SHIPPED.check_valid_ms + 1, GateState.EXPIRED, SHIPPED.check_valid_ms),
        (DeviceCheck(0, False, {}), 0, GateState.FAILED, None),
        (DeviceCheck(0, False, {WITHDRAWN: "int_1"}), 0, GateState.AFTER_FAULT, None),
    ],
)
def test_the_gate_opens_for_a_fresh_passed_check_only(
    check: DeviceCheck | None, later_ms: int, state: GateState, until: int | None
) -> None:
    found = gate(check, [TRAINED], later_ms, SHIPPED)
    assert (found.state, found.valid_until_ms) == (state, until)


@pytest.mark.parametrize(
    "trainings",
    [
        [],
        [replace(TRAINED, role=StaffRole.REVIEWER)],
        [replace(TRAINED, valid_until_ms=99)],
        [replace(TRAINED, completed_ms=101)],
    ],
)
def test_the_gate_stays_shut_without_a_current_training(trainings: list[Training]) -> None:
    passed = DeviceCheck(0, True, {})
    assert gate(passed, trainings, 100, SHIPPED) == Gate(GateState.UNTRAINED)
    assert gate(passed, [*trainings, TRAINED], 100, SHIPPED).state is GateState.VALID
