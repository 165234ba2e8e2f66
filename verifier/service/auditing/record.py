"""Everything that is stored of one case, loaded once. One rule: the checks see values alone and know no repository."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from verifier.core.appeal import Appeal, AppealAnswer
from verifier.core.assessment import derived
from verifier.core.chain import AuditEntry
from verifier.core.clocks import Clock
from verifier.core.evidence import Still
from verifier.core.failure import Reviewer, Scene
from verifier.core.findings import AdmissibleFinding
from verifier.core.hold import LegalHold
from verifier.core.model import (
    Flag,
    FlagKind,
    Interview,
    InterviewId,
    InterviewState,
    ItemRun,
    PersonId,
    PlannedItem,
    StaffRole,
    Training,
    Verification,
    trained,
)
from verifier.core.notice import Notice, NoticeAttempt
from verifier.core.policy import Policy, PolicyBook
from verifier.core.proposal import ProposalRecord, Ruling
from verifier.core.recording import Recording
from verifier.core.samples import InterviewRows
from verifier.core.tombstone import Tombstone
from verifier.core.verdicts import AccountEffectReport, Assessment, Decision, Finding
from verifier.core.webhook import Event
from verifier.errors import PolicyInvalid
from verifier.ports import UnitOfWork
from verifier.ports.credentials import ConflictOfInterest
from verifier.ports.redress import EvidenceKey, FlagResolution
from verifier.service.case_clocks import delivered_ms

Derived = tuple[tuple[Finding, ...], Assessment, tuple[AdmissibleFinding, ...]]


@dataclass(frozen=True, slots=True)
class CallRecord:
    """One call of the case."""

    interview: Interview
    policy: Policy | None
    """None: nobody has it any more, and nothing can be derived."""
    plan: tuple[PlannedItem, ...]
    runs: tuple[ItemRun, ...]
    flags: tuple[Flag, ...]
    rows: InterviewRows
    findings: tuple[Finding, ...]
    assessment: Assessment | None
    derived: Derived | None
    """From the raw rows; None while the call goes on, once the rows have expired, or without its policy."""
    stills: tuple[Still, ...]
    recordings: tuple[Recording, ...]
    key: EvidenceKey | None
    tombstone: Tombstone | None
    resolutions: tuple[FlagResolution, ...]
    words: bool
    """Something that was said or typed is still there."""

    def open_flags(self, at_ms: int) -> tuple[Flag, ...]:
        """Flags without the fraud flags that were resolved by then."""
        resolved = {each.flag_id for each in self.resolutions if each.at_ms <= at_ms}
        return tuple(flag for flag in self.flags if flag.id not in resolved or flag.kind is not FlagKind.FRAUD)


@dataclass(frozen=True, slots=True)
class CaseRecord:
    """One case."""

    case: Verification
    calls: tuple[CallRecord, ...]
    """By number."""
    decisions: tuple[Decision, ...]
    shown_ms: Mapping[int, int | None]
    """By version: when the private page first showed it."""
    delivered_ms: Mapping[int, int | None]
    """By version: when the freelancer was first told of it."""
    told: tuple[Event, ...]
    chain: tuple[AuditEntry, ...]
    proposals: tuple[ProposalRecord, ...]
    rulings: tuple[Ruling, ...]
    appeals: tuple[tuple[Appeal, AppealAnswer | None], ...]
    effects: tuple[AccountEffectReport, ...]
    notices: tuple[tuple[Notice, tuple[NoticeAttempt, ...]], ...]
    escalations: tuple[Clock, ...]
    holds: tuple[LegalHold, ...]
    conflicts: tuple[ConflictOfInterest, ...]
    trainings: Mapping[PersonId, tuple[Training, ...]]
    """Of everybody who had a part in the case."""

    @property
    def redacted(self) -> bool:
        """Whether its words were erased."""
        return self.case.redacted_ms is not None

    def call(self, id_: InterviewId) -> CallRecord | None:
        """The call of the case with this id."""
        return next((call for call in self.calls if call.interview.id == id_), None)

    def is_last(self, call: CallRecord, at_ms: int) -> bool:
        """Whether no later call of the case existed by then."""
        return not any(
            other.interview.number > call.interview.number and other.interview.created_ms < at_ms
            for other in self.calls
        )

    def entries(self, action: str) -> tuple[AuditEntry, ...]:
        """Entries of the chain with this action."""
        return tuple(entry for entry in self.chain if entry.action == action)

    def reviewer(self, id_: PersonId, at_ms: int) -> Reviewer:
        """Somebody as a reviewer of the case at a moment; the role is that of his training."""
        known = tuple(each for each in self.trainings.get(id_, ()) if each.completed_ms <= at_ms)
        roles = frozenset(role for role in StaffRole if trained(known, role, at_ms))
        declared = any(each.person_id == id_ and each.declared_ms <= at_ms for each in self.conflicts)
        held = any(call.interview.interviewer_id == id_ and call.interview.created_ms <= at_ms for call in self.calls)
        return Reviewer(id_, roles, known, declared or held)

    def scene(self, call: CallRecord, policy: Policy, found: Derived, at_ms: int) -> Scene:
        """The call as it stood before a reviewer at a moment; what was erased in that very millisecond stood yet."""
        whole = call.key is not None and (call.key.destroyed_ms is None or call.key.destroyed_ms >= at_ms)
        return Scene(
            interview=call.interview,
            is_last=self.is_last(call, at_ms),
            plan=call.plan,
            runs=call.runs,
            flags=call.flags,
            assessment=found[1],
            adverse=found[2],
            stills=call.stills if whole else (),
            interviewer_trainings=self.trainings.get(call.interview.interviewer_id, ()),
            policy=policy,
            conflicted=frozenset(each.person_id for each in self.conflicts if each.declared_ms <= at_ms),
        )


async def load(unit: UnitOfWork, case: Verification, policies: PolicyBook) -> CaseRecord:
    """Everything of the case."""
    calls = tuple([await load_call(unit, each, policies) for each in await unit.interviews.of_verification(case.id)])
    decisions = await unit.decisions.all(case.id)
    proposals = await unit.proposals.of_verification(case.id)
    rulings = await unit.rulings.of_verification(case.id)
    appeals = await unit.appeals.of_verification(case.id)
    people = _people(calls, decisions, proposals, rulings, appeals)
    notices = await unit.notices.of_verification(case.id)
    return CaseRecord(
        case=case,
        calls=calls,
        decisions=decisions,
        shown_ms={each.version: await unit.decisions.shown_ms(each) for each in decisions},
        delivered_ms={each.version: await delivered_ms(unit, each) for each in decisions},
        told=await unit.outbox.events_of(case.id),
        chain=await unit.audit.of_verification(case.id),
        proposals=proposals,
        rulings=rulings,
        appeals=appeals,
        effects=await unit.effects.of_verification(case.id),
        notices=tuple([(each, await unit.notices.attempts(each.id)) for each in notices]),
        escalations=await unit.escalations.of_verification(case.id),
        holds=await unit.holds.of_verification(case.id),
        conflicts=await unit.conflicts.of_verification(case.id),
        trainings={person: await unit.trainings.of_person(person) for person in people},
    )


async def load_call(unit: UnitOfWork, interview: Interview, policies: PolicyBook) -> CallRecord:
    """Everything of one call."""
    id_ = interview.id
    plan = await unit.interviews.plan(id_)
    runs, flags = await unit.runs.of_interview(id_), await unit.flags.of_interview(id_)
    rows, policy = await unit.samples.rows(id_), _policy(interview, policies)
    tombstone = await unit.tombstones.of_interview(id_)
    derivable = interview.state is InterviewState.ENDED and tombstone is None and policy is not None
    log = await unit.log.since(id_, 0)
    return CallRecord(
        interview=interview,
        policy=policy,
        plan=plan,
        runs=runs,
        flags=flags,
        rows=rows,
        findings=await unit.verdicts.findings(id_),
        assessment=await unit.verdicts.assessment(id_),
        derived=derived(interview, plan, runs, flags, rows, policy) if derivable and policy else None,
        stills=await unit.stills.of_interview(id_),
        recordings=await unit.recordings.of_interview(id_),
        key=await unit.evidence_keys.of_interview(id_),
        tombstone=tombstone,
        resolutions=await unit.rulings.resolutions(id_),
        words=any(run.typed is not None for run in runs) or any(entry.body for entry in log),
    )


def _policy(interview: Interview, policies: PolicyBook) -> Policy | None:
    try:
        return policies.pinned(interview.policy_version)
    except PolicyInvalid:
        return None


def _people(
    calls: Iterable[CallRecord],
    decisions: Iterable[Decision],
    proposals: Iterable[ProposalRecord],
    rulings: Iterable[Ruling],
    appeals: Iterable[tuple[Appeal, AppealAnswer | None]],
) -> frozenset[PersonId]:
    return frozenset(
        {
            *(call.interview.interviewer_id for call in calls),
            *(each.person_id for call in calls for each in call.resolutions),
            *(each.decided_by for each in decisions if each.decided_by is not None),
            *(each.proposal.proposer_id for each in proposals),
            *(each.person_id for each in rulings),
            *(answer.reviewer_id for _, answer in appeals if answer is not None),
        }
    )
