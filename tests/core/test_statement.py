"""A statement of reasons has no empty field (I3), and no ground outside the short list."""

from __future__ import annotations

from typing import Any

import pytest

from tests.core import failures
from verifier.core.model import ItemKind
from verifier.core.statement import FACT_MIN_CHARACTERS, GROUND_KINDS, Ground
from verifier.errors import InvalidInput


@pytest.mark.parametrize(
    "other",
    [
        {"run_id": ""},
        {"item_key": ""},
        {"still_id": ""},
        {"to_ms": failures.ASKED.started_ms},
        {"to_ms": failures.ASKED.started_ms + 999},
        {"to_ms": failures.ASKED.started_ms - 5_000},
        {"to_ms": failures.ASKED.started_ms + 16 * 60_000},
        {"text": ""},
        {"text": " " * 40},
        {"text": "x" * (FACT_MIN_CHARACTERS - 1)},
        {"text": "x" * 2_001},
    ],
    ids=str,
)
def test_i3_a_fact_with_an_empty_or_senseless_field_cannot_be_made(other: dict[str, Any]) -> None:
    with pytest.raises(InvalidInput) as refused:
        failures.fact(**other)
    assert str(refused.value.field).startswith("/facts/0/")


@pytest.mark.parametrize(
    "other",
    [
        {"facts": ()},
        {"facts": (failures.fact(number=2),)},
        {"facts": (failures.fact(), failures.fact())},
        {"facts": tuple(failures.fact(number=number) for number in range(1, 14))},
        {"policy_version": ""},
        {"response_window_ms": 0},
        {"appeal_window_ms": 0},
    ],
    ids=lambda other: next(iter(other)),
)
def test_i3_a_statement_that_lacks_anything_cannot_be_made(other: dict[str, Any]) -> None:
    with pytest.raises(InvalidInput):
        failures.statement(**other)


def test_the_grounds_are_the_short_closed_list() -> None:
    assert {ground.value for ground in Ground} == {
        "document_forged",
        "document_not_own",
        "face_mismatch",
        "identity_contradicted",
        "impersonation",
        "injected_video",
    }
    with pytest.raises(ValueError, match="dishonest"):
        Ground("dishonest")


@pytest.mark.parametrize("ground", Ground)
def test_no_ground_rests_on_a_skill_or_on_hearing(ground: Ground) -> None:
    assert GROUND_KINDS[ground]
    assert not GROUND_KINDS[ground] & {ItemKind.PROFILE, ItemKind.COMPREHENSION}


def test_the_rule_follows_from_the_ground() -> None:
    assert failures.statement().rule == "rule.identity_contradicted"
