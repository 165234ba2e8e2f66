"""The WebSocket over a real server: who may speak, what a bad message does (nothing), and how it ends."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from typing import Any, cast

import pytest
from aiohttp import ClientWebSocketResponse, WSMsgType, WSServerHandshakeError, web
from aiohttp.test_utils import TestClient

from tests.core.rows import Call
from tests.fakes import FakeUnits
from tests.service.stage import CASE, F, I, Stage
from verifier.core.access import Audience, Session, TicketGrant, fingerprint
from verifier.core.messages import MAX_MESSAGE_BYTES, MESSAGE_BURST, Banner, to_wire
from verifier.core.model import (
    InterviewId,
    InterviewState,
    Role,
    StaffRole,
    VerificationId,
    VerificationStatus,
)
from verifier.errors import MediaFull, OurError
from verifier.service.calls import LiveCall
from verifier.service.joining import session_topic
from verifier.web import signalling
from verifier.web.admission import Signalling
from verifier.web.bus import InProcessBus
from verifier.web.dispatch import CallVerbs
from verifier.web.signalling import websocket_handler

ORIGIN = "https://verify.example.org"


@dataclass
class Door:
    """A server with ``/ws`` and a stage behind it."""

    stage: Stage
    bus: InProcessBus
    client: TestClient[Any, Any]
    call: LiveCall

    async def ticket(self, role: Role, *, valid_ms: int = 30_000, name: str = "", **changes: Any) -> str:
        """A fresh ticket of one side of the call, with its session."""
        secret = self.stage.entropy.token()
        session = Session(name or fingerprint(secret + "s"), Audience.FREELANCER, 0, 2**50, CASE)
        mine: dict[str, Any] = {"verification_id": CASE} if role is F else {"interview_id": self.call.interview.id}
        grant = TicketGrant(
            fingerprint(secret), role, self.stage.clock.now_ms() + valid_ms, session.token_hash, **(mine | changes)
        )
        async with self.stage.units() as unit:
            if await unit.sessions.by_hash(session.token_hash) is None:
                await unit.sessions.add(session)
            await unit.tickets.add(grant)
        return secret

    async def knock(self, first: Any, **headers: str) -> ClientWebSocketResponse:
        """A connected socket that has sent its first frame."""
        ws: ClientWebSocketResponse = await self.client.ws_connect(
            "/ws", headers={"Origin": ORIGIN, **headers}, max_msg_size=0
        )
        await (ws.send_bytes(first) if isinstance(first, bytes) else ws.send_str(first))
        return ws

    async def enter(self, role: Role, *, last_sequence: int = 0, **changes: Any) -> ClientWebSocketResponse:
        """A socket of one side, admitted."""
        ticket = await self.ticket(role, **changes)
        return await self.knock(json.dumps({"type": "ticket", "ticket": ticket, "last_sequence": last_sequence}))


async def until(ws: ClientWebSocketResponse, kind: str, /, **fields: Any) -> dict[str, Any]:
    """The next message of one type with these fields."""
    async with asyncio.timeout(5):
        while True:
            message = await ws.receive_json()
            if message["type"] == kind and all(message.get(name) == value for name, value in fields.items()):
                found: dict[str, Any] = message
                return found


async def end_of(ws: ClientWebSocketResponse) -> int | None:
    """The close code, everything before it read."""
    async with asyncio.timeout(5):
        while not ws.closed:
            if (await ws.receive()).type in {WSMsgType.CLOSE, WSMsgType.CLOSED, WSMsgType.CLOSING}:
                break
    return ws.close_code


async def quiet(check: Callable[[], bool]) -> None:
    """Let the server finish what it is doing."""
    async with asyncio.timeout(5):
        while not check():  # noqa: ASYNC110  the server has no event for a test to wait on
            await asyncio.sleep(0)


@pytest.fixture
async def door(aiohttp_client: Any) -> AsyncIterator[Door]:
    """A live call behind a real socket."""
    async with opened(aiohttp_client) as built:
        yield built


@asynccontextmanager
async def opened(aiohttp_client: Any) -> AsyncIterator[Door]:
    stage, bus = Stage(FakeUnits()), InProcessBus()
    stage.bus = bus  # type: ignore[assignment]
    stage.start_process()
    verbs = CallVerbs(stage.interviewing, stage.connecting, stage.measuring, stage.stills)
    hub = Signalling(stage.units, stage.clock, bus, stage.calls, stage.waiting, verbs)
    app = web.Application()
    app.router.add_get("/ws", websocket_handler(hub, ORIGIN))
    client = await aiohttp_client(app)
    anna = await stage.interviewer()
    await stage.waits()
    yield Door(stage, bus, client, await stage.live(anna, Call(5)))
    bus.close_all()


# ---------------------------------------------------------------- the ticket


async def refused(door: Door, first: Any) -> str:
    ws = await door.knock(first)
    answer = await until(ws, "error")
    assert await end_of(ws) == signalling.CLOSE_REFUSED
    return str(answer["code"])


async def test_the_first_message_is_a_ticket(door: Door) -> None:
    assert await refused(door, '{"type":"chat","text":"hello"}') == "ticket_refused"
    assert await refused(door, "{") == "invalid_input"
    assert await refused(door, b"\x00") == "invalid_input"
    assert await refused(door, '{"type":"pong","nonce":' + "9" * 5_000 + "}") == "invalid_input"
    assert await refused(door, '{"type":"ticket","ticket":"unknown"}') == "ticket_refused"


async def test_a_ticket_works_once(door: Door) -> None:
    ticket = await door.ticket(F)
    first = json.dumps({"type": "ticket", "ticket": ticket})
    ws = await door.knock(first)
    assert (await until(ws, "welcome"))["role"] == "freelancer"
    assert await refused(door, first) == "ticket_refused"
    await ws.send_json({"type": "chat", "text": "still here"})
    assert (await until(ws, "log", kind="chat"))["body"] == {"text": "still here"}


async def test_a_ticket_runs_out(door: Door) -> None:
    ticket = await door.ticket(F, valid_ms=30_000)
    door.stage.clock.advance(ms=30_000)
    assert await refused(door, json.dumps({"type": "ticket", "ticket": ticket})) == "ticket_refused"


async def test_a_ticket_of_a_revoked_session_is_refused(door: Door) -> None:
    ticket = await door.ticket(I, name="taken-over")
    async with door.stage.units() as unit:
        await unit.sessions.revoke("taken-over", door.stage.clock.now_ms())
    assert await refused(door, json.dumps({"type": "ticket", "ticket": ticket})) == "ticket_refused"


async def test_a_ticket_of_a_session_that_has_run_out_is_refused(door: Door) -> None:
    async with door.stage.units() as unit:
        await unit.sessions.add(Session("old", Audience.FREELANCER, 0, door.stage.clock.now_ms(), CASE))
    ticket = await door.ticket(F, name="old")
    assert await refused(door, json.dumps({"type": "ticket", "ticket": ticket})) == "ticket_refused"


@pytest.mark.parametrize("how", ["revoked", "expired"])
async def test_a_socket_does_not_outlive_its_session(door: Door, monkeypatch: pytest.MonkeyPatch, how: str) -> None:
    monkeypatch.setattr(signalling, "PING_INTERVAL_S", 0.001)
    now_ms = door.stage.clock.now_ms()
    async with door.stage.units() as unit:
        await unit.sessions.add(Session("mine", Audience.FREELANCER, 0, now_ms + 60_000, CASE))
    ws = await door.enter(F, name="mine")
    for _ in range(3 * signalling.PINGS_PER_CHECK):
        await until(ws, "ping")
    if how == "expired":
        door.stage.clock.advance(ms=60_000)
    else:
        async with door.stage.units() as unit:
            await unit.sessions.revoke("mine", now_ms)
    assert await until(ws, "error", code="not_authenticated")
    assert await end_of(ws) == signalling.CLOSE_REFUSED


async def test_a_database_that_does_not_answer_closes_no_socket(door: Door) -> None:
    def away(**_: object) -> Any:
        raise OurError("The database is held by another process for too long.")

    stage, nobody = door.stage, cast(Any, None)
    assert await Signalling(away, stage.clock, door.bus, stage.calls, stage.waiting, nobody).alive(
        TicketGrant("t", F, 0, "mine")
    )


async def test_a_socket_that_stays_silent_is_closed(door: Door, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(signalling, "TICKET_TIMEOUT_S", 0.01)
    ws = await door.client.ws_connect("/ws", headers={"Origin": ORIGIN})
    assert (await until(ws, "error"))["code"] == "invalid_input"
    assert await end_of(ws) == signalling.CLOSE_REFUSED


async def test_pages_of_another_origin_get_no_socket(door: Door) -> None:
    for origin in ("https://evil.example", "null", "http://verify.example.org", ORIGIN + ".evil.example"):
        with pytest.raises((WSServerHandshakeError, ConnectionError)):
            await door.client.ws_connect("/ws", headers={"Origin": origin})
    with pytest.raises((WSServerHandshakeError, ConnectionError)):
        await door.client.ws_connect("/ws")
    ws = await door.client.ws_connect("/ws", headers={"Origin": ORIGIN})
    await ws.close()


async def test_a_ticket_for_a_call_that_is_over_is_told_so(door: Door) -> None:
    ticket = await door.ticket(I, interview_id=door.call.interview.id)
    await door.stage.interviewing.leave(door.call.interview.id, F)
    assert await refused(door, json.dumps({"type": "ticket", "ticket": ticket})) == "not_found"


# ---------------------------------------------------------------- bad messages


BAD = {
    "{": "invalid_input",
    "[]": "invalid_input",
    '{"type":"teleport"}': "invalid_input",
    '{"type":"chat","text":"x","to":"all"}': "invalid_input",
    '{"type":"chat","text":"\\ud800"}': "invalid_input",
    '{"type":"stats","generation":NaN}': "invalid_input",
    '{"type":"pong","nonce":Infinity}': "invalid_input",
    '{"type":"pong","nonce":' + "7" * 5_000 + "}": "invalid_input",
    '{"type":"pong","nonce":' + "7" * 400 + "}": "invalid_input",
    '{"type":"chat","text":' + '{"a":' * 900 + "1" + "}" * 900 + "}": "invalid_input",
    '{"type":"chat","text":"   "}': "invalid_input",
    '{"type":"chat","text":"' + "x" * MAX_MESSAGE_BYTES + '"}': "too_large",
    '{"type":"run_start","item_key":"identity.city"}': "not_allowed",
    '{"type":"run_answer","run_id":"r","answer":"consistent"}': "not_allowed",
    '{"type":"complete"}': "not_allowed",
    '{"type":"flag","kind":"fraud"}': "not_allowed",
    '{"type":"flag","kind":"telemetry"}': "not_allowed",
    '{"type":"run_code","run_id":"unknown","code":"1234"}': "conflict",
    '{"type":"ticket","ticket":"again"}': "illegal_state",
    '{"type":"answer","generation":9,"sdp":"v=0"}': "peer_refused",
    '{"type":"candidate","generation":1,"candidate":"nonsense"}': "peer_refused",
}


async def test_every_bad_message_gets_its_error_and_the_call_goes_on(door: Door) -> None:
    ws = await door.enter(F)
    before = door.stage.units.state  # type: ignore[attr-defined]
    await until(ws, "checklist")
    for frame, code in BAD.items():
        await ws.send_str(frame)
        assert (await until(ws, "error"))["code"] == code, frame[:80]
    await ws.send_bytes(b"\x00\x01")
    assert (await until(ws, "error"))["code"] == "invalid_input"
    after = door.stage.units.state  # type: ignore[attr-defined]
    assert (after.runs, after.flags, after.log) == (before.runs, before.flags, before.log), "nothing was written"
    await ws.send_json({"type": "chat", "text": "still here"})
    await until(ws, "log", kind="chat")


async def test_an_illegal_state_is_said_to_the_interviewer(door: Door) -> None:
    ws = await door.enter(I)
    await ws.send_json({"type": "run_answer", "run_id": "unknown", "answer": "consistent"})
    assert await until(ws, "error", code="conflict", in_reply_to="run_answer")
    await ws.send_json({"type": "run_start", "item_key": "identity.nothing"})
    assert await until(ws, "error", code="not_found", in_reply_to="run_start")
    await ws.send_json({"type": "run_start", "item_key": "identity.city"})
    assert (await until(ws, "checklist", current="identity.city"))["run_id"]


@pytest.mark.parametrize("binary", [False, True])
async def test_a_flood_is_told_to_slow_down_and_the_call_goes_on(
    door: Door, monkeypatch: pytest.MonkeyPatch, binary: bool
) -> None:
    monkeypatch.setattr("verifier.web.dispatch.MESSAGES_PER_SECOND", 0.0)
    ws = await door.enter(F)
    await until(ws, "checklist")
    for _ in range(MESSAGE_BURST + 5):
        await (ws.send_bytes(b"\x00") if binary else ws.send_str('{"type":"teleport"}'))
    codes = [(await until(ws, "error"))["code"] for _ in range(MESSAGE_BURST + 5)]
    assert codes[:50] == ["invalid_input"] * 50 and codes[-5:] == ["rate_limited"] * 5
    monkeypatch.setattr("verifier.web.dispatch.MESSAGES_PER_SECOND", 1e9)
    await ws.send_json({"type": "chat", "text": "calm again"})
    await until(ws, "log", kind="chat")


async def test_an_oversized_frame_ends_the_socket_and_not_the_call(door: Door) -> None:
    ws = await door.enter(F)
    await until(ws, "checklist")
    await ws.send_str("x" * (3 * MAX_MESSAGE_BYTES))
    assert await end_of(ws) == 1009
    again = await door.enter(F)
    assert (await until(again, "welcome"))["state"] == InterviewState.LIVE


# ---------------------------------------------------------------- both sides


async def test_what_one_side_says_reaches_both_and_is_replayed_after_a_reconnect(door: Door) -> None:
    freelancer, interviewer = await door.enter(F), await door.enter(I)
    await until(freelancer, "checklist")
    await until(interviewer, "checklist")
    await interviewer.send_json({"type": "chat", "text": "one"})
    for ws in (freelancer, interviewer):
        last = await until(ws, "log", kind="chat")
    await freelancer.close()
    await interviewer.send_json({"type": "flag", "kind": "fraud", "note": "looks aside"})
    await interviewer.send_json({"type": "chat", "text": "two"})
    await until(interviewer, "log", body={"text": "two"})
    again = await door.enter(F, last_sequence=last["sequence"])
    welcome = await until(again, "welcome")
    assert welcome["peer_name"] == door.call.interviewer_pseudonym
    entries = []
    while (message := await again.receive_json())["type"] == "log":
        entries.append(message["body"])
    assert entries == [{"text": "two"}]


async def test_a_pong_gives_the_signalling_round_trip(door: Door) -> None:
    ws = await door.enter(F)
    ping = await until(ws, "ping")
    await ws.send_json({"type": "pong", "nonce": ping["nonce"]})
    measured = door.stage.media.calls[door.call.interview.id].websocket_rtt_ms
    await quiet(lambda: F in measured)
    await ws.send_json({"type": "pong", "nonce": 77})
    await ws.send_json({"type": "chat", "text": "x"})
    await until(ws, "log", kind="chat")


async def test_a_newer_session_takes_over_and_the_older_socket_closes(door: Door) -> None:
    ws = await door.enter(F, name="older")
    await until(ws, "checklist")
    door.bus.publish(session_topic("older"), to_wire(Banner(code="taken_over", side=F)))
    assert await until(ws, "banner", code="taken_over")
    assert await end_of(ws) == signalling.CLOSE_TAKEN_OVER


async def test_the_end_is_told_to_both_and_closes_both(door: Door) -> None:
    freelancer, interviewer = await door.enter(F), await door.enter(I)
    await until(freelancer, "checklist")
    await until(interviewer, "checklist")
    await freelancer.send_json({"type": "abort"})
    for ws in (freelancer, interviewer):
        ended = await until(ws, "ended")
        assert (ended["cause"], ended["conclusive"], ended["next"]) == ("quality_abort", False, "retry")
        assert await end_of(ws) == signalling.CLOSE_OVER


async def test_the_server_can_close_every_socket(door: Door) -> None:
    ws = await door.enter(F)
    await until(ws, "checklist")
    door.bus.close_all()
    assert await end_of(ws) == signalling.CLOSE_OVER


# ---------------------------------------------------------------- the waiting room


async def waiting(door: Door) -> ClientWebSocketResponse:
    """A second case's freelancer in the waiting room."""
    await door.stage.waits("ver_2")
    door.stage.waiting.depart(VerificationId("ver_2"))
    return await door.enter(F, verification_id="ver_2")


