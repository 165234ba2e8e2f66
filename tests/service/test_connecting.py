"""Legs come, go and come back: what is recorded of it, and what it asks of the people."""

from __future__ import annotations

import asyncio
import json

import pytest

from tests.service.stage import F, I, Stage
from verifier.core.model import EndCause, InterviewState, ItemKind, Role
from verifier.core.policy import SHIPPED
from verifier.core.samples import ConnectionState
from verifier.core.webhook import EventType
from verifier.errors import NotFound, OurError, PeerRefused
from verifier.ports import IceCandidate
from verifier.service.calls import LiveCall

LOST, BACK = ConnectionState.DISCONNECTED, ConnectionState.CONNECTED


@pytest.fixture
async def call(stage: Stage) -> LiveCall:
    """A call that both have just entered."""
    anna = await stage.interviewer()
    await stage.waits()
    return await stage.live(anna)


def rounds(call: LiveCall) -> list[int]:
    return sorted(item.round for item in call.plan if item.kind is ItemKind.COMPREHENSION)


async def started(stage: Stage) -> int:
    return sum(event.type is EventType.INTERVIEW_STARTED for event in await stage.events())


async def test_a_call_is_live_once_both_legs_are_connected(stage: Stage) -> None:
    anna = await stage.interviewer()
    await stage.waits()
    call = await stage.taken(anna)
    states = [call.interview.state]
    await stage.connecting.ready(call.interview.id, I)
    states.append(call.interview.state)
    await stage.leg(call, I, BACK)
    states.append(call.interview.state)
    stage.clock.advance(s=7)
    await stage.connected(call, F)
    states.append(call.interview.state)
    assert states == ["created", "preflight", "waiting", "live"]
    stored = await stage.interview(call.interview.id)
    assert stored.state is InterviewState.LIVE and stored.live_ms == stage.clock.now_ms()


async def test_the_live_moment_is_set_once_and_the_platform_is_told_once(stage: Stage, call: LiveCall) -> None:
    first = call.interview.live_ms
    for _ in range(2):
        stage.clock.advance(s=2)
        await stage.leg(call, F, LOST)
        stage.clock.advance(s=2)
        await stage.connected(call, F)
    await stage.leg(call, I, BACK)
    assert (await stage.interview(call.interview.id)).live_ms == first
    assert await started(stage) == 1
    event = next(event for event in await stage.events() if event.type is EventType.INTERVIEW_STARTED)
    assert json.loads(event.body)["data"]["policy_version"] == SHIPPED.version


async def test_a_lost_leg_means_reconnecting_with_a_deadline_for_both(stage: Stage, call: LiveCall) -> None:
    await stage.leg(call, F, LOST)
    assert (await stage.interview(call.interview.id)).state is InterviewState.RECONNECTING
    for role in Role:
        banner = stage.told(call, role, "banner")[-1]
        assert (banner["code"], banner["side"]) == ("peer_lost", "freelancer")
        assert banner["deadline_ms"] == stage.clock.now_ms() + SHIPPED.reconnect_grace_ms
    async with stage.units(read_only=True) as unit:
        bodies = [entry.body for entry in await unit.log.since(call.interview.id, 0) if entry.kind == "connection"]
    assert bodies[-1] == {"leg": "freelancer", "state": "disconnected", "generation": 1}


async def test_both_legs_lost_are_one_break_that_ends_when_both_are_back(stage: Stage, call: LiveCall) -> None:
    began = stage.clock.now_ms()
    await stage.leg(call, F, LOST)
    stage.clock.advance(s=1)
    await stage.leg(call, I, LOST)
    assert call.broken_since_ms == began
    await stage.connected(call, F)
    assert call.broken_since_ms == began and call.interview.state is InterviewState.RECONNECTING
    await stage.connected(call, I)
    assert call.broken_since_ms is None and call.interview.state is InterviewState.LIVE


async def test_the_grace_is_one_minute_and_not_a_millisecond_more(stage: Stage, call: LiveCall) -> None:
    await stage.leg(call, F, LOST)
    stage.clock.advance(ms=SHIPPED.reconnect_grace_ms)
    await stage.measuring.tick()
    assert call.ended_by is None
    stage.clock.advance(ms=1)
    await stage.measuring.tick()
    stored = await stage.interview(call.interview.id)
    assert stored.end_cause is EndCause.TECHNICAL_ABORT
    assert not (await stage.assessment(call.interview.id)).conclusive
    assert stage.media.closed == [call.interview.id]


async def test_asking_for_offers_again_and_again_does_not_stretch_the_grace(stage: Stage, call: LiveCall) -> None:
    await stage.leg(call, F, LOST)
    for _ in range(7):
        stage.clock.advance(s=10)
        if call.ended_by is None:
            await stage.connecting.ready(call.interview.id, F)
            await stage.measuring.tick()
    assert (await stage.interview(call.interview.id)).end_cause is EndCause.TECHNICAL_ABORT


