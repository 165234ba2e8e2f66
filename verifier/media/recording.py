"""Recording one call. One rule: encoded media as it passes, decoded by nobody, and the call never waits for it.

``call`` taps both legs into here once the call is to be recorded; a block a second and participant goes to the sink.
What the sink does not take is lost, and so is everything until the next key frame: a gap that stays one.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import partial

from verifier.core.model import Role
from verifier.core.recording import GAP_MS
from verifier.media.assembly import FrameAssembler
from verifier.media.records import Kind, Record, packed
from verifier.media.rtp import OPUS, OPUS_HZ, VIDEO_HZ, RtpPacket
from verifier.media.streams import LegStreams
from verifier.media.timebase import TimeBase
from verifier.ports import Clock
from verifier.ports.recording import RecordingSink

BLOCK_S = 0.9
"""A block is handed over after this time, so that writing it too lies within the second that a crash may cost."""
_AUDIO_PATIENCE_MS = 2_000.0
"""Sound keeps its pace through a short stall, for players count samples; a picture may stand still."""
_PICTURE_INTERVAL_S = 2.0


class _Participant:
    """What of one participant waits to be handed over."""

    def __init__(self) -> None:
        self.waiting: list[Record] = []
        self.frames = FrameAssembler()
        self.frames.start(every_frame=True)
        self.want_picture: Callable[[], None] = lambda: None
        self.asked_at = -math.inf
        self.seen_ms = 0
        """When the newest video packet came."""
        self.audio, self.video = TimeBase(OPUS_HZ, _AUDIO_PATIENCE_MS), TimeBase(VIDEO_HZ, 0.0)

    def take(self, packet: RtpPacket, now_s: float, now_ms: int) -> None:
        if packet.payload_type == OPUS:
            if packet.payload:
                at_ms = self.audio.at(packet.ssrc, packet.timestamp, now_ms)
                self.waiting.append(Record(round(at_ms), Kind.OPUS, packet.payload))
            return
        if now_ms - self.seen_ms > GAP_MS:
            self.want_picture()
        self.seen_ms = now_ms
        for frame in self.frames.push(packet, now_s):
            at_ms = self.video.at(packet.ssrc, frame.timestamp, now_ms)
            self.waiting.append(Record(round(at_ms), Kind.VP8_KEY if frame.key else Kind.VP8_DELTA, frame.data))
        if self.frames.waiting and now_s - self.asked_at > _PICTURE_INTERVAL_S:
            self.asked_at = now_s
            self.want_picture()

    def start_source(self, streams: LegStreams) -> None:
        self.frames.lose()
        self.want_picture, self.asked_at = streams.want_picture, -math.inf

    def lose(self) -> None:
        self.frames.lose()
        self.asked_at = -math.inf


class CallRecorder:
    """Records both participants of one call."""

    def __init__(self, clock: Clock, sink: RecordingSink) -> None:
        """``clock`` is the one that stamps the rows of the metrics."""
        self.refused = 0
        """Blocks that the sink did not take."""
        self._clock, self._sink = clock, sink
        self._participants = {role: _Participant() for role in Role}
        self._due_at = -math.inf

    def start_source(self, role: Role, streams: LegStreams) -> None:
        """A participant's (new) connection is recorded from now on; a key frame is asked for."""
        participant = self._participants[role]
        participant.start_source(streams)
        streams.record = partial(self._take, participant)

    def tick(self, now_s: float) -> None:
        """Hand over what is due."""
        if now_s < self._due_at:
            return
        self._due_at = now_s + BLOCK_S
        self._hand_over()

    async def close(self) -> None:
        """Hand over the rest and wait until it is written."""
        self._hand_over()
        await self._sink.close()

    def _take(self, participant: _Participant, packet: RtpPacket, now_s: float) -> None:
        participant.take(packet, now_s, self._clock.now_ms())

    def _hand_over(self) -> None:
        for role, participant in self._participants.items():
            records, participant.waiting = participant.waiting, []
            if records and not self._sink.append(packed(role, records)):
                self.refused += 1
                participant.lose()
