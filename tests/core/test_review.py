"""What a reviewer may do and why not: one table, asked by pages and acts alike."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from tests.contract.examples import verification
from tests.core import failures
from tests.core.interviews import runs
from verifier.core import failure
from verifier.core.failure import Objection
from verifier.core.model import Flag, FlagId, FlagKind, Role, StaffRole, VerificationStatus
from verifier.core.proposal import Ruling, RulingOutcome
from verifier.core.review import (
    SENTENCES,
    Act,
    Docket,
    Obstacle,
    reasons_against,
    reasons_against_outcome,
    require,
    require_standing,
    sentence,
)
from verifier.errors import Conflict, IllegalState, NotAllowed

NOW = failures.DECIDED_MS
FRAUD = Flag(FlagId("fl_f"), failures.CALL.id, FlagKind.FRAUD, failures.ENDED_MS - 1_000, Role.INTERVIEWER, "a mask")
SCENE = failures.scene()


def docket(status: VerificationStatus = VerificationStatus.IN_REVIEW, **other: Any) -> Docket:
    """The contradicted call; nothing proposed yet."""
    values: dict[str, Any] = {"scene": SCENE, "records": (), "resolved": frozenset()}
    case = verification(failures.CALL.verification_id, status=status, sequence=3)
    return Docket(**({"case": case} | values | other))


def proposed(**other: Any) -> Docket:
    """The same with A's proposal, which waits for B."""
    return docket(records=(failures.record(),), **other)


def possible(found: Docket, who: Any = None, now_ms: int = NOW) -> set[Act]:
    return {act for act in Act if not reasons_against(act, found, who or failures.reviewer(), now_ms)}


def test_every_obstacle_has_a_sentence_of_its_own() -> None:
    assert set(SENTENCES) == set(Obstacle)
    words = [sentence(each) for each in (*Objection, *Obstacle)]
    assert len(set(words)) == len(words)


def test_a_contradicted_call_is_proposed_upon_or_ruled_on() -> None:
    assert possible(docket()) == {Act.PROPOSE, Act.RULE}


def test_a_proposal_is_confirmed_or_rejected_and_nothing_else_happens_meanwhile() -> None:
    assert possible(proposed()) == {Act.CONFIRM, Act.REJECT}
    assert Obstacle.PROPOSED in reasons_against(Act.PROPOSE, proposed(), failures.reviewer(), NOW)
    assert Obstacle.PROPOSED in reasons_against(Act.RULE, proposed(), failures.reviewer(), NOW)


def test_a_proposal_can_be_rejected_before_anybody_can_confirm_it() -> None:
    early = docket(VerificationStatus.AWAITING_RESPONSE, records=(failures.record(windows=(), views=()),))
    assert possible(early) == {Act.REJECT}


def test_who_confirms_rejects_too_but_not_who_proposed() -> None:
    for act in (Act.CONFIRM, Act.REJECT):
        assert Objection.OWN_PROPOSAL in reasons_against(act, proposed(), failures.reviewer(failures.A), NOW)


def test_a_call_that_is_all_consistent_is_not_ruled_on() -> None:
    consistent = failures.scene(runs=runs())
    assert possible(docket(scene=consistent)) == set()
    assert Obstacle.ALL_CONSISTENT in reasons_against(Act.RULE, docket(scene=consistent), failures.reviewer(), NOW)


def test_a_fraud_flag_on_a_consistent_call_is_resolved_or_ruled_on_but_not_verified_while_it_is_open() -> None:
    flagged = docket(scene=failures.scene(runs=runs(), flags=(FRAUD,)))
    assert possible(flagged) == {Act.RULE, Act.RESOLVE}
    assert reasons_against_outcome(RulingOutcome.VERIFIED, flagged) == (Obstacle.FLAG_OPEN,)
    assert reasons_against_outcome(RulingOutcome.NEW_INTERVIEW, flagged) == ()
    resolved = replace(flagged, resolved=frozenset({FRAUD.id}))
    assert reasons_against_outcome(RulingOutcome.VERIFIED, resolved) == ()
    assert possible(resolved) == {Act.RULE}


def test_an_inconclusive_or_earlier_call_leads_to_nothing() -> None:
    lost = failures.scene(failures.call().uplink_loss(Role.INTERVIEWER, 0, 200, 0.6).rows())
    assert possible(docket(scene=lost)) == set()
    assert reasons_against(Act.RULE, docket(scene=lost), failures.reviewer(), NOW) == (Objection.INCONCLUSIVE,)
    assert possible(docket(scene=failures.scene(is_last=False))) == set()


@pytest.mark.parametrize("status", sorted(set(VerificationStatus)))
def test_outside_of_review_nobody_does_anything(status: VerificationStatus) -> None:
    under_review = status in {VerificationStatus.IN_REVIEW, VerificationStatus.AWAITING_RESPONSE}
    assert bool(possible(docket(status))) is under_review


@pytest.mark.parametrize(
    "who",
    [
        failures.reviewer(failures.INTERVIEWER),
        failures.reviewer(roles=frozenset(set(StaffRole) - {StaffRole.REVIEWER})),
        failures.reviewer(trainings=()),
        failures.reviewer(conflicted=True),
    ],
)
def test_i2_the_wrong_person_can_do_nothing_at_all(who: failure.Reviewer) -> None:
    flagged = docket(scene=failures.scene(flags=(FRAUD,)))
    assert possible(docket(), who) == possible(proposed(), who) == possible(flagged, who) == set()
    with pytest.raises(NotAllowed):
        require(reasons_against(Act.RULE, docket(), who, NOW))


def test_what_nobody_may_is_said_as_such() -> None:
    with pytest.raises(IllegalState, match="No failure is proposed"):
        require(reasons_against(Act.CONFIRM, docket(), failures.reviewer(), NOW))
    require(())


def test_a_case_stands_elsewhere_after_everything_that_a_reviewer_should_see() -> None:
    before = proposed()
    ruled = Ruling(
        "rul_1",
        failures.CALL.verification_id,
        failures.CALL.id,
        failures.B,
        RulingOutcome.VERIFIED,
        NOW,
        "The claim was right after all.",
        failures.PROPOSAL,
    )
    later = [
        docket(),
        replace(before, case=replace(before.case, sequence=4)),
        replace(before, case=replace(before.case, status=VerificationStatus.AWAITING_RESPONSE)),
        replace(before, records=(failures.answered(),)),
        replace(before, resolved=frozenset({FRAUD.id})),
    ]
    assert len({each.standing for each in (before, *later)}) == 6
    for each in later:
        with pytest.raises(Conflict):
            require_standing(each, before.standing)
    require_standing(proposed(), before.standing)
    assert docket(records=(failures.record(ruling=ruled),)).pending(NOW) is None


def test_a_verdict_that_does_not_hold_bears_another_call_or_way_and_nothing_else() -> None:
    assert possible(docket(differs=True)) == {Act.RULE}
    assert possible(proposed(differs=True), None) == {Act.REJECT}
    found = docket(differs=True)
    open_to = {outcome for outcome in RulingOutcome if not reasons_against_outcome(outcome, found)}
    assert open_to == {RulingOutcome.NEW_INTERVIEW, RulingOutcome.ALTERNATIVE_ROUTE}
    consistent = replace(SCENE, assessment=replace(SCENE.assessment, adverse_items=(), all_consistent=True))
    assert Act.RULE in possible(docket(differs=True, scene=consistent)), "it cannot be verified at once either"
