"""Two people in a room without browsers: aiortc peers that answer the engine's offers over loopback."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import av
import numpy as np
from aiortc import RTCConfiguration, RTCPeerConnection, RTCSessionDescription
from aiortc.mediastreams import AudioStreamTrack, MediaStreamError, VideoStreamTrack

from verifier.core.model import InterviewId, Role
from verifier.core.samples import ConnectionState, ServerSample
from verifier.media import EmbeddedMediaEngine, MediaSettings
from verifier.ports import LegEvent

CALL = InterviewId("int_1")
LOOPBACK = MediaSettings(announced_address="127.0.0.1")
PATIENCE_S = 20.0
TONE_HZ, TONE_PEAK = 440, 8000

Drop = Callable[[bytes], bool]


class MonotonicClock:
    """The port's clock, without a date."""

    def now_ms(self) -> int:
        return int(time.monotonic() * 1000)


class NoFaces:
    """A detector that never finds anybody."""

    def detectMultiScale(self, *args: Any, **options: Any) -> tuple[()]:  # noqa: N802
        return ()


class Tone(AudioStreamTrack):
    """A sine of 440 Hz."""

    async def recv(self) -> av.AudioFrame:
        silent = await super().recv()
        times = np.arange(silent.pts, silent.pts + silent.samples) / silent.sample_rate
        wave = (np.sin(times * TONE_HZ * 2 * np.pi) * TONE_PEAK).astype(np.int16)
        frame = av.AudioFrame.from_ndarray(wave[np.newaxis, :], layout="mono")
        frame.pts, frame.sample_rate, frame.time_base = silent.pts, silent.sample_rate, silent.time_base
        return frame


class Noise(VideoStreamTrack):
    """A small picture that changes all the time."""

    def __init__(self) -> None:
        super().__init__()
        self._chance = np.random.default_rng(1)

    async def recv(self) -> av.VideoFrame:
        pts, time_base = await self.next_timestamp()
        coarse = self._chance.integers(60, 200, (12, 16, 3), dtype=np.uint8)
        frame = av.VideoFrame.from_ndarray(np.kron(coarse, np.ones((10, 10, 1), np.uint8)), format="rgb24")
        frame.pts, frame.time_base = pts, time_base
        return frame


class Person:
    """One participant's browser, played by aiortc."""

    def __init__(self, engine: EmbeddedMediaEngine, role: Role, interview_id: InterviewId = CALL) -> None:
        self.engine, self.role, self.interview_id = engine, role, interview_id
        self.events: list[LegEvent] = []
        self.received = {"audio": 0, "video": 0}
        self.generation = 0
        self.offer = ""
        self.answer = ""
        self.peer: RTCPeerConnection | None = None
        self._listening: list[asyncio.Task[None]] = []

    async def knock(self) -> None:
        """Open the leg and make an answer, without sending it."""
        offer = await self.engine.open_leg(self.interview_id, self.role, self.events.append)
        self.generation, self.offer = offer.generation, offer.sdp
        self.peer = RTCPeerConnection(RTCConfiguration(iceServers=[]))
        self.peer.on("track", self._listen)
        self.peer.addTrack(Tone())
        self.peer.addTrack(Noise())
        await self.peer.setRemoteDescription(RTCSessionDescription(offer.sdp, "offer"))
        await self.peer.setLocalDescription(await self.peer.createAnswer())
        self.answer = self.peer.localDescription.sdp

    async def join(self) -> None:
        """Open the leg and connect."""
        await self.knock()
        await self.engine.accept_answer(self.interview_id, self.role, self.generation, self.answer)
        await until(lambda: self.connection is ConnectionState.CONNECTED)
        await until(lambda: self.dtls.state == "connected")

    @property
    def connection(self) -> ConnectionState | None:
        """What the engine said last about this leg."""
        return self.events[-1].connection if self.events else None

    @property
    def dtls(self) -> Any:
        """The peer's DTLS transport."""
        assert self.peer is not None
        return self.peer.getSenders()[0].transport

    def lose(self, drop: Drop) -> None:
        """Drop the outgoing datagrams for which ``drop`` is true, behind the encryption."""
        transport = self.dtls.transport
        send = transport._connection.send

        async def lossy(data: bytes) -> None:
            if not drop(data):
                await send(data)

        transport._send = lossy

    async def leave(self) -> None:
        """Close the peer connection, as a closed tab does."""
        if self.peer is not None:
            await self.peer.close()
        for task in self._listening:
            task.cancel()
        await asyncio.gather(*self._listening, return_exceptions=True)

    def _listen(self, track: Any) -> None:
        self._listening.append(asyncio.ensure_future(self._count(track)))

    async def _count(self, track: Any) -> None:
        try:
            while True:
                await track.recv()
                self.received[track.kind] += 1
        except MediaStreamError:
            return


async def until(condition: Callable[[], object], patience_s: float = PATIENCE_S) -> None:
    """Return as soon as ``condition`` holds."""
    async with asyncio.timeout(patience_s):
        while not condition():  # noqa: ASYNC110 counters have no event
            await asyncio.sleep(0.01)


@asynccontextmanager
async def room(settings: MediaSettings = LOOPBACK) -> AsyncIterator[tuple[EmbeddedMediaEngine, Person, Person]]:
    """An engine with a freelancer and an interviewer who have not joined yet."""
    engine = EmbeddedMediaEngine(MonotonicClock(), settings, NoFaces())
    people = Person(engine, Role.FREELANCER), Person(engine, Role.INTERVIEWER)
    try:
        yield engine, *people
    finally:
        for person in people:
            await person.leave()
        await engine.close()


def row(engine: EmbeddedMediaEngine, role: Role) -> ServerSample:
    """The leg's row of now."""
    return next(sample for sample in engine.sample(CALL) if sample.leg is role)


def is_rtp(datagram: bytes, payload_type: int) -> bool:
    """Whether this is SRTP of the payload type."""
    return 128 <= datagram[0] <= 191 and datagram[1] & 0x7F == payload_type and not 192 <= datagram[1] <= 223
