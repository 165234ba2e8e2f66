"""What a reviewer sees before he acts: the inbox, and what the rules allow him on one interview and why not more.

One rule: it asks core/review, as the acts themselves do, so nothing is offered that would be refused. Called by
web/pages/reviews.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from verifier.core.clocks import Clock
from verifier.core.decision import Verdict, allowed
from verifier.core.failure import Objection, Reviewer, objections_to_reviewer
from verifier.core.model import (
    Interview,
    InterviewId,
    Person,
    PersonId,
    StaffRole,
    StillId,
    Verification,
    VerificationStatus,
)
from verifier.core.policy import PolicyBook
from verifier.core.principal import StaffPrincipal
from verifier.core.proposal import ProposalRecord, ProposalState, Ruling, RulingOutcome
from verifier.core.review import Act, Docket, Reason, reasons_against, reasons_against_outcome
from verifier.core.verdicts import Decision
from verifier.ports import Clock as ServerClock
from verifier.ports import UnitOfWork, UnitOfWorkFactory
from verifier.ports.redress import FlagResolution
from verifier.service.case_clocks import running
from verifier.service.deciding import open_flags
from verifier.service.responding import open_proposal
from verifier.service.scenes import Scenes, reviewer_of
from verifier.service.watching import opened_stills

UNDER_REVIEW = (VerificationStatus.IN_REVIEW, VerificationStatus.AWAITING_RESPONSE)


class Task(StrEnum):
    """What a case under review waits for."""

    DECIDE = "decide"
    """A reviewer: propose a failure, or decide something else."""
    RESOLVE = "resolve"
    """A reviewer: say what became of a fraud flag."""
    VERIFY = "verify"
    """Its interviewer, or a reviewer: everything was consistent."""
    CONFIRM = "confirm"
    """A second reviewer."""
    REACH = "reach"
    """The notice of a proposal has not reached the freelancer."""
    ANSWER = "answer"
    """The freelancer's own time to answer."""


@dataclass(frozen=True, slots=True)
class Pending:
    """One case under review, for one person."""

    case: Verification
    interview: Interview
    """The last one of the case."""
    interviewer: Person
    task: Task
    open_flags: int
    clocks: tuple[Clock, ...]
    """The nearest first."""
    against: tuple[Reason, ...]
    """Why this person takes no part in it; empty when he may."""


@dataclass(frozen=True, slots=True)
class Panel:
    """What is known and what may be done about one ended interview, for one person."""

    docket: Docket
    reasons: Mapping[Act, tuple[Reason, ...]]
    """For every act why this person cannot do it; empty for what he can."""
    outcomes: Mapping[RulingOutcome, tuple[Reason, ...]]
    verify: tuple[Reason, ...] | None
    """Why this person cannot decide ``verified`` at once; None where the answers were not all consistent."""
    clocks: tuple[Clock, ...]
    names: Mapping[PersonId, str]
    """Of everybody who had a part."""
    opened: frozenset[StillId]
    """Stills that this person has opened."""
    rulings: tuple[Ruling, ...]
    resolutions: tuple[FlagResolution, ...]
    decision: Decision | None
    person_id: PersonId
    now_ms: int

    @property
    def pending(self) -> ProposalRecord | None:
        """The proposal that is neither confirmed nor rejected."""
        return self.docket.pending(self.now_ms)


