"""Deriving everything again from the raw rows. One rule: what does not follow from them is a difference.

``audit`` proves what no constraint of the database can express; ``rescore`` prints each verdict as canonical JSON.
"""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from verifier.core import checklist, decision, events
from verifier.core.assessment import verdict
from verifier.core.canonical import canonical
from verifier.core.decision import Verdict
from verifier.core.events import Redress
from verifier.core.model import (
    Answer,
    Interview,
    InterviewId,
    InterviewState,
    ItemKind,
    ItemRun,
    PlannedItem,
    Result,
    Verification,
)
from verifier.core.policy import PolicyBook
from verifier.core.verdicts import Assessment, Decision, Finding
from verifier.core.webhook import Event, EventType
from verifier.errors import PolicyInvalid
from verifier.ports import UnitOfWork, UnitOfWorkFactory
from verifier.service.deciding import inconclusive_by_freelancer, open_flags

EVERY = 2**31 - 1
_NOT_COMPARED = frozenset({"next_action", "statement_url", "appeal_url"})
PAGE = 500


@dataclass(frozen=True, slots=True)
class Difference:
    """Something stored that does not follow from what it rests on."""

    subject: str
    """Id of the interview or case."""
    what: str


@dataclass(frozen=True, slots=True)
class Rescored:
    """One interview's verdict, derived again."""

    interview_id: InterviewId
    stored: str
    """Canonical JSON of the stored findings and assessment; empty when there is none."""
    derived: str

    @property
    def equal(self) -> bool:
        """Whether both are the same bytes."""
        return self.stored == self.derived


