"""The worker against a real HTTP receiver."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator

import pytest
import standardwebhooks

from tests.delivery.receiver import Receiver
from tests.delivery.stage import Stage
from tests.fakes import ManualClock
from verifier.core.webhook import RETRY_DELAYS_S, DeliveryState
from verifier.delivery.transport import Answer, HttpTransport, TransportSettings
from verifier.delivery.worker import DeliveryWorker, WorkerSettings


@pytest.fixture
async def transport() -> AsyncIterator[HttpTransport]:
    async with HttpTransport(TransportSettings(allow_private_addresses=True)) as opened:
        yield opened


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    async with Receiver() as opened:
        yield opened


async def test_an_event_arrives_signed_as_the_standardwebhooks_library_wants_it(
    transport: HttpTransport, receiver: Receiver
) -> None:
    stage = Stage(transport, ManualClock(int(time.time() * 1_000)))
    endpoint = await stage.endpoint(receiver.url)
    case = await stage.case()

    assert await stage.worker.deliver_due() == 1

    (request,) = receiver.received
    body = standardwebhooks.Webhook(endpoint.secrets[0]).verify(request.body, request.headers)
    assert body["type"] == "verification.created"
    assert body["data"]["verification_id"] == case.id
    assert body["data"]["sequence"] == 1
    assert request.headers["content-type"] == "application/json"
    assert (request.headers["verifier-attempts-made"], request.headers["verifier-attempts-left"]) == ("1", "9")
    (delivery,) = await stage.deliveries()
    assert (delivery.state, delivery.message_id) == (DeliveryState.DELIVERED, request.id)


async def test_the_bytes_sent_are_the_bytes_stored(transport: HttpTransport, receiver: Receiver) -> None:
    stage = Stage(transport)
    await stage.endpoint(receiver.url)
    await stage.case("slučaj-ž")
    await stage.worker.deliver_due()
    (delivery,) = await stage.deliveries()
    assert receiver.received[0].body == delivery.event.body
    assert "slučaj-ž" in delivery.event.body


async def test_after_server_errors_the_same_message_is_sent_again_on_schedule(
    transport: HttpTransport, receiver: Receiver
) -> None:
    stage = Stage(transport)
    endpoint = await stage.endpoint(receiver.url)
    await stage.case()
    receiver.answer(500, 503)

    await stage.worker.deliver_due()
    assert await stage.worker.deliver_due() == 0
    stage.clock.advance(ms=4_999)
    assert await stage.worker.deliver_due() == 0
    stage.clock.advance(s=1)
    assert await stage.worker.deliver_due() == 1
    stage.clock.advance(minutes=6)
    assert await stage.worker.deliver_due() == 1

    assert len({(request.id, request.body) for request in receiver.received}) == 1
    assert all(request.signed_by(endpoint.secrets[0]) for request in receiver.received)
    assert len({request.headers["webhook-timestamp"] for request in receiver.received}) == 3
    (delivery,) = await stage.deliveries()
    attempts = await stage.attempts(delivery)
    assert [(a.number, a.status, a.error, a.response) for a in attempts] == [
        (1, 500, "http_status", "said 500"),
        (2, 503, "http_status", "said 503"),
        (3, 204, None, ""),
    ]
    assert delivery.state is DeliveryState.DELIVERED


async def test_an_endpoint_that_never_accepts_gets_ten_attempts_and_then_none(
    transport: HttpTransport, receiver: Receiver
) -> None:
    stage = Stage(transport)
    await stage.endpoint(receiver.url)
    await stage.case()
    receiver.answer(*[500] * 20)
    for _ in range(15):
        await stage.worker.deliver_due()
        stage.clock.advance(days=2)
    assert len(receiver.received) == len(RETRY_DELAYS_S)
    assert receiver.received[-1].headers["verifier-attempts-left"] == "0"
    (delivery,) = await stage.deliveries()
    assert delivery.state is DeliveryState.FAILED


async def test_a_failed_delivery_can_be_replayed(transport: HttpTransport, receiver: Receiver) -> None:
    stage = Stage(transport)
    await stage.endpoint(receiver.url)
    await stage.case()
    receiver.answer(*[500] * 10)
    for _ in range(10):
        await stage.worker.deliver_due()
        stage.clock.advance(days=2)
    (failed,) = await stage.deliveries()
    await stage.platform.endpoints.replay(stage.principal, failed.message_id)
    assert await stage.worker.deliver_due() == 1
    (delivery,) = await stage.deliveries()
    assert delivery.state is DeliveryState.DELIVERED
    assert len({request.id for request in receiver.received}) == 1


async def test_gone_disables_the_endpoint_and_nothing_more_is_sent(
    transport: HttpTransport, receiver: Receiver
) -> None:
    stage = Stage(transport)
    endpoint = await stage.endpoint(receiver.url)
    case = await stage.case()
    receiver.answer(410)
    await stage.worker.deliver_due()
    await stage.happens(case)
    stage.clock.advance(days=3)
    assert await stage.worker.deliver_due() == 0
    assert len(receiver.received) == 1
    assert (await stage.platform.endpoints.get(stage.principal, endpoint.id)).disabled_ms is not None


async def test_a_redirect_is_a_failure_and_is_not_followed(transport: HttpTransport, receiver: Receiver) -> None:
    stage = Stage(transport)
    await stage.endpoint(receiver.url)
    await stage.case()
    receiver.answer(302, Location=receiver.url + "/elsewhere")
    await stage.worker.deliver_due()
    (delivery,) = await stage.deliveries()
    assert (delivery.state, delivery.attempts, len(receiver.received)) == (DeliveryState.PENDING, 1, 1)


@pytest.mark.parametrize("header", ["120", "date"])
async def test_retry_after_is_honoured(transport: HttpTransport, receiver: Receiver, header: str) -> None:
    stage = Stage(transport)
    await stage.endpoint(receiver.url)
    await stage.case()
    in_two_minutes = time.strftime("%a, %d %b %Y %H:%M:%S GMT", time.gmtime(stage.clock.now_ms() / 1_000 + 120))
    receiver.answer(429, Retry_After=in_two_minutes if header == "date" else header)
    await stage.worker.deliver_due()
    stage.clock.advance(s=118)
    assert await stage.worker.deliver_due() == 0
    stage.clock.advance(s=4)
    assert await stage.worker.deliver_due() == 1


async def test_the_events_of_a_case_arrive_in_order_even_when_the_first_fails(
    transport: HttpTransport, receiver: Receiver
) -> None:
    stage = Stage(transport)
    await stage.endpoint(receiver.url)
    case = await stage.case()
    for _ in range(3):
        case = await stage.happens(case)
    receiver.answer(500)
    await stage.worker.deliver_due()
    assert len(receiver.received) == 1, "nothing overtakes the event that failed"
    stage.clock.advance(s=6)
    await stage.worker.deliver_due()
    sequences = [json.loads(request.body)["data"]["sequence"] for request in receiver.received]
    assert sequences == [1, 1, 2, 3, 4]


async def test_each_endpoint_has_its_own_message_id_and_secret(transport: HttpTransport) -> None:
    async with Receiver() as one, Receiver() as two:
        stage = Stage(transport)
        endpoints = [await stage.endpoint(each.url) for each in (one, two)]
        await stage.case()
        await stage.worker.deliver_due()
        assert one.received[0].body == two.received[0].body
        assert one.received[0].id != two.received[0].id
        assert one.received[0].signed_by(endpoints[0].secrets[0])
        assert not one.received[0].signed_by(endpoints[1].secrets[0])


async def test_during_a_rotation_both_secrets_sign(transport: HttpTransport, receiver: Receiver) -> None:
    stage = Stage(transport)
    endpoint = await stage.endpoint(receiver.url)
    rotated = await stage.platform.endpoints.rotate_secret(stage.principal, endpoint.id, keep_previous=True)
    await stage.platform.endpoints.send_test(stage.principal, endpoint.id)
    await stage.worker.deliver_due()
    await stage.platform.endpoints.retire_secret(stage.principal, endpoint.id)
    await stage.platform.endpoints.send_test(stage.principal, endpoint.id)
    await stage.worker.deliver_due()
    during, after = receiver.received
    assert rotated.secrets[0] != endpoint.secrets[0]
    assert during.signed_by(rotated.secrets[0]) and during.signed_by(endpoint.secrets[0])
    assert after.signed_by(rotated.secrets[0]) and not after.signed_by(endpoint.secrets[0])


class Stalling:
    """A transport on which one address never answers until it is released."""

    def __init__(self, dead: str) -> None:
        self.dead = dead
        self.release = asyncio.Event()
        self.under_way = 0
        self.most = 0
        self.delivered = 0
        self.others_done = asyncio.Event()

    async def post(self, url: str, body: bytes, headers: object) -> Answer:
        if url != self.dead:
            self.delivered += 1
            if self.delivered == 40:
                self.others_done.set()
            return Answer(204, None)
        self.under_way += 1
        self.most = max(self.most, self.under_way)
        await self.release.wait()
        self.under_way -= 1
        return Answer(None, "timeout")


async def test_a_dead_endpoint_holds_up_no_other_and_gets_few_attempts_at_once() -> None:
    transport = Stalling("http://127.0.0.1:9/dead")
    stage = Stage(transport, settings=WorkerSettings(per_endpoint=4, batch=8, poll_s=0.01))
    await stage.endpoint(transport.dead)
    for number in range(40):
        await stage.case(f"before-{number}")
    await stage.endpoint("http://127.0.0.1:9/alive")
    for number in range(40):
        await stage.case(f"after-{number}")

    running = asyncio.create_task(stage.worker.run())
    async with asyncio.timeout(20):
        await transport.others_done.wait()
    assert transport.most == 4
    stage.worker.stop()
    transport.release.set()
    await running
    assert transport.under_way == 0


async def test_stopping_finishes_what_is_under_way_and_a_restart_goes_on(
    transport: HttpTransport, receiver: Receiver
) -> None:
    stage = Stage(transport)
    await stage.endpoint(receiver.url)
    case = await stage.case()
    await stage.happens(case)
    receiver.stalls = asyncio.Event()
    running = asyncio.create_task(stage.worker.run())
    await receiver.arrived.wait()
    stage.worker.stop()
    receiver.stalls.set()
    await running
    states = [delivery.state for delivery in await stage.deliveries()]
    assert states == [DeliveryState.DELIVERED, DeliveryState.PENDING]

    again = DeliveryWorker(stage.units, stage.clock, stage.entropy, transport, WorkerSettings())
    await again.deliver_due()
    assert {delivery.state for delivery in await stage.deliveries()} == {DeliveryState.DELIVERED}
    assert len(receiver.received) == 2


async def test_notify_wakes_a_sleeping_worker(transport: HttpTransport, receiver: Receiver) -> None:
    stage = Stage(transport, settings=WorkerSettings(poll_s=600))
    await stage.endpoint(receiver.url)
    running = asyncio.create_task(stage.worker.run())
    await asyncio.sleep(0)
    await stage.case()
    async with asyncio.timeout(20):
        await receiver.arrived.wait()
    stage.worker.stop()
    await running


async def test_when_our_own_storage_fails_the_message_is_sent_again(
    transport: HttpTransport, receiver: Receiver, capsys: pytest.CaptureFixture[str]
) -> None:
    stage = Stage(transport)
    await stage.endpoint(receiver.url)
    await stage.case()
    broken = Breaking(stage)
    worker = DeliveryWorker(broken, stage.clock, stage.entropy, transport, WorkerSettings(poll_s=0.001))
    await worker.deliver_due()
    assert [request.id for request in receiver.received] == [receiver.received[0].id] * 2
    (delivery,) = await stage.deliveries()
    assert delivery.state is DeliveryState.DELIVERED
    capsys.readouterr()


class Breaking:
    """Units of work of which the first writing one cannot be opened."""

    def __init__(self, stage: Stage) -> None:
        self._stage = stage
        self._broken = True

    def __call__(self, *, read_only: bool = False):  # type: ignore[no-untyped-def]
        if self._broken and not read_only:
            self._broken = False
            raise OSError("disk full")
        return self._stage.units(read_only=read_only)
