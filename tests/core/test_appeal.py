"""Appeals: only an individual answer by somebody uninvolved closes one (I8), for six months after delivery (I11)."""

from __future__ import annotations

from dataclasses import replace
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.contract.failed_case import ANSWER, answer, appeal
from tests.core import failures
from tests.core.rows import PROPERTY
from verifier.core import decision
from verifier.core.appeal import (
    APPEALABLE,
    SENTENCES,
    TRANSITIONS,
    AppealEvent,
    AppealOutcome,
    AppealState,
    appealable_until_ms,
    hindrance,
    next_state,
    require_uninvolved,
)
from verifier.core.decision import awaits_reinstatement, superseding
from verifier.core.model import Flag, FlagId, FlagKind, PersonId, Result, Role
from verifier.core.policy import SHIPPED
from verifier.core.verdicts import AccountEffect, AccountEffectReport, Decision
from verifier.errors import IllegalState, InvalidInput, NotAllowed

FAILED = decision.failed(failures.failure(), None)
NOW = decision.Case(FAILED.verification_id, failures.DECIDED_MS + 7)
CONCLUSIVE = failures.scene().assessment


@pytest.mark.parametrize(("state", "event"), list(product(AppealState, AppealEvent)))
def test_i8_nothing_but_an_answer_closes_an_appeal(state: AppealState, event: AppealEvent) -> None:
    if (state, event) in TRANSITIONS:
        assert (event, next_state(state, event)) == (AppealEvent.ANSWERED, AppealState.ANSWERED)
    else:
        with pytest.raises(IllegalState):
            next_state(state, event)


@pytest.mark.parametrize("text", ["", "Your appeal was rejected.", " " * 200, "x" * 10_001])
def test_i8_an_answer_without_words_of_its_own_cannot_be_made(text: str) -> None:
    with pytest.raises(InvalidInput):
        answer(text=text)


@pytest.mark.parametrize("text", ["", "  ", "x" * 10_001])
def test_an_empty_or_endless_appeal_cannot_be_made(text: str) -> None:
    with pytest.raises(InvalidInput):
        appeal(text=text)


@pytest.mark.parametrize("pasted", [ANSWER.upper(), ANSWER.replace(" ", "  "), ANSWER + "!!", f"\n{ANSWER}\n"])
def test_i8_a_pasted_answer_is_recognised_however_it_is_dressed(pasted: str) -> None:
    assert answer(text=pasted).fingerprint == answer().fingerprint
    assert answer(text=ANSWER + " We are sorry.").fingerprint != answer().fingerprint


def test_i8_nobody_who_had_a_part_answers() -> None:
    with pytest.raises(NotAllowed):
        require_uninvolved(failures.B, {failures.INTERVIEWER, failures.A, failures.B})
    require_uninvolved(PersonId("per_c"), {failures.INTERVIEWER, failures.A, failures.B})


def test_verified_is_not_appealed_against() -> None:
    assert {Result.FAILED, Result.INCONCLUSIVE} == APPEALABLE


@given(st.integers(0, 10**12), st.integers(0, 10**12))
@PROPERTY
def test_i11_six_months_count_from_the_delivery_and_never_from_before_the_decision(
    decided: int, delivered: int
) -> None:
    until = appealable_until_ms(decided, delivered, SHIPPED.appeal_window_ms)
    assert until is not None
    assert until - max(decided, delivered) >= 184 * 24 * 3_600_000


def test_i11_a_decision_that_was_never_delivered_stays_appealable() -> None:
    assert appealable_until_ms(1, None, SHIPPED.appeal_window_ms) is None


def test_overturning_gives_the_next_version_verified_by_the_one_who_answered() -> None:
    after = superseding(CONCLUSIVE, (), FAILED, appeal(), answer(AppealOutcome.OVERTURNED), NOW)
    assert (after.version, after.result, after.decided_by) == (2, Result.VERIFIED, "per_c")
    assert (after.appeal_id, after.reason_codes) == ("apl_1", ("appeal.overturned",))


