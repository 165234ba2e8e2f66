"""The embedded media engine: the ``MediaEngine`` port in this process. One rule: one timer serves every leg.

Built by ``app``, called by the services; raises only what the port promises.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable

import structlog

from verifier.core.model import InterviewId, Role
from verifier.core.quality.image import FaceDetector
from verifier.core.samples import FrameSample, ServerSample
from verifier.errors import NotFound, PeerRefused
from verifier.media.call import Call
from verifier.media.frames import FrameSampler, FrameWorker
from verifier.media.leg import Leg
from verifier.media.recording import CallRecorder
from verifier.media.sdp import AUDIO_MID, VIDEO_MID
from verifier.media.settings import MediaSettings
from verifier.ports import Clock, IceCandidate, LegEvent, LegOffer
from verifier.ports.recording import RecordingSink

_log = structlog.get_logger(__name__)
_PULSE_S = 0.02


class EmbeddedMediaEngine:
    """Carries calls inside this process."""

    def __init__(self, clock: Clock, settings: MediaSettings, face_detector: FaceDetector) -> None:
        """Nothing is opened until the first leg.

        Args:
            clock: stamps rows and events; intervals are measured on the monotonic clock.
            settings: addresses and ports.
            face_detector: OpenCV's ``CascadeClassifier`` or alike, used from one worker thread only.
        """
        self._clock, self._settings = clock, settings
        self._worker = FrameWorker(face_detector)
        self._calls: dict[InterviewId, Call] = {}
        self._pulse: asyncio.Task[None] | None = None

    async def open_leg(self, interview_id: InterviewId, role: Role, on_event: Callable[[LegEvent], None]) -> LegOffer:
        """See ``MediaEngine.open_leg``."""
        call = self._calls.get(interview_id)
        if call is None:
            frames = FrameSampler(interview_id, self._clock, self._worker)
            call = self._calls[interview_id] = Call(interview_id, self._clock, self._settings, frames)
        if self._pulse is None:
            self._pulse = asyncio.create_task(self._beat())
        return await call.open_leg(role, on_event)

    async def accept_answer(self, interview_id: InterviewId, role: Role, generation: int, sdp: str) -> None:
        """See ``MediaEngine.accept_answer``."""
        self._leg(interview_id, role, generation).accept(sdp)

    async def add_candidate(
        self, interview_id: InterviewId, role: Role, generation: int, candidate: IceCandidate
    ) -> None:
        """See ``MediaEngine.add_candidate``."""
        leg = self._leg(interview_id, role, generation)
        if candidate.sdp_mid not in (None, "", AUDIO_MID, VIDEO_MID):
            raise PeerRefused("This candidate names a media section that was not offered.")
        await leg.add_candidate(candidate.candidate)

    def sample(self, interview_id: InterviewId) -> tuple[ServerSample, ...]:
        """See ``MediaEngine.sample``."""
        call = self._calls.get(interview_id)
        return () if call is None else call.sample(time.monotonic())

    def take_frames(self, interview_id: InterviewId) -> tuple[FrameSample, ...]:
        """See ``MediaEngine.take_frames``."""
        call = self._calls.get(interview_id)
        return () if call is None else call.frames.take()

    def watch_frames(self, interview_id: InterviewId, *, every_frame: bool) -> None:
        """See ``MediaEngine.watch_frames``."""
        call = self._calls.get(interview_id)
        if call is not None:
            call.frames.watch(every_frame=every_frame)

    def record(self, interview_id: InterviewId, sink: RecordingSink) -> None:
        """See ``MediaEngine.record``."""
        call = self._calls.get(interview_id)
        if call is not None:
            call.record(CallRecorder(self._clock, sink))

    def note_websocket_rtt(self, interview_id: InterviewId, role: Role, rtt_ms: float) -> None:
        """See ``MediaEngine.note_websocket_rtt``."""
        call = self._calls.get(interview_id)
        if call is not None:
            call.note_websocket_rtt(role, rtt_ms)

    async def close_leg(self, interview_id: InterviewId, role: Role) -> None:
        """See ``MediaEngine.close_leg``."""
        call = self._calls.get(interview_id)
        if call is not None:
            await call.close_leg(role)

    async def close_call(self, interview_id: InterviewId) -> None:
        """See ``MediaEngine.close_call``."""
        call = self._calls.pop(interview_id, None)
        if call is not None:
            await call.close()
        if not self._calls:
            await self._stop_pulse()

    async def close(self) -> None:
        """See ``MediaEngine.close``."""
        for interview_id in list(self._calls):
            await self.close_call(interview_id)
        await self._stop_pulse()
        self._worker.close()

    def _leg(self, interview_id: InterviewId, role: Role, generation: int) -> Leg:
        call = self._calls.get(interview_id)
        if call is None:
            raise NotFound("This call is not open.")
        return call.current(role, generation)

    async def _stop_pulse(self) -> None:
        pulse, self._pulse = self._pulse, None
        if pulse is not None:
            pulse.cancel()
            await asyncio.wait([pulse])

    async def _beat(self) -> None:
        due = time.monotonic() + _PULSE_S
        while True:
            await asyncio.sleep(max(0.0, due - time.monotonic()))
            now = time.monotonic()
            for call in list(self._calls.values()):
                call.loop_lag_s = max(call.loop_lag_s, now - due)
                try:
                    call.tick(now)
                except Exception:
                    _log.exception("media_tick_failed", interview_id=call.interview_id)
            due = now + _PULSE_S
