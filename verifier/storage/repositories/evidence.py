"""Stills, recordings and their keys. One rule: a destroyed key never comes back."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select, update

from verifier.core.evidence import Still
from verifier.core.model import InterviewId, RecordingId, StillId
from verifier.core.recording import Recording
from verifier.errors import Conflict
from verifier.ports.redress import EvidenceKey
from verifier.storage.connection import Connection, Row
from verifier.storage.rows import RowCodec
from verifier.storage.tables.evidence import evidence_keys, recordings, stills

_STILL = RowCodec(Still)
_RECORDING = RowCodec(Recording)


class SqlStills:
    """Stills of the ports."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def add(self, still: Still) -> None:
        """Store a still."""
        await self._connection.insert(stills, [_STILL.encode(still)])

    async def get(self, id_: StillId) -> Still:
        """One still."""
        return _STILL.decode(await self._connection.one(select(stills).where(stills.c.id == id_)))

    async def of_interview(self, id_: InterviewId) -> tuple[Still, ...]:
        """By at_ms, then id."""
        query = select(stills).where(stills.c.interview_id == id_).order_by(stills.c.at_ms, stills.c.id)
        return tuple(_STILL.decode(row) for row in await self._connection.all(query))


class SqlRecordings:
    """Recordings of the ports."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def add(self, recording: Recording) -> None:
        """Store a recording; a foreign key holds it to the consent."""
        await self._connection.insert(recordings, [{**_RECORDING.encode(recording), "recording_consented": True}])

    async def get(self, id_: RecordingId) -> Recording:
        """One recording."""
        return _RECORDING.decode(await self._connection.one(select(recordings).where(recordings.c.id == id_)))

    async def of_interview(self, id_: InterviewId) -> tuple[Recording, ...]:
        """By leg."""
        query = select(recordings).where(recordings.c.interview_id == id_).order_by(recordings.c.leg)
        return tuple(_RECORDING.decode(row) for row in await self._connection.all(query))


class SqlEvidenceKeys:
    """EvidenceKeys of the ports."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def add(self, key: EvidenceKey) -> None:
        """Store a wrapped key."""
        await self._connection.insert(evidence_keys, [_row(key)])

    async def of_interview(self, id_: InterviewId) -> EvidenceKey | None:
        """The key, a destroyed one included."""
        row = await self._connection.first(select(evidence_keys).where(evidence_keys.c.interview_id == id_))
        return None if row is None else _key(row)

    async def rewrap(self, id_: InterviewId, wrapped: bytes, master_key_id: str) -> None:
        """Replace the wrapping of a key that is still there."""
        whole = update(evidence_keys).where(evidence_keys.c.interview_id == id_, evidence_keys.c.destroyed_ms.is_(None))
        if not await self._connection.change(whole.values(wrapped_key=wrapped, master_key_id=master_key_id)):
            raise Conflict("The key of this interview's evidence was destroyed.")

    async def destroy(self, id_: InterviewId, at_ms: int) -> bool:
        """Forget the key."""
        whole = update(evidence_keys).where(evidence_keys.c.interview_id == id_, evidence_keys.c.destroyed_ms.is_(None))
        return await self._connection.change(whole.values(wrapped_key=None, destroyed_ms=at_ms)) > 0

    async def wrapped_by_others(self, master_key_id: str, limit: int) -> tuple[EvidenceKey, ...]:
        """Oldest first."""
        query = (
            select(evidence_keys)
            .where(evidence_keys.c.master_key_id != master_key_id, evidence_keys.c.destroyed_ms.is_(None))
            .order_by(evidence_keys.c.created_ms, evidence_keys.c.interview_id)
        )
        return tuple(_key(row) for row in await self._connection.all(query.limit(limit)))


def _row(key: EvidenceKey) -> dict[str, Any]:
    return {
        "interview_id": key.interview_id,
        "wrapped_key": key.wrapped,
        "master_key_id": key.master_key_id,
        "created_ms": key.created_ms,
        "destroyed_ms": key.destroyed_ms,
    }


def _key(row: Row) -> EvidenceKey:
    return EvidenceKey(
        InterviewId(row["interview_id"]),
        row["wrapped_key"],
        row["master_key_id"],
        row["created_ms"],
        row["destroyed_ms"],
    )
