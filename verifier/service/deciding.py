"""What may be decided after a call, and deciding it. One rule: the stored assessment allows it, or it is not done."""

from __future__ import annotations

from dataclasses import replace

from verifier.core import decision
from verifier.core.decision import Allowed
from verifier.core.failure import objections_to_reviewer
from verifier.core.model import (
    Flag,
    Interview,
    InterviewId,
    InterviewState,
    ItemRun,
    PlannedItem,
    StaffRole,
    Verification,
)
from verifier.core.policy import PolicyBook
from verifier.core.principal import FreelancerPrincipal, StaffPrincipal
from verifier.core.reasons import ReasonCode
from verifier.core.review import Obstacle, require, sentence
from verifier.core.verdicts import Assessment, Decision
from verifier.core.verification import VerificationEvent, next_status
from verifier.errors import IllegalState, NotAllowed, NotFound
from verifier.ports import Clock, UnitOfWork, UnitOfWorkFactory
from verifier.service.conflicts import require_no_conflict
from verifier.service.recording_decisions import Recorder
from verifier.service.scenes import Scenes, reviewer_of


class Deciding:
    """Outcomes and decision versions."""

    def __init__(self, units: UnitOfWorkFactory, clock: Clock, policies: PolicyBook, recorder: Recorder) -> None:
        self._units = units
        self._clock = clock
        self._policies = policies
        self._recorder = recorder
        self._scenes = Scenes(units, policies)

    async def outcome(self, principal: StaffPrincipal, id_: InterviewId) -> dict[str, object]:
        """What the rules allow for an interview, for the end page; ``{"ended": False}`` while it goes on.

        Raises:
            NotAllowed: neither its interviewer nor a reviewer.
            PolicyInvalid: nobody has the policy any more that the interview is pinned to.
        """
        async with self._units(read_only=True) as unit:
            interview = await unit.interviews.get(id_)
            _require_own(principal, interview)
            assessment = await unit.verdicts.assessment(id_)
            if interview.state is not InterviewState.ENDED or assessment is None:
                return {"ended": False}
            permission = await self._permission(unit, interview, assessment)
            current = await unit.decisions.current(interview.verification_id)
            return {
                "ended": True,
                "cause": interview.end_cause,
                "conclusive": assessment.conclusive,
                "reasons": list(assessment.reasons),
                "fault": assessment.blame.fault,
                "fault_side": assessment.blame.side,
                "bad_share_relied": assessment.bad_share_relied,
                "bad_share_live": assessment.bad_share_live,
                "limits": self._limits(assessment),
                "next": permission.verdict,
                "next_reasons": list(permission.reasons),
                "items": await _items(unit, id_),
                "decided": {"version": current.version, "result": current.result} if current else None,
            }

    async def verify(self, principal: StaffPrincipal, id_: InterviewId) -> dict[str, object]:
        """Decide verified; the outcome afterwards.

        The interview is derived again from its raw rows, as for every decision that says something about a person.

        Raises:
            NotAllowed: neither its interviewer nor a reviewer, or with a conflict of interest in the case.
            IllegalState: the interview does not allow it, is not the last one of its case, the case is decided, or what
                is stored does not follow from the raw rows.
        """
        async with self._units(read_only=True) as unit:
            interview = await unit.interviews.get(id_)
            _require_own(principal, interview)
            await require_no_conflict(unit, interview.verification_id, principal.person.id)
        derived = await self._scenes.standing(id_)
        if derived.differs:
            raise IllegalState(sentence(Obstacle.DIFFERS))
        async with self._units() as unit:
            interview = await unit.interviews.get(id_)
            await require_no_conflict(unit, interview.verification_id, principal.person.id)
            assessment = (await self._scenes.docket(unit, derived)).scene.assessment
            permission = await self._permission(unit, interview, assessment)
            verification = await self._last_of_case(unit, interview)
            await self._require_entitled(unit, principal, interview)
            now = decision.Case(verification.id, self._clock.now_ms())
            current = await unit.decisions.current(verification.id)
            decided = decision.verified(assessment, permission, current, principal.person.id, now)
            await self._write(unit, verification, VerificationEvent.DECIDED_VERIFIED, decided)
        return await self.outcome(principal, id_)

    async def _require_entitled(self, unit: UnitOfWork, principal: StaffPrincipal, interview: Interview) -> None:
        """Pass for the interviewer of this interview, and for reviewers who are trained and have no conflict."""
        if interview.interviewer_id != principal.person.id:
            reviewer = await reviewer_of(unit, principal.person.id, interview.verification_id)
            require(objections_to_reviewer(interview, reviewer, self._clock.now_ms()))

    def _limits(self, assessment: Assessment) -> dict[str, float]:
        """What the two bad shares were held against."""
        policy = self._policies.pinned(assessment.policy_version)
        return {
            "max_bad_share_relied": policy.max_bad_share_relied,
            "max_bad_share_live": policy.max_bad_share_live,
        }

    async def decline_retry(self, principal: FreelancerPrincipal) -> None:
        """The freelancer wants no further interview: the system decides inconclusive.

        Raises:
            IllegalState: no retry is on offer.
        """
        async with self._units() as unit:
            verification = await unit.verifications.get(principal.verification_id)
            interviews = await unit.interviews.of_verification(verification.id)
            if not interviews:
                raise IllegalState("There was no interview yet.")
            assessment = await self._assessment(unit, interviews[-1])
            now = decision.Case(verification.id, self._clock.now_ms())
            decided = decision.inconclusive(assessment, await unit.decisions.current(verification.id), now)
            await self._write(unit, verification, VerificationEvent.RETRY_DECLINED, decided)

    async def _write(
        self, unit: UnitOfWork, verification: Verification, event: VerificationEvent, decided: Decision
    ) -> None:
        moved = replace(verification, status=next_status(verification.status, event))
        await unit.verifications.save(moved, verification.status)
        await self._recorder.record(unit, moved, decided)

    async def _assessment(self, unit: UnitOfWork, interview: Interview) -> Assessment:
        assessment = await unit.verdicts.assessment(interview.id)
        if assessment is None:
            raise IllegalState("The interview has not ended yet.")
        return assessment

    async def _permission(self, unit: UnitOfWork, interview: Interview, assessment: Assessment) -> Allowed:
        flags = await open_flags(unit, interview.id)
        by_freelancer = await inconclusive_by_freelancer(unit, interview)
        policy = self._policies.pinned(interview.policy_version)
        return decision.allowed(assessment, flags, by_freelancer, policy.inconclusive_by_freelancer_max)

    async def _last_of_case(self, unit: UnitOfWork, interview: Interview) -> Verification:
        interviews = await unit.interviews.of_verification(interview.verification_id)
        if interviews[-1].id != interview.id:
            raise IllegalState("A later interview of this case exists; only the last one can be decided.")
        return await unit.verifications.get(interview.verification_id)


