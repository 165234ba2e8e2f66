"""The bars beside a cited fact: those that its verdict rests on, and no others."""

from __future__ import annotations

import pytest

from tests.contract.failed_case import add_conclusive_call
from tests.core import failures
from tests.core.interviews import FRONT, PLAN
from tests.fakes.units import FakeUnits
from verifier.core.policy import SHIPPED, PolicyBook
from verifier.core.samples import Stream
from verifier.core.statement import Fact
from verifier.core.verdicts import Band
from verifier.service.own_quality import OwnQuality, Stretch, _bands, _cut

BOTH_VOICES = {Stream.AUDIO_FROM_FREELANCER, Stream.AUDIO_FROM_INTERVIEWER}


async def stretch_of(fact: Fact, *, rows: bool = True) -> Stretch | None:
    """What is shown beside a fact of the contradicted call."""
    units = FakeUnits()
    async with units() as unit:
        await add_conclusive_call(unit)
        if rows:
            await unit.samples.add(failures.ROWS.server, failures.ROWS.browser, failures.ROWS.frames)
        await unit.proposals.add(failures.proposal(statement=failures.statement(facts=(fact,))))
    shown = await OwnQuality(units, PolicyBook(SHIPPED, ())).cited(failures.CALL.verification_id)
    return shown[failures.PROPOSAL].get(fact.number)


async def test_beside_a_spoken_answer_stand_both_voices() -> None:
    found = await stretch_of(failures.fact())
    assert found is not None and set(found.bands) == BOTH_VOICES and not found.from_still
    assert {band for bands in found.bands.values() for band in bands} <= {Band.GOOD, Band.QUIET}


def test_beside_a_document_stands_the_question_and_that_it_was_judged_from_a_picture() -> None:
    bands = _bands(failures.CALL, failures.ROWS, (*PLAN, FRONT), SHIPPED)
    found = _cut(bands, failures.fact(item_key=FRONT.key))
    assert set(found.bands) == {Stream.AUDIO_FROM_INTERVIEWER} and found.from_still


@pytest.mark.parametrize(
    ("from_ms", "to_ms", "seconds"), [(0, 3_000, 3), (500, 3_000, 3), (500, 3_001, 4), (999, 2_001, 3)]
)
async def test_every_second_that_the_stretch_touches_has_a_bar(from_ms: int, to_ms: int, seconds: int) -> None:
    live_ms = failures.CALL.live_ms or 0
    found = await stretch_of(failures.fact(from_ms=live_ms + from_ms, to_ms=live_ms + to_ms))
    assert found is not None and found.start_ms == live_ms
    assert {len(bands) for bands in found.bands.values()} == {seconds}


async def test_of_seconds_beyond_the_call_nothing_is_known() -> None:
    ended_ms = failures.ENDED_MS + 60_000
    found = await stretch_of(failures.fact(from_ms=ended_ms, to_ms=ended_ms + 2_000))
    assert found is not None and {band for bands in found.bands.values() for band in bands} == {Band.UNKNOWN}


async def test_once_the_rows_are_erased_no_bar_is_shown() -> None:
    assert await stretch_of(failures.fact(), rows=False) is None
