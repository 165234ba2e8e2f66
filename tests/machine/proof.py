"""What must hold after every step, proved from the ledger of what was done. One rule: no service is asked."""

from __future__ import annotations

import json

from tests.machine.calls import BAD
from tests.machine.world import World
from verifier.core.chain import broken_at
from verifier.core.model import Answer, FlagKind, ProposalId, Result, StaffRole, VerificationId
from verifier.core.policy import SHIPPED
from verifier.core.proposal import ProposalRecord
from verifier.core.verdicts import Decision
from verifier.ports import UnitOfWork
from verifier.service.auditing import Auditing, Difference

_IDENTIFYING = ("identity", "document", "face")
_NEVER = frozenset({FlagKind.TELEMETRY, FlagKind.CANT_HEAR})


async def prove(world: World, case: VerificationId) -> None:
    """Everything that can be said of one case."""
    async with world.units(read_only=True) as unit:
        decisions = await unit.decisions.all(case)
        stored = await unit.verifications.get(case)
        assert [one.version for one in decisions] == list(range(1, len(decisions) + 1))
        assert stored.result is (decisions[-1].result if decisions else Result.NONE)
        records = {one.proposal.id: one for one in await unit.proposals.of_verification(case)}
        for one in decisions:
            if one.result is Result.FAILED:
                assert one.proposal_id is not None
                _prove_failed(world, one, records[one.proposal_id])
            if one.result is Result.VERIFIED:
                _prove_conclusive(world, one)
        await _prove_told(unit, case, decisions)


async def prove_chain(world: World, case: VerificationId) -> None:
    """The whole chain of a case; dear, so once at the end."""
    async with world.units(read_only=True) as unit:
        assert broken_at(await unit.audit.of_verification(case)) is None


async def prove_by_audit(world: World) -> None:
    """Whatever happened, in whatever order, an audit finds nothing in what the services themselves wrote."""
    auditing = Auditing(world.units, world.stage.book)
    found = [one async for one in auditing.audit() if isinstance(one, Difference)]
    assert found == [], f"an honest store has no difference: {found}"


def _prove_conclusive(world: World, decision: Decision) -> None:
    script = world.ledger.held[decision.interview_id].script
    assert script.link not in BAD, "a bad link hid what was decided"
    assert not script.left_out


def _prove_failed(world: World, decision: Decision, record: ProposalRecord) -> None:
    """I1 to I4 of one failed decision, from what the machine did."""
    ledger, proposal = world.ledger, record.proposal
    held = ledger.held[decision.interview_id]
    _prove_conclusive(world, decision)
    assert not _NEVER & set(held.script.flags), "I1: disputed or not heard"
    contradicted = {key for key, answer in held.script.answers if answer is Answer.INCONSISTENT}
    for fact in proposal.statement.facts:
        assert fact.item_key.startswith(_IDENTIFYING), "I1: an item that can fail nobody"
        assert any(fact.item_key.startswith(key) for key in contradicted), "I1: nothing was contradicted"
        place = int(str(fact.still_id).rsplit("_", 1)[1])
        assert str(fact.still_id).startswith(str(held.id)) and held.script.stills[place], "I1: no usable still of it"
        watched = ledger.watched.get((proposal.id, fact.number, decision.decided_by or proposal.proposer_id), 0)
        assert watched >= fact.cited_ms, "I4: not watched"
    assert ledger.erased.get(held.id, decision.at_ms) >= decision.at_ms, "I1: the still was erased"
    people = [held.interviewer, proposal.proposer_id, decision.decided_by]
    assert None not in people and len(set(people)) == 3, "I2: three people"
    assert world.trained(proposal.interviewer_id, StaffRole.INTERVIEWER, held.ended_ms), "I2: interviewer untrained"
    assert world.trained(proposal.proposer_id, StaffRole.REVIEWER, proposal.at_ms), "I2: proposer untrained"
    confirmer = decision.decided_by or proposal.proposer_id
    assert world.trained(confirmer, StaffRole.REVIEWER, decision.at_ms), "I2: confirmer untrained"
    assert _had_his_say(world, proposal.id, decision.at_ms), "I4: before he could answer"


def _had_his_say(world: World, proposal: ProposalId, at_ms: int) -> bool:
    """Whether he answered, or was reached and had a whole window without the message coming back unseen."""
    ledger = world.ledger
    if ledger.answered.get(proposal, at_ms + 1) <= at_ms:
        return True
    shown_ms = ledger.shown.get(proposal)
    lost = [when for when in ledger.lost.get(proposal, []) if shown_ms is None or when < shown_ms]
    return any(
        when + SHIPPED.response_window_ms <= at_ms and not any(when <= back <= at_ms for back in lost)
        for when in ledger.reached.get(proposal, [])
    )


async def _prove_told(unit: UnitOfWork, case: VerificationId, decisions: tuple[Decision, ...]) -> None:
    """No event says more than a decision version, and none but of a failure recommends anything."""
    failed = {one.version for one in decisions if one.result is Result.FAILED}
    for event in await unit.outbox.events_of(case):
        data = json.loads(event.body)["data"]
        if data["recommended_account_effect"] == "suspend":
            assert data["decision_version"] in failed
        if event.type == "verification.failure_proposed":
            assert data["recommended_account_effect"] == "keep_current"
