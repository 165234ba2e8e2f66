"""Fake of Notices."""

from __future__ import annotations

from dataclasses import replace

from tests.fakes.state import Lent, found, put, refers, require
from verifier.core.notice import Notice, NoticeAttempt, NoticeState, RecipientKind
from verifier.errors import Conflict


class FakeNotices:
    def __init__(self, lent: Lent) -> None:
        self._lent = lent

    async def add(self, notice: Notice) -> None:
        state = self._lent.changed
        to_person = notice.recipient_kind is RecipientKind.PERSON
        require(to_person is (notice.person_id is not None), "a person is named")
        require(to_person or notice.verification_id is not None, "a freelancer is one of a case")
        refers(state.verifications, notice.verification_id)
        refers(state.people, notice.person_id)
        put(state.notices, notice.id, notice)

    async def get(self, id_: str) -> Notice:
        return found(self._lent.seen.notices, id_)

    async def due(self, now_ms: int, limit: int) -> tuple[Notice, ...]:
        rows = [notice for notice in self._queued() if notice.next_attempt_ms <= now_ms]
        return tuple(sorted(rows, key=lambda notice: (notice.next_attempt_ms, notice.id)))[:limit]

    async def next_due_ms(self) -> int | None:
        return min((notice.next_attempt_ms for notice in self._queued()), default=None)

    async def of_verification(self, id_: str) -> tuple[Notice, ...]:
        rows = [notice for notice in self._lent.seen.notices.values() if notice.verification_id == id_]
        return tuple(sorted(rows, key=lambda notice: (notice.created_ms, notice.id)))

    async def record(self, before: Notice, after: Notice, attempt: NoticeAttempt) -> None:
        state = self._lent.changed
        stored = found(state.notices, before.id)
        if stored.attempts != before.attempts:
            raise Conflict("Something else has happened to this notice meanwhile.")
        put(state.notice_attempts, (attempt.notice_id, attempt.number), attempt)
        state.notices[before.id] = replace(
            stored, state=after.state, next_attempt_ms=after.next_attempt_ms, attempts=after.attempts
        )

    async def attempts(self, id_: str) -> tuple[NoticeAttempt, ...]:
        rows = [attempt for attempt in self._lent.seen.notice_attempts.values() if attempt.notice_id == id_]
        return tuple(sorted(rows, key=lambda attempt: attempt.number))

    async def disown(self, id_: str, at_ms: int) -> bool:
        state = self._lent.changed
        refers(state.verifications, id_)
        if id_ in state.disowned:
            return False
        state.disowned[id_] = at_ms
        return True

    async def disowned_ms(self, id_: str) -> int | None:
        return self._lent.seen.disowned.get(id_)

    def _queued(self) -> list[Notice]:
        return [notice for notice in self._lent.seen.notices.values() if notice.state is NoticeState.QUEUED]
