"""First answers by API key and Idempotency-Key. One rule: the primary key decides who was first."""

from __future__ import annotations

from sqlalchemy import ColumnElement, and_, delete, select, update

from verifier.errors import NotFound
from verifier.ports.storage import StoredAnswer
from verifier.storage.connection import Connection
from verifier.storage.rows import RowCodec
from verifier.storage.tables.access import idempotency

_ANSWER = RowCodec(StoredAnswer)


class SqlIdempotency:
    """Idempotency of the ports."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def find(self, key_id: str, idempotency_key: str) -> StoredAnswer | None:
        """The record, in flight or finished."""
        row = await self._connection.first(select(idempotency).where(_own(key_id, idempotency_key)))
        return None if row is None else _ANSWER.decode(row)

    async def begin(self, record: StoredAnswer) -> None:
        """Store the record."""
        await self._connection.insert(idempotency, [_ANSWER.encode(record)])

    async def finish(self, record: StoredAnswer) -> None:
        """Store status and answer. Raises NotFound when it was never begun, or forgotten."""
        own = _own(record.key_id, record.idempotency_key)
        changed = update(idempotency).where(own).values(status=record.status, answer=record.answer)
        if not await self._connection.change(changed):
            raise NotFound("There is no such request in flight.")

    async def forget(self, key_id: str, idempotency_key: str) -> None:
        """Remove the record, if any, so that the request may be sent again."""
        await self._connection.run(delete(idempotency).where(_own(key_id, idempotency_key)))

    async def expire(self, before_ms: int) -> None:
        """Remove what was created earlier."""
        await self._connection.run(delete(idempotency).where(idempotency.c.created_ms < before_ms))


def _own(key_id: str, idempotency_key: str) -> ColumnElement[bool]:
    return and_(idempotency.c.key_id == key_id, idempotency.c.idempotency_key == idempotency_key)