def test_a_new_interview_takes_the_result_back_and_states_nothing_in_its_place() -> None:
    after = superseding(CONCLUSIVE, (), FAILED, appeal(), answer(AppealOutcome.NEW_INTERVIEW), NOW)
    assert (after.version, after.result) == (2, Result.NONE)


def test_an_upheld_appeal_changes_no_decision() -> None:
    with pytest.raises(IllegalState):
        superseding(CONCLUSIVE, (), FAILED, appeal(), answer(), NOW)


def test_an_inconclusive_interview_never_becomes_verified_by_an_appeal() -> None:
    with pytest.raises(IllegalState, match="new interview"):
        superseding(replace(CONCLUSIVE, conclusive=False), (), FAILED, appeal(), answer(AppealOutcome.OVERTURNED), NOW)


def test_an_answer_to_an_appeal_against_an_older_version_is_refused() -> None:
    with pytest.raises(IllegalState, match="meanwhile"):
        superseding(CONCLUSIVE, (), replace(FAILED, version=2), appeal(), answer(AppealOutcome.OVERTURNED), NOW)


def test_an_open_fraud_flag_keeps_an_appeal_from_becoming_verified() -> None:
    flag = Flag(FlagId("flg_1"), FAILED.interview_id, FlagKind.FRAUD, 1, Role.INTERVIEWER)
    with pytest.raises(IllegalState, match="fraud flag"):
        superseding(CONCLUSIVE, (flag,), FAILED, appeal(), answer(AppealOutcome.OVERTURNED), NOW)
    after = superseding(CONCLUSIVE, (flag,), FAILED, appeal(), answer(AppealOutcome.NEW_INTERVIEW), NOW)
    assert after.result is Result.NONE


@pytest.mark.parametrize(("conclusive", "flagged", "other"), list(product([True, False], repeat=3)))
def test_a_decision_can_always_be_upheld_and_each_other_outcome_names_what_stands_in_its_way(
    conclusive: bool, flagged: bool, other: bool
) -> None:
    offered = {
        outcome: hindrance(outcome, conclusive=conclusive, fraud_flagged=flagged, other_case=other)
        for outcome in AppealOutcome
    }
    assert offered[AppealOutcome.UPHELD] is None
    assert (offered[AppealOutcome.OVERTURNED] is None) is (conclusive and not flagged)
    assert (offered[AppealOutcome.NEW_INTERVIEW] is None) is not other
    assert all(SENTENCES[each] for each in offered.values() if each)


def _report(version: int, effect: AccountEffect, at_ms: int = 9) -> AccountEffectReport:
    return AccountEffectReport(FAILED.verification_id, version, effect, at_ms, False)


TAKEN_BACK = superseding(CONCLUSIVE, (), FAILED, appeal(), answer(AppealOutcome.OVERTURNED), NOW)


@pytest.mark.parametrize(
    ("decisions", "reports", "since"),
    [
        ((FAILED,), (), None),
        ((FAILED, TAKEN_BACK), (), NOW.at_ms),
        ((FAILED, TAKEN_BACK), (_report(1, AccountEffect.SUSPEND),), NOW.at_ms),
        ((FAILED, TAKEN_BACK), (_report(1, AccountEffect.REINSTATE),), NOW.at_ms),
        ((FAILED, TAKEN_BACK), (_report(2, AccountEffect.SUSPEND),), NOW.at_ms),
        ((FAILED, TAKEN_BACK), (_report(2, AccountEffect.REINSTATE),), None),
        ((FAILED, TAKEN_BACK), (_report(2, AccountEffect.KEEP_CURRENT),), None),
        (
            (FAILED, TAKEN_BACK),
            (_report(1, AccountEffect.SUSPEND), _report(2, AccountEffect.KEEP_CURRENT)),
            NOW.at_ms,
        ),
        ((FAILED, TAKEN_BACK), (_report(1, AccountEffect.SUSPEND), _report(2, AccountEffect.REINSTATE)), None),
    ],
)
def test_after_a_failure_was_taken_back_the_platform_owes_a_report_about_the_new_version(
    decisions: tuple[Decision, ...], reports: tuple[AccountEffectReport, ...], since: int | None
) -> None:
    assert awaits_reinstatement(decisions, reports) == since
