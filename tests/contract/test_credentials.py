"""What staff prove themselves with, whom they know, and what an administrator changes about them."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.contract import examples
from tests.contract.examples import ANNA, CASE
from tests.fakes.runtime import START_MS
from verifier.core.access import Audience, SecondFactor, Session
from verifier.core.model import PersonId, StaffRole
from verifier.core.staffing import Change, StaffChange
from verifier.errors import NotFound, OurError
from verifier.ports import UnitOfWorkFactory
from verifier.ports.credentials import ConflictOfInterest


def staff_session(name: str, created_ms: int, **other: object) -> Session:
    values = {"audience": Audience.STAFF, "verification_id": None, "person_id": ANNA, "created_ms": created_ms} | other
    return examples.session(name, **values)


async def test_an_authenticator_is_replaced_as_a_whole(units: UnitOfWorkFactory) -> None:
    pending = SecondFactor(ANNA, pending="MFRGGZDFMZTWQ2LK", pending_ms=START_MS)
    async with units() as uow:
        await examples.add_case(uow)
        assert await uow.second_factors.of_person(ANNA) is None
        for factor in (pending, examples.second_factor(), examples.second_factor(pending="MFRGGZDFMZTWQ2LK")):
            await uow.second_factors.put(factor)
            assert await uow.second_factors.of_person(ANNA) == factor
        await uow.second_factors.remove(ANNA)
        assert await uow.second_factors.of_person(ANNA) is None


async def test_a_secret_in_force_was_confirmed(units: UnitOfWorkFactory) -> None:
    async with units() as uow:
        await examples.add_case(uow)
        with pytest.raises(OurError):
            await uow.second_factors.put(examples.second_factor(confirmed_ms=None))


async def test_a_time_step_is_used_once_and_none_before_it(units: UnitOfWorkFactory) -> None:
    async with units() as uow:
        await examples.add_case(uow)
        await uow.second_factors.put(examples.second_factor(last_step=None))
        assert [await uow.second_factors.use_step(ANNA, step) for step in (9, 9, 8, 10)] == [True, False, False, True]
        assert await uow.second_factors.use_step(PersonId("per_none"), 1) is False


async def test_a_recovery_code_is_used_once_and_new_ones_replace_the_old(units: UnitOfWorkFactory) -> None:
    async with units() as uow:
        await examples.add_case(uow)
        await uow.recovery_codes.replace(ANNA, ("a", "b"), START_MS)
        assert [await uow.recovery_codes.is_unused(ANNA, code) for code in ("a", "x")] == [True, False]
        assert [await uow.recovery_codes.use(ANNA, code, 5) for code in ("a", "a", "x")] == [True, False, False]
        assert not await uow.recovery_codes.is_unused(ANNA, "a")
        assert await uow.recovery_codes.use(PersonId("per_none"), "b", 5) is False
        assert await uow.recovery_codes.left(ANNA) == 1
        await uow.recovery_codes.replace(ANNA, ("c",), START_MS)
        assert await uow.recovery_codes.use(ANNA, "b", 5) is False and await uow.recovery_codes.left(ANNA) == 1


async def test_a_conflict_of_interest_is_declared_for_good(units: UnitOfWorkFactory) -> None:
    conflict = ConflictOfInterest(CASE, ANNA, START_MS)
    async with units() as uow:
        await examples.add_case(uow)
        await uow.conflicts.add(conflict)
        await uow.conflicts.add(replace(conflict, declared_ms=START_MS + 5))
        assert await uow.conflicts.of_verification(CASE) == (conflict,)
        assert await uow.conflicts.of_person(ANNA) == {CASE} and not await uow.conflicts.of_person(PersonId("per_x"))
        for wrong in (replace(conflict, person_id="per_none"), replace(conflict, verification_id="ver_none")):
            with pytest.raises(OurError):
                await uow.conflicts.add(wrong)


async def test_changes_are_recorded_and_nobody_changes_himself(units: UnitOfWorkFactory) -> None:
    added = StaffChange(ANNA, START_MS, Change.ADDED, None, "interviewer")
    by_other = StaffChange(ANNA, START_MS, Change.ROLES, PersonId("per_admin"), "reviewer")
    async with units() as uow:
        await examples.add_case(uow)
        await uow.people.add(examples.person("per_admin"), None)
        for change in (added, by_other):
            await uow.staff_changes.add(change)
        assert await uow.staff_changes.of_person(ANNA) == (by_other, added)
        for wrong in (replace(by_other, by_id=ANNA), replace(by_other, by_id="per_none")):
            with pytest.raises(OurError):
                await uow.staff_changes.add(wrong)


async def test_a_persons_sessions_are_listed_and_ended(units: UnitOfWorkFactory) -> None:
    first, second = staff_session("first", START_MS), staff_session("second", START_MS + 1, agent="Firefox on Linux")
    async with units() as uow:
        await examples.add_case(uow)
        for one in (first, second, staff_session("revoked", 1, revoked_ms=2), staff_session("old", 1, expires_ms=3)):
            await uow.sessions.add(one)
        await uow.sessions.touch("first", START_MS + 9)
        now = START_MS + 10
        assert await uow.sessions.active_of_person(ANNA, now) == (second, replace(first, seen_ms=START_MS + 9))
        assert await uow.sessions.revoke_of_person(ANNA, now, keep="first") == ("second",)
        assert await uow.sessions.revoke_of_person(ANNA, now) == ("first",)
        assert await uow.sessions.active_of_person(ANNA, now) == ()
        old = await uow.sessions.by_hash("revoked")
        assert old is not None and old.revoked_ms == 2


async def test_unused_sign_in_links_of_a_person_are_revoked_together(units: UnitOfWorkFactory) -> None:
    mine = {"audience": Audience.STAFF, "verification_id": None, "person_id": ANNA}
    async with units() as uow:
        await examples.add_case(uow)
        for link in (examples.link("open", **mine), examples.link("used", used_ms=1, **mine), examples.link("case")):
            await uow.links.add(link)
        await uow.links.revoke_of_person(ANNA, 9)
        found = [await uow.links.by_hash(name) for name in ("open", "used", "case")]
        assert [link.revoked_ms for link in found if link] == [9, None, None]


async def test_what_an_administrator_changes_is_stored_and_the_address_is_not(units: UnitOfWorkFactory) -> None:
    changed = replace(
        examples.person(),
        roles=frozenset({StaffRole.ADMINISTRATOR}),
        languages=("bs",),
        disabled_ms=START_MS,
        email="other@example.org",
    )
    async with units() as uow:
        await uow.people.add(examples.person(), "hash")
        await uow.people.save(changed)
        await uow.people.set_password(ANNA, "newer hash")
        kept = replace(changed, email=examples.person().email)
        assert await uow.people.by_email(kept.email) == (kept, "newer hash")
        assert await uow.people.by_email("other@example.org") is None
        await uow.people.set_password(ANNA, None)
        assert await uow.people.by_email(kept.email) == (kept, None)
        for change in (uow.people.save(examples.person("per_none")), uow.people.set_password("per_none", "hash")):
            with pytest.raises(NotFound):
                await change
