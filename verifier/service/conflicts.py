"""Who keeps away from whose case. One rule: whoever says that he knows the freelancer decides nothing in that case.

A declaration is for good and needs no reason. Asked by taking, deciding, and whoever proposes, confirms or answers.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from verifier.core.failure import SENTENCES, Objection
from verifier.core.model import InterviewId, PersonId, Role, StaffRole, VerificationId
from verifier.core.principal import StaffPrincipal
from verifier.errors import NotAllowed
from verifier.ports import Clock, UnitOfWork, UnitOfWorkFactory
from verifier.ports.credentials import ConflictOfInterest
from verifier.service.calls import Calls
from verifier.service.chronicling import by_staff, chronicle


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

    def __init__(
        self,
        units: UnitOfWorkFactory,
        clock: Clock,
        calls: Calls,
        leave: Callable[[InterviewId, Role], Awaitable[None]],
    ) -> None:
        """``leave`` ends a call for one side."""
        self._units = units
        self._clock = clock
        self._calls = calls
        self._leave = leave

    async def declare(self, principal: StaffPrincipal, id_: VerificationId) -> None:
        """ "I know this person": from now on and for good this staff member decides nothing in the case.

        His own call of the case, if one goes on, ends; another interviewer takes the retry.

        Raises:
            NotAllowed: an administrator, who has nothing to do with cases.
            NotFound: no such case.
        """
        principal.require(StaffRole.INTERVIEWER, StaffRole.REVIEWER, StaffRole.APPEAL_REVIEWER)
        async with self._units() as unit:
            await unit.verifications.get(id_)
            if not await conflicted(unit, id_, principal.person.id):
                await unit.conflicts.add(ConflictOfInterest(id_, principal.person.id, self._clock.now_ms()))
                await chronicle(unit, id_, self._clock, "conflict.declared", by_staff(principal))
        call = self._calls.of_person(principal.person.id)
        if call is not None and call.verification.id == id_:
            await self._leave(call.interview.id, Role.INTERVIEWER)

    async def declared(self, principal: StaffPrincipal, id_: VerificationId) -> bool:
        """Whether this staff member has declared one in this case."""
        async with self._units(read_only=True) as unit:
            return await conflicted(unit, id_, principal.person.id)
