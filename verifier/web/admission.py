"""Who may have a WebSocket, and how long. One rule: a socket does not outlive the session that its ticket was made in.

Called by web/signalling for every socket; built by app.
"""

from __future__ import annotations

from dataclasses import dataclass

import structlog

from verifier.core.access import Session, TicketGrant, fingerprint
from verifier.core.messages import BrowserMessage, Ticket
from verifier.errors import OurError, TicketRefused
from verifier.ports import Clock, UnitOfWorkFactory
from verifier.service.admitting import Admission, admission
from verifier.service.calls import Calls
from verifier.service.waiting import WaitingRoom
from verifier.web.bus import InProcessBus
from verifier.web.dispatch import CallVerbs

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Signalling:
    """What every socket needs."""

    units: UnitOfWorkFactory
    clock: Clock
    bus: InProcessBus
    calls: Calls
    waiting: WaitingRoom
    verbs: CallVerbs

    async def alive(self, grant: TicketGrant) -> bool:
        """Whether the session behind a ticket still lets its browser in; True while the database does not say.

        The call of an interviewer who may hold none any more ends.
        """
        try:
            found = await admission(self.units, self.clock, grant)
        except OurError as error:
            _log.warning("session_not_checked", code=error.public_code)
            return True
        call = self.calls.of_person(grant.person_id) if grant.person_id is not None else None
        if found is Admission.DISMISSED and call is not None:
            await self.verbs.interviewing.leave(call.interview.id, grant.role)
        return found is Admission.GOOD

    async def admit(self, message: BrowserMessage) -> TicketGrant:
        """Use up the ticket in a socket's first message.

        Raises:
            TicketRefused: not a ticket, unknown, used or expired, or its session is over.
        """
        if not isinstance(message, Ticket):
            raise TicketRefused("The first message must be a ticket.")
        now_ms = self.clock.now_ms()
        async with self.units() as unit:
            grant = await unit.tickets.take(fingerprint(message.ticket), now_ms)
            session = await unit.sessions.by_hash(grant.session_hash) if grant else None
        if grant is None or not self._lets_in(session):
            raise TicketRefused()
        return grant

    def _lets_in(self, session: Session | None) -> bool:
        return session is not None and session.revoked_ms is None and session.expires_ms > self.clock.now_ms()
