"""What happens in a call: runs, flags, the log. One rule: only an open run is ever changed, and only once."""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import and_, func, select, update

from verifier.core.model import Flag, InterviewId, ItemRun, LogEntry, Role
from verifier.errors import Conflict
from verifier.storage.connection import Connection
from verifier.storage.rows import RowCodec
from verifier.storage.tables.interviews import flag_notes, flags, interview_log, item_runs, log_bodies, run_notes

_RUN = RowCodec(ItemRun)
_FLAG = RowCodec(Flag)
_ENTRY = RowCodec(LogEntry)


class SqlRuns:
    """Runs of the ports."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def add(self, run: ItemRun) -> None:
        """Store a run. Raises Conflict when the item has a run of that number."""
        row = _RUN.encode(run)
        typed = row.pop("typed")
        async with self._connection.atomic():
            await self._connection.insert(item_runs, [row])
            await self._note(run.id, typed)

    async def end(self, run: ItemRun) -> None:
        """Close the window, in one statement."""
        row = _RUN.encode(run)
        changed = (
            update(item_runs)
            .where(item_runs.c.id == run.id, item_runs.c.ended_ms.is_(None))
            .values(ended_ms=row["ended_ms"], answer=row["answer"])
        )
        async with self._connection.atomic():
            if not await self._connection.change(changed):
                await self._connection.one(select(item_runs.c.id).where(item_runs.c.id == run.id))
                raise Conflict("This asking has ended already.")
            await self._note(run.id, row["typed"])

    async def of_interview(self, id_: InterviewId) -> tuple[ItemRun, ...]:
        """By started_ms, then id."""
        rows = await self._connection.all(
            select(item_runs, run_notes.c.typed)
            .select_from(item_runs.outerjoin(run_notes, run_notes.c.run_id == item_runs.c.id))
            .where(item_runs.c.interview_id == id_)
            .order_by(item_runs.c.started_ms, item_runs.c.id)
        )
        return tuple(_RUN.decode(row) for row in rows)

    async def _note(self, run_id: str, typed: str | None) -> None:
        if typed is not None:
            await self._connection.insert(run_notes, [{"run_id": run_id, "typed": typed}])


class SqlFlags:
    """Flags of the ports."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def add(self, flag: Flag) -> None:
        """Store a flag."""
        row = _FLAG.encode(flag)
        note = row.pop("note")
        async with self._connection.atomic():
            await self._connection.insert(flags, [row])
            if note:
                await self._connection.insert(flag_notes, [{"flag_id": flag.id, "note": note}])

    async def of_interview(self, id_: InterviewId) -> tuple[Flag, ...]:
        """By at_ms, then id."""
        rows = await self._connection.all(
            select(flags, func.coalesce(flag_notes.c.note, "").label("note"))
            .select_from(flags.outerjoin(flag_notes, flag_notes.c.flag_id == flags.c.id))
            .where(flags.c.interview_id == id_)
            .order_by(flags.c.at_ms, flags.c.id)
        )
        return tuple(_FLAG.decode(row) for row in rows)


class SqlInterviewLog:
    """InterviewLog of the ports."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def append(
        self, id_: InterviewId, at_ms: int, kind: str, by: Role | None, body: Mapping[str, object]
    ) -> LogEntry:
        """The stored entry; the first one of an interview has sequence number 1."""
        newest = select(func.coalesce(func.max(interview_log.c.sequence), 0).label("newest"))
        found = await self._connection.one(newest.where(interview_log.c.interview_id == id_))
        entry = LogEntry(found["newest"] + 1, at_ms, kind, by, dict(body))
        row = {"interview_id": id_, **_ENTRY.encode(entry)}
        content = {"interview_id": id_, "sequence": entry.sequence, "body": row.pop("body")}
        async with self._connection.atomic():
            await self._connection.insert(interview_log, [row])
            await self._connection.insert(log_bodies, [content])
        return entry

    async def since(self, id_: InterviewId, sequence: int) -> tuple[LogEntry, ...]:
        """Entries with a higher sequence number, ascending."""
        same = and_(
            log_bodies.c.interview_id == interview_log.c.interview_id,
            log_bodies.c.sequence == interview_log.c.sequence,
        )
        rows = await self._connection.all(
            select(interview_log, log_bodies.c.body)
            .select_from(interview_log.outerjoin(log_bodies, same))
            .where(interview_log.c.interview_id == id_, interview_log.c.sequence > sequence)
            .order_by(interview_log.c.sequence)
        )
        return tuple(_ENTRY.decode({**row, "body": row["body"] or {}}) for row in rows)
