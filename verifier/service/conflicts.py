"""Who keeps away from whose case. One rule: whoever says that he knows the freelancer decides nothing in that case.

A declaration is for good and needs no reason. Asked by taking, deciding, and whoever proposes, confirms or answers.
"""

from __future__ import annotations

from verifier.core.failure import SENTENCES, Objection
from verifier.core.model import PersonId, StaffRole, VerificationId
from verifier.core.principal import StaffPrincipal
from verifier.errors import NotAllowed
from verifier.ports import Clock, UnitOfWork, UnitOfWorkFactory
from verifier.ports.credentials import ConflictOfInterest


async def conflicted(unit: UnitOfWork, id_: VerificationId, person: PersonId) -> bool:
    """Whether this person has declared a conflict of interest in this case."""
    return id_ in await unit.conflicts.of_person(person)


async def require_no_conflict(unit: UnitOfWork, id_: VerificationId, person: PersonId) -> None:
    """Pass when this person has declared no conflict of interest in this case.

    Raises:
        NotAllowed: he has.
    """
    if await conflicted(unit, id_, person):
        raise NotAllowed(SENTENCES[Objection.CONFLICTED])


class Conflicts:
    """Declarations of conflicts of interest."""

    def __init__(self, units: UnitOfWorkFactory, clock: Clock) -> None:
        self._units = units
        self._clock = clock

    async def declare(self, principal: StaffPrincipal, id_: VerificationId) -> None:
        """ "I know this person": from now on and for good this staff member decides nothing in the case.

        Raises:
            NotAllowed: an administrator, who has nothing to do with cases.
            NotFound: no such case.
        """
        principal.require(StaffRole.INTERVIEWER, StaffRole.REVIEWER, StaffRole.APPEAL_REVIEWER)
        async with self._units() as unit:
            await unit.verifications.get(id_)
            await unit.conflicts.add(ConflictOfInterest(id_, principal.person.id, self._clock.now_ms()))
