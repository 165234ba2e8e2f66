"""The webhook bodies as exact JSON text. One rule: a body states only what is stored, and recommends no action.

``publish`` (service/publishing) adds the fields that every event of a case has (``common``) to what one of the
builders below returns, and freezes the text with ``body``; the text is stored, signed and never built again. Source:
standardwebhooks.com specification 1.0, "Webhook payload": ``type``, ``timestamp``, ``data``.

Fields of redress (``statement_url``, ``appeal_url``, ``appeal_deadline``) are null where there is nothing to state
or to appeal. ``appeal_deadline`` is the earliest that it can be: the period counts from the delivery of the notice. No
URL in a body carries a token. Nothing but a confirmed failure recommends an action on the account.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum

from verifier.core.appeal import APPEALABLE, Appeal, AppealAnswer
from verifier.core.decision import Verdict, recommended_effect
from verifier.core.model import EndpointId, Interview, Result, Role, Verification, VerificationStatus
from verifier.core.proposal import Proposal, Ruling
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
    REPORT_EFFECT = "report_effect"
    """Report what you did with the account (POST /api/v1/webhooks/verification-result)."""
    NEW_VERIFICATION = "new_verification"
    """The case is closed without a finding; create another one when the freelancer wants it."""


class AlternativeReason(StrEnum):
    """Why a case left the way of interviews. None of them says anything about the freelancer's honesty."""

    REQUESTED = "requested"
    CONSENT_DECLINED = "consent_declined"
    RETRIES_EXHAUSTED = "retries_exhausted"
    REVIEWED = "reviewed"
    """A reviewer found that an interview is not the way for this case."""


@dataclass(frozen=True, slots=True)
class Redress:
    """What a decision's event says about appeals."""

    case_url: str
    """The private page, without a token."""
    appeal_window_ms: int


def protects_work(status: VerificationStatus, *, appealed: bool = False) -> bool:
    """Whether paid work in flight must be let through: always, until the case is settled and no appeal is open."""
    return appealed or status not in SETTLED


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


