"""I8: an appeal closes only with an outcome, an individual text and a reviewer who was not involved."""

from __future__ import annotations

import pytest

from tests.contract.failed_case import C
from tests.core.failures import DECIDED_MS, HOUR_MS, INTERVIEWER, A, B
from tests.storage.doors.refusals import ANY_KEY, ANY_TWIN, refused
from tests.storage.doors.world import APPEAL, CALL, CASE, Failure
from tests.storage.hands import Row, by_hand, inserting, together

ANSWER: Row = {
    "appeal_id": "apl_1",
    "verification_id": CASE,
    "decision_version": 1,
    "decision_result": "failed",
    "interview_id": CALL,
    "interviewer_id": INTERVIEWER,
    "proposal_id": "prp_1",
    "proposer_id": A,
    "confirmer_id": B,
    "reviewer_id": C,
    "outcome": "overturned",
    "at_ms": DECIDED_MS + 2 * HOUR_MS,
    "text_length": 120,
    "text_sha256": "cd" * 32,
}
OVERTURNED: Row = {"version": 2, "supersedes": 1, "result": "verified", "failed_version": None, "decided_by": C}


def test_i8_an_answer_and_the_version_that_follows_from_it_are_accepted(failed_copy: str, legitimate: Failure) -> None:
    decision = inserting("decisions", legitimate.decision | OVERTURNED | {"appeal_id": "apl_1"})
    with by_hand(failed_copy) as hand:
        together(hand, [inserting("appeal_answers", ANSWER), decision])


@pytest.mark.parametrize(
    ("changes", "constraint"),
    [
        ({"reviewer_id": INTERVIEWER}, "ck_appeal_answers_uninvolved"),
        ({"reviewer_id": A}, "ck_appeal_answers_uninvolved"),
        ({"reviewer_id": B}, "ck_appeal_answers_uninvolved"),
        ({"reviewer_id": None}, "not_null:reviewer_id"),
        ({"reviewer_id": "per_nobody"}, ANY_KEY),
        ({"reviewer_id": A, "proposer_id": None}, "ck_appeal_answers_four_eyes_named"),
        ({"reviewer_id": B, "confirmer_id": None}, "ck_appeal_answers_four_eyes_named"),
        ({"proposal_id": None}, "ck_appeal_answers_four_eyes_named"),
        ({"reviewer_id": A, "proposer_id": C}, ANY_KEY),
        ({"reviewer_id": B, "confirmer_id": C}, ANY_KEY),
        ({"reviewer_id": INTERVIEWER, "interviewer_id": C}, ANY_KEY),
        ({"outcome": None}, "not_null:outcome"),
        ({"outcome": "closed"}, "ck_appeal_answers_outcome_known"),
        ({"text_length": 0}, "ck_appeal_answers_individual"),
        ({"text_length": 79}, "ck_appeal_answers_individual"),
        ({"text_length": None}, "not_null:text_length"),
        ({"text_sha256": ""}, "ck_appeal_answers_digest_whole"),
        ({"text_sha256": None}, "not_null:text_sha256"),
        ({"appeal_id": "apl_none"}, ANY_KEY),
        ({"decision_version": 2}, ANY_KEY),
        ({"decision_result": "inconclusive"}, ANY_KEY),
        ({"interview_id": "iv_conclusive"}, ANY_KEY),
    ],
    ids=str,
)
def test_i8_an_appeal_closes_only_by_an_individual_answer_of_somebody_uninvolved(
    failed: str, changes: Row, constraint: str
) -> None:
    refused(failed, [inserting("appeal_answers", ANSWER | changes)], constraint)


@pytest.mark.parametrize(
    "again", [{"appeal_id": "apl_2"}, {"text_sha256": "ef" * 32}], ids=["same words", "same appeal"]
)
def test_i8_no_words_answer_two_appeals_and_no_appeal_is_answered_twice(failed: str, again: Row) -> None:
    answers = [inserting("appeal_answers", ANSWER), inserting("appeal_answers", ANSWER | again)]
    refused(failed, answers, ANY_TWIN)


@pytest.mark.parametrize(
    ("changes", "constraint"),
    [
        ({"appeal_id": "apl_1"}, ANY_KEY),
        ({"appeal_id": "apl_1", "decided_by": B}, ANY_KEY),
        ({"appeal_id": "apl_1", "decided_by": None, "result": "none"}, "ck_decisions_appeal_by_person"),
        ({"result": "none"}, "ck_decisions_none_by_appeal"),
    ],
    ids=str,
)
def test_i8_nothing_is_superseded_by_an_answer_that_nobody_gave(
    failed: str, legitimate: Failure, changes: Row, constraint: str
) -> None:
    refused(failed, [inserting("decisions", legitimate.decision | OVERTURNED | changes)], constraint)


@pytest.mark.parametrize("who", [A, B, INTERVIEWER])
def test_i8_who_answered_supersedes_and_nobody_else(failed: str, legitimate: Failure, who: str) -> None:
    decision = legitimate.decision | OVERTURNED | {"appeal_id": "apl_1", "decided_by": who}
    refused(failed, [inserting("appeal_answers", ANSWER), inserting("decisions", decision)], ANY_KEY)


@pytest.mark.parametrize(
    ("changes", "constraint"),
    [
        ({"decision_result": "verified"}, "ck_appeals_appealable"),
        ({"decision_result": "inconclusive"}, ANY_KEY),
        ({"decision_version": 2}, ANY_KEY),
        ({"text_length": 0}, "ck_appeals_worded"),
        ({"text_sha256": ""}, "ck_appeals_digest_whole"),
        ({"number": 1}, ANY_TWIN),
    ],
    ids=str,
)
def test_i8_an_appeal_has_words_and_a_decision_to_be_about(failed: str, changes: Row, constraint: str) -> None:
    refused(failed, [inserting("appeals", APPEAL | {"id": "apl_new", "number": 9} | changes)], constraint)
