"""Whoever is given a case stands in its chain, once in a while, and nobody is given one that cannot be logged."""

from __future__ import annotations

import pytest

from tests.contract.failed_case import CALL, CASE
from tests.core import failures
from tests.service.redress_stage import HOUR_MS, Redress
from verifier.core.access import ApiKey, Scope
from verifier.core.chain import Actor, ActorKind, AuditEntry
from verifier.core.model import EndpointId, KeyId, VerificationId
from verifier.core.principal import PlatformPrincipal
from verifier.errors import NotFound, OurError, VerifierError
from verifier.ports import UnitOfWork, UnitOfWorkFactory
from verifier.service.read_log import AGAIN_MS, Reading, ReadLog
from verifier.service.records import Records
from verifier.service.results import Results
from verifier.service.reviewing import Reviewing

KEY = ApiKey(KeyId("key_1"), "key", "vi_live_abc", "0" * 64, False, frozenset(Scope), 0)
PLATFORM = PlatformPrincipal(KEY)
BY_KEY = Actor(ActorKind.PLATFORM, "key_1")


class ReadOnly:
    """Units of work of a store that cannot be written any more."""

    def __init__(self, units: UnitOfWorkFactory) -> None:
        self._units = units

    def __call__(self, *, read_only: bool = False) -> UnitOfWork:
        return self._units(read_only=True)


async def reads(redress: Redress) -> list[AuditEntry]:
    return [entry for entry in await redress.chain() if entry.action.endswith(".read")]


async def test_the_same_reading_is_logged_once_in_five_minutes(redress: Redress) -> None:
    await redress.failed()
    log = ReadLog(redress.units, redress.clock)
    for wait_ms in (0, AGAIN_MS, 1, 0):
        redress.clock.advance(ms=wait_ms)
        await log.note([CASE], BY_KEY, Reading.CASE)
    assert [(entry.action, entry.actor_id) for entry in await reads(redress)] == [("case.read", "key_1")] * 2


async def test_other_people_and_other_things_are_logged_apart(redress: Redress) -> None:
    await redress.failed()
    log = ReadLog(redress.units, redress.clock)
    for _ in range(2):
        await log.note([CASE], BY_KEY, Reading.CASE)
        await log.note([CASE], Actor(ActorKind.STAFF, failures.A), Reading.CASE)
        await log.note([CASE], BY_KEY, Reading.REPLAY, interview_id="int_1")
        await log.note([CASE], BY_KEY, Reading.REPLAY, interview_id="int_2")
    assert len(await reads(redress)) == 4


async def test_a_reviewer_who_opens_a_replay_stands_in_the_chain(redress: Redress) -> None:
    await redress.failed()
    reviewing = Reviewing(redress.units, redress.clock, redress.book)
    reviewer = await redress.staff(failures.A)
    await reviewing.summary(reviewer, CALL)
    await reviewing.replay(reviewer, CALL)
    await reviewing.samples(reviewer, CALL)
    (entry,) = await reads(redress)
    assert (entry.action, entry.actor_kind, entry.actor_id) == ("replay.read", ActorKind.STAFF, failures.A)
    assert entry.facts == {"interview_id": CALL}


async def test_a_list_to_choose_work_from_is_no_reading(redress: Redress) -> None:
    await redress.failed()
    await Reviewing(redress.units, redress.clock, redress.book).recent(await redress.staff(failures.A))
    assert await reads(redress) == []


async def test_every_reading_of_the_platform_stands_in_the_chain(redress: Redress) -> None:
    await redress.failed()
    records = Records(redress.units, redress.clock)
    results = Results(redress.units, redress.clock, redress.entropy, lambda: None)
    for read in (
        records.interviews(PLATFORM, CASE),
        records.interview(PLATFORM, CASE, 1),
        results.signed(PLATFORM, CASE, None),
    ):
        redress.clock.advance(ms=HOUR_MS)
        await read
    await records.quality(PLATFORM, CASE, 1)
    assert [(entry.action, entry.actor_id) for entry in await reads(redress)] == [
        *[("case.read", "key_1")] * 3,
        ("replay.read", "key_1"),
    ]


async def test_what_is_refused_is_no_reading(redress: Redress) -> None:
    await redress.failed()
    records = Records(redress.units, redress.clock)
    results = Results(redress.units, redress.clock, redress.entropy, lambda: None)
    for refused in (
        records.interview(PLATFORM, CASE, 2),
        records.quality(PLATFORM, VerificationId("ver_nobody"), 1),
        results.signed(PLATFORM, CASE, EndpointId("end_nobody")),
    ):
        with pytest.raises(NotFound):
            await refused
    assert await reads(redress) == []


async def test_what_cannot_be_logged_is_not_read(redress: Redress) -> None:
    await redress.failed()
    units = ReadOnly(redress.units)
    records, reviewing = Records(units, redress.clock), Reviewing(units, redress.clock, redress.book)
    results = Results(units, redress.clock, redress.entropy, lambda: None)
    reviewer = await redress.staff(failures.A)
    for unlogged in (
        records.interviews(PLATFORM, CASE),
        records.interview(PLATFORM, CASE, 1),
        records.quality(PLATFORM, CASE, 1),
        results.signed(PLATFORM, CASE, None),
        reviewing.summary(reviewer, CALL),
        reviewing.replay(reviewer, CALL),
        reviewing.samples(reviewer, CALL),
    ):
        with pytest.raises(OurError):
            await unlogged
    assert issubclass(OurError, VerifierError)


async def test_what_is_logged_already_can_be_read_without_another_entry(redress: Redress) -> None:
    await redress.failed()
    await Records(redress.units, redress.clock).interviews(PLATFORM, CASE)
    assert await Records(ReadOnly(redress.units), redress.clock).interviews(PLATFORM, CASE)
