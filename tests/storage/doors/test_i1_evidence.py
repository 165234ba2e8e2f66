"""I1: a failure rests on a conclusive interview and an adverse, admissible, in-scope finding that a still shows."""

from __future__ import annotations

import pytest

from tests.storage.doors.refusals import changed, refused, refused_like
from tests.storage.doors.world import Failure
from tests.storage.hands import Row, by_hand, together

OF_ITEM = "fk_failed_decisions_interview_id_item_key_item_kind"
OF_STILL = "fk_failed_decisions_still_id_interview_id_still_usable"
OF_FINDING = "fk_failed_decisions_finding"


def test_i1_the_failure_that_the_others_vary_is_accepted(copy: str, legitimate: Failure) -> None:
    with by_hand(copy) as hand:
        together(hand, legitimate.statements())
        assert hand.execute("SELECT version, result FROM decisions") == [(1, "failed")]
        assert hand.execute("SELECT version, proposal_id FROM failed_decisions") == [(1, "prp_1")]


@pytest.mark.parametrize(
    ("changes", "constraint"),
    [
        ({"conclusive": False}, "ck_failed_decisions_i1_conclusive"),
        ({"admissible": False}, "ck_failed_decisions_i1_admissible"),
        ({"polarity": "supporting"}, "ck_failed_decisions_i1_adverse"),
        ({"polarity": "neutral"}, "ck_failed_decisions_i1_adverse"),
        ({"in_scope": False}, "ck_failed_decisions_i1_in_scope"),
        ({"item_kind": "profile"}, "ck_failed_decisions_i1_identifying"),
        ({"item_kind": "comprehension"}, "ck_failed_decisions_i1_identifying"),
        ({"item_kind": "document"}, OF_ITEM),
        ({"still_usable": False}, "ck_failed_decisions_i1_still_usable"),
    ],
    ids=str,
)
def test_i1_a_failure_says_what_it_rests_on(world: str, legitimate: Failure, changes: Row, constraint: str) -> None:
    refused(world, legitimate.statements(failed=changes), constraint)


@pytest.mark.parametrize(
    "column",
    ["conclusive", "admissible", "polarity", "in_scope", "item_kind", "item_key", "run_id", "still_id", "still_usable"],
)
def test_i1_nothing_that_it_rests_on_is_left_open(world: str, legitimate: Failure, column: str) -> None:
    refused(world, legitimate.statements(failed={column: None}), f"not_null:{column}")


@pytest.mark.parametrize(
    ("fact", "run", "truth", "constraint"),
    [
        (2, "run_inadmissible", {"admissible": False}, "ck_failed_decisions_i1_admissible"),
        (3, "run_supporting", {"polarity": "supporting"}, "ck_failed_decisions_i1_adverse"),
        (4, "run_out_of_scope", {"in_scope": False, "admissible": False}, "ck_failed_decisions_i1_in_scope"),
    ],
    ids=["inadmissible", "not adverse", "out of scope"],
)
def test_i1_an_asking_that_cannot_carry_a_failure_carries_none(
    world: str, legitimate: Failure, fact: int, run: str, truth: Row, constraint: str
) -> None:
    cited = {"run_id": run, "fact_number": fact, "view_id": f"viw_{fact}"}
    refused(world, legitimate.statements(failed=cited), OF_FINDING)
    refused(world, legitimate.statements(failed=cited | truth), constraint, "ck_failed_decisions_i1_admissible")


@pytest.mark.parametrize(
    ("fact", "run", "key", "kind"),
    [
        (5, "run_profile", "profile.0", "profile"),
        (6, "run_code", "comprehension.hear_interviewer", "comprehension"),
    ],
    ids=["profile", "comprehension"],
)
def test_i1_an_item_that_identifies_nobody_carries_no_failure(
    world: str, legitimate: Failure, fact: int, run: str, key: str, kind: str
) -> None:
    cited = {"run_id": run, "item_key": key, "fact_number": fact, "view_id": f"viw_{fact}"}
    refused(world, legitimate.statements(failed=cited | {"item_kind": kind}), "ck_failed_decisions_i1_identifying")
    for lie in ("identity", "document", "face"):
        refused(world, legitimate.statements(failed=cited | {"item_kind": lie}), OF_ITEM)


def test_i1_a_still_that_shows_nothing_is_no_evidence(world: str, legitimate: Failure) -> None:
    cited = {"still_id": "stl_unusable", "fact_number": 7, "view_id": "viw_7"}
    refused(world, legitimate.statements(failed=cited), OF_STILL)
    honest = cited | {"still_usable": False}
    refused(world, legitimate.statements(failed=honest), "ck_failed_decisions_i1_still_usable")


def test_i1_a_still_that_was_never_kept_is_no_evidence(world: str, legitimate: Failure) -> None:
    refused(world, legitimate.statements(failed={"still_id": "stl_none"}), OF_STILL, "fk_failed_decisions_fact")


def test_i1_a_bad_link_leads_to_no_failure(world: str, legitimate: Failure) -> None:
    own = {"interview_id": "iv_inconclusive"}
    evidence = {"run_id": "run_iv_inconclusive", "still_id": "stl_iv_inconclusive"}
    carried = ("fk_decisions_interview_id_conclusive", "fk_failed_decisions_interview_id_conclusive")
    refused(world, legitimate.statements(own, own | evidence), *carried)
    honest = own | {"conclusive": False}
    refused(world, legitimate.statements(honest, honest | evidence), "ck_decisions_failed_conclusive")


def test_i1_no_failure_is_proposed_of_a_bad_link(world: str) -> None:
    own = {"id": "prp_new", "number": 9, "interview_id": "iv_inconclusive"}
    refused_like(world, "proposals", "id = 'prp_1'", own, "fk_proposals_interview_id_conclusive")
    refused_like(world, "proposals", "id = 'prp_1'", own | {"conclusive": False}, "ck_proposals_of_conclusive")
    refused_like(world, "proposals", "id = 'prp_1'", own | {"conclusive": None}, "not_null:conclusive")


def test_i1_what_was_admitted_is_in_scope(world: str) -> None:
    with by_hand(world) as hand:
        run = changed(hand, "item_runs", "id = 'run_profile'", id="run_new", number=9)
        finding = changed(hand, "findings", "run_id = 'run_profile'", run_id="run_new", in_scope=False)
    refused(world, [run, finding], "ck_findings_admissible_in_scope")
