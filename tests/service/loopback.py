"""A media engine that carries nothing and measures what a test tells it. Fake of ports.MediaEngine for checks."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from tests.contract.examples import server_sample
from verifier.core.model import InterviewId, Role
from verifier.core.samples import FrameSample, ReceiverReport, RtpCounters, ServerSample
from verifier.errors import NotFound, PeerRefused
from verifier.ports import Clock, IceCandidate, LegEvent, LegOffer


class LoopbackMedia:
    """Legs are open once both sides were answered; then each ``sample`` is one good second, changed by ``worsen``."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._seconds: dict[InterviewId, int] = {}
        self.open: dict[InterviewId, dict[Role, int]] = {}
        self.answered: dict[InterviewId, set[Role]] = {}
        self.worsen: Callable[[ServerSample], ServerSample] = lambda sample: sample

    async def open_leg(self, interview_id: InterviewId, role: Role, on_event: Callable[[LegEvent], None]) -> LegOffer:
        legs = self.open.setdefault(interview_id, {})
        legs[role] = legs.get(role, 0) + 1
        return LegOffer(legs[role], f"v=0 offer for {role}")

    async def accept_answer(self, interview_id: InterviewId, role: Role, generation: int, sdp: str) -> None:
        if role not in self.open.get(interview_id, {}):
            raise NotFound
        if generation != self.open[interview_id][role] or not sdp.startswith("v=0"):
            raise PeerRefused
        self.answered.setdefault(interview_id, set()).add(role)

    async def add_candidate(
        self, interview_id: InterviewId, role: Role, generation: int, candidate: IceCandidate
    ) -> None:
        raise PeerRefused

    def sample(self, interview_id: InterviewId) -> tuple[ServerSample, ...]:
        if interview_id not in self.open or self.answered.get(interview_id) != set(Role):
            return ()
        second = self._seconds[interview_id] = self._seconds.get(interview_id, 0) + 1
        return tuple(self.worsen(good_second(role, second, self._clock.now_ms())) for role in Role)

    def take_frames(self, interview_id: InterviewId) -> tuple[FrameSample, ...]:
        return ()

    def watch_frames(self, interview_id: InterviewId, *, every_frame: bool) -> None: ...

    def note_websocket_rtt(self, interview_id: InterviewId, role: Role, rtt_ms: float) -> None: ...

    async def close_leg(self, interview_id: InterviewId, role: Role) -> None:
        self.open.get(interview_id, {}).pop(role, None)

    async def close_call(self, interview_id: InterviewId) -> None:
        self.open.pop(interview_id, None)

    async def close(self) -> None:
        self.open.clear()


def good_second(leg: Role, second: int, at_ms: int) -> ServerSample:
    """Second number ``second`` (from 1) of a leg on a good link, connected since second 0."""
    report = ReceiverReport(ssrc=9, fraction_lost=0.0, packets_lost=0, jitter_ms=2.0, age_ms=300.0)
    return replace(
        server_sample(second),
        leg=leg,
        at_ms=at_ms,
        connected_ms=at_ms - 1_000 * second,
        audio=RtpCounters(ssrc=1, received=50 * second, expected=50 * second, bytes=4_000 * second, jitter_ms=3.0),
        video=RtpCounters(ssrc=2, received=80 * second, expected=80 * second, bytes=80_000 * second, jitter_ms=3.0),
        level_dbov=-20.0,
        sent_audio_packets=50 * second,
        sent_video_packets=80 * second,
        report_audio=report,
        report_video=report,
        rtt_ms=40.0,
    )
