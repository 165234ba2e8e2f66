"""Repositories, one per aggregate, and the unit of work that makes a change atomic.

One rule: a service opens one unit of work per command; everything in it, outbox rows included, is committed together
when the block ends without an error and rolled back otherwise. ``get`` raises ``NotFound``; append-only aggregates
have no update.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import Protocol, Self

from verifier.core.access import ApiKey, Link, Session, TicketGrant
from verifier.core.model import (
    DeviceCheck,
    EndpointId,
    Flag,
    Interview,
    InterviewId,
    ItemRun,
    LogEntry,
    MessageId,
    NoticeId,
    Person,
    PersonId,
    PlannedItem,
    Role,
    Verification,
    VerificationId,
    VerificationStatus,
)
from verifier.core.notice import Notice, NoticeAttempt
from verifier.core.samples import BrowserSample, FrameSample, InterviewRows, ServerSample
from verifier.core.verdicts import AccountEffectReport, Assessment, Decision, Finding
from verifier.core.webhook import Attempt, Delivery, Endpoint, Event, NextStep
from verifier.ports.credentials import ConflictsOfInterest, RecoveryCodes, SecondFactors, StaffChanges
from verifier.ports.keeping import Erasures, LegalHolds, Tombstones
from verifier.ports.recording import Recordings
from verifier.ports.redress import (
    Appeals,
    AuditTrail,
    Escalations,
    EvidenceKeys,
    Proposals,
    Rulings,
    Stills,
    Trainings,
)


class Verifications(Protocol):
    """Cases with their claims snapshot (written once)."""

    async def add(self, verification: Verification) -> None:
        """Raises Conflict when an open case with the same external id and mode exists."""
        ...

    async def get(self, id_: VerificationId) -> Verification: ...

    async def save(self, verification: Verification, expected: VerificationStatus) -> None:
        """Store status, result, waiting_since_ms and sequence; nothing else of a case ever changes.

        Raises:
            Conflict: the stored status is not ``expected`` any more.
        """
        ...

    async def page(self, *, test: bool, before: tuple[int, str] | None, limit: int) -> tuple[Verification, ...]:
        """Newest first; ``before`` is (created_ms, id) of the last row already seen."""
        ...

    async def waiting(self) -> tuple[Verification, ...]:
        """Cases in status waiting, longest wait first."""
        ...

    async def in_status(self, *statuses: VerificationStatus) -> tuple[Verification, ...]:
        """Cases in one of these statuses, oldest first."""
        ...

    async def open_of(self, external_id: str, *, test: bool) -> Verification | None:
        """The open case with this external id and mode; there is one at most."""
        ...


class Interviews(Protocol):
    """Calls and their planned items."""

    async def add(self, interview: Interview, plan: Sequence[PlannedItem]) -> None: ...

    async def get(self, id_: InterviewId) -> Interview: ...

    async def save(self, interview: Interview) -> None:
        """Store state, live_ms, ended_ms and end_cause. Raises Conflict when the stored interview has ended."""
        ...

    async def plan(self, id_: InterviewId) -> tuple[PlannedItem, ...]:
        """In asking order (position, then key)."""
        ...

    async def extend_plan(self, id_: InterviewId, items: Sequence[PlannedItem]) -> None: ...

    async def of_verification(self, id_: VerificationId) -> tuple[Interview, ...]:
        """By number, ascending."""
        ...

    async def unfinished(self) -> tuple[Interview, ...]: ...

    async def recent(self, limit: int) -> tuple[Interview, ...]:
        """Newest first, for the review list."""
        ...


class Runs(Protocol):
    """Item runs; a run is added open and ended once."""

    async def add(self, run: ItemRun) -> None: ...

    async def end(self, run: ItemRun) -> None:
        """Store ended_ms, answer and typed. Raises Conflict when the run has ended already."""
        ...

    async def of_interview(self, id_: InterviewId) -> tuple[ItemRun, ...]:
        """By started_ms, then id."""
        ...


class Flags(Protocol):
    """Append-only."""

    async def add(self, flag: Flag) -> None: ...

    async def of_interview(self, id_: InterviewId) -> tuple[Flag, ...]:
        """By at_ms, then id."""
        ...


class InterviewLog(Protocol):
    """Append-only, sequence numbers without holes per interview."""

    async def append(
        self, id_: InterviewId, at_ms: int, kind: str, by: Role | None, body: Mapping[str, object]
    ) -> LogEntry: ...

    async def since(self, id_: InterviewId, sequence: int) -> tuple[LogEntry, ...]:
        """Entries with a higher sequence number, ascending."""
        ...


class Samples(Protocol):
    """Append-only raw rows."""

    async def add(
        self, server: Sequence[ServerSample], browser: Sequence[BrowserSample], frames: Sequence[FrameSample]
    ) -> None:
        """A row whose (interview, leg, generation, sequence) is stored already is ignored, the first one stands."""
        ...

    async def rows(self, id_: InterviewId) -> InterviewRows:
        """Everything a verdict rests on, the interview's stills included."""
        ...


