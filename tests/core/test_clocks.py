"""Every promise is a clock, and the same one for everybody."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from tests.contract.failed_case import answer, appeal
from tests.core import failures
from verifier.core import decision
from verifier.core.appeal import AppealOutcome
from verifier.core.clocks import ESCALATED, OURS, CaseFacts, ClockKind, clocks
from verifier.core.decision import superseding
from verifier.core.model import VerificationStatus
from verifier.core.policy import SHIPPED
from verifier.core.proposal import WindowStop

FAILED = decision.failed(failures.failure(), None)
S = VerificationStatus


def facts(**other: Any) -> CaseFacts:
    values: dict[str, Any] = {
        "verification_id": "vf_1",
        "status": S.IN_REVIEW,
        "last_interview": failures.CALL,
        "conclusive": True,
        "proposals": (),
        "decisions": (),
        "appeals": (),
        "effects": (),
        "decision_delivered_ms": None,
    }
    return CaseFacts(**(values | other))


def kinds(given: CaseFacts, now_ms: int = failures.ENDED_MS) -> dict[ClockKind, int]:
    return {clock.kind: clock.due_ms for clock in clocks(given, SHIPPED, now_ms)}


def test_a_conclusive_interview_is_decided_within_its_time() -> None:
    assert kinds(facts()) == {ClockKind.DECIDE: failures.ENDED_MS + SHIPPED.decide_within_ms}
    assert kinds(facts(conclusive=False, status=S.RETRY_OFFERED)) == {}
    assert kinds(facts(status=S.COMPLETED)) == {}


def test_a_proposal_runs_from_reaching_him_over_his_answer_to_the_second_word() -> None:
    given = facts(status=S.AWAITING_RESPONSE, proposals=(failures.record(),))
    reaching = kinds(given, failures.PROPOSED_MS)
    assert reaching == {ClockKind.REACH_FREELANCER: failures.PROPOSED_MS + SHIPPED.confirm_within_ms}
    assert kinds(given, failures.OPENED_MS) == {ClockKind.RESPOND: failures.CLOSES_MS}
    confirming = kinds(given, failures.CLOSES_MS)
    assert confirming == {ClockKind.CONFIRM: failures.CLOSES_MS + SHIPPED.confirm_within_ms}


def test_a_bounce_starts_the_clock_of_reaching_him_anew() -> None:
    bounced = failures.record(stops=(WindowStop(failures.PROPOSAL, 1, failures.OPENED_MS + 5),))
    found = kinds(facts(proposals=(bounced,)), failures.OPENED_MS + 6)
    assert found == {ClockKind.REACH_FREELANCER: failures.OPENED_MS + 5 + SHIPPED.confirm_within_ms}


def test_an_open_appeal_and_the_time_to_appeal_are_clocks_of_their_own() -> None:
    given = facts(
        status=S.COMPLETED,
        decisions=(FAILED,),
        appeals=((appeal(), None),),
        decision_delivered_ms=FAILED.at_ms + 1_000,
    )
    assert kinds(given) == {
        ClockKind.ANSWER_APPEAL: appeal().opened_ms + SHIPPED.appeal_answer_within_ms,
        ClockKind.APPEAL: FAILED.at_ms + 1_000 + SHIPPED.appeal_window_ms,
    }
    assert ClockKind.ANSWER_APPEAL not in kinds(replace(given, appeals=((appeal(), answer()),)))


def test_after_a_failure_was_taken_back_the_platform_has_a_clock() -> None:
    case = decision.Case(FAILED.verification_id, FAILED.at_ms + 5)
    assessment = failures.scene().assessment
    after = superseding(assessment, (), FAILED, appeal(), answer(AppealOutcome.OVERTURNED), case)
    assert kinds(facts(status=S.COMPLETED, decisions=(FAILED, after))) == {
        ClockKind.REINSTATE: FAILED.at_ms + 5 + SHIPPED.reinstate_within_ms
    }


def test_a_clock_is_breached_after_its_end_and_the_freelancers_own_never_escalate() -> None:
    (clock,) = clocks(facts(), SHIPPED, failures.ENDED_MS)
    assert not clock.breached(clock.due_ms)
    assert clock.breached(clock.due_ms + 1)
    assert not {ClockKind.RESPOND, ClockKind.APPEAL} & ESCALATED
    assert OURS < ESCALATED
