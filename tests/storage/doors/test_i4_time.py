"""I4: the window was answered or ran out, and the confirmer himself watched what is cited before he decided."""

from __future__ import annotations

import pytest

from tests.contract.failed_case import C
from tests.core.failures import CLOSES_MS, DECIDED_MS, ENDED_MS, HOUR_MS, OPENED_MS, PROPOSED_MS, A
from tests.storage.doors.refusals import ANY_KEY, refused, refused_like
from tests.storage.doors.world import H72_MS, Failure
from tests.storage.hands import Row, by_hand, together

SOON = {"view_id": "viw_soon", "view_opened_ms": OPENED_MS + 60_000}
"""A view from the first minutes of the window."""
WINDOW = "proposal_id = 'prp_1' AND number = 1"
IN_ORDER = "ck_failed_decisions_i4_in_order"


def _of(proposal: str) -> Row:
    """What belongs to another proposal of the same kind."""
    return {"proposal_id": proposal, "view_id": f"viw_{proposal}", "view_opened_ms": OPENED_MS + 60_000}


def test_i4_a_failure_whose_window_was_answered_is_accepted_too(copy: str, legitimate: Failure) -> None:
    at_ms, answered_ms = OPENED_MS + 2 * HOUR_MS, OPENED_MS + HOUR_MS
    decision = {"proposal_id": "prp_answered", "at_ms": at_ms}
    with by_hand(copy) as hand:
        together(
            hand, legitimate.statements(decision, _of("prp_answered") | {"at_ms": at_ms, "response_ms": answered_ms})
        )


def test_i4_a_window_that_is_open_and_unanswered_leads_to_no_failure(world: str, legitimate: Failure) -> None:
    at = {"at_ms": CLOSES_MS - 1}
    refused(world, legitimate.statements(at, at | SOON), "ck_failed_decisions_i4_window_closed")


def test_i4_an_answer_that_nobody_gave_closes_no_window(world: str, legitimate: Failure) -> None:
    at = {"at_ms": OPENED_MS + 2 * HOUR_MS}
    invented = at | SOON | {"response_ms": OPENED_MS + HOUR_MS}
    refused(world, legitimate.statements(at, invented), "fk_failed_decisions_proposal_id_response_ms")


def test_i4_an_answer_after_the_decision_closes_no_window(world: str, legitimate: Failure) -> None:
    at = {"at_ms": OPENED_MS + HOUR_MS - 1}
    row = _of("prp_answered") | at | {"response_ms": OPENED_MS + HOUR_MS}
    decision = {"proposal_id": "prp_answered"} | at
    refused(world, legitimate.statements(decision, row), "ck_failed_decisions_i4_window_closed")


def test_i4_an_answer_from_before_the_notice_closes_no_window(world: str, legitimate: Failure) -> None:
    row = _of("prp_answered_before") | {"response_ms": OPENED_MS - 1}
    decision = {"proposal_id": "prp_answered_before"}
    refused(world, legitimate.statements(decision, row), "ck_failed_decisions_i4_answered_in_window")


@pytest.mark.parametrize(
    ("changes", "constraint"),
    [
        ({"closes_ms": OPENED_MS + H72_MS - 1}, "ck_response_windows_long_enough"),
        ({"closes_ms": OPENED_MS}, "ck_response_windows_long_enough"),
        ({"closes_ms": None}, "not_null:closes_ms"),
        ({"opened_ms": None}, "not_null:opened_ms"),
        ({"delivered_by": None}, "not_null:delivered_by"),
        ({"delivered_by": "file_sink"}, "ck_response_windows_delivered_by_known"),
        ({"proposal_id": "prp_none"}, ANY_KEY),
    ],
    ids=str,
)
def test_i4_a_window_is_delivered_and_72_hours_long(world: str, changes: Row, constraint: str) -> None:
    refused_like(world, "response_windows", WINDOW, {"number": 9} | changes, constraint)


