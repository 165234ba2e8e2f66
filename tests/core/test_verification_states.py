"""States of a case: the table is the whole truth, and completion goes through a decision."""

from __future__ import annotations

from itertools import product

import pytest

from verifier.core.model import VerificationStatus
from verifier.core.verification import CLOSED, TRANSITIONS, VerificationEvent, next_status
from verifier.errors import IllegalState

S, E = VerificationStatus, VerificationEvent


@pytest.mark.parametrize(("status", "event"), list(product(S, E)))
def test_what_is_not_in_the_table_is_refused(status: S, event: E) -> None:
    if (status, event) in TRANSITIONS:
        assert next_status(status, event) is TRANSITIONS[status, event]
    else:
        with pytest.raises(IllegalState):
            next_status(status, event)


def test_only_a_new_interview_on_appeal_leaves_a_closed_case() -> None:
    assert {pair: after for pair, after in TRANSITIONS.items() if pair[0] in CLOSED} == {
        (S.COMPLETED, E.NEW_INTERVIEW_ORDERED): S.RETRY_OFFERED,
        (S.ALTERNATIVE_ROUTE, E.NEW_INTERVIEW_ORDERED): S.RETRY_OFFERED,
    }


def test_completed_is_reached_by_a_decision_or_a_declined_retry_only() -> None:
    assert {pair for pair, after in TRANSITIONS.items() if after is S.COMPLETED} == {
        (S.IN_REVIEW, E.DECIDED_VERIFIED),
        (S.AWAITING_RESPONSE, E.DECIDED_VERIFIED),
        (S.IN_REVIEW, E.FAILURE_CONFIRMED),
        (S.RETRY_OFFERED, E.RETRY_DECLINED),
    }


def test_review_follows_a_conclusive_interview_or_a_closed_response_window_alone() -> None:
    assert {pair for pair, after in TRANSITIONS.items() if after is S.IN_REVIEW} == {
        (S.IN_INTERVIEW, E.INTERVIEW_CONCLUSIVE),
        (S.AWAITING_RESPONSE, E.RESPONSE_CLOSED),
    }


def test_no_inconclusive_interview_leads_to_a_status_from_which_failure_is_confirmed() -> None:
    bad = {TRANSITIONS[S.IN_INTERVIEW, event] for event in (E.INTERVIEW_INCONCLUSIVE, E.RETRIES_EXHAUSTED)}
    assert not [status for status in bad if (status, E.FAILURE_CONFIRMED) in TRANSITIONS]
    assert not [status for status in bad if (status, E.FAILURE_PROPOSED) in TRANSITIONS]


def test_nobody_is_cancelled_or_sent_away_in_the_middle_of_a_call() -> None:
    leaving = {E.CANCELLED, E.EXPIRED, E.ALTERNATIVE_REQUESTED, E.FREELANCER_WAITING}
    assert not [pair for pair in TRANSITIONS if pair[0] is S.IN_INTERVIEW and pair[1] in leaving]
