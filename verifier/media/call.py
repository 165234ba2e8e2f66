"""One call: two legs, their generations, and the link between them. One rule: a leg's troubles stay its own.

Each leg reconnects as a new generation; the other leg's peer connection runs on and goes on receiving one stream.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field

import structlog

from verifier.core.model import InterviewId, Role
from verifier.core.samples import ConnectionState, ServerSample
from verifier.errors import NotFound, PeerRefused
from verifier.media.frames import FrameSampler
from verifier.media.leg import Leg
from verifier.media.measure import sample_of
from verifier.media.recording import CallRecorder
from verifier.media.settings import MediaSettings
from verifier.ports import Clock, LegEvent, LegOffer

_log = structlog.get_logger(__name__)


def _ignore(_event: LegEvent) -> None:
    """Nobody listens yet."""


@dataclass(slots=True)
class LegSlot:
    """One participant's place in the call, over all generations."""

    generation: int = 0
    sequence: int = 0
    leg: Leg | None = None
    on_event: Callable[[LegEvent], None] = _ignore
    websocket_rtt_ms: float | None = None
    opening: asyncio.Lock = field(default_factory=asyncio.Lock)


class Call:
    """Both legs of one interview."""

    def __init__(self, interview_id: InterviewId, clock: Clock, settings: MediaSettings, frames: FrameSampler) -> None:
        """``frames`` samples the freelancer's video."""
        self.interview_id = interview_id
        self.frames = frames
        self.loop_lag_s = 0.0
        """Worst lag since the last sample; the engine's pulse raises it."""
        self._clock, self._settings = clock, settings
        self._slots = {role: LegSlot() for role in Role}
        self._recorder: CallRecorder | None = None
        self._closed = False

    async def open_leg(self, role: Role, on_event: Callable[[LegEvent], None]) -> LegOffer:
        """Open the next generation of a leg, closing the one before.

        Raises:
            NotFound: the call was closed meanwhile.
            MediaFull: no UDP port is free.
        """
        slot = self._slots[role]
        async with slot.opening:
            await self._close_slot(slot)
            if self._closed:
                raise NotFound("This call is closed.")
            slot.generation += 1
            slot.on_event = on_event
            leg = Leg(self.interview_id, role, slot.generation, self._clock, self._settings, self._changed)
            slot.leg = leg
            try:
                sdp = await leg.offer()
            except BaseException:
                await leg.close()
                raise
            if role is Role.FREELANCER:
                self.frames.start_source(leg.streams.want_picture)
                leg.streams.tap = self.frames.push
            if self._recorder is not None:
                self._recorder.start_source(role, leg.streams)
            return LegOffer(leg.generation, sdp)

    def current(self, role: Role, generation: int) -> Leg:
        """The leg, if ``generation`` is its current one.

        Raises:
            NotFound: the leg was never opened.
            PeerRefused: another generation is current.
        """
        leg = self._slots[role].leg
        if leg is None:
            raise NotFound("This leg is not open.")
        if leg.generation != generation:
            raise PeerRefused("This belongs to an older connection.")
        return leg

    def note_websocket_rtt(self, role: Role, rtt_ms: float) -> None:
        """Remember the signalling round trip in ms."""
        self._slots[role].websocket_rtt_ms = rtt_ms

    def record(self, recorder: CallRecorder) -> None:
        """Record what comes from now on, over all generations; one recorder for a call."""
        if self._recorder is not None or self._closed:
            return
        self._recorder = recorder
        for role, slot in self._slots.items():
            if slot.leg is not None:
                recorder.start_source(role, slot.leg.streams)

    def tick(self, now_s: float) -> None:
        """Run both legs' timers, and the recorder's."""
        for slot in self._slots.values():
            if slot.leg is not None:
                slot.leg.tick(now_s)
        if self._recorder is not None:
            self._recorder.tick(now_s)

    def sample(self, now_s: float) -> tuple[ServerSample, ...]:
        """One row per leg that was ever opened."""
        at_ms, lag_ms = self._clock.now_ms(), self.loop_lag_s * 1000
        self.loop_lag_s = 0.0
        rows = []
        for slot in self._slots.values():
            if slot.leg is None:
                continue
            row = sample_of(slot.leg, sequence=slot.sequence, at_ms=at_ms, now_s=now_s,
                            websocket_rtt_ms=slot.websocket_rtt_ms, loop_lag_ms=lag_ms)  # fmt: skip
            rows.append(row)
            slot.sequence += 1
        return tuple(rows)

    async def close_leg(self, role: Role) -> None:
        """Close the leg's current generation; its rows go on and say so."""
        slot = self._slots[role]
        async with slot.opening:
            await self._close_slot(slot)

    async def close(self) -> None:
        """Close both legs."""
        self._closed = True
        for role in Role:
            await self.close_leg(role)
        self.frames.close()
        if self._recorder is not None:
            await self._recorder.close()

    async def _close_slot(self, slot: LegSlot) -> None:
        if slot.leg is not None:
            await slot.leg.close()

    def _changed(self, leg: Leg) -> None:
        slot = self._slots[leg.role]
        if slot.leg is leg:
            self._link()
        _log.info("media_leg_changed", interview_id=self.interview_id, leg=leg.role.value, generation=leg.generation,
                  connection=leg.connection.value)  # fmt: skip
        event = LegEvent(self.interview_id, leg.role, leg.generation, leg.connection, self._clock.now_ms())
        try:
            slot.on_event(event)
        except Exception:
            _log.exception("media_event_handler_failed", interview_id=self.interview_id, leg=leg.role.value)

    def _link(self) -> None:
        legs = [slot.leg for slot in self._slots.values() if slot.leg is not None]
        alive = [leg for leg in legs if leg.transport.connected and leg.connection is not ConnectionState.CLOSED]
        linked = alive if len(alive) == len(Role) else []
        for leg in legs:
            peer = next((other.streams for other in linked if leg in linked and other is not leg), None)
            if peer is not None and leg.streams.peer is not peer:
                leg.streams.want_picture()
            leg.streams.peer = peer
