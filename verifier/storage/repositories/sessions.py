"""Signed-in browsers and WebSocket tickets. One rule: a ticket is taken by one UPDATE, so never twice."""

from __future__ import annotations

from sqlalchemy import ColumnElement, select, update

from verifier.core.access import Session, TicketGrant
from verifier.core.model import PersonId, VerificationId
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

    async def touch(self, token_hash: str, seen_ms: int) -> None:
        """Remember that it was used."""
        await self._connection.run(update(sessions).where(sessions.c.token_hash == token_hash).values(seen_ms=seen_ms))

    async def active_of_person(self, id_: PersonId, now_ms: int) -> tuple[Session, ...]:
        """Newest first."""
        newest = (sessions.c.created_ms.desc(), sessions.c.token_hash)
        query = select(sessions).where(*_active(id_, now_ms)).order_by(*newest)
        return tuple(_SESSION.decode(row) for row in await self._connection.all(query))

    async def revoke_of_person(self, id_: PersonId, at_ms: int, *, keep: str | None = None) -> tuple[str, ...]:
        """Hashes of those that were active until now."""
        active = [session.token_hash for session in await self.active_of_person(id_, at_ms)]
        revoked = tuple(one for one in active if one != keep)
        own = sessions.c.token_hash.in_(revoked)
        await self._connection.run(update(sessions).where(own).values(revoked_ms=at_ms))
        return revoked

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

    async def active_of_verification(self, id_: VerificationId, now_ms: int) -> tuple[Session, ...]:
        """By their hashes."""
        alive = (sessions.c.revoked_ms.is_(None), sessions.c.expires_ms > now_ms)
        query = select(sessions).where(sessions.c.verification_id == id_, *alive).order_by(sessions.c.token_hash)
        return tuple(_SESSION.decode(row) for row in await self._connection.all(query))


def _active(id_: PersonId, now_ms: int) -> tuple[ColumnElement[bool], ...]:
    return sessions.c.person_id == id_, sessions.c.revoked_ms.is_(None), sessions.c.expires_ms > now_ms


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
