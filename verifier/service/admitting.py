"""Whether an open socket may go on. One rule: what ended at the server ends there too, whoever ended it.

A process that ends a session tells its own sockets at once; this is for what another process did (a command at the
server) and for sessions that ran out. Asked by web/signalling every few seconds.
"""

from __future__ import annotations

from enum import StrEnum

from verifier.core.access import Audience, Session, TicketGrant
from verifier.core.model import PersonId, StaffRole
from verifier.ports import Clock, UnitOfWork, UnitOfWorkFactory
from verifier.service.signing_in import TOUCH_EVERY_MS


class Admission(StrEnum):
    """What has become of a socket's admission."""

    GOOD = "good"
    SIGNED_OUT = "signed_out"
    DISMISSED = "dismissed"
    """The interviewer may hold no calls any more: the one that runs ends."""


async def admission(units: UnitOfWorkFactory, clock: Clock, grant: TicketGrant) -> Admission:
    """Whether the session behind a ticket is still there, and its person still an interviewer.

    An open socket keeps a staff session from being idle.
    """
    now_ms = clock.now_ms()
    async with units(read_only=True) as unit:
        if grant.person_id is not None and not await _interviews(unit, grant.person_id):
            return Admission.DISMISSED
        session = await unit.sessions.by_hash(grant.session_hash)
    if session is None or session.revoked_ms is not None or session.expires_ms <= now_ms:
        return Admission.SIGNED_OUT
    if _untouched(session, now_ms):
        async with units() as unit:
            await unit.sessions.touch(session.token_hash, now_ms)
    return Admission.GOOD


async def _interviews(unit: UnitOfWork, id_: PersonId) -> bool:
    person = await unit.people.get(id_)
    return person.disabled_ms is None and StaffRole.INTERVIEWER in person.roles


def _untouched(session: Session, now_ms: int) -> bool:
    return session.audience is Audience.STAFF and now_ms - (session.seen_ms or 0) >= TOUCH_EVERY_MS
