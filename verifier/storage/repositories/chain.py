"""The audit chain. One rule: an entry is linked to the newest one in the same transaction."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Select, select

from verifier.core.chain import Actor, AuditEntry, link
from verifier.core.model import VerificationId
from verifier.storage.connection import Connection
from verifier.storage.rows import RowCodec
from verifier.storage.tables.chain import audit_entries

_ENTRY = RowCodec(AuditEntry)


class SqlAuditTrail:
    """AuditTrail of the ports."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def append(
        self, id_: VerificationId, at_ms: int, action: str, actor: Actor, facts: Mapping[str, object]
    ) -> AuditEntry:
        """Link and store the next entry."""
        entry = link(id_, await self.head(id_), at_ms, action, actor, facts)
        row = {**_ENTRY.encode(entry), "follows": entry.sequence - 1 or None}
        await self._connection.insert(audit_entries, [row])
        return entry

    async def of_verification(self, id_: VerificationId) -> tuple[AuditEntry, ...]:
        """By sequence."""
        rows = await self._connection.all(_of(id_).order_by(audit_entries.c.sequence))
        return tuple(_ENTRY.decode(row) for row in rows)

    async def since(self, id_: VerificationId, at_ms: int) -> tuple[AuditEntry, ...]:
        """Entries of that moment and later, by sequence."""
        query = _of(id_).where(audit_entries.c.at_ms >= at_ms)
        return tuple(_ENTRY.decode(row) for row in await self._connection.all(query.order_by(audit_entries.c.sequence)))

    async def head(self, id_: VerificationId) -> AuditEntry | None:
        """The newest entry."""
        row = await self._connection.first(_of(id_).order_by(audit_entries.c.sequence.desc()).limit(1))
        return None if row is None else _ENTRY.decode(row)


def _of(id_: VerificationId) -> Select[Any]:
    return select(audit_entries).where(audit_entries.c.verification_id == id_)
