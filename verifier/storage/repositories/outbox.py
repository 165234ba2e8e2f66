"""Endpoints, events, deliveries, attempts. One rule: a case's events reach an endpoint in order, one at a time.

Secrets that sign are sealed; who reads the file cannot sign.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, exists, func, insert, select, update

from verifier.core.model import EndpointId, MessageId, VerificationId
from verifier.core.webhook import SECRET_PREFIX, Attempt, Delivery, DeliveryState, Endpoint, Event, NextStep
from verifier.errors import NotFound, OurError
from verifier.storage.connection import Connection, Row
from verifier.storage.rows import RowCodec
from verifier.storage.sealing import Sealer
from verifier.storage.tables.outbox import attempt_answers, attempts, deliveries, endpoints, event_bodies, events

_ENDPOINT = RowCodec(Endpoint, omit=("secrets",))
_EVENT = RowCodec(Event, omit=("body",))
_DELIVERY = RowCodec(Delivery, omit=("event",))
_ATTEMPT = RowCodec(Attempt, omit=("response",))
_PREFIX = "event_"
_SAME_EVENT = event_bodies.c.event_id == events.c.id
_BODY = func.coalesce(event_bodies.c.body, "").label("body")


class SqlOutbox:
    """Outbox of the ports."""

    def __init__(self, connection: Connection, sealer: Sealer | None) -> None:
        self._connection = connection
        self._sealer = sealer

    async def add_endpoint(self, endpoint: Endpoint) -> None:
        """Store an endpoint."""
        await self._connection.insert(endpoints, [self._encode(endpoint)])

    async def endpoint(self, id_: EndpointId) -> Endpoint:
        """One endpoint, a disabled one included."""
        return self._decode(await self._connection.one(select(endpoints).where(endpoints.c.id == id_)))

    async def save_endpoint(self, endpoint: Endpoint) -> None:
        """Replace everything about it."""
        row = self._encode(endpoint)
        if not await self._connection.change(update(endpoints).where(endpoints.c.id == endpoint.id).values(row)):
            raise NotFound("There is no such endpoint.")

    async def endpoints(self, *, test: bool) -> tuple[Endpoint, ...]:
        """Oldest first, disabled ones included."""
        query = select(endpoints).where(endpoints.c.test == test).order_by(endpoints.c.created_ms, endpoints.c.id)
        return tuple(self._decode(row) for row in await self._connection.all(query))

    async def reseal(self) -> int:
        """Seal every endpoint's secrets with the newest key; rows of versions that stored them in clear as well."""
        rows = await self._connection.all(select(endpoints.c.id, endpoints.c.secrets))
        for row in rows:
            opened = [one if one.startswith(SECRET_PREFIX) else self._open(row["id"], one) for one in row["secrets"]]
            sealed = [self._keys.seal_text(one, _context(row["id"])) for one in opened]
            await self._connection.change(update(endpoints).where(endpoints.c.id == row["id"]).values(secrets=sealed))
        return len(rows)

    async def add_event(self, event: Event, deliveries_: Sequence[Delivery]) -> None:
        """Store an event and where it goes. Raises Conflict when its sequence number is taken."""
        own = {"event_id": event.id, "verification_id": event.verification_id, "sequence": event.sequence}
        async with self._connection.atomic():
            await self._connection.insert(events, [_EVENT.encode(event)])
            await self._connection.insert(event_bodies, [{"event_id": event.id, "body": event.body}])
            await self._connection.insert(deliveries, [_DELIVERY.encode(one) | own for one in deliveries_])

    async def events(self, *, test: bool, after: int, limit: int) -> tuple[tuple[int, Event], ...]:
        """In the order they were added."""
        query = _events().where(events.c.test == test, events.c.position > after)
        rows = await self._connection.all(query.order_by(events.c.position).limit(limit))
        return tuple((row["position"], _EVENT.decode(row, body=row["body"])) for row in rows)

    async def events_of(self, id_: VerificationId) -> tuple[Event, ...]:
        """By sequence."""
        query = _events().where(events.c.verification_id == id_).order_by(events.c.sequence)
        return tuple(_EVENT.decode(row, body=row["body"]) for row in await self._connection.all(query))

    async def due(self, now_ms: int, limit: int) -> tuple[Delivery, ...]:
        """What should be sent now; nothing to a disabled endpoint."""
        query = _deliveries().where(_sendable(), ~_behind_another(), deliveries.c.next_attempt_ms <= now_ms)
        return await self._loaded(query.order_by(deliveries.c.next_attempt_ms, deliveries.c.position).limit(limit))

    async def next_due_ms(self) -> int | None:
        """When ``due`` will next have something to say, None while nothing is pending."""
        query = select(func.min(deliveries.c.next_attempt_ms).label("next")).where(_sendable(), ~_behind_another())
        found: int | None = (await self._connection.one(query))["next"]
        return found

    async def record(self, attempt: Attempt, step: NextStep) -> None:
        """Store the attempt and what follows from it."""
        delivered = attempt.at_ms if step.state is DeliveryState.DELIVERED else None
        own = deliveries.c.message_id == attempt.message_id
        moved = (
            update(deliveries)
            .where(own)
            .values(
                state=step.state.value,
                attempts=attempt.number,
                next_attempt_ms=step.next_attempt_ms,
                delivered_ms=delivered,
            )
        )
        async with self._connection.atomic():
            if not await self._connection.change(moved):
                raise NotFound("There is no such delivery.")
            stored = await self._connection.one(
                insert(attempts).values(_ATTEMPT.encode(attempt)).returning(attempts.c.position)
            )
            if attempt.response:
                answer = {"position": stored["position"], "response": attempt.response}
                await self._connection.insert(attempt_answers, [answer])
            if step.disable_endpoint:
                receiver = select(deliveries.c.endpoint_id).where(own).scalar_subquery()
                await self._connection.run(
                    update(endpoints)
                    .where(endpoints.c.id == receiver, endpoints.c.disabled_ms.is_(None))
                    .values(disabled_ms=attempt.at_ms)
                )

    async def delivery(self, id_: MessageId) -> Delivery:
        """One delivery."""
        found = await self._loaded(_deliveries().where(deliveries.c.message_id == id_))
        if not found:
            raise NotFound("There is no such delivery.")
        return found[0]

    async def deliveries(self, *, test: bool, limit: int) -> tuple[Delivery, ...]:
        """Newest first."""
        query = _deliveries().where(events.c.test == test).order_by(deliveries.c.position.desc())
        return await self._loaded(query.limit(limit))

    async def attempts(self, id_: MessageId) -> tuple[Attempt, ...]:
        """In the order they were made."""
        response = func.coalesce(attempt_answers.c.response, "").label("response")
        joined = attempts.outerjoin(attempt_answers, attempt_answers.c.position == attempts.c.position)
        query = select(attempts, response).select_from(joined).where(attempts.c.message_id == id_)
        rows = await self._connection.all(query.order_by(attempts.c.position))
        return tuple(_ATTEMPT.decode(row, response=row["response"]) for row in rows)

    async def requeue(self, id_: MessageId, at_ms: int) -> None:
        """Start over with the first attempt."""
        changed = (
            update(deliveries)
            .where(deliveries.c.message_id == id_)
            .values(state=DeliveryState.PENDING.value, attempts=0, next_attempt_ms=at_ms, delivered_ms=None)
        )
        if not await self._connection.change(changed):
            raise NotFound("There is no such delivery.")

    @property
    def _keys(self) -> Sealer:
        if self._sealer is None:
            raise OurError("This store was opened without the keys of its secrets.")
        return self._sealer

    def _encode(self, endpoint: Endpoint) -> dict[str, Any]:
        sealed = [self._keys.seal_text(secret, _context(endpoint.id)) for secret in endpoint.secrets]
        return {**_ENDPOINT.encode(endpoint), "secrets": sealed}

    def _decode(self, row: Row) -> Endpoint:
        return _ENDPOINT.decode(row, secrets=tuple(self._open(row["id"], sealed) for sealed in row["secrets"]))

    def _open(self, id_: str, sealed: str) -> str:
        return self._keys.open_text(sealed, _context(id_))

    async def _loaded(self, query: Select[Any]) -> tuple[Delivery, ...]:
        rows = await self._connection.all(query)
        return tuple(_DELIVERY.decode(row, event=_EVENT.decode(row, _PREFIX, body=row["body"])) for row in rows)


