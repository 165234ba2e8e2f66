"""A legal hold is placed once, released once, and always for a reason."""

from __future__ import annotations

import pytest

from verifier.core.hold import LegalHold, held, place, release
from verifier.core.model import VerificationId
from verifier.errors import IllegalState, InvalidInput

CASE = VerificationId("ver_1")
WHY = "A court asked for the case on 3 May."


def test_placing_and_releasing_alternate() -> None:
    first = place(CASE, (), 1, WHY)
    second = release(CASE, (first,), 2, WHY)
    third = place(CASE, (second, first), 3, WHY)
    assert [each.number for each in (first, second, third)] == [1, 2, 3]
    assert [held(rows) for rows in ((), (first,), (second, first), (first, second, third))] == [
        False,
        True,
        False,
        True,
    ]


def test_what_is_held_is_not_held_twice_and_what_is_not_held_is_not_released() -> None:
    first = place(CASE, (), 1, WHY)
    with pytest.raises(IllegalState, match="held already"):
        place(CASE, (first,), 2, WHY)
    with pytest.raises(IllegalState, match="not held"):
        release(CASE, (), 2, WHY)


@pytest.mark.parametrize("reason", ["", "   short   ", "x" * 2_001])
def test_a_hold_needs_a_reason(reason: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        LegalHold(CASE, 1, True, 1, reason)
    assert refused.value.field == "reason"
