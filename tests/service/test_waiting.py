"""The waiting room: a place is kept, nobody loses more than it, and everybody is told the truth."""

from __future__ import annotations

import pytest

from tests.service.stage import CASE, Stage
from verifier.core.model import VerificationId, VerificationStatus
from verifier.errors import IllegalState, NotAllowed
from verifier.ports.storage import Consent
from verifier.service.waiting import PLACE_KEPT_MS


async def test_a_place_is_kept_for_thirty_seconds_after_the_page_has_gone(stage: Stage) -> None:
    await stage.waits()
    since = (await stage.case()).waiting_since_ms
    stage.clock.advance(s=60)
    stage.waiting.depart(CASE)
    stage.clock.advance(ms=PLACE_KEPT_MS)
    await stage.waiting.tick()
    await stage.waiting.arrive(CASE)
    assert (await stage.case()).waiting_since_ms == since
    stage.waiting.depart(CASE)
    stage.clock.advance(ms=PLACE_KEPT_MS + 1)
    await stage.waiting.tick()
    case = await stage.case()
    assert (case.status, case.waiting_since_ms) == (VerificationStatus.AWAITING_FREELANCER, None)
    await stage.waiting.arrive(CASE)
    assert (await stage.case()).waiting_since_ms == stage.clock.now_ms()


async def test_a_second_page_of_the_same_person_keeps_the_place(stage: Stage) -> None:
    await stage.waits()
    await stage.waiting.arrive(CASE)
    stage.waiting.depart(CASE)
    stage.clock.advance(ms=10 * PLACE_KEPT_MS)
    await stage.waiting.tick()
    assert (await stage.case()).status is VerificationStatus.WAITING and stage.calls.is_waiting(CASE)
    stage.waiting.depart(CASE)
    stage.clock.advance(ms=PLACE_KEPT_MS)
    await stage.waiting.tick()
    assert (await stage.case()).status is VerificationStatus.WAITING


async def test_after_a_restart_the_page_has_thirty_seconds_to_come_back(stage: Stage) -> None:
    await stage.waits()
    stage.start_process()
    await stage.waiting.tick()
    stage.clock.advance(ms=PLACE_KEPT_MS)
    await stage.waiting.tick()
    assert (await stage.case()).status is VerificationStatus.WAITING
    stage.clock.advance(ms=1)
    await stage.waiting.tick()
    assert (await stage.case()).status is VerificationStatus.AWAITING_FREELANCER


async def test_leaving_gives_the_place_away_and_keeps_the_case(stage: Stage) -> None:
    await stage.waits()
    await stage.waiting.leave(CASE)
    await stage.waiting.leave(CASE)
    assert (await stage.case()).status is VerificationStatus.AWAITING_FREELANCER


async def test_leaving_before_a_second_call_keeps_the_retry_on_offer(stage: Stage) -> None:
    anna = await stage.interviewer()
    await stage.waits()
    call = await stage.live(anna)
    await stage.interviewing.abort(call.interview.id)
    await stage.waiting.arrive(CASE)
    await stage.waiting.leave(CASE)
    assert (await stage.case()).status is VerificationStatus.RETRY_OFFERED


async def test_without_consent_nobody_waits(stage: Stage) -> None:
    await stage.waits()
    await stage.waiting.leave(CASE)
    async with stage.units() as unit:
        await unit.consents.add(Consent(CASE, False, False, stage.clock.now_ms()))
    with pytest.raises(NotAllowed):
        await stage.waiting.arrive(CASE)


async def test_nobody_waits_for_a_call_that_he_is_in_or_that_will_not_come(stage: Stage) -> None:
    anna = await stage.interviewer()
    await stage.waits()
    await stage.whole(anna)
    with pytest.raises(IllegalState):
        await stage.waiting.arrive(CASE)
    assert (await stage.case()).status is VerificationStatus.IN_REVIEW


async def test_everybody_is_told_his_place_and_no_estimate_that_nothing_supports(stage: Stage) -> None:
    for name in ("ver_a", "ver_b"):
        await stage.waits(name)
        stage.clock.advance(s=1)
    await stage.waiting.tick()
    for position, name in enumerate(("ver_a", "ver_b"), start=1):
        told = stage.told_waiting(VerificationId(name), "waiting")[-1]
        assert (told["position"], told["estimate_s"], told["interviewers"]) == (position, None, 0)


async def test_the_estimate_is_the_median_length_times_the_place(memory: Stage) -> None:
    anna = await memory.interviewer()
    for number, minutes in enumerate((4, 10, 6)):
        await memory.waits(f"ver_{number}")
        call = await memory.live(anna)
        memory.clock.advance(minutes=minutes)
        await memory.interviewing.abort(call.interview.id)
    for name in ("ver_x", "ver_y"):
        await memory.waits(name)
    memory.calls.interviewer_seen(anna.person.id, memory.clock.now_ms())
    await memory.waiting.tick()
    told = [memory.told_waiting(VerificationId(name), "waiting")[-1] for name in ("ver_x", "ver_y")]
    assert [one["estimate_s"] for one in told] == [360, 720] and told[0]["interviewers"] == 1
