"""Watching through the service: the server's clock, one page of one person, the still first, a row at the end."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.core import failures
from tests.service.review_stage import REASON, A, B, ReviewStage, staged
from verifier.core.model import StaffRole
from verifier.core.proposal import RulingOutcome
from verifier.errors import Conflict, IllegalState, NotAllowed, NotFound
from verifier.service.watching import Watching


@pytest.fixture(params=["fake", "sqlite"])
async def stage(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[ReviewStage]:
    async with staged(request.param, tmp_path) as built:
        yield built


async def test_i4_a_stretch_that_was_watched_is_a_row_and_an_entry_of_the_chain(stage: ReviewStage) -> None:
    proposal = await stage.propose()
    began_ms = stage.clock.now_ms()
    assert (await stage.watched(proposal.id)).complete
    (view,) = (await stage.record(proposal.id)).views
    assert (view.person_id, view.fact_number, view.opened_ms) == (B, 1, began_ms)
    assert view.watched_ms >= failures.fact().cited_ms
    assert stage.clock.now_ms() - began_ms >= failures.fact().cited_ms
    entry = (await stage.chain())[-1]
    assert (entry.action, entry.actor_id, entry.facts["view_id"]) == ("evidence.watched", B, view.id)


async def test_i4_less_than_the_whole_stretch_is_no_row(stage: ReviewStage) -> None:
    proposal = await stage.propose()
    await stage.opened()
    who = await stage.who(B)
    watch = await stage.watching.begin(who, proposal.id, 1)
    for position_ms in (watch.from_ms + 1_000, watch.to_ms, watch.to_ms, watch.from_ms + 2_000):
        stage.clock.advance(s=1)
        watch = await stage.watching.beat(who, watch.watch_id, position_ms)
    assert (watch.reached_ms - watch.from_ms, watch.complete) == (2_000, False)
    assert (await stage.record(proposal.id)).views == ()


async def test_i4_the_cited_still_is_opened_first_and_by_the_same_person(stage: ReviewStage) -> None:
    proposal = await stage.propose()
    await stage.opened(A)
    await stage.opened(B, "stl_other")
    await stage.opened(B, preview=True)
    with pytest.raises(IllegalState, match="Open the still"):
        await stage.watching.begin(await stage.who(B), proposal.id, 1)
    await stage.opened(B)
    assert not (await stage.watching.begin(await stage.who(B), proposal.id, 1)).complete


async def test_a_second_page_of_the_same_person_takes_over_and_begins_anew(stage: ReviewStage) -> None:
    proposal = await stage.propose()
    await stage.opened()
    who = await stage.who(B)
    first = await stage.watching.begin(who, proposal.id, 1)
    stage.clock.advance(s=1)
    await stage.watching.beat(who, first.watch_id, first.from_ms + 1_000)
    second = await stage.watching.begin(who, proposal.id, 1)
    assert second.reached_ms == second.from_ms
    with pytest.raises(Conflict, match="another page"):
        await stage.watching.beat(who, first.watch_id, first.from_ms + 2_000)


async def test_nobody_goes_on_with_the_watch_of_somebody_else_or_of_another_process(stage: ReviewStage) -> None:
    proposal = await stage.propose()
    await stage.opened()
    who, other = await stage.who(B), await stage.another("per_d", StaffRole.REVIEWER)
    watch = await stage.watching.begin(who, proposal.id, 1)
    with pytest.raises(Conflict):
        await stage.watching.beat(other, watch.watch_id, watch.from_ms + 1_000)
    restarted = Watching(stage.units, stage.clock, stage.entropy)
    with pytest.raises(Conflict, match="Begin again"):
        await restarted.beat(who, watch.watch_id, watch.from_ms + 1_000)


async def test_a_complete_watch_is_over(stage: ReviewStage) -> None:
    proposal = await stage.propose()
    watch = await stage.watched(proposal.id)
    with pytest.raises(Conflict):
        await stage.watching.beat(await stage.who(B), watch.watch_id, watch.to_ms)
    assert len((await stage.record(proposal.id)).views) == 1


async def test_there_is_nothing_to_watch_of_what_is_decided_or_not_there(stage: ReviewStage) -> None:
    proposal = await stage.propose()
    await stage.opened()
    who = await stage.who(B)
    with pytest.raises(NotFound):
        await stage.watching.begin(who, proposal.id, 2)
    watch = await stage.watching.begin(who, proposal.id, 1)
    await stage.confirming.reject(who, proposal.id, RulingOutcome.VERIFIED, REASON, await stage.standing())
    with pytest.raises(IllegalState, match="No failure is proposed"):
        await stage.watching.begin(who, proposal.id, 1)
    position_ms = watch.from_ms
    with pytest.raises(IllegalState):
        for _ in range(10):
            stage.clock.advance(s=1)
            position_ms += 1_000
            await stage.watching.beat(who, watch.watch_id, position_ms)
    assert (await stage.record(proposal.id)).views == ()


async def test_a_role_that_was_lost_on_the_way_stores_nothing(stage: ReviewStage) -> None:
    proposal = await stage.propose()
    await stage.opened()
    who = await stage.who(B)
    watch = await stage.watching.begin(who, proposal.id, 1)
    await stage.changed(who, roles=frozenset())
    position_ms = watch.from_ms
    with pytest.raises(NotAllowed):
        for _ in range(10):
            stage.clock.advance(s=1)
            position_ms += 1_000
            await stage.watching.beat(who, watch.watch_id, position_ms)
    assert (await stage.record(proposal.id)).views == ()