async def test_a_break_longer_than_three_seconds_asks_the_codes_again(stage: Stage, call: LiveCall) -> None:
    for expected in ([1, 1, 2, 2], [1, 1, 2, 2, 3, 3]):
        await stage.leg(call, F, LOST)
        stage.clock.advance(ms=SHIPPED.outage_recheck_ms + 1)
        await stage.connected(call, F)
        assert rounds(call) == expected
    async with stage.units(read_only=True) as unit:
        stored = await unit.interviews.plan(call.interview.id)
    assert {item.key for item in stored} == {item.key for item in call.plan}
    assert all(item.mandatory for item in call.plan if item.round > 1)
    shown = stage.told(call, I, "checklist")[-1]
    assert "comprehension.hear_freelancer.3" in json.dumps(shown)


async def test_a_break_of_exactly_three_seconds_does_not(stage: Stage, call: LiveCall) -> None:
    await stage.leg(call, F, LOST)
    stage.clock.advance(ms=SHIPPED.outage_recheck_ms)
    await stage.connected(call, F)
    assert rounds(call) == [1, 1]


async def test_events_of_an_older_generation_change_nothing(stage: Stage, call: LiveCall) -> None:
    await stage.connected(call, F)
    assert call.generations[F] == 2
    before = await stage.interview(call.interview.id)
    for state in (LOST, ConnectionState.CLOSED, BACK):
        await stage.leg(call, F, state, generation=1)
    assert await stage.interview(call.interview.id) == before
    assert call.connections[F] is BACK and call.broken_since_ms is None


async def test_a_reload_is_a_break_until_the_new_connection_stands(stage: Stage, call: LiveCall) -> None:
    await stage.connecting.ready(call.interview.id, F)
    assert (await stage.interview(call.interview.id)).state is InterviewState.RECONNECTING
    await stage.leg(call, F, BACK)
    assert (await stage.interview(call.interview.id)).state is InterviewState.LIVE


async def test_offers_go_to_the_side_that_asked(stage: Stage, call: LiveCall) -> None:
    assert [one["generation"] for one in stage.told(call, F, "offer")] == [1]
    await stage.connecting.ready(call.interview.id, F)
    assert [one["generation"] for one in stage.told(call, F, "offer")] == [1, 2]
    assert [one["generation"] for one in stage.told(call, I, "offer")] == [1]


async def test_descriptions_and_candidates_that_do_not_fit_leave_the_call_alone(stage: Stage, call: LiveCall) -> None:
    id_ = call.interview.id
    with pytest.raises(PeerRefused):
        await stage.connecting.answer(id_, F, 1, "not sdp")
    with pytest.raises(PeerRefused):
        await stage.connecting.answer(id_, F, 7, "v=0")
    with pytest.raises(PeerRefused):
        await stage.connecting.candidate(id_, F, 1, IceCandidate("nonsense", None, None))
    await stage.connecting.candidate(id_, F, 1, IceCandidate("", None, None))
    assert (await stage.interview(id_)).state is InterviewState.LIVE


async def test_what_the_engine_reports_after_the_end_is_dropped(stage: Stage, call: LiveCall) -> None:
    leg = stage.media.calls[call.interview.id].legs[F]
    await stage.interviewing.leave(call.interview.id, F)
    from verifier.ports import LegEvent

    leg.on_event(LegEvent(call.interview.id, F, leg.generation, LOST, stage.clock.now_ms()))
    with pytest.raises(NotFound):
        await stage.connecting.take(stage.connecting._events.get_nowait())


async def test_a_leg_that_cannot_be_opened_leaves_the_call_as_it_was(stage: Stage) -> None:
    anna = await stage.interviewer()
    await stage.waits()
    call = await stage.taken(anna)
    stage.media.refusing = OurError("no port is free")
    with pytest.raises(OurError):
        await stage.connecting.ready(call.interview.id, F)
    assert call.interview.state is InterviewState.CREATED and F not in call.generations
    stage.media.refusing = None
    await stage.connected(call, F)
    assert call.interview.state is InterviewState.WAITING


async def test_an_event_that_cannot_be_stored_does_not_stop_the_events_of_other_calls(
    memory: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    anna, ben = [await memory.interviewer(name) for name in ("per_anna", "per_ben")]
    await memory.waits("ver_1")
    await memory.waits("ver_2")
    sick, well = await memory.taken(anna), await memory.taken(ben)
    for call in (sick, well):
        for role in Role:
            await memory.connecting.ready(call.interview.id, role)
    logged = memory.connecting._log_connection

    async def fails(unit: object, call: LiveCall, *rest: object) -> object:
        if call is sick:
            raise RuntimeError("disk")
        return await logged(unit, call, *rest)  # type: ignore[arg-type]

    monkeypatch.setattr(memory.connecting, "_log_connection", fails)
    for call in (sick, well):
        for role in Role:
            memory.media.change(call.interview.id, role, BACK)
    task = asyncio.create_task(memory.connecting.run())
    for _ in range(50):
        await asyncio.sleep(0)
    assert not task.done()
    task.cancel()
    assert (await memory.interview(well.interview.id)).state is InterviewState.LIVE
    assert (await memory.interview(sick.interview.id)).state is InterviewState.PREFLIGHT
    assert sick.interview == await memory.interview(sick.interview.id), "memory holds nothing the store does not"
