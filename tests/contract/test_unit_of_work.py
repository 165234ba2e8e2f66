"""A block is stored whole or not at all; readers see what was committed before they began."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from tests.contract import examples
from verifier.core.model import VerificationStatus
from verifier.errors import Conflict, NotFound, OurError
from verifier.ports import UnitOfWorkFactory


async def test_what_a_block_wrote_is_there_afterwards(units: UnitOfWorkFactory) -> None:
    async with units() as uow:
        await examples.add_case(uow)
    async with units(read_only=True) as uow:
        assert await uow.verifications.get(examples.CASE) == examples.verification()


async def test_a_block_that_fails_leaves_nothing_behind(units: UnitOfWorkFactory) -> None:
    async with units() as uow:
        await examples.add_call(uow)
    with pytest.raises(ZeroDivisionError):
        async with units() as uow:
            await uow.log.append(examples.CALL, 1, "chat", None, {"text": "hello"})
            await uow.runs.add(examples.run())
            changed = replace(examples.verification(), status=VerificationStatus.IN_REVIEW, sequence=5)
            await uow.verifications.save(changed, VerificationStatus.IN_INTERVIEW)
            await uow.samples.add([examples.server_sample()], [], [])
            raise ZeroDivisionError
    async with units() as uow:
        assert await uow.log.since(examples.CALL, 0) == ()
        assert await uow.runs.of_interview(examples.CALL) == ()
        assert await uow.verifications.get(examples.CASE) == examples.verification()
        assert (await uow.samples.rows(examples.CALL)).server == ()


async def test_a_block_sees_its_own_writes(units: UnitOfWorkFactory) -> None:
    async with units() as uow:
        await examples.add_case(uow)
        assert (await uow.verifications.get(examples.CASE)).id == examples.CASE


async def test_a_reader_neither_waits_for_a_writer_nor_sees_what_it_has_not_committed(units: UnitOfWorkFactory) -> None:
    async with units() as writing:
        await examples.add_case(writing)
        async with units(read_only=True) as reading:
            assert await reading.people.all() == ()


async def test_a_reader_keeps_the_state_it_saw_first(units: UnitOfWorkFactory) -> None:
    async with units(read_only=True) as reading:
        assert await reading.people.all() == ()
        async with units() as writing:
            await examples.add_case(writing)
        assert await reading.people.all() == ()


async def test_a_reader_cannot_write(units: UnitOfWorkFactory) -> None:
    with pytest.raises(OurError, match="read-only"):
        async with units(read_only=True) as uow:
            await uow.people.add(examples.person(), None)
    async with units() as uow:
        assert await uow.people.all() == ()


async def test_writers_take_turns_and_lose_no_update(units: UnitOfWorkFactory) -> None:
    async with units() as uow:
        await examples.add_call(uow)

    async def add_one() -> None:
        async with units() as uow:
            case = await uow.verifications.get(examples.CASE)
            await uow.verifications.save(replace(case, sequence=case.sequence + 1), case.status)
            await uow.log.append(examples.CALL, 1, "chat", None, {})

    await asyncio.gather(*(add_one() for _ in range(10)))
    async with units(read_only=True) as uow:
        assert (await uow.verifications.get(examples.CASE)).sequence == 10
        assert [entry.sequence for entry in await uow.log.since(examples.CALL, 0)] == list(range(1, 11))


async def test_a_cancelled_writer_leaves_nothing_and_lets_the_next_one_in(units: UnitOfWorkFactory) -> None:
    entered = asyncio.Event()

    async def never_ends() -> None:
        async with units() as uow:
            await examples.add_case(uow)
            entered.set()
            await asyncio.Event().wait()

    task = asyncio.create_task(never_ends())
    await entered.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    async with units() as uow:
        assert await uow.people.all() == ()
        await examples.add_case(uow)


@pytest.mark.parametrize("steps", range(1, 40, 3))
async def test_a_writer_cancelled_at_any_step_never_blocks_the_next_one(units: UnitOfWorkFactory, steps: int) -> None:
    async def write() -> None:
        async with units() as uow:
            await examples.add_case(uow)

    task = asyncio.create_task(write())
    for _ in range(steps):
        await asyncio.sleep(0)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    async with units() as uow:
        stored = len(await uow.people.all()), len(await uow.verifications.page(test=False, before=None, limit=9))
        assert stored in {(0, 0), (1, 1)}


async def test_a_refused_write_leaves_no_half_of_itself_when_the_block_goes_on(units: UnitOfWorkFactory) -> None:
    async with units() as uow:
        await examples.add_case(uow)
        with pytest.raises(Conflict):
            await uow.interviews.add(examples.interview(), [examples.item(), examples.item()])
    async with units() as uow:
        with pytest.raises(NotFound):
            await uow.interviews.get(examples.CALL)


async def test_a_unit_of_work_is_used_once_and_its_repositories_only_within(units: UnitOfWorkFactory) -> None:
    uow = units()
    async with uow:
        pass
    with pytest.raises(OurError):
        await uow.people.all()
    with pytest.raises(OurError):
        await uow.__aenter__()
    async with units() as other:
        assert await other.people.all() == ()
