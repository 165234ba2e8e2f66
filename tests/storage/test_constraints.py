"""What the domain forbids cannot be written by hand either (I6, I7, I9 and the absence of an adverse result)."""

from __future__ import annotations

import pytest

from tests.storage.hands import RefusedError, by_hand

DECISION = (
    "INSERT INTO decisions (verification_id, version, supersedes, result, conclusive, interview_id, decided_by,"
    " reason_codes, policy_version, at_ms) VALUES ('ver_1', {version}, {supersedes}, '{result}', {conclusive},"
    " '{interview}', {by}, '[]', 'p1', 1)"
)


def _decision(**other: object) -> str:
    values = {
        "version": 2,
        "supersedes": 1,
        "result": "verified",
        "conclusive": "TRUE",
        "interview": "int_1",
        "by": "'per_anna'",
    }
    return DECISION.format(**(values | other))


def test_the_decision_that_the_others_vary_would_be_accepted(url: str) -> None:
    with by_hand(url) as connection:
        connection.execute(_decision())


@pytest.mark.parametrize("result", ["failed", "none", "FAILED", ""])
def test_no_other_result_is_written_without_what_it_rests_on(url: str, result: str) -> None:
    with by_hand(url) as connection, pytest.raises(RefusedError, match="ck_decisions_"):
        connection.execute(_decision(result=result))


@pytest.mark.parametrize(
    "other",
    [
        {"conclusive": "FALSE"},
        {"conclusive": "NULL"},
        {"conclusive": 2},
        {"result": "inconclusive"},
        {"result": "inconclusive", "conclusive": "FALSE"},
        {"by": "NULL"},
        {"by": "'per_nobody'"},
        {"interview": "int_2"},
        {"interview": "int_9"},
        {"version": 1, "supersedes": "NULL"},
        {"version": 3},
        {"version": 3, "supersedes": 2},
        {"version": 2, "supersedes": "NULL"},
        {"version": 0, "supersedes": -1},
    ],
    ids=str,
)
def test_a_decision_that_its_assessment_does_not_carry_is_refused(url: str, other: dict[str, object]) -> None:
    with by_hand(url) as connection, pytest.raises(RefusedError):
        connection.execute(_decision(**other))


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE results SET result = 'failed'",
        "UPDATE results SET result = 'inconclusive'",
        "UPDATE results SET decision_version = 2",
        "UPDATE results SET decision_version = NULL",
        "INSERT INTO results VALUES ('ver_9', 1, 'verified')",
        "UPDATE verifications SET status = 'failed'",
    ],
)
def test_a_result_is_stated_by_a_decision_version_or_not_at_all(url: str, statement: str) -> None:
    with by_hand(url) as connection, pytest.raises(RefusedError):
        connection.execute(statement)


PLANNED = (
    "INSERT INTO planned_items (interview_id, key, verification_id, kind, position, mandatory, needs, question_id,"
    " claim_id, round) VALUES ('int_1', 'new', {case}, '{kind}', 1, {mandatory}, '[]', {question}, {claim}, 1)"
)


@pytest.mark.parametrize(
    "other",
    [
        {"kind": "profile", "claim": "NULL"},
        {"kind": "profile", "claim": "'clm_php'"},
        {"kind": "profile", "mandatory": "TRUE", "claim": "'clm_go'"},
        {"question": "NULL"},
        {"question": "''"},
        {"case": "'ver_9'"},
        {"case": "NULL"},
        {"kind": "php_quiz"},
    ],
    ids=str,
)
def test_a_question_is_in_the_bank_or_about_a_claim_of_this_case(url: str, other: dict[str, object]) -> None:
    values = {
        "case": "'ver_1'",
        "kind": "identity",
        "mandatory": "FALSE",
        "question": "'identity.city'",
        "claim": "NULL",
    }
    with by_hand(url) as connection:
        with pytest.raises(RefusedError):
            connection.execute(PLANNED.format(**(values | other)))
        connection.execute(PLANNED.format(**values))


FINDING = (
    "INSERT INTO findings VALUES ('run_open', {interview}, {item}, {admissible}, {in_scope}, 'adverse', '[]', '[]',"
    " NULL, 0.0, NULL, 'p1')"
)


@pytest.mark.parametrize(
    "other",
    [
        {"interview": "'int_2'"},
        {"item": "'profile.clm_go'"},
        {"in_scope": "FALSE"},
        {"admissible": "NULL"},
        {"in_scope": 7},
    ],
    ids=str,
)
def test_a_finding_stays_within_its_interview_item_and_scope(url: str, other: dict[str, object]) -> None:
    values = {"interview": "'int_1'", "item": "'identity.city'", "admissible": "TRUE", "in_scope": "TRUE"}
    with by_hand(url) as connection:
        with pytest.raises(RefusedError):
            connection.execute(FINDING.format(**(values | other)))
        connection.execute(FINDING.format(**values))
