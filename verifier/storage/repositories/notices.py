"""Notices and their history. One rule: the history is appended to, and a notice moves only from where it was."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Select, and_, func, select, update

from verifier.core.model import NoticeId, VerificationId
from verifier.core.notice import Notice, NoticeAttempt, NoticeState
from verifier.errors import Conflict, NotFound
from verifier.storage.connection import Connection
from verifier.storage.rows import RowCodec
from verifier.storage.tables.notices import disownments, notice_answers, notice_attempts, notices

_NOTICE = RowCodec(Notice)
_ATTEMPT = RowCodec(NoticeAttempt, omit=("answer",))


class SqlNotices:
    """Notices of the ports."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def add(self, notice: Notice) -> None:
        """Store a notice."""
        await self._connection.insert(notices, [_NOTICE.encode(notice)])

    async def get(self, id_: NoticeId) -> Notice:
        """One notice."""
        row = await self._connection.first(select(notices).where(notices.c.id == id_))
        if row is None:
            raise NotFound("There is no such notice.")
        return _NOTICE.decode(row)

    async def due(self, now_ms: int, limit: int) -> tuple[Notice, ...]:
        """Queued ones whose time has come."""
        query = _queued().where(notices.c.next_attempt_ms <= now_ms)
        return await self._loaded(query.order_by(notices.c.next_attempt_ms, notices.c.id).limit(limit))

    async def next_due_ms(self) -> int | None:
        """When ``due`` will next have something to say, None while nothing is queued."""
        query = _queued().with_only_columns(func.min(notices.c.next_attempt_ms).label("next"))
        found: int | None = (await self._connection.one(query))["next"]
        return found

    async def of_verification(self, id_: VerificationId) -> tuple[Notice, ...]:
        """Oldest first."""
        query = select(notices).where(notices.c.verification_id == id_)
        return await self._loaded(query.order_by(notices.c.created_ms, notices.c.id))

    async def record(self, before: Notice, after: Notice, attempt: NoticeAttempt) -> None:
        """Append to the history and move the notice, if it is still where ``before`` says."""
        own = and_(notices.c.id == before.id, notices.c.attempts == before.attempts)
        moved = (
            update(notices)
            .where(own)
            .values(state=after.state.value, next_attempt_ms=after.next_attempt_ms, attempts=after.attempts)
        )
        async with self._connection.atomic():
            if not await self._connection.change(moved):
                await self.get(before.id)
                raise Conflict("Something else has happened to this notice meanwhile.")
            await self._connection.insert(notice_attempts, [_ATTEMPT.encode(attempt)])
            if attempt.answer:
                words = {"notice_id": attempt.notice_id, "number": attempt.number, "text": attempt.answer}
                await self._connection.insert(notice_answers, [words])

    async def attempts(self, id_: NoticeId) -> tuple[NoticeAttempt, ...]:
        """In order."""
        answer = func.coalesce(notice_answers.c.text, "").label("answer")
        joined = notice_attempts.outerjoin(
            notice_answers,
            and_(
                notice_answers.c.notice_id == notice_attempts.c.notice_id,
                notice_answers.c.number == notice_attempts.c.number,
            ),
        )
        query = select(notice_attempts, answer).select_from(joined).where(notice_attempts.c.notice_id == id_)
        rows = await self._connection.all(query.order_by(notice_attempts.c.number))
        return tuple(_ATTEMPT.decode(row, answer=row["answer"]) for row in rows)

    async def disown(self, id_: VerificationId, at_ms: int) -> bool:
        """Store that the address is somebody else's."""
        if await self.disowned_ms(id_) is not None:
            return False
        await self._connection.insert(disownments, [{"verification_id": id_, "at_ms": at_ms}])
        return True

    async def disowned_ms(self, id_: VerificationId) -> int | None:
        """Since when, None while it is not."""
        row = await self._connection.first(select(disownments.c.at_ms).where(disownments.c.verification_id == id_))
        return None if row is None else row["at_ms"]

    async def _loaded(self, query: Select[Any]) -> tuple[Notice, ...]:
        rows: Sequence[Any] = await self._connection.all(query)
        return tuple(_NOTICE.decode(row) for row in rows)


def _queued() -> Select[Any]:
    return select(notices).where(notices.c.state == NoticeState.QUEUED.value)
