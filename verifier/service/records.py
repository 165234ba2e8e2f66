"""What a platform may read about the calls of a case. One rule: stored rows and verdicts as they are, no people.

Called by web/api through ``Platform.records``.
"""

from __future__ import annotations

from dataclasses import dataclass

from verifier.core.access import Scope
from verifier.core.model import Interview, ItemRun, PlannedItem, Verification, VerificationId
from verifier.core.principal import PlatformPrincipal
from verifier.core.samples import InterviewRows
from verifier.core.verdicts import Assessment, Finding
from verifier.errors import NotFound
from verifier.ports.runtime import Clock
from verifier.ports.storage import UnitOfWork, UnitOfWorkFactory
from verifier.service.chronicling import by_platform
from verifier.service.read_log import Reading, ReadLog


@dataclass(frozen=True, slots=True)
class InterviewRecord:
    """One call with what was asked and what it came to; ``assessment`` is None until it has ended."""

    interview: Interview
    plan: tuple[PlannedItem, ...]
    runs: tuple[ItemRun, ...]
    findings: tuple[Finding, ...]
    assessment: Assessment | None
    expired_ms: int | None = None
    """When its raw rows were deleted by their time."""


class Records:
    """Reading calls; that it is done is logged in the case's chain first."""

    def __init__(self, units: UnitOfWorkFactory, clock: Clock) -> None:
        self._units = units
        self._reads = ReadLog(units, clock)

    async def interviews(self, principal: PlatformPrincipal, id_: VerificationId) -> tuple[InterviewRecord, ...]:
        """Every call of a case, by number.

        Raises:
            NotAllowed: the key lacks the scope.
            NotFound: no such case in the key's mode.
        """
        principal.require(Scope.VERIFICATIONS_READ)
        async with self._units(read_only=True) as unit:
            await own_case(unit, principal, id_)
        await self._reads.note([id_], by_platform(principal), Reading.CASE)
        async with self._units(read_only=True) as unit:
            return tuple([await _record(unit, each) for each in await unit.interviews.of_verification(id_)])

    async def interview(self, principal: PlatformPrincipal, id_: VerificationId, number: int) -> InterviewRecord:
        """One call of a case.

        Raises:
            NotAllowed: the key lacks the scope.
            NotFound: no such case in the key's mode, or no such call.
        """
        principal.require(Scope.VERIFICATIONS_READ)
        async with self._units(read_only=True) as unit:
            interview = await _numbered(unit, principal, id_, number)
        await self._reads.note([id_], by_platform(principal), Reading.CASE)
        async with self._units(read_only=True) as unit:
            return await _record(unit, interview)

    async def quality(self, principal: PlatformPrincipal, id_: VerificationId, number: int) -> InterviewRows:
        """Every raw row of one call.

        Raises:
            NotAllowed: the key lacks the scope.
            NotFound: no such case in the key's mode, or no such call.
        """
        principal.require(Scope.VERIFICATIONS_READ)
        async with self._units(read_only=True) as unit:
            interview = await _numbered(unit, principal, id_, number)
        await self._reads.note([id_], by_platform(principal), Reading.REPLAY, interview_id=interview.id)
        async with self._units(read_only=True) as unit:
            return await unit.samples.rows(interview.id)


async def own_case(unit: UnitOfWork, principal: PlatformPrincipal, id_: VerificationId) -> Verification:
    """The case, when it belongs to the key's mode.

    Raises:
        NotFound: no such case, or one of the other mode.
    """
    verification = await unit.verifications.get(id_)
    if verification.test is not principal.key.test:
        raise NotFound
    return verification


async def _numbered(unit: UnitOfWork, principal: PlatformPrincipal, id_: VerificationId, number: int) -> Interview:
    await own_case(unit, principal, id_)
    for interview in await unit.interviews.of_verification(id_):
        if interview.number == number:
            return interview
    raise NotFound("This verification has no such interview.")


async def _record(unit: UnitOfWork, interview: Interview) -> InterviewRecord:
    stone = await unit.tombstones.of_interview(interview.id)
    return InterviewRecord(
        interview,
        await unit.interviews.plan(interview.id),
        await unit.runs.of_interview(interview.id),
        await unit.verdicts.findings(interview.id),
        await unit.verdicts.assessment(interview.id),
        None if stone is None else stone.at_ms,
    )
