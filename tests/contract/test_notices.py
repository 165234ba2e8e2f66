"""Notices: due in time, moved from where they were, their history kept, the servers' words deletable."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.contract import examples
from tests.fakes.runtime import START_MS
from verifier.core.model import NoticeId, PersonId, VerificationId
from verifier.core.notice import NoticeKind, NoticeState, Outcome, RecipientKind, Reply, after_attempt
from verifier.errors import Conflict, NotFound, OurError
from verifier.ports import UnitOfWork, UnitOfWorkFactory

OTHER = VerificationId("ver_2")
BUSY = Reply(Outcome.BUSY, "451", "4.7.1 <zoe@example.org> greylisted")
TAKEN = Reply(Outcome.ACCEPTED, "250", "2.0.0 queued as 4XYZ")


async def _ready(uow: UnitOfWork) -> None:
    await examples.add_case(uow)
    await uow.verifications.add(examples.verification(OTHER))


async def test_a_notice_is_read_back_as_it_was_written(units: UnitOfWorkFactory) -> None:
    told = examples.notice()
    staff = examples.notice(
        2,
        kind=NoticeKind.CLOCK_BREACHED,
        recipient_kind=RecipientKind.PERSON,
        person_id=examples.ANNA,
        verification_id=None,
    )
    async with units() as uow:
        await _ready(uow)
        for one in (told, staff):
            await uow.notices.add(one)
            assert await uow.notices.get(one.id) == one
        with pytest.raises(NotFound):
            await uow.notices.get(NoticeId("ntc_9"))


async def test_an_address_is_disowned_once(units: UnitOfWorkFactory) -> None:
    async with units() as uow:
        await _ready(uow)
        assert await uow.notices.disowned_ms(examples.CASE) is None
        assert await uow.notices.disown(examples.CASE, 7)
        assert not await uow.notices.disown(examples.CASE, 9)
        assert await uow.notices.disowned_ms(examples.CASE) == 7
        assert await uow.notices.disowned_ms(OTHER) is None


async def test_queued_notices_are_due_in_time_the_longest_due_first(units: UnitOfWorkFactory) -> None:
    async with units() as uow:
        await _ready(uow)
        assert await uow.notices.next_due_ms() is None
        late, early, done = (examples.notice(n, next_attempt_ms=START_MS + n) for n in (3, 2, 1))
        for one in (late, early, done):
            await uow.notices.add(one)
        await uow.notices.record(done, *after_attempt(done, TAKEN, START_MS + 1, 0))
        assert await uow.notices.due(START_MS + 9, 9) == (early, late)
        assert await uow.notices.due(START_MS + 9, 1) == (early,)
        assert await uow.notices.due(START_MS + 2, 9) == (early,)
        assert await uow.notices.due(START_MS + 1, 9) == ()
        assert await uow.notices.next_due_ms() == START_MS + 2


async def test_the_history_is_kept_and_the_notice_moves_with_it(units: UnitOfWorkFactory) -> None:
    first = examples.notice()
    second, deferred = after_attempt(first, BUSY, START_MS + 5, 0)
    third, accepted = after_attempt(second, replace(TAKEN, text=""), START_MS + 70_000, 0)
    async with units() as uow:
        await _ready(uow)
        await uow.notices.add(first)
        await uow.notices.record(first, second, deferred)
        assert await uow.notices.get(first.id) == second
        await uow.notices.record(second, third, accepted)
        assert (await uow.notices.get(first.id)).state is NoticeState.ACCEPTED
        assert await uow.notices.attempts(first.id) == (deferred, accepted)
        assert await uow.notices.attempts(NoticeId("ntc_9")) == ()


async def test_of_two_records_of_one_moment_the_second_is_refused_and_changes_nothing(
    units: UnitOfWorkFactory,
) -> None:
    first = examples.notice()
    async with units() as uow:
        await _ready(uow)
        await uow.notices.add(first)
        moved = after_attempt(first, TAKEN, START_MS + 5, 0)
        await uow.notices.record(first, *moved)
        with pytest.raises(Conflict):
            await uow.notices.record(first, *after_attempt(first, BUSY, START_MS + 6, 0))
        assert await uow.notices.get(first.id) == moved[0]
        assert await uow.notices.attempts(first.id) == (moved[1],)
        unknown = examples.notice(9)
        with pytest.raises(NotFound):
            await uow.notices.record(unknown, *after_attempt(unknown, TAKEN, START_MS, 0))


async def test_the_notices_of_a_case_are_listed_oldest_first(units: UnitOfWorkFactory) -> None:
    async with units() as uow:
        await _ready(uow)
        younger, older = examples.notice(1, created_ms=START_MS + 1), examples.notice(2)
        elsewhere = examples.notice(3, verification_id=OTHER)
        for one in (younger, older, elsewhere):
            await uow.notices.add(one)
        assert await uow.notices.of_verification(examples.CASE) == (older, younger)
        assert await uow.notices.of_verification(OTHER) == (elsewhere,)


async def test_redaction_deletes_what_servers_said_about_one_case_and_keeps_what_happened(
    units: UnitOfWorkFactory,
) -> None:
    own, other = examples.notice(1), examples.notice(2, verification_id=OTHER)
    async with units() as uow:
        await _ready(uow)
        for one in (own, other):
            await uow.notices.add(one)
            await uow.notices.record(one, *after_attempt(one, BUSY, START_MS, 0))
        await uow.erasures.case(examples.CASE, START_MS + 1)
        (attempt,) = await uow.notices.attempts(own.id)
        assert (attempt.outcome, attempt.code, attempt.answer) == (Outcome.BUSY, "451", "")
        assert (await uow.notices.attempts(other.id))[0].answer == BUSY.text


@pytest.mark.parametrize(
    "odd",
    [
        {"verification_id": None},
        {"verification_id": VerificationId("ver_9")},
        {"recipient_kind": RecipientKind.PERSON},
        {"recipient_kind": RecipientKind.PERSON, "person_id": PersonId("per_9")},
        {"person_id": examples.ANNA},
    ],
)
async def test_a_notice_to_nobody_or_to_two_people_is_refused(units: UnitOfWorkFactory, odd: dict[str, object]) -> None:
    async with units() as uow:
        await _ready(uow)
        with pytest.raises(OurError):
            await uow.notices.add(examples.notice(**odd))


async def test_a_notice_is_written_once(units: UnitOfWorkFactory) -> None:
    async with units() as uow:
        await _ready(uow)
        await uow.notices.add(examples.notice())
        with pytest.raises(Conflict):
            await uow.notices.add(examples.notice())
