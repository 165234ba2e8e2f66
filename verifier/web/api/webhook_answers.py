"""The bodies of events as models, for the description alone: core/events writes them, a test holds the two together."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from verifier.core.events import AlternativeReason, NextAction
from verifier.core.model import EndCause, VerificationStatus
from verifier.core.verdicts import AccountEffect, Fault
from verifier.web.api.answers import Answer, Outcome, Time


class CaseData(Answer):
    """Members of every event of a case."""

    verification_id: str
    external_id: Annotated[str | None, Field(description="Yours; null in events after the redaction.")]
    sequence: Annotated[int, Field(description="Per verification, from 1, without holes: order events by it.")]
    status: VerificationStatus
    recommended_account_effect: AccountEffect
    protect_work_in_flight: bool
    test: bool


class CreatedData(CaseData):
    """A case was created."""

    policy: str
    created_at: Time


class CallData(CaseData):
    """Members of every event of a call."""

    interview_id: str
    interview_number: int
    policy_version: str


class StartedData(CallData):
    """A call became live."""

    checklist_version: str


class Retry(Answer):
    """What is offered after an inconclusive call."""

    link: Literal["same_join_link"]
    different_interviewer: bool


class InconclusiveData(CallData):
    """A call counted for nothing; the retry in it is already offered."""

    end_cause: EndCause | None
    reason_codes: list[str]
    fault: Fault | None
    fault_side: Literal["freelancer", "interviewer", "server", "both", "unclear", "none"]
    adverse: Literal[False]
    retry: Retry | None
    next_action: NextAction


class DecidedData(CaseData):
    """A decision version: the only source of every statement about the result."""

    decision_version: int
    result: Outcome
    adverse: bool
    reason_codes: list[str]
    statement_url: str | None
    next_action: NextAction
    appeal_url: str | None
    appeal_deadline: Time | None
    policy_version: str
    decided_at: Time


class AlternativeData(CaseData):
    """The freelancer is to be verified in another way; that says nothing against him."""

    reason: AlternativeReason
    adverse: Literal[False]
    next_action: NextAction


class ClosedData(CaseData):
    """The case ended without a finding."""

    adverse: Literal[False]
    next_action: NextAction


class MismatchData(CaseData):
    """What the platform reported contradicts the decision, or a reinstatement that is awaited was not reported."""

    decision_version: Annotated[int, Field(description="Named by the report; of an overdue report the current one.")]
    result: Annotated[Outcome, Field(description="Of the current version.")]
    reported_account_effect: AccountEffect | None
    reported_at: Time | None
    awaited_account_effect: AccountEffect | None


class TestData(Answer):
    """A test event; it concerns no case."""

    endpoint_id: str
    message: str
    test: bool


class CreatedEvent(Answer):
    """verification.created"""

    type: Literal["verification.created"]
    timestamp: Time
    data: CreatedData


class StartedEvent(Answer):
    """interview.started"""

    type: Literal["interview.started"]
    timestamp: Time
    data: StartedData


class InconclusiveEvent(Answer):
    """interview.inconclusive"""

    type: Literal["interview.inconclusive"]
    timestamp: Time
    data: InconclusiveData


class DecidedEvent(Answer):
    """verification.decided"""

    type: Literal["verification.decided"]
    timestamp: Time
    data: DecidedData


class AlternativeEvent(Answer):
    """verification.alternative_route"""

    type: Literal["verification.alternative_route"]
    timestamp: Time
    data: AlternativeData


class ClosedEvent(Answer):
    """verification.cancelled, verification.expired"""

    type: Literal["verification.cancelled", "verification.expired"]
    timestamp: Time
    data: ClosedData


class MismatchEvent(Answer):
    """effect.mismatch"""

    type: Literal["effect.mismatch"]
    timestamp: Time
    data: MismatchData


class TestEvent(Answer):
    """endpoint.test"""

    type: Literal["endpoint.test"]
    timestamp: Time
    data: TestData
