"""Replay: everything that was measured, said and decided in one interview, on one time axis.

One rule: what the reviewer sees is computed by the same functions, from the same rows, as the verdict.
"""

from __future__ import annotations

import asyncio

from verifier.core.canonical import plain
from verifier.core.model import Interview, InterviewId, InterviewState, Role, StaffRole
from verifier.core.policy import Policy, PolicyBook
from verifier.core.principal import StaffPrincipal
from verifier.core.quality.perception import perceive
from verifier.core.quality.timeline import SECOND_MS, Timeline
from verifier.core.samples import InterviewRows, ServerSample, uplink_kbps
from verifier.errors import NotFound
from verifier.ports import Clock, UnitOfWork, UnitOfWorkFactory
from verifier.service.chronicling import by_staff
from verifier.service.read_log import Reading, ReadLog
from verifier.service.showing import is_erased

REVIEW_LIST = 200


class Reviewing:
    """What reviewers, and interviewers of their own calls, may look at."""

    def __init__(self, units: UnitOfWorkFactory, clock: Clock, policies: PolicyBook) -> None:
        self._units = units
        self._clock = clock
        self._policies = policies
        self._reads = ReadLog(units, clock)

    async def recent(self, principal: StaffPrincipal) -> tuple[dict[str, object], ...]:
        """The newest interviews with outcome and decision, newest first.

        Raises:
            NotAllowed: not a reviewer.
        """
        principal.require(StaffRole.REVIEWER, StaffRole.APPEAL_REVIEWER)
        async with self._units(read_only=True) as unit:
            return tuple([await _line(unit, one) for one in await unit.interviews.recent(REVIEW_LIST)])

    async def samples(self, principal: StaffPrincipal, id_: InterviewId) -> InterviewRows:
        """The raw rows, for export."""
        await self._admit(principal, id_)
        async with self._units(read_only=True) as unit:
            return await unit.samples.rows(id_)

    async def replay(self, principal: StaffPrincipal, id_: InterviewId) -> dict[str, object]:
        """The whole interview as JSON-compatible values; see the replay page for the shape.

        Its seed is left out: the codes of a call that goes on follow from it, and its interviewer may look.

        Raises:
            NotFound: no such interview, or somebody else's for an interviewer.
        """
        facts, rows, stretch, policy = await self._read(principal, id_)
        return await asyncio.to_thread(_replayed, facts, rows, stretch, policy)

    async def summary(self, principal: StaffPrincipal, id_: InterviewId) -> dict[str, object]:
        """The same without what each second was like, which takes the time: ``start_ms``, ``seconds`` and the facts.

        Raises:
            NotFound: no such interview, or somebody else's for an interviewer.
        """
        facts, _, (start_ms, end_ms), policy = await self._read(principal, id_)
        seconds = [*range(start_ms, end_ms - SECOND_MS + 1, SECOND_MS)]
        return {**facts, "start_ms": start_ms, "seconds": seconds, "limits": plain(policy)}

    async def _read(
        self, principal: StaffPrincipal, id_: InterviewId
    ) -> tuple[dict[str, object], InterviewRows, tuple[int, int], Policy]:
        await self._admit(principal, id_)
        async with self._units(read_only=True) as unit:
            interview = await unit.interviews.get(id_)
            rows = await unit.samples.rows(id_)
            facts = await self._facts(unit, interview)
            erased = await is_erased(unit, id_)
            recordings = await unit.recordings.of_interview(id_)
        facts["frames"] = [plain(frame) for frame in rows.frames]
        facts["stills"] = [{**plain(still), "erased": erased} for still in rows.stills]
        facts["recordings"] = [plain(one) for one in recordings]
        facts["recording"] = _recording(interview, kept=bool(recordings), erased=erased)
        policy = self._policies.pinned(interview.policy_version)
        return facts, rows, _stretch(interview, rows, self._clock.now_ms(), policy), policy

    async def _admit(self, principal: StaffPrincipal, id_: InterviewId) -> None:
        """Pass when this person may see the interview; that he does is logged first."""
        async with self._units(read_only=True) as unit:
            interview = await unit.interviews.get(id_)
        _require_may_see(principal, interview)
        reader, case = by_staff(principal), interview.verification_id
        await self._reads.note([case], reader, Reading.REPLAY, interview_id=id_)

    async def _facts(self, unit: UnitOfWork, interview: Interview) -> dict[str, object]:
        case = await unit.verifications.get(interview.verification_id)
        person = await unit.people.get(interview.interviewer_id)
        log = await unit.log.since(interview.id, 0)
        return {
            "interview": {name: value for name, value in plain(interview).items() if name != "seed"},
            "verification": {
                "id": case.id,
                "external_id": case.external_id,
                "legal_name": case.legal_name,
                "status": case.status,
                "result": case.result,
                "test": case.test,
            },
            "interviewer": {"name": person.name, "pseudonym": person.pseudonym},
            "runs": await _runs(unit, interview.id),
            "flags": plain(await unit.flags.of_interview(interview.id)),
            "log": [plain(entry) for entry in log if entry.kind != "connection"],
            "connections": [{"at_ms": entry.at_ms, **entry.body} for entry in log if entry.kind == "connection"],
            "assessment": plain(await unit.verdicts.assessment(interview.id)),
            "decision": plain(await unit.decisions.current(case.id)),
        }


