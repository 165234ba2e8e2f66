"""I2: interviewer, proposer and confirmer are three people, each with a training that was current."""

from __future__ import annotations

import pytest

from tests.contract.failed_case import C
from tests.core.failures import DECIDED_MS, HOUR_MS, INTERVIEWER, A
from tests.storage.doors.refusals import ANY_KEY, refused, refused_like
from tests.storage.doors.world import LONG_AGO, Failure

THREE = "ck_failed_decisions_i2_three_people"
ROLES = ["interviewer", "proposer", "confirmer"]


@pytest.mark.parametrize("who", [A, INTERVIEWER], ids=["proposer is confirmer", "interviewer is confirmer"])
def test_i2_nobody_confirms_what_he_had_a_part_in(world: str, legitimate: Failure, who: str) -> None:
    confirmed = {"confirmer_id": who, "view_id": f"viw_of_{who}"}
    refused(world, legitimate.statements({"decided_by": who}, confirmed), THREE)


def test_i2_interviewer_is_proposer(world: str, legitimate: Failure) -> None:
    own = {"id": "prp_new", "number": 9, "proposer_id": INTERVIEWER}
    refused_like(world, "proposals", "id = 'prp_1'", own, "ck_proposals_not_by_interviewer")
    refused(world, legitimate.statements(failed={"proposer_id": INTERVIEWER}), THREE)


@pytest.mark.parametrize("who", ROLES)
def test_i2_nobody_stands_in_for_another(world: str, legitimate: Failure, who: str) -> None:
    refused(world, legitimate.statements(failed={f"{who}_id": C}), ANY_KEY)
    refused(world, legitimate.statements(failed={f"{who}_id": None}), f"not_null:{who}_id")


@pytest.mark.parametrize("who", ROLES)
def test_i2_whose_training_was_out_of_date_leads_to_no_failure(world: str, legitimate: Failure, who: str) -> None:
    over = {f"{who}_trained_ms": LONG_AGO, f"{who}_trained_until_ms": LONG_AGO + HOUR_MS}
    refused(world, legitimate.statements(failed=over), f"ck_failed_decisions_i2_{who}_trained")
    invented = {f"{who}_trained_until_ms": DECIDED_MS + 1}
    refused(world, legitimate.statements(failed=invented), f"fk_failed_decisions_{who}_training")
    for column in over:
        refused(world, legitimate.statements(failed={column: None}), f"not_null:{column}")


def test_i2_a_training_for_another_role_counts_for_nothing(world: str, legitimate: Failure) -> None:
    roles = "ck_failed_decisions_i2_roles"
    refused(world, legitimate.statements(failed={"interviewer_role": "reviewer"}), roles)
    refused(world, legitimate.statements(failed={"reviewer_role": "interviewer"}), roles)
    for column in ("interviewer_role", "reviewer_role"):
        refused(world, legitimate.statements(failed={column: None}), f"not_null:{column}")
