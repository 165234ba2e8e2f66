"""I9: nothing spans interviews. I10: the policy is the pinned one. I11: there are six months for an appeal."""

from __future__ import annotations

import pytest

from tests.contract.failed_case import C
from tests.core.failures import HOUR_MS
from tests.storage.doors.refusals import ANY_KEY, ANY_TWIN, changed, refused, refused_like
from tests.storage.doors.world import CALL, FACT_RUN, Failure
from tests.storage.hands import RefusedError, Row, by_hand
from verifier.storage.tables.redress import APPEAL_MIN_MS

FACT = "proposal_id = 'prp_1' AND number = 1"
OTHERS = ["iv_conclusive", "iv_elsewhere"]
"""Another call of the same case; a call of another case."""


@pytest.mark.parametrize("other", OTHERS)
def test_i9_the_finding_of_another_interview_carries_no_failure(world: str, legitimate: Failure, other: str) -> None:
    borrowed = {"run_id": f"run_{other}"}
    refused(world, legitimate.statements(failed=borrowed), "fk_failed_decisions_finding", "fk_failed_decisions_fact")
    moved = borrowed | {"interview_id": other}
    refused(world, legitimate.statements(failed=moved), ANY_KEY)
    refused(world, legitimate.statements({"interview_id": other}, moved | {"still_id": f"stl_{other}"}), ANY_KEY)


@pytest.mark.parametrize("other", OTHERS)
def test_i9_the_still_of_another_interview_is_no_evidence(world: str, legitimate: Failure, other: str) -> None:
    kept = "fk_failed_decisions_still_id_interview_id_still_usable"
    refused(world, legitimate.statements(failed={"still_id": f"stl_{other}"}), kept, "fk_failed_decisions_fact")


@pytest.mark.parametrize("other", OTHERS)
@pytest.mark.parametrize("borrowed", [("run",), ("stl",), ("run", "stl"), ("run", "stl", "iv")], ids="-".join)
def test_i9_a_fact_cites_the_interview_of_its_proposal(world: str, other: str, borrowed: tuple[str, ...]) -> None:
    columns = {"run": "run_id", "stl": "still_id", "iv": "interview_id"}
    changes = {columns[each]: other if each == "iv" else f"{each}_{other}" for each in borrowed}
    refused_like(world, "proposal_facts", FACT, {"number": 9} | changes, ANY_KEY)
    unnamed = {"number": 9} | changes | {"interview_id": None}
    refused_like(world, "proposal_facts", FACT, unnamed, "ck_proposal_facts_of_interview")


@pytest.mark.parametrize(
    ("table", "where", "changes", "constraint"),
    [
        ("findings", f"run_id = '{FACT_RUN}'", {"run_id": "run_iv_conclusive"}, ANY_TWIN),
        ("stills", "id = 'stl_1'", {"id": "stl_new", "run_id": "run_iv_conclusive"}, ANY_KEY),
        ("proposals", "id = 'prp_1'", {"id": "prp_new", "number": 9, "interview_id": "iv_elsewhere"}, ANY_KEY),
        ("proposals", "id = 'prp_1'", {"id": "prp_new", "number": 9, "interviewer_id": C}, ANY_KEY),
    ],
    ids=["finding", "still", "case", "interviewer"],
)
def test_i9_every_row_stays_within_its_interview(
    world: str, table: str, where: str, changes: Row, constraint: str
) -> None:
    refused_like(world, table, where, changes, constraint)


def test_i9_a_finding_is_about_an_asking_of_its_own_interview(world: str) -> None:
    with by_hand(world) as hand:
        run = changed(hand, "item_runs", "id = 'run_iv_conclusive'", id="run_new", number=9)
        finding = changed(hand, "findings", f"run_id = '{FACT_RUN}'", run_id="run_new")
    refused(world, [run, finding], "fk_findings_interview_id_run_id_item_key")


def test_i10_a_looser_policy_revives_no_finding_and_no_proposal(world: str) -> None:
    looser = {"policy_version": "looser"}
    proposal = {"id": "prp_new", "number": 9} | looser
    refused_like(world, "proposals", "id = 'prp_1'", proposal, "fk_proposals_interview_id_policy_version")
    with by_hand(world) as hand:
        run = changed(hand, "item_runs", f"id = '{FACT_RUN}'", id="run_new", number=99)
        finding = changed(hand, "findings", f"run_id = '{FACT_RUN}'", run_id="run_new", **looser)
    refused(world, [run, finding], "fk_findings_interview_id_policy_version")


def test_i10_neither_assessment_nor_decision_names_another_policy(world: str, legitimate: Failure) -> None:
    looser = {"policy_version": "looser"}
    refused(world, legitimate.statements(looser), "fk_decisions_interview_id_policy_version")
    with by_hand(world) as hand:
        call = changed(hand, "interviews", f"id = '{CALL}'", id="iv_new", number=9)
        assessment = changed(hand, "assessments", f"interview_id = '{CALL}'", interview_id="iv_new", **looser)
    refused(world, [call, assessment], "fk_assessments_interview_id_policy_version")


def test_i10_the_policy_of_an_interview_does_not_move(world: str) -> None:
    with by_hand(world) as hand, pytest.raises(RefusedError, match="closed or pinned"):
        hand.execute(f"UPDATE interviews SET policy_version = 'looser' WHERE id = '{CALL}'")


def test_i11_no_statement_promises_less_than_six_months_for_an_appeal(world: str) -> None:
    assert APPEAL_MIN_MS == 184 * 24 * HOUR_MS
    short = {"id": "prp_new", "number": 9, "appeal_window_ms": APPEAL_MIN_MS - 1}
    refused_like(world, "proposals", "id = 'prp_1'", short, "ck_proposals_deadlines_named")
