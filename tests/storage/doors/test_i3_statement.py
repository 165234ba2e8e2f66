"""I3: a statement of reasons without an empty field."""

from __future__ import annotations

import pytest

from tests.core.failures import ASKED
from tests.storage.doors.refusals import ANY_KEY, ANY_TWIN, refused, refused_like
from tests.storage.doors.world import H72_MS, Failure
from tests.storage.hands import Row

FACT = "proposal_id = 'prp_1' AND number = 1"
PROPOSED = [
    "ground",
    "rule",
    "policy_version",
    "response_window_ms",
    "appeal_window_ms",
    "interviewer_id",
    "proposer_id",
]
CITED = ["run_id", "item_key", "still_id", "from_ms", "to_ms", "cited_ms", "text_length", "text_sha256"]


@pytest.mark.parametrize(
    ("changes", "constraints"),
    [
        ({"ground": ""}, ("ck_proposals_ground_known", "ck_proposals_rule_of_ground")),
        ({"ground": "dishonest", "rule": "rule.dishonest"}, ("ck_proposals_ground_known",)),
        ({"ground": "other", "rule": "rule.other"}, ("ck_proposals_ground_known",)),
        ({"rule": ""}, ("ck_proposals_rule_of_ground",)),
        ({"rule": "rule.document_forged"}, ("ck_proposals_rule_of_ground",)),
        ({"policy_version": ""}, ("ck_proposals_policy_named",)),
        ({"response_window_ms": 0}, ("ck_proposals_deadlines_named",)),
        ({"response_window_ms": H72_MS - 1}, ("ck_proposals_deadlines_named",)),
        ({"appeal_window_ms": 0}, ("ck_proposals_deadlines_named",)),
    ],
    ids=str,
)
def test_i3_a_statement_with_an_empty_field_is_none(world: str, changes: Row, constraints: tuple[str, ...]) -> None:
    refused_like(world, "proposals", "id = 'prp_1'", {"id": "prp_new", "number": 9} | changes, *constraints)


@pytest.mark.parametrize("column", PROPOSED)
def test_i3_no_field_of_a_statement_is_missing(world: str, column: str) -> None:
    changes = {"id": "prp_new", "number": 9, column: None}
    refused_like(world, "proposals", "id = 'prp_1'", changes, f"not_null:{column}")


@pytest.mark.parametrize(
    ("changes", "constraint"),
    [
        ({"text_length": 0}, "ck_proposal_facts_worded"),
        ({"text_length": 19}, "ck_proposal_facts_worded"),
        ({"text_sha256": ""}, "ck_proposal_facts_digest_whole"),
        ({"to_ms": ASKED.started_ms, "cited_ms": 0}, "ck_proposal_facts_stretch_cited"),
        ({"cited_ms": 1_000}, "ck_proposal_facts_stretch_cited"),
        ({"run_id": "run_none"}, ANY_KEY),
        ({"item_key": ""}, ANY_KEY),
        ({"still_id": "stl_none"}, ANY_KEY),
        ({"number": 0}, "ck_proposal_facts_number_counts"),
        ({"number": 1}, ANY_TWIN),
    ],
    ids=str,
)
def test_i3_a_fact_with_an_empty_field_is_none(world: str, changes: Row, constraint: str) -> None:
    refused_like(world, "proposal_facts", FACT, {"number": 9} | changes, constraint)


@pytest.mark.parametrize("column", CITED)
def test_i3_no_field_of_a_fact_is_missing(world: str, column: str) -> None:
    refused_like(world, "proposal_facts", FACT, {"number": 9, column: None}, f"not_null:{column}")


def test_i3_a_statement_without_a_fact_leads_to_no_failure(world: str, legitimate: Failure) -> None:
    bare = {"proposal_id": "prp_bare"}
    refused(world, legitimate.statements(bare, bare), ANY_KEY)
    refused(
        world, legitimate.statements(failed={"fact_number": 9}), "fk_failed_decisions_fact", "fk_failed_decisions_view"
    )
    for column in ("fact_number", "cited_ms", "proposed_ms"):
        refused(world, legitimate.statements(failed={column: None}), f"not_null:{column}")


def test_i3_a_failure_without_a_statement_is_none(world: str, legitimate: Failure) -> None:
    refused(world, legitimate.statements({"proposal_id": None}), "ck_decisions_failed_proposed")
    refused(world, legitimate.statements(failed={"proposal_id": None}), "not_null:proposal_id")
    none = {"proposal_id": "prp_none"}
    refused(world, legitimate.statements(none, none), "fk_decisions_verification_id_proposal_id")
