"""Events and deliveries: in order per case and endpoint, nothing lost, nothing sent to a disabled endpoint."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.contract import examples
from tests.fakes.runtime import START_MS
from verifier.core.model import EndpointId, MessageId, VerificationId
from verifier.core.webhook import Attempt, Delivery, DeliveryState, EventType, NextStep
from verifier.errors import Conflict, NotFound, OurError
from verifier.ports import UnitOfWork, UnitOfWorkFactory

OTHER = VerificationId("ver_2")


def _attempt(of: Delivery, number: int = 1, **other: object) -> Attempt:
    values = {"at_ms": START_MS + number, "duration_ms": 12, "status": 200, "error": None, "response": "ok"}
    return Attempt(message_id=of.message_id, number=number, **(values | other))  # type: ignore[arg-type]


async def _add(uow: UnitOfWork, sequence: int, to: str = "end_1", case: str = examples.CASE, **due: int) -> Delivery:
    event = examples.event(sequence, verification_id=VerificationId(case))
    delivery = examples.delivery(event, to, **due)
    await uow.outbox.add_event(event, [delivery])
    return delivery


async def _ready(uow: UnitOfWork) -> None:
    await examples.add_case(uow)
    await uow.verifications.add(examples.verification(OTHER))
    await uow.outbox.add_endpoint(examples.endpoint())
    await uow.outbox.add_endpoint(examples.endpoint("end_2", created_ms=START_MS + 1))


async def test_endpoints_are_stored_and_changed(units: UnitOfWorkFactory) -> None:
    async with units() as uow:
        await _ready(uow)
        changed = examples.endpoint(url="https://example.org/new", disabled_ms=4, secrets=("whsec_YQ==",))
        await uow.outbox.save_endpoint(changed)
        assert await uow.outbox.endpoint(changed.id) == changed
        assert [one.id for one in await uow.outbox.endpoints(test=False)] == ["end_1", "end_2"]
        assert await uow.outbox.endpoints(test=True) == ()
        with pytest.raises(NotFound):
            await uow.outbox.endpoint(EndpointId("end_9"))
        with pytest.raises(NotFound):
            await uow.outbox.save_endpoint(examples.endpoint("end_9"))


async def test_a_sequence_number_is_given_to_one_event_of_a_case(units: UnitOfWorkFactory) -> None:
    async with units() as uow:
        await _ready(uow)
        await _add(uow, 1)
        twin = examples.event(1, id="evt_twin")
        with pytest.raises(Conflict):
            await uow.outbox.add_event(twin, [examples.delivery(twin, "end_2")])
        assert [one.id for one in await uow.outbox.events_of(examples.CASE)] == [examples.event(1).id]
        with pytest.raises(NotFound):
            await uow.outbox.delivery(examples.delivery(twin, "end_2").message_id)


async def test_events_are_read_onwards_from_a_cursor(units: UnitOfWorkFactory) -> None:
    async with units() as uow:
        await _ready(uow)
        for sequence in (1, 3, 2):
            await _add(uow, sequence)
        test_event = examples.event(4, test=True)
        await uow.outbox.add_event(test_event, [])
        first = await uow.outbox.events(test=False, after=0, limit=2)
        rest = await uow.outbox.events(test=False, after=first[-1][0], limit=9)
        assert [event.sequence for _, event in (*first, *rest)] == [1, 3, 2]
        assert [event for _, event in await uow.outbox.events(test=True, after=0, limit=9)] == [test_event]
        assert [event.sequence for event in await uow.outbox.events_of(examples.CASE)] == [1, 2, 3, 4]


async def test_one_delivery_per_case_and_endpoint_is_due_the_oldest_first(units: UnitOfWorkFactory) -> None:
    async with units() as uow:
        await _ready(uow)
        first = await _add(uow, 1, next_attempt_ms=START_MS + 5)
        await _add(uow, 2, next_attempt_ms=START_MS)
        elsewhere = await _add(uow, 3, "end_2", next_attempt_ms=START_MS + 1)
        of_other_case = await _add(uow, 1, case=OTHER, next_attempt_ms=START_MS + 2)
        assert await uow.outbox.due(START_MS + 9, 9) == (elsewhere, of_other_case, first)
        assert await uow.outbox.due(START_MS + 9, 1) == (elsewhere,)
        assert await uow.outbox.due(START_MS + 1, 9) == (elsewhere,)
        assert await uow.outbox.due(START_MS, 9) == ()
        assert await uow.outbox.next_due_ms() == START_MS + 1


async def test_the_next_event_of_a_case_waits_until_the_one_before_is_settled(units: UnitOfWorkFactory) -> None:
    async with units() as uow:
        await _ready(uow)
        first, second = await _add(uow, 1), await _add(uow, 2)
        again_ms = START_MS + 60_000
        failed = _attempt(first, status=None, error="timeout", response="")
        await uow.outbox.record(failed, NextStep(DeliveryState.PENDING, again_ms))
        assert await uow.outbox.due(START_MS + 1, 9) == ()
        assert await uow.outbox.next_due_ms() == again_ms
        await uow.outbox.record(_attempt(first, 2), NextStep(DeliveryState.DELIVERED, START_MS + 2))
        assert await uow.outbox.due(START_MS + 2, 9) == (second,)
        expected = replace(
            first, state=DeliveryState.DELIVERED, attempts=2, next_attempt_ms=START_MS + 2, delivered_ms=START_MS + 2
        )
        assert await uow.outbox.delivery(first.message_id) == expected
        assert await uow.outbox.attempts(first.message_id) == (failed, _attempt(first, 2))


async def test_events_of_no_case_do_not_wait_for_each_other(units: UnitOfWorkFactory) -> None:
    async with units() as uow:
        await _ready(uow)
        for number in (1, 2):
            event = examples.event(0, id=f"evt_t{number}", verification_id=None, type=EventType.ENDPOINT_TEST)
            await uow.outbox.add_event(event, [examples.delivery(event)])
        assert len(await uow.outbox.due(START_MS, 9)) == 2


async def test_a_disabled_endpoint_receives_nothing_until_it_is_enabled_again(units: UnitOfWorkFactory) -> None:
    async with units() as uow:
        await _ready(uow)
        first, second = await _add(uow, 1), await _add(uow, 2)
        gone = NextStep(DeliveryState.FAILED, START_MS, disable_endpoint=True)
        await uow.outbox.record(_attempt(first, status=410, error="http_status"), gone)
        assert (await uow.outbox.endpoint(EndpointId("end_1"))).disabled_ms == START_MS + 1
        assert (await uow.outbox.endpoint(EndpointId("end_2"))).disabled_ms is None
        assert await uow.outbox.due(START_MS + 9, 9) == ()
        assert await uow.outbox.next_due_ms() is None
        await uow.outbox.save_endpoint(examples.endpoint())
        assert await uow.outbox.due(START_MS + 9, 9) == (second,)


async def test_a_message_queued_again_starts_over_with_its_own_id(units: UnitOfWorkFactory) -> None:
    async with units() as uow:
        await _ready(uow)
        first = await _add(uow, 1)
        await uow.outbox.record(_attempt(first, 1, status=500), NextStep(DeliveryState.FAILED, START_MS))
        await uow.outbox.requeue(first.message_id, START_MS + 7)
        expected = replace(first, next_attempt_ms=START_MS + 7)
        assert await uow.outbox.due(START_MS + 7, 9) == (expected,)
        await uow.outbox.record(_attempt(first, 1), NextStep(DeliveryState.DELIVERED, START_MS + 8))
        assert [one.number for one in await uow.outbox.attempts(first.message_id)] == [1, 1]


async def test_deliveries_are_listed_newest_first_within_one_mode(units: UnitOfWorkFactory) -> None:
    async with units() as uow:
        await _ready(uow)
        rows = [await _add(uow, sequence) for sequence in (1, 2, 3)]
        assert await uow.outbox.deliveries(test=False, limit=2) == (rows[2], rows[1])
        assert await uow.outbox.deliveries(test=True, limit=2) == ()


async def test_unknown_deliveries_and_endpoints_are_refused(units: UnitOfWorkFactory) -> None:
    nowhere = examples.delivery(examples.event(), "end_9")
    async with units() as uow:
        await _ready(uow)
        with pytest.raises(NotFound):
            await uow.outbox.delivery(MessageId("msg_9"))
        with pytest.raises(NotFound):
            await uow.outbox.requeue(MessageId("msg_9"), START_MS)
        with pytest.raises(NotFound):
            await uow.outbox.record(_attempt(nowhere), NextStep(DeliveryState.DELIVERED, START_MS))
        with pytest.raises(OurError):
            await uow.outbox.add_event(nowhere.event, [nowhere])
        assert await uow.outbox.events_of(examples.CASE) == ()
