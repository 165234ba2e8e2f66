"""What a notice says now, read from the rows it is about. One rule: what does not hold any more is not said.

Between the moment when a notice was written and the moment when a mail server can be reached, days may pass. A notice
whose matter has moved on gives None and is withdrawn: whoever moved it on has written a notice of its own. Called by
service/noticing.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass

from verifier.core.appeal import APPEALABLE, AppealOutcome
from verifier.core.clocks import ClockKind
from verifier.core.decision import contradiction
from verifier.core.letter import (
    Answered,
    AppealClosed,
    Appealed,
    Breached,
    Contradicted,
    Decided,
    Disowned,
    Facts,
    Proposed,
    Rejected,
    Ruled,
)
from verifier.core.model import AppealId, ProposalId, Result, Verification, VerificationStatus
from verifier.core.notice import Notice, NoticeKind
from verifier.core.policy import PolicyBook
from verifier.core.proposal import ProposalState, Ruling, RulingOutcome
from verifier.core.verdicts import Decision
from verifier.ports import UnitOfWork
from verifier.service.case_clocks import running
from verifier.service.join_state import INTERVIEW_AHEAD

_K = NoticeKind
_ORDERED: Mapping[RulingOutcome, frozenset[VerificationStatus]] = {
    RulingOutcome.NEW_INTERVIEW: INTERVIEW_AHEAD,
    RulingOutcome.ALTERNATIVE_ROUTE: frozenset({VerificationStatus.ALTERNATIVE_ROUTE}),
    RulingOutcome.VERIFIED: frozenset(),
}
"""Statuses in which what a ruling ordered still stands."""


@dataclass(frozen=True, slots=True)
class _Matter:
    """A notice with what is needed to find out what it says."""

    unit: UnitOfWork
    notice: Notice
    case: Verification
    policies: PolicyBook
    now_ms: int


async def facts_of(
    unit: UnitOfWork, notice: Notice, case: Verification, policies: PolicyBook, now_ms: int
) -> Facts | None:
    """What the notice says at ``now_ms``; None when it was overtaken.

    Raises:
        NotFound: what it is about is not stored.
    """
    return await _READERS[notice.kind](_Matter(unit, notice, case, policies, now_ms))


async def _proposed(matter: _Matter) -> Facts | None:
    record = await matter.unit.proposals.record(ProposalId(matter.notice.subject_id))
    if record.state(matter.now_ms) not in {ProposalState.NOTIFYING, ProposalState.WINDOW_OPEN}:
        return None
    statement = record.proposal.statement
    until_ms = record.window.closes_ms if record.window else matter.now_ms + statement.response_window_ms
    return Proposed(statement.ground, statement.response_window_ms, until_ms)


async def _answered(matter: _Matter) -> Facts | None:
    record = await matter.unit.proposals.record(ProposalId(matter.notice.subject_id))
    until_ms = await _due_ms(matter, ClockKind.CONFIRM, record.proposal.id)
    return Answered(record.response.at_ms, until_ms) if record.response and until_ms else None


async def _rejected(matter: _Matter) -> Facts | None:
    record = await matter.unit.proposals.record(ProposalId(matter.notice.subject_id))
    current = await matter.unit.decisions.current(matter.case.id)
    later = (await matter.unit.proposals.of_verification(matter.case.id))[-1].proposal.id != record.proposal.id
    if record.ruling is None or later or (current and current.at_ms > record.ruling.at_ms):
        return None
    return Rejected(record.ruling.outcome)


async def _ruled(matter: _Matter) -> Facts | None:
    rulings = await matter.unit.rulings.of_verification(matter.case.id)
    last: Ruling | None = rulings[-1] if rulings else None
    if last is None or last.id != matter.notice.subject_id:
        return None
    calls = await matter.unit.interviews.of_verification(matter.case.id)
    held_since = any(call.created_ms > last.at_ms for call in calls)
    stands = not held_since and matter.case.status in _ORDERED[last.outcome]
    return Ruled(last.outcome) if stands else None


async def _decided(matter: _Matter) -> Facts | None:
    current = await matter.unit.decisions.current(matter.case.id)
    if current is None or str(current.version) != matter.notice.subject_id:
        return None
    ground = None
    if current.result is Result.FAILED and current.proposal_id is not None:
        ground = (await matter.unit.proposals.record(current.proposal_id)).proposal.statement.ground
    return Decided(current.version, current.result, ground, await _appeal_until_ms(matter, current))


async def _appeal_until_ms(matter: _Matter, current: Decision) -> int | None:
    """The end of the time for an appeal; before the delivery, from which it counts, the earliest that it can be."""
    if current.result not in APPEALABLE:
        return None
    earliest_ms = current.at_ms + matter.policies.promised(current.policy_version).appeal_window_ms
    return await _due_ms(matter, ClockKind.APPEAL, f"{matter.case.id}/{current.version}") or earliest_ms


async def _appealed(matter: _Matter) -> Facts | None:
    appeal, _ = await matter.unit.appeals.get(AppealId(matter.notice.subject_id))
    until_ms = await _due_ms(matter, ClockKind.ANSWER_APPEAL, appeal.id)
    return Appealed(appeal.opened_ms, until_ms) if until_ms else None


async def _appeal_closed(matter: _Matter) -> Facts | None:
    appeal, answer = await matter.unit.appeals.get(AppealId(matter.notice.subject_id))
    current = await matter.unit.decisions.current(matter.case.id)
    if answer is None or current is None:
        return None
    upheld = answer.outcome is AppealOutcome.UPHELD
    stands = current.version == appeal.decision_version if upheld else current.appeal_id == appeal.id
    return AppealClosed(answer.outcome) if stands else None


async def _breached(matter: _Matter) -> Facts | None:
    for clock in await matter.unit.escalations.of_verification(matter.case.id):
        if clock.name == matter.notice.subject_id:
            return Breached(matter.case.external_id, clock.kind, clock.due_ms)
    return None


async def _due_ms(matter: _Matter, kind: ClockKind, subject_id: str) -> int | None:
    """When a running promise is due, as every page shows it; None when it does not run."""
    for clock in await running(matter.unit, matter.case, matter.policies, matter.now_ms):
        if (clock.kind, clock.subject_id) == (kind, subject_id):
            return clock.due_ms
    return None


async def _contradicted(matter: _Matter) -> Facts | None:
    current = await matter.unit.decisions.current(matter.case.id)
    report = contradiction(current, await matter.unit.effects.of_verification(matter.case.id))
    return Contradicted(matter.case.external_id, report.at_ms) if report else None


async def _disowned(matter: _Matter) -> Facts | None:
    return Disowned(matter.case.external_id)


_READERS: Mapping[NoticeKind, Callable[[_Matter], Awaitable[Facts | None]]] = {
    _K.FAILURE_PROPOSED: _proposed,
    _K.RESPONSE_RECEIVED: _answered,
    _K.PROPOSAL_REJECTED: _rejected,
    _K.RULED: _ruled,
    _K.DECIDED: _decided,
    _K.DECISION_SUPERSEDED: _decided,
    _K.APPEAL_RECEIVED: _appealed,
    _K.APPEAL_ANSWERED: _appeal_closed,
    _K.CLOCK_BREACHED: _breached,
    _K.EFFECT_MISMATCH: _contradicted,
    _K.NOT_ME_REPORTED: _disowned,
}
