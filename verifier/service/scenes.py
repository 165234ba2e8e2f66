"""An ended interview before a reviewer, derived again from its raw rows. One rule: what is stored follows from them.

Deriving takes up to a second for a long call and nothing of an ended interview changes, so it is done in a unit of work
of its own, which holds up no writer; within the unit of work of an act the docket is put together from it. Called by
service/proposing, service/confirming, service/ruling and service/deliberating.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, replace

from verifier.core.assessment import derived
from verifier.core.canonical import canonical
from verifier.core.evidence import Still
from verifier.core.failure import Reviewer, Scene
from verifier.core.findings import AdmissibleFinding
from verifier.core.model import (
    Flag,
    Interview,
    InterviewId,
    InterviewState,
    ItemRun,
    PersonId,
    PlannedItem,
    StaffRole,
    VerificationId,
)
from verifier.core.policy import Policy, PolicyBook
from verifier.core.review import Docket
from verifier.core.verdicts import Assessment, Finding
from verifier.errors import Conflict, IllegalState, RecordsDiffer
from verifier.ports import UnitOfWork, UnitOfWorkFactory


@dataclass(frozen=True, slots=True)
class Derived:
    """What the raw rows of one ended interview show."""

    facts: tuple[Interview, tuple[PlannedItem, ...], tuple[ItemRun, ...], tuple[Flag, ...]]
    """What it was derived from, besides the rows."""
    findings: tuple[Finding, ...]
    """Of every run, in the order of their beginning."""
    assessment: Assessment
    adverse: tuple[AdmissibleFinding, ...]
    policy: Policy
    differs: bool = False
    """It is what was stored, and the raw rows show something else."""


class Scenes:
    """Loads dockets and reviewers."""

    def __init__(self, units: UnitOfWorkFactory, policies: PolicyBook) -> None:
        self._units = units
        self._policies = policies

    async def derive(self, id_: InterviewId) -> Derived:
        """The interview as its raw rows show it.

        Raises:
            NotFound: no such interview.
            IllegalState: it has not ended.
            RecordsDiffer: what is stored does not follow from the rows.
            PolicyInvalid: nobody has the policy any more that it is pinned to.
        """
        async with self._units(read_only=True) as unit:
            facts = await _facts(unit, id_)
            stored = await unit.verdicts.findings(id_), await unit.verdicts.assessment(id_)
            if facts[0].state is not InterviewState.ENDED:
                raise IllegalState("The interview has not ended yet.")
            rows = await unit.samples.rows(id_)
        policy = self._policies.pinned(facts[0].policy_version)
        findings, assessment, adverse = await asyncio.to_thread(derived, *facts, rows, policy)
        if _text(*stored) != _text(findings, assessment):
            raise RecordsDiffer("The stored verdict does not follow from what was measured. It can bear no decision.")
        return Derived(facts, findings, assessment, adverse, policy)

    async def standing(self, id_: InterviewId) -> Derived:
        """The interview as its raw rows show it; as it was stored, when that does not follow from them.

        For acts that say nothing about the person: another call, another way. ``Docket.differs`` forbids all others.

        Raises:
            NotFound: no such interview.
            IllegalState: it has not ended.
            PolicyInvalid: nobody has the policy any more that it is pinned to.
        """
        try:
            return await self.derive(id_)
        except RecordsDiffer:
            stored = await self.as_stored(id_)
            if stored is None:
                raise
            return replace(stored, differs=True)

    async def as_stored(self, id_: InterviewId) -> Derived | None:
        """The interview as its stored verdict says, to be shown and never to be acted upon; None while it goes on.

        Raises:
            NotFound: no such interview.
            PolicyInvalid: nobody has the policy any more that it is pinned to.
        """
        async with self._units(read_only=True) as unit:
            facts = await _facts(unit, id_)
            findings, assessment = await unit.verdicts.findings(id_), await unit.verdicts.assessment(id_)
        if assessment is None:
            return None
        return Derived(facts, findings, assessment, (), self._policies.pinned(facts[0].policy_version))

    async def docket(self, unit: UnitOfWork, found: Derived) -> Docket:
        """The interview with its case as it stands within ``unit``.

        Raises:
            Conflict: the interview's records are others than those it was derived from.
        """
        interview, plan, runs, flags = facts = await _facts(unit, found.facts[0].id)
        if facts != found.facts:
            raise Conflict("The records of this interview changed at this moment. Try again.")
        case_id = interview.verification_id
        interviews = await unit.interviews.of_verification(case_id)
        records = await unit.proposals.of_verification(case_id)
        took_part = {interview.interviewer_id, *(record.proposal.proposer_id for record in records)}
        scene = Scene(
            interview=interview,
            is_last=interviews[-1].id == interview.id,
            plan=plan,
            runs=runs,
            flags=flags,
            assessment=found.assessment,
            adverse=found.adverse,
            stills=await _preserved(unit, interview.id),
            interviewer_trainings=await unit.trainings.of_person(interview.interviewer_id),
            policy=found.policy,
            conflicted=frozenset([each for each in took_part if case_id in await unit.conflicts.of_person(each)]),
        )
        return Docket(
            case=await unit.verifications.get(case_id),
            scene=scene,
            records=records,
            resolved=frozenset(each.flag_id for each in await unit.rulings.resolutions(interview.id)),
            differs=found.differs,
        )


async def reviewer_of(unit: UnitOfWork, id_: PersonId, case: VerificationId) -> Reviewer:
    """Somebody as a reviewer of a case, with the roles and trainings that he has at this moment.

    Who has declared that he knows the freelancer, or held any call of the case, has a conflict of interest.
    """
    person = await unit.people.get(id_)
    roles = person.roles if person.disabled_ms is None else frozenset[StaffRole]()
    held = any(each.interviewer_id == id_ for each in await unit.interviews.of_verification(case))
    conflicted = held or case in await unit.conflicts.of_person(id_)
    return Reviewer(id_, roles, await unit.trainings.of_person(id_), conflicted)


async def _facts(
    unit: UnitOfWork, id_: InterviewId
) -> tuple[Interview, tuple[PlannedItem, ...], tuple[ItemRun, ...], tuple[Flag, ...]]:
    return (
        await unit.interviews.get(id_),
        await unit.interviews.plan(id_),
        await unit.runs.of_interview(id_),
        await unit.flags.of_interview(id_),
    )


async def _preserved(unit: UnitOfWork, id_: InterviewId) -> tuple[Still, ...]:
    """Stills whose pictures can still be shown: the key that opens them was not destroyed."""
    key = await unit.evidence_keys.of_interview(id_)
    return () if key is None or key.destroyed_ms is not None else await unit.stills.of_interview(id_)


def _text(findings: Sequence[Finding], assessment: Assessment | None) -> str:
    return canonical((sorted(findings, key=lambda each: each.run_id), assessment))
