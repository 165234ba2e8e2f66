"""Fakes of Links, Sessions, Tickets, Idempotency."""

from __future__ import annotations

from dataclasses import replace

from tests.fakes.state import Lent, found, put, refers, require
from verifier.core.access import SESSION_AUDIENCES, Audience, Link, Session, TicketGrant
from verifier.ports.storage import StoredAnswer


def _of_somebody(credential: Link | Session) -> None:
    owner = credential.person_id if credential.audience is Audience.STAFF else credential.verification_id
    require(owner is not None, "a credential is of somebody")


class FakeLinks:
    def __init__(self, lent: Lent) -> None:
        self._lent = lent

    async def add(self, link: Link) -> None:
        state = self._lent.changed
        _of_somebody(link)
        refers(state.verifications, link.verification_id)
        refers(state.people, link.person_id)
        refers(state.notices, link.notice_id)
        put(state.links, link.token_hash, link)

    async def by_hash(self, token_hash: str) -> Link | None:
        return self._lent.seen.links.get(token_hash)

    async def mark_used(self, token_hash: str, at_ms: int) -> bool:
        links = self._lent.changed.links
        link = found(links, token_hash)
        if link.used_ms is not None:
            return False
        links[token_hash] = replace(link, used_ms=at_ms)
        return True

    async def revoke_of_person(self, id_: str, at_ms: int) -> None:
        links = self._lent.changed.links
        for key, link in list(links.items()):
            if link.person_id == id_ and link.used_ms is None and link.revoked_ms is None:
                links[key] = replace(link, revoked_ms=at_ms)

    async def revoke_mailed(self, id_: str, at_ms: int) -> None:
        links = self._lent.changed.links
        for key, link in list(links.items()):
            if link.verification_id == id_ and link.notice_id is not None and link.revoked_ms is None:
                links[key] = replace(link, revoked_ms=at_ms)

    async def revoke_of_verification(self, id_: str, at_ms: int) -> None:
        links = self._lent.changed.links
        for key, link in list(links.items()):
            if link.verification_id == id_ and link.revoked_ms is None:
                links[key] = replace(link, revoked_ms=at_ms)


class FakeSessions:
    def __init__(self, lent: Lent) -> None:
        self._lent = lent

    async def add(self, session: Session) -> None:
        state = self._lent.changed
        _of_somebody(session)
        require(session.audience in SESSION_AUDIENCES, "a link to disown a message opens no session")
        refers(state.verifications, session.verification_id)
        refers(state.people, session.person_id)
        put(state.sessions, session.token_hash, session)

    async def by_hash(self, token_hash: str) -> Session | None:
        return self._lent.seen.sessions.get(token_hash)

    async def revoke(self, token_hash: str, at_ms: int) -> None:
        sessions = self._lent.changed.sessions
        session = sessions.get(token_hash)
        if session is not None and session.revoked_ms is None:
            sessions[token_hash] = replace(session, revoked_ms=at_ms)

    async def touch(self, token_hash: str, seen_ms: int) -> None:
        sessions = self._lent.changed.sessions
        if token_hash in sessions:
            sessions[token_hash] = replace(sessions[token_hash], seen_ms=seen_ms)

    async def active_of_person(self, id_: str, now_ms: int) -> tuple[Session, ...]:
        rows = [
            one
            for one in self._lent.seen.sessions.values()
            if one.person_id == id_ and one.revoked_ms is None and one.expires_ms > now_ms
        ]
        return tuple(sorted(rows, key=lambda one: (-one.created_ms, one.token_hash)))

    async def revoke_of_person(self, id_: str, at_ms: int, *, keep: str | None = None) -> tuple[str, ...]:
        active = [one.token_hash for one in await self.active_of_person(id_, at_ms)]
        revoked = tuple(one for one in active if one != keep)
        for one in revoked:
            await self.revoke(one, at_ms)
        return revoked

    async def revoke_of_verification(self, id_: str, audience: str, at_ms: int) -> int:
        sessions = self._lent.changed.sessions
        active = [
            key
            for key, session in sessions.items()
            if session.verification_id == id_
            and session.audience == audience
            and session.revoked_ms is None
            and session.expires_ms > at_ms
        ]
        for key in active:
            sessions[key] = replace(sessions[key], revoked_ms=at_ms)
        return len(active)

    async def active_of_verification(self, id_: str, now_ms: int) -> tuple[Session, ...]:
        rows = [
            one
            for one in self._lent.seen.sessions.values()
            if one.verification_id == id_ and one.revoked_ms is None and one.expires_ms > now_ms
        ]
        return tuple(sorted(rows, key=lambda one: one.token_hash))


class FakeTickets:
    def __init__(self, lent: Lent) -> None:
        self._lent = lent

    async def add(self, ticket: TicketGrant) -> None:
        state = self._lent.changed
        refers(state.verifications, ticket.verification_id)
        refers(state.interviews, ticket.interview_id)
        refers(state.people, ticket.person_id)
        put(state.tickets, ticket.token_hash, ticket)

    async def take(self, token_hash: str, now_ms: int) -> TicketGrant | None:
        state = self._lent.changed
        ticket = state.tickets.get(token_hash)
        if ticket is None or token_hash in state.taken or ticket.expires_ms <= now_ms:
            return None
        state.taken.add(token_hash)
        return ticket


class FakeIdempotency:
    def __init__(self, lent: Lent) -> None:
        self._lent = lent

    async def find(self, key_id: str, idempotency_key: str) -> StoredAnswer | None:
        return self._lent.seen.answers.get((key_id, idempotency_key))

    async def begin(self, record: StoredAnswer) -> None:
        put(self._lent.changed.answers, (record.key_id, record.idempotency_key), record)

    async def finish(self, record: StoredAnswer) -> None:
        answers = self._lent.changed.answers
        key = (record.key_id, record.idempotency_key)
        answers[key] = replace(found(answers, key), status=record.status, answer=record.answer)

    async def forget(self, key_id: str, idempotency_key: str) -> None:
        self._lent.changed.answers.pop((key_id, idempotency_key), None)

    async def expire(self, before_ms: int) -> None:
        answers = self._lent.changed.answers
        for key in [key for key, record in answers.items() if record.created_ms < before_ms]:
            del answers[key]
