"""Conclusive or not, from raw rows through the one public door."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.core.interviews import CITY, HEAR, PLAN, PROFILE, SECONDS, SPEAK, call, decide, interview, run, runs
from tests.core.rows import T0, Call, F, I, cant_hear, telemetry
from verifier.core.assessment import assess, find, timeline_of
from verifier.core.model import Answer, EndCause, Flag, FlagId, FlagKind, InterviewId, ItemRun
from verifier.core.policy import SHIPPED
from verifier.core.reasons import ReasonCode
from verifier.core.samples import InterviewRows
from verifier.core.verdicts import Fault


def again(asked: tuple[ItemRun, ...], *more: ItemRun) -> tuple[ItemRun, ...]:
    return (*asked, *more)


def later(seconds: int = 40) -> Call:
    """A clean call with time left to ask again."""
    return Call(SECONDS + seconds)


def test_a_clean_interview_is_conclusive_and_consistent() -> None:
    findings, assessment = decide(call())
    assert assessment.conclusive and assessment.all_consistent and assessment.reasons == ()
    assert assessment.bad_share_live == assessment.bad_share_relied == 0.0
    assert assessment.blame.fault is None and assessment.live_seconds == SECONDS
    assert all(finding.admissible for finding in findings.values()) and len(findings) == len(PLAN)


def test_an_adverse_answer_on_a_good_link_is_conclusive_but_not_consistent() -> None:
    _, assessment = decide(call(), runs(city=Answer.INCONSISTENT))
    assert assessment.conclusive and not assessment.all_consistent
    assert assessment.adverse_items == (CITY.key,) and assessment.disputed_items == ()


def test_an_adverse_answer_on_a_bad_link_is_nothing() -> None:
    _, assessment = decide(call().uplink_loss(I, 20, 45, 0.4), runs(city=Answer.INCONSISTENT))
    assert not assessment.conclusive and assessment.adverse_items == () and not assessment.all_consistent


def test_a_consistent_run_even_an_inadmissible_one_takes_the_adverse_away() -> None:
    damaged = later().uplink_loss(F, SECONDS + 2, SECONDS + 16, 0.4)
    asked = again(runs(city=Answer.INCONSISTENT), run(CITY, SECONDS + 2, SECONDS + 14, number=2))
    findings, assessment = decide(damaged, asked)
    assert not findings["run_identity.city_2"].admissible
    assert assessment.adverse_items == () and assessment.disputed_items == (CITY.key,)
    assert assessment.conclusive and not assessment.all_consistent


def test_a_damaged_asking_that_is_repeated_after_recovery_is_conclusive() -> None:
    damaged = later().uplink_loss(F, 30, 36, 0.4)
    spoiled = runs(city=Answer.NOT_HEARD)
    findings, first = decide(damaged, spoiled)
    assert not findings["run_identity.city_1"].admissible and not first.conclusive
    _, second = decide(damaged, again(spoiled, run(CITY, SECONDS + 2, SECONDS + 14, number=2)))
    assert second.conclusive and second.all_consistent


def test_an_interviewer_whose_link_was_bad_all_along_is_named() -> None:
    _, assessment = decide(call().uplink_loss(I, 0, 90, 0.3).downlink_loss(I, 0, 90, 0.3))
    assert not assessment.conclusive and assessment.blame.side is I
    assert ReasonCode.INTERVIEWER_FAULT in assessment.reasons
    assert assessment.reasons[0].startswith("media.audio_interviewer")
    assert assessment.reasons[-1] == ReasonCode.CHECKLIST_INCOMPLETE


def test_a_moment_of_the_server_does_not_stand_before_the_leg_that_was_bad_all_along() -> None:
    _, assessment = decide(call().uplink_loss(I, 0, SECONDS, 0.4).set(I, 30, 33, lag_ms=300.0))
    assert assessment.blame.fault is Fault.INTERVIEWER_UPLINK
    assert assessment.reasons[0] != ReasonCode.SERVER_FAULT


def test_a_late_event_loop_is_not_blamed_for_packets_that_a_link_lost() -> None:
    lossy = call().uplink_loss(I, 0, SECONDS, 0.4).set(I, 0, SECONDS, lag_ms=80.0)
    _, assessment = decide(lossy)
    assert assessment.blame.fault is Fault.INTERVIEWER_UPLINK


def test_nobody_is_blamed_for_a_conclusive_interview() -> None:
    _, assessment = decide(call().uplink_loss(F, SECONDS - 2, SECONDS, 0.6))
    assert assessment.bad_share_live > 0
    assert assessment.conclusive and assessment.blame.fault is None


@pytest.mark.parametrize("cause", [EndCause.QUALITY_ABORT, EndCause.FREELANCER_LEFT, EndCause.COMPLETED])
def test_a_bad_second_now_and_then_names_nobody_where_it_is_not_why_the_call_is_inconclusive(cause: EndCause) -> None:
    about, once = interview(end_cause=cause), call().uplink_loss(F, SECONDS - 4, SECONDS - 2, 0.6)
    asked = runs()[:-2]
    _, assessment = decide(once, asked, about=about)
    assert not assessment.conclusive and assessment.bad_share_live > 0
    assert assessment.blame.fault is None, "an interviewer who stops early strikes nobody's link"
    _, assessment = decide(call().uplink_loss(F, SECONDS - 20, SECONDS, 0.6), asked, about=about)
    assert assessment.blame.side is F, "it was bad when somebody gave up"


def test_a_server_at_its_limit_is_named() -> None:
    _, assessment = decide(call().uplink_loss(F, 0, 90, 0.3).set(I, 0, 90, lag_ms=200.0, udp_drops=9))
    assert assessment.blame.fault is Fault.SERVER and assessment.reasons[0] == ReasonCode.SERVER_FAULT


@pytest.mark.parametrize("missing", PLAN[:-1])
def test_every_mandatory_item_must_have_been_asked(missing) -> None:  # type: ignore[no-untyped-def]
    _, assessment = decide(call(), tuple(r for r in runs() if r.item_key != missing.key))
    assert not assessment.conclusive and assessment.reasons == (ReasonCode.CHECKLIST_INCOMPLETE,)


def test_a_skill_item_neither_helps_nor_hinders() -> None:
    without = tuple(r for r in runs() if r.item_key != PROFILE.key)
    assert decide(call(), without)[1].all_consistent
    key = PROFILE.key
    wrong = tuple(replace(r, answer=Answer.INCONSISTENT) if r.item_key == key else r for r in runs())
    _, assessment = decide(call(), wrong)
    assert assessment.all_consistent and assessment.adverse_items == ()


def test_a_code_counts_only_when_it_was_understood() -> None:
    _, assessment = decide(call(), runs(hear_interviewer=Answer.NOT_HEARD))
    assert not assessment.conclusive
    assert ReasonCode.COMPREHENSION_NOT_HEARD in assessment.reasons
    _, wrong = decide(call(), runs(hear_freelancer=Answer.INCONSISTENT))
    assert not wrong.conclusive and wrong.adverse_items == ()


def test_a_new_round_of_codes_is_mandatory_like_the_first() -> None:
    more = replace(HEAR, key=f"{HEAR.key}.2", round=2)
    _, assessment = decide(later(), plan=(*PLAN, more))
    assert not assessment.conclusive
    _, answered = decide(later(), again(runs(), run(more, SECONDS + 2, SECONDS + 14)), plan=(*PLAN, more))
    assert answered.conclusive


def test_answers_other_than_consistent_are_conclusive_but_not_consistent() -> None:
    _, assessment = decide(call(), runs(city=Answer.DECLINED))
    assert assessment.conclusive and not assessment.all_consistent and assessment.adverse_items == ()


def test_one_press_of_the_button_voids_the_asking() -> None:
    _, assessment = decide(call(), flags=(cant_hear(33),))
    assert not assessment.conclusive
    assert assessment.reasons[0] == ReasonCode.COMPREHENSION_REPORTED


def test_a_telemetry_flag_makes_it_inconclusive_whatever_else_holds() -> None:
    _, assessment = decide(call(), flags=(telemetry(1),))
    assert not assessment.conclusive and assessment.reasons[0] == ReasonCode.METRICS_DISPUTED


def test_a_telemetry_flag_outweighs_findings_that_were_admitted_before_it() -> None:
    rows, about = call().rows(), interview()
    timeline = timeline_of(about, rows, SHIPPED)
    findings = find(PLAN, runs(), (), timeline, rows, SHIPPED)
    assert assess(about, PLAN, runs(), findings, timeline, (), SHIPPED).conclusive
    assert not assess(about, PLAN, runs(), findings, timeline, (telemetry(),), SHIPPED).conclusive


def test_disputed_rows_make_it_inconclusive_without_any_flag() -> None:
    rows = call().rows()
    forged = replace(rows, browser=(*rows.browser, replace(rows.browser[40], client_ms=1.0)))
    _, assessment = decide(forged)
    assert not assessment.conclusive and assessment.reasons[0] == ReasonCode.METRICS_DISPUTED


def test_a_fraud_flag_never_touches_conclusiveness() -> None:
    fraud = Flag(FlagId("fl_9"), interview().id, FlagKind.FRAUD, T0 + 30_000, I, "odd light")
    assert decide(call(), flags=(fraud,)) == decide(call())


def test_more_than_thirty_percent_bad_live_time_is_inconclusive() -> None:
    pause = later(60).uplink_loss(F, SECONDS + 5, SECONDS + 58, 0.5)
    _, assessment = decide(pause)
    assert not assessment.conclusive and assessment.bad_share_live > 0.3
    assert assessment.reasons == (ReasonCode.MEDIA_AUDIO_FREELANCER_UPLINK, ReasonCode.MEDIA_VIDEO_FREELANCER_UPLINK)


def test_more_than_ten_percent_bad_seconds_in_the_windows_is_inconclusive() -> None:
    damaged = call()
    for begin in range(6, 72, 11):
        damaged.set(I, begin + 3, begin + 5, concealed=0.12).set(F, begin + 3, begin + 5, concealed=0.12)
        damaged.set(F, begin + 7, begin + 8, concealed=0.12).set(I, begin + 7, begin + 8, concealed=0.12)
    tight = replace(SHIPPED, version="tight", max_bad_share_relied=0.02)
    findings, assessment = decide(damaged, policy=tight)
    counted = all(f.admissible for f in findings.values())
    assert counted and assessment.bad_share_relied > 0.02 and not assessment.conclusive
    assert assessment.reasons == (ReasonCode.MEDIA_AUDIO_UNCLEAR,)


def test_the_best_asking_of_an_item_is_relied_on() -> None:
    damaged = later().set(I, 33, 36, concealed=0.12)
    both = again(runs(), run(CITY, SECONDS + 2, SECONDS + 14, number=2))
    assert decide(damaged, both)[1].bad_share_relied <= decide(damaged)[1].bad_share_relied


def test_a_call_that_was_never_live_is_inconclusive() -> None:
    about = replace(interview(), live_ms=None)
    findings, assessment = decide(call(), about=about)
    assert not assessment.conclusive and assessment.live_seconds == 0
    assert assessment.reasons[0] == ReasonCode.MEDIA_NEVER_CONNECTED
    assert not any(finding.admissible for finding in findings.values())


@pytest.mark.parametrize("ended_ms", [None, T0, T0 - 5, T0 + 999])
def test_a_call_without_a_live_second_is_inconclusive(ended_ms: int | None) -> None:
    _, assessment = decide(call(), about=replace(interview(), ended_ms=ended_ms))
    assert not assessment.conclusive and assessment.live_seconds == 0


def test_an_empty_checklist_proves_nothing() -> None:
    assert not decide(call(), (), plan=())[1].conclusive
    assert not decide(call(), (), plan=(PROFILE,))[1].conclusive


@pytest.mark.parametrize(
    ("cause", "reason"),
    [
        (EndCause.TECHNICAL_ABORT, ReasonCode.MEDIA_DISCONNECTED),
        (EndCause.SERVER_LOST, ReasonCode.SERVER_FAULT),
    ],
)
def test_a_broken_end_is_named(cause: EndCause, reason: ReasonCode) -> None:
    _, assessment = decide(call(), runs()[:3], about=interview(end_cause=cause))
    assert assessment.reasons[0] == reason


def test_rows_runs_and_flags_of_another_interview_do_not_count() -> None:
    other = InterviewId("iv_2")
    rows = call().rows()
    foreign = InterviewRows(
        tuple(replace(row, interview_id=other) for row in rows.server),
        tuple(replace(row, interview_id=other) for row in rows.browser),
        tuple(replace(frame, interview_id=other) for frame in rows.frames),
    )
    assert not decide(foreign)[1].conclusive
    assert not decide(call(), tuple(replace(r, interview_id=other) for r in runs()))[1].conclusive
    assert decide(call(), flags=(replace(telemetry(), interview_id=other),))[1].conclusive


def test_a_run_of_no_planned_item_is_left_out() -> None:
    findings, _ = decide(call(), (*runs(), replace(run(CITY, 10, 20), item_key="identity.shoe_size", number=9)))
    assert all(finding.item_key in {item.key for item in PLAN} for finding in findings.values())


def test_the_last_asking_needs_its_padding_measured() -> None:
    early = interview(seconds=71)
    rows = call().rows()
    cut = InterviewRows(
        tuple(row for row in rows.server if row.at_ms <= T0 + 71_000),
        tuple(row for row in rows.browser if row.received_ms <= T0 + 71_000),
        rows.frames,
    )
    last = (*runs()[:5], run(SPEAK, 60, 70.9, number=2))
    findings, _ = decide(cut, last, about=early)
    assert not findings["run_comprehension.hear_freelancer_2"].admissible


def test_the_same_rows_give_the_same_verdict() -> None:
    assert decide(call().uplink_loss(F, 20, 30, 0.3)) == decide(call().uplink_loss(F, 20, 30, 0.3))
    assert repr(decide(call())) == repr(decide(call()))
