"""Fake of Outbox."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from tests.fakes.state import Lent, found, put, refers
from verifier.core.webhook import Attempt, Delivery, DeliveryState, Endpoint, Event, NextStep
from verifier.errors import Conflict


class FakeOutbox:
    def __init__(self, lent: Lent) -> None:
        self._lent = lent

    async def add_endpoint(self, endpoint: Endpoint) -> None:
        put(self._lent.changed.endpoints, endpoint.id, endpoint)

    async def endpoint(self, id_: str) -> Endpoint:
        return found(self._lent.seen.endpoints, id_)

    async def save_endpoint(self, endpoint: Endpoint) -> None:
        found(self._lent.changed.endpoints, endpoint.id)
        self._lent.changed.endpoints[endpoint.id] = endpoint

    async def endpoints(self, *, test: bool) -> tuple[Endpoint, ...]:
        rows = [endpoint for endpoint in self._lent.seen.endpoints.values() if endpoint.test is test]
        return tuple(sorted(rows, key=lambda endpoint: (endpoint.created_ms, endpoint.id)))

    async def reseal(self) -> int:
        return len(self._lent.changed.endpoints)

    async def add_event(self, event: Event, deliveries: Sequence[Delivery]) -> None:
        state = self._lent.changed
        refers(state.verifications, event.verification_id)
        for delivery in deliveries:
            refers(state.endpoints, delivery.endpoint_id)
        for other in state.events.values():
            same_place = event.verification_id is not None and (
                (other.verification_id, other.sequence) == (event.verification_id, event.sequence)
            )
            if other.id == event.id or same_place:
                raise Conflict("This is stored already; somebody else was first.")
        fresh: dict[str, Delivery] = {delivery.message_id: replace(delivery, event=event) for delivery in deliveries}
        receivers = {delivery.endpoint_id for delivery in deliveries}
        if fresh.keys() & state.deliveries.keys() or len(fresh) < len(deliveries) or len(receivers) < len(deliveries):
            raise Conflict("This is stored already; somebody else was first.")
        state.events[max(state.events, default=0) + 1] = event
        state.deliveries.update(fresh)

    async def events(self, *, test: bool, after: int, limit: int) -> tuple[tuple[int, Event], ...]:
        rows = [(cursor, event) for cursor, event in self._lent.seen.events.items() if event.test is test]
        return tuple(row for row in sorted(rows, key=lambda row: row[0]) if row[0] > after)[:limit]

    async def events_of(self, id_: str) -> tuple[Event, ...]:
        rows = [event for event in self._lent.seen.events.values() if event.verification_id == id_]
        return tuple(sorted(rows, key=lambda event: event.sequence))

    async def due(self, now_ms: int, limit: int) -> tuple[Delivery, ...]:
        rows = [delivery for delivery in self._sendable() if delivery.next_attempt_ms <= now_ms]
        return tuple(sorted(rows, key=lambda delivery: delivery.next_attempt_ms))[:limit]

    async def next_due_ms(self) -> int | None:
        return min((delivery.next_attempt_ms for delivery in self._sendable()), default=None)

    async def record(self, attempt: Attempt, step: NextStep) -> None:
        state = self._lent.changed
        delivery = found(state.deliveries, attempt.message_id)
        state.deliveries[attempt.message_id] = replace(
            delivery,
            state=step.state,
            attempts=attempt.number,
            next_attempt_ms=step.next_attempt_ms,
            delivered_ms=attempt.at_ms if step.state is DeliveryState.DELIVERED else None,
        )
        state.attempts.append(attempt)
        endpoint = state.endpoints[delivery.endpoint_id]
        if step.disable_endpoint and endpoint.disabled_ms is None:
            state.endpoints[endpoint.id] = replace(endpoint, disabled_ms=attempt.at_ms)

    async def delivery(self, id_: str) -> Delivery:
        return found(self._lent.seen.deliveries, id_)

    async def deliveries(self, *, test: bool, limit: int) -> tuple[Delivery, ...]:
        rows = [delivery for delivery in self._lent.seen.deliveries.values() if delivery.event.test is test]
        return tuple(reversed(rows))[:limit]

    async def attempts(self, id_: str) -> tuple[Attempt, ...]:
        return tuple(attempt for attempt in self._lent.seen.attempts if attempt.message_id == id_)

    async def requeue(self, id_: str, at_ms: int) -> None:
        deliveries = self._lent.changed.deliveries
        deliveries[id_] = replace(
            found(deliveries, id_), state=DeliveryState.PENDING, attempts=0, next_attempt_ms=at_ms, delivered_ms=None
        )

    def _sendable(self) -> list[Delivery]:
        """Pending ones of enabled endpoints with no earlier pending event of the same case and endpoint."""
        state = self._lent.seen
        pending = [delivery for delivery in state.deliveries.values() if delivery.state is DeliveryState.PENDING]
        return [
            delivery
            for delivery in pending
            if state.endpoints[delivery.endpoint_id].disabled_ms is None
            and not any(_goes_before(other, delivery) for other in pending)
        ]


def _goes_before(other: Delivery, delivery: Delivery) -> bool:
    return (
        delivery.event.verification_id is not None
        and (other.endpoint_id, other.event.verification_id) == (delivery.endpoint_id, delivery.event.verification_id)
        and other.event.sequence < delivery.event.sequence
    )
