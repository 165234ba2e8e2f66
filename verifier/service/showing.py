"""Who sees a still. One rule: the reading stands in the chain of the case before the first byte is given, or none is.

Reviewers see every still as it was kept; the interviewer of a call that goes on sees the small picture, to know whether
to take it again; the freelancer sees his own. Whoever declared a conflict of interest in a case sees none of it.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass

from verifier.core.chain import FREELANCER, Actor
from verifier.core.evidence import Still
from verifier.core.model import Interview, InterviewId, InterviewState, StaffRole, StillId
from verifier.core.picture import JPEG
from verifier.core.principal import FreelancerPrincipal, StaffPrincipal
from verifier.errors import NotFound
from verifier.ports import Clock, EvidenceStore, UnitOfWork, UnitOfWorkFactory
from verifier.ports.evidence import WrappedKey
from verifier.service.chronicling import by_staff, chronicle
from verifier.service.conflicts import require_no_conflict
from verifier.service.stills import PREVIEW
from verifier.service.watching import STILL_READ

_NONE = "There is no such picture for you."


@dataclass(frozen=True, slots=True)
class ShownPicture:
    """A picture that may be shown to whoever asked."""

    media_type: str
    content: AsyncIterator[bytes]


class Showing:
    """Opens kept stills."""

    def __init__(self, units: UnitOfWorkFactory, clock: Clock, evidence: EvidenceStore) -> None:
        self._units = units
        self._clock = clock
        self._evidence = evidence

    async def to_staff(self, principal: StaffPrincipal, id_: StillId, *, preview: bool) -> ShownPicture:
        """A still for a reviewer; for the interviewer of a call that goes on its preview.

        Raises:
            NotFound: no such still for this person, or it was erased.
            NotAllowed: he declared a conflict of interest in this case.
        """
        async with self._units() as unit:
            still = await unit.stills.get(id_)
            interview = await unit.interviews.get(still.interview_id)
            if not _may_see(principal, interview, preview):
                raise NotFound(_NONE)
            await require_no_conflict(unit, interview.verification_id, principal.person.id)
            return await self._open(unit, still, interview, by_staff(principal), preview)

    async def to_freelancer(self, principal: FreelancerPrincipal, id_: StillId, *, preview: bool) -> ShownPicture:
        """A still of the freelancer's own case.

        Raises:
            NotFound: no such still in this case, or it was erased.
        """
        async with self._units() as unit:
            still = await unit.stills.get(id_)
            interview = await unit.interviews.get(still.interview_id)
            if interview.verification_id != principal.verification_id:
                raise NotFound(_NONE)
            return await self._open(unit, still, interview, FREELANCER, preview)

    async def _open(
        self, unit: UnitOfWork, still: Still, interview: Interview, reader: Actor, preview: bool
    ) -> ShownPicture:
        stored = await unit.evidence_keys.of_interview(still.interview_id)
        if stored is None or stored.wrapped is None:
            raise NotFound("This picture was erased.")
        facts = {"still": still.id, "interview": still.interview_id, "preview": preview}
        await chronicle(unit, interview.verification_id, self._clock, STILL_READ, reader, **facts)
        name = still.id + PREVIEW if preview else still.id
        key = WrappedKey(stored.wrapped, stored.master_key_id)
        return ShownPicture(JPEG if preview else still.media_type, self._evidence.read(still.interview_id, name, key))


async def is_erased(unit: UnitOfWork, id_: InterviewId) -> bool:
    """Whether the pictures of an interview can be opened no more."""
    stored = await unit.evidence_keys.of_interview(id_)
    return stored is None or stored.wrapped is None


def _may_see(principal: StaffPrincipal, interview: Interview, preview: bool) -> bool:
    if principal.person.roles & {StaffRole.REVIEWER, StaffRole.APPEAL_REVIEWER}:
        return True
    own = StaffRole.INTERVIEWER in principal.person.roles and interview.interviewer_id == principal.person.id
    return own and preview and interview.state is not InterviewState.ENDED
