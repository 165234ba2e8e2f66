"""Nothing goes before its time, and everything has one."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.core.keeping import (
    APPEAL_MS,
    DAY_MS,
    DECIDED_MS,
    ENDED_MS,
    HOUR_MS,
    TOLD_MS,
    kept_call,
    kept_case,
    kept_decision,
    verification,
)
from verifier.core.model import EndCause, Result, VerificationStatus
from verifier.core.policy import SHIPPED
from verifier.core.redaction import SENTENCES, objection, require_redactable
from verifier.core.retention import Kept, KeptCase, Rule, due, last_appeal_ms, terms
from verifier.core.verification import CLOSED
from verifier.errors import IllegalState

OPEN = sorted(set(VerificationStatus) - CLOSED)


def term(case: KeptCase, what: Kept, number: int = 1) -> tuple[Rule, int | None]:
    subject = case.verification.id if what is Kept.PERSON else f"int_{number}"
    (found,) = (each for each in terms(case) if (each.what, each.subject_id) == (what, subject))
    return found.rule, found.not_before_ms


def test_stills_of_a_failure_are_kept_until_thirty_days_after_the_appeal_window() -> None:
    assert term(kept_case(), Kept.EVIDENCE) == (Rule.AFTER_APPEAL, TOLD_MS + APPEAL_MS + 30 * DAY_MS)


def test_stills_of_a_verified_case_are_kept_for_thirty_days() -> None:
    assert term(kept_case(Result.VERIFIED), Kept.EVIDENCE) == (Rule.VERIFIED, DECIDED_MS + 30 * DAY_MS)


def test_stills_of_an_inconclusive_call_are_kept_for_seven_days_and_of_a_broken_one_for_three() -> None:
    calls = (kept_call(1, conclusive=False), kept_call(2, conclusive=False, end_cause=EndCause.TECHNICAL_ABORT))
    case = kept_case(Result.INCONCLUSIVE, calls=calls)
    assert term(case, Kept.EVIDENCE, 1) == (Rule.INCONCLUSIVE, ENDED_MS + 7 * DAY_MS)
    assert term(case, Kept.EVIDENCE, 2) == (Rule.ABORTED, ENDED_MS + 72 * HOUR_MS)


def test_stills_of_a_conclusive_call_without_a_result_go_seven_days_after_the_case_was_closed() -> None:
    status = VerificationStatus.ALTERNATIVE_ROUTE
    case = kept_case(Result.NONE, verification=verification(status=status, result=Result.NONE))
    assert term(case, Kept.EVIDENCE) == (Rule.INCONCLUSIVE, DECIDED_MS + 7 * DAY_MS)


@pytest.mark.parametrize("status", OPEN)
def test_while_a_case_is_open_only_stills_of_calls_that_say_nothing_have_a_term(status: VerificationStatus) -> None:
    about = verification(status=status, result=Result.NONE)
    running = kept_call(3, conclusive=False, ended_ms=None)
    case = kept_case(
        Result.NONE, verification=about, calls=(kept_call(1), kept_call(2, conclusive=False), running), decisions=()
    )
    known = [each for each in terms(case) if each.not_before_ms is not None]
    assert [(each.what, each.subject_id) for each in known] == [(Kept.EVIDENCE, "int_2")]
    assert {each.rule for each in terms(case) if each.not_before_ms is None} == {Rule.OPEN}


def test_what_was_measured_and_said_goes_thirty_days_after_the_last_appeal_window() -> None:
    window = (Rule.AFTER_APPEAL, TOLD_MS + APPEAL_MS + 30 * DAY_MS)
    assert term(kept_case(), Kept.SAMPLES) == term(kept_case(Result.INCONCLUSIVE), Kept.SAMPLES) == window
    assert term(kept_case(Result.VERIFIED), Kept.SAMPLES) == (Rule.AFTER_APPEAL, DECIDED_MS + 30 * DAY_MS)


def test_the_window_of_a_failure_that_was_taken_back_still_counts() -> None:
    later = kept_decision(2, Result.VERIFIED, DECIDED_MS + DAY_MS)
    case = kept_case(
        decisions=(kept_decision(), later), verification=verification(result=Result.VERIFIED), closed_ms=later.until_ms
    )
    assert last_appeal_ms(case) == TOLD_MS + APPEAL_MS


def test_while_the_freelancer_was_not_told_no_term_begins() -> None:
    case = kept_case(decisions=(kept_decision(delivered_ms=None),))
    assert {each.rule for each in terms(case)} == {Rule.NOT_REACHED}
    assert due(terms(case), DECIDED_MS + 10_000 * DAY_MS) == ()


def test_who_the_case_is_about_is_kept_for_three_years_and_never_shorter_than_the_appeal_window() -> None:
    assert term(kept_case(), Kept.PERSON) == (Rule.RECORD, DECIDED_MS + 1_096 * DAY_MS)
    hasty = replace(SHIPPED, version="hasty", keep_record_ms=0)
    assert term(kept_case(policy=hasty), Kept.PERSON) == (Rule.RECORD, TOLD_MS + APPEAL_MS)
    assert term(kept_case(awaits_reinstatement=True), Kept.PERSON) == (Rule.NOT_REINSTATED, None)


def test_what_is_gone_has_no_term() -> None:
    gone = kept_call(evidence=False, samples=False)
    assert terms(kept_case(calls=(gone,), verification=verification(redacted_ms=DECIDED_MS))) == ()


@pytest.mark.parametrize(("change", "rule"), [({"held": True}, Rule.HELD), ({"appealed": True}, Rule.APPEALED)])
def test_a_hold_or_an_open_appeal_keeps_everything(change: dict[str, Any], rule: Rule) -> None:
    case = kept_case(calls=(kept_call(1), kept_call(2, conclusive=False)), **change)
    assert {(each.rule, each.not_before_ms) for each in terms(case)} == {(rule, None)}


@given(
    result=st.sampled_from(Result),
    told_ms=st.none() | st.integers(DECIDED_MS, DECIDED_MS + 400 * DAY_MS),
    record_ms=st.integers(0, 2_000 * DAY_MS),
    after_ms=st.integers(30 * DAY_MS, 90 * DAY_MS),
    conclusive=st.booleans(),
)
def test_no_policy_and_no_case_lets_samples_go_before_the_last_appeal_window_and_thirty_days(
    result: Result, told_ms: int | None, record_ms: int, after_ms: int, conclusive: bool
) -> None:
    policy = replace(SHIPPED, version="other", keep_record_ms=record_ms, keep_after_appeal_ms=after_ms)
    decisions = () if result is Result.NONE else (kept_decision(result=result, delivered_ms=told_ms),)
    case = kept_case(
        result, decisions=decisions, policy=policy, calls=(kept_call(conclusive=conclusive, policy=policy),)
    )
    until_ms = last_appeal_ms(case)
    _, not_before_ms = term(case, Kept.SAMPLES)
    assert (not_before_ms is None) == (until_ms is None)
    assert not_before_ms is None or until_ms is None or not_before_ms >= until_ms + 30 * DAY_MS
    _, person_ms = term(case, Kept.PERSON)
    assert person_ms is None or until_ms is None or person_ms >= until_ms


REFUSED: dict[Rule, dict[str, Any]] = {
    Rule.HELD: {"held": True},
    Rule.APPEALED: {"appealed": True},
    Rule.OPEN: {"verification": verification(status=VerificationStatus.IN_REVIEW)},
    Rule.NOT_REACHED: {"decisions": (kept_decision(delivered_ms=None),)},
    Rule.NOT_REINSTATED: {"awaits_reinstatement": True},
    Rule.AFTER_APPEAL: {"decisions": (kept_decision(delivered_ms=TOLD_MS + DAY_MS),)},
}


@pytest.mark.parametrize("rule", REFUSED)
def test_a_case_that_somebody_may_need_is_not_redacted(rule: Rule) -> None:
    now_ms = TOLD_MS + APPEAL_MS
    assert objection(kept_case(), now_ms) is None
    with pytest.raises(IllegalState) as refused:
        require_redactable(kept_case(**REFUSED[rule]), now_ms)
    assert (refused.value.field, refused.value.detail) == (rule.value, SENTENCES[rule])


def test_every_objection_has_a_sentence_and_a_test() -> None:
    assert set(SENTENCES) == set(REFUSED)


def test_a_verified_case_is_redacted_at_once_and_a_cancelled_one_too() -> None:
    assert objection(kept_case(Result.VERIFIED), DECIDED_MS) is None
    cancelled = verification(status=VerificationStatus.CANCELLED, result=Result.NONE)
    assert objection(kept_case(Result.NONE, verification=cancelled), DECIDED_MS) is None
