"""What a notice says now, read from the rows it is about. One rule: what does not hold any more is not said.

Between the moment when a notice was written and the moment when a mail server can be reached, days may pass. A notice
whose matter has moved on gives None and is withdrawn: whoever moved it on has written a notice of its own. Called by
service/noticing.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass

from verifier.core.appeal import APPEALABLE, AppealOutcome
from verifier.core.clocks import Clock
from verifier.core.letter import (
    Answered,
    AppealClosed,
    Appealed,
    Breached,
    Decided,
    Disowned,
    Facts,
    Proposed,
    Rejected,
)
from verifier.core.model import AppealId, ProposalId, Result, Verification
from verifier.core.notice import Notice, NoticeKind
from verifier.core.policy import PolicyBook
from verifier.core.proposal import ProposalState
from verifier.core.verdicts import Decision
from verifier.errors import RecordsDiffer
from verifier.ports import UnitOfWork

_K = NoticeKind


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
        PolicyInvalid: nobody has the policy any more whose promises it names.
    """
    return await _READERS[notice.kind](_Matter(unit, notice, case, policies, now_ms))


def subject_of(clock: Clock) -> str:
    """The ``subject_id`` of a notice about a clock that ran out."""
    return f"{clock.kind}:{clock.due_ms}:{clock.subject_id}"


async def _proposed(matter: _Matter) -> Facts | None:
    record = await matter.unit.proposals.record(ProposalId(matter.notice.subject_id))
    if record.state(matter.now_ms) not in {ProposalState.NOTIFYING, ProposalState.WINDOW_OPEN}:
        return None
    statement = record.proposal.statement
    until_ms = record.window.closes_ms if record.window else matter.now_ms + statement.response_window_ms
    return Proposed(statement.ground, statement.response_window_ms, until_ms)


async def _answered(matter: _Matter) -> Facts | None:
    record = await matter.unit.proposals.record(ProposalId(matter.notice.subject_id))
    if record.response is None or record.state(matter.now_ms) is not ProposalState.TO_CONFIRM:
        return None
    policy = matter.policies.pinned(record.proposal.statement.policy_version)
    return Answered(record.response.at_ms, record.response.at_ms + policy.confirm_within_ms)


async def _rejected(matter: _Matter) -> Facts | None:
    record = await matter.unit.proposals.record(ProposalId(matter.notice.subject_id))
    current = await matter.unit.decisions.current(matter.case.id)
    later = (await matter.unit.proposals.of_verification(matter.case.id))[-1].proposal.id != record.proposal.id
    if record.ruling is None or later or (current and current.at_ms > record.ruling.at_ms):
        return None
    return Rejected(record.ruling.outcome)


async def _decided(matter: _Matter) -> Facts | None:
    current = await matter.unit.decisions.current(matter.case.id)
    if current is None or str(current.version) != matter.notice.subject_id:
        return None
    if current.result is Result.FAILED:
        if current.proposal_id is None:
            raise RecordsDiffer("A failure without its proposal.")
        statement = (await matter.unit.proposals.record(current.proposal_id)).proposal.statement
        until_ms = current.at_ms + statement.appeal_window_ms
        return Decided(current.version, current.result, statement.ground, until_ms)
    return Decided(current.version, current.result, None, _appeal_until_ms(matter, current))


def _appeal_until_ms(matter: _Matter, current: Decision) -> int | None:
    """The period counts from the delivery, so it ends at this moment at the earliest."""
    if current.result not in APPEALABLE:
        return None
    return current.at_ms + matter.policies.pinned(current.policy_version).appeal_window_ms


async def _appealed(matter: _Matter) -> Facts | None:
    appeal, answer = await matter.unit.appeals.get(AppealId(matter.notice.subject_id))
    if answer is not None:
        return None
    (decision,) = [
        each for each in await matter.unit.decisions.all(matter.case.id) if each.version == appeal.decision_version
    ]
    policy = matter.policies.pinned(decision.policy_version)
    return Appealed(appeal.opened_ms, appeal.opened_ms + policy.appeal_answer_within_ms)


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
        if subject_of(clock) == matter.notice.subject_id:
            return Breached(matter.case.external_id, clock.kind, clock.due_ms)
    return None


async def _disowned(matter: _Matter) -> Facts | None:
    return Disowned(matter.case.external_id)


_READERS: Mapping[NoticeKind, Callable[[_Matter], Awaitable[Facts | None]]] = {
    _K.FAILURE_PROPOSED: _proposed,
    _K.RESPONSE_RECEIVED: _answered,
    _K.PROPOSAL_REJECTED: _rejected,
    _K.DECIDED: _decided,
    _K.DECISION_SUPERSEDED: _decided,
    _K.APPEAL_RECEIVED: _appealed,
    _K.APPEAL_ANSWERED: _appeal_closed,
    _K.CLOCK_BREACHED: _breached,
    _K.NOT_ME_REPORTED: _disowned,
}
