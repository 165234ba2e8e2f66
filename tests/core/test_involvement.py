"""I8: everybody who had a part in a case is found, whichever part it was, so that he cannot answer its appeals."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from tests.contract.failed_case import answer
from tests.core import failures
from verifier.core import decision
from verifier.core.involvement import Part, involved
from verifier.core.model import PersonId
from verifier.core.proposal import Ruling, RulingOutcome

SOMEBODY = PersonId("per_x")
FAILED = decision.failed(failures.failure(), None)
RULING = Ruling(
    "rul_1",
    FAILED.verification_id,
    FAILED.interview_id,
    SOMEBODY,
    RulingOutcome.NEW_INTERVIEW,
    failures.DECIDED_MS,
    "The still shows another city than the claim.",
)
NOTHING: dict[str, Any] = dict.fromkeys(
    ("interviews", "proposals", "rulings", "resolved_by", "decisions", "answers"), ()
)


@pytest.mark.parametrize(
    ("rows", "part"),
    [
        ({"interviews": (replace(failures.CALL, interviewer_id=SOMEBODY),)}, Part.INTERVIEWED),
        ({"proposals": (failures.record(proposal=failures.proposal(proposer_id=SOMEBODY)),)}, Part.PROPOSED),
        ({"rulings": (RULING,)}, Part.RULED),
        ({"resolved_by": (SOMEBODY,)}, Part.RESOLVED_FLAG),
        ({"decisions": (replace(FAILED, decided_by=SOMEBODY),)}, Part.DECIDED),
        ({"answers": (replace(answer(), reviewer_id=SOMEBODY),)}, Part.ANSWERED_APPEAL),
    ],
    ids=lambda value: str(value) if isinstance(value, Part) else "",
)
def test_i8_every_kind_of_part_is_found(rows: dict[str, Any], part: Part) -> None:
    assert involved(**(NOTHING | rows)) == {SOMEBODY: [part]}


def test_the_system_is_nobody_and_each_part_is_named_once() -> None:
    both = (FAILED, replace(FAILED, version=2), replace(FAILED, version=3, decided_by=None))
    assert involved(**(NOTHING | {"decisions": both})) == {failures.B: [Part.DECIDED]}
    assert involved(**NOTHING) == {}
