"""Carries events from the outbox to the platforms. One rule: an event leaves the outbox only by an answer of 2xx.

At least once: an attempt is recorded after the answer, so a process killed in between sends again, with the same
``webhook-id``. Each endpoint has a bounded number of attempts under way, so a dead one never holds up the others; the
outbox hands out one event per case and endpoint at a time, so a case's events arrive in order. Built and run by app.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass

import structlog

from verifier.core.model import EndpointId, MessageId
from verifier.core.webhook import RETRY_DELAYS_S, Attempt, Delivery, Endpoint, after_attempt, signed_headers
from verifier.delivery.transport import Transport, retry_after_s
from verifier.ports.runtime import Clock, Entropy
from verifier.ports.storage import UnitOfWorkFactory

_log = structlog.get_logger(__name__)
_SEED_RANGE = 2**63


@dataclass(frozen=True, slots=True)
class WorkerSettings:
    """How much is under way at once, and how often the outbox is looked at when nobody calls."""

    per_endpoint: int = 4
    in_total: int = 64
    batch: int = 256
    """Deliveries asked for at a time; more when all of them belong to busy endpoints."""
    batch_max: int = 16_384
    poll_s: float = 1.0
    """Longest wait before the outbox is looked at again; also the rest after an error of our own storage."""


class DeliveryWorker:
    """Delivers what is due until it is stopped; stopping finishes the attempts under way."""

    def __init__(
        self, units: UnitOfWorkFactory, clock: Clock, entropy: Entropy, transport: Transport, settings: WorkerSettings
    ) -> None:
        self._units = units
        self._clock = clock
        self._entropy = entropy
        self._transport = transport
        self._settings = settings
        self._wake = asyncio.Event()
        self._stopping = False
        self._tasks: dict[MessageId, asyncio.Task[None]] = {}
        self._busy: Counter[EndpointId] = Counter()

    def notify(self) -> None:
        """Look at the outbox now; call it after a unit of work that published something."""
        self._wake.set()

    async def run(self) -> None:
        """Deliver until ``stop`` is called, then return when no attempt is under way."""
        while not self._stopping:
            self._wake.clear()
            await self._start_due_or_log()
            with suppress(TimeoutError):
                await asyncio.wait_for(self._wake.wait(), await self._pause_s())
        await self._drain()

    def stop(self) -> None:
        """Start no further attempt; ``run`` returns once those under way are recorded."""
        self._stopping = True
        self._wake.set()

    async def deliver_due(self) -> int:
        """Attempts made: everything due at this moment was tried, what became due by it as well."""
        made = 0
        while started := await self._start_due():
            made += started
            await self._drain()
        return made

    async def _drain(self) -> None:
        while self._tasks:
            await asyncio.wait(list(self._tasks.values()))

    async def _start_due_or_log(self) -> None:
        try:
            await self._start_due()
        except Exception:
            _log.exception("outbox_unreadable")

    async def _pause_s(self) -> float:
        """Seconds until something is due, at most the poll interval."""
        try:
            async with self._units(read_only=True) as unit:
                due_ms = await unit.outbox.next_due_ms()
        except Exception:
            _log.exception("outbox_unreadable")
            return self._settings.poll_s
        wait_s = self._settings.poll_s if due_ms is None else (due_ms - self._clock.now_ms()) / 1_000
        return wait_s if 0 < wait_s < self._settings.poll_s else self._settings.poll_s

    async def _start_due(self) -> int:
        """Number of attempts started. Looks further when the oldest rows all belong to endpoints that are busy."""
        started, limit = 0, self._settings.batch
        while True:
            async with self._units(read_only=True) as unit:
                due = await unit.outbox.due(self._clock.now_ms(), limit)
            started += sum(self._start(delivery) for delivery in due)
            full = len(self._tasks) >= self._settings.in_total
            if full or len(due) < limit or limit >= self._settings.batch_max:
                return started
            limit *= 4

    def _start(self, delivery: Delivery) -> bool:
        free = (
            delivery.message_id not in self._tasks
            and self._busy[delivery.endpoint_id] < self._settings.per_endpoint
            and len(self._tasks) < self._settings.in_total
        )
        if free:
            self._busy[delivery.endpoint_id] += 1
            self._tasks[delivery.message_id] = asyncio.create_task(self._attend(delivery))
        return free

    async def _attend(self, delivery: Delivery) -> None:
        try:
            await self._attempt(delivery)
        except Exception:
            # Our own storage failed: nothing is lost, the row is still due; the rest keeps us from hammering anyone.
            _log.exception("attempt_not_recorded", message_id=delivery.message_id)
            await asyncio.sleep(self._settings.poll_s)
        finally:
            del self._tasks[delivery.message_id]
            self._busy[delivery.endpoint_id] -= 1
            self._wake.set()

    async def _attempt(self, delivery: Delivery) -> None:
        async with self._units(read_only=True) as unit:
            endpoint = await unit.outbox.endpoint(delivery.endpoint_id)
        started = self._clock.now_ms()
        headers = attempt_headers(delivery, endpoint, started)
        answer = await self._transport.post(endpoint.url, delivery.event.body.encode(), headers)
        ended = self._clock.now_ms()
        attempt = Attempt(
            message_id=delivery.message_id,
            number=delivery.attempts + 1,
            at_ms=started,
            duration_ms=ended - started,
            status=answer.status,
            error=answer.error,
            response=answer.response,
        )
        jitter = self._entropy.seed() / _SEED_RANGE
        step = after_attempt(attempt, retry_after_s(answer.retry_after, ended), jitter)
        async with self._units() as unit:
            await unit.outbox.record(attempt, step)
        _log.info(
            "webhook_attempt",
            message_id=delivery.message_id,
            event_type=delivery.event.type.value,
            status=answer.status,
            error=answer.error,
            state=step.state.value,
        )


def attempt_headers(delivery: Delivery, endpoint: Endpoint, at_ms: int) -> dict[str, str]:
    """The three Standard Webhooks headers, signed for this attempt's time, and how many attempts there are."""
    made = delivery.attempts + 1
    return {
        **signed_headers(endpoint.secrets, delivery.message_id, at_ms // 1_000, delivery.event.body),
        "content-type": "application/json",
        "verifier-attempts-made": str(made),
        "verifier-attempts-left": str(max(0, len(RETRY_DELAYS_S) - made)),
    }
