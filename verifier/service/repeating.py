"""Stored answers by Idempotency-Key. One rule: a request is begun once, and begun again only if it came to nothing.

What an answer holds is the caller's matter (web/idempotency encrypts it). Called through ``Platform.repeating``.
"""

from __future__ import annotations

from verifier.errors import Conflict, IdempotencyMismatch
from verifier.ports.runtime import Clock
from verifier.ports.storage import StoredAnswer, UnitOfWorkFactory

KEPT_MS = 24 * 3_600_000
IN_FLIGHT_MS = 5 * 60_000
"""After this long without an answer the process that had the request is taken for dead."""


class Repeating:
    """Begins, finishes and forgets requests; each verb opens one unit of work."""

    def __init__(self, units: UnitOfWorkFactory, clock: Clock) -> None:
        self._units = units
        self._clock = clock

    async def begin(self, key_id: str, idempotency_key: str, body_hash: str) -> StoredAnswer:
        """The finished answer to the same request, or a new record without status: the request is now in flight.

        Raises:
            IdempotencyMismatch: the Idempotency-Key was used for another request.
            Conflict: the same request is still in flight.
        """
        now = self._clock.now_ms()
        asked = StoredAnswer(key_id, idempotency_key, body_hash, now, None, None)
        async with self._units() as unit:
            await unit.idempotency.expire(now - KEPT_MS)
            known = await unit.idempotency.find(key_id, idempotency_key)
            if known is not None:
                if known.body_hash != body_hash:
                    raise IdempotencyMismatch
                if known.status is not None:
                    return known
                if now - known.created_ms < IN_FLIGHT_MS:
                    raise Conflict("The first request with this Idempotency-Key is still being carried out.")
                await unit.idempotency.forget(key_id, idempotency_key)
            await unit.idempotency.begin(asked)
        return asked

    async def finish(self, record: StoredAnswer) -> None:
        """Keep the answer."""
        async with self._units() as unit:
            await unit.idempotency.finish(record)

    async def forget(self, record: StoredAnswer) -> None:
        """Free the Idempotency-Key: the request was refused and wrote nothing."""
        async with self._units() as unit:
            await unit.idempotency.forget(record.key_id, record.idempotency_key)
