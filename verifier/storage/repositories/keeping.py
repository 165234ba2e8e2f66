"""Tombstones and legal holds. One rule: rows go only in the transaction in which their tombstone is stored."""

from __future__ import annotations

from sqlalchemy import delete, select

from verifier.core.hold import LegalHold
from verifier.core.model import InterviewId, VerificationId
from verifier.core.tombstone import Tombstone
from verifier.errors import Conflict
from verifier.storage.connection import Connection
from verifier.storage.repositories.texts import WrittenTexts
from verifier.storage.rows import RowCodec
from verifier.storage.tables.interviews import item_runs, log_bodies, run_notes
from verifier.storage.tables.keeping import legal_holds, sample_tombstones
from verifier.storage.tables.samples import browser_samples, frame_samples, server_samples

_TOMBSTONE = RowCodec(Tombstone)
_HOLD = RowCodec(LegalHold, omit=("reason",))


class SqlTombstones:
    """Tombstones of the ports."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def add(self, tombstone: Tombstone) -> None:
        """Store it, then delete what it stands for."""
        id_ = tombstone.interview_id
        expected = tombstone.server_rows, tombstone.browser_rows, tombstone.frame_rows
        async with self._connection.atomic():
            await self._connection.insert(sample_tombstones, [_TOMBSTONE.encode(tombstone)])
            for table, count in zip((server_samples, browser_samples, frame_samples), expected, strict=True):
                if await self._connection.change(delete(table).where(table.c.interview_id == id_)) != count:
                    raise Conflict("The rows of this interview are others than those that were counted.")
            asked = select(item_runs.c.id).where(item_runs.c.interview_id == id_)
            await self._connection.change(delete(run_notes).where(run_notes.c.run_id.in_(asked)))
            await self._connection.change(delete(log_bodies).where(log_bodies.c.interview_id == id_))

    async def of_interview(self, id_: InterviewId) -> Tombstone | None:
        """None while the rows are there."""
        query = select(sample_tombstones).where(sample_tombstones.c.interview_id == id_)
        row = await self._connection.first(query)
        return None if row is None else _TOMBSTONE.decode(row)


class SqlLegalHolds:
    """LegalHolds of the ports."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._texts = WrittenTexts(connection)

    async def add(self, hold: LegalHold) -> None:
        """Store a hold, or its release."""
        async with self._connection.atomic():
            words = await self._texts.write(
                _subject(hold.verification_id, hold.number), hold.verification_id, hold.reason
            )
            await self._connection.insert(legal_holds, [{**_HOLD.encode(hold), **words}])

    async def of_verification(self, id_: VerificationId) -> tuple[LegalHold, ...]:
        """By number."""
        query = select(legal_holds).where(legal_holds.c.verification_id == id_).order_by(legal_holds.c.number)
        return tuple(
            [
                _HOLD.decode(row, reason=await self._texts.read(_subject(id_, row["number"]), row["text_length"]))
                for row in await self._connection.all(query)
            ]
        )


def _subject(id_: str, number: int) -> str:
    return f"hold:{id_}:{number}"
