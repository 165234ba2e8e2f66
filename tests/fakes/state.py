"""Everything a fake store holds, and the rules that its constraints would enforce."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, MutableMapping
from copy import copy
from dataclasses import dataclass, field, fields
from typing import Any, TypeVar

from verifier.core.access import ApiKey, Link, SecondFactor, Session, TicketGrant
from verifier.core.appeal import Appeal, AppealAnswer
from verifier.core.chain import AuditEntry
from verifier.core.evidence import Still
from verifier.core.hold import LegalHold
from verifier.core.model import (
    DeviceCheck,
    Flag,
    Interview,
    ItemRun,
    LogEntry,
    Person,
    PlannedItem,
    Result,
    Training,
    Verification,
)
from verifier.core.notice import Notice, NoticeAttempt
from verifier.core.proposal import ProposalRecord, Ruling
from verifier.core.recording import Recording
from verifier.core.staffing import StaffChange
from verifier.core.tombstone import Tombstone
from verifier.core.verdicts import AccountEffectReport, Assessment, Decision, Finding
from verifier.core.webhook import Attempt, Delivery, Endpoint, Event
from verifier.errors import Conflict, NotFound, OurError
from verifier.ports.credentials import ConflictOfInterest
from verifier.ports.redress import EvidenceKey, FlagResolution
from verifier.ports.storage import Consent, StoredAnswer

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


@dataclass
class State:
    """Rows by key. Values are frozen, so a shallow copy of every container is a snapshot."""

    verifications: dict[str, Verification] = field(default_factory=dict)
    results: dict[str, tuple[int, Result]] = field(default_factory=dict)
    consents: list[Consent] = field(default_factory=list)
    people: dict[str, tuple[Person, str | None]] = field(default_factory=dict)
    second_factors: dict[str, SecondFactor] = field(default_factory=dict)
    recovery_codes: dict[tuple[str, str], int | None] = field(default_factory=dict)
    staff_changes: list[StaffChange] = field(default_factory=list)
    conflicts: dict[tuple[str, str], ConflictOfInterest] = field(default_factory=dict)
    api_keys: dict[str, ApiKey] = field(default_factory=dict)
    device_checks: list[DeviceCheck] = field(default_factory=list)
    interviews: dict[str, Interview] = field(default_factory=dict)
    plan: dict[tuple[str, str], PlannedItem] = field(default_factory=dict)
    runs: dict[str, ItemRun] = field(default_factory=dict)
    flags: dict[str, Flag] = field(default_factory=dict)
    log: dict[tuple[str, int], LogEntry] = field(default_factory=dict)
    samples: dict[tuple[Any, ...], Any] = field(default_factory=dict)
    findings: dict[str, Finding] = field(default_factory=dict)
    assessments: dict[str, Assessment] = field(default_factory=dict)
    decisions: dict[tuple[str, int], Decision] = field(default_factory=dict)
    effects: list[AccountEffectReport] = field(default_factory=list)
    links: dict[str, Link] = field(default_factory=dict)
    sessions: dict[str, Session] = field(default_factory=dict)
    tickets: dict[str, TicketGrant] = field(default_factory=dict)
    taken: set[str] = field(default_factory=set)
    answers: dict[tuple[str, str], StoredAnswer] = field(default_factory=dict)
    endpoints: dict[str, Endpoint] = field(default_factory=dict)
    events: dict[int, Event] = field(default_factory=dict)
    deliveries: dict[str, Delivery] = field(default_factory=dict)
    attempts: list[Attempt] = field(default_factory=list)
    notices: dict[str, Notice] = field(default_factory=dict)
    notice_attempts: dict[tuple[str, int], NoticeAttempt] = field(default_factory=dict)
    trainings: list[Training] = field(default_factory=list)
    stills: dict[str, Still] = field(default_factory=dict)
    recordings: dict[str, Recording] = field(default_factory=dict)
    evidence_keys: dict[str, EvidenceKey] = field(default_factory=dict)
    proposals: dict[str, ProposalRecord] = field(default_factory=dict)
    failed: dict[tuple[str, int], str] = field(default_factory=dict)
    rulings: dict[str, Ruling] = field(default_factory=dict)
    resolutions: dict[str, FlagResolution] = field(default_factory=dict)
    appeals: dict[str, Appeal] = field(default_factory=dict)
    appeal_answers: dict[str, AppealAnswer] = field(default_factory=dict)
    escalations: dict[tuple[str, str, int], tuple[str, int]] = field(default_factory=dict)
    disowned: dict[str, int] = field(default_factory=dict)
    shown: dict[tuple[str, int], int] = field(default_factory=dict)
    audit: dict[tuple[str, int], AuditEntry] = field(default_factory=dict)
    tombstones: dict[str, Tombstone] = field(default_factory=dict)
    holds: dict[tuple[str, int], LegalHold] = field(default_factory=dict)

    def copy(self) -> State:
        """An independent snapshot."""
        return State(**{each.name: copy(getattr(self, each.name)) for each in fields(self)})

    def check(self) -> None:
        """What is only checked when a transaction ends: every stored result has its decision version."""
        for id_, (version, result) in self.results.items():
            decision = self.decisions.get((id_, version))
            require(decision is not None and decision.result is result, "a result without its decision version")
        for key, decision in self.decisions.items():
            require((decision.result is Result.FAILED) is (key in self.failed), "a failure without its four eyes")


class Lent:
    """The state of one unit of work, lent to its repositories."""

    def __init__(self, read_only: bool) -> None:
        self._read_only = read_only
        self._state: State | None = None

    def lend(self, state: State | None) -> None:
        """Attach the state when the transaction begins, detach it (None) when it is over."""
        self._state = state

    @property
    def seen(self) -> State:
        """For reading."""
        if self._state is None:
            raise OurError("A repository was used outside of its unit of work.")
        return self._state

    @property
    def changed(self) -> State:
        """For writing."""
        state = self.seen
        if self._read_only:
            raise OurError("This unit of work is read-only.")
        return state


def require(holds: bool, rule: str) -> None:
    """Refuse as a constraint would."""
    if not holds:
        raise OurError(f"The database refused rows that the rules forbid: {rule}")


def pinned(state: State, interview_id: str, policy_version: str) -> None:
    """Refuse what rests on another policy than the one pinned when the interview began."""
    interview = state.interviews.get(interview_id)
    require(interview is not None and interview.policy_version == policy_version, "the policy of its interview")


def put(rows: MutableMapping[K, V], key: K, value: V) -> None:
    """Add a row, or raise Conflict."""
    if key in rows:
        raise Conflict("This is stored already; somebody else was first.")
    rows[key] = value


def found(rows: Mapping[K, V], key: K) -> V:
    """The row, or NotFound."""
    try:
        return rows[key]
    except KeyError:
        raise NotFound from None


def refers(rows: Mapping[K, object], key: K | None) -> None:
    """Refuse a reference that leads nowhere; None refers to nothing."""
    require(key is None or key in rows, f"nothing is stored under {key}")
