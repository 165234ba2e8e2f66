"""The nouns of domain.md as frozen values. One rule: nothing here computes, decides or reads a clock.

All times are integer milliseconds since the Unix epoch on the server's own clock (a monotonic clock anchored
once per process, so a stepped wall clock never reorders rows), and carry the suffix ``_ms``.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import NewType

VerificationId = NewType("VerificationId", str)
InterviewId = NewType("InterviewId", str)
ClaimId = NewType("ClaimId", str)
RunId = NewType("RunId", str)
FlagId = NewType("FlagId", str)
FindingId = NewType("FindingId", str)
PersonId = NewType("PersonId", str)
KeyId = NewType("KeyId", str)
EndpointId = NewType("EndpointId", str)
StillId = NewType("StillId", str)
RecordingId = NewType("RecordingId", str)
ProposalId = NewType("ProposalId", str)
AppealId = NewType("AppealId", str)
NoticeId = NewType("NoticeId", str)
MessageId = NewType("MessageId", str)
"""Standard Webhooks ``webhook-id``: the same for every attempt at one event and endpoint."""


# ---------------------------------------------------------------- people


class Role(StrEnum):
    """The two participants of a call; also the names of their legs."""

    FREELANCER = "freelancer"
    INTERVIEWER = "interviewer"

    @property
    def other(self) -> Role:
        """The participant on the other end of the call."""
        return Role.INTERVIEWER if self is Role.FREELANCER else Role.FREELANCER


class StaffRole(StrEnum):
    """What a staff member was trained for; one person may hold several."""

    INTERVIEWER = "interviewer"
    REVIEWER = "reviewer"
    APPEAL_REVIEWER = "appeal_reviewer"
    ADMINISTRATOR = "administrator"


@dataclass(frozen=True, slots=True)
class Person:
    """A staff member. ``pseudonym`` is what freelancers see."""

    id: PersonId
    name: str
    email: str
    pseudonym: str
    roles: frozenset[StaffRole]
    languages: tuple[str, ...] = ("en",)
    """BCP 47 tags of the languages the person interviews in, best first."""
    disabled_ms: int | None = None
    """Since when the person may not sign in; nobody is ever deleted, what he did keeps his name."""


@dataclass(frozen=True, slots=True)
class Training:
    """One training of a staff member for one role. Append-only: a refresher is another one."""

    person_id: PersonId
    role: StaffRole
    completed_ms: int
    valid_until_ms: int

    def current(self, at_ms: int) -> bool:
        """Whether it was completed and had not run out at that moment."""
        return self.completed_ms <= at_ms <= self.valid_until_ms


def trained(trainings: Iterable[Training], role: StaffRole, at_ms: int) -> Training | None:
    """The training for a role that was current at a moment and lasts longest; None when there was none."""
    current = (each for each in trainings if each.role is role and each.current(at_ms))
    return max(current, key=lambda each: each.valid_until_ms, default=None)


@dataclass(frozen=True, slots=True)
class DeviceCheck:
    """One passed or failed device and network check. ``figures`` holds what was measured, by its wire name, until it
    is erased.
    """

    at_ms: int
    passed: bool
    figures: Mapping[str, float | str | bool | None]
    person_id: PersonId | None = None
    verification_id: VerificationId | None = None


# ---------------------------------------------------------------- the case


class VerificationStatus(StrEnum):
    """Where a case stands; the result is separate."""

    AWAITING_FREELANCER = "awaiting_freelancer"
    SCHEDULED = "scheduled"
    WAITING = "waiting"
    IN_INTERVIEW = "in_interview"
    IN_REVIEW = "in_review"
    AWAITING_RESPONSE = "awaiting_response"
    RETRY_OFFERED = "retry_offered"
    ALTERNATIVE_ROUTE = "alternative_route"
    COMPLETED = "completed"
    CANCELLED = "cancelled"
    EXPIRED = "expired"


class Result(StrEnum):
    """What a decision version states. Only ``failed`` is adverse, and core/failure.py is the only way to it."""

    NONE = "none"
    """Nothing is decided. As a decision version: an earlier one was taken back and nothing stands in its place yet."""
    VERIFIED = "verified"
    FAILED = "failed"
    INCONCLUSIVE = "inconclusive"


class ClaimKind(StrEnum):
    """What a claim is about."""

    IDENTITY = "identity"
    SKILL = "skill"
    LANGUAGE = "language"


@dataclass(frozen=True, slots=True)
class Claim:
    """One thing the freelancer said about himself beforehand, frozen when the verification was created."""

    id: ClaimId
    kind: ClaimKind
    field: str
    """For identity: legal_name, address, city, country, date_of_birth. For skills and languages: the kind's name."""
    value: str


@dataclass(frozen=True, slots=True)
class Verification:
    """The case of one freelancer with one snapshot of claims."""

    id: VerificationId
    external_id: str
    test: bool
    status: VerificationStatus
    result: Result
    legal_name: str
    email: str
    locale: str
    time_zone: str
    policy: str
    """Name of the policy asked for; the version is pinned when an interview starts."""
    metadata: Mapping[str, str]
    claims: tuple[Claim, ...]
    created_ms: int
    waiting_since_ms: int | None = None
    sequence: int = 0
    """Sequence number of the last event sent about this case."""
    redacted_ms: int | None = None
    """When the personal data of the case was erased; what is left of it reads as in core/erased."""


