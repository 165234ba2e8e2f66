"""Proposals, rulings, appeals, the audit chain, stills and trainings behave alike in every store."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.contract import examples, failed_case
from tests.contract.failed_case import CALL, CASE, C
from tests.core import failures
from tests.core.interviews import PLAN
from tests.fakes.runtime import START_MS
from verifier.core import chain, decision
from verifier.core.appeal import AppealOutcome
from verifier.core.clocks import Clock, ClockKind
from verifier.core.model import Flag, FlagId, FlagKind, InterviewId, Result, Role, RunId, StaffRole
from verifier.core.proposal import DeliveredBy, ProposalState, Ruling, RulingOutcome, WindowStop
from verifier.errors import Conflict, NotFound, OurError
from verifier.ports import UnitOfWorkFactory
from verifier.ports.redress import EvidenceKey, FlagResolution

REASON = "The document was read again in the still: the city is the same."


async def test_a_proposal_comes_back_with_all_that_happened_to_it(units: UnitOfWorkFactory) -> None:
    async with units() as uow:
        await failed_case.add_conclusive_call(uow)
        await failed_case.add_proposal(uow)
        await uow.proposals.respond(failures.response())
    async with units(read_only=True) as uow:
        record = await uow.proposals.record(failures.PROPOSAL)
        assert record == replace(failures.record(), response=failures.response())
        assert record.state(failures.DECIDED_MS) is ProposalState.TO_CONFIRM
        assert await uow.proposals.of_verification(CASE) == (record,)
        assert await uow.proposals.undecided() == (record,)
        with pytest.raises(NotFound):
            await uow.proposals.record("prp_none")


async def test_a_second_answer_window_or_proposal_of_one_number_is_a_conflict(units: UnitOfWorkFactory) -> None:
    async with units() as uow:
        await failed_case.add_conclusive_call(uow)
        await failed_case.add_proposal(uow)
        await uow.proposals.respond(failures.response())
        with pytest.raises(Conflict):
            await uow.proposals.respond(failures.response(text="Another answer."))
        with pytest.raises(Conflict):
            await uow.proposals.open_window(failures.window())
        with pytest.raises(Conflict):
            await uow.proposals.add(failures.proposal(id="prp_2"))


async def test_a_bounce_stops_a_window_and_another_one_opens(units: UnitOfWorkFactory) -> None:
    second = failures.window(
        number=2,
        opened_ms=failures.OPENED_MS + failures.HOUR_MS,
        closes_ms=failures.CLOSES_MS + failures.HOUR_MS,
        delivered_by=DeliveredBy.PAGE_OPENED,
    )
    async with units() as uow:
        await failed_case.add_conclusive_call(uow)
        await failed_case.add_proposal(uow)
        await uow.proposals.stop_window(WindowStop(failures.PROPOSAL, 1, failures.OPENED_MS + 60_000))
        stopped = await uow.proposals.record(failures.PROPOSAL)
        await uow.proposals.open_window(second)
        record = await uow.proposals.record(failures.PROPOSAL)
    assert stopped.state(failures.OPENED_MS + 120_000) is ProposalState.NOTIFYING
    assert stopped.window is None
    assert record.window == second


async def test_the_first_showing_of_a_proposal_is_kept(units: UnitOfWorkFactory) -> None:
    async with units() as uow:
        await failed_case.add_conclusive_call(uow)
        await failed_case.add_proposal(uow)
        assert await uow.proposals.show(failures.PROPOSAL, 7)
        assert not await uow.proposals.show(failures.PROPOSAL, 9)
    async with units(read_only=True) as uow:
        assert (await uow.proposals.record(failures.PROPOSAL)).shown_ms == 7
        assert [each.shown_ms for each in await uow.proposals.undecided()] == [7]


async def test_i7_the_first_showing_of_a_decision_names_its_version(units: UnitOfWorkFactory) -> None:
    async with units() as uow:
        await failed_case.add_conclusive_call(uow)
        await failed_case.add_proposal(uow)
        decided = await failed_case.add_failure(uow)
        assert await uow.decisions.shown_ms(decided) is None
        assert await uow.decisions.show(decided, 7)
        assert not await uow.decisions.show(decided, 9)
        assert await uow.decisions.shown_ms(decided) == 7
    async with units() as uow:
        with pytest.raises(OurError):
            await uow.decisions.show(replace(decided, version=2), 7)


async def test_a_window_of_less_than_72_hours_is_refused(units: UnitOfWorkFactory) -> None:
    async with units() as uow:
        await failed_case.add_conclusive_call(uow)
        await uow.proposals.add(failures.proposal())
        with pytest.raises(OurError):
            await uow.proposals.open_window(failures.window(closes_ms=failures.OPENED_MS + 72 * failures.HOUR_MS - 1))


async def test_i9_a_fact_of_another_interview_is_refused(units: UnitOfWorkFactory) -> None:
    async with units() as uow:
        await failed_case.add_conclusive_call(uow)
        other = replace(failures.CALL, id=InterviewId("iv_other"), number=2)
        await uow.interviews.add(other, PLAN)
        await uow.runs.add(replace(failures.ASKED, id=RunId("run_other"), interview_id=other.id))
        await uow.stills.add(failures.still("stl_other", run_id=RunId("run_other"), interview_id=other.id))
        for borrowed in ({"run_id": "run_other"}, {"still_id": "stl_other"}, {"item_key": "face.present"}):
            statement = failures.statement(facts=(failures.fact(**borrowed),))
            with pytest.raises(OurError):
                await uow.proposals.add(failures.proposal(statement=statement))
        assert await uow.proposals.of_verification(CASE) == ()


async def test_i10_a_statement_under_another_policy_is_refused(units: UnitOfWorkFactory) -> None:
    async with units() as uow:
        await failed_case.add_conclusive_call(uow)
        with pytest.raises(OurError):
            await uow.proposals.add(failures.proposal(statement=failures.statement(policy_version="looser")))


async def test_i11_a_statement_that_promises_less_than_six_months_is_refused(units: UnitOfWorkFactory) -> None:
    async with units() as uow:
        await failed_case.add_conclusive_call(uow)
        short = failures.statement(appeal_window_ms=184 * 24 * failures.HOUR_MS - 1)
        with pytest.raises(OurError):
            await uow.proposals.add(failures.proposal(statement=short))


@pytest.mark.parametrize(
    ("window", "view"),
    [
        ({"closes_ms": failures.OPENED_MS + 72 * failures.HOUR_MS}, {}),
        ({}, {"opened_ms": failures.PROPOSED_MS - 1}),
        ({}, {"opened_ms": failures.DECIDED_MS - 5_999}),
    ],
    ids=["shorter than promised", "watched before the proposal", "watched after the decision"],
)
async def test_i4_a_failure_before_its_time_is_refused(
    units: UnitOfWorkFactory, window: dict[str, int], view: dict[str, int]
) -> None:
    async with units() as uow:
        await failed_case.add_conclusive_call(uow)
        await uow.proposals.add(failures.proposal())
        await uow.proposals.open_window(failures.window(**window))
        await uow.proposals.add_view(failures.view(**view))
    with pytest.raises(OurError):
        async with units() as uow:
            await failed_case.add_failure(uow)
    async with units(read_only=True) as uow:
        assert await uow.decisions.all(CASE) == ()


async def test_a_look_shorter_than_the_cited_stretch_is_no_view(units: UnitOfWorkFactory) -> None:
    async with units() as uow:
        await failed_case.add_conclusive_call(uow)
        await failed_case.add_proposal(uow)
        with pytest.raises(OurError):
            await uow.proposals.add_view(failures.view(id="viw_2", watched_ms=4_999))


async def test_a_failed_decision_is_stored_with_its_four_eyes(units: UnitOfWorkFactory) -> None:
    async with units() as uow:
        await failed_case.add_conclusive_call(uow)
        await failed_case.add_proposal(uow)
        decided = await failed_case.add_failure(uow)
    async with units(read_only=True) as uow:
        assert await uow.decisions.current(CASE) == decided
        assert decided.result is Result.FAILED
        assert await uow.decisions.taken_back() == ()
        record = await uow.proposals.record(failures.PROPOSAL)
        assert record.confirmed_ms == failures.DECIDED_MS
        assert record.state(failures.DECIDED_MS) is ProposalState.CONFIRMED
        assert await uow.proposals.undecided() == ()


async def test_a_failed_decision_without_its_four_eyes_is_not_committed(units: UnitOfWorkFactory) -> None:
    with pytest.raises(OurError):
        async with units() as uow:
            await failed_case.add_conclusive_call(uow)
            await failed_case.add_proposal(uow)
            await uow.decisions.append(decision.failed(failures.failure(), None))
    async with units(read_only=True) as uow:
        with pytest.raises(NotFound):
            await uow.verifications.get(CASE)


async def test_a_failure_under_a_training_that_is_not_stored_is_refused(units: UnitOfWorkFactory) -> None:
    async with units() as uow:
        await failed_case.add_conclusive_call(uow)
        await failed_case.add_proposal(uow)
    with pytest.raises(OurError):
        async with units() as uow:
            outcome = failures.failure()
            decided = decision.failed(outcome, None)
            await uow.decisions.append(decided)
            unknown = failures.training(failures.B, StaffRole.REVIEWER, completed_ms=1)
            await uow.proposals.fail(outcome, decided, replace(failed_case.trainings(), confirmer=unknown))


async def test_a_ruling_rejects_a_proposal_once(units: UnitOfWorkFactory) -> None:
    ruling = Ruling(
        "rul_1",
        CASE,
        CALL,
        failures.B,
        RulingOutcome.NEW_INTERVIEW,
        failures.DECIDED_MS,
        REASON,
        failures.PROPOSAL,
    )
    async with units() as uow:
        await failed_case.add_conclusive_call(uow)
        await failed_case.add_proposal(uow)
        await uow.rulings.add(ruling, failures.CALL)
        with pytest.raises(Conflict):
            await uow.rulings.add(replace(ruling, id="rul_2"), failures.CALL)
    async with units(read_only=True) as uow:
        assert await uow.rulings.of_verification(CASE) == (ruling,)
        record = await uow.proposals.record(failures.PROPOSAL)
        assert record.ruling == ruling
        assert record.state(failures.DECIDED_MS) is ProposalState.REJECTED


@pytest.mark.parametrize("person", [failures.A, failures.INTERVIEWER])
async def test_neither_proposer_nor_interviewer_rules(units: UnitOfWorkFactory, person: str) -> None:
    ruling = Ruling("rul_1", CASE, CALL, person, RulingOutcome.VERIFIED, START_MS, REASON, failures.PROPOSAL)
    async with units() as uow:
        await failed_case.add_conclusive_call(uow)
        await failed_case.add_proposal(uow)
        with pytest.raises(OurError):
            await uow.rulings.add(ruling, failures.CALL)


@pytest.mark.parametrize(
    ("kind", "person"),
    [(FlagKind.TELEMETRY, failures.A), (FlagKind.CANT_HEAR, failures.A), (FlagKind.FRAUD, failures.INTERVIEWER)],
)
async def test_only_a_fraud_flag_is_resolved_and_not_by_the_interviewer(
    units: UnitOfWorkFactory, kind: FlagKind, person: str
) -> None:
    async with units() as uow:
        await failed_case.add_conclusive_call(uow)
        await uow.flags.add(Flag(FlagId("flg_x"), CALL, kind, START_MS, Role.INTERVIEWER))
        with pytest.raises(OurError):
            await uow.rulings.resolve(FlagResolution(FlagId("flg_x"), CALL, person, START_MS, REASON), failures.CALL)


async def test_a_fraud_flag_is_resolved_once_with_a_reason(units: UnitOfWorkFactory) -> None:
    resolution = FlagResolution(FlagId("flg_x"), CALL, failures.A, START_MS, REASON)
    async with units() as uow:
        await failed_case.add_conclusive_call(uow)
        await uow.flags.add(Flag(FlagId("flg_x"), CALL, FlagKind.FRAUD, START_MS, Role.INTERVIEWER))
        await uow.rulings.resolve(resolution, failures.CALL)
        with pytest.raises(Conflict):
            await uow.rulings.resolve(resolution, failures.CALL)
        assert await uow.rulings.resolutions(CALL) == (resolution,)


async def test_an_appeal_is_closed_by_its_answer_alone(units: UnitOfWorkFactory) -> None:
    async with units() as uow:
        await failed_case.add_conclusive_call(uow)
        await failed_case.add_proposal(uow)
        decided = await failed_case.add_failure(uow)
        await uow.appeals.add(failed_case.appeal())
        assert await uow.appeals.open() == (failed_case.appeal(),)
        await uow.appeals.answer(failed_case.answer(), decided)
        assert await uow.appeals.open() == ()
        assert await uow.appeals.answered(9) == ((failed_case.appeal(), failed_case.answer()),)
        assert await uow.appeals.answered(0) == ()
        assert await uow.appeals.get("apl_1") == (failed_case.appeal(), failed_case.answer())
        assert await uow.appeals.of_verification(CASE) == ((failed_case.appeal(), failed_case.answer()),)


async def test_the_same_words_never_answer_two_appeals(units: UnitOfWorkFactory) -> None:
    async with units() as uow:
        await failed_case.add_failed_case(uow)
        decided = await uow.decisions.current(CASE)
        assert decided is not None
        pasted = replace(failed_case.answer(text=failed_case.ANSWER.upper() + " !"), appeal_id="apl_2")
        with pytest.raises(Conflict, match="very words"):
            await uow.appeals.answer(pasted, decided)


@pytest.mark.parametrize("person", [failures.INTERVIEWER, failures.A, failures.B])
async def test_nobody_who_had_a_part_answers_an_appeal(units: UnitOfWorkFactory, person: str) -> None:
    async with units() as uow:
        await failed_case.add_conclusive_call(uow)
        await failed_case.add_proposal(uow)
        decided = await failed_case.add_failure(uow)
        await uow.appeals.add(failed_case.appeal())
        with pytest.raises(OurError):
            await uow.appeals.answer(replace(failed_case.answer(), reviewer_id=person), decided)


async def test_an_overturned_failure_is_followed_by_a_version_of_the_appeal_reviewer(units: UnitOfWorkFactory) -> None:
    overturned = failed_case.answer(AppealOutcome.OVERTURNED)
    async with units() as uow:
        await failed_case.add_conclusive_call(uow)
        await failed_case.add_proposal(uow)
        decided = await failed_case.add_failure(uow)
        await uow.appeals.add(failed_case.appeal())
        await uow.appeals.answer(overturned, decided)
        case = decision.Case(CASE, overturned.at_ms)
        after = decision.superseding(failures.scene().assessment, (), decided, failed_case.appeal(), overturned, case)
        await uow.decisions.append(after)
    async with units(read_only=True) as uow:
        assert [one.result for one in await uow.decisions.all(CASE)] == [Result.FAILED, Result.VERIFIED]
        assert (await uow.decisions.all(CASE))[1].decided_by == C
        assert await uow.decisions.taken_back() == (CASE,)


async def test_a_decision_that_takes_back_without_an_answered_appeal_is_refused(units: UnitOfWorkFactory) -> None:
    async with units() as uow:
        await failed_case.add_failed_case(uow)
        decided = await uow.decisions.current(CASE)
        assert decided is not None
        nothing = replace(
            decided, version=2, result=Result.NONE, decided_by=C, appeal_id="apl_2", proposal_id=None, reason_codes=()
        )
        with pytest.raises(OurError):
            await uow.decisions.append(nothing)


async def test_a_clock_is_told_once(units: UnitOfWorkFactory) -> None:
    clock = Clock(ClockKind.CONFIRM, "prp_1", 1, 99)
    async with units() as uow:
        await failed_case.add_conclusive_call(uow)
        assert await uow.escalations.add(clock, CASE, 100)
        assert not await uow.escalations.add(clock, CASE, 101)
        assert await uow.escalations.of_verification(CASE) == (replace(clock, started_ms=100),)


async def test_the_audit_trail_is_one_whole_chain_per_case(units: UnitOfWorkFactory) -> None:
    async with units() as uow:
        await failed_case.add_conclusive_call(uow)
        for number in range(3):
            await uow.audit.append(CASE, START_MS + number, "case.read", chain.FREELANCER, {"number": number})
    async with units(read_only=True) as uow:
        entries = await uow.audit.of_verification(CASE)
        assert [entry.sequence for entry in entries] == [1, 2, 3]
        assert chain.broken_at(entries) is None
        assert await uow.audit.head(CASE) == entries[-1]
        assert await uow.audit.head("ver_none") is None


async def test_stills_come_back_in_the_order_of_time(units: UnitOfWorkFactory) -> None:
    later = failures.still("stl_0", at_ms=failures.ASKED.started_ms + 5_000, usable=False, problems=("blurred",))
    async with units() as uow:
        await failed_case.add_conclusive_call(uow)
        await uow.stills.add(later)
        assert await uow.stills.of_interview(CALL) == (failures.still(), later)
        assert await uow.stills.get("stl_0") == later
        with pytest.raises(Conflict):
            await uow.stills.add(later)
        with pytest.raises(OurError):
            await uow.stills.add(failures.still("stl_9", item_key="face.present"))


async def test_a_destroyed_key_stays_destroyed(units: UnitOfWorkFactory) -> None:
    async with units() as uow:
        await failed_case.add_conclusive_call(uow)
        await uow.evidence_keys.rewrap(CALL, b"again", "key_2")
        assert [key.interview_id for key in await uow.evidence_keys.wrapped_by_others("key_3", 9)] == [CALL]
        assert await uow.evidence_keys.destroy(CALL, START_MS)
        assert not await uow.evidence_keys.destroy(CALL, START_MS)
        with pytest.raises(Conflict):
            await uow.evidence_keys.rewrap(CALL, b"back", "key_3")
        stored = await uow.evidence_keys.of_interview(CALL)
        assert stored == EvidenceKey(CALL, None, "key_2", failures.CALL.created_ms, START_MS)
        assert await uow.evidence_keys.wrapped_by_others("key_3", 9) == ()


async def test_trainings_are_kept_and_never_replaced(units: UnitOfWorkFactory) -> None:
    longer = failures.training(failures.A, StaffRole.REVIEWER, valid_until_ms=failures.DECIDED_MS + 10**12)
    async with units() as uow:
        await failed_case.add_conclusive_call(uow)
        await uow.trainings.add(longer)
        with pytest.raises(Conflict):
            await uow.trainings.add(longer)
        assert await uow.trainings.of_person(failures.A) == (
            failures.training(failures.A, StaffRole.REVIEWER),
            longer,
        )


async def test_recordings_come_back_by_leg_one_for_each_and_only_with_consent(units: UnitOfWorkFactory) -> None:
    mine = examples.recording(interview_id="int_agreed")
    hers = examples.recording("rec_0", interview_id="int_agreed", leg=Role.INTERVIEWER, whole=False)
    async with units() as uow:
        await examples.add_call(uow)
        await uow.interviews.add(examples.interview("int_agreed", number=2, recording_consented=True), [])
        await uow.recordings.add(hers)
        await uow.recordings.add(mine)
        assert await uow.recordings.of_interview(InterviewId("int_agreed")) == (mine, hers)
        assert await uow.recordings.get(mine.id) == mine
        with pytest.raises(Conflict):
            await uow.recordings.add(examples.recording("rec_2", interview_id="int_agreed"))
        with pytest.raises(OurError):
            await uow.recordings.add(examples.recording("rec_3"))
