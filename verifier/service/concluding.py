"""The end of a call: everything is measured, the pure core judges the stored rows, the case moves on.

One rule: the verdict is computed from what the database holds, never from what this process remembers.
"""

from __future__ import annotations

import asyncio
from dataclasses import replace

import structlog

from verifier.core import decision, events
from verifier.core.assessment import verdict
from verifier.core.chain import SYSTEM
from verifier.core.decision import Allowed, Verdict
from verifier.core.gate import WITHDRAWN
from verifier.core.interview import InterviewEvent, next_state
from verifier.core.messages import Ended
from verifier.core.model import (
    DeviceCheck,
    EndCause,
    Flag,
    FlagId,
    FlagKind,
    Interview,
    Role,
    Verification,
)
from verifier.core.policy import PolicyBook
from verifier.core.proof import askings_digest, rows_digest, verdict_digest
from verifier.core.quality import trust
from verifier.core.verdicts import Assessment, Fault
from verifier.core.verification import VerificationEvent, next_status
from verifier.core.webhook import EventType
from verifier.errors import OurError
from verifier.ports import Clock, Entropy, MediaEngine, UnitOfWork, UnitOfWorkFactory
from verifier.service.calls import Calls, LiveCall
from verifier.service.deciding import inconclusive_by_freelancer
from verifier.service.publishing import publish
from verifier.service.recording_decisions import Recorder
from verifier.service.telling import Telling

_log = structlog.get_logger(__name__)

_STATUS_EVENT = {
    Verdict.MAY_VERIFY: VerificationEvent.INTERVIEW_CONCLUSIVE,
    Verdict.TO_REVIEW: VerificationEvent.INTERVIEW_CONCLUSIVE,
    Verdict.RETRY: VerificationEvent.INTERVIEW_INCONCLUSIVE,
    Verdict.EXHAUSTED: VerificationEvent.RETRIES_EXHAUSTED,
}

_UNCONNECTED = frozenset(
    {
        EndCause.QUALITY_ABORT,
        EndCause.TECHNICAL_ABORT,
        EndCause.FREELANCER_LEFT,
        EndCause.INTERVIEWER_LEFT,
        EndCause.FREELANCER_NO_SHOW,
        EndCause.INTERVIEWER_NO_SHOW,
    }
)
"""Ends that a side comes to who cannot be connected; when that is by our fault, we have lost the call."""


