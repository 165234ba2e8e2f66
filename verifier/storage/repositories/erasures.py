"""Deleting what people said, were called and used. One rule: every personal table is named here with the way to it.

``OF_A_CASE`` and ``OF_STAFF`` together are exactly the tables that guards.PERSONAL lets rows be deleted from; a test
holds them together, so that a new one cannot be forgotten.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from sqlalchemy import ColumnElement, Delete, Table, and_, delete, exists, func, or_, select, update

from verifier.core.access import Audience
from verifier.core.erased import ERASED, LOCALE, TIME_ZONE
from verifier.core.leftovers import Leftover
from verifier.core.model import VerificationId
from verifier.core.webhook import DeliveryState
from verifier.errors import NotFound
from verifier.storage.connection import Connection
from verifier.storage.tables.access import idempotency, links, sessions, tickets
from verifier.storage.tables.cases import claim_values, freelancers, verifications
from verifier.storage.tables.evidence import evidence_keys
from verifier.storage.tables.interviews import (
    flag_notes,
    flags,
    interviews,
    item_runs,
    log_bodies,
    planned_texts,
    run_notes,
)
from verifier.storage.tables.keeping import legal_holds, sample_tombstones
from verifier.storage.tables.notices import notice_answers, notice_attempts, notices
from verifier.storage.tables.outbox import attempt_answers, attempts, deliveries, event_bodies, events
from verifier.storage.tables.redress import written_texts
from verifier.storage.tables.staff import check_figures, device_checks

_Condition = ColumnElement[bool]

OF_A_CASE: dict[Table, Callable[[str], _Condition]] = {
    freelancers: lambda id_: freelancers.c.verification_id == id_,
    claim_values: lambda id_: claim_values.c.verification_id == id_,
    planned_texts: lambda id_: planned_texts.c.interview_id.in_(_calls(id_)),
    run_notes: lambda id_: run_notes.c.run_id.in_(
        select(item_runs.c.id).where(item_runs.c.interview_id.in_(_calls(id_)))
    ),
    flag_notes: lambda id_: flag_notes.c.flag_id.in_(select(flags.c.id).where(flags.c.interview_id.in_(_calls(id_)))),
    log_bodies: lambda id_: log_bodies.c.interview_id.in_(_calls(id_)),
    notice_answers: lambda id_: notice_answers.c.notice_id.in_(
        select(notices.c.id).where(notices.c.verification_id == id_)
    ),
    written_texts: lambda id_: written_texts.c.verification_id == id_,
    event_bodies: lambda id_: event_bodies.c.event_id.in_(select(events.c.id).where(events.c.verification_id == id_)),
    attempt_answers: lambda id_: attempt_answers.c.position.in_(
        select(attempts.c.position)
        .join(deliveries, deliveries.c.message_id == attempts.c.message_id)
        .where(deliveries.c.verification_id == id_)
    ),
    check_figures: lambda id_: check_figures.c.position.in_(
        select(device_checks.c.position).where(device_checks.c.verification_id == id_)
    ),
}
"""The personal rows of a case in each table."""
OF_STAFF: frozenset[Table] = frozenset()
"""Personal tables without rows of a case."""


class SqlErasures:
    """Erasures of the ports."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def case(self, id_: VerificationId, at_ms: int) -> Mapping[str, int]:
        """Delete every personal row, forget the platform's reference, deliver nothing any more."""
        marked = (
            update(verifications)
            .where(verifications.c.id == id_)
            .values(redacted_ms=at_ms, external_id=ERASED, locale=LOCALE, time_zone=TIME_ZONE)
        )
        undelivered = (
            update(deliveries)
            .where(deliveries.c.verification_id == id_, deliveries.c.state == DeliveryState.PENDING.value)
            .values(state=DeliveryState.FAILED.value)
        )
        async with self._connection.atomic():
            if not await self._connection.change(marked):
                raise NotFound("There is no such verification.")
            await self._connection.change(undelivered)
            return {
                table.name: await self._connection.change(delete(table).where(own(id_)))
                for table, own in OF_A_CASE.items()
            }

    async def unfinished(self, after: VerificationId, limit: int) -> tuple[VerificationId, ...]:
        """Not redacted yet, or with a call that has rows or a key."""
        buried = exists().where(sample_tombstones.c.interview_id == interviews.c.id)
        opened = exists().where(evidence_keys.c.interview_id == interviews.c.id, evidence_keys.c.destroyed_ms.is_(None))
        held = exists().where(interviews.c.verification_id == verifications.c.id, or_(~buried, opened))
        query = (
            select(verifications.c.id)
            .where(verifications.c.id > after, or_(verifications.c.redacted_ms.is_(None), held))
            .order_by(verifications.c.id)
            .limit(limit)
        )
        return tuple(VerificationId(row["id"]) for row in await self._connection.all(query))

    async def count(self, kind: Leftover, before_ms: int) -> int:
        """How many ``sweep`` would delete."""
        table, over = _over(kind, before_ms)
        counted = select(func.count().label("count")).select_from(table).where(over)
        count: int = (await self._connection.one(counted))["count"]
        return count

    async def sweep(self, kind: Leftover, before_ms: int) -> int:
        """Delete them."""
        table, over = _over(kind, before_ms)
        swept: Delete = delete(table).where(over)
        return await self._connection.change(swept)