class Auditing:
    """Checks of the whole store."""

    def __init__(self, units: UnitOfWorkFactory, policies: PolicyBook) -> None:
        self._units = units
        self._policies = policies

    async def rescore(self) -> AsyncIterator[Rescored]:
        """Every ended interview, oldest first."""
        async with self._units(read_only=True) as unit:
            interviews = [one for one in await unit.interviews.recent(EVERY) if one.state is InterviewState.ENDED]
        for interview in reversed(interviews):
            async with self._units(read_only=True) as unit:
                yield await self._rescore(unit, interview)

    async def audit(self) -> AsyncIterator[Difference]:
        """Every difference found: verdicts, codes, checklists, decisions, results, events."""
        async with self._units(read_only=True) as unit:
            interviews = await unit.interviews.recent(EVERY)
        for interview in reversed(interviews):
            async with self._units(read_only=True) as unit:
                for difference in await self._interview(unit, interview):
                    yield difference
        async for case in self._cases():
            async with self._units(read_only=True) as unit:
                for difference in await self._case(unit, case):
                    yield difference

    async def _cases(self) -> AsyncIterator[Verification]:
        """Every case of both modes, those without any call too, newest first."""
        for test in (False, True):
            before: tuple[int, str] | None = None
            while True:
                async with self._units(read_only=True) as unit:
                    page = await unit.verifications.page(test=test, before=before, limit=PAGE)
                for case in page:
                    yield case
                if len(page) < PAGE:
                    break
                before = page[-1].created_ms, page[-1].id

    async def _rescore(self, unit: UnitOfWork, interview: Interview) -> Rescored:
        findings, assessment = await self._derive(unit, interview)
        stored_assessment = await unit.verdicts.assessment(interview.id)
        stored = _text(await unit.verdicts.findings(interview.id), stored_assessment) if stored_assessment else ""
        return Rescored(interview.id, stored, _text(findings, assessment))

    async def _derive(self, unit: UnitOfWork, interview: Interview) -> tuple[tuple[Finding, ...], Assessment]:
        return verdict(
            interview,
            await unit.interviews.plan(interview.id),
            await unit.runs.of_interview(interview.id),
            await unit.flags.of_interview(interview.id),
            await unit.samples.rows(interview.id),
            self._policies.pinned(interview.policy_version),
        )

    async def _interview(self, unit: UnitOfWork, interview: Interview) -> list[Difference]:
        try:
            policy = self._policies.pinned(interview.policy_version)
        except PolicyInvalid as error:
            return [Difference(interview.id, f"nothing can be derived: {error.detail}")]
        plan = await unit.interviews.plan(interview.id)
        runs = await unit.runs.of_interview(interview.id)
        case = await unit.verifications.get(interview.verification_id)
        found = [
            f"run {run.id}: the answer does not follow from the typed code"
            for run in _wrong_codes(interview, plan, runs)
        ]
        rounds = [
            checklist.comprehension(number) for number in range(2, 1 + max((item.round for item in plan), default=1))
        ]
        drawn = [*checklist.draw(interview.seed, case.claims, policy), *(item for more in rounds for item in more)]
        if interview.checklist_version == checklist.VERSION and canonical(drawn) != canonical(plan):
            found.append("the checklist does not follow from the seed and the claims")
        if interview.state is InterviewState.ENDED and not (await self._rescore(unit, interview)).equal:
            found.append("the stored verdict does not follow from the raw rows")
        if interview.state is not InterviewState.ENDED and await unit.verdicts.assessment(interview.id):
            found.append("there is a verdict on an interview that has not ended")
        return [Difference(interview.id, what) for what in found]

    async def _case(self, unit: UnitOfWork, case: Verification) -> list[Difference]:
        versions = await unit.decisions.all(case.id)
        told = await unit.outbox.events_of(case.id)
        found = []
        if [one.version for one in versions] != list(range(1, len(versions) + 1)):
            found.append("decision versions have a hole")
        if case.result is not (versions[-1].result if versions else Result.NONE):
            found.append("the result is not that of the current decision")
        for one in versions:
            found += await self._decision(unit, one)
        if [event.sequence for event in told] != list(range(1, case.sequence + 1)):
            found.append("the events of the case have a hole")
        found += self._told(told, versions)
        try:
            if not _states(told, EventType.INTERVIEW_INCONCLUSIVE, await self._inconclusive(unit, case)):
                found.append("the platform was told something else about an inconclusive interview than was found")
        except PolicyInvalid as error:
            found.append(f"nothing can be derived: {error.detail}")
        return [Difference(case.id, what) for what in found]

    def _told(self, told: Sequence[Event], versions: Sequence[Decision]) -> list[str]:
        """Whether every version was told, the first as decided, each later one as superseding."""
        try:
            terms = [Redress("", self._policies.pinned(one.policy_version).appeal_window_ms) for one in versions]
        except PolicyInvalid as error:
            return [f"nothing can be derived: {error.detail}"]
        first = [events.decided(one, terms[0]) for one in versions[:1]]
        later = [
            events.superseded(before, one, term)
            for (before, one), term in zip(pairwise(versions), terms[1:], strict=True)
        ]
        truly = _states(told, EventType.VERIFICATION_DECIDED, first)
        truly = truly and _states(told, EventType.DECISION_SUPERSEDED, later)
        return [] if truly else ["the platform was told something else than was decided"]

    async def _decision(self, unit: UnitOfWork, one: Decision) -> list[str]:
        interview = await unit.interviews.get(one.interview_id)
        assessment = await unit.verdicts.assessment(one.interview_id)
        if interview.verification_id != one.verification_id:
            return ["a decision rests on an interview of another case"]
        if assessment is None:
            return ["a decision rests on an interview without an assessment"]
        found = []
        if (one.reason_codes, one.policy_version) != (assessment.reasons, assessment.policy_version):
            found.append("a decision states other reasons or another policy than its interview's assessment")
        if one.result is Result.INCONCLUSIVE:
            return [*found, *(["a conclusive interview was decided as inconclusive"] if assessment.conclusive else [])]
        try:
            permission = await self._permission(unit, interview, assessment)
        except PolicyInvalid as error:
            return [*found, f"nothing can be derived: {error.detail}"]
        if permission.verdict is not Verdict.MAY_VERIFY or one.decided_by is None:
            found.append("verified was decided although the rules forbid it")
        return found

    async def _inconclusive(self, unit: UnitOfWork, case: Verification) -> list[events.Data]:
        """What the platform must have been told of each inconclusive interview, in order."""
        expected = []
        for interview in await unit.interviews.of_verification(case.id):
            assessment = await unit.verdicts.assessment(interview.id)
            if assessment and not assessment.conclusive:
                permission = await self._permission(unit, interview, assessment)
                expected.append(events.interview_inconclusive(interview, assessment, permission.verdict))
        return expected

    async def _permission(self, unit: UnitOfWork, interview: Interview, assessment: Assessment) -> decision.Allowed:
        policy = self._policies.pinned(interview.policy_version)
        flags = await open_flags(unit, interview.id)
        by_freelancer = await inconclusive_by_freelancer(unit, interview)
        return decision.allowed(assessment, flags, by_freelancer, policy.inconclusive_by_freelancer_max)


def _text(findings: tuple[Finding, ...], assessment: Assessment) -> str:
    return canonical({"findings": sorted(findings, key=lambda one: one.run_id), "assessment": assessment})


def _states(told: Sequence[Event], kind: EventType, expected: Sequence[events.Data]) -> bool:
    """Whether the signed bodies of one type say exactly this.

    Apart from ``next_action``, which rests on the status too, from addresses, which may have moved since, and from
    what was erased.
    """
    bodies = [event.body for event in told if event.type is kind]
    wanted = [{key: value for key, value in data.items() if key not in _NOT_COMPARED} for data in expected]
    return len(bodies) == len(wanted) and all(
        not body or _has(json.loads(body)["data"], want) for body, want in zip(bodies, wanted, strict=True)
    )


def _has(data: events.Data, want: events.Data) -> bool:
    return {key: data.get(key) for key in want} == want


def _wrong_codes(interview: Interview, plan: tuple[PlannedItem, ...], runs: tuple[ItemRun, ...]) -> list[ItemRun]:
    """Comprehension runs whose answer is not what the comparison of the codes gives."""
    codes = {item.key for item in plan if item.kind is ItemKind.COMPREHENSION}
    return [
        run
        for run in runs
        if run.item_key in codes and run.answer is not None and run.answer is not _answer_by_code(interview.seed, run)
    ]


def _answer_by_code(seed: int, run: ItemRun) -> Answer:
    if run.typed is None:
        return Answer.NOT_HEARD
    return checklist.code_answer(seed, run.item_key, run.number, run.typed)
