"""Who works here: people, roles, trainings, one-use links, and ending somebody's access. One rule: it holds at once.

Called by the operator's commands and the demo's seed, and by administrators through ``Administering``. What a person
may do is read anew at every request; his sockets are told and his call ends as soon as he may not hold it any more.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable
from dataclasses import replace

from verifier.core.access import Audience, Link, fingerprint
from verifier.core.model import InterviewId, Person, PersonId, Role, StaffRole, Training
from verifier.core.staffing import Change, StaffChange, require_roles
from verifier.errors import InvalidInput
from verifier.ports import Clock, Entropy, UnitOfWork, UnitOfWorkFactory
from verifier.service.calls import Calls
from verifier.service.sessions import Sessions

LINK_VALID_MS = 24 * 3_600_000
LONGEST_TRAINING_MS = 3 * 366 * 86_400_000


class People:
    """Changes about staff members; each is recorded with who made it (None: the operator at the server)."""

    def __init__(
        self,
        units: UnitOfWorkFactory,
        clock: Clock,
        entropy: Entropy,
        sessions: Sessions,
        calls: Calls,
        leave: Callable[[InterviewId, Role], Awaitable[None]] | None = None,
    ) -> None:
        """``leave`` ends a call for one side; without it no calls run in this process."""
        self._units = units
        self._clock = clock
        self._entropy = entropy
        self._sessions = sessions
        self._calls = calls
        self._leave = leave

    async def add(
        self,
        name: str,
        email: str,
        pseudonym: str,
        roles: Iterable[StaffRole],
        languages: Iterable[str] = ("en",),
        by: PersonId | None = None,
    ) -> Person:
        """A new staff member, whom a one-use link lets in.

        Raises:
            Conflict: the e-mail address is taken.
            InvalidInput: roles that do not go together, or something is missing.
        """
        kept = frozenset(roles)
        require_roles(kept)
        person = Person(
            PersonId(self._entropy.new_id("per")),
            name.strip(),
            _mailbox(email),
            pseudonym.strip(),
            kept,
            tuple(languages),
        )
        if not person.name or not person.pseudonym or not person.languages:
            raise InvalidInput("A person has a name, a pseudonym and a language.", field="name")
        async with self._units() as unit:
            await unit.people.add(person, None)
            await self._record(unit, person.id, Change.ADDED, by, ", ".join(sorted(kept)))
        return person

    async def mint_link(
        self,
        id_: PersonId,
        valid_ms: int = LINK_VALID_MS,
        *,
        by: PersonId | None = None,
        forget_factor: bool = False,
        void_earlier: bool = True,
    ) -> str:
        """The token of a one-use sign-in link.

        Args:
            id_: whose link.
            valid_ms: how long it works.
            by: the administrator.
            forget_factor: the authenticator was lost: the account is set up anew.
            void_earlier: earlier links that were not used do not work any more; a demo prints several.

        Raises:
            NotFound: nobody with this id.
        """
        token, now_ms = self._entropy.token(), self._clock.now_ms()
        ended: tuple[str, ...] = ()
        async with self._units() as unit:
            person = await unit.people.get(id_)
            if void_earlier:
                await unit.links.revoke_of_person(id_, now_ms)
            if forget_factor:
                await unit.second_factors.remove(id_)
                await unit.recovery_codes.replace(id_, (), now_ms)
                ended = await unit.sessions.revoke_of_person(id_, now_ms)
                await self._record(unit, id_, Change.SECOND_FACTOR_REMOVED, by)
            await unit.links.add(
                Link(fingerprint(token), Audience.STAFF, now_ms, now_ms + valid_ms, person_id=person.id)
            )
            await self._record(unit, id_, Change.LINK, by)
        self._sessions.tell(ended)
        return token

    async def set_roles(self, id_: PersonId, roles: Iterable[StaffRole], by: PersonId | None = None) -> Person:
        """The person with these roles and no others, from the next request on.

        Raises:
            NotFound: nobody with this id.
            InvalidInput: roles that do not go together.
        """
        kept = frozenset(roles)
        require_roles(kept)
        async with self._units() as unit:
            person = replace(await unit.people.get(id_), roles=kept)
            await unit.people.save(person)
            await self._record(unit, id_, Change.ROLES, by, ", ".join(sorted(kept)))
        if StaffRole.INTERVIEWER not in kept:
            await self._out_of_call(id_)
        return person

    async def add_training(self, training: Training, by: PersonId | None = None) -> None:
        """Enter a training; a refresher is another one.

        Raises:
            NotFound: nobody with this id.
            InvalidInput: it ends before it was completed, lies in the future, or lasts longer than three years.
            Conflict: the same training is entered already.
        """
        lasts_ms = training.valid_until_ms - training.completed_ms
        if training.completed_ms > self._clock.now_ms() or lasts_ms <= 0:
            raise InvalidInput("A training was completed, and is valid until later than that.", field="valid_until")
        if lasts_ms > LONGEST_TRAINING_MS:
            raise InvalidInput("A training is valid for three years at most.", field="valid_until")
        async with self._units() as unit:
            await unit.people.get(training.person_id)
            await unit.trainings.add(training)
            await self._record(unit, training.person_id, Change.TRAINED, by, training.role)

    async def disable(self, id_: PersonId, by: PersonId | None = None) -> None:
        """The person may do nothing from now on: sessions and links are void, sockets close, a call of his ends.

        Raises:
            NotFound: nobody with this id.
        """
        now_ms = self._clock.now_ms()
        async with self._units() as unit:
            person = await unit.people.get(id_)
            if person.disabled_ms is None:
                await unit.people.save(replace(person, disabled_ms=now_ms))
                await self._record(unit, id_, Change.DISABLED, by)
            await unit.links.revoke_of_person(id_, now_ms)
            ended = await unit.sessions.revoke_of_person(id_, now_ms)
        await self._out_of_call(id_)
        self._sessions.tell(ended)

    async def enable(self, id_: PersonId, by: PersonId | None = None) -> None:
        """The person may sign in again.

        Raises:
            NotFound: nobody with this id.
        """
        async with self._units() as unit:
            person = await unit.people.get(id_)
            if person.disabled_ms is not None:
                await unit.people.save(replace(person, disabled_ms=None))
                await self._record(unit, id_, Change.ENABLED, by)

    async def end_sessions(self, id_: PersonId, by: PersonId | None = None) -> None:
        """Sign the person out everywhere; a call of his ends.

        Raises:
            NotFound: nobody with this id.
        """
        async with self._units() as unit:
            await unit.people.get(id_)
            ended = await unit.sessions.revoke_of_person(id_, self._clock.now_ms())
            await self._record(unit, id_, Change.SESSIONS_ENDED, by)
        await self._out_of_call(id_)
        self._sessions.tell(ended)

    async def _out_of_call(self, id_: PersonId) -> None:
        call = self._calls.of_person(id_)
        if call is not None and self._leave is not None:
            await self._leave(call.interview.id, Role.INTERVIEWER)

    async def _record(
        self, unit: UnitOfWork, id_: PersonId, what: Change, by: PersonId | None, detail: str = ""
    ) -> None:
        await unit.staff_changes.add(StaffChange(id_, self._clock.now_ms(), what, by, detail))


def _mailbox(email: str) -> str:
    kept = email.strip().lower()
    local, _, domain = kept.rpartition("@")
    if not local or not domain or any(one.isspace() or not one.isprintable() for one in kept):
        raise InvalidInput("This is not an e-mail address.", field="email")
    return kept
