"""What the rules allow after a call, over every kind of assessment."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.contract.examples import CASE, assessment, flag
from tests.contract.examples import decision as stored
from tests.core.interviews import interview as call
from tests.core.rows import PROPERTY
from verifier.core.decision import (
    Case,
    Verdict,
    allowed,
    contradiction,
    counts_against_link,
    effect_mismatches,
    inconclusive,
    recommended_effect,
    verified,
)
from verifier.core.model import EndCause, FlagKind, PersonId, Result, Role, VerificationId
from verifier.core.verdicts import AccountEffect, AccountEffectReport, Assessment, Blame, Fault
from verifier.errors import IllegalState

NOW = Case(VerificationId(CASE), 7)
ANNA = PersonId("per_anna")
GOOD = assessment(True, disputed_items=())

_ASSESSMENTS = st.builds(
    lambda conclusive, consistent, adverse, disputed, side: replace(
        assessment(conclusive),
        all_consistent=consistent,
        adverse_items=("identity.city",) * adverse,
        disputed_items=("identity.city",) * disputed,
        blame=Blame(Fault.BOTH, 0.5, side),
    ),
    st.booleans(),
    st.booleans(),
    st.integers(0, 1),
    st.integers(0, 1),
    st.sampled_from([None, *Role]),
)
_FLAGS = st.lists(st.sampled_from(FlagKind).map(lambda kind: flag(kind=kind)), max_size=3).map(tuple)


@given(_ASSESSMENTS, _FLAGS, st.integers(0, 9))
@PROPERTY
def test_verified_needs_everything_and_inconclusive_never_speaks_against_anybody(
    given_: Assessment, flags: Any, count: int
) -> None:
    permission = allowed(given_, flags, count, 3)
    fraud = any(one.kind is FlagKind.FRAUD for one in flags)
    clean = given_.conclusive and given_.all_consistent and not (given_.adverse_items or given_.disputed_items or fraud)
    assert (permission.verdict is Verdict.MAY_VERIFY) is clean
    assert (permission.verdict in {Verdict.RETRY, Verdict.EXHAUSTED}) is not given_.conclusive
    if clean:
        assert verified(given_, permission, None, ANNA, NOW).result is Result.VERIFIED
    else:
        with pytest.raises(IllegalState):
            verified(given_, permission, None, ANNA, NOW)
    if given_.conclusive:
        with pytest.raises(IllegalState):
            inconclusive(given_, None, NOW)
    else:
        made = inconclusive(given_, None, NOW)
        assert (made.result, made.decided_by, made.reason_codes) == (Result.INCONCLUSIVE, None, given_.reasons)


def test_the_other_way_comes_after_the_third_call_that_the_freelancers_side_spoiled() -> None:
    for side, count, expected in (
        (Role.FREELANCER, 2, Verdict.RETRY),
        (Role.FREELANCER, 3, Verdict.EXHAUSTED),
        (Role.INTERVIEWER, 9, Verdict.RETRY),
        (None, 9, Verdict.RETRY),
    ):
        spoiled = assessment(False, blame=Blame(Fault.BOTH, 0.5, side))
        assert allowed(spoiled, (), count, 3).verdict is expected


def test_versions_count_up_from_the_current_one() -> None:
    permission = allowed(GOOD, (), 0, 3)
    assert verified(GOOD, permission, None, ANNA, NOW).version == 1
    assert verified(GOOD, permission, stored(4), ANNA, NOW).version == 5


def test_only_a_failure_recommends_an_action() -> None:
    assert recommended_effect(Result.FAILED) is AccountEffect.SUSPEND
    for result in set(Result) - {Result.FAILED}:
        assert recommended_effect(result) in {AccountEffect.NONE, AccountEffect.KEEP_CURRENT}


@pytest.mark.parametrize("effect", AccountEffect)
def test_only_the_failure_that_stands_supports_a_suspension(effect: AccountEffect) -> None:
    suspends = effect is AccountEffect.SUSPEND
    assert effect_mismatches(None, 0, effect) is suspends
    for result in Result:
        current = replace(stored(2), result=result)
        supported = result is Result.FAILED
        assert effect_mismatches(current, 2, effect) is (suspends and not supported)
        assert effect_mismatches(current, 1, effect) is suspends
        assert effect_mismatches(current, 0, effect) is suspends


def test_a_contradiction_holds_until_the_account_is_reinstated_or_a_failure_stands() -> None:
    def reports(*effects: AccountEffect) -> tuple[AccountEffectReport, ...]:
        return tuple(
            AccountEffectReport(NOW.verification_id, 1, effect, at_ms, effect is AccountEffect.SUSPEND)
            for at_ms, effect in enumerate(effects)
        )

    verified_ = stored(1)
    assert contradiction(verified_, ()) is None
    assert contradiction(None, reports(AccountEffect.SUSPEND)) == reports(AccountEffect.SUSPEND)[0]
    kept = reports(AccountEffect.SUSPEND, AccountEffect.KEEP_CURRENT, AccountEffect.NONE)
    assert contradiction(verified_, kept) == kept[0]
    assert contradiction(replace(verified_, result=Result.FAILED), kept) is None
    assert contradiction(verified_, reports(AccountEffect.SUSPEND, AccountEffect.REINSTATE)) is None
    supported = replace(kept[0], mismatch=False)
    assert contradiction(verified_, (supported,)) is None


@pytest.mark.parametrize("cause", EndCause)
def test_a_call_counts_against_a_link_only_when_the_freelancers_side_ended_it_inconclusive(cause: EndCause) -> None:
    bad = replace(assessment(False), blame=Blame(Fault.FREELANCER_UPLINK, 0.9, Role.FREELANCER))
    assert counts_against_link(call(end_cause=cause), bad) is (cause is not EndCause.INTERVIEWER_LEFT)
    assert not counts_against_link(call(end_cause=cause), replace(bad, conclusive=True))
    assert not counts_against_link(call(end_cause=cause), replace(bad, blame=Blame(Fault.BOTH, 0.9, None)))
    assert not counts_against_link(call(end_cause=cause), None)
