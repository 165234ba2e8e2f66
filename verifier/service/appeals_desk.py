"""What appeal reviewers read before they answer: every appeal with its clock, and one with all that led to it.

One rule: what is read is logged first, and whoever has a conflict of interest in a case reads none of it. Called by the
staff's appeals pages.
"""

from __future__ import annotations

from collections.abc import Mapping

from verifier.core.appeal import Appeal, AppealAnswer, AppealOutcome, Hindrance
from verifier.core.clocks import ClockKind
from verifier.core.decision import contradiction
from verifier.core.model import AppealId, InterviewId, PersonId, StaffRole, Verification
from verifier.core.policy import PolicyBook
from verifier.core.principal import StaffPrincipal
from verifier.errors import OurError
from verifier.ports import Clock, UnitOfWork, UnitOfWorkFactory
from verifier.service.appealing import hindrances
from verifier.service.case_clocks import running
from verifier.service.chronicling import by_staff
from verifier.service.conflicts import require_no_conflict
from verifier.service.entitling import entitlement
from verifier.service.read_log import Reading, ReadLog
from verifier.service.redress_state import Terms, redress_parts

ANSWERED_SHOWN = 50
"""As many of the newest answered appeals are listed."""


class AppealsDesk:
    """Reading appeals; each verb opens one read-only unit of work."""

    def __init__(self, units: UnitOfWorkFactory, clock: Clock, policies: PolicyBook) -> None:
        self._units = units
        self._clock = clock
        self._policies = policies
        self._reads = ReadLog(units, clock)

    async def listing(self, principal: StaffPrincipal) -> dict[str, object]:
        """``open`` with the nearest clock first, and ``answered``, newest first.

        Raises:
            NotAllowed: not an appeal reviewer.
        """
        principal.require(StaffRole.APPEAL_REVIEWER)
        async with self._units(read_only=True) as unit:
            open_ = [await self._line(unit, principal, appeal, None) for appeal in await unit.appeals.open()]
            answered = [
                await self._line(unit, principal, appeal, answer)
                for appeal, answer in await unit.appeals.answered(ANSWERED_SHOWN)
            ]
        return {"open": sorted(open_, key=_by_due), "answered": answered, "now_ms": self._clock.now_ms()}

    async def appeal(self, principal: StaffPrincipal, id_: AppealId) -> dict[str, object]:
        """One appeal with the case that it is about, who may answer it, and what the answer may be.

        Raises:
            NotAllowed: not an appeal reviewer, or he has a conflict of interest in the case.
            NotFound: no such appeal.
        """
        principal.require(StaffRole.APPEAL_REVIEWER)
        async with self._units(read_only=True) as unit:
            appeal, _ = await unit.appeals.get(id_)
            await require_no_conflict(unit, appeal.verification_id, principal.person.id)
        await self._reads.note([appeal.verification_id], by_staff(principal), Reading.CASE, appeal_id=id_)
        async with self._units(read_only=True) as unit:
            return await self._appeal(unit, principal, id_)

    async def _line(
        self, unit: UnitOfWork, principal: StaffPrincipal, appeal: Appeal, answer: AppealAnswer | None
    ) -> dict[str, object]:
        case = await unit.verifications.get(appeal.verification_id)
        found = await entitlement(unit, principal, case.id, self._clock.now_ms())
        return {
            "id": appeal.id,
            "number": appeal.number,
            "reference": case.external_id,
            "test": case.test,
            "result": case.result,
            "decision_version": appeal.decision_version,
            "opened_ms": appeal.opened_ms,
            "clock": await self._clock_of(unit, case, appeal) if answer is None else None,
            "unfit": list(found.unfit),
            "outcome": answer.outcome if answer else None,
            "answered_ms": answer.at_ms if answer else None,
        }

    async def _appeal(self, unit: UnitOfWork, principal: StaffPrincipal, id_: AppealId) -> dict[str, object]:
        now_ms = self._clock.now_ms()
        appeal, answer = await unit.appeals.get(id_)
        case = await unit.verifications.get(appeal.verification_id)
        found = await entitlement(unit, principal, case.id, now_ms)
        decisions = await unit.decisions.all(case.id)
        decided = next(each for each in decisions if each.version == appeal.decision_version)
        reports = await unit.effects.of_verification(case.id)
        return {
            "id": appeal.id,
            "number": appeal.number,
            "verification_id": case.id,
            "reference": case.external_id,
            "legal_name": case.legal_name,
            "status": case.status,
            "result": case.result,
            "test": case.test,
            "decision_version": appeal.decision_version,
            "interview_id": decided.interview_id,
            "proposal_id": decided.proposal_id,
            "answered": answer is not None,
            "clock": await self._clock_of(unit, case, appeal) if answer is None else None,
            "decisions": [
                {"version": each.version, "result": each.result, "at_ms": each.at_ms, "by": each.decided_by}
                for each in decisions
            ],
            "names": await _names(unit, [*found.parts, *(each.decided_by for each in decisions if each.decided_by)]),
            "parts": {person: list(parts) for person, parts in found.parts.items()},
            "unfit": list(found.unfit),
            "options": await self._options(unit, case, decided.interview_id) if answer is None else {},
            "contradicted": contradiction(decisions[-1], reports) is not None,
            "server_ms": now_ms,
            **await redress_parts(unit, case, Terms(self._policies, now_ms)),
        }

    async def _options(
        self, unit: UnitOfWork, case: Verification, id_: InterviewId
    ) -> Mapping[AppealOutcome, Hindrance | None]:
        """Every outcome with what stands in its way; by what is stored, the answer itself derives it again."""
        stored = await unit.verdicts.assessment(id_)
        if stored is None:
            raise OurError("A decision rests on an interview without an assessment.")
        return await hindrances(unit, case, stored)

    async def _clock_of(self, unit: UnitOfWork, case: Verification, appeal: Appeal) -> dict[str, object] | None:
        now_ms = self._clock.now_ms()
        for clock in await running(unit, case, self._policies, now_ms):
            if (clock.kind, clock.subject_id) == (ClockKind.ANSWER_APPEAL, appeal.id):
                return {
                    "kind": clock.kind,
                    "started_ms": clock.started_ms,
                    "due_ms": clock.due_ms,
                    "breached": clock.breached(now_ms),
                }
        return None


async def _names(unit: UnitOfWork, people: list[PersonId]) -> dict[PersonId, str]:
    return {person: (await unit.people.get(person)).name for person in dict.fromkeys(people)}


def _by_due(line: dict[str, object]) -> int:
    clock = line["clock"]
    return int(clock["due_ms"]) if isinstance(clock, dict) else 0