class Verdicts(Protocol):
    """Append-only: findings and one assessment per ended interview."""

    async def add(self, findings: Sequence[Finding], assessment: Assessment) -> None: ...

    async def findings(self, id_: InterviewId) -> tuple[Finding, ...]:
        """By run id."""
        ...

    async def assessment(self, id_: InterviewId) -> Assessment | None: ...


class Decisions(Protocol):
    """Append-only; the highest version is the current one."""

    async def append(self, decision: Decision) -> None:
        """Raises Conflict when that version exists already."""
        ...

    async def current(self, id_: VerificationId) -> Decision | None: ...

    async def all(self, id_: VerificationId) -> tuple[Decision, ...]: ...

    async def show(self, decision: Decision, at_ms: int) -> bool:
        """The freelancer's page shows this version; False when it did before."""
        ...

    async def shown_ms(self, decision: Decision) -> int | None:
        """When the page first showed it."""
        ...

    async def taken_back(self) -> tuple[VerificationId, ...]:
        """Cases in which a later version followed a failure, by id."""
        ...


class Effects(Protocol):
    """Append-only reports of the platform."""

    async def add(self, report: AccountEffectReport) -> None: ...

    async def of_verification(self, id_: VerificationId) -> tuple[AccountEffectReport, ...]:
        """In the order in which they came."""
        ...

    async def mismatched(self) -> tuple[VerificationId, ...]:
        """Cases with a report that contradicted the decision of its time, by id."""
        ...


class Links(Protocol):
    """Private links by the hash of their token."""

    async def add(self, link: Link) -> None: ...

    async def by_hash(self, token_hash: str) -> Link | None: ...

    async def mark_used(self, token_hash: str, at_ms: int) -> bool:
        """False when it was marked before."""
        ...

    async def revoke_of_verification(self, id_: VerificationId, at_ms: int) -> None: ...

    async def revoke_mailed(self, id_: VerificationId, at_ms: int) -> None:
        """Every link that a message about this case carried."""
        ...

    async def revoke_of_person(self, id_: PersonId, at_ms: int) -> None:
        """Every sign-in link that is not used yet."""
        ...


class Sessions(Protocol):
    """Signed-in browsers by the hash of their cookie."""

    async def add(self, session: Session) -> None: ...

    async def by_hash(self, token_hash: str) -> Session | None: ...

    async def revoke(self, token_hash: str, at_ms: int) -> None: ...

    async def revoke_of_verification(self, id_: VerificationId, audience: str, at_ms: int) -> int:
        """Number of sessions that were active until now."""
        ...

    async def active_of_verification(self, id_: VerificationId, now_ms: int) -> tuple[Session, ...]:
        """Neither revoked nor expired ones of every audience, by their hashes."""
        ...

    async def touch(self, token_hash: str, seen_ms: int) -> None:
        """Remember that it was used."""
        ...

    async def active_of_person(self, id_: PersonId, now_ms: int) -> tuple[Session, ...]:
        """Neither revoked nor expired ones, newest first."""
        ...

    async def revoke_of_person(self, id_: PersonId, at_ms: int, *, keep: str | None = None) -> tuple[str, ...]:
        """Hashes of the sessions that were active until now; ``keep`` stays active."""
        ...


