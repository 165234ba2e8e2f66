"""The two legs of a call come, go and come back. One rule: a break is recorded as a break, the call stays the same.

The page asks for an offer with ``ready``; every offer is a new generation. The engine's events arrive on a queue and
are taken in order by ``run``.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace

import structlog

from verifier.core import checklist, events
from verifier.core.interview import CONVERSATION_STATES, InterviewEvent, accepts, next_state
from verifier.core.messages import Banner, IceServerInfo, Offer
from verifier.core.model import Interview, InterviewId, LogEntry, PlannedItem, Role, Verification
from verifier.core.policy import Policy
from verifier.core.samples import ConnectionState
from verifier.core.webhook import EventType
from verifier.errors import NotFound, OurError
from verifier.ports import (
    Clock,
    Entropy,
    IceAccess,
    IceCandidate,
    IceFor,
    LegEvent,
    MediaEngine,
    UnitOfWork,
    UnitOfWorkFactory,
)
from verifier.service.calls import Calls, LiveCall
from verifier.service.publishing import publish
from verifier.service.telling import Telling

_log = structlog.get_logger(__name__)


Record = Callable[[LiveCall], Awaitable[None]]


async def _unrecorded(_call: LiveCall) -> None:
    """Nothing records."""


class Connecting:
    """Opens legs and follows their connections."""

    def __init__(
        self,
        units: UnitOfWorkFactory,
        clock: Clock,
        entropy: Entropy,
        media: MediaEngine,
        calls: Calls,
        telling: Telling,
        policy: Policy,
        ice: IceFor = lambda _: IceAccess(),
        record: Record = _unrecorded,
    ) -> None:
        """``record`` is awaited once, when a call goes live; whether it may be recorded it asks itself."""
        self._units = units
        self._clock = clock
        self._entropy = entropy
        self._media = media
        self._calls = calls
        self._telling = telling
        self._policy = policy
        self._ice = ice
        self._record = record
        self._events: asyncio.Queue[LegEvent] = asyncio.Queue()

    async def ready(self, id_: InterviewId, role: Role) -> None:
        """The page wants a (new) peer connection: open the next generation and send its offer.

        Raises:
            MediaFull: no port is left; if that lasts, the call ends by our fault.
            NotFound: the call is over.
        """
        call = self._calls.get(id_)
        async with call.lock:
            call.require_going_on()
            if call.connections.get(role) is ConnectionState.CONNECTED:
                await self._lost(call, role, self._clock.now_ms())
            try:
                offer = await self._media.open_leg(id_, role, self._events.put_nowait)
            except OurError:
                call.unreached.add(role)
                raise
            call.generations[role] = offer.generation
            call.connections[role] = ConnectionState.CONNECTING
            if accepts(call.interview.state, InterviewEvent.OFFERED):
                await self._move(call, InterviewEvent.OFFERED)
            access = self._ice(f"{id_}.{role}")
            servers = tuple(IceServerInfo(one.urls, one.username, one.credential) for one in access.servers)
            self._telling.send(call, Offer(offer.generation, offer.sdp, servers, access.relay_only), role)

    async def answer(self, id_: InterviewId, role: Role, generation: int, sdp: str) -> None:
        """The browser's answer. Raises PeerRefused when it does not fit; the leg is unharmed."""
        await self._media.accept_answer(id_, role, generation, sdp)

    async def candidate(self, id_: InterviewId, role: Role, generation: int, candidate: IceCandidate) -> None:
        """A trickled candidate. Raises PeerRefused when it is malformed or stale."""
        await self._media.add_candidate(id_, role, generation, candidate)

    def websocket_rtt(self, id_: InterviewId, role: Role, rtt_ms: float) -> None:
        """The signalling round trip stands in until RTCP gives one."""
        self._media.note_websocket_rtt(id_, role, rtt_ms)

    async def run(self) -> None:
        """Take the engine's events until cancelled."""
        while True:
            event = await self._events.get()
            try:
                await self.take(event)
            except NotFound:
                continue
            except Exception:
                # One call's trouble must not end the loop that every other call's connections depend on.
                _log.exception("leg_event_failed", interview=event.interview_id)

    async def take(self, event: LegEvent) -> None:
        """Record one change of a leg's connection; events of older generations change nothing."""
        call = self._calls.get(event.interview_id)
        async with call.lock:
            if call.generations.get(event.role) != event.generation or call.ended_by is not None:
                return
            was = call.connections.get(event.role)
            call.connections[event.role] = event.connection
            if event.connection is ConnectionState.CONNECTED:
                call.unreached.discard(event.role)
                await self._connected(call, event.role, event.at_ms)
            elif was is ConnectionState.CONNECTED:
                await self._lost(call, event.role, event.at_ms)

    async def _connected(self, call: LiveCall, role: Role, at_ms: int) -> None:
        both = all(call.connections.get(side) is ConnectionState.CONNECTED for side in Role)
        break_ms = at_ms - call.broken_since_ms if both and call.broken_since_ms is not None else 0
        again = _codes_again(call) if break_ms > self._policy.outage_recheck_ms else ()
        moved, verification = _connected_as(call.interview, both, at_ms), call.verification
        async with self._units() as unit:
            entry = await self._log_connection(unit, call, role, ConnectionState.CONNECTED, at_ms)
            if moved.live_ms != call.interview.live_ms:
                verification = await self._tell_started(unit, moved)
            if moved != call.interview:
                await unit.interviews.save(moved)
            if again:
                await unit.interviews.extend_plan(moved.id, again)
        goes_live = moved.live_ms != call.interview.live_ms
        call.interview, call.verification, call.plan = moved, verification, (*call.plan, *again)
        if both:
            call.broken_since_ms = None
        self._telling.entries(call, entry)
        code = "recovered" if both else "peer_waiting"
        self._telling.send(call, Banner(code=code, side=None if both else role.other))
        self._telling.checklist(call)
        if goes_live:
            await self._record(call)

    async def _tell_started(self, unit: UnitOfWork, interview: Interview) -> Verification:
        verification = await unit.verifications.get(interview.verification_id)
        data = events.interview_started(interview)
        return await publish(unit, verification, EventType.INTERVIEW_STARTED, data, self._clock, self._entropy)

    async def _lost(self, call: LiveCall, role: Role, at_ms: int) -> None:
        state = call.interview.state
        deadline_ms = None
        if state in CONVERSATION_STATES and call.broken_since_ms is None:
            call.broken_since_ms = at_ms
        if call.broken_since_ms is not None:
            deadline_ms = call.broken_since_ms + self._policy.reconnect_grace_ms
        lost = accepts(state, InterviewEvent.LEG_LOST)
        moved = replace(call.interview, state=next_state(state, InterviewEvent.LEG_LOST)) if lost else call.interview
        async with self._units() as unit:
            entry = await self._log_connection(unit, call, role, ConnectionState.DISCONNECTED, at_ms)
            if lost:
                await unit.interviews.save(moved)
        call.interview = moved
        self._telling.entries(call, entry)
        self._telling.send(call, Banner(code="peer_lost", side=role, deadline_ms=deadline_ms))

    async def _move(self, call: LiveCall, event: InterviewEvent) -> None:
        moved = replace(call.interview, state=next_state(call.interview.state, event))
        async with self._units() as unit:
            await unit.interviews.save(moved)
        call.interview = moved

    async def _log_connection(
        self, unit: UnitOfWork, call: LiveCall, role: Role, state: ConnectionState, at_ms: int
    ) -> LogEntry:
        body: dict[str, object] = {"leg": role, "state": state, "generation": call.generations.get(role, 0)}
        return await unit.log.append(call.interview.id, at_ms, "connection", role, body)


def _connected_as(interview: Interview, both: bool, at_ms: int) -> Interview:
    """The interview after a leg has connected; its first live moment is set once."""
    event = InterviewEvent.BOTH_LEGS_CONNECTED if both else InterviewEvent.ONE_LEG_CONNECTED
    state = next_state(interview.state, event) if accepts(interview.state, event) else interview.state
    live_ms = at_ms if both and interview.live_ms is None else interview.live_ms
    return replace(interview, state=state, live_ms=live_ms)


def _codes_again(call: LiveCall) -> tuple[PlannedItem, ...]:
    """The next round of comprehension items."""
    return checklist.comprehension(1 + max(item.round for item in call.plan))