def _calls(id_: str) -> ColumnElement[str]:
    return select(interviews.c.id).where(interviews.c.verification_id == id_).scalar_subquery()


def _over(kind: Leftover, before_ms: int) -> tuple[Table, _Condition]:
    """The table of a kind, and which of its rows are over."""
    match kind:
        case Leftover.SESSIONS:
            ended = or_(sessions.c.expires_ms < before_ms, sessions.c.revoked_ms < before_ms)
            return sessions, and_(ended, ~_held(sessions.c.verification_id))
        case Leftover.LINKS:
            used = and_(links.c.audience == Audience.STAFF.value, links.c.used_ms < before_ms)
            ended = or_(links.c.expires_ms < before_ms, links.c.revoked_ms < before_ms, used)
            return links, and_(ended, ~_held(links.c.verification_id))
        case Leftover.TICKETS:
            return tickets, tickets.c.expires_ms < before_ms
        case Leftover.REPEATED:
            return idempotency, idempotency.c.created_ms < before_ms
        case _:
            return _personal(kind, before_ms)


def _personal(kind: Leftover, before_ms: int) -> tuple[Table, _Condition]:
    match kind:
        case Leftover.RECEIVER_ANSWERS:
            old = (
                select(attempts.c.position)
                .join(deliveries, deliveries.c.message_id == attempts.c.message_id)
                .where(attempts.c.at_ms < before_ms, ~_held(deliveries.c.verification_id))
            )
            return attempt_answers, attempt_answers.c.position.in_(old)
        case Leftover.MAIL_ANSWERS:
            answered = exists().where(
                notice_attempts.c.notice_id == notice_answers.c.notice_id,
                notice_attempts.c.number == notice_answers.c.number,
                notice_attempts.c.at_ms < before_ms,
                notices.c.id == notice_attempts.c.notice_id,
                ~_held(notices.c.verification_id),
            )
            return notice_answers, answered
        case Leftover.CHECK_FIGURES:
            made = select(device_checks.c.position).where(
                device_checks.c.at_ms < before_ms, ~_held(device_checks.c.verification_id)
            )
            return check_figures, check_figures.c.position.in_(made)
        case _:
            return event_bodies, event_bodies.c.event_id.in_(_farewells(before_ms))


def _farewells(before_ms: int) -> ColumnElement[str]:
    """Events of redacted cases that every endpoint has, or will never have."""
    waiting = exists().where(deliveries.c.event_id == events.c.id, deliveries.c.state == DeliveryState.PENDING.value)
    return (
        select(events.c.id)
        .join(verifications, verifications.c.id == events.c.verification_id)
        .where(
            verifications.c.redacted_ms.is_not(None), events.c.at_ms < before_ms, ~waiting, ~_held(verifications.c.id)
        )
        .scalar_subquery()
    )


def _held(case: ColumnElement[str]) -> _Condition:
    """The newest row of the case's holds places one."""
    later = legal_holds.alias("later")
    superseded = exists().where(
        later.c.verification_id == legal_holds.c.verification_id, later.c.number > legal_holds.c.number
    )
    return exists().where(legal_holds.c.verification_id == case, legal_holds.c.placed, ~superseded)