def _context(id_: str) -> str:
    return f"endpoints.secrets:{id_}"


def _deliveries() -> Select[Any]:
    own = [deliveries.c[name] for name in _DELIVERY.columns]
    told = [events.c[name].label(_PREFIX + name) for name in _EVENT.columns]
    joined = deliveries.join(events, events.c.id == deliveries.c.event_id).outerjoin(event_bodies, _SAME_EVENT)
    return select(*own, *told, _BODY).select_from(joined)


def _events() -> Select[Any]:
    return select(events, _BODY).select_from(events.outerjoin(event_bodies, _SAME_EVENT))


def _sendable() -> ColumnElement[bool]:
    enabled = exists().where(endpoints.c.id == deliveries.c.endpoint_id, endpoints.c.disabled_ms.is_(None))
    return and_(deliveries.c.state == DeliveryState.PENDING.value, enabled)


def _behind_another() -> ColumnElement[bool]:
    """An earlier event of the same case is still on its way to the same endpoint."""
    earlier = deliveries.alias("earlier")
    return exists().where(
        earlier.c.endpoint_id == deliveries.c.endpoint_id,
        earlier.c.verification_id == deliveries.c.verification_id,
        earlier.c.state == DeliveryState.PENDING.value,
        earlier.c.sequence < deliveries.c.sequence,
    )