def common(verification: Verification, sequence: int, data: Data, *, appealed: bool = False) -> dict[str, object]:
    """``data`` of a case's event: identifiers first, then the event's own fields, then what holds for every event.

    ``appealed``: an appeal of the case is open, which protects work in flight. On the alternative route
    ``next_action`` is that route, and where another call is on offer nobody is told to wait, whatever a decision by
    itself would lead to.
    """
    if "next_action" in data and verification.status is VerificationStatus.ALTERNATIVE_ROUTE:
        data = {**data, "next_action": NextAction.ALTERNATIVE_ROUTE.value}
    if data.get("next_action") == NextAction.WAIT and verification.status is VerificationStatus.RETRY_OFFERED:
        data = {**data, "next_action": NextAction.RETRY.value}
    return {
        "verification_id": verification.id,
        "external_id": None if verification.redacted_ms is not None else verification.external_id,
        "sequence": sequence,
        **data,
        "status": verification.status.value,
        "recommended_account_effect": data.get("recommended_account_effect", AccountEffect.NONE.value),
        "protect_work_in_flight": protects_work(verification.status, appealed=appealed),
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


def decided(decision: Decision, redress: Redress) -> Data:
    """``verification.decided``: one decision version, the only source of every statement about the result."""
    appealable = decision.result in APPEALABLE
    deadline_ms = decision.at_ms + redress.appeal_window_ms
    return {
        "decision_version": decision.version,
        "result": decision.result.value,
        "adverse": adverse(decision.result),
        "reason_codes": list(decision.reason_codes),
        "statement_url": redress.case_url if adverse(decision.result) else None,
        "next_action": after_decision(decision.result, VerificationStatus.COMPLETED).value,
        "recommended_account_effect": recommended_effect(decision.result).value,
        "appeal_url": redress.case_url if appealable else None,
        "appeal_deadline": timestamp(deadline_ms) if appealable else None,
        "policy_version": decision.policy_version,
        "decided_at": timestamp(decision.at_ms),
    }


def superseded(before: Decision, decision: Decision, redress: Redress) -> Data:
    """``decision.superseded``: what was said before does not hold any more; this version does.

    ``awaited_account_effect`` is the report that we wait for: ``reinstate`` when a failure was taken back.
    """
    taken_back = adverse(before.result) and not adverse(decision.result)
    return {
        **decided(decision, redress),
        "superseded_version": before.version,
        "superseded_result": before.result.value,
        "awaited_account_effect": AccountEffect.REINSTATE.value if taken_back else None,
    }


def failure_proposed(proposal: Proposal, redress: Redress) -> Data:
    """``verification.failure_proposed``: one reviewer's proposal. Nothing is decided, the account stays as it is."""
    return {
        "interview_id": proposal.interview_id,
        "ground": proposal.statement.ground.value,
        "decided": False,
        "adverse": False,
        "statement_url": redress.case_url,
        "next_action": NextAction.WAIT.value,
        "recommended_account_effect": AccountEffect.KEEP_CURRENT.value,
        "policy_version": proposal.statement.policy_version,
    }


def new_interview(ruling: Ruling | AppealAnswer) -> Data:
    """``verification.new_interview``: a reviewer ordered another call; whatever was proposed before is off."""
    return {
        "ordered_by": "appeal" if isinstance(ruling, AppealAnswer) else "review",
        "adverse": False,
        "retry": {"link": "same_join_link", "different_interviewer": True},
        "next_action": NextAction.RETRY.value,
        "recommended_account_effect": AccountEffect.KEEP_CURRENT.value,
    }


def appeal_opened(appeal: Appeal, due_ms: int) -> Data:
    """``appeal.opened``: acknowledged; answered by somebody uninvolved until ``answer_due_at``."""
    return {
        "appeal_id": appeal.id,
        "decision_version": appeal.decision_version,
        "opened_at": timestamp(appeal.opened_ms),
        "answer_due_at": timestamp(due_ms),
        "next_action": NextAction.WAIT.value,
        "recommended_account_effect": AccountEffect.KEEP_CURRENT.value,
    }


def appeal_decided(appeal: Appeal, answer: AppealAnswer, result: Result) -> Data:
    """``appeal.decided``: what became of it; ``result`` is what the case states from now on."""
    return {
        "appeal_id": appeal.id,
        "decision_version": appeal.decision_version,
        "outcome": answer.outcome.value,
        "result": result.value,
        "answered_at": timestamp(answer.at_ms),
        "next_action": after_decision(result, VerificationStatus.COMPLETED).value,
        "recommended_account_effect": recommended_effect(result).value,
    }


def redacted() -> Data:
    """``verification.redacted``: personal data was erased; status and result stay."""
    return {"next_action": NextAction.NONE.value, "recommended_account_effect": AccountEffect.KEEP_CURRENT.value}


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
    """``effect.mismatch``: what the platform says it did does not follow from the decision.

    ``awaited_account_effect`` is the report that we wait for; null when the suspension rests on an older version than
    the failure that stands now.
    """
    stands = result is Result.FAILED
    return {
        "decision_version": report.decision_version,
        "result": result.value,
        "reported_account_effect": report.effect.value,
        "reported_at": timestamp(report.at_ms),
        "awaited_account_effect": None if stands else AccountEffect.REINSTATE.value,
        "recommended_account_effect": (AccountEffect.NONE if stands else AccountEffect.KEEP_CURRENT).value,
    }


def reinstatement_overdue(decision: Decision, last: AccountEffectReport | None) -> Data:
    """``effect.mismatch``: a failure was taken back, and the platform has not said that the account is in use again.

    Args:
        decision: the current version.
        last: the platform's last report about the account; None when there was none.
    """
    return {
        "decision_version": decision.version,
        "result": decision.result.value,
        "reported_account_effect": last.effect.value if last else None,
        "reported_at": timestamp(last.at_ms) if last else None,
        "awaited_account_effect": AccountEffect.REINSTATE.value,
        "recommended_account_effect": AccountEffect.KEEP_CURRENT.value,
    }


def endpoint_test(endpoint_id: EndpointId, test: bool) -> Data:
    """``endpoint.test``: says nothing about any case."""
    return {"endpoint_id": endpoint_id, "message": "This is a test event. It concerns no verification.", "test": test}


def adverse(result: Result) -> bool:
    """Whether a result speaks against the freelancer; only a failure does."""
    match result:
        case Result.FAILED:
            return True
        case Result.NONE | Result.VERIFIED | Result.INCONCLUSIVE:
            return False


def after_decision(result: Result, status: VerificationStatus) -> NextAction:
    """What follows for the platform from a decision with ``result`` in a case of this status."""
    if status is VerificationStatus.ALTERNATIVE_ROUTE:
        return NextAction.ALTERNATIVE_ROUTE
    match result:
        case Result.NONE:
            return NextAction.RETRY if status is VerificationStatus.RETRY_OFFERED else NextAction.WAIT
        case Result.VERIFIED:
            return NextAction.NONE
        case Result.FAILED:
            return NextAction.REPORT_EFFECT
        case Result.INCONCLUSIVE:
            return NextAction.NEW_VERIFICATION


def _call(interview: Interview) -> dict[str, object]:
    return {
        "interview_id": interview.id,
        "interview_number": interview.number,
        "policy_version": interview.policy_version,
    }
