"""Holds are logged, and what is not held cannot be released."""

from __future__ import annotations

import pytest

from tests.contract.failed_case import CASE
from tests.service.keeping_stage import WHY, Keeping
from verifier.core.chain import OPERATOR, text_digest
from verifier.core.model import VerificationId
from verifier.errors import IllegalState, InvalidInput, NotFound


async def test_a_hold_is_placed_and_released_with_its_reason_proved_by_the_chain(keeping: Keeping) -> None:
    await keeping.failed()
    placed = await keeping.holding.place(CASE, WHY)
    keeping.clock.advance(days=1)
    released = await keeping.holding.release(CASE, "The court has decided.")
    async with keeping.units(read_only=True) as unit:
        assert await unit.holds.of_verification(CASE) == (placed, released)
    *_, first, second = await keeping.redress.chain()
    assert [(entry.action, entry.actor_kind) for entry in (first, second)] == [
        ("hold.placed", OPERATOR.kind),
        ("hold.released", OPERATOR.kind),
    ]
    assert first.facts == {"number": 1, "text_sha256": text_digest(WHY)}


async def test_what_makes_no_sense_is_refused_and_changes_nothing(keeping: Keeping) -> None:
    await keeping.failed()
    chain = await keeping.redress.chain()
    with pytest.raises(IllegalState, match="not held"):
        await keeping.holding.release(CASE, WHY)
    with pytest.raises(InvalidInput):
        await keeping.holding.place(CASE, "why not")
    with pytest.raises(NotFound):
        await keeping.holding.place(VerificationId("ver_nobody"), WHY)
    assert await keeping.redress.chain() == chain
