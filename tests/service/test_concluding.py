"""The end of a call: judged from stored rows alone, once, and told to everybody."""

from __future__ import annotations

import asyncio
import json

import pytest

from tests.core.rows import Call
from tests.service.stage import CASE, F, I, Stage
from verifier.core.model import EndCause, FlagKind, InterviewState, Result, Role, VerificationStatus
from verifier.core.principal import StaffPrincipal
from verifier.core.webhook import EventType
from verifier.errors import NotAllowed
from verifier.service.calls import LiveCall


async def told(stage: Stage) -> list[EventType]:
    return [event.type for event in await stage.events()]


async def spoiled(stage: Stage, by: StaffPrincipal, role: Role) -> LiveCall:
    """A short call over one side's bad uplink."""
    call = await stage.live(by, Call(40).uplink_loss(role, 0, 40, 0.4))
    await stage.seconds(call, 12)
    await stage.interviewing.abort(call.interview.id)
    return call


async def test_a_good_call_is_conclusive_and_goes_to_review(stage: Stage) -> None:
    anna = await stage.interviewer()
    await stage.waits()
    call = await stage.whole(anna)
    assessment = await stage.assessment(call.interview.id)
    assert assessment.conclusive and assessment.all_consistent
    case = await stage.case()
    assert (case.status, case.result) == (VerificationStatus.IN_REVIEW, Result.NONE)
    for role in Role:
        assert [(one["conclusive"], one["next"]) for one in stage.told(call, role, "ended")] == [(True, "may_verify")]
    assert stage.calls.all() == () and stage.media.closed == [call.interview.id]
    assert await told(stage) == [EventType.INTERVIEW_STARTED]
    assert await stage.differences() == []


async def test_a_call_is_concluded_once_whoever_ends_it(stage: Stage) -> None:
    anna = await stage.interviewer()
    await stage.waits()
    call = await stage.live(anna)
    id_ = call.interview.id
    await asyncio.gather(
        stage.interviewing.leave(id_, F), stage.interviewing.abort(id_), stage.interviewing.leave(id_, I)
    )
    assert (await stage.interview(id_)).end_cause is EndCause.FREELANCER_LEFT
    assert len(stage.told(call, F, "ended")) == 1
    assert (await told(stage)).count(EventType.INTERVIEW_INCONCLUSIVE) == 1


async def test_what_the_process_remembers_does_not_matter(stage: Stage) -> None:
    anna = await stage.interviewer()
    await stage.waits()
    call = await stage.live(anna)
    await stage.seconds(call, 6)
    await stage.ask_all(call)
    await stage.seconds(call, 3)
    call.rows.server.clear()
    call.runs, call.flags = [], []
    call.settled.clear()
    await stage.interviewing.complete(call.interview.id)
    await stage.seconds(call)
    assert (await stage.assessment(call.interview.id)).conclusive
    assert await stage.differences() == []


async def test_an_inconclusive_call_offers_a_retry_and_names_the_side_at_fault(stage: Stage) -> None:
    anna = await stage.interviewer()
    await stage.waits()
    call = await spoiled(stage, anna, F)
    case = await stage.case()
    assert (case.status, case.result) == (VerificationStatus.RETRY_OFFERED, Result.NONE)
    data = json.loads((await stage.events())[-1].body)["data"]
    assert data["fault_side"] == "freelancer" and data["retry"]["different_interviewer"] is False
    assert (data["adverse"], data["next_action"]) == (False, "retry")
    assert stage.told(call, F, "ended")[-1]["next"] == "retry"
    assert await stage.taking.of_person(anna.person.id) is None


async def test_a_fault_of_the_interviewer_withdraws_the_check(stage: Stage) -> None:
    anna = await stage.interviewer()
    await stage.waits()
    await spoiled(stage, anna, I)
    data = json.loads((await stage.events())[-1].body)["data"]
    assert data["fault_side"] == "interviewer" and data["retry"]["different_interviewer"] is True
    await stage.waits("ver_2")
    with pytest.raises(NotAllowed):
        await stage.taking.take_next(anna)


async def test_the_third_call_spoiled_by_the_freelancers_side_leads_to_the_other_way(stage: Stage) -> None:
    anna = await stage.interviewer()
    await stage.waits()
    for number in (1, 2, 3):
        await spoiled(stage, anna, F)
        if number < 3:
            assert (await stage.case()).status is VerificationStatus.RETRY_OFFERED
            await stage.waiting.arrive(CASE)
    case = await stage.case()
    assert (case.status, case.result) == (VerificationStatus.ALTERNATIVE_ROUTE, Result.INCONCLUSIVE)
    assert (await told(stage))[-3:] == [
        EventType.INTERVIEW_INCONCLUSIVE,
        EventType.VERIFICATION_DECIDED,
        EventType.VERIFICATION_ALTERNATIVE_ROUTE,
    ]
    async with stage.units(read_only=True) as unit:
        (decision,) = await unit.decisions.all(CASE)
    assert decision.result is Result.INCONCLUSIVE and decision.decided_by is None
    assert await stage.differences() == []


