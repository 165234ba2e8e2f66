"""I5: nothing behind a failure is taken back. I7: every result is stated by one decision version that may state it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress

import pytest
from sqlalchemy import Boolean

from tests.storage.doors.refusals import refused
from tests.storage.doors.world import CASE, Failure
from tests.storage.hands import RefusedError, Row, by_hand, inserting, overwriting
from verifier.storage.guards import APPEND_ONLY, PINNED
from verifier.storage.tables import METADATA

BEHIND = [
    "decisions",
    "failed_decisions",
    "proposals",
    "proposal_facts",
    "response_windows",
    "responses",
    "views",
    "trainings",
    "stills",
    "findings",
    "assessments",
    "planned_items",
    "claims",
    "item_runs",
    "interviews",
    "verifications",
    "appeals",
]


@pytest.mark.parametrize("table", BEHIND)
def test_i5_no_row_behind_a_failure_is_changed_deleted_or_replaced(failed: str, table: str) -> None:
    with by_hand(failed) as hand:
        before = sorted(map(repr, hand.execute(f"SELECT * FROM {table}")))
        assert before
        for statement in _changes(table):
            with pytest.raises(RefusedError, match=r"append-only|closed or pinned"):
                hand.execute(statement)
        with pytest.raises(RefusedError, match=r"append-only|never deleted"):
            hand.execute(f"DELETE FROM {table}")
        with suppress(RefusedError):  # an open case may be written over by itself
            hand.execute(overwriting(failed, table))
        assert sorted(map(repr, hand.execute(f"SELECT * FROM {table}"))) == before


def _changes(table: str) -> Iterator[str]:
    """An UPDATE of every column that never changes; one that may until its row is closed is not tried here."""
    for column in METADATA.tables[table].columns:
        if table in APPEND_ONLY:
            yield f'UPDATE {table} SET "{column.name}" = "{column.name}"'
        elif column.name not in PINNED[table][1]:
            value = f'NOT "{column.name}"' if isinstance(column.type, Boolean) else "NULL"
            yield f'UPDATE {table} SET "{column.name}" = {value}'


def test_i7_a_result_failed_without_what_it_rests_on_is_refused(world: str, legitimate: Failure) -> None:
    decision, row = legitimate.statements()
    refused(world, [decision], "fk_decisions_verification_id_failed_version")
    refused(world, [row], "fk_failed_decisions_decision")
    refused(world, legitimate.statements({"failed_version": None}), "ck_decisions_failed_guarded")
    refused(world, legitimate.statements({"decided_by": None}), "ck_decisions_failed_by_person")
    shown = inserting("results", {"verification_id": CASE, "decision_version": 1, "result": "failed"})
    refused(world, [shown], "fk_results_verification_id_decision_version_result")


@pytest.mark.parametrize("result", ["verified", "inconclusive", "none"])
def test_i7_the_row_of_a_failure_belongs_to_no_other_result(world: str, legitimate: Failure, result: str) -> None:
    guarded = ("ck_decisions_failed_guarded", "ck_decisions_inconclusive_not_conclusive", "ck_decisions_none_by_appeal")
    refused(world, legitimate.statements({"result": result}), *guarded)
    refused(world, legitimate.statements(failed={"result": result}), "ck_failed_decisions_failed")


def test_i7_a_verified_case_has_no_row_of_a_failure(world: str, legitimate: Failure) -> None:
    verified = {"result": "verified", "failed_version": None}
    refused(world, legitimate.statements(verified), "fk_failed_decisions_decision")


@pytest.mark.parametrize(
    ("decision", "constraint"),
    [
        ({"version": 1, "supersedes": None}, "pk_decisions"),
        ({"version": 3, "supersedes": 2, "failed_version": 3}, "fk_decisions_verification_id_supersedes"),
        ({"version": 3, "supersedes": 1, "failed_version": 3}, "ck_decisions_versions_without_holes"),
        ({"version": 2, "supersedes": None, "failed_version": 2}, "ck_decisions_versions_without_holes"),
        ({"version": 0, "supersedes": -1, "failed_version": 0}, "ck_decisions_versions_without_holes"),
        ({"version": 2, "supersedes": 1, "failed_version": 1}, "ck_decisions_failed_own_version"),
        ({"version": 2, "supersedes": 1, "failed_version": 2}, "uq_failed_decisions_proposal_id"),
    ],
    ids=str,
)
def test_i7_versions_have_no_twin_and_no_hole_and_a_proposal_fails_once(
    failed: str, legitimate: Failure, decision: Row, constraint: str
) -> None:
    refused(failed, legitimate.statements(decision, {"version": decision["version"]}), constraint)


@pytest.mark.parametrize("statement", ["decision_version = 2", "result = 'verified'", "decision_version = NULL"])
def test_i7_what_a_case_shows_is_what_its_decision_says(failed: str, statement: str) -> None:
    with by_hand(failed) as hand, pytest.raises(RefusedError):
        hand.execute(f"UPDATE results SET {statement}")
