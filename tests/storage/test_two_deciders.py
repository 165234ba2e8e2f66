"""Two who decide at once leave one current decision and no hole in any number, whichever database they share."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from pathlib import Path

import pytest

from tests.contract import examples
from tests.fakes import SeededEntropy
from tests.service.review_stage import REASON, B, ReviewStage
from tests.storage.databases import SEALER
from verifier.core.chain import broken_at
from verifier.core.model import PersonId, Result, StaffRole
from verifier.core.proposal import RulingOutcome
from verifier.errors import Conflict, OurError
from verifier.storage import Store

ROOT = Path(__file__).parents[2]
ROUNDS = 10


async def _decide(store: Store, version: int, by: str) -> None:
    """As who read the case before, on a page, and decides now."""
    async with store.units() as uow:
        await uow.decisions.append(examples.decision(version, decided_by=PersonId(by)))


async def test_of_two_deciders_who_saw_the_same_case_one_decides_and_one_is_told(fresh: str) -> None:
    async with await Store.open(fresh) as one, await Store.open(fresh) as other:
        async with one.units() as uow:
            await examples.add_assessed_call(uow)
            await uow.people.add(examples.person("per_bert"), None)
        for version in range(1, ROUNDS + 1):
            deciding = (_decide(one, version, "per_anna"), _decide(other, version, "per_bert"))
            outcomes = await asyncio.gather(*deciding, return_exceptions=True)
            assert [type(outcome) for outcome in outcomes if outcome is not None] == [Conflict]
            async with one.units(read_only=True) as uow:
                decided = await uow.decisions.all(examples.CASE)
                current = await uow.decisions.current(examples.CASE)
            assert [decision.version for decision in decided] == list(range(1, version + 1))
            assert current is not None
            assert current.decided_by == ("per_anna" if outcomes[0] is None else "per_bert")


async def test_processes_that_write_at_once_leave_no_hole_in_any_number(fresh: str) -> None:
    async with await Store.open(fresh) as store, store.units() as uow:
        await examples.add_assessed_call(uow)
    assert _write_at_once(fresh) == [0, 0]
    expected = list(range(1, 2 * ROUNDS + 1))
    async with await Store.open(fresh) as store, store.units(read_only=True) as uow:
        assert [entry.sequence for entry in await uow.log.since(examples.CALL, 0)] == expected
        assert [decision.version for decision in await uow.decisions.all(examples.CASE)] == expected
        events = await uow.outbox.events(test=False, after=0, limit=99)
        assert [event.sequence for _, event in events] == expected
        assert (await uow.verifications.get(examples.CASE)).sequence == len(expected)


@pytest.mark.parametrize("first", ["confirm", "reject"])
async def test_of_confirming_and_rejecting_at_once_one_is_decided(fresh: str, first: str) -> None:
    """Two servers, two reviewers, one proposal: through the services that people use."""
    async with await Store.open(fresh, SEALER) as store, await Store.open(fresh, SEALER) as elsewhere:
        here = ReviewStage(store.units)
        await here.fill()
        there = ReviewStage(elsewhere.units, clock=here.clock, entropy=SeededEntropy(2))
        third = await here.another("per_third", StaffRole.REVIEWER)
        proposal = await here.ready()
        seen = await here.standing()
        acts = {
            "confirm": here.confirming.confirm(await here.who(B), proposal.id, seen),
            "reject": there.confirming.reject(third, proposal.id, RulingOutcome.VERIFIED, REASON, seen),
        }
        order = [first, *({"confirm", "reject"} - {first})]
        outcomes = await asyncio.gather(*(acts[each] for each in order), return_exceptions=True)
        refusals = [outcome for outcome in outcomes if isinstance(outcome, BaseException)]
        assert [type(refusal) for refusal in refusals] == [Conflict]
        won = next(act for act, outcome in zip(order, outcomes, strict=True) if outcome not in refusals)
        (decided,) = await here.decisions()
        assert decided.result is (Result.FAILED if won == "confirm" else Result.VERIFIED)
        assert (await there.case()).result is decided.result
        chain = await there.chain()
        assert broken_at(chain) is None
        assert [event.sequence for event in await there.events()] == list(range(1, 3))


def _write_at_once(url: str) -> list[int]:
    """Exit statuses of two processes."""
    command = [sys.executable, "-m", "tests.storage.counting_writer", url, str(ROUNDS)]
    writers = [subprocess.Popen(command, cwd=ROOT) for _ in range(2)]
    return [writer.wait() for writer in writers]


async def test_who_waits_for_the_turn_reads_what_the_one_before_wrote(fresh: str) -> None:
    entered = asyncio.Event()

    async def second(store: Store) -> int:
        await entered.wait()
        async with store.units() as uow:
            current = await uow.decisions.current(examples.CASE)
            return 0 if current is None else current.version

    async with await Store.open(fresh) as one, await Store.open(fresh) as other:
        async with one.units() as uow:
            await examples.add_assessed_call(uow)
        waiting = asyncio.create_task(second(other))
        async with one.units() as uow:
            entered.set()
            await uow.people.all()
            await uow.decisions.append(examples.decision())
            assert not waiting.done()
        assert await waiting == 1


@pytest.mark.parametrize("version", [1, 3])
async def test_a_version_that_is_not_the_next_is_refused_whoever_comes(fresh: str, version: int) -> None:
    async with await Store.open(fresh) as store:
        async with store.units() as uow:
            await examples.add_assessed_call(uow)
            await uow.decisions.append(examples.decision())
        with pytest.raises((Conflict, OurError), match=r"first|rules forbid"):
            await _decide(store, version, "per_anna")
        async with store.units(read_only=True) as uow:
            assert await uow.decisions.current(examples.CASE) == examples.decision()
