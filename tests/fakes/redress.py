"""Fakes of the repositories of review and redress: trainings, stills, proposals, rulings, appeals, the audit chain."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from tests.fakes.state import Lent, found, pinned, put, refers, require
from verifier.core.appeal import APPEALABLE, Appeal, AppealAnswer
from verifier.core.chain import Actor, AuditEntry, link
from verifier.core.clocks import Clock
from verifier.core.evidence import Still
from verifier.core.failure import Failed, unwatched
from verifier.core.model import FlagKind, Interview, Result, StaffRole, Training
from verifier.core.proposal import Proposal, ProposalRecord, Response, ResponseWindow, Ruling, View, WindowStop
from verifier.core.recording import Recording
from verifier.core.verdicts import Decision
from verifier.errors import Conflict, NotFound
from verifier.ports.redress import EvidenceKey, FlagResolution, FourEyesTrainings

WINDOW_MIN_MS = 72 * 3_600_000
APPEAL_MIN_MS = 184 * 24 * 3_600_000


class FakeTrainings:
    def __init__(self, lent: Lent) -> None:
        self._lent = lent

    async def add(self, training: Training) -> None:
        state = self._lent.changed
        refers(state.people, training.person_id)
        if training in state.trainings:
            raise Conflict("This is stored already; somebody else was first.")
        require(training.valid_until_ms > training.completed_ms, "a training lasts")
        state.trainings.append(training)

    async def of_person(self, id_: str) -> tuple[Training, ...]:
        rows = [each for each in self._lent.seen.trainings if each.person_id == id_]
        return tuple(sorted(rows, key=lambda each: (each.valid_until_ms, each.role, each.completed_ms)))


class FakeStills:
    def __init__(self, lent: Lent) -> None:
        self._lent = lent

    async def add(self, still: Still) -> None:
        state = self._lent.changed
        run = state.runs.get(still.run_id)
        own = run is not None and (run.interview_id, run.item_key) == (still.interview_id, still.item_key)
        require(own, "a still belongs to an asking of its interview")
        put(state.stills, still.id, still)

    async def get(self, id_: str) -> Still:
        return found(self._lent.seen.stills, id_)

    async def of_interview(self, id_: str) -> tuple[Still, ...]:
        rows = [each for each in self._lent.seen.stills.values() if each.interview_id == id_]
        return tuple(sorted(rows, key=lambda each: (each.at_ms, each.id)))


class FakeRecordings:
    def __init__(self, lent: Lent) -> None:
        self._lent = lent

    async def add(self, recording: Recording) -> None:
        state = self._lent.changed
        interview = state.interviews.get(recording.interview_id)
        require(interview is not None and interview.recording_consented, "a recording needs consent")
        if any(one.leg is recording.leg for one in await self.of_interview(recording.interview_id)):
            raise Conflict("This is stored already; somebody else was first.")
        put(state.recordings, recording.id, recording)

    async def get(self, id_: str) -> Recording:
        return found(self._lent.seen.recordings, id_)

    async def of_interview(self, id_: str) -> tuple[Recording, ...]:
        rows = [each for each in self._lent.seen.recordings.values() if each.interview_id == id_]
        return tuple(sorted(rows, key=lambda each: each.leg))


class FakeEvidenceKeys:
    def __init__(self, lent: Lent) -> None:
        self._lent = lent

    async def add(self, key: EvidenceKey) -> None:
        refers(self._lent.changed.interviews, key.interview_id)
        put(self._lent.changed.evidence_keys, key.interview_id, key)

    async def of_interview(self, id_: str) -> EvidenceKey | None:
        return self._lent.seen.evidence_keys.get(id_)

    async def rewrap(self, id_: str, wrapped: bytes, master_key_id: str) -> None:
        key = self._whole(id_)
        if key is None:
            raise Conflict("The key of this interview's evidence was destroyed.")
        self._lent.changed.evidence_keys[id_] = replace(key, wrapped=wrapped, master_key_id=master_key_id)

    async def destroy(self, id_: str, at_ms: int) -> bool:
        key = self._whole(id_)
        if key is None:
            return False
        self._lent.changed.evidence_keys[id_] = replace(key, wrapped=None, destroyed_ms=at_ms)
        return True

    async def wrapped_by_others(self, master_key_id: str, limit: int) -> tuple[EvidenceKey, ...]:
        rows = [
            key
            for key in self._lent.seen.evidence_keys.values()
            if key.master_key_id != master_key_id and key.destroyed_ms is None
        ]
        return tuple(sorted(rows, key=lambda key: (key.created_ms, key.interview_id))[:limit])

    def _whole(self, id_: str) -> EvidenceKey | None:
        key = self._lent.changed.evidence_keys.get(id_)
        return key if key is not None and key.destroyed_ms is None else None


class FakeProposals:
    def __init__(self, lent: Lent) -> None:
        self._lent = lent

    async def add(self, proposal: Proposal) -> None:
        state = self._lent.changed
        same = (proposal.verification_id, proposal.number)
        if any((each.proposal.verification_id, each.proposal.number) == same for each in state.proposals.values()):
            raise Conflict("This is stored already; somebody else was first.")
        interview = state.interviews.get(proposal.interview_id)
        assessment = state.assessments.get(proposal.interview_id)
        require(interview is not None and interview.verification_id == proposal.verification_id, "own interview")
        require(interview is not None and interview.interviewer_id == proposal.interviewer_id, "own interviewer")
        require(assessment is not None and assessment.conclusive, "a proposal rests on a conclusive interview")
        require(proposal.interviewer_id != proposal.proposer_id, "the interviewer proposes nothing")
        require(proposal.statement.response_window_ms >= WINDOW_MIN_MS, "a window of at least 72 h")
        require(proposal.statement.appeal_window_ms >= APPEAL_MIN_MS, "six months for an appeal")
        pinned(state, proposal.interview_id, proposal.statement.policy_version)
        refers(state.people, proposal.proposer_id)
        for fact in proposal.statement.facts:
            run, still = state.runs.get(fact.run_id), state.stills.get(fact.still_id)
            asked = run is not None and (run.interview_id, run.item_key) == (proposal.interview_id, fact.item_key)
            shown = still is not None and still.interview_id == proposal.interview_id
            require(asked and shown, "a fact cites its own interview")
        put(state.proposals, proposal.id, ProposalRecord(proposal))

    async def record(self, id_: str) -> ProposalRecord:
        return self._joined(found(self._lent.seen.proposals, id_))

    async def of_verification(self, id_: str) -> tuple[ProposalRecord, ...]:
        return tuple(record for record in self._all() if record.proposal.verification_id == id_)

    async def undecided(self) -> tuple[ProposalRecord, ...]:
        return tuple(record for record in self._all() if record.ruling is None and record.confirmed_ms is None)

    async def open_window(self, window: ResponseWindow) -> None:
        record = self._changed(window.proposal_id)
        if any(each.number == window.number for each in record.windows):
            raise Conflict("This is stored already; somebody else was first.")
        require(window.closes_ms - window.opened_ms >= WINDOW_MIN_MS, "a window of at least 72 h")
        self._put(replace(record, windows=(*record.windows, window)))

    async def stop_window(self, stop: WindowStop) -> None:
        record = self._changed(stop.proposal_id)
        require(any(each.number == stop.number for each in record.windows), "a stop belongs to a window")
        if any(each.number == stop.number for each in record.stops):
            raise Conflict("This is stored already; somebody else was first.")
        self._put(replace(record, stops=(*record.stops, stop)))

    async def show(self, id_: str, at_ms: int) -> bool:
        record = self._changed(id_)
        if record.shown_ms is not None:
            return False
        self._put(replace(record, shown_ms=at_ms))
        return True

    async def respond(self, response: Response) -> None:
        record = self._changed(response.proposal_id)
        if record.response is not None:
            raise Conflict("This is stored already; somebody else was first.")
        self._put(replace(record, response=response))

    async def add_view(self, view: View) -> None:
        record = self._changed(view.proposal_id)
        fact = next((each for each in record.proposal.statement.facts if each.number == view.fact_number), None)
        if fact is None:
            raise NotFound
        require(view.watched_ms >= fact.cited_ms, "watched for as long as it is cited")
        refers(self._lent.seen.people, view.person_id)
        self._put(replace(record, views=tuple(sorted((*record.views, view), key=lambda each: each.opened_ms))))

    async def fail(self, outcome: Failed, decision: Decision, trainings: FourEyesTrainings) -> None:
        state = self._lent.changed
        stored = state.decisions.get((decision.verification_id, decision.version))
        record = self._changed(outcome.record.proposal.id)
        proposal = record.proposal
        people = {proposal.interviewer_id, proposal.proposer_id, outcome.confirmer_id}
        require(stored == decision and decision.result is Result.FAILED, "own decision")
        require(len(people) == 3, "three people")
        require(not unwatched(record, outcome.confirmer_id), "watched by the confirmer")
        ended_ms = state.interviews[decision.interview_id].ended_ms or 0
        require(trainings.interviewer.current(ended_ms), "the interviewer was trained")
        require(trainings.proposer.current(proposal.at_ms), "the proposer was trained")
        require(trainings.confirmer.current(decision.at_ms), "the confirmer was trained")
        for training, who, role in (
            (trainings.interviewer, proposal.interviewer_id, StaffRole.INTERVIEWER),
            (trainings.proposer, proposal.proposer_id, StaffRole.REVIEWER),
            (trainings.confirmer, outcome.confirmer_id, StaffRole.REVIEWER),
        ):
            stored_training = training in state.trainings
            require(stored_training and (training.person_id, training.role) == (who, role), "own training")
        closed_ms = record.window_closed_ms
        require(closed_ms is not None and closed_ms <= decision.at_ms, "the window is closed")
        window, response, promised_ms = record.windows[-1], record.response, proposal.statement.response_window_ms
        require(window.closes_ms - window.opened_ms >= promised_ms, "a window as long as promised")
        require(response is None or response.at_ms >= window.opened_ms, "answered in the window")
        view = next(each for each in record.views if (each.fact_number, each.person_id) == (1, outcome.confirmer_id))
        in_time = proposal.at_ms <= view.opened_ms <= decision.at_ms - view.watched_ms
        require(in_time, "watched after the proposal and before the decision")
        state.failed[decision.verification_id, decision.version] = proposal.id
        self._put(replace(record, confirmed_ms=decision.at_ms))

    def _all(self) -> list[ProposalRecord]:
        rows = [self._joined(record) for record in self._lent.seen.proposals.values()]
        return sorted(rows, key=lambda each: (each.proposal.at_ms, each.proposal.number, each.proposal.id))

    def _joined(self, record: ProposalRecord) -> ProposalRecord:
        rulings = self._lent.seen.rulings.values()
        ruling = next((each for each in rulings if each.proposal_id == record.proposal.id), None)
        return replace(record, ruling=ruling)

    def _changed(self, id_: str) -> ProposalRecord:
        return found(self._lent.changed.proposals, id_)

    def _put(self, record: ProposalRecord) -> None:
        self._lent.changed.proposals[record.proposal.id] = record


class FakeRulings:
    def __init__(self, lent: Lent) -> None:
        self._lent = lent

    async def add(self, ruling: Ruling, interview: Interview) -> None:
        state = self._lent.changed
        assessment = state.assessments.get(ruling.interview_id)
        require(assessment is not None and assessment.conclusive, "a ruling rests on a conclusive interview")
        require(ruling.person_id != interview.interviewer_id, "the interviewer rules nothing")
        if ruling.proposal_id is not None:
            record = found(state.proposals, ruling.proposal_id)
            require(record.proposal.proposer_id != ruling.person_id, "the proposer rejects nothing")
            if any(each.proposal_id == ruling.proposal_id for each in state.rulings.values()):
                raise Conflict("This is stored already; somebody else was first.")
        put(state.rulings, ruling.id, ruling)

    async def of_verification(self, id_: str) -> tuple[Ruling, ...]:
        rows = [each for each in self._lent.seen.rulings.values() if each.verification_id == id_]
        return tuple(sorted(rows, key=lambda each: (each.at_ms, each.id)))

    async def resolve(self, resolution: FlagResolution, interview: Interview) -> None:
        state = self._lent.changed
        flag = state.flags.get(resolution.flag_id)
        own = flag is not None and flag.interview_id == resolution.interview_id == interview.id
        require(own and flag is not None and flag.kind is FlagKind.FRAUD, "only a fraud flag can be resolved")
        require(resolution.person_id != interview.interviewer_id, "the interviewer resolves nothing")
        put(state.resolutions, resolution.flag_id, resolution)

    async def resolutions(self, id_: str) -> tuple[FlagResolution, ...]:
        rows = [each for each in self._lent.seen.resolutions.values() if each.interview_id == id_]
        return tuple(sorted(rows, key=lambda each: (each.at_ms, each.flag_id)))


class FakeAppeals:
    def __init__(self, lent: Lent) -> None:
        self._lent = lent

    async def add(self, appeal: Appeal) -> None:
        state = self._lent.changed
        decision = found(state.decisions, (appeal.verification_id, appeal.decision_version))
        require(decision.result in APPEALABLE, "only these results are appealed against")
        same = (appeal.verification_id, appeal.number)
        if any((each.verification_id, each.number) == same for each in state.appeals.values()):
            raise Conflict("This is stored already; somebody else was first.")
        put(state.appeals, appeal.id, appeal)

    async def get(self, id_: str) -> tuple[Appeal, AppealAnswer | None]:
        return found(self._lent.seen.appeals, id_), self._lent.seen.appeal_answers.get(id_)

    async def answer(self, answer: AppealAnswer, decision: Decision) -> None:
        state = self._lent.changed
        appeal = found(state.appeals, answer.appeal_id)
        own = (appeal.verification_id, appeal.decision_version) == (decision.verification_id, decision.version)
        require(own, "an answer belongs to the decision that was appealed against")
        involved = {state.interviews[decision.interview_id].interviewer_id}
        if decision.result is Result.FAILED:
            proposal = state.proposals[state.failed[decision.verification_id, decision.version]].proposal
            involved |= {proposal.proposer_id, *([decision.decided_by] if decision.decided_by else [])}
        require(answer.reviewer_id not in involved, "an uninvolved reviewer answers")
        pasted = any(each.fingerprint == answer.fingerprint for each in state.appeal_answers.values())
        if pasted or answer.appeal_id in state.appeal_answers:
            raise Conflict("This appeal is answered already, or these very words answered another one.", field="/text")
        state.appeal_answers[answer.appeal_id] = answer

    async def of_verification(self, id_: str) -> tuple[tuple[Appeal, AppealAnswer | None], ...]:
        rows = [each for each in self._lent.seen.appeals.values() if each.verification_id == id_]
        answers = self._lent.seen.appeal_answers
        return tuple((each, answers.get(each.id)) for each in sorted(rows, key=lambda each: each.number))

    async def open(self) -> tuple[Appeal, ...]:
        seen = self._lent.seen
        rows = [each for each in seen.appeals.values() if each.id not in seen.appeal_answers]
        return tuple(sorted(rows, key=lambda each: (each.opened_ms, each.id)))

    async def answered(self, limit: int) -> tuple[tuple[Appeal, AppealAnswer], ...]:
        seen = self._lent.seen
        rows = sorted(seen.appeal_answers.values(), key=lambda each: (-each.at_ms, each.appeal_id))
        return tuple((seen.appeals[each.appeal_id], each) for each in rows[:limit])


class FakeEscalations:
    def __init__(self, lent: Lent) -> None:
        self._lent = lent

    async def add(self, clock: Clock, verification_id: str, at_ms: int) -> bool:
        key = (clock.kind, clock.subject_id, clock.due_ms)
        refers(self._lent.changed.verifications, verification_id)
        if key in self._lent.changed.escalations:
            return False
        self._lent.changed.escalations[key] = (verification_id, at_ms)
        return True

    async def of_verification(self, id_: str) -> tuple[Clock, ...]:
        rows = [
            Clock(kind, subject, at_ms, due_ms)
            for (kind, subject, due_ms), (case, at_ms) in self._lent.seen.escalations.items()
            if case == id_
        ]
        return tuple(sorted(rows, key=lambda clock: clock.due_ms))


class FakeAuditTrail:
    def __init__(self, lent: Lent) -> None:
        self._lent = lent

    async def append(self, id_: str, at_ms: int, action: str, actor: Actor, facts: Mapping[str, object]) -> AuditEntry:
        state = self._lent.changed
        refers(state.verifications, id_)
        verification = state.verifications[id_]
        entry = link(verification.id, await self.head(id_), at_ms, action, actor, facts)
        state.audit[id_, entry.sequence] = entry
        return entry

    async def of_verification(self, id_: str) -> tuple[AuditEntry, ...]:
        rows = [entry for (case, _), entry in self._lent.seen.audit.items() if case == id_]
        return tuple(sorted(rows, key=lambda entry: entry.sequence))

    async def since(self, id_: str, at_ms: int) -> tuple[AuditEntry, ...]:
        return tuple(entry for entry in await self.of_verification(id_) if entry.at_ms >= at_ms)

    async def head(self, id_: str) -> AuditEntry | None:
        return next(reversed(await self.of_verification(id_)), None)