def _recording(interview: Interview, *, kept: bool, erased: bool) -> str:
    """Whether there is a recording, and why not: ``kept``, ``erased``, ``refused``, ``running``, ``none``."""
    if kept:
        return "erased" if erased else "kept"
    if not interview.recording_consented:
        return "refused"
    return "none" if interview.state is InterviewState.ENDED else "running"


def _replayed(
    facts: dict[str, object], rows: InterviewRows, stretch: tuple[int, int], policy: Policy
) -> dict[str, object]:
    timeline = perceive(rows, *stretch, policy)
    return {**facts, **_axis(timeline), "bitrate_kbps": _bitrates(rows, timeline), "limits": plain(policy)}


async def _line(unit: UnitOfWork, interview: Interview) -> dict[str, object]:
    case = await unit.verifications.get(interview.verification_id)
    assessment = await unit.verdicts.assessment(interview.id)
    person = await unit.people.get(interview.interviewer_id)
    return {
        "id": interview.id,
        "number": interview.number,
        "external_id": case.external_id,
        "legal_name": case.legal_name,
        "interviewer": person.name,
        "created_ms": interview.created_ms,
        "ended_ms": interview.ended_ms,
        "state": interview.state,
        "end_cause": interview.end_cause,
        "conclusive": assessment.conclusive if assessment else None,
        "reasons": list(assessment.reasons) if assessment else [],
        "fault_side": assessment.blame.side if assessment else None,
        "status": case.status,
        "result": case.result,
        "test": case.test,
    }


async def _runs(unit: UnitOfWork, id_: InterviewId) -> list[dict[str, object]]:
    plan = {item.key: item for item in await unit.interviews.plan(id_)}
    findings = {finding.run_id: finding for finding in await unit.verdicts.findings(id_)}
    lines = []
    for run in await unit.runs.of_interview(id_):
        item, finding = plan[run.item_key], findings.get(run.id)
        lines.append(
            {
                "id": run.id,
                "key": run.item_key,
                "kind": item.kind,
                "question": item.question,
                "claim": item.expected,
                "needs": list(item.needs),
                "mandatory": item.mandatory,
                "number": run.number,
                "started_ms": run.started_ms,
                "ended_ms": run.ended_ms,
                "answer": run.answer,
                "admissible": finding.admissible if finding else None,
                "reasons": list(finding.reasons) if finding else [],
                "figures": plain(finding.figures) if finding else [],
                "blame": plain(finding.blame) if finding else None,
            }
        )
    return lines


def _require_may_see(principal: StaffPrincipal, interview: Interview) -> None:
    if principal.person.roles & {StaffRole.REVIEWER, StaffRole.APPEAL_REVIEWER}:
        return
    if interview.interviewer_id != principal.person.id:
        raise NotFound("There is no such interview of yours.")


def _stretch(interview: Interview, rows: InterviewRows, now_ms: int, policy: Policy) -> tuple[int, int]:
    """First and last instant of the time axis: the seconds that the verdict counts, from when both were connected.

    Of a call that never came so far the axis begins with the first row.
    A call without an end is shown until now, yet no longer than it may stay broken: a lost one does not grow for ever.
    """
    measured = [row.at_ms for row in rows.server]
    first = interview.live_ms or min(measured, default=interview.created_ms)
    newest = max(measured, default=first)
    last = interview.ended_ms or min(now_ms, newest + policy.reconnect_grace_ms)
    return first, max(last, first + SECOND_MS)


def _axis(timeline: Timeline) -> dict[str, object]:
    return {
        "start_ms": timeline.start_ms,
        "seconds": [timeline.start_ms + SECOND_MS * index for index in range(timeline.seconds)],
        "streams": {stream: [plain(second) for second in timeline.streams[stream]] for stream in timeline.streams},
        "legs": {leg: [plain(second) for second in timeline.legs[leg]] for leg in timeline.legs},
        "problems": plain(timeline.problems),
    }


def _bitrates(rows: InterviewRows, timeline: Timeline) -> dict[str, list[float | None]]:
    """Uplink bitrate per leg and second in kb/s, None where two neighbouring rows of one stream are missing."""
    rates: dict[str, list[float | None]] = {role.value: [None] * timeline.seconds for role in Role}
    previous: dict[Role, ServerSample] = {}
    for row in rows.server:
        before = previous.get(row.leg)
        index = (row.at_ms - timeline.start_ms - 1) // SECOND_MS
        if before and 0 <= index < timeline.seconds:
            rates[row.leg.value][index] = uplink_kbps(row, before)
        previous[row.leg] = row
    return rates
