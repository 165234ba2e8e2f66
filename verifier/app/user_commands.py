"""``verifier user …``: the operator's own way to people. One rule: a secret link is printed alone, on the last line.

Each command opens the store, does one thing and closes it; a running server obeys at the next request, and its open
sockets within seconds.
"""

from __future__ import annotations

import asyncio
import datetime
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import TypeVar

from verifier.app.runtime import AnchoredClock, SystemEntropy
from verifier.config import Settings
from verifier.core.model import Person, StaffRole, Training
from verifier.errors import InvalidInput, NotFound
from verifier.ports import UnitOfWorkFactory
from verifier.service.calls import Calls
from verifier.service.people import People
from verifier.service.sessions import Sessions
from verifier.storage.store import Store
from verifier.web.bus import InProcessBus

TRAINED_DAYS = 365
_DAY_MS = 86_400_000
_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class NewUser:
    """What ``verifier user add`` was told."""

    name: str
    email: str
    pseudonym: str
    roles: Sequence[str]
    languages: tuple[str, ...]
    trained_until: datetime.date | None = None
    """Last day of the trainings for these roles; None: a year from today."""


def people_of(units: UnitOfWorkFactory) -> People:
    """People over an open store, in a process that holds no calls and no sockets."""
    clock = AnchoredClock()
    return People(units, clock, SystemEntropy(), Sessions(units, clock, InProcessBus()), Calls())


def add(settings: Settings, new: NewUser) -> str:
    """A one-use sign-in link for the new person, who is trained for the roles from now on.

    Raises:
        InvalidInput: an unknown role, roles that do not go together, or a date that has passed.
        Conflict: the e-mail address is taken.
    """
    roles = [_role(name) for name in new.roles]
    now_ms = AnchoredClock().now_ms()
    until_ms = _end_of(new.trained_until) if new.trained_until else now_ms + TRAINED_DAYS * _DAY_MS
    if until_ms <= now_ms:
        raise InvalidInput("The training would be over already.", field="trained_until")

    async def run(people: People, _: UnitOfWorkFactory) -> str:
        person = await people.add(new.name, new.email, new.pseudonym, roles, new.languages)
        for role in sorted(person.roles - {StaffRole.ADMINISTRATOR}):
            await people.add_training(Training(person.id, role, now_ms, until_ms))
        return _address(settings, await people.mint_link(person.id))

    return _with_people(settings, run)


def link(settings: Settings, email: str, *, forget_factor: bool) -> str:
    """A fresh one-use link; with ``forget_factor`` the account is set up anew, for a lost authenticator.

    Raises:
        NotFound: nobody with this address.
    """

    async def run(people: People, units: UnitOfWorkFactory) -> str:
        person = await _by_email(units, email)
        return _address(settings, await people.mint_link(person.id, forget_factor=forget_factor))

    return _with_people(settings, run)


def disable(settings: Settings, email: str) -> str:
    """Whose access is over: sessions and links are void at once.

    Raises:
        NotFound: nobody with this address.
    """

    async def run(people: People, units: UnitOfWorkFactory) -> str:
        person = await _by_email(units, email)
        await people.disable(person.id)
        return person.name

    return _with_people(settings, run)


def _with_people(settings: Settings, run: Callable[[People, UnitOfWorkFactory], Awaitable[_T]]) -> _T:
    async def opened() -> _T:
        async with await Store.open(settings.database) as store:
            return await run(people_of(store.units), store.units)

    return asyncio.run(opened())


async def _by_email(units: UnitOfWorkFactory, email: str) -> Person:
    async with units(read_only=True) as unit:
        found = await unit.people.by_email(email)
    if found is None:
        raise NotFound("There is nobody with this e-mail address.")
    return found[0]


def _role(name: str) -> StaffRole:
    try:
        return StaffRole(name)
    except ValueError:
        known = ", ".join(sorted(StaffRole))
        raise InvalidInput(f"{name} is not a role; there are {known}.", field="role") from None


def _end_of(day: datetime.date) -> int:
    """The last millisecond of a day, UTC."""
    midnight = datetime.datetime.combine(day, datetime.time(), datetime.UTC)
    return int(midnight.timestamp() * 1_000) + _DAY_MS - 1


def _address(settings: Settings, token: str) -> str:
    return f"{settings.origin}/staff#{token}"
