"""The webhook bodies as exact JSON text. One rule: a body states only what is stored, and recommends no action.

``publish`` (service/publishing) adds the fields that every event of a case has (``common``) to what one of the
builders below returns, and freezes the text with ``body``; the text is stored, signed and never built again. Source:
standardwebhooks.com specification 1.0, "Webhook payload": ``type``, ``timestamp``, ``data``.

Fields of redress (``statement_url``, ``appeal_url``, ``appeal_deadline``) are null: this version has no adverse
decision, so there is nothing to state or to appeal. No URL in a body carries a token.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from enum import StrEnum

from verifier.core.decision import Verdict, recommended_effect
from verifier.core.model import EndpointId, Interview, Result, Role, Verification, VerificationStatus
from verifier.core.verdicts import AccountEffect, AccountEffectReport, Assessment, Blame, Decision, Fault
from verifier.core.webhook import EventType

Data = Mapping[str, object]

SETTLED = frozenset({VerificationStatus.COMPLETED, VerificationStatus.CANCELLED, VerificationStatus.EXPIRED})
"""Statuses in which nothing more is expected from the freelancer. The alternative route is not one of them: he is
still being verified, by other means."""


class NextAction(StrEnum):
    """What happens next in a case, as a code the platform may act on."""

    NONE = "none"
    WAIT = "wait"
    """Nothing to do: the freelancer or we are at work."""
    RETRY = "retry"
    """The freelancer may join again by the same link."""
    ALTERNATIVE_ROUTE = "alternative_route"
    """Verify the freelancer in the other way that the policy names."""
    NEW_VERIFICATION = "new_verification"
    """The case is closed without a finding; create another one when the freelancer wants it."""


class AlternativeReason(StrEnum):
    """Why a case left the way of interviews. None of them says anything about the freelancer's honesty."""

    REQUESTED = "requested"
    CONSENT_DECLINED = "consent_declined"
    RETRIES_EXHAUSTED = "retries_exhausted"


def protects_work(status: VerificationStatus) -> bool:
    """Whether paid work in flight must be let through: always, until the case is settled."""
    return status not in SETTLED


