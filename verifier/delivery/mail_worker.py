"""Carries notices to people. One rule: what came of an attempt is recorded before the next one is made.

At least once: a process that is killed between the server's answer and its record sends the mail again, with the same
Message-ID. When our own storage, or what follows from the answer, fails after it, the record is tried again and never
the mail: nobody is flooded, and no other mail waits for it. Every attempt mints its own private link, just before it is
sent. Built and run by app.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Protocol

import structlog

from verifier.core.letter import Letter
from verifier.core.model import NoticeId
from verifier.core.notice import Notice, Outcome, Reply
from verifier.delivery.mail import Letterhead, mail
from verifier.delivery.smtp import Mailer
from verifier.errors import InvalidInput
from verifier.ports.runtime import Clock
from verifier.wording.letters import Letters

_log = structlog.get_logger(__name__)

RECORD_REST_MAX_S = 60.0
"""Longest rest between two tries to record what came of a mail."""
_ON_ITS_WAY = frozenset({Outcome.ACCEPTED, Outcome.FILED, Outcome.OVERTAKEN})


class Desk(Protocol):
    """Where notices wait, are written out and their fate is recorded: service/noticing."""

    async def due(self, limit: int) -> Sequence[Notice]: ...

    async def next_due_ms(self) -> int | None: ...

    async def compose(self, id_: NoticeId) -> Letter | Reply:
        """The letter with fresh links, or why there is none to send."""
        ...

    async def record(self, id_: NoticeId, reply: Reply, at_ms: int) -> None: ...


@dataclass(frozen=True, slots=True)
class MailWorkerSettings:
    """How much is under way at once, and how often the notices are looked at when nobody calls."""

    at_once: int = 4
    poll_s: float = 1.0
    """Longest wait before the notices are looked at again; also the rest after an error of our own storage."""


@dataclass(frozen=True, slots=True)
class _Unrecorded:
    """What came of an attempt, while our own storage or what follows from it fails."""

    reply: Reply
    at_ms: int
    tries: int = 0
    next_ms: int = 0


class MailWorker:
    """Sends what is due until it is stopped; stopping finishes the attempts under way."""

    def __init__(
        self,
        desk: Desk,
        letters: Letters,
        mailer: Mailer,
        head: Letterhead,
        clock: Clock,
        settings: MailWorkerSettings = MailWorkerSettings(),
    ) -> None:
        self._desk = desk
        self._letters = letters
        self._mailer = mailer
        self._head = head
        self._clock = clock
        self._settings = settings
        self._wake = asyncio.Event()
        self._stopping = False
        self._unrecorded: dict[NoticeId, _Unrecorded] = {}

    def notify(self) -> None:
        """Look at the notices now; call it after a unit of work that wrote one."""
        self._wake.set()

    def stop(self) -> None:
        """Start no further attempt; ``run`` returns once those under way are recorded."""
        self._stopping = True
        self._wake.set()

    async def run(self) -> None:
        """Send until ``stop`` is called, then return when no attempt is under way."""
        while not self._stopping:
            self._wake.clear()
            pause_s = self._settings.poll_s
            try:
                await self.send_due()
                pause_s = await self._pause_s()
            except Exception:
                _log.exception("notices_unreadable")
            with suppress(TimeoutError):
                await asyncio.wait_for(self._wake.wait(), pause_s)
        await self._record_again(self._unrecorded)

    async def send_due(self) -> int:
        """Attempts made: everything due at this moment was tried, a few at a time."""
        made, now_ms = 0, self._clock.now_ms()
        await self._record_again([id_ for id_, left in self._unrecorded.items() if left.next_ms <= now_ms])
        while not self._stopping and (due := await self._due()):
            await asyncio.gather(*(self._attend(notice) for notice in due))
            made += len(due)
        return made

    async def _due(self) -> list[Notice]:
        """What is to be sent now; not what was sent and only waits for its record."""
        found = await self._desk.due(self._settings.at_once + len(self._unrecorded))
        return [notice for notice in found if notice.id not in self._unrecorded][: self._settings.at_once]

    async def _pause_s(self) -> float:
        """Seconds until something is due, at most the poll interval."""
        due_ms = await self._desk.next_due_ms()
        wait_s = self._settings.poll_s if due_ms is None else (due_ms - self._clock.now_ms()) / 1_000
        return wait_s if 0 < wait_s < self._settings.poll_s else self._settings.poll_s

    async def _attend(self, notice: Notice) -> None:
        reply = await self._try(notice)
        report = _log.info if reply.outcome in _ON_ITS_WAY else _log.warning
        reason = reply.text if reply.outcome is Outcome.UNTRUSTED else None
        report("mail", notice=notice.id, kind=notice.kind, outcome=reply.outcome, code=reply.code, reason=reason)
        self._unrecorded[notice.id] = _Unrecorded(reply, self._clock.now_ms())
        await self._record_again([notice.id])

    async def _try(self, notice: Notice) -> Reply:
        """What came of one attempt; an error of ours is one that is tried again on schedule."""
        try:
            letter = await self._desk.compose(notice.id)
            if isinstance(letter, Reply):
                return letter
            words = self._letters.words(letter)
            number = letter.notice.attempts + 1
            ready = mail(self._head, words, notice.id, number, letter.address, letter.name, self._clock.now_ms())
            return await self._mailer.send(ready)
        except InvalidInput:
            return Reply(Outcome.NO_ADDRESS)
        except Exception:
            _log.exception("mail_not_written", notice=notice.id, kind=notice.kind)
            return Reply(Outcome.OUR_FAULT)

    async def _record_again(self, ids: Iterable[NoticeId]) -> None:
        """Record what came of these; what cannot be recorded now is kept, and tried later and later."""
        for id_ in list(ids):
            left = self._unrecorded[id_]
            try:
                await self._desk.record(id_, left.reply, left.at_ms)
            except Exception:
                _log.exception("mail_not_recorded", notice=id_, outcome=left.reply.outcome)
                rest_s = min(RECORD_REST_MAX_S, self._settings.poll_s * 2**left.tries)
                next_ms = self._clock.now_ms() + round(rest_s * 1_000)
                self._unrecorded[id_] = replace(left, tries=left.tries + 1, next_ms=next_ms)
            else:
                del self._unrecorded[id_]
