"""What an administrator does about other people. One rule: he manages them and decides nothing, about himself least.

Reads no case: people, roles, trainings and the record of changes are all there is to see here.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from verifier.core.access import SecondFactor
from verifier.core.model import Person, PersonId, StaffRole, Training
from verifier.core.principal import StaffPrincipal
from verifier.core.staffing import StaffChange, require_other
from verifier.ports import UnitOfWork, UnitOfWorkFactory
from verifier.service.people import People


@dataclass(frozen=True, slots=True)
class Colleague:
    """One staff member as an administrator sees him."""

    person: Person
    trainings: tuple[Training, ...]
    set_up: bool
    """Whether the account has a proven second factor."""


@dataclass(frozen=True, slots=True)
class Record:
    """Somebody's changes, newest first, each with the name of who made it ("" for the operator at the server)."""

    changes: tuple[tuple[StaffChange, str], ...]


class Administering:
    """People, roles, trainings, links; each verb for administrators only and never about themselves."""

    def __init__(self, units: UnitOfWorkFactory, people: People) -> None:
        self._units = units
        self._people = people

    async def everybody(self, principal: StaffPrincipal) -> tuple[Colleague, ...]:
        """Every staff member, by name."""
        _require(principal)
        async with self._units(read_only=True) as unit:
            return tuple([await _colleague(unit, person) for person in await unit.people.all()])

    async def one(self, principal: StaffPrincipal, id_: PersonId) -> tuple[Colleague, Record]:
        """One staff member with the record of changes.

        Raises:
            NotFound: nobody with this id.
        """
        _require(principal)
        async with self._units(read_only=True) as unit:
            colleague = await _colleague(unit, await unit.people.get(id_))
            names = {person.id: person.name for person in await unit.people.all()}
            changes = await unit.staff_changes.of_person(id_)
        return colleague, Record(tuple((one, names.get(one.by_id, "") if one.by_id else "") for one in changes))

    async def add(
        self,
        principal: StaffPrincipal,
        name: str,
        email: str,
        pseudonym: str,
        roles: Iterable[StaffRole],
        languages: Iterable[str],
    ) -> tuple[Person, str]:
        """A new staff member and the token of his first sign-in link.

        Raises:
            Conflict: the e-mail address is taken.
            InvalidInput: roles that do not go together, or something is missing.
        """
        _require(principal)
        person = await self._people.add(name, email, pseudonym, roles, languages, principal.person.id)
        return person, await self._people.mint_link(person.id, by=principal.person.id)

    async def mint_link(self, principal: StaffPrincipal, id_: PersonId, *, forget_factor: bool) -> str:
        """The token of a fresh one-use link, for whoever lost the password or the authenticator."""
        return await self._people.mint_link(_other(principal, id_), by=principal.person.id, forget_factor=forget_factor)

    async def set_roles(self, principal: StaffPrincipal, id_: PersonId, roles: Iterable[StaffRole]) -> None:
        """These roles and no others."""
        await self._people.set_roles(_other(principal, id_), roles, principal.person.id)

    async def add_training(self, principal: StaffPrincipal, training: Training) -> None:
        """Enter a training."""
        _other(principal, training.person_id)
        await self._people.add_training(training, principal.person.id)

    async def disable(self, principal: StaffPrincipal, id_: PersonId) -> None:
        """No access any more, at once."""
        await self._people.disable(_other(principal, id_), principal.person.id)

    async def enable(self, principal: StaffPrincipal, id_: PersonId) -> None:
        """Access again."""
        await self._people.enable(_other(principal, id_), principal.person.id)

    async def end_sessions(self, principal: StaffPrincipal, id_: PersonId) -> None:
        """Sign out everywhere."""
        await self._people.end_sessions(_other(principal, id_), principal.person.id)


def _require(principal: StaffPrincipal) -> None:
    principal.require_full()
    principal.require(StaffRole.ADMINISTRATOR)


def _other(principal: StaffPrincipal, id_: PersonId) -> PersonId:
    """The person's id, when an administrator may change something about him.

    Raises:
        NotAllowed: not an administrator, or it is his own account.
    """
    _require(principal)
    require_other(principal.person.id, id_)
    return id_


async def _colleague(unit: UnitOfWork, person: Person) -> Colleague:
    factor: SecondFactor | None = await unit.second_factors.of_person(person.id)
    return Colleague(
        person, await unit.trainings.of_person(person.id), factor is not None and factor.secret is not None
    )