def timestamp(at_ms: int) -> str:
    """RFC 3339 in UTC with milliseconds, e.g. ``2026-11-23T14:05:00.123Z``."""
    moment = datetime.fromtimestamp(at_ms // 1_000, UTC)
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{at_ms % 1_000:03d}Z"


def fault_side(blame: Blame) -> str:
    """``freelancer``, ``interviewer``, ``server``, ``both``, ``unclear``, or ``none`` when nothing was bad."""
    if blame.fault is None:
        return "none"
    if blame.side is not None:
        return blame.side.value
    return blame.fault.value if blame.fault in {Fault.SERVER, Fault.BOTH} else Fault.UNCLEAR.value


def body(type_: EventType, at_ms: int, data: Data) -> str:
    """The JSON text of one event: keys in the order given here, no spaces, other scripts as they are."""
    payload = {"type": type_.value, "timestamp": timestamp(at_ms), "data": dict(data)}
    return json.dumps(payload, ensure_ascii=False, separators=(",", ":"), allow_nan=False)


def common(verification: Verification, sequence: int, data: Data) -> dict[str, object]:
    """``data`` of a case's event: identifiers first, then the event's own fields, then what holds for every event.

    On the alternative route ``next_action`` is that route, whatever a decision by itself would lead to.
    """
    if "next_action" in data and verification.status is VerificationStatus.ALTERNATIVE_ROUTE:
        data = {**data, "next_action": NextAction.ALTERNATIVE_ROUTE.value}
    return {
        "verification_id": verification.id,
        "external_id": verification.external_id,
        "sequence": sequence,
        **data,
        "status": verification.status.value,
        "recommended_account_effect": data.get("recommended_account_effect", AccountEffect.NONE.value),
        "protect_work_in_flight": protects_work(verification.status),
        "test": verification.test,
    }


def created(verification: Verification) -> Data:
    """``verification.created``: the policy asked for."""
    return {"policy": verification.policy, "created_at": timestamp(verification.created_ms)}


def interview_started(interview: Interview) -> Data:
    """``interview.started``: which call, under which policy and checklist."""
    return {**_call(interview), "checklist_version": interview.checklist_version}


def interview_inconclusive(interview: Interview, assessment: Assessment, verdict: Verdict) -> Data:
    """``interview.inconclusive``: why, whose side was at fault, and the retry; sent once that is offered.

    Args:
        interview: the ended call.
        assessment: what was computed for it.
        verdict: ``RETRY``, or ``EXHAUSTED`` when the case goes to the alternative route instead.
    """
    other = assessment.blame.side is Role.INTERVIEWER or assessment.blame.fault is Fault.SERVER
    offered = verdict is Verdict.RETRY
    return {
        **_call(interview),
        "end_cause": interview.end_cause.value if interview.end_cause else None,
        "reason_codes": list(assessment.reasons),
        "fault": assessment.blame.fault.value if assessment.blame.fault else None,
        "fault_side": fault_side(assessment.blame),
        "adverse": False,
        "retry": {"link": "same_join_link", "different_interviewer": other} if offered else None,
        "next_action": (NextAction.RETRY if offered else NextAction.ALTERNATIVE_ROUTE).value,
        "recommended_account_effect": AccountEffect.KEEP_CURRENT.value,
    }


def decided(decision: Decision) -> Data:
    """``verification.decided``: one decision version, the only source of every statement about the result."""
    return {
        "decision_version": decision.version,
        "result": decision.result.value,
        "adverse": adverse(decision.result),
        "reason_codes": list(decision.reason_codes),
        "statement_url": None,
        "next_action": after_decision(decision.result, VerificationStatus.COMPLETED).value,
        "recommended_account_effect": recommended_effect(decision.result).value,
        "appeal_url": None,
        "appeal_deadline": None,
        "policy_version": decision.policy_version,
        "decided_at": timestamp(decision.at_ms),
    }


def alternative_route(reason: AlternativeReason) -> Data:
    """``verification.alternative_route``: the freelancer is to be verified in another way."""
    return {
        "reason": reason.value,
        "adverse": False,
        "next_action": NextAction.ALTERNATIVE_ROUTE.value,
        "recommended_account_effect": AccountEffect.KEEP_CURRENT.value,
    }


def closed() -> Data:
    """``verification.cancelled`` and ``verification.expired``: nothing was found out, nothing follows from it."""
    return {
        "adverse": False,
        "next_action": NextAction.NEW_VERIFICATION.value,
        "recommended_account_effect": AccountEffect.KEEP_CURRENT.value,
    }


def effect_mismatch(report: AccountEffectReport, result: Result) -> Data:
    """``effect.mismatch``: what the platform says it did does not follow from the decision."""
    return {
        "decision_version": report.decision_version,
        "result": result.value,
        "reported_account_effect": report.effect.value,
        "reported_at": timestamp(report.at_ms),
        "recommended_account_effect": AccountEffect.KEEP_CURRENT.value,
    }


def endpoint_test(endpoint_id: EndpointId, test: bool) -> Data:
    """``endpoint.test``: says nothing about any case."""
    return {"endpoint_id": endpoint_id, "message": "This is a test event. It concerns no verification.", "test": test}


def adverse(result: Result) -> bool:
    """Whether a result speaks against the freelancer; no result of this version does."""
    match result:
        case Result.NONE | Result.VERIFIED | Result.INCONCLUSIVE:
            return False


def after_decision(result: Result, status: VerificationStatus) -> NextAction:
    """What follows for the platform from a decision with ``result`` in a case of this status."""
    if status is VerificationStatus.ALTERNATIVE_ROUTE:
        return NextAction.ALTERNATIVE_ROUTE
    match result:
        case Result.NONE:
            return NextAction.WAIT
        case Result.VERIFIED:
            return NextAction.NONE
        case Result.INCONCLUSIVE:
            return NextAction.NEW_VERIFICATION


def _call(interview: Interview) -> dict[str, object]:
    return {
        "interview_id": interview.id,
        "interview_number": interview.number,
        "policy_version": interview.policy_version,
    }
