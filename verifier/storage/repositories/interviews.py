"""Calls and their planned items. One rule: an ended call and a planned item never change."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Select, select, update

from verifier.core.erased import ERASED
from verifier.core.model import Interview, InterviewId, InterviewState, PlannedItem, VerificationId
from verifier.errors import Conflict
from verifier.storage.connection import Connection, Row
from verifier.storage.rows import RowCodec
from verifier.storage.tables.interviews import interviews, planned_items, planned_texts

_INTERVIEW = RowCodec(Interview)
_ITEM = RowCodec(PlannedItem)


class SqlInterviews:
    """Interviews of the ports."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def add(self, interview: Interview, plan: Sequence[PlannedItem]) -> None:
        """Store the call with its plan. Raises Conflict when the case has a call of that number."""
        async with self._connection.atomic():
            await self._connection.insert(interviews, [_INTERVIEW.encode(interview)])
            await self._add_items(interview.id, interview.verification_id, plan)

    async def get(self, id_: InterviewId) -> Interview:
        """One call."""
        return _INTERVIEW.decode(await self._connection.one(select(interviews).where(interviews.c.id == id_)))

    async def save(self, interview: Interview) -> None:
        """Set what may change while the stored call has not ended, in one statement."""
        row = _INTERVIEW.encode(interview)
        changed = (
            update(interviews)
            .where(interviews.c.id == interview.id, interviews.c.state != InterviewState.ENDED.value)
            .values({name: row[name] for name in ("state", "live_ms", "ended_ms", "end_cause")})
        )
        if not await self._connection.change(changed):
            await self.get(interview.id)
            raise Conflict("The interview has ended already.")

    async def plan(self, id_: InterviewId) -> tuple[PlannedItem, ...]:
        """In asking order."""
        await self.get(id_)
        same = (planned_texts.c.interview_id == planned_items.c.interview_id) & (
            planned_texts.c.key == planned_items.c.key
        )
        rows = await self._connection.all(
            select(planned_items, planned_texts.c.question, planned_texts.c.expected)
            .select_from(planned_items.outerjoin(planned_texts, same))
            .where(planned_items.c.interview_id == id_)
            .order_by(planned_items.c.position, planned_items.c.key)
        )
        return tuple(_item(row) for row in rows)

    async def extend_plan(self, id_: InterviewId, items: Sequence[PlannedItem]) -> None:
        """Add items. Raises Conflict when a key is planned already."""
        interview = await self.get(id_)
        async with self._connection.atomic():
            await self._add_items(id_, interview.verification_id, items)

    async def of_verification(self, id_: VerificationId) -> tuple[Interview, ...]:
        """By number."""
        return await self._loaded(
            select(interviews).where(interviews.c.verification_id == id_).order_by(interviews.c.number)
        )

    async def unfinished(self) -> tuple[Interview, ...]:
        """Oldest first."""
        query = select(interviews).where(interviews.c.state != InterviewState.ENDED.value)
        return await self._loaded(query.order_by(interviews.c.created_ms, interviews.c.id))

    async def recent(self, limit: int) -> tuple[Interview, ...]:
        """Newest first."""
        query = select(interviews).order_by(interviews.c.created_ms.desc(), interviews.c.id.desc())
        return await self._loaded(query.limit(limit))

    async def _add_items(self, id_: InterviewId, of: VerificationId, items: Sequence[PlannedItem]) -> None:
        rows = [{"interview_id": id_, "verification_id": of, **_ITEM.encode(item)} for item in items]
        texts = [
            {"interview_id": id_, "key": row["key"], "question": row.pop("question"), "expected": row.pop("expected")}
            for row in rows
        ]
        await self._connection.insert(planned_items, rows)
        await self._connection.insert(planned_texts, texts)

    async def _loaded(self, query: Select[Any]) -> tuple[Interview, ...]:
        return tuple(_INTERVIEW.decode(row) for row in await self._connection.all(query))


def _item(row: Row) -> PlannedItem:
    """The words of an item are written once, all of them: without a question they were erased, the claim too."""
    if row["question"] is not None:
        return _ITEM.decode(row)
    return _ITEM.decode({**row, "question": ERASED, "expected": ERASED if row["claim_id"] else None})
