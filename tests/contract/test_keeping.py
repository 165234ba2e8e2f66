"""What deletes, and what forbids it, on either store."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.contract import examples, failed_case
from tests.core import failures
from tests.fakes.runtime import START_MS
from verifier.core.access import Audience
from verifier.core.erased import ERASED, is_erased
from verifier.core.hold import LegalHold
from verifier.core.leftovers import Leftover
from verifier.core.model import Answer, DeviceCheck
from verifier.core.notice import Outcome, Reply, after_attempt
from verifier.core.samples import InterviewRows
from verifier.core.tombstone import Tombstone, tombstone
from verifier.core.webhook import Attempt, DeliveryState, NextStep
from verifier.errors import Conflict, NotFound
from verifier.ports import UnitOfWork, UnitOfWorkFactory
from verifier.ports.storage import StoredAnswer

EMPTY = InterviewRows((), (), ())
HOLD = LegalHold(examples.CASE, 1, True, START_MS, "A court asked for it.")
LATER_MS = START_MS + 1


async def measured(uow: UnitOfWork) -> Tombstone:
    """A call with one row of each kind, one typed code and one log entry; its tombstone, not stored."""
    await examples.add_call(uow)
    await uow.runs.add(examples.run())
    await uow.runs.end(examples.run(ended_ms=START_MS + 9_000, answer=Answer.CONSISTENT, typed="4711"))
    await uow.log.append(examples.CALL, START_MS, "chat", None, {"text": "hello"})
    await uow.samples.add([examples.server_sample()], [examples.browser_sample()], [examples.frame_sample()])
    rows = await uow.samples.rows(examples.CALL)
    return tombstone(examples.CALL, rows, START_MS, START_MS)


async def test_a_tombstone_takes_the_place_of_rows_and_words(units: UnitOfWorkFactory) -> None:
    async with units() as uow:
        stone = await measured(uow)
        assert await uow.tombstones.of_interview(examples.CALL) is None
        await uow.tombstones.add(stone)
    async with units(read_only=True) as uow:
        assert await uow.tombstones.of_interview(examples.CALL) == stone
        assert await uow.samples.rows(examples.CALL) == EMPTY
        assert [entry.body for entry in await uow.log.since(examples.CALL, 0)] == [{}]
        assert [run.typed for run in await uow.runs.of_interview(examples.CALL)] == [None]


async def test_an_interview_has_one_tombstone(units: UnitOfWorkFactory) -> None:
    async with units() as uow:
        stone = await measured(uow)
        await uow.tombstones.add(stone)
    with pytest.raises(Conflict):
        async with units() as uow:
            await uow.tombstones.add(replace(stone, server_rows=0, browser_rows=0, frame_rows=0))


async def test_rows_that_were_not_counted_do_not_go(units: UnitOfWorkFactory) -> None:
    async with units() as uow:
        stone = await measured(uow)
    with pytest.raises(Conflict, match="counted"):
        async with units() as uow:
            await uow.tombstones.add(replace(stone, frame_rows=2))
    async with units(read_only=True) as uow:
        assert await uow.tombstones.of_interview(examples.CALL) is None
        assert len((await uow.samples.rows(examples.CALL)).server) == 1


async def test_holds_are_kept_in_order(units: UnitOfWorkFactory) -> None:
    release = LegalHold(examples.CASE, 2, False, LATER_MS, "The court is done.")
    async with units() as uow:
        await examples.add_call(uow)
        await uow.holds.add(HOLD)
        await uow.holds.add(release)
        assert await uow.holds.of_verification(examples.CASE) == (HOLD, release)
    with pytest.raises(Conflict):
        async with units() as uow:
            await uow.holds.add(HOLD)


async def test_redaction_erases_every_word_and_keeps_every_fact(units: UnitOfWorkFactory) -> None:
    async with units() as uow:
        await failed_case.add_failed_case(uow)
        await uow.proposals.respond(failures.response())
        chain = await uow.audit.of_verification(failed_case.CASE)
        decided = await uow.decisions.all(failed_case.CASE)
    async with units() as uow:
        assert (await uow.erasures.case(failed_case.CASE, LATER_MS))["freelancers"] == 1
    async with units(read_only=True) as uow:
        case = await uow.verifications.get(failed_case.CASE)
        assert (case.external_id, case.legal_name, case.email, case.metadata) == (ERASED, ERASED, "", {})
        assert (case.locale, case.time_zone, case.redacted_ms) == ("en", "UTC", LATER_MS)
        assert {claim.value for claim in case.claims} == {ERASED}
        assert {item.question for item in await uow.interviews.plan(failed_case.CALL)} == {ERASED}
        (record,) = await uow.proposals.of_verification(failed_case.CASE)
        assert record.response is not None and is_erased(record.response.text)
        assert all(is_erased(fact.text) for fact in record.proposal.statement.facts)
        assert len(record.proposal.statement.facts[0].text) == len(failures.fact().text)
        for appeal, answer in await uow.appeals.of_verification(failed_case.CASE):
            assert is_erased(appeal.text) and (answer is None or is_erased(answer.text))
        assert await uow.audit.of_verification(failed_case.CASE) == chain
        assert await uow.decisions.all(failed_case.CASE) == decided


async def test_an_unknown_case_cannot_be_redacted(units: UnitOfWorkFactory) -> None:
    with pytest.raises(NotFound):
        async with units() as uow:
            await uow.erasures.case(examples.CASE, LATER_MS)


async def test_redaction_leaves_other_cases_alone(units: UnitOfWorkFactory) -> None:
    async with units() as uow:
        await examples.add_call(uow)
        await failed_case.add_failed_case(uow)
        before = await uow.verifications.get(examples.CASE), await uow.interviews.plan(examples.CALL)
        await uow.erasures.case(failed_case.CASE, LATER_MS)
        assert (await uow.verifications.get(examples.CASE), await uow.interviews.plan(examples.CALL)) == before


async def test_what_was_not_delivered_is_not_delivered_after_redaction(units: UnitOfWorkFactory) -> None:
    async with units() as uow:
        await told(uow)
        await uow.erasures.case(examples.CASE, LATER_MS)
        assert await uow.outbox.due(2**50, 9) == ()
        (event,) = await uow.outbox.events_of(examples.CASE)
        delivery = await uow.outbox.delivery(examples.delivery(examples.event()).message_id)
        assert (event.body, delivery.event.body, delivery.state) == ("", "", DeliveryState.FAILED)
        assert [each.response for each in await uow.outbox.attempts(delivery.message_id)] == [""]


# ---------------------------------------------------------------- leftovers


async def told(uow: UnitOfWork) -> None:
    """A case, its event on the way after one attempt, a notice refused, a device check, credentials."""
    await examples.add_call(uow)
    await uow.outbox.add_endpoint(examples.endpoint())
    delivery = examples.delivery(examples.event())
    await uow.outbox.add_event(delivery.event, [delivery])
    attempt = Attempt(delivery.message_id, 1, START_MS, 5, 500, "http_status", "no such freelancer-1")
    await uow.outbox.record(attempt, NextStep(DeliveryState.PENDING, START_MS + 5_000))
    notice = examples.notice()
    await uow.notices.add(notice)
    refused = Reply(Outcome.REFUSED, "550", "5.1.1 <zoe@example.org>: unknown")
    await uow.notices.record(notice, *after_attempt(notice, refused, START_MS, 0))
    await uow.device_checks.add(DeviceCheck(START_MS, True, {"rtt_ms": 20.0}, verification_id=examples.CASE))
    await uow.links.add(examples.link(verification_id=examples.CASE, expires_ms=START_MS))
    await uow.sessions.add(examples.session(verification_id=examples.CASE, expires_ms=START_MS))
    await uow.tickets.add(examples.ticket(expires_ms=START_MS))
    await uow.idempotency.begin(StoredAnswer("key_1", "abc", "body", START_MS, None, None))


async def left(uow: UnitOfWork, before_ms: int) -> dict[Leftover, int]:
    return {kind: await uow.erasures.count(kind, before_ms) for kind in Leftover}


async def test_leftovers_go_by_age_alone(units: UnitOfWorkFactory) -> None:
    async with units() as uow:
        await told(uow)
        assert set((await left(uow, START_MS)).values()) == {0}
        expected = {kind: int(kind is not Leftover.FAREWELLS) for kind in Leftover}
        assert await left(uow, LATER_MS) == expected
        assert {kind: await uow.erasures.sweep(kind, LATER_MS) for kind in Leftover} == expected
        assert set((await left(uow, LATER_MS)).values()) == {0}
    async with units(read_only=True) as uow:
        check = await uow.device_checks.latest_of_verification(examples.CASE)
        assert check == DeviceCheck(START_MS, True, {}, verification_id=examples.CASE)
        assert await uow.links.by_hash(examples.link().token_hash) is None
        assert await uow.sessions.by_hash(examples.session().token_hash) is None
        (attempt,) = await uow.outbox.attempts(examples.delivery(examples.event()).message_id)
        assert (attempt.status, attempt.response) == (500, "")
        assert [each.answer for each in await uow.notices.attempts(examples.notice().id)] == [""]


async def test_nothing_of_a_held_case_is_swept(units: UnitOfWorkFactory) -> None:
    about_nobody = {Leftover.TICKETS, Leftover.REPEATED}
    async with units() as uow:
        await told(uow)
        await uow.holds.add(HOLD)
        assert {kind for kind, count in (await left(uow, LATER_MS)).items() if count} == about_nobody
        await uow.holds.add(LegalHold(examples.CASE, 2, False, LATER_MS, "The court is done."))
        assert len({kind for kind, count in (await left(uow, LATER_MS)).items() if count}) == len(Leftover) - 1


async def test_a_sign_in_link_goes_once_it_was_used(units: UnitOfWorkFactory) -> None:
    async with units() as uow:
        await examples.add_call(uow)
        staff = {"audience": Audience.STAFF, "person_id": examples.ANNA, "verification_id": None}
        await uow.links.add(examples.link("used", expires_ms=2**50, used_ms=START_MS, **staff))
        await uow.links.add(examples.link("unused", expires_ms=2**50, **staff))
        await uow.links.add(examples.link("join", verification_id=examples.CASE, expires_ms=None, used_ms=START_MS))
        assert await uow.erasures.sweep(Leftover.LINKS, LATER_MS) == 1
        assert await uow.links.by_hash("used") is None


async def test_the_farewell_of_a_redacted_case_goes_once_it_was_delivered(units: UnitOfWorkFactory) -> None:
    async with units() as uow:
        await examples.add_call(uow)
        await uow.outbox.add_endpoint(examples.endpoint())
        await uow.erasures.case(examples.CASE, LATER_MS)
        delivery = examples.delivery(examples.event())
        await uow.outbox.add_event(delivery.event, [delivery])
        assert await uow.erasures.count(Leftover.FAREWELLS, 2**50) == 0
        attempt = Attempt(delivery.message_id, 1, START_MS, 5, 200, None, "")
        await uow.outbox.record(attempt, NextStep(DeliveryState.DELIVERED, START_MS))
        assert await uow.erasures.sweep(Leftover.FAREWELLS, 2**50) == 1
        assert [event.body for event in await uow.outbox.events_of(examples.CASE)] == [""]