async def test_a_waiting_page_enters_the_call_when_it_is_taken(door: Door) -> None:
    ws = await waiting(door)
    assert (await until(ws, "welcome"))["interview_id"] is None
    await ws.send_json({"type": "chat", "text": "anybody?"})
    assert await until(ws, "error", code="illegal_state", in_reply_to="chat")
    await door.stage.waiting.tick()
    assert (await until(ws, "waiting"))["position"] == 1
    ben = await door.stage.interviewer("per_ben")
    id_ = await door.stage.taking.take_next(ben)
    welcome = await until(ws, "welcome")
    assert (welcome["interview_id"], welcome["state"]) == (id_, "created")
    await until(ws, "checklist")
    await ws.send_json({"type": "ready"})
    assert (await until(ws, "offer"))["generation"] == 1
    await quiet(lambda: not door.stage.calls.is_waiting(door.stage.calls.get(InterviewId(id_)).verification.id))


async def test_leaving_the_waiting_room_closes_the_page_and_keeps_the_link(door: Door) -> None:
    ws = await waiting(door)
    await until(ws, "welcome")
    await ws.send_json({"type": "leave"})
    assert await end_of(ws) == signalling.CLOSE_OVER
    case = await door.stage.case(VerificationId("ver_2"))
    assert case.status is VerificationStatus.AWAITING_FREELANCER


