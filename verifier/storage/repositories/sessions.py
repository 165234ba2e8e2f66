"""Signed-in browsers and WebSocket tickets. One rule: a ticket is taken by one UPDATE, so never twice."""

from __future__ import annotations

from sqlalchemy import select, update

from verifier.core.access import Session, TicketGrant
from verifier.core.model import VerificationId
from verifier.storage.connection import Connection
from verifier.storage.rows import RowCodec
from verifier.storage.tables.access import sessions, tickets

_SESSION = RowCodec(Session)
_TICKET = RowCodec(TicketGrant)


class SqlSessions:
    """Sessions of the ports."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def add(self, session: Session) -> None:
        """Store a session."""
        await self._connection.insert(sessions, [_SESSION.encode(session)])

    async def by_hash(self, token_hash: str) -> Session | None:
        """The session, revoked and expired ones included."""
        row = await self._connection.first(select(sessions).where(sessions.c.token_hash == token_hash))
        return None if row is None else _SESSION.decode(row)

    async def revoke(self, token_hash: str, at_ms: int) -> None:
        """Revoke it; one that is unknown or revoked already stays as it is."""
        own = sessions.c.token_hash == token_hash
        await self._connection.run(
            update(sessions).where(own, sessions.c.revoked_ms.is_(None)).values(revoked_ms=at_ms)
        )

    async def revoke_of_verification(self, id_: VerificationId, audience: str, at_ms: int) -> int:
        """Number of sessions that were neither revoked nor expired until now."""
        return await self._connection.change(
            update(sessions)
            .where(
                sessions.c.verification_id == id_,
                sessions.c.audience == str(audience),
                sessions.c.revoked_ms.is_(None),
                sessions.c.expires_ms > at_ms,
            )
            .values(revoked_ms=at_ms)
        )


class SqlTickets:
    """Tickets of the ports."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def add(self, ticket: TicketGrant) -> None:
        """Store a ticket."""
        await self._connection.insert(tickets, [_TICKET.encode(ticket)])

    async def take(self, token_hash: str, now_ms: int) -> TicketGrant | None:
        """The ticket, used up from now on; None when unknown, used or expired."""
        own = tickets.c.token_hash == token_hash
        usable = (tickets.c.taken_ms.is_(None), tickets.c.expires_ms > now_ms)
        if not await self._connection.change(update(tickets).where(own, *usable).values(taken_ms=now_ms)):
            return None
        return _TICKET.decode(await self._connection.one(select(tickets).where(own)))
