"""What ends a case asks for a second factor that was given recently, whatever else holds."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from tests.contract.failed_case import CALL
from tests.service.review_stage import REASON, A, B, ReviewStage, staged, written
from verifier.core.model import PersonId
from verifier.core.principal import STEP_UP_MS, StaffPrincipal, Stage
from verifier.core.proposal import RulingOutcome
from verifier.core.statement import Ground
from verifier.errors import SecondFactorNeeded


@pytest.fixture
async def stage(tmp_path: Path) -> AsyncIterator[ReviewStage]:
    async with staged("fake", tmp_path) as built:
        yield built


async def stale(stage: ReviewStage, id_: PersonId) -> StaffPrincipal:
    """Somebody whose second factor was given too long ago."""
    return replace(await stage.who(id_), second_factor_ms=stage.clock.now_ms() - STEP_UP_MS - 1)


async def test_nobody_proposes_with_an_old_second_factor(stage: ReviewStage) -> None:
    words = (CALL, Ground.IDENTITY_CONTRADICTED, (written(),), await stage.standing())
    for who in (await stale(stage, A), replace(await stage.who(A), stage=Stage.SECOND_FACTOR)):
        with pytest.raises(SecondFactorNeeded):
            await stage.proposing.propose(who, *words)
    fresh = replace(await stage.who(A), second_factor_ms=stage.clock.now_ms() - STEP_UP_MS)
    assert await stage.proposing.propose(fresh, *words)


async def test_nobody_confirms_or_rejects_with_an_old_second_factor(stage: ReviewStage) -> None:
    proposal = await stage.propose()
    await stage.delivered()
    await stage.answered(proposal.id)
    await stage.watched(proposal.id)
    before, seen, who = await stage.case(), await stage.standing(), await stale(stage, B)
    with pytest.raises(SecondFactorNeeded):
        await stage.confirming.confirm(who, proposal.id, seen)
    with pytest.raises(SecondFactorNeeded):
        await stage.confirming.reject(who, proposal.id, RulingOutcome.NEW_INTERVIEW, REASON, seen)
    assert await stage.case() == before
    await stage.confirming.confirm(await stage.who(B), proposal.id, seen)
