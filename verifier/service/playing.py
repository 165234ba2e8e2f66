"""Who watches a recording. One rule: as with stills, the reading stands in the chain before the first byte is given.

Reviewers watch both people; the freelancer watches himself. A player asks for one piece after the other: that is one
reading within five minutes, as service/read_log counts them.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass

from verifier.core.chain import FREELANCER, Actor
from verifier.core.model import RecordingId, Role, StaffRole, VerificationId
from verifier.core.principal import FreelancerPrincipal, StaffPrincipal
from verifier.core.recording import Recording
from verifier.errors import IllegalState, NotFound
from verifier.ports import Clock, UnitOfWork, UnitOfWorkFactory
from verifier.ports.evidence import WrappedKey
from verifier.ports.recording import RecordingStore
from verifier.service.chronicling import by_staff
from verifier.service.conflicts import require_no_conflict
from verifier.service.data_keys import opens
from verifier.service.read_log import Reading, ReadLog
from verifier.service.recording import piece

_NONE = "There is no such recording for you."


@dataclass(frozen=True, slots=True)
class ShownRecording:
    """A recording that may be played to whoever asked."""

    size_bytes: int
    sha256: str
    between: Callable[[int, int], AsyncIterator[bytes]]
    """Bytes from the first number to before the second."""


class Playing:
    """Opens recordings."""

    def __init__(self, units: UnitOfWorkFactory, clock: Clock, store: RecordingStore) -> None:
        self._units = units
        self._store = store
        self._reads = ReadLog(units, clock)

    async def to_staff(self, principal: StaffPrincipal, id_: RecordingId) -> ShownRecording:
        """A recording for a reviewer.

        Raises:
            NotFound: no such recording for this person, or it was erased.
            NotAllowed: he declared a conflict of interest in this case.
        """
        async with self._units(read_only=True) as unit:
            recording, case, key = await self._found(unit, id_)
            if not principal.person.roles & {StaffRole.REVIEWER, StaffRole.APPEAL_REVIEWER}:
                raise NotFound(_NONE)
            await require_no_conflict(unit, case, principal.person.id)
        return await self._shown(recording, case, key, by_staff(principal))

    async def to_freelancer(self, principal: FreelancerPrincipal, id_: RecordingId) -> ShownRecording:
        """What was recorded of the freelancer himself.

        Raises:
            NotFound: no such recording of him, or it was erased.
        """
        async with self._units(read_only=True) as unit:
            recording, case, key = await self._found(unit, id_)
        if case != principal.verification_id or recording.leg is not Role.FREELANCER:
            raise NotFound(_NONE)
        return await self._shown(recording, case, key, FREELANCER)

    async def _found(self, unit: UnitOfWork, id_: RecordingId) -> tuple[Recording, VerificationId, WrappedKey]:
        recording = await unit.recordings.get(id_)
        interview = await unit.interviews.get(recording.interview_id)
        try:
            key = opens(await unit.evidence_keys.of_interview(recording.interview_id))
        except IllegalState:
            raise NotFound("This recording was erased.") from None
        return recording, interview.verification_id, key

    async def _shown(
        self, recording: Recording, case: VerificationId, key: WrappedKey, reader: Actor
    ) -> ShownRecording:
        facts = {"recording": recording.id, "interview": recording.interview_id}
        await self._reads.note([case], reader, Reading.RECORDING, **facts)
        name, size = piece(recording.leg), recording.size_bytes

        def between(start: int, stop: int) -> AsyncIterator[bytes]:
            return self._store.read_range(recording.interview_id, name, key, start, stop, size)

        return ShownRecording(size, recording.sha256, between)