class Deliberating:
    """Inbox and panel."""

    def __init__(self, units: UnitOfWorkFactory, clock: ServerClock, scenes: Scenes, policies: PolicyBook) -> None:
        self._units = units
        self._clock = clock
        self._scenes = scenes
        self._policies = policies

    async def inbox(self, principal: StaffPrincipal) -> tuple[Pending, ...]:
        """Every case under review, the one whose nearest clock ends first in front.

        Raises:
            NotAllowed: not a reviewer.
        """
        principal.require(StaffRole.REVIEWER, StaffRole.APPEAL_REVIEWER)
        async with self._units(read_only=True) as unit:
            cases = await unit.verifications.in_status(*UNDER_REVIEW)
            found = [await self._pending(unit, case, principal.person.id) for case in cases]
        return tuple(sorted(found, key=_urgency))

    async def panel(self, principal: StaffPrincipal, id_: InterviewId) -> Panel | None:
        """What this person may do about an interview; None while it goes on.

        While its case is under review the interview is derived again from the raw rows, as every act will.

        Raises:
            NotAllowed: not a reviewer.
            NotFound: no such interview.
        """
        principal.require(StaffRole.REVIEWER, StaffRole.APPEAL_REVIEWER)
        stored = await self._scenes.as_stored(id_)
        if stored is None:
            return None
        async with self._units(read_only=True) as unit:
            case = await unit.verifications.get(stored.facts[0].verification_id)
        derived = await self._scenes.standing(id_) if case.status in UNDER_REVIEW else stored
        async with self._units(read_only=True) as unit:
            docket = await self._scenes.docket(unit, derived)
            reviewer = await reviewer_of(unit, principal.person.id, docket.case.id)
            return await self._panel(unit, docket, reviewer)

    async def _panel(self, unit: UnitOfWork, docket: Docket, reviewer: Reviewer) -> Panel:
        now_ms, case = self._clock.now_ms(), docket.case
        rulings = await unit.rulings.of_verification(case.id)
        resolutions = await unit.rulings.resolutions(docket.scene.interview.id)
        return Panel(
            docket=docket,
            reasons={act: reasons_against(act, docket, reviewer, now_ms) for act in Act},
            outcomes={outcome: reasons_against_outcome(outcome, docket) for outcome in RulingOutcome},
            verify=_verifiable(docket, reviewer, now_ms),
            clocks=await running(unit, case, self._policies, now_ms),
            names=await _names(unit, docket, rulings, resolutions),
            opened=await opened_stills(unit, case.id, reviewer.id),
            rulings=rulings,
            resolutions=resolutions,
            decision=await unit.decisions.current(case.id),
            person_id=reviewer.id,
            now_ms=now_ms,
        )

    async def _pending(self, unit: UnitOfWork, case: Verification, person: PersonId) -> Pending:
        now_ms = self._clock.now_ms()
        interview = (await unit.interviews.of_verification(case.id))[-1]
        flags = await open_flags(unit, interview.id)
        record = await open_proposal(unit, case, now_ms)
        assessment = await unit.verdicts.assessment(interview.id)
        verdict = allowed(assessment, flags, 0, 1).verdict if assessment else Verdict.TO_REVIEW
        fraud = sum(flag.kind == "fraud" for flag in flags)
        against = list(objections_to_reviewer(interview, await reviewer_of(unit, person, case.id), now_ms))
        if record is not None and record.proposal.proposer_id == person:
            against.append(Objection.OWN_PROPOSAL)
        return Pending(
            case=case,
            interview=interview,
            interviewer=await unit.people.get(interview.interviewer_id),
            task=_task(record, verdict, fraud, now_ms),
            open_flags=fraud,
            clocks=await running(unit, case, self._policies, now_ms),
            against=tuple(against),
        )


def _task(record: ProposalRecord | None, verdict: Verdict, open_fraud_flags: int, now_ms: int) -> Task:
    if record is not None:
        match record.state(now_ms):
            case ProposalState.NOTIFYING:
                return Task.REACH
            case ProposalState.WINDOW_OPEN:
                return Task.ANSWER
            case _:
                return Task.CONFIRM
    if verdict is Verdict.MAY_VERIFY:
        return Task.VERIFY
    return Task.RESOLVE if open_fraud_flags else Task.DECIDE


def _urgency(pending: Pending) -> tuple[int, str]:
    nearest = min([clock.due_ms for clock in pending.clocks], default=pending.interview.created_ms + 2**50)
    return nearest, pending.case.id


def _verifiable(docket: Docket, reviewer: Reviewer, now_ms: int) -> tuple[Reason, ...] | None:
    """Why not ``verified`` at once; None where something is left to rule on, or nothing is left at all."""
    verdict = allowed(docket.scene.assessment, docket.open_flags, 0, 1).verdict
    if docket.differs:
        return None
    if verdict is not Verdict.MAY_VERIFY or docket.case.status not in UNDER_REVIEW or not docket.scene.is_last:
        return None
    return objections_to_reviewer(docket.scene.interview, reviewer, now_ms)


async def _names(
    unit: UnitOfWork, docket: Docket, rulings: Iterable[Ruling], resolutions: Iterable[FlagResolution]
) -> Mapping[PersonId, str]:
    wanted = {
        docket.scene.interview.interviewer_id,
        *(record.proposal.proposer_id for record in docket.records),
        *(ruling.person_id for ruling in rulings),
        *(resolution.person_id for resolution in resolutions),
    }
    return {id_: (await unit.people.get(id_)).name for id_ in sorted(wanted)}
