"""Links, sessions, tickets and stored answers."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.contract import examples
from tests.fakes.runtime import START_MS
from verifier.core.access import Audience
from verifier.core.model import VerificationId
from verifier.errors import Conflict, NotFound, OurError
from verifier.ports import UnitOfWorkFactory
from verifier.ports.storage import StoredAnswer


async def test_a_link_is_marked_used_once(units: UnitOfWorkFactory) -> None:
    async with units() as uow:
        await examples.add_case(uow)
        await uow.links.add(examples.link())
        assert await uow.links.mark_used("hash_link", 5) is True
        assert await uow.links.mark_used("hash_link", 6) is False
        assert await uow.links.by_hash("hash_link") == examples.link(used_ms=5)
        assert await uow.links.by_hash("unknown") is None
        with pytest.raises(NotFound):
            await uow.links.mark_used("unknown", 5)


async def test_revoking_the_links_of_a_case_keeps_earlier_revocations(units: UnitOfWorkFactory) -> None:
    async with units() as uow:
        await examples.add_case(uow)
        await uow.verifications.add(examples.verification("ver_2"))
        await uow.links.add(examples.link("a", revoked_ms=1))
        await uow.links.add(examples.link("b"))
        await uow.links.add(examples.link("c", verification_id=VerificationId("ver_2")))
        await uow.links.revoke_of_verification(examples.CASE, 9)
        found = [await uow.links.by_hash(key) for key in "abc"]
        assert [link.revoked_ms for link in found if link] == [1, 9, None]


async def test_links_that_came_by_mail_are_revoked_and_no_others(units: UnitOfWorkFactory) -> None:
    async with units() as uow:
        await examples.add_case(uow)
        await uow.notices.add(examples.notice())
        with pytest.raises(OurError):
            await uow.links.add(examples.link("x", notice_id="ntc_none"))
        await uow.links.add(examples.link("a", notice_id=examples.notice().id))
        await uow.links.add(examples.link("b"))
        await uow.links.revoke_mailed(examples.CASE, 9)
        found = [await uow.links.by_hash(key) for key in "ab"]
        assert [link.revoked_ms for link in found if link] == [9, None]


@pytest.mark.parametrize("audience", list(Audience))
async def test_a_credential_of_nobody_is_refused(units: UnitOfWorkFactory, audience: Audience) -> None:
    async with units() as uow:
        await examples.add_case(uow)
        with pytest.raises(OurError):
            await uow.links.add(examples.link(audience=audience, verification_id=None))
        with pytest.raises(OurError):
            await uow.sessions.add(examples.session(audience=audience, verification_id=None))


async def test_a_link_to_disown_a_message_opens_no_session(units: UnitOfWorkFactory) -> None:
    async with units() as uow:
        await examples.add_case(uow)
        await uow.links.add(examples.link(audience=Audience.NOT_ME))
        with pytest.raises(OurError):
            await uow.sessions.add(examples.session(audience=Audience.NOT_ME))


async def test_a_session_of_staff_is_found_and_revoked(units: UnitOfWorkFactory) -> None:
    staff = examples.session(audience=Audience.STAFF, verification_id=None, person_id=examples.ANNA)
    async with units() as uow:
        await examples.add_case(uow)
        await uow.sessions.add(staff)
        with pytest.raises(Conflict):
            await uow.sessions.add(staff)
        await uow.sessions.revoke(staff.token_hash, 5)
        await uow.sessions.revoke(staff.token_hash, 6)
        await uow.sessions.revoke("unknown", 6)
        assert await uow.sessions.by_hash(staff.token_hash) == replace(staff, revoked_ms=5)
        assert await uow.sessions.by_hash("unknown") is None


async def test_taking_over_counts_the_sessions_that_were_active(units: UnitOfWorkFactory) -> None:
    async with units() as uow:
        await examples.add_case(uow)
        await uow.sessions.add(examples.session("active"))
        await uow.sessions.add(examples.session("revoked", revoked_ms=1))
        await uow.sessions.add(examples.session("expired", expires_ms=START_MS))
        await uow.sessions.add(examples.session("case", audience=Audience.CASE))
        active = await uow.sessions.active_of_verification(examples.CASE, START_MS)
        assert [one.token_hash for one in active] == ["active", "case"]
        assert await uow.sessions.active_of_verification(VerificationId("ver_9"), START_MS) == ()
        assert await uow.sessions.revoke_of_verification(examples.CASE, Audience.FREELANCER, START_MS) == 1
        assert await uow.sessions.revoke_of_verification(examples.CASE, Audience.FREELANCER, START_MS) == 0
        assert await uow.sessions.by_hash("case") == examples.session("case", audience=Audience.CASE)


async def test_a_ticket_is_taken_once_and_in_time(units: UnitOfWorkFactory) -> None:
    async with units() as uow:
        await examples.add_case(uow)
        await uow.tickets.add(examples.ticket())
        await uow.tickets.add(examples.ticket("late"))
        expires_ms = examples.ticket().expires_ms
        assert await uow.tickets.take("late", expires_ms) is None
        assert await uow.tickets.take("hash_ticket", expires_ms - 1) == examples.ticket()
        assert await uow.tickets.take("hash_ticket", expires_ms - 1) is None
        assert await uow.tickets.take("unknown", START_MS) is None


async def test_the_first_request_with_a_key_is_the_one_that_counts(units: UnitOfWorkFactory) -> None:
    begun = StoredAnswer("key_1", "abc", "body", START_MS, None, None)
    done = replace(begun, status=201, answer=b"\x00\xff")
    async with units() as uow:
        assert await uow.idempotency.find("key_1", "abc") is None
        await uow.idempotency.begin(begun)
        with pytest.raises(Conflict):
            await uow.idempotency.begin(replace(begun, body_hash="other"))
        assert await uow.idempotency.find("key_1", "abc") == begun
        await uow.idempotency.finish(done)
        assert await uow.idempotency.find("key_1", "abc") == done
        assert await uow.idempotency.find("key_2", "abc") is None


async def test_a_forgotten_request_may_be_sent_again(units: UnitOfWorkFactory) -> None:
    begun = StoredAnswer("key_1", "abc", "body", START_MS, None, None)
    async with units() as uow:
        await uow.idempotency.begin(begun)
        await uow.idempotency.forget("key_1", "abc")
        await uow.idempotency.forget("key_1", "abc")
        with pytest.raises(NotFound):
            await uow.idempotency.finish(begun)
        await uow.idempotency.begin(begun)


async def test_stored_answers_expire(units: UnitOfWorkFactory) -> None:
    async with units() as uow:
        for key, created in (("old", 1), ("new", 2)):
            await uow.idempotency.begin(StoredAnswer("key_1", key, "body", created, None, None))
        await uow.idempotency.expire(2)
        assert await uow.idempotency.find("key_1", "old") is None
        assert await uow.idempotency.find("key_1", "new") is not None
