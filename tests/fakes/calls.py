"""Fakes of Interviews, Runs, Flags, InterviewLog, Samples, Verdicts."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace

from tests.fakes.redress import FakeStills
from tests.fakes.state import Lent, State, found, pinned, put, refers, require
from verifier.core.model import Flag, Interview, InterviewState, ItemKind, ItemRun, LogEntry, PlannedItem, Role
from verifier.core.samples import BrowserSample, FrameSample, InterviewRows, ServerSample
from verifier.core.verdicts import Assessment, Finding
from verifier.errors import Conflict

_TAKEN = "This is stored already; somebody else was first."


class FakeInterviews:
    def __init__(self, lent: Lent) -> None:
        self._lent = lent

    async def add(self, interview: Interview, plan: Sequence[PlannedItem]) -> None:
        state = self._lent.changed
        same = (interview.verification_id, interview.number)
        if interview.id in state.interviews or any(
            (other.verification_id, other.number) == same for other in state.interviews.values()
        ):
            raise Conflict(_TAKEN)
        refers(state.verifications, interview.verification_id)
        refers(state.people, interview.interviewer_id)
        _check_end(interview)
        _check_plan(state, interview, plan)
        state.interviews[interview.id] = interview
        state.plan.update({(interview.id, item.key): item for item in plan})

    async def get(self, id_: str) -> Interview:
        return found(self._lent.seen.interviews, id_)

    async def save(self, interview: Interview) -> None:
        state = self._lent.changed
        stored = found(state.interviews, interview.id)
        if stored.state is InterviewState.ENDED:
            raise Conflict("The interview has ended already.")
        _check_end(interview)
        state.interviews[interview.id] = replace(
            stored,
            state=interview.state,
            live_ms=interview.live_ms,
            ended_ms=interview.ended_ms,
            end_cause=interview.end_cause,
        )

    async def plan(self, id_: str) -> tuple[PlannedItem, ...]:
        await self.get(id_)
        rows = [item for (interview_id, _), item in self._lent.seen.plan.items() if interview_id == id_]
        return tuple(sorted(rows, key=lambda item: (item.position, item.key)))

    async def extend_plan(self, id_: str, items: Sequence[PlannedItem]) -> None:
        state = self._lent.changed
        _check_plan(state, await self.get(id_), items)
        state.plan.update({(id_, item.key): item for item in items})

    async def of_verification(self, id_: str) -> tuple[Interview, ...]:
        rows = [interview for interview in self._lent.seen.interviews.values() if interview.verification_id == id_]
        return tuple(sorted(rows, key=lambda interview: interview.number))

    async def unfinished(self) -> tuple[Interview, ...]:
        rows = [one for one in self._lent.seen.interviews.values() if one.state is not InterviewState.ENDED]
        return tuple(sorted(rows, key=lambda interview: (interview.created_ms, interview.id)))

    async def recent(self, limit: int) -> tuple[Interview, ...]:
        rows = self._lent.seen.interviews.values()
        return tuple(sorted(rows, key=lambda one: (one.created_ms, one.id), reverse=True))[:limit]


def _check_end(interview: Interview) -> None:
    ended = interview.state is InterviewState.ENDED
    told = {interview.ended_ms is not None, interview.end_cause is not None}
    require(told == {ended}, "an interview ends with a time and a cause")


def _check_plan(state: State, interview: Interview, items: Sequence[PlannedItem]) -> None:
    keys = [item.key for item in items]
    if len(set(keys)) < len(keys) or any((interview.id, key) in state.plan for key in keys):
        raise Conflict(_TAKEN)
    claims = {claim.id for claim in state.verifications[interview.verification_id].claims}
    for item in items:
        require(item.question_id != "", "a question is in a bank")
        require(item.claim_id is None or item.claim_id in claims, "a claim of the same verification")
        if item.kind is ItemKind.PROFILE:
            require(item.claim_id is not None, "a profile question is about a claim")
            require(not item.mandatory, "a profile question is informative")


class FakeRuns:
    def __init__(self, lent: Lent) -> None:
        self._lent = lent

    async def add(self, run: ItemRun) -> None:
        state = self._lent.changed
        same = (run.interview_id, run.item_key, run.number)
        if any((other.interview_id, other.item_key, other.number) == same for other in state.runs.values()):
            raise Conflict(_TAKEN)
        refers(state.plan, (run.interview_id, run.item_key))
        _check_window(run)
        put(state.runs, run.id, run)

    async def end(self, run: ItemRun) -> None:
        state = self._lent.changed
        stored = found(state.runs, run.id)
        if stored.ended_ms is not None:
            raise Conflict("This asking has ended already.")
        _check_window(run)
        require(run.ended_ms is None or run.ended_ms >= stored.started_ms, "a window runs forwards")
        state.runs[run.id] = replace(stored, ended_ms=run.ended_ms, answer=run.answer, typed=run.typed)

    async def of_interview(self, id_: str) -> tuple[ItemRun, ...]:
        rows = [run for run in self._lent.seen.runs.values() if run.interview_id == id_]
        return tuple(sorted(rows, key=lambda run: (run.started_ms, run.id)))


def _check_window(run: ItemRun) -> None:
    require(run.ended_ms is None or run.ended_ms >= run.started_ms, "a window runs forwards")
    require(run.answer is None or run.ended_ms is not None, "an answer ends its run")


class FakeFlags:
    def __init__(self, lent: Lent) -> None:
        self._lent = lent

    async def add(self, flag: Flag) -> None:
        state = self._lent.changed
        refers(state.interviews, flag.interview_id)
        put(state.flags, flag.id, flag)

    async def of_interview(self, id_: str) -> tuple[Flag, ...]:
        rows = [flag for flag in self._lent.seen.flags.values() if flag.interview_id == id_]
        return tuple(sorted(rows, key=lambda flag: (flag.at_ms, flag.id)))


class FakeInterviewLog:
    def __init__(self, lent: Lent) -> None:
        self._lent = lent

    async def append(self, id_: str, at_ms: int, kind: str, by: Role | None, body: Mapping[str, object]) -> LogEntry:
        state = self._lent.changed
        refers(state.interviews, id_)
        newest = max((sequence for interview_id, sequence in state.log if interview_id == id_), default=0)
        entry = LogEntry(newest + 1, at_ms, kind, by, dict(body))
        state.log[id_, entry.sequence] = replace(entry, body=json.loads(json.dumps(entry.body)))
        return entry

    async def since(self, id_: str, sequence: int) -> tuple[LogEntry, ...]:
        rows = [entry for (interview_id, _), entry in self._lent.seen.log.items() if interview_id == id_]
        return tuple(sorted((e for e in rows if e.sequence > sequence), key=lambda e: e.sequence))


class FakeSamples:
    def __init__(self, lent: Lent) -> None:
        self._lent = lent

    async def add(
        self, server: Sequence[ServerSample], browser: Sequence[BrowserSample], frames: Sequence[FrameSample]
    ) -> None:
        state = self._lent.changed
        rows: list[ServerSample | BrowserSample | FrameSample] = [*server, *browser, *frames]
        for row in rows:
            refers(state.interviews, row.interview_id)
        for row in rows:
            key: tuple[object, ...] = (row.interview_id,)
            key += (row.at_ms,) if isinstance(row, FrameSample) else (row.leg, row.generation, row.sequence)
            state.samples.setdefault((type(row), *key), row)

    async def rows(self, id_: str) -> InterviewRows:
        rows = [row for row in self._lent.seen.samples.values() if row.interview_id == id_]
        server = [row for row in rows if isinstance(row, ServerSample)]
        browser = [row for row in rows if isinstance(row, BrowserSample)]
        frames = [row for row in rows if isinstance(row, FrameSample)]
        return InterviewRows(
            tuple(sorted(server, key=lambda row: (row.at_ms, row.leg, row.sequence))),
            tuple(sorted(browser, key=lambda row: (row.received_ms, row.leg, row.generation, row.sequence))),
            tuple(sorted(frames, key=lambda row: row.at_ms)),
            await FakeStills(self._lent).of_interview(id_),
        )


class FakeVerdicts:
    def __init__(self, lent: Lent) -> None:
        self._lent = lent

    async def add(self, findings: Sequence[Finding], assessment: Assessment) -> None:
        state = self._lent.changed
        if assessment.interview_id in state.assessments or any(one.run_id in state.findings for one in findings):
            raise Conflict(_TAKEN)
        refers(state.interviews, assessment.interview_id)
        for finding in findings:
            run = state.runs.get(finding.run_id)
            own = run is not None and (run.interview_id, run.item_key) == (finding.interview_id, finding.item_key)
            require(own, "a finding is about a run of its own interview")
            require(finding.in_scope or not finding.admissible, "an admissible finding is in scope")
            pinned(state, finding.interview_id, finding.policy_version)
        pinned(state, assessment.interview_id, assessment.policy_version)
        state.assessments[assessment.interview_id] = assessment
        state.findings.update({finding.run_id: finding for finding in findings})

    async def findings(self, id_: str) -> tuple[Finding, ...]:
        rows = [finding for finding in self._lent.seen.findings.values() if finding.interview_id == id_]
        return tuple(sorted(rows, key=lambda finding: finding.run_id))

    async def assessment(self, id_: str) -> Assessment | None:
        return self._lent.seen.assessments.get(id_)
