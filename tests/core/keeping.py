"""A closed case with what it still holds, as values for tests of retention and redaction."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from tests.core.interviews import interview
from verifier.core.model import EndCause, Interview, InterviewId, PersonId, Result, Verification, VerificationStatus
from verifier.core.policy import SHIPPED
from verifier.core.retention import KeptCall, KeptCase, KeptDecision
from verifier.core.verdicts import Decision

CALL = interview()
ENDED_MS = CALL.ended_ms or 0
HOUR_MS = 3_600_000
DAY_MS = 24 * HOUR_MS
DECIDED_MS = ENDED_MS + HOUR_MS
TOLD_MS = DECIDED_MS + HOUR_MS
APPEAL_MS = SHIPPED.appeal_window_ms


def verification(**other: Any) -> Verification:
    values: dict[str, Any] = {
        "external_id": "freelancer-1",
        "test": False,
        "status": VerificationStatus.COMPLETED,
        "result": Result.FAILED,
        "legal_name": "Amra Begić",
        "email": "amra@example.org",
        "locale": "bs",
        "time_zone": "Europe/Sarajevo",
        "policy": "default",
        "metadata": {},
        "claims": (),
        "created_ms": CALL.created_ms,
    }
    return Verification(id=CALL.verification_id, **(values | other))


def kept_call(number: int = 1, *, conclusive: bool = True, **other: Any) -> KeptCall:
    about: Interview = replace(CALL, id=InterviewId(f"int_{number}"), number=number)
    if "end_cause" in other:
        about = replace(about, end_cause=EndCause(other.pop("end_cause")))
    if "ended_ms" in other:
        about = replace(about, ended_ms=other.pop("ended_ms"))
    values: dict[str, Any] = {"policy": SHIPPED, "evidence": True, "samples": True}
    return KeptCall(about, conclusive, **(values | other))


def kept_decision(
    version: int = 1, result: Result = Result.FAILED, at_ms: int = DECIDED_MS, delivered_ms: int | None = TOLD_MS
) -> KeptDecision:
    by = PersonId("per_b") if result is not Result.INCONCLUSIVE else None
    made = Decision(CALL.verification_id, version, result, CALL.id, by, (), SHIPPED.version, at_ms)
    return KeptDecision(made, delivered_ms, APPEAL_MS)


def kept_case(result: Result = Result.FAILED, **other: Any) -> KeptCase:
    decided = () if result is Result.NONE else (kept_decision(result=result),)
    values: dict[str, Any] = {
        "verification": verification(result=result),
        "closed_ms": DECIDED_MS,
        "decisions": decided,
        "calls": (kept_call(conclusive=result is not Result.INCONCLUSIVE),),
        "appealed": False,
        "awaits_reinstatement": False,
        "held": False,
        "policy": SHIPPED,
    }
    return KeptCase(**(values | other))