class Tickets(Protocol):
    """WebSocket tickets."""

    async def add(self, ticket: TicketGrant) -> None: ...

    async def take(self, token_hash: str, now_ms: int) -> TicketGrant | None:
        """Use it up; None when unknown, used or expired."""
        ...


class People(Protocol):
    """Staff."""

    async def add(self, person: Person, password_hash: str | None) -> None:
        """Raises Conflict when the e-mail address is taken."""
        ...

    async def get(self, id_: PersonId) -> Person: ...

    async def by_email(self, email: str) -> tuple[Person, str | None] | None:
        """The person and the password hash."""
        ...

    async def all(self) -> tuple[Person, ...]: ...

    async def save(self, person: Person) -> None:
        """Store name, pseudonym, roles, languages and disabled_ms; the address never changes."""
        ...

    async def set_password(self, id_: PersonId, password_hash: str | None) -> None: ...


class ApiKeys(Protocol):
    """Keys of the platform."""

    async def add(self, key: ApiKey) -> None: ...

    async def by_hash(self, secret_hash: str) -> ApiKey | None: ...

    async def all(self) -> tuple[ApiKey, ...]: ...


class DeviceChecks(Protocol):
    """Append-only device and network checks."""

    async def add(self, check: DeviceCheck) -> None: ...

    async def latest_of_person(self, id_: PersonId) -> DeviceCheck | None: ...

    async def latest_of_verification(self, id_: VerificationId) -> DeviceCheck | None: ...


@dataclass(frozen=True, slots=True)
class Consent:
    """What the freelancer agreed to, and when."""

    verification_id: VerificationId
    interview: bool
    recording: bool
    at_ms: int


class Consents(Protocol):
    """Append-only; the newest counts."""

    async def add(self, consent: Consent) -> None: ...

    async def latest(self, id_: VerificationId) -> Consent | None: ...


@dataclass(frozen=True, slots=True)
class StoredAnswer:
    """The first answer to a POST with an Idempotency-Key. ``status`` is None while it is in flight."""

    key_id: str
    idempotency_key: str
    body_hash: str
    created_ms: int
    status: int | None
    answer: bytes | None
    """Encrypted by the caller: it may hold links."""


class Idempotency(Protocol):
    """Answers by API key and Idempotency-Key."""

    async def find(self, key_id: str, idempotency_key: str) -> StoredAnswer | None: ...

    async def begin(self, record: StoredAnswer) -> None:
        """Raises Conflict when the key is there already."""
        ...

    async def finish(self, record: StoredAnswer) -> None: ...

    async def forget(self, key_id: str, idempotency_key: str) -> None: ...

    async def expire(self, before_ms: int) -> None: ...


class Outbox(Protocol):
    """Endpoints, events and their deliveries."""

    async def add_endpoint(self, endpoint: Endpoint) -> None: ...

    async def endpoint(self, id_: EndpointId) -> Endpoint: ...

    async def save_endpoint(self, endpoint: Endpoint) -> None: ...

    async def endpoints(self, *, test: bool) -> tuple[Endpoint, ...]: ...

    async def reseal(self) -> int:
        """Seal every secret with the newest key; number of endpoints."""
        ...

    async def add_event(self, event: Event, deliveries: Sequence[Delivery]) -> None: ...

    async def events(self, *, test: bool, after: int, limit: int) -> tuple[tuple[int, Event], ...]:
        """(cursor, event) in the order they were added, cursors above ``after``."""
        ...

    async def events_of(self, id_: VerificationId) -> tuple[Event, ...]:
        """By sequence."""
        ...

    async def due(self, now_ms: int, limit: int) -> tuple[Delivery, ...]:
        """Pending deliveries whose time has come, oldest first, at most one per endpoint and verification: the order
        of a case's events is kept.
        """
        ...

    async def next_due_ms(self) -> int | None: ...

    async def record(self, attempt: Attempt, step: NextStep) -> None:
        """Store the attempt and move its delivery; disable the endpoint when the step says so."""
        ...

    async def delivery(self, id_: MessageId) -> Delivery: ...

    async def deliveries(self, *, test: bool, limit: int) -> tuple[Delivery, ...]:
        """Newest first."""
        ...

    async def attempts(self, id_: MessageId) -> tuple[Attempt, ...]: ...

    async def requeue(self, id_: MessageId, at_ms: int) -> None:
        """Deliver it once more, now; attempts start over."""
        ...


