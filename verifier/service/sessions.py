"""The list of a person's sessions, and ending them. One rule: what ends at the server is told to every open socket.

Called by signing out, by the settings page, by enrolling and by people, which ends the sessions of others.
"""

from __future__ import annotations

from collections.abc import Iterable

from verifier.core.access import Session, fingerprint, session_tag
from verifier.core.messages import Banner, to_wire
from verifier.core.model import PersonId
from verifier.core.principal import StaffPrincipal
from verifier.errors import NotFound
from verifier.ports import Bus, Clock, UnitOfWork, UnitOfWorkFactory
from verifier.service.joining import session_topic
from verifier.service.signing_in import alive


class Sessions:
    """Sessions of staff members, listed and ended."""

    def __init__(self, units: UnitOfWorkFactory, clock: Clock, bus: Bus) -> None:
        self._units = units
        self._clock = clock
        self._bus = bus

    async def own(self, principal: StaffPrincipal) -> tuple[Session, ...]:
        """Every browser in which this person is signed in, newest first."""
        now_ms = self._clock.now_ms()
        async with self._units(read_only=True) as unit:
            return tuple(
                one for one in await unit.sessions.active_of_person(principal.person.id, now_ms) if alive(one, now_ms)
            )

    async def end(self, principal: StaffPrincipal, reference: str) -> None:
        """End one of the person's own sessions, by the tag that the page shows.

        Raises:
            NotFound: the person has no such session.
        """
        now_ms = self._clock.now_ms()
        async with self._units() as unit:
            mine = await unit.sessions.active_of_person(principal.person.id, now_ms)
            ended = [one.token_hash for one in mine if session_tag(one.token_hash) == reference]
            if not ended:
                raise NotFound("There is no such session of yours any more.")
            await unit.sessions.revoke(ended[0], now_ms)
        self.tell(ended)

    async def end_own_others(self, principal: StaffPrincipal) -> None:
        """End every session of the person but the one that asks."""
        async with self._units() as unit:
            ended = await unit.sessions.revoke_of_person(
                principal.person.id, self._clock.now_ms(), keep=principal.session_hash
            )
        self.tell(ended)

    async def end_others(self, unit: UnitOfWork, id_: PersonId, secret: str) -> tuple[str, ...]:
        """End every session of a person but the one with this secret; whose sockets to tell once it is stored."""
        return await unit.sessions.revoke_of_person(id_, self._clock.now_ms(), keep=fingerprint(secret))

    def tell(self, ended: Iterable[str]) -> None:
        """Close the sockets of sessions that are over."""
        for token_hash in ended:
            self._bus.publish(session_topic(token_hash), to_wire(Banner(code="taken_over", side=None)))