def test_i4_a_window_is_as_long_as_the_statement_promised(world: str, legitimate: Failure) -> None:
    promised = "ck_failed_decisions_i4_as_long_as_promised"
    short = {"window_number": 2, "window_closes_ms": OPENED_MS + H72_MS}
    refused(world, legitimate.statements(failed=short), promised)
    refused(world, legitimate.statements(failed=short | {"promised_ms": H72_MS}), "fk_failed_decisions_promise")
    refused(world, legitimate.statements(failed={"promised_ms": None}), promised)


@pytest.mark.parametrize(
    "changes",
    [
        {"window_number": 9},
        {"window_number": 2},
        {"window_closes_ms": CLOSES_MS + 1},
        {"window_opened_ms": OPENED_MS - 1},
    ],
    ids=str,
)
def test_i4_a_window_that_never_was_is_none(world: str, legitimate: Failure, changes: Row) -> None:
    refused(world, legitimate.statements(failed=changes), "fk_failed_decisions_window")


def test_i4_everything_happens_in_its_order(world: str, legitimate: Failure) -> None:
    early_ms = PROPOSED_MS - 1
    opened = {"window_number": 3, "window_opened_ms": early_ms, "window_closes_ms": early_ms + 7 * 24 * HOUR_MS}
    refused(world, legitimate.statements(failed=opened), IN_ORDER)
    hasty = _of("prp_hasty") | {"proposed_ms": ENDED_MS - 1}
    refused(world, legitimate.statements({"proposal_id": "prp_hasty"}, hasty), IN_ORDER)


@pytest.mark.parametrize("column", ["window_number", "window_opened_ms", "window_closes_ms", "view_id", "at_ms"])
def test_i4_no_failure_is_without_window_or_view(world: str, legitimate: Failure, column: str) -> None:
    refused(world, legitimate.statements(failed={column: None}), f"not_null:{column}")


@pytest.mark.parametrize(
    ("view", "opened_ms"),
    [
        ("viw_none", CLOSES_MS + 60_000),
        (f"viw_of_{C}", CLOSES_MS + 60_000),
        (f"viw_of_{A}", CLOSES_MS + 60_000),
        ("viw_2", CLOSES_MS + 60_000),
        ("viw_prp_answered", OPENED_MS + 60_000),
    ],
    ids=["none", "somebody else's", "the proposer's", "of another fact", "of another proposal"],
)
def test_i4_the_confirmer_himself_watched_what_is_cited(
    world: str, legitimate: Failure, view: str, opened_ms: int
) -> None:
    watched = {"view_id": view, "view_opened_ms": opened_ms}
    refused(world, legitimate.statements(failed=watched), "fk_failed_decisions_view", "fk_failed_decisions_watched")


@pytest.mark.parametrize(
    ("changes", "constraint"),
    [
        ({"watched_ms": 4_999}, "ck_views_watched_long_enough"),
        ({"watched_ms": None}, "not_null:watched_ms"),
        ({"watched_ms": 100, "cited_ms": 100}, ANY_KEY),
        ({"fact_number": 99}, ANY_KEY),
        ({"person_id": "per_nobody"}, ANY_KEY),
        ({"opened_ms": None}, "not_null:opened_ms"),
    ],
    ids=str,
)
def test_i4_a_look_shorter_than_the_cited_stretch_is_no_view(world: str, changes: Row, constraint: str) -> None:
    refused_like(world, "views", "id = 'viw_1'", {"id": "viw_new"} | changes, constraint)


@pytest.mark.parametrize(
    ("view", "opened_ms"), [("viw_before", PROPOSED_MS - 1), ("viw_too_late", DECIDED_MS - 5_999)], ids=str
)
def test_i4_he_watched_after_the_proposal_and_before_he_decided(
    world: str, legitimate: Failure, view: str, opened_ms: int
) -> None:
    before = "ck_failed_decisions_i4_watched_before"
    watched = {"view_id": view, "view_opened_ms": opened_ms}
    refused(world, legitimate.statements(failed=watched), before)
    refused(world, legitimate.statements(failed={"view_id": view}), "fk_failed_decisions_watched")
    for column in ("view_opened_ms", "view_watched_ms"):
        refused(world, legitimate.statements(failed={column: None}), before)