class Notices(Protocol):
    """What people are told by e-mail, and what became of it. The history of a notice is append-only."""

    async def add(self, notice: Notice) -> None: ...

    async def get(self, id_: NoticeId) -> Notice: ...

    async def due(self, now_ms: int, limit: int) -> tuple[Notice, ...]:
        """Queued notices whose time has come, longest due first."""
        ...

    async def next_due_ms(self) -> int | None: ...

    async def of_verification(self, id_: VerificationId) -> tuple[Notice, ...]:
        """Oldest first, those to staff included."""
        ...

    async def record(self, before: Notice, after: Notice, attempt: NoticeAttempt) -> None:
        """Append the attempt and move the notice.

        Raises:
            Conflict: the stored notice has another history than ``before`` by now.
        """
        ...

    async def attempts(self, id_: NoticeId) -> tuple[NoticeAttempt, ...]:
        """By number."""
        ...

    async def disown(self, id_: VerificationId, at_ms: int) -> bool:
        """The address of a case is somebody else's; False when that is known already."""
        ...

    async def disowned_ms(self, id_: VerificationId) -> int | None:
        """Since when nothing is sent to the address of a case any more."""
        ...


class UnitOfWork(Protocol):
    """One transaction."""

    @property
    def verifications(self) -> Verifications: ...
    @property
    def interviews(self) -> Interviews: ...
    @property
    def runs(self) -> Runs: ...
    @property
    def flags(self) -> Flags: ...
    @property
    def log(self) -> InterviewLog: ...
    @property
    def samples(self) -> Samples: ...
    @property
    def verdicts(self) -> Verdicts: ...
    @property
    def decisions(self) -> Decisions: ...
    @property
    def effects(self) -> Effects: ...
    @property
    def links(self) -> Links: ...
    @property
    def sessions(self) -> Sessions: ...
    @property
    def tickets(self) -> Tickets: ...
    @property
    def people(self) -> People: ...
    @property
    def second_factors(self) -> SecondFactors: ...
    @property
    def recovery_codes(self) -> RecoveryCodes: ...
    @property
    def staff_changes(self) -> StaffChanges: ...
    @property
    def conflicts(self) -> ConflictsOfInterest: ...
    @property
    def api_keys(self) -> ApiKeys: ...
    @property
    def device_checks(self) -> DeviceChecks: ...
    @property
    def consents(self) -> Consents: ...
    @property
    def idempotency(self) -> Idempotency: ...
    @property
    def outbox(self) -> Outbox: ...
    @property
    def notices(self) -> Notices: ...
    @property
    def trainings(self) -> Trainings: ...
    @property
    def stills(self) -> Stills: ...
    @property
    def recordings(self) -> Recordings: ...
    @property
    def evidence_keys(self) -> EvidenceKeys: ...
    @property
    def proposals(self) -> Proposals: ...
    @property
    def rulings(self) -> Rulings: ...
    @property
    def appeals(self) -> Appeals: ...
    @property
    def escalations(self) -> Escalations: ...
    @property
    def audit(self) -> AuditTrail: ...
    @property
    def tombstones(self) -> Tombstones: ...
    @property
    def holds(self) -> LegalHolds: ...
    @property
    def erasures(self) -> Erasures: ...

    async def __aenter__(self) -> Self: ...

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...


class UnitOfWorkFactory(Protocol):
    """Opens units of work."""

    def __call__(self, *, read_only: bool = False) -> UnitOfWork:
        """A read-only one does not wait for writers and refuses writes."""
        ...
