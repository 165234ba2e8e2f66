"""A media engine that carries nothing and reports the call that a test has scripted. Fake of ports.MediaEngine.

The script is a ``tests.core.rows.Call``: what really happened, second by second. Rows come out as the clock reaches
them; legs connect and break when the test says so.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace

from tests.core.rows import T0, Call
from verifier.core.model import InterviewId, Role
from verifier.core.samples import BrowserSample, ConnectionState, FrameSample, InterviewRows, ServerSample
from verifier.errors import NotFound, PeerRefused
from verifier.ports import Clock, IceCandidate, LegEvent, LegOffer
from verifier.ports.recording import RecordingSink


@dataclass
class Leg:
    """One participant's place in one open call."""

    generation: int = 0
    sequence: int = 0
    on_event: Callable[[LegEvent], None] = lambda _event: None
    connection: ConnectionState = ConnectionState.CONNECTING


@dataclass
class OpenCall:
    """What the engine keeps of a call until it is closed."""

    legs: dict[Role, Leg] = field(default_factory=dict)
    frames_ms: int = 0
    every_frame: bool = False
    websocket_rtt_ms: dict[Role, float] = field(default_factory=dict)
    sink: RecordingSink | None = None


class FakeMediaEngine:
    """Legs with generations, events on demand, rows from the script of each call."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._scripts: dict[InterviewId, tuple[InterviewRows, int]] = {}
        self.calls: dict[InterviewId, OpenCall] = {}
        self.closed: list[InterviewId] = []
        self.refusing: Exception | None = None
        """Raised by ``open_leg`` instead of opening."""

    def script(self, id_: InterviewId, call: Call, live_ms: int) -> None:
        """Let a call report what ``call`` says, with its first live second at ``live_ms``."""
        self._scripts[id_] = (call.rows(), live_ms - T0)

    def change(self, id_: InterviewId, role: Role, connection: ConnectionState, generation: int | None = None) -> None:
        """A leg's connection changes now, of its current generation or of an older one."""
        leg = self.calls[id_].legs[role]
        if generation in (None, leg.generation):
            leg.connection = connection
        told = leg.generation if generation is None else generation
        leg.on_event(LegEvent(id_, role, told, connection, self._clock.now_ms()))

    def browser_rows(self, id_: InterviewId, after_ms: int) -> tuple[BrowserSample, ...]:
        """What the browsers of a scripted call have to report, from ``after_ms`` until now."""
        rows, shift = self._scripts[id_]
        now_ms = self._clock.now_ms()
        return tuple(
            replace(row, interview_id=id_, received_ms=row.received_ms + shift)
            for row in rows.browser
            if after_ms < row.received_ms + shift <= now_ms
        )

    async def open_leg(self, interview_id: InterviewId, role: Role, on_event: Callable[[LegEvent], None]) -> LegOffer:
        """The next generation of the leg; it is connecting."""
        if self.refusing is not None:
            raise self.refusing
        call = self.calls.setdefault(interview_id, OpenCall())
        leg = call.legs.setdefault(role, Leg())
        leg.generation, leg.on_event, leg.connection = leg.generation + 1, on_event, ConnectionState.CONNECTING
        return LegOffer(leg.generation, f"v=0 offer {leg.generation} for {role}")

    async def accept_answer(self, interview_id: InterviewId, role: Role, generation: int, sdp: str) -> None:
        """Accepts every description that begins like one."""
        self._current(interview_id, role, generation)
        if not sdp.startswith("v=0"):
            raise PeerRefused

    async def add_candidate(
        self, interview_id: InterviewId, role: Role, generation: int, candidate: IceCandidate
    ) -> None:
        """Accepts every candidate that begins like one, and the end of them."""
        self._current(interview_id, role, generation)
        if candidate.candidate and not candidate.candidate.startswith("candidate:"):
            raise PeerRefused

    def sample(self, interview_id: InterviewId) -> tuple[ServerSample, ...]:
        """The row of each opened leg that the script has reached."""
        call, script = self.calls.get(interview_id), self._scripts.get(interview_id)
        if call is None:
            return ()
        rows = self._newest(script) if script else {}
        return tuple(self._row(interview_id, role, leg, rows.get(role)) for role, leg in call.legs.items())

    def take_frames(self, interview_id: InterviewId) -> tuple[FrameSample, ...]:
        """Frames of the script since the last call."""
        call, script = self.calls.get(interview_id), self._scripts.get(interview_id)
        if call is None or script is None:
            return ()
        since, call.frames_ms = call.frames_ms, self._clock.now_ms()
        rows, shift = script
        return tuple(
            replace(one, interview_id=interview_id, at_ms=one.at_ms + shift)
            for one in rows.frames
            if since < one.at_ms + shift <= call.frames_ms
        )

    def watch_frames(self, interview_id: InterviewId, *, every_frame: bool) -> None:
        """Remembered in ``calls``."""
        if interview_id in self.calls:
            self.calls[interview_id].every_frame = every_frame

    def record(self, interview_id: InterviewId, sink: RecordingSink) -> None:
        """The sink is kept in ``calls``; a test appends what it wants recorded."""
        if interview_id in self.calls and self.calls[interview_id].sink is None:
            self.calls[interview_id].sink = sink

    def note_websocket_rtt(self, interview_id: InterviewId, role: Role, rtt_ms: float) -> None:
        """Remembered in ``calls``."""
        if interview_id in self.calls:
            self.calls[interview_id].websocket_rtt_ms[role] = rtt_ms

    async def close_leg(self, interview_id: InterviewId, role: Role) -> None:
        """The leg's rows go on and say that it is closed."""
        leg = self.calls[interview_id].legs.get(role) if interview_id in self.calls else None
        if leg is not None:
            leg.connection = ConnectionState.CLOSED

    async def close_call(self, interview_id: InterviewId) -> None:
        """Forget the call."""
        call = self.calls.pop(interview_id, None)
        if call is not None:
            self.closed.append(interview_id)
            if call.sink is not None:
                await call.sink.close()

    async def close(self) -> None:
        """Forget every call."""
        for interview_id in tuple(self.calls):
            await self.close_call(interview_id)

    def _current(self, id_: InterviewId, role: Role, generation: int) -> Leg:
        call = self.calls.get(id_)
        leg = call.legs.get(role) if call else None
        if leg is None:
            raise NotFound
        if leg.generation != generation or leg.connection is ConnectionState.CLOSED:
            raise PeerRefused
        return leg

    def _newest(self, script: tuple[InterviewRows, int]) -> dict[Role, ServerSample]:
        rows, shift = script
        return {row.leg: row for row in rows.server if row.at_ms + shift <= self._clock.now_ms()}

    def _row(self, id_: InterviewId, role: Role, leg: Leg, scripted: ServerSample | None) -> ServerSample:
        number, leg.sequence = leg.sequence, leg.sequence + 1
        row = scripted or next(row for row in Call(1).rows().server if row.leg is role)
        if scripted is None:
            row = replace(row, connection=leg.connection, connected_ms=None, generation=leg.generation)
        return replace(
            row,
            interview_id=id_,
            sequence=number,
            at_ms=self._clock.now_ms(),
            connected_ms=row.connected_ms and row.connected_ms + (self._scripts[id_][1] if scripted else 0),
        )
