"""Private links. One rule: found by the hash of their token alone."""

from __future__ import annotations

from sqlalchemy import ColumnElement, and_, select, update

from verifier.core.access import Link
from verifier.core.model import PersonId, VerificationId
from verifier.storage.connection import Connection
from verifier.storage.rows import RowCodec
from verifier.storage.tables.access import links

_LINK = RowCodec(Link)


class SqlLinks:
    """Links of the ports."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def add(self, link: Link) -> None:
        """Store a link."""
        await self._connection.insert(links, [_LINK.encode(link)])

    async def by_hash(self, token_hash: str) -> Link | None:
        """The link, revoked and expired ones included."""
        row = await self._connection.first(select(links).where(links.c.token_hash == token_hash))
        return None if row is None else _LINK.decode(row)

    async def mark_used(self, token_hash: str, at_ms: int) -> bool:
        """Whether this was the first use. Raises NotFound for an unknown link."""
        own = links.c.token_hash == token_hash
        if await self._connection.change(update(links).where(own, links.c.used_ms.is_(None)).values(used_ms=at_ms)):
            return True
        await self._connection.one(select(links.c.token_hash).where(own))
        return False

    async def revoke_mailed(self, id_: VerificationId, at_ms: int) -> None:
        """Revoke those that a message carried."""
        mailed = (links.c.verification_id == id_, links.c.notice_id.is_not(None), links.c.revoked_ms.is_(None))
        await self._connection.run(update(links).where(*mailed).values(revoked_ms=at_ms))

    async def revoke_of_verification(self, id_: VerificationId, at_ms: int) -> None:
        """Revoke every link of a case that is not revoked yet."""
        await self._revoke(links.c.verification_id == id_, at_ms)

    async def revoke_of_person(self, id_: PersonId, at_ms: int) -> None:
        """Revoke every sign-in link of a person that is not used yet."""
        await self._revoke(and_(links.c.person_id == id_, links.c.used_ms.is_(None)), at_ms)

    async def _revoke(self, which: ColumnElement[bool], at_ms: int) -> None:
        await self._connection.run(update(links).where(which, links.c.revoked_ms.is_(None)).values(revoked_ms=at_ms))
