"""What a platform reads, as models, made from the core's values. One rule: every member is always there.

Times are RFC 3339 in UTC with milliseconds. Status and ``Outcome`` are a closed contract: code against every member;
reason codes may grow.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from verifier.core import events
from verifier.core.appeal import AppealOutcome
from verifier.core.clocks import Clock, ClockKind
from verifier.core.decision import recommended_effect
from verifier.core.model import Claim, ClaimKind, Verification, VerificationStatus
from verifier.core.verdicts import AccountEffect, AccountEffectReport, Decision
from verifier.service.standing import Case

Outcome = Literal["none", "verified", "failed", "inconclusive"]
"""Closed: code against every member."""
Time = Annotated[str, Field(json_schema_extra={"format": "date-time"})]


class Answer(BaseModel):
    """Base of every answer."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class DecisionAnswer(Answer):
    """The current decision version."""

    version: int
    result: Outcome
    adverse: bool
    reason_codes: list[str]
    next_action: events.NextAction
    recommended_account_effect: AccountEffect
    policy_version: str
    decided_at: Time


class ClockAnswer(Answer):
    """One promise that runs."""

    kind: ClockKind
    started_at: Time
    due_at: Time
    overdue: Annotated[bool, Field(description="true: it ran out and was told to a person.")]


class AppealAnswer(Answer):
    """The newest appeal of a case."""

    id: str
    decision_version: int
    opened_at: Time
    answer_due_at: Annotated[Time | None, Field(description="null once it is answered.")]
    outcome: AppealOutcome | None
    answered_at: Time | None


class FreelancerAnswer(Answer):
    """The identity part of the snapshot."""

    legal_name: str
    email: str
    country: str | None
    city: str | None
    address: str | None
    date_of_birth: str | None
    locale: str
    time_zone: str


class ClaimsAnswer(Answer):
    """The claims of the snapshot."""

    skills: list[str]
    languages: list[str]


class VerificationAnswer(Answer):
    """One case."""

    id: str
    external_id: Annotated[str | None, Field(description="Yours; null once the verification was redacted.")]
    test: bool
    status: VerificationStatus
    result: Outcome
    decision: DecisionAnswer | None
    protect_work_in_flight: Annotated[
        bool,
        Field(
            description="true: let work in flight be delivered and paid, whatever else you do. It is true until the "
            "case is settled and while an appeal is open."
        ),
    ]
    clocks: Annotated[
        list[ClockAnswer],
        Field(description="What was promised and until when, the nearest first: everybody sees them."),
    ]
    appeal: AppealAnswer | None
    sequence: Annotated[int, Field(description="Of the last event about this case.")]
    freelancer: Annotated[FreelancerAnswer | None, Field(description="null once the verification was redacted.")]
    claims: Annotated[ClaimsAnswer | None, Field(description="null once the verification was redacted.")]
    policy: str
    metadata: dict[str, str]
    created_at: Time
    redacted_at: Annotated[Time | None, Field(description="When its personal data was erased; null: it was not.")]


class CreatedAnswer(VerificationAnswer):
    """A new case."""

    join_url: Annotated[
        str, Field(description="For the freelancer alone. It is told this once; keep it or send it on.")
    ]


class VerificationPage(Answer):
    """Newest first."""

    data: list[VerificationAnswer]
    next_cursor: str | None


class EffectAnswer(Answer):
    """The stored report."""

    verification_id: str
    decision_version: int
    account_effect: AccountEffect
    mismatch: Annotated[bool, Field(description="true: it contradicts the decision; effect.mismatch was sent.")]
    reported_at: Time


class FieldProblem(Answer):
    """One member that was refused."""

    pointer: str
    code: str
    detail: str


class Problem(BaseModel):
    """RFC 9457 problem document."""

    type: Annotated[str, Field(description="Stable, e.g. /problems/invalid_input.")]
    title: str
    status: int
    detail: str
    code: str
    field: str | None = None
    errors: list[FieldProblem] | None = None


def verification(case: Case) -> VerificationAnswer:
    """The answer for one case."""
    return VerificationAnswer.model_validate(_members(case))


def created(case: Case, join_url: str) -> CreatedAnswer:
    """The answer for a new case."""
    return CreatedAnswer.model_validate({**_members(case), "join_url": join_url})


def effect(report: AccountEffectReport) -> EffectAnswer:
    """The answer for a reported effect."""
    return EffectAnswer(
        verification_id=report.verification_id,
        decision_version=report.decision_version,
        account_effect=report.effect,
        mismatch=report.mismatch,
        reported_at=events.timestamp(report.at_ms),
    )


def _members(case: Case) -> dict[str, object]:
    about = case.verification
    redacted = about.redacted_ms is not None
    return {
        "id": about.id,
        "external_id": None if redacted else about.external_id,
        "test": about.test,
        "status": about.status,
        "result": about.result.value,
        "decision": _decision(case.decision, about.status) if case.decision else None,
        "protect_work_in_flight": events.protects_work(about.status, appealed=case.appealed),
        "clocks": [_clock(clock, case.at_ms) for clock in case.clocks],
        "appeal": _appeal(case),
        "sequence": about.sequence,
        "freelancer": None if redacted else _freelancer(about),
        "claims": None if redacted else _claims(about.claims),
        "policy": about.policy,
        "metadata": dict(about.metadata),
        "created_at": events.timestamp(about.created_ms),
        "redacted_at": events.timestamp(about.redacted_ms) if about.redacted_ms is not None else None,
    }


def _freelancer(about: Verification) -> dict[str, object]:
    return {
        "legal_name": about.legal_name,
        "email": about.email,
        "locale": about.locale,
        "time_zone": about.time_zone,
        **_identity(about.claims),
    }


def _claims(claims: tuple[Claim, ...]) -> dict[str, object]:
    return {
        "skills": [claim.value for claim in claims if claim.kind is ClaimKind.SKILL],
        "languages": [claim.value for claim in claims if claim.kind is ClaimKind.LANGUAGE],
    }


def _clock(clock: Clock, now_ms: int) -> ClockAnswer:
    return ClockAnswer(
        kind=clock.kind,
        started_at=events.timestamp(clock.started_ms),
        due_at=events.timestamp(clock.due_ms),
        overdue=clock.breached(now_ms),
    )


def _appeal(case: Case) -> AppealAnswer | None:
    if case.appeal is None:
        return None
    appeal, answer = case.appeal
    return AppealAnswer(
        id=appeal.id,
        decision_version=appeal.decision_version,
        opened_at=events.timestamp(appeal.opened_ms),
        answer_due_at=events.timestamp(case.answer_due_ms) if case.answer_due_ms is not None else None,
        outcome=answer.outcome if answer else None,
        answered_at=events.timestamp(answer.at_ms) if answer else None,
    )


def _identity(claims: tuple[Claim, ...]) -> dict[str, str | None]:
    known = {claim.field: claim.value for claim in claims if claim.kind is ClaimKind.IDENTITY}
    return {name: known.get(name) for name in ("country", "city", "address", "date_of_birth")}


def _decision(decision: Decision, status: VerificationStatus) -> DecisionAnswer:
    return DecisionAnswer(
        version=decision.version,
        result=decision.result.value,
        adverse=events.adverse(decision.result),
        reason_codes=list(decision.reason_codes),
        next_action=events.after_decision(decision.result, status),
        recommended_account_effect=recommended_effect(decision.result),
        policy_version=decision.policy_version,
        decided_at=events.timestamp(decision.at_ms),
    )
