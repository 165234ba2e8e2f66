"""The staff's doors: password or one-use link to session, the queue page, people.

One rule: a wrong address, a wrong password and a person without a password look and take the same. A staff link works
once, by a deliberate POST.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from typing import Any

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from verifier.core.access import Audience, Link, Session, TicketGrant, fingerprint
from verifier.core.gate import Gate, GateState, gate
from verifier.core.messages import TICKET_VALID_MS
from verifier.core.model import (
    Interview,
    InterviewId,
    InterviewState,
    Person,
    PersonId,
    Role,
    StaffRole,
)
from verifier.core.policy import Policy
from verifier.core.principal import StaffPrincipal
from verifier.errors import IllegalState, InvalidInput, LinkRefused, NotAuthenticated, NotFound
from verifier.ports import Clock, Entropy, UnitOfWork, UnitOfWorkFactory
from verifier.service.calls import Calls
from verifier.service.queue_view import interview_sheet, waiting_rows

SESSION_VALID_MS = 12 * 3_600_000
STAFF_LINK_VALID_MS = 24 * 3_600_000
MIN_PASSWORD_CHARACTERS = 12
_HASHES_AT_ONCE = 2
"""argon2 wants 64 MiB each: more at once would let sign-ins starve the calls."""


class Staff:
    """Signing in and out, the queue, and who works here."""

    def __init__(
        self,
        units: UnitOfWorkFactory,
        clock: Clock,
        entropy: Entropy,
        calls: Calls,
        policy: Policy,
        hasher: PasswordHasher | None = None,
    ) -> None:
        self._units = units
        self._clock = clock
        self._entropy = entropy
        self._calls = calls
        self._policy = policy
        self._hasher = hasher or PasswordHasher()
        self._hashing = asyncio.Semaphore(_HASHES_AT_ONCE)
        self._nobodys_hash = self._hasher.hash(entropy.token())

    async def add_person(
        self,
        name: str,
        email: str,
        pseudonym: str,
        roles: Iterable[StaffRole],
        languages: Iterable[str] = ("en",),
        password: str | None = None,
    ) -> Person:
        """A new staff member; without a password only one-use links let him in.

        Raises:
            Conflict: the e-mail address is taken.
            InvalidInput: the password is too short.
        """
        if password is not None and len(password) < MIN_PASSWORD_CHARACTERS:
            raise InvalidInput(f"A password has at least {MIN_PASSWORD_CHARACTERS} characters.", field="password")
        hashed = None if password is None else await asyncio.to_thread(self._hasher.hash, password)
        person = Person(
            PersonId(self._entropy.new_id("per")),
            name,
            email.strip().lower(),
            pseudonym,
            frozenset(roles),
            tuple(languages),
        )
        async with self._units() as unit:
            await unit.people.add(person, hashed)
        return person

    async def mint_link(self, id_: PersonId, valid_ms: int = STAFF_LINK_VALID_MS) -> str:
        """The token of a one-use sign-in link for this person.

        Raises:
            NotFound: nobody with this id.
        """
        token, now_ms = self._entropy.token(), self._clock.now_ms()
        async with self._units() as unit:
            person = await unit.people.get(id_)
            await unit.links.add(
                Link(fingerprint(token), Audience.STAFF, now_ms, now_ms + valid_ms, person_id=person.id)
            )
        return token

    async def sign_in(self, email: str, password: str) -> tuple[str, Person]:
        """The secret of a new session, and whose it is.

        Raises:
            NotAuthenticated: unknown address or wrong password; which of them is not said.
        """
        async with self._units(read_only=True) as unit:
            found = await unit.people.by_email(email.strip().lower())
        person, hashed = found if found else (None, None)
        right = await self._verify(hashed or self._nobodys_hash, password)
        if person is None or hashed is None or not right:
            raise NotAuthenticated("The address or the password is not right.")
        async with self._units() as unit:
            return await self._begin_session(unit, person.id), person

    async def use_link(self, token: str) -> tuple[str, Person]:
        """The secret of a new session from a one-use link, and whose it is.

        Raises:
            LinkRefused: unknown, revoked, expired or used before; ``field`` says which.
        """
        now_ms = self._clock.now_ms()
        async with self._units() as unit:
            link = await unit.links.by_hash(fingerprint(token))
            if link is None or link.audience is not Audience.STAFF or link.person_id is None:
                raise LinkRefused("This sign-in link is not known here.", field="unknown")
            if link.revoked_ms is not None:
                raise LinkRefused("This sign-in link was revoked.", field="revoked")
            if link.expires_ms is not None and now_ms >= link.expires_ms:
                raise LinkRefused("This sign-in link has run out.", field="expired")
            if not await unit.links.mark_used(link.token_hash, now_ms):
                raise LinkRefused("This sign-in link was used already. It works once.", field="used")
            return await self._begin_session(unit, link.person_id), await unit.people.get(link.person_id)

    async def principal(self, secret: str) -> StaffPrincipal:
        """The staff member whose session this secret opens, with the roles held now.

        Raises:
            NotAuthenticated: no such session, or it is over.
        """
        async with self._units(read_only=True) as unit:
            session = await unit.sessions.by_hash(fingerprint(secret))
            alive = session and session.revoked_ms is None and self._clock.now_ms() < session.expires_ms
            if session is None or not alive or session.audience is not Audience.STAFF or session.person_id is None:
                raise NotAuthenticated("Please sign in again.")
            return StaffPrincipal(await unit.people.get(session.person_id), session.token_hash)

    async def sign_out(self, principal: StaffPrincipal) -> None:
        """End this session; other browsers of the same person stay signed in."""
        async with self._units() as unit:
            await unit.sessions.revoke(principal.session_hash, self._clock.now_ms())

    async def queue(self, principal: StaffPrincipal) -> dict[str, object]:
        """The queue page's figures: own check, who waits in the order in which they would be taken, own call.

        Raises:
            NotAllowed: not an interviewer.
        """
        principal.require(StaffRole.INTERVIEWER)
        person, now_ms = principal.person, self._clock.now_ms()
        async with self._units(read_only=True) as unit:
            check = await unit.device_checks.latest_of_person(person.id)
            waiting = await waiting_rows(unit, self._calls, person, now_ms)
        passed = gate(check, now_ms, self._policy)
        if passed.state is GateState.VALID:
            self._calls.interviewer_seen(person.id, now_ms)
        call = self._calls.of_person(person.id)
        return {
            "check": {**_gate_figures(passed), "figures": dict(check.figures)} if check else None,
            "gate": passed.state,
            "waiting": waiting,
            "in_call": call.interview.id if call else None,
            "server_ms": now_ms,
        }

    async def gate(self, principal: StaffPrincipal) -> Gate:
        """Whether this person may take calls now."""
        async with self._units(read_only=True) as unit:
            check = await unit.device_checks.latest_of_person(principal.person.id)
        return gate(check, self._clock.now_ms(), self._policy)

    async def sheet(self, principal: StaffPrincipal, id_: InterviewId) -> dict[str, Any]:
        """What the interview page is printed with: whom the call is with, and the claims.

        Raises:
            NotFound: no such interview, or somebody else's.
        """
        async with self._units(read_only=True) as unit:
            interview = await self._own_interview(unit, principal, id_)
            return await interview_sheet(unit, interview)

    async def ticket(self, principal: StaffPrincipal, id_: InterviewId) -> str:
        """A single-use ticket for the WebSocket of one's own interview.

        Raises:
            NotFound: no such interview, or somebody else's.
            IllegalState: the interview is over.
        """
        async with self._units() as unit:
            interview = await self._own_interview(unit, principal, id_)
            if interview.state is InterviewState.ENDED:
                raise IllegalState("This interview is over.")
            secret = self._entropy.token()
            expires_ms = self._clock.now_ms() + TICKET_VALID_MS
            await unit.tickets.add(
                TicketGrant(
                    fingerprint(secret),
                    Role.INTERVIEWER,
                    expires_ms,
                    principal.session_hash,
                    interview_id=interview.id,
                    person_id=principal.person.id,
                )
            )
        return secret

    async def _own_interview(self, unit: UnitOfWork, principal: StaffPrincipal, id_: InterviewId) -> Interview:
        principal.require(StaffRole.INTERVIEWER)
        interview = await unit.interviews.get(id_)
        if interview.interviewer_id != principal.person.id:
            raise NotFound("There is no such interview of yours.")
        return interview

    async def _begin_session(self, unit: UnitOfWork, id_: PersonId) -> str:
        secret, now_ms = self._entropy.token(), self._clock.now_ms()
        expires_ms = now_ms + SESSION_VALID_MS
        await unit.sessions.add(Session(fingerprint(secret), Audience.STAFF, now_ms, expires_ms, person_id=id_))
        return secret

    async def _verify(self, hashed: str, password: str) -> bool:
        async with self._hashing:
            try:
                return await asyncio.to_thread(self._hasher.verify, hashed, password)
            except (VerificationError, InvalidHashError):
                return False


def _gate_figures(passed: Gate) -> dict[str, object]:
    return {
        "passed": passed.valid_until_ms is not None,
        "valid": passed.state is GateState.VALID,
        "valid_until_ms": passed.valid_until_ms,
    }
