"""Whoever says that he knows the freelancer takes no call of the case and decides nothing in it."""

from __future__ import annotations

import pytest

from tests.contract.examples import person
from tests.core.rows import Call
from tests.service.stage import CASE, Stage
from verifier.core.model import EndCause, PersonId, StaffRole, VerificationId
from verifier.core.principal import StaffPrincipal
from verifier.errors import Conflict, NotAllowed, NotFound
from verifier.service.conflicts import Conflicts, conflicted, require_no_conflict


@pytest.fixture
def conflicts(stage: Stage) -> Conflicts:
    return Conflicts(stage.units, stage.clock, stage.calls, stage.interviewing.leave)


async def test_a_declared_conflict_is_for_good(stage: Stage, conflicts: Conflicts) -> None:
    anna, bert = await stage.interviewer(), await stage.interviewer("per_bert")
    await stage.waits()
    for _ in range(2):
        await conflicts.declare(anna, CASE)
    async with stage.units(read_only=True) as unit:
        assert await conflicted(unit, CASE, anna.person.id)
        with pytest.raises(NotAllowed, match="conflict of interest"):
            await require_no_conflict(unit, CASE, anna.person.id)
        await require_no_conflict(unit, CASE, bert.person.id)
        await require_no_conflict(unit, VerificationId("ver_other"), anna.person.id)


async def test_somebody_who_knows_the_freelancer_does_not_get_the_call(stage: Stage, conflicts: Conflicts) -> None:
    anna, bert = await stage.interviewer(), await stage.interviewer("per_bert")
    await stage.waits()
    await conflicts.declare(anna, CASE)
    with pytest.raises(Conflict, match="Nobody is waiting for you"):
        await stage.taking.take_next(anna)
    await stage.waits("ver_2")
    call = stage.calls.get(await stage.taking.take_next(anna))
    assert call.verification.id == "ver_2", "the next in line"
    assert stage.calls.get(await stage.taking.take_next(bert)).verification.id == CASE


async def test_somebody_who_knows_the_freelancer_decides_nothing(stage: Stage, conflicts: Conflicts) -> None:
    anna = await stage.interviewer()
    await stage.waits()
    call = await stage.live(anna, Call(5))
    await stage.concluding.conclude(call, EndCause.COMPLETED)
    await conflicts.declare(anna, CASE)
    with pytest.raises(NotAllowed, match="conflict of interest"):
        await stage.deciding.verify(anna, call.interview.id)


async def test_nobody_declares_what_is_not_his_to_declare(stage: Stage, conflicts: Conflicts) -> None:
    anna = await stage.interviewer()
    boss = person("per_boss", roles=frozenset({StaffRole.ADMINISTRATOR}))
    with pytest.raises(NotAllowed):
        await conflicts.declare(StaffPrincipal(boss, "session"), CASE)
    with pytest.raises(NotFound):
        await conflicts.declare(anna, VerificationId("ver_none"))
    async with stage.units(read_only=True) as unit:
        assert not await unit.conflicts.of_person(PersonId("per_boss"))


async def test_a_declaration_ends_ones_own_call_and_stands_in_the_chain_once(
    stage: Stage, conflicts: Conflicts
) -> None:
    anna, bert = await stage.interviewer(), await stage.interviewer("per_bert")
    await stage.waits()
    call = await stage.live(anna, Call(5))
    await conflicts.declare(bert, CASE)
    assert stage.calls.of_person(anna.person.id) is call, "somebody else's goes on"
    for _ in range(2):
        await conflicts.declare(anna, CASE)
    assert stage.calls.of_person(anna.person.id) is None
    async with stage.units(read_only=True) as unit:
        ended = await unit.interviews.get(call.interview.id)
        entries = [entry for entry in await unit.audit.of_verification(CASE) if entry.action == "conflict.declared"]
    assert ended.end_cause is EndCause.INTERVIEWER_LEFT
    assert [entry.actor_id for entry in entries] == [bert.person.id, anna.person.id]
    assert await conflicts.declared(anna, CASE) and not await conflicts.declared(anna, VerificationId("ver_2"))
