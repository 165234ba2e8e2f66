"""Who is taken next, by whom, and when nobody may be."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from tests.core.rows import Call
from tests.service.stage import CASE_URL, F, I, Stage
from verifier.core import checklist
from verifier.core.appeal import AppealOutcome
from verifier.core.model import (
    Answer,
    DeviceCheck,
    EndCause,
    InterviewState,
    PersonId,
    StaffRole,
    Training,
    VerificationId,
    VerificationStatus,
)
from verifier.core.policy import SHIPPED
from verifier.core.principal import FreelancerPrincipal
from verifier.core.samples import ConnectionState
from verifier.core.verification import VerificationEvent, next_status
from verifier.errors import Conflict, NotAllowed
from verifier.service.appealing import Answering, Appealing
from verifier.service.recording_decisions import Recorder
from verifier.service.scenes import Scenes
from verifier.service.taking import fair_order


async def in_line(stage: Stage, *cases: tuple[str, str]) -> None:
    """Cases (id, locale) that came to the waiting room one second after the other."""
    for id_, locale in cases:
        await stage.waits(id_, locale=locale)
        stage.clock.advance(s=1)


async def test_the_longest_wait_is_taken_first(stage: Stage) -> None:
    anna = await stage.interviewer(languages=("en",))
    await in_line(stage, ("ver_z", "en"), ("ver_a", "en"))
    call = await stage.taken(anna)
    assert call.verification.id == "ver_z"
    assert (await stage.case(VerificationId("ver_z"))).status is VerificationStatus.IN_INTERVIEW
    assert (await stage.case(VerificationId("ver_a"))).status is VerificationStatus.WAITING


async def test_own_languages_come_before_a_longer_wait(stage: Stage) -> None:
    anna = await stage.interviewer(languages=("de-AT", "en"))
    await in_line(stage, ("ver_fr", "fr"), ("ver_de", "de-CH"), ("ver_en", "en-GB"))
    assert (await stage.taken(anna)).verification.id == "ver_de"


async def test_another_language_is_better_than_nobody(stage: Stage) -> None:
    anna = await stage.interviewer(languages=("de",))
    await in_line(stage, ("ver_fr", "fr"))
    assert (await stage.taken(anna)).verification.id == "ver_fr"


async def test_language_tags_are_compared_without_regard_to_case(memory: Stage) -> None:
    await in_line(memory, ("ver_fr", "fr"), ("ver_de", "DE-de"))
    cases = [await memory.case(VerificationId(id_)) for id_ in ("ver_fr", "ver_de")]
    assert [case.id for case in fair_order(cases, ("de",))] == ["ver_de", "ver_fr"]


async def test_who_is_not_in_the_waiting_room_right_now_is_passed_over(stage: Stage) -> None:
    anna = await stage.interviewer()
    await in_line(stage, ("ver_gone", "en"), ("ver_here", "en"))
    stage.waiting.depart(VerificationId("ver_gone"))
    assert (await stage.taken(anna)).verification.id == "ver_here"


async def test_an_empty_waiting_room_is_said(stage: Stage) -> None:
    with pytest.raises(Conflict):
        await stage.taking.take_next(await stage.interviewer())


async def test_the_plan_follows_from_the_seed_and_the_policy_is_pinned(stage: Stage) -> None:
    anna = await stage.interviewer()
    await stage.waits()
    call = await stage.taken(anna)
    stored = await stage.interview(call.interview.id)
    assert stored.policy_version == SHIPPED.version
    async with stage.units(read_only=True) as unit:
        plan = await unit.interviews.plan(stored.id)
    assert list(plan) == sorted(
        checklist.draw(stored.seed, call.verification.claims, SHIPPED), key=lambda i: i.position
    )
    assert stored.recording_consented and stored.number == 1 and stored.state is InterviewState.CREATED
    assert stage.told_waiting(call.verification.id, "banner")[-1]["code"] == "call_starting"


# ---------------------------------------------------------------- the gate


async def test_without_a_valid_check_nobody_is_taken(stage: Stage) -> None:
    await stage.waits()
    for name, prepare in (("per_none", None), ("per_failed", False), ("per_old", True)):
        anna = await stage.interviewer(name, checked=False)
        if prepare is not None:
            await stage.check(anna.person.id, passed=prepare)
        if prepare:
            stage.clock.advance(ms=SHIPPED.check_valid_ms + 1)
        with pytest.raises(NotAllowed):
            await stage.taking.take_next(anna)
    assert (await stage.case()).status is VerificationStatus.WAITING


async def test_a_check_is_valid_until_its_last_millisecond(stage: Stage) -> None:
    anna = await stage.interviewer()
    await stage.waits()
    stage.clock.advance(ms=SHIPPED.check_valid_ms)
    assert await stage.taking.take_next(anna)


async def test_a_failed_check_withdraws_an_earlier_passed_one(stage: Stage) -> None:
    anna = await stage.interviewer()
    await stage.waits()
    stage.clock.advance(s=1)
    await stage.check(anna.person.id, passed=False)
    with pytest.raises(NotAllowed):
        await stage.taking.take_next(anna)


async def test_the_check_of_somebody_else_opens_nothing(stage: Stage) -> None:
    await stage.interviewer("per_anna")
    ben = await stage.interviewer("per_ben", checked=False)
    case = await stage.waits()
    async with stage.units() as unit:
        await unit.device_checks.add(DeviceCheck(stage.clock.now_ms(), True, {}, verification_id=case))
    with pytest.raises(NotAllowed):
        await stage.taking.take_next(ben)


async def test_only_interviewers_take_calls(stage: Stage) -> None:
    await stage.waits()
    for role in (StaffRole.REVIEWER, StaffRole.APPEAL_REVIEWER, StaffRole.ADMINISTRATOR):
        with pytest.raises(NotAllowed):
            await stage.taking.take_next(await stage.interviewer(f"per_{role}", roles=frozenset({role})))


# ---------------------------------------------------------------- one call each


async def test_of_two_interviewers_at_once_one_gets_the_case(stage: Stage) -> None:
    people = [await stage.interviewer(name) for name in ("per_anna", "per_ben")]
    await stage.waits()
    taken = await asyncio.gather(*(stage.taking.take_next(one) for one in people), return_exceptions=True)
    assert sorted(type(one).__name__ for one in taken) == ["Conflict", "str"]
    assert len(stage.calls.all()) == 1


async def test_two_presses_at_once_give_one_person_one_call(stage: Stage) -> None:
    anna = await stage.interviewer()
    await in_line(stage, ("ver_1", "en"), ("ver_2", "en"))
    taken = await asyncio.gather(*(stage.taking.take_next(anna) for _ in range(3)), return_exceptions=True)
    assert sorted(type(one).__name__ for one in taken) == ["Conflict", "Conflict", "str"]
    assert (await stage.case(VerificationId("ver_2"))).status is VerificationStatus.WAITING


async def test_who_is_in_a_call_takes_no_second_one(stage: Stage) -> None:
    anna = await stage.interviewer()
    await in_line(stage, ("ver_1", "en"), ("ver_2", "en"))
    first = await stage.taking.take_next(anna)
    with pytest.raises(Conflict):
        await stage.taking.take_next(anna)
    assert await stage.taking.of_person(anna.person.id) == first
    await stage.interviewing.leave(first, I)
    assert await stage.taking.of_person(anna.person.id) is None
    assert await stage.taking.take_next(anna) != first


# ---------------------------------------------------------------- after a fault


async def retry_after(stage: Stage, by: str, fault_of: str) -> VerificationId:
    """A case that waits again after a call whose bad link was on one side."""
    from tests.core.rows import Call

    anna = await stage.interviewer(by)
    case = await stage.waits()
    role = I if fault_of == "interviewer" else F
    call = await stage.live(anna, Call(60).uplink_loss(role, 0, 60, 0.4))
    await stage.seconds(call, 20)
    await stage.interviewing.abort(call.interview.id)
    assert (await stage.assessment(call.interview.id)).blame.side is role
    await stage.waiting.arrive(case)
    return case


async def test_after_a_fault_of_the_interviewer_somebody_else_takes_the_case(stage: Stage) -> None:
    case = await retry_after(stage, "per_anna", "interviewer")
    async with stage.units(read_only=True) as unit:
        anna = await unit.people.get(PersonId("per_anna"))
    from verifier.core.principal import StaffPrincipal

    with pytest.raises(NotAllowed):
        await stage.taking.take_next(StaffPrincipal(anna, "s"))
    stage.clock.advance(s=1)
    await stage.check(anna.id)
    with pytest.raises(Conflict):
        await stage.taking.take_next(StaffPrincipal(anna, "s"))
    call = await stage.taken(await stage.interviewer("per_ben"))
    assert call.verification.id == case and call.interview.number == 2


async def test_after_a_fault_of_the_freelancer_the_same_interviewer_may_go_on(stage: Stage) -> None:
    case = await retry_after(stage, "per_anna", "freelancer")
    from verifier.core.principal import StaffPrincipal

    async with stage.units(read_only=True) as unit:
        anna = await unit.people.get(PersonId("per_anna"))
    assert (await stage.taken(StaffPrincipal(anna, "s"))).verification.id == case


async def test_a_call_that_a_reviewer_ordered_is_held_by_somebody_else(stage: Stage) -> None:
    anna = await stage.interviewer()
    case = await stage.waits()
    await stage.whole(anna, answers={"identity.city": Answer.INCONSISTENT})
    async with stage.units() as unit:
        before = await unit.verifications.get(case)
        status = next_status(before.status, VerificationEvent.NEW_INTERVIEW_ORDERED)
        await unit.verifications.save(replace(before, status=status), before.status)
    await stage.waiting.arrive(case)
    with pytest.raises(Conflict):
        await stage.taking.take_next(anna)
    call = await stage.taken(await stage.interviewer("per_ben"))
    assert (call.verification.id, call.interview.number) == (case, 2)


async def test_a_call_that_an_appeal_ordered_is_held_by_somebody_else_whosever_fault_the_last_one_was(
    stage: Stage,
) -> None:
    anna = await stage.interviewer()
    case = await stage.waits()
    call = await stage.whole(anna, Call(120).uplink_loss(F, 0, 120, 0.4))
    principal = FreelancerPrincipal(case, "session")
    await stage.deciding.decline_retry(principal)
    recorder = Recorder(stage.clock, stage.entropy, stage.book, CASE_URL)
    scenes = Scenes(stage.units, stage.book)
    appealing = Appealing(stage.units, stage.clock, stage.entropy, stage.book, recorder, scenes)
    appeal = await appealing.open(principal, 1, "My connection is better now.")
    carla = await stage.interviewer("per_carla", roles=frozenset({StaffRole.APPEAL_REVIEWER}))
    trained = Training(carla.person.id, StaffRole.APPEAL_REVIEWER, 1, stage.clock.now_ms() + 1_000)
    async with stage.units() as unit:
        await unit.trainings.add(trained)
    text = "Your connection was too weak in that call, which is nobody's fault. You get another one now."
    await appealing.answer(carla, appeal.id, Answering(AppealOutcome.NEW_INTERVIEW, text, 1))
    await stage.waiting.arrive(case)
    await stage.check(anna.person.id)
    with pytest.raises(Conflict, match="Nobody is waiting"):
        await stage.taking.take_next(anna)
    again = await stage.taken(await stage.interviewer("per_ben"))
    assert (again.interview.number, call.interview.number) == (2, 1)


# ---------------------------------------------------------------- nobody comes


async def test_a_call_that_nobody_enters_ends_and_says_who_did_not_come(stage: Stage) -> None:
    anna = await stage.interviewer()
    causes = []
    for number, there in enumerate(((), (I,), (F,), (I, F))):
        await stage.waits(f"ver_{number}")
        call = await stage.taken(anna)
        for role in there:
            await stage.connecting.ready(call.interview.id, role)
        stage.clock.advance(ms=SHIPPED.no_show_ms)
        await stage.measuring.tick()
        assert call.ended_by is None
        stage.clock.advance(ms=1)
        await stage.measuring.tick()
        stored = await stage.interview(call.interview.id)
        causes.append(stored.end_cause)
        assert (await stage.case(call.verification.id)).status is VerificationStatus.RETRY_OFFERED
    assert causes == [
        EndCause.INTERVIEWER_NO_SHOW,
        EndCause.FREELANCER_NO_SHOW,
        EndCause.INTERVIEWER_NO_SHOW,
        EndCause.TECHNICAL_ABORT,
    ], "two people who came and could not be connected did not stay away"


async def test_one_connected_side_waits_for_the_other(stage: Stage) -> None:
    anna = await stage.interviewer()
    await stage.waits()
    call = await stage.taken(anna)
    await stage.connected(call, I)
    assert call.interview.state is InterviewState.WAITING
    await stage.leg(call, I, ConnectionState.DISCONNECTED)
    assert call.interview.state is InterviewState.PREFLIGHT
    assert (await stage.interview(call.interview.id)).live_ms is None


async def test_nobody_takes_a_call_without_a_current_training(stage: Stage) -> None:
    anna = await stage.interviewer(trained=False)
    await stage.waits()
    with pytest.raises(NotAllowed, match="training as an interviewer"):
        await stage.taking.take_next(anna)
    now_ms = stage.clock.now_ms()
    async with stage.units() as unit:
        await unit.trainings.add(Training(anna.person.id, StaffRole.REVIEWER, now_ms, now_ms + 9_000))
        await unit.trainings.add(Training(anna.person.id, StaffRole.INTERVIEWER, now_ms, now_ms + 1_000))
    stage.clock.advance(ms=1_001)
    with pytest.raises(NotAllowed, match="training as an interviewer"):
        await stage.taking.take_next(anna)
    async with stage.units() as unit:
        await unit.trainings.add(Training(anna.person.id, StaffRole.INTERVIEWER, now_ms, now_ms + 9_000))
    assert (await stage.taken(anna)).interview.interviewer_id == anna.person.id