async def open_flags(unit: UnitOfWork, id_: InterviewId) -> tuple[Flag, ...]:
    """Flags of an interview without the fraud flags that a reviewer has resolved."""
    resolved = {resolution.flag_id for resolution in await unit.rulings.resolutions(id_)}
    return tuple(flag for flag in await unit.flags.of_interview(id_) if flag.id not in resolved)


async def inconclusive_by_freelancer(unit: UnitOfWork, interview: Interview) -> int:
    """Inconclusive interviews of the case up to and including this one that the freelancer's side caused."""
    count = 0
    for one in await unit.interviews.of_verification(interview.verification_id):
        if one.number <= interview.number:
            count += decision.counts_against_link(one, await unit.verdicts.assessment(one.id))
    return count


def _require_own(principal: StaffPrincipal, interview: Interview) -> None:
    """Pass for the interviewer of this interview and for reviewers."""
    if StaffRole.REVIEWER in principal.person.roles or interview.interviewer_id == principal.person.id:
        return
    if StaffRole.INTERVIEWER in principal.person.roles:
        raise NotFound("There is no such interview of yours.")
    raise NotAllowed("Your role does not include this.")


async def _items(unit: UnitOfWork, id_: InterviewId) -> list[dict[str, object]]:
    """One line for each asking that was judged, then one for each item that was never asked."""
    findings = {finding.run_id: finding for finding in await unit.verdicts.findings(id_)}
    plan = {item.key: item for item in await unit.interviews.plan(id_)}
    runs = [run for run in await unit.runs.of_interview(id_) if run.id in findings]
    asked = {run.item_key for run in runs}
    never = (ReasonCode.CHECKLIST_INCOMPLETE.value,)
    lines = [_line(plan[run.item_key], run, findings[run.id].admissible, findings[run.id].reasons) for run in runs]
    return lines + [_line(item, None, False, never) for item in plan.values() if item.key not in asked]


def _line(item: PlannedItem, run: ItemRun | None, admissible: bool, reasons: tuple[str, ...]) -> dict[str, object]:
    return {
        "key": item.key,
        "question": item.question,
        "mandatory": item.mandatory,
        "run": run.number if run else 0,
        "answer": run.answer if run else None,
        "admissible": admissible,
        "reasons": list(reasons),
    }
