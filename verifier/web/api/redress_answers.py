"""The bodies of the events of review and redress as models; see web/api/webhook_answers."""

from __future__ import annotations

from typing import Literal

from verifier.core.appeal import AppealOutcome
from verifier.core.events import NextAction
from verifier.core.statement import Ground
from verifier.core.verdicts import AccountEffect
from verifier.web.api.answers import Answer, Outcome, Time
from verifier.web.api.webhook_answers import CaseData, DecidedData, Retry


class SupersededData(DecidedData):
    """A later decision version; what was told before does not hold any more."""

    superseded_version: int
    superseded_result: Outcome
    awaited_account_effect: AccountEffect | None


class ProposedData(CaseData):
    """A reviewer proposed a failure. Nothing is decided: the account stays as it is."""

    interview_id: str
    ground: Ground
    decided: Literal[False]
    adverse: Literal[False]
    statement_url: str
    next_action: NextAction
    policy_version: str


class NewInterviewData(CaseData):
    """A reviewer ordered another call."""

    ordered_by: Literal["review", "appeal"]
    adverse: Literal[False]
    retry: Retry
    next_action: NextAction


class AppealOpenedData(CaseData):
    """The freelancer appealed; acknowledged, and answered until ``answer_due_at``."""

    appeal_id: str
    decision_version: int
    opened_at: Time
    answer_due_at: Time
    next_action: NextAction


class AppealDecidedData(CaseData):
    """The appeal was answered; ``result`` is what the case states from now on."""

    appeal_id: str
    decision_version: int
    outcome: AppealOutcome
    result: Outcome
    answered_at: Time
    next_action: NextAction


class RedactedData(CaseData):
    """Personal data was erased."""

    next_action: NextAction


class SupersededEvent(Answer):
    """decision.superseded"""

    type: Literal["decision.superseded"]
    timestamp: Time
    data: SupersededData


class StatedEvent(Answer):
    """verification.decided or decision.superseded: the version that holds"""

    type: Literal["verification.decided", "decision.superseded"]
    timestamp: Time
    data: DecidedData | SupersededData


class ProposedEvent(Answer):
    """verification.failure_proposed"""

    type: Literal["verification.failure_proposed"]
    timestamp: Time
    data: ProposedData


class NewInterviewEvent(Answer):
    """verification.new_interview"""

    type: Literal["verification.new_interview"]
    timestamp: Time
    data: NewInterviewData


class AppealOpenedEvent(Answer):
    """appeal.opened"""

    type: Literal["appeal.opened"]
    timestamp: Time
    data: AppealOpenedData


class AppealDecidedEvent(Answer):
    """appeal.decided"""

    type: Literal["appeal.decided"]
    timestamp: Time
    data: AppealDecidedData


class RedactedEvent(Answer):
    """verification.redacted"""

    type: Literal["verification.redacted"]
    timestamp: Time
    data: RedactedData
