"""One peer connection of a synthetic participant on aiortc. One rule: every private part of aiortc is touched here.

The sink counts packets before aiortc's jitter buffer; the impaired link loses them between SRTP and the receivers, and
between the senders and the socket. Called by participant and check.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any

import av
import numpy as np
from aiortc import RTCConfiguration, RTCPeerConnection, RTCSessionDescription
from aiortc.mediastreams import MediaStreamError

from verifier.core.samples import BrowserSource, TrackState
from verifier.demo.impaired import Direction, Impairment
from verifier.demo.media import Camera, Microphone
from verifier.demo.sink import AudioSink, VideoSink

_CONNECT_S = 15.0
_SRTP = range(128, 192)
"""First octets of SRTP and SRTCP. Source: RFC 7983 7."""
_FULL_SCALE = 32_768.0
_LOOPBACK = "127.0.0.1"


class Peer:
    """A peer connection that answers the server's offer."""

    def __init__(
        self, microphone: Microphone | None, camera: Camera | None, *, link: Impairment | None = None, seed: int = 0
    ) -> None:
        """Nothing is opened yet.

        Args:
            microphone: what to send, None to send no audio.
            camera: what to send, None to send no video.
            link: how bad both directions are, None for untouched packets.
            seed: of the link's chances.
        """
        self.audio, self.video = AudioSink(_PowerMeter().power_of), VideoSink()
        self._microphone, self._camera = microphone, camera
        self._link, self._seed = link, seed
        self._connection = RTCPeerConnection(RTCConfiguration(iceServers=[]))
        self._connected = asyncio.Event()
        self._tasks: set[asyncio.Task[None]] = set()
        self._pictures_before, self._asked_at = 0, time.monotonic()
        self._connection.on("track", self._take_track)
        self._connection.on("connectionstatechange", self._note_state)

    async def answer(self, offer: str) -> str:
        """The answer to the server's offer, all candidates inside; connecting goes on in the background."""
        for track in (self._microphone, self._camera):
            if track is not None:
                self._connection.addTrack(track)
        await self._connection.setRemoteDescription(RTCSessionDescription(sdp=offer, type="offer"))
        _gather_loopback(self._transport.transport)
        if self._link is not None:
            self._impair(self._link)
        self._count_arrivals()
        await self._connection.setLocalDescription(await self._connection.createAnswer())
        return str(self._connection.localDescription.sdp)

    async def connected(self) -> None:
        """Return once media can flow.

        Raises:
            TimeoutError: it did not within 15 s.
        """
        await asyncio.wait_for(self._connected.wait(), _CONNECT_S)

    @property
    def failed(self) -> bool:
        """Whether the connection broke for good."""
        return str(self._connection.connectionState) in {"failed", "closed"}

    async def source(self) -> BrowserSource:
        """State of the participant's own devices; a program has no page, so its visibility is not stated."""
        sent, rtt_s = {"audio": 0, "video": 0}, None
        for sender in self._connection.getSenders():
            for report in (await sender.getStats()).values():
                if report.type == "outbound-rtp":
                    sent[sender.kind] = report.packetsSent
                elif report.type == "remote-inbound-rtp" and report.roundTripTime is not None:
                    rtt_s = report.roundTripTime
        return BrowserSource(
            audio_track=TrackState.MISSING if self._microphone is None else TrackState.LIVE,
            video_track=TrackState.MISSING if self._camera is None else TrackState.LIVE,
            audio_energy=None if self._microphone is None else self._microphone.energy,
            frames_per_second=self._frames_per_second(),
            quality_limitation="none",
            packets_sent_audio=sent["audio"],
            packets_sent_video=sent["video"],
            rtt_ms=None if rtt_s is None else max(0.0, rtt_s * 1_000),
            audio_changes=0,
            video_changes=0,
        )

    async def close(self) -> None:
        """Close the connection; the tracks end with it."""
        await self._connection.close()
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    @property
    def _transport(self) -> Any:
        return self._connection.getTransceivers()[0].receiver.transport

    def _frames_per_second(self) -> float | None:
        if self._camera is None:
            return None
        now, pictures = time.monotonic(), self._camera.pictures
        rate = (pictures - self._pictures_before) / max(0.001, now - self._asked_at)
        self._pictures_before, self._asked_at = pictures, now
        return rate

    def _note_state(self) -> None:
        if self._connection.connectionState == "connected":
            self._connected.set()

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def _take_track(self, track: Any) -> None:
        self._spawn(self._consume(track))

    async def _consume(self, track: Any) -> None:
        """Take what aiortc decoded; of the audio it is dropped, the sink decodes its own."""
        with contextlib.suppress(MediaStreamError):
            while True:
                frame = await track.recv()
                if track.kind == "video":
                    self.video.decoded(frame.width, frame.height, time.monotonic())

    # ------------------------------------------------------------ aiortc's private parts

    def _count_arrivals(self) -> None:
        for transceiver in self._connection.getTransceivers():
            receiver: Any = transceiver.receiver
            receiver._handle_rtp_packet = self._counted(transceiver.kind, receiver._handle_rtp_packet)

    def _counted(self, kind: str, theirs: Callable[..., Awaitable[None]]) -> Callable[..., Awaitable[None]]:
        async def handle(packet: Any, arrival_time_ms: int) -> None:
            if kind == "audio":
                self.audio.arrived(packet.ssrc, packet.sequence_number, packet.payload, time.monotonic())
            else:
                self.video.arrived(packet.ssrc, packet.sequence_number)
            await theirs(packet, arrival_time_ms=arrival_time_ms)

        return handle

    def _impair(self, link: Impairment) -> None:
        dtls, down, up = self._transport, Direction(link, self._seed), Direction(link, self._seed + 1)
        for name in ("_handle_rtp_data", "_handle_rtcp_data"):
            setattr(dtls, name, self._held_up(down, getattr(dtls, name)))
        send, held_up = dtls.transport._send, self._held_up(up, dtls.transport._send)

        async def send_impaired(data: bytes) -> None:
            await (held_up if data[0] in _SRTP else send)(data)

        dtls.transport._send = send_impaired

    def _held_up(self, direction: Direction, theirs: Callable[..., Awaitable[None]]) -> Callable[..., Awaitable[None]]:
        async def later(delay_s: float, *args: Any, **kwargs: Any) -> None:
            await asyncio.sleep(delay_s)
            with contextlib.suppress(ConnectionError):
                await theirs(*args, **kwargs)

        async def handle(*args: Any, **kwargs: Any) -> None:
            delay_s = direction.fate()
            if delay_s is not None:
                self._spawn(later(delay_s, *args, **kwargs))

        return handle


class _PowerMeter:
    """Decodes Opus packets to their mean square."""

    def __init__(self) -> None:
        self._codec = av.CodecContext.create("libopus", "r")
        self._codec.format, self._codec.layout, self._codec.sample_rate = "s16", "mono", 48_000

    def power_of(self, payload: bytes) -> float:
        """Mean square of the packet's samples, 0..1; 0 for one that cannot be decoded."""
        try:
            frames = self._codec.decode(av.Packet(payload))
        except av.FFmpegError:
            return 0.0
        values = [np.mean(np.square(frame.to_ndarray() / _FULL_SCALE)) for frame in frames]
        return min(1.0, float(np.mean(values))) if values else 0.0


def _gather_loopback(ice: Any) -> None:
    """Offer 127.0.0.1 where the machine has no other address, which aioice leaves out."""
    connection = ice.iceGatherer._connection
    theirs = connection.get_component_candidates

    async def gather(component: int, addresses: list[str], *args: Any, **kwargs: Any) -> Any:
        return await theirs(component, addresses or [_LOOPBACK], *args, **kwargs)

    connection.get_component_candidates = gather
