"""Repositories of review and redress: proposals, rulings, appeals, the audit chain, stills, trainings.

One rule: everything here is append-only; what happened later is another row. Properties of ports/storage.UnitOfWork.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from verifier.core.appeal import Appeal, AppealAnswer
from verifier.core.chain import Actor, AuditEntry
from verifier.core.clocks import Clock
from verifier.core.evidence import Still
from verifier.core.failure import Failed
from verifier.core.model import (
    AppealId,
    FlagId,
    Interview,
    InterviewId,
    PersonId,
    ProposalId,
    StillId,
    Training,
    VerificationId,
)
from verifier.core.proposal import Proposal, ProposalRecord, Response, ResponseWindow, Ruling, View, WindowStop
from verifier.core.verdicts import Decision


class Trainings(Protocol):
    """Trainings of staff members."""

    async def add(self, training: Training) -> None:
        """Raises Conflict when the same training is stored already."""
        ...

    async def of_person(self, id_: PersonId) -> tuple[Training, ...]:
        """By valid_until_ms, then role."""
        ...


class Stills(Protocol):
    """Stills of interviews; their pictures lie in the EvidenceStore."""

    async def add(self, still: Still) -> None:
        """Raises Conflict when a still of this id is stored already."""
        ...

    async def get(self, id_: StillId) -> Still: ...

    async def of_interview(self, id_: InterviewId) -> tuple[Still, ...]:
        """By at_ms, then id."""
        ...


@dataclass(frozen=True, slots=True)
class EvidenceKey:
    """The data key of one interview's evidence; ``wrapped`` is None once it was destroyed."""

    interview_id: InterviewId
    wrapped: bytes | None
    master_key_id: str
    created_ms: int
    destroyed_ms: int | None = None


class EvidenceKeys(Protocol):
    """Wrapped data keys."""

    async def add(self, key: EvidenceKey) -> None:
        """Raises Conflict when the interview has one already."""
        ...

    async def of_interview(self, id_: InterviewId) -> EvidenceKey | None: ...

    async def rewrap(self, id_: InterviewId, wrapped: bytes, master_key_id: str) -> None:
        """Raises Conflict when the key was destroyed."""
        ...

    async def destroy(self, id_: InterviewId, at_ms: int) -> bool:
        """Forget the key for good; False when there was none left."""
        ...

    async def wrapped_by_others(self, master_key_id: str, limit: int) -> tuple[EvidenceKey, ...]:
        """Keys that another master key wraps, oldest first."""
        ...


class Proposals(Protocol):
    """Proposed failures with everything that happens to them."""

    async def add(self, proposal: Proposal) -> None:
        """Store a proposal with its facts. Raises Conflict when the case has one of that number."""
        ...

    async def record(self, id_: ProposalId) -> ProposalRecord: ...

    async def of_verification(self, id_: VerificationId) -> tuple[ProposalRecord, ...]:
        """By number."""
        ...

    async def undecided(self) -> tuple[ProposalRecord, ...]:
        """Neither confirmed nor rejected, oldest first."""
        ...

    async def open_window(self, window: ResponseWindow) -> None:
        """Raises Conflict when the proposal has a window of that number."""
        ...

    async def stop_window(self, stop: WindowStop) -> None: ...

    async def show(self, id_: ProposalId, at_ms: int) -> bool:
        """The freelancer's page shows the proposal; False when it did before."""
        ...

    async def respond(self, response: Response) -> None:
        """Raises Conflict when the freelancer has answered already."""
        ...

    async def add_view(self, view: View) -> None: ...

    async def fail(self, outcome: Failed, decision: Decision, trainings: FourEyesTrainings) -> None:
        """Store what a failed decision needs, in the transaction of the decision itself and after it."""
        ...


@dataclass(frozen=True, slots=True)
class FourEyesTrainings:
    """The training that each of the three people acted under."""

    interviewer: Training
    proposer: Training
    confirmer: Training


@dataclass(frozen=True, slots=True)
class FlagResolution:
    """A reviewer's word on a fraud flag; it never touches conclusiveness."""

    flag_id: FlagId
    interview_id: InterviewId
    person_id: PersonId
    at_ms: int
    text: str


class Rulings(Protocol):
    """Reviewers' words: on conclusive calls, on rejected proposals, on fraud flags."""

    async def add(self, ruling: Ruling, interview: Interview) -> None:
        """Raises Conflict when the proposal was rejected already."""
        ...

    async def of_verification(self, id_: VerificationId) -> tuple[Ruling, ...]:
        """By at_ms, then id."""
        ...

    async def resolve(self, resolution: FlagResolution, interview: Interview) -> None:
        """Raises Conflict when the flag is resolved already."""
        ...

    async def resolutions(self, id_: InterviewId) -> tuple[FlagResolution, ...]:
        """By at_ms, then flag."""
        ...


class Appeals(Protocol):
    """Appeals and their answers."""

    async def add(self, appeal: Appeal) -> None:
        """Raises Conflict when the case has an appeal of that number."""
        ...

    async def get(self, id_: AppealId) -> tuple[Appeal, AppealAnswer | None]: ...

    async def answer(self, answer: AppealAnswer, decision: Decision) -> None:
        """Close an appeal against ``decision``.

        Raises:
            Conflict: it is answered already, or the same words answered another one.
        """
        ...

    async def of_verification(self, id_: VerificationId) -> tuple[tuple[Appeal, AppealAnswer | None], ...]:
        """By number."""
        ...

    async def open(self) -> tuple[Appeal, ...]:
        """Unanswered, oldest first."""
        ...

    async def answered(self, limit: int) -> tuple[tuple[Appeal, AppealAnswer], ...]:
        """The newest answers with what they answer."""
        ...


class Escalations(Protocol):
    """Clocks that ran out and were told to a person."""

    async def add(self, clock: Clock, verification_id: VerificationId, at_ms: int) -> bool:
        """False when it was told already."""
        ...

    async def of_verification(self, id_: VerificationId) -> tuple[Clock, ...]:
        """By due_ms; ``started_ms`` is when it was told."""
        ...


class AuditTrail(Protocol):
    """The hash-chained log of each case."""

    async def append(
        self, id_: VerificationId, at_ms: int, action: str, actor: Actor, facts: Mapping[str, object]
    ) -> AuditEntry:
        """Raises Conflict when somebody else appended meanwhile."""
        ...

    async def of_verification(self, id_: VerificationId) -> tuple[AuditEntry, ...]:
        """By sequence."""
        ...

    async def since(self, id_: VerificationId, at_ms: int) -> tuple[AuditEntry, ...]:
        """Entries of that moment and later, by sequence."""
        ...

    async def head(self, id_: VerificationId) -> AuditEntry | None: ...