class Concluding:
    """Ends calls."""

    def __init__(
        self,
        units: UnitOfWorkFactory,
        clock: Clock,
        entropy: Entropy,
        media: MediaEngine,
        calls: Calls,
        telling: Telling,
        policies: PolicyBook,
        recorder: Recorder,
    ) -> None:
        self._units = units
        self._clock = clock
        self._entropy = entropy
        self._media = media
        self._calls = calls
        self._telling = telling
        self._policies = policies
        self._recorder = recorder

    async def conclude(self, call: LiveCall, cause: EndCause) -> None:
        """End a live call, once; the caller holds its lock. Both sides are told the outcome.

        A call that ends while a side waits for its media because of us has been lost by the server.
        """
        if call.ended_by is None:
            call.ended_by = EndCause.SERVER_LOST if call.unreached and cause in _UNCONNECTED else cause
            call.ended_ms = self._clock.now_ms()
            await self._end(call, call.ended_by)

    async def again(self, call: LiveCall) -> None:
        """End a call whose end could not be stored when it came; one that is being ended is left alone."""
        if call.ended_by is None or call.lock.locked():
            return
        async with call.lock:
            await self._end(call, call.ended_by)

    async def _end(self, call: LiveCall, cause: EndCause) -> None:
        id_ = call.interview.id
        last_server, last_frames = self._media.sample(id_), self._media.take_frames(id_)
        await self._media.close_call(id_)
        async with self._units() as unit:
            await unit.samples.add(last_server, call.unsaved_browser, last_frames)
        assessment, permission = await self._judge(call.interview, cause, call.ended_ms)
        self._calls.remove(id_)
        self._telling.send(call, _ended(cause, assessment, permission))

    async def end_lost(self) -> int:
        """After a restart: end every call that a former process left open as ``server_lost``; the number ended.

        One that cannot be judged (its policy version is not at hand) is left open and logged.
        """
        async with self._units(read_only=True) as unit:
            left = [(interview, await _last_ms(unit, interview)) for interview in await unit.interviews.unfinished()]
        ended = 0
        for interview, last_ms in left:
            try:
                await self._judge(interview, EndCause.SERVER_LOST, last_ms)
                ended += 1
            except OurError as error:
                _log.error("interview_not_ended", interview=interview.id, code=error.public_code, detail=error.detail)
        return ended

    async def _judge(self, interview: Interview, cause: EndCause, ended_ms: int) -> tuple[Assessment, Allowed]:
        async with self._units() as unit:
            state = next_state(interview.state, InterviewEvent.ENDED)
            ended = replace(interview, state=state, ended_ms=ended_ms, end_cause=cause)
            await unit.interviews.save(ended)
            await self._end_open_run(unit, ended)
            await self._flag_distrusted(unit, ended)
            assessment = await self._assess(unit, ended)
            permission = await self._move_case(unit, ended, assessment)
        _log.info(
            "interview_ended",
            interview=ended.id,
            cause=cause,
            conclusive=assessment.conclusive,
            reasons=assessment.reasons,
            next=permission.verdict,
        )
        return assessment, permission

    async def _end_open_run(self, unit: UnitOfWork, interview: Interview) -> None:
        for run in await unit.runs.of_interview(interview.id):
            if run.ended_ms is None:
                await unit.runs.end(replace(run, ended_ms=max(run.started_ms, interview.ended_ms or 0)))

    async def _flag_distrusted(self, unit: UnitOfWork, interview: Interview) -> None:
        """Figures that cannot be true become a telemetry flag that nobody can close."""
        rows = await unit.samples.rows(interview.id)
        for problem in trust.check(rows, self._policies.pinned(interview.policy_version)):
            flag = Flag(
                id=FlagId(self._entropy.new_id("flg")),
                interview_id=interview.id,
                kind=FlagKind.TELEMETRY,
                at_ms=interview.ended_ms or 0,
                raised_by=None,
                note=str(problem),
            )
            await unit.flags.add(flag)

    async def _assess(self, unit: UnitOfWork, interview: Interview) -> Assessment:
        plan = await unit.interviews.plan(interview.id)
        runs = await unit.runs.of_interview(interview.id)
        flags = await unit.flags.of_interview(interview.id)
        rows = await unit.samples.rows(interview.id)
        policy = self._policies.pinned(interview.policy_version)
        findings, assessment = await asyncio.to_thread(verdict, interview, plan, runs, flags, rows, policy)
        await unit.verdicts.add(findings, assessment)
        facts = {
            "interview_id": interview.id,
            "conclusive": assessment.conclusive,
            "policy_version": policy.version,
            "rows_sha256": await asyncio.to_thread(rows_digest, rows),
            "askings_sha256": askings_digest(plan, runs, flags),
            "verdict_sha256": verdict_digest(findings, assessment),
        }
        await unit.audit.append(interview.verification_id, interview.ended_ms or 0, "interview.assessed", SYSTEM, facts)
        return assessment

    async def _move_case(self, unit: UnitOfWork, interview: Interview, assessment: Assessment) -> Allowed:
        flags = await unit.flags.of_interview(interview.id)
        policy = self._policies.pinned(interview.policy_version)
        by_freelancer = await inconclusive_by_freelancer(unit, interview)
        permission = decision.allowed(assessment, flags, by_freelancer, policy.inconclusive_by_freelancer_max)
        verification = await unit.verifications.get(interview.verification_id)
        moved = replace(verification, status=next_status(verification.status, _STATUS_EVENT[permission.verdict]))
        await unit.verifications.save(moved, verification.status)
        if not assessment.conclusive:
            await self._tell_inconclusive(unit, moved, interview, assessment, permission)
            await self._require_fresh_check(unit, interview, assessment)
        return permission

    async def _tell_inconclusive(
        self, unit: UnitOfWork, case: Verification, interview: Interview, assessment: Assessment, permission: Allowed
    ) -> None:
        data = events.interview_inconclusive(interview, assessment, permission.verdict)
        told = await publish(unit, case, EventType.INTERVIEW_INCONCLUSIVE, data, self._clock, self._entropy)
        if permission.verdict is Verdict.EXHAUSTED:
            now = decision.Case(case.id, self._clock.now_ms())
            final = decision.inconclusive(assessment, await unit.decisions.current(case.id), now)
            decided = await self._recorder.record(unit, told, final)
            data = events.alternative_route(events.AlternativeReason.RETRIES_EXHAUSTED)
            await publish(unit, decided, EventType.VERIFICATION_ALTERNATIVE_ROUTE, data, self._clock, self._entropy)

    async def _require_fresh_check(self, unit: UnitOfWork, interview: Interview, assessment: Assessment) -> None:
        """After a fault on the interviewer's or the server's side: no next call before a fresh check has passed."""
        if assessment.blame.side is Role.INTERVIEWER or assessment.blame.fault is Fault.SERVER:
            figures = {WITHDRAWN: str(interview.id)}
            at_ms = interview.ended_ms or 0
            await unit.device_checks.add(DeviceCheck(at_ms, False, figures, person_id=interview.interviewer_id))


async def _last_ms(unit: UnitOfWork, interview: Interview) -> int:
    """The last moment of which a call left a trace; a lost call ends there, not when somebody noticed."""
    rows = await unit.samples.rows(interview.id)
    runs = await unit.runs.of_interview(interview.id)
    log = await unit.log.since(interview.id, 0)
    traces = [interview.created_ms, interview.live_ms or 0, *(row.at_ms for row in rows.server)]
    return max([*traces, *(run.ended_ms or run.started_ms for run in runs), *(entry.at_ms for entry in log)])


def _ended(cause: EndCause, assessment: Assessment, permission: Allowed) -> Ended:
    return Ended(cause, assessment.conclusive, assessment.reasons, assessment.blame.side, permission.verdict)
