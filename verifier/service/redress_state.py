"""What the private page is given about proposals, decisions and appeals, as JSON-compatible values.

One rule: the words that people wrote about the reader and to him, whole; of the people only what they did. Called by
service/case_state inside its unit of work.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from verifier.core import events
from verifier.core.appeal import APPEALABLE, Appeal, AppealAnswer, appealable_until_ms
from verifier.core.clocks import Clock
from verifier.core.decision import awaits_reinstatement, suspended_by
from verifier.core.model import PlannedItem, Verification
from verifier.core.policy import PolicyBook
from verifier.core.proposal import ProposalRecord, Ruling
from verifier.core.statement import Fact
from verifier.core.verdicts import Decision
from verifier.ports import UnitOfWork
from verifier.service.case_clocks import delivered_ms, running


@dataclass(frozen=True, slots=True)
class Terms:
    """By which policies, and when."""

    policies: PolicyBook
    now_ms: int


async def redress_parts(unit: UnitOfWork, case: Verification, terms: Terms) -> dict[str, object]:
    """``clocks``, ``proposals``, ``rulings``, ``appeals``, ``appealing`` and ``account`` of the ``CaseState``."""
    appeals = await unit.appeals.of_verification(case.id)
    opened = [appeal for appeal, answer in appeals if answer is None]
    clocks = await running(unit, case, terms.policies, terms.now_ms)
    records = await unit.proposals.of_verification(case.id)
    return {
        "clocks": [clock_state(clock, terms.now_ms) for clock in clocks],
        "proposals": [await _proposal(unit, record, terms.now_ms) for record in records],
        "rulings": [
            await _ruling(unit, ruling)
            for ruling in await unit.rulings.of_verification(case.id)
            if ruling.proposal_id is None
        ],
        "appeals": [_appeal(appeal, answer) for appeal, answer in appeals],
        "appealing": await _appealing(unit, case, bool(opened), terms),
        "account": await _account(unit, case),
        "protect_work_in_flight": events.protects_work(case.status, appealed=bool(opened)),
        "disowned_ms": await unit.notices.disowned_ms(case.id),
    }


def clock_state(clock: Clock, now_ms: int) -> dict[str, object]:
    """One clock, for pages."""
    return {
        "kind": clock.kind,
        "started_ms": clock.started_ms,
        "due_ms": clock.due_ms,
        "breached": clock.breached(now_ms),
    }


async def statement_facts(unit: UnitOfWork, record: ProposalRecord) -> list[dict[str, object]]:
    """The facts of a statement, each with its question, its place in the call and its still."""
    interview = await unit.interviews.get(record.proposal.interview_id)
    plan = {item.key: item for item in await unit.interviews.plan(interview.id)}
    key = await unit.evidence_keys.of_interview(interview.id)
    kept = key is not None and key.destroyed_ms is None
    stills = {still.id: still for still in await unit.stills.of_interview(interview.id)}
    began_ms = interview.live_ms or interview.created_ms
    return [
        {
            **_fact(fact, plan.get(fact.item_key), began_ms),
            "still": {"id": fact.still_id, "kind": stills[fact.still_id].kind, "kept": kept}
            if fact.still_id in stills
            else None,
        }
        for fact in record.proposal.statement.facts
    ]


def _fact(fact: Fact, item: PlannedItem | None, began_ms: int) -> dict[str, object]:
    return {
        "number": fact.number,
        "item_key": fact.item_key,
        "question": item.question if item else "",
        "claimed": item.expected if item else None,
        "from_ms": fact.from_ms,
        "to_ms": fact.to_ms,
        "into_call_ms": fact.from_ms - began_ms,
        "text": fact.text,
    }


async def _proposal(unit: UnitOfWork, record: ProposalRecord, now_ms: int) -> dict[str, object]:
    proposal, statement = record.proposal, record.proposal.statement
    interview = await unit.interviews.get(proposal.interview_id)
    response, ruling = record.response, record.ruling
    return {
        "id": proposal.id,
        "number": proposal.number,
        "interview_id": proposal.interview_id,
        "interview_number": interview.number,
        "state": record.state(now_ms),
        "at_ms": proposal.at_ms,
        "ground": statement.ground,
        "rule": statement.rule,
        "policy_version": statement.policy_version,
        "response_window_ms": statement.response_window_ms,
        "appeal_window_ms": statement.appeal_window_ms,
        "facts": await statement_facts(unit, record),
        "closes_ms": record.window_closed_ms,
        "response": {"at_ms": response.at_ms, "text": response.text} if response else None,
        "ruling": {"at_ms": ruling.at_ms, "outcome": ruling.outcome, "text": ruling.text} if ruling else None,
        "confirmed_ms": record.confirmed_ms,
    }


async def _ruling(unit: UnitOfWork, ruling: Ruling) -> dict[str, object]:
    """A reviewer's word about which nothing was proposed; one that rejects a proposal stands with it."""
    interview = await unit.interviews.get(ruling.interview_id)
    return {
        "at_ms": ruling.at_ms,
        "outcome": ruling.outcome,
        "text": ruling.text,
        "interview_number": interview.number,
    }


def _appeal(appeal: Appeal, answer: AppealAnswer | None) -> dict[str, object]:
    return {
        "id": appeal.id,
        "number": appeal.number,
        "decision_version": appeal.decision_version,
        "opened_ms": appeal.opened_ms,
        "text": appeal.text,
        "answer": {"at_ms": answer.at_ms, "outcome": answer.outcome, "text": answer.text} if answer else None,
    }


async def _appealing(unit: UnitOfWork, case: Verification, appealed: bool, terms: Terms) -> dict[str, object]:
    """Whether the current decision can be appealed against now, and until when: None while no period runs."""
    current = await unit.decisions.current(case.id)
    if current is None or current.result not in APPEALABLE:
        version, within_ms = current.version if current else 0, terms.policies.current.appeal_answer_within_ms
        none = {"possible": False, "until_ms": None, "over": False}
        return {**none, "version": version, "answer_within_ms": within_ms}
    until_ms = await _until_ms(unit, current, terms.policies)
    over = until_ms is not None and terms.now_ms > until_ms
    return {
        "possible": not over and not appealed,
        "version": current.version,
        "until_ms": until_ms,
        "over": over,
        "answer_within_ms": terms.policies.promised(current.policy_version).appeal_answer_within_ms,
    }


async def _until_ms(unit: UnitOfWork, current: Decision, policies: PolicyBook) -> int | None:
    window_ms = policies.promised(current.policy_version).appeal_window_ms
    return appealable_until_ms(current.at_ms, await delivered_ms(unit, current), window_ms)


async def _account(unit: UnitOfWork, case: Verification) -> dict[str, object]:
    """What the platform said it did with the account, and what it still owes."""
    reports = await unit.effects.of_verification(case.id)
    decisions: Sequence[Decision] = await unit.decisions.all(case.id)
    suspended = suspended_by(reports)
    return {
        "reports": [
            {
                "effect": report.effect,
                "at_ms": report.at_ms,
                "decision_version": report.decision_version,
                "mismatch": report.mismatch,
            }
            for report in reports
        ],
        "suspended_ms": suspended.at_ms if suspended else None,
        "reinstatement_awaited_ms": awaits_reinstatement(decisions, reports),
    }