async def test_calls_that_the_interviewer_spoiled_use_up_no_retry(memory: Stage) -> None:
    await memory.waits()
    for number in range(4):
        await spoiled(memory, await memory.interviewer(f"per_{number}"), I)
        assert (await memory.case()).status is VerificationStatus.RETRY_OFFERED
        await memory.waiting.arrive(CASE)


async def test_an_open_question_is_ended_with_the_call_and_has_no_answer(stage: Stage) -> None:
    anna = await stage.interviewer()
    await stage.waits()
    call = await stage.live(anna)
    await stage.seconds(call, 6)
    await stage.interviewing.start_run(call.interview.id, "identity.city")
    await stage.seconds(call, 3)
    await stage.interviewing.abort(call.interview.id)
    async with stage.units(read_only=True) as unit:
        (run,) = await unit.runs.of_interview(call.interview.id)
    assert run.ended_ms == (await stage.interview(call.interview.id)).ended_ms and run.answer is None
    assert not (await stage.findings(call.interview.id))[run.id].admissible


async def test_figures_that_cannot_be_true_become_a_flag_that_nobody_can_close(memory: Stage) -> None:
    from dataclasses import replace

    anna = await memory.interviewer()
    await memory.waits()
    call = await memory.live(anna)
    honest, falling = memory.media.browser_rows, iter(range(10**9, 0, -1000))

    def lies(id_: object, after_ms: int) -> object:
        rows = honest(call.interview.id, after_ms)
        return tuple(replace(r, audio=replace(r.audio, concealed_samples=next(falling))) for r in rows)

    memory.media.browser_rows = lies  # type: ignore[method-assign, assignment]
    await memory.seconds(call, 6)
    await memory.ask_all(call)
    await memory.interviewing.complete(call.interview.id)
    await memory.seconds(call, 4)
    async with memory.units(read_only=True) as unit:
        flags = await unit.flags.of_interview(call.interview.id)
    assert {(flag.kind, flag.raised_by) for flag in flags} == {(FlagKind.TELEMETRY, None)}
    assessment = await memory.assessment(call.interview.id)
    assert not assessment.conclusive and "metrics.disputed" in assessment.reasons


# ---------------------------------------------------------------- after a restart


async def test_calls_that_a_former_process_left_open_end_as_lost_by_the_server(stage: Stage) -> None:
    anna = await stage.interviewer()
    await stage.waits()
    call = await stage.live(anna)
    await stage.seconds(call, 6)
    await stage.ask_all(call)
    await stage.interviewing.start_run(call.interview.id, "identity.city")
    stage.start_process()
    stage.clock.advance(s=20)
    assert await stage.concluding.end_lost() == 1
    stored = await stage.interview(call.interview.id)
    assert (stored.state, stored.end_cause) == (InterviewState.ENDED, EndCause.SERVER_LOST)
    assessment = await stage.assessment(call.interview.id)
    assert not assessment.conclusive and "server.fault" in assessment.reasons
    assert (await stage.case()).status is VerificationStatus.RETRY_OFFERED
    assert await stage.concluding.end_lost() == 0
    assert await stage.differences() == []


async def test_a_call_that_was_only_taken_is_ended_after_a_restart_too(stage: Stage) -> None:
    anna = await stage.interviewer()
    await stage.waits()
    call = await stage.taken(anna)
    stage.start_process()
    assert await stage.concluding.end_lost() == 1
    assert (await stage.interview(call.interview.id)).end_cause is EndCause.SERVER_LOST
    await stage.waiting.arrive(CASE)
    assert await stage.taking.take_next(anna) != call.interview.id


async def test_a_call_that_had_everything_is_still_inconclusive_when_the_server_lost_it(memory: Stage) -> None:
    anna = await memory.interviewer()
    await memory.waits()
    call = await memory.live(anna)
    await memory.seconds(call, 6)
    await memory.ask_all(call)
    await memory.seconds(call, 4)
    memory.start_process()
    await memory.concluding.end_lost()
    assert not (await memory.assessment(call.interview.id)).conclusive, "unfinished interviews end inconclusive"
