"""States of a case as a table. One rule: what is not in the table is refused and changes nothing.

The result is separate: it changes only through a decision version (core/decision.py). An appeal leaves the status alone
until its answer orders a new interview. Called by service/platform, service/joining, service/interviewing,
service/deciding and the services of review and redress.
"""

from __future__ import annotations

from enum import StrEnum

from verifier.core.model import VerificationStatus
from verifier.errors import IllegalState

_S = VerificationStatus


class VerificationEvent(StrEnum):
    """What can happen to a case."""

    FREELANCER_WAITING = "freelancer_waiting"
    FREELANCER_LEFT_QUEUE = "freelancer_left_queue"
    RETRY_POSTPONED = "retry_postponed"
    INTERVIEW_STARTED = "interview_started"
    INTERVIEW_CONCLUSIVE = "interview_conclusive"
    INTERVIEW_INCONCLUSIVE = "interview_inconclusive"
    RETRIES_EXHAUSTED = "retries_exhausted"
    RETRY_DECLINED = "retry_declined"
    ALTERNATIVE_REQUESTED = "alternative_requested"
    DECIDED_VERIFIED = "decided_verified"
    FAILURE_PROPOSED = "failure_proposed"
    RESPONSE_CLOSED = "response_closed"
    RESPONSE_REOPENED = "response_reopened"
    """The notice of a proposal came back: its window begins anew once the freelancer is reached."""
    FAILURE_CONFIRMED = "failure_confirmed"
    NEW_INTERVIEW_ORDERED = "new_interview_ordered"
    ALTERNATIVE_DECIDED = "alternative_decided"
    CANCELLED = "cancelled"
    EXPIRED = "expired"


_E = VerificationEvent

TRANSITIONS: dict[tuple[VerificationStatus, VerificationEvent], VerificationStatus] = {
    (_S.AWAITING_FREELANCER, _E.FREELANCER_WAITING): _S.WAITING,
    (_S.SCHEDULED, _E.FREELANCER_WAITING): _S.WAITING,
    (_S.RETRY_OFFERED, _E.FREELANCER_WAITING): _S.WAITING,
    (_S.WAITING, _E.FREELANCER_WAITING): _S.WAITING,
    (_S.WAITING, _E.FREELANCER_LEFT_QUEUE): _S.AWAITING_FREELANCER,
    (_S.WAITING, _E.RETRY_POSTPONED): _S.RETRY_OFFERED,
    (_S.WAITING, _E.INTERVIEW_STARTED): _S.IN_INTERVIEW,
    (_S.IN_INTERVIEW, _E.INTERVIEW_CONCLUSIVE): _S.IN_REVIEW,
    (_S.IN_INTERVIEW, _E.INTERVIEW_INCONCLUSIVE): _S.RETRY_OFFERED,
    (_S.IN_INTERVIEW, _E.RETRIES_EXHAUSTED): _S.ALTERNATIVE_ROUTE,
    (_S.RETRY_OFFERED, _E.RETRY_DECLINED): _S.COMPLETED,
    (_S.IN_REVIEW, _E.DECIDED_VERIFIED): _S.COMPLETED,
    (_S.IN_REVIEW, _E.NEW_INTERVIEW_ORDERED): _S.RETRY_OFFERED,
    (_S.IN_REVIEW, _E.ALTERNATIVE_DECIDED): _S.ALTERNATIVE_ROUTE,
    (_S.IN_REVIEW, _E.FAILURE_PROPOSED): _S.AWAITING_RESPONSE,
    (_S.AWAITING_RESPONSE, _E.RESPONSE_CLOSED): _S.IN_REVIEW,
    (_S.IN_REVIEW, _E.RESPONSE_REOPENED): _S.AWAITING_RESPONSE,
    (_S.AWAITING_RESPONSE, _E.DECIDED_VERIFIED): _S.COMPLETED,
    (_S.AWAITING_RESPONSE, _E.NEW_INTERVIEW_ORDERED): _S.RETRY_OFFERED,
    (_S.AWAITING_RESPONSE, _E.ALTERNATIVE_DECIDED): _S.ALTERNATIVE_ROUTE,
    (_S.IN_REVIEW, _E.FAILURE_CONFIRMED): _S.COMPLETED,
    (_S.COMPLETED, _E.NEW_INTERVIEW_ORDERED): _S.RETRY_OFFERED,
    (_S.ALTERNATIVE_ROUTE, _E.NEW_INTERVIEW_ORDERED): _S.RETRY_OFFERED,
    (_S.AWAITING_FREELANCER, _E.ALTERNATIVE_REQUESTED): _S.ALTERNATIVE_ROUTE,
    (_S.SCHEDULED, _E.ALTERNATIVE_REQUESTED): _S.ALTERNATIVE_ROUTE,
    (_S.WAITING, _E.ALTERNATIVE_REQUESTED): _S.ALTERNATIVE_ROUTE,
    (_S.RETRY_OFFERED, _E.ALTERNATIVE_REQUESTED): _S.ALTERNATIVE_ROUTE,
    (_S.AWAITING_FREELANCER, _E.CANCELLED): _S.CANCELLED,
    (_S.SCHEDULED, _E.CANCELLED): _S.CANCELLED,
    (_S.WAITING, _E.CANCELLED): _S.CANCELLED,
    (_S.RETRY_OFFERED, _E.CANCELLED): _S.CANCELLED,
    (_S.AWAITING_FREELANCER, _E.EXPIRED): _S.EXPIRED,
    (_S.SCHEDULED, _E.EXPIRED): _S.EXPIRED,
    (_S.WAITING, _E.EXPIRED): _S.EXPIRED,
}

CLOSED = frozenset({_S.COMPLETED, _S.CANCELLED, _S.EXPIRED, _S.ALTERNATIVE_ROUTE})
"""Statuses that only the answer to an appeal leaves; until then the join link leads to the case page alone."""


def next_status(status: VerificationStatus, event: VerificationEvent) -> VerificationStatus:
    """The status after ``event``.

    Raises:
        IllegalState: the table has no such event in this status.
    """
    try:
        return TRANSITIONS[status, event]
    except KeyError:
        raise IllegalState(f"A verification that is {status} cannot become {event}.") from None