async def test_a_case_that_is_closed_has_no_waiting_room(door: Door) -> None:
    await door.stage.waits("ver_3")
    async with door.stage.units() as unit:
        case = await unit.verifications.get(VerificationId("ver_3"))
        await unit.verifications.save(replace(case, status=VerificationStatus.CANCELLED), case.status)
    ws = await door.enter(F, verification_id="ver_3")
    assert (await until(ws, "error"))["code"] == "illegal_state"
    assert await end_of(ws) == signalling.CLOSE_REFUSED


# ---------------------------------------------------------------- sessions that end elsewhere


async def _staff_socket(door: Door, **session: Any) -> ClientWebSocketResponse:
    """The interviewer's socket with a staff session, which another process can end."""
    anna = door.call.interview.interviewer_id
    held = Session("staff", Audience.STAFF, 0, 2**50, person_id=anna, **session)
    async with door.stage.units() as unit:
        await unit.sessions.add(held)
    ws = await door.enter(I, name="staff", person_id=anna)
    await until(ws, "checklist")
    return ws


async def test_a_session_that_another_process_ended_loses_its_socket(
    door: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(signalling, "PING_INTERVAL_S", 0.01)
    interviewer, freelancer = await _staff_socket(door), await door.enter(F)
    async with door.stage.units() as unit:
        await unit.sessions.revoke("staff", door.stage.clock.now_ms())
    assert await until(interviewer, "error", code="not_authenticated")
    assert await end_of(interviewer) == signalling.CLOSE_REFUSED
    await freelancer.send_json({"type": "chat", "text": "still here"})
    assert await until(freelancer, "log", kind="chat"), "the other side keeps its own"


@pytest.mark.parametrize("change", [{"disabled_ms": 1}, {"roles": frozenset({StaffRole.REVIEWER})}])
async def test_the_call_of_an_interviewer_whom_another_process_dismissed_ends(
    door: Door, monkeypatch: pytest.MonkeyPatch, change: dict[str, Any]
) -> None:
    monkeypatch.setattr(signalling, "PING_INTERVAL_S", 0.01)
    await _staff_socket(door)
    freelancer = await door.enter(F)
    async with door.stage.units() as unit:
        anna = await unit.people.get(door.call.interview.interviewer_id)
        await unit.people.save(replace(anna, **change))
    ended = await until(freelancer, "ended")
    assert (ended["cause"], ended["conclusive"]) == ("interviewer_left", False)


async def test_an_open_socket_keeps_a_session_from_being_idle(door: Door, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(signalling, "PING_INTERVAL_S", 0.01)
    now_ms = door.stage.clock.now_ms()
    await _staff_socket(door, seen_ms=now_ms - 59_000)
    door.stage.clock.advance(s=1)

    def seen() -> int | None:
        seen_ms: int | None = door.stage.units.state.sessions["staff"].seen_ms  # type: ignore[attr-defined]
        return seen_ms

    await quiet(lambda: seen() == now_ms + 1_000)


async def test_a_server_without_a_free_port_says_so_and_goes_on(door: Door) -> None:
    ws = await door.enter(F)
    await until(ws, "welcome")
    door.stage.media.refusing = MediaFull()
    await ws.send_json({"type": "ready"})
    assert (await until(ws, "error", in_reply_to="ready"))["code"] == "media_full"
    assert door.call.unreached == {F}
    door.stage.media.refusing = None
    await ws.send_json({"type": "ready"})
    assert (await until(ws, "offer"))["relay_only"] is False