# ---------------------------------------------------------------- the interview


class InterviewState(StrEnum):
    """States of one call; the transitions stand in core/interview.py."""

    CREATED = "created"
    PREFLIGHT = "preflight"
    WAITING = "waiting"
    LIVE = "live"
    IMPAIRED = "impaired"
    RECONNECTING = "reconnecting"
    ENDED = "ended"


class EndCause(StrEnum):
    """Why a call ended."""

    COMPLETED = "completed"
    QUALITY_ABORT = "quality_abort"
    TECHNICAL_ABORT = "technical_abort"
    FREELANCER_LEFT = "freelancer_left"
    INTERVIEWER_LEFT = "interviewer_left"
    FREELANCER_NO_SHOW = "freelancer_no_show"
    INTERVIEWER_NO_SHOW = "interviewer_no_show"
    CONSENT_REFUSED = "consent_refused"
    LANGUAGE_MISMATCH = "language_mismatch"
    CANCELLED = "cancelled"
    EXPIRED = "expired"
    SERVER_LOST = "server_lost"
    """Our part failed: the server went away, or its relay or ports kept a side from being connected."""


@dataclass(frozen=True, slots=True)
class Interview:
    """One call of a verification. Never a splice of two: a later call is a new interview."""

    id: InterviewId
    verification_id: VerificationId
    number: int
    """1 for the first call of the case."""
    interviewer_id: PersonId
    state: InterviewState
    seed: int
    """Order of the items and every challenge follow from it."""
    policy_version: str
    checklist_version: str
    created_ms: int
    recording_consented: bool = False
    live_ms: int | None = None
    """When both legs were first connected."""
    ended_ms: int | None = None
    end_cause: EndCause | None = None


class ItemKind(StrEnum):
    """Kinds of checklist items; see domain.md."""

    IDENTITY = "identity"
    DOCUMENT = "document"
    FACE = "face"
    COMPREHENSION = "comprehension"
    PROFILE = "profile"


class Need(StrEnum):
    """What an item needs from the connection while it is asked."""

    AUDIO_ASK = "audio_ask"
    AUDIO_ANSWER = "audio_answer"
    VIDEO_FACE = "video_face"
    VIDEO_GESTURE = "video_gesture"
    STILL = "still"
    """A usable still taken while it is asked, in place of video: a call's video is too small to read a document."""


@dataclass(frozen=True, slots=True)
class PlannedItem:
    """One item of one interview's checklist, question drawn, ready to be asked any number of times."""

    key: str
    """Stable within the interview, e.g. ``identity.city`` or ``comprehension.hear_interviewer.2``."""
    kind: ItemKind
    position: int
    mandatory: bool
    needs: tuple[Need, ...]
    question_id: str
    """Id in the identity bank, or in the profile bank together with ``claim_id``."""
    question: str
    """Asked aloud and shown to both as text."""
    claim_id: ClaimId | None = None
    expected: str | None = None
    """What the snapshot says, shown to the interviewer only. None for codes: core.checklist.code draws one per run."""
    round: int = 1
    """Comprehension items come again after every outage, with a higher round."""


class Answer(StrEnum):
    """What the interviewer (or, for codes, the comparison) recorded. Only ``inconsistent`` is adverse."""

    CONSISTENT = "consistent"
    INCONSISTENT = "inconsistent"
    NOT_HEARD = "not_heard"
    NOT_CLAIMED = "not_claimed"
    DECLINED = "declined"
    UNABLE = "unable"


@dataclass(frozen=True, slots=True)
class ItemRun:
    """One asking of an item. Its window is ``started_ms`` to ``ended_ms``; every run is kept."""

    id: RunId
    interview_id: InterviewId
    item_key: str
    number: int
    started_ms: int
    ended_ms: int | None = None
    answer: Answer | None = None
    typed: str | None = None
    """For comprehension: what the hearing side typed."""


class FlagKind(StrEnum):
    """Kinds of flags; see domain.md."""

    CANT_HEAR = "cant_hear"
    TELEMETRY = "telemetry"
    FRAUD = "fraud"


@dataclass(frozen=True, slots=True)
class Flag:
    """Something a person or the trust checks raised at one moment."""

    id: FlagId
    interview_id: InterviewId
    kind: FlagKind
    at_ms: int
    raised_by: Role | None
    """None: raised by the server's own checks."""
    note: str = ""


@dataclass(frozen=True, slots=True)
class LogEntry:
    """One entry of an interview's ordered log: runs, flags, chat, connections, the end. Replayed after a reconnect."""

    sequence: int
    at_ms: int
    kind: str
    """Wire name of the message, e.g. ``run``, ``flag``, ``chat``, ``connection``, ``ended``."""
    by: Role | None
    body: Mapping[str, object]
    """JSON-compatible."""
