"""What a freelancer's pages are given about his own case, as JSON-compatible values.

One rule: everything here is about the reader himself; no code to type, no seed, no name of a staff member but the
pseudonym. Called by service/joining inside its unit of work.
"""

from __future__ import annotations

from collections.abc import Sequence

from verifier.core import checklist, events
from verifier.core.model import (
    Claim,
    ClaimKind,
    Interview,
    InterviewState,
    ItemKind,
    Verification,
    VerificationStatus,
)
from verifier.core.policy import Policy
from verifier.core.verification import CLOSED
from verifier.ports import UnitOfWork
from verifier.ports.storage import Consent

MINUTES_PER_ITEM = 0.75
GREETING_MINUTES = 2

INTERVIEW_AHEAD = frozenset(
    {
        VerificationStatus.AWAITING_FREELANCER,
        VerificationStatus.SCHEDULED,
        VerificationStatus.WAITING,
        VerificationStatus.RETRY_OFFERED,
    }
)
"""Statuses in which a call can be started, or is waited for."""
_BEFORE_THE_CALL = frozenset({VerificationStatus.AWAITING_FREELANCER, VerificationStatus.SCHEDULED})


async def join_state(
    unit: UnitOfWork, verification: Verification, policy: Policy, case_url: str, now_ms: int
) -> dict[str, object]:
    """The ``JoinState`` of the pages' contract."""
    consent = await unit.consents.latest(verification.id)
    interviews = await unit.interviews.of_verification(verification.id)
    open_one = next((one for one in interviews if one.state is not InterviewState.ENDED), None)
    preview = checklist_preview(verification.claims, policy)
    return {
        "status": verification.status,
        "result": verification.result,
        "test": verification.test,
        "reference": verification.external_id,
        "legal_name": verification.legal_name,
        "locale": verification.locale,
        "time_zone": verification.time_zone,
        "claims": [{"kind": claim.kind, "field": claim.field, "value": claim.value} for claim in verification.claims],
        "checklist_preview": preview,
        "minutes": round(GREETING_MINUTES + MINUTES_PER_ITEM * len(preview)),
        "consent": {"interview": consent.interview, "recording": consent.recording} if consent else None,
        "check": await _check(unit, verification),
        "interview": {"id": open_one.id, "state": open_one.state, "number": open_one.number} if open_one else None,
        "last_interview": await _last_interview(unit, interviews),
        "decision": await _decision(unit, verification),
        "retry": verification.status is VerificationStatus.RETRY_OFFERED,
        "case_url": case_url,
        "next": next_step(verification.status, consent),
        "server_ms": now_ms,
    }


def next_step(status: VerificationStatus, consent: Consent | None) -> str:
    """Which step of the page comes next: explain, green_room, waiting, call or result."""
    if status is VerificationStatus.IN_INTERVIEW:
        return "call"
    if status is VerificationStatus.WAITING:
        return "waiting"
    if status in _BEFORE_THE_CALL:
        return "green_room" if consent and consent.interview else "explain"
    return "result"


def checklist_preview(claims: Sequence[Claim], policy: Policy) -> list[dict[str, str | bool]]:
    """What can be asked in an interview about these claims, as {kind, question, optional}, without code and challenge.

    Of the skills at most ``policy.profile_questions`` are asked about; which ones is drawn for each interview.
    """
    fields = {claim.field for claim in claims if claim.kind is ClaimKind.IDENTITY}
    skills = [claim for claim in claims if claim.kind is ClaimKind.SKILL] if policy.profile_questions else []
    rows = [(ItemKind.COMPREHENSION, question) for question, _ in checklist.COMPREHENSION.values()]
    rows += [(ItemKind.IDENTITY, question) for field, question in checklist.IDENTITY_BANK.items() if field in fields]
    rows += [
        (ItemKind.FACE, question or checklist.LIVENESS_CHALLENGES[0]) for question, _ in checklist.FACE_BANK.values()
    ]
    rows += [(ItemKind.DOCUMENT, question) for question, _ in checklist.DOCUMENT_BANK.values()]
    rows += [(ItemKind.PROFILE, checklist.PROFILE_BANK[0].format(claim=skill.value)) for skill in skills]
    left_out = ItemKind.DOCUMENT if not policy.document_mandatory else None
    return [{"kind": kind, "question": question, "optional": kind is left_out} for kind, question in rows]


def closed(verification: Verification) -> bool:
    """Whether no further interview can come."""
    return verification.status in CLOSED


async def interview_summary(unit: UnitOfWork, interview: Interview) -> dict[str, object] | None:
    """How an ended interview came out; None while it goes on."""
    assessment = await unit.verdicts.assessment(interview.id)
    if assessment is None or interview.state is not InterviewState.ENDED:
        return None
    return {
        "number": interview.number,
        "conclusive": assessment.conclusive,
        "cause": interview.end_cause,
        "reasons": list(assessment.reasons),
        "fault": assessment.blame.fault,
        "fault_side": events.fault_side(assessment.blame),
        "ended_ms": interview.ended_ms,
    }


async def _last_interview(unit: UnitOfWork, interviews: Sequence[Interview]) -> dict[str, object] | None:
    for interview in reversed(interviews):
        summary = await interview_summary(unit, interview)
        if summary:
            return summary
    return None


async def _check(unit: UnitOfWork, verification: Verification) -> dict[str, object] | None:
    check = await unit.device_checks.latest_of_verification(verification.id)
    return {"passed": check.passed, "at_ms": check.at_ms, "figures": dict(check.figures)} if check else None


async def _decision(unit: UnitOfWork, verification: Verification) -> dict[str, object] | None:
    decision = await unit.decisions.current(verification.id)
    if decision is None:
        return None
    return {
        "version": decision.version,
        "result": decision.result,
        "reason_codes": list(decision.reason_codes),
        "at_ms": decision.at_ms,
    }
