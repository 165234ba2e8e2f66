"""The servers, in processes of their own: ours as the service runs it, and aiortc's MediaRelay (decode, re-encode)."""

from __future__ import annotations

import asyncio
import multiprocessing
import multiprocessing.connection
import sys
import time
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

import structlog
import uvloop
from aiortc import RTCConfiguration, RTCPeerConnection, RTCSessionDescription
from aiortc.contrib.media import MediaRelay
from aiortc.mediastreams import MediaStreamTrack

from bench.relay.client import Client
from bench.relay.recording import Recording
from verifier.core.model import InterviewId, Role
from verifier.media import EmbeddedMediaEngine, MediaSettings
from verifier.ports import LegEvent

PORTS = (18330, 18399)
_END_PATIENCE_S = 10.0

Connection = multiprocessing.connection.Connection


class ServerProcess:
    """A server behind a pipe: ``(call, role)`` gives its offer, ``(call, role, answer)`` gives it the answer."""

    def __init__(self, name: str, serve: Callable[[Connection, str], None], address: str) -> None:
        """Start it, listening on ``address``."""
        self.name, self._address = name, address
        context = multiprocessing.get_context("spawn")
        self._wire, theirs = context.Pipe()
        self._process = context.Process(target=serve, args=(theirs, address), daemon=True)
        self._process.start()
        assert self._process.pid is not None
        self.pid = self._process.pid

    async def join(self, call: str, recording: Recording) -> list[Client]:
        """Both participants of a new call, connected."""
        clients = []
        for role in Role:
            client = Client(recording, self._address)
            offer = await asyncio.to_thread(self._ask, call, role.value)
            answer = await client.answer(offer)
            connecting = asyncio.create_task(client.connect(offer, offered=False))
            await asyncio.to_thread(self._ask, call, role.value, answer)
            await connecting
            clients.append(client)
        return clients

    async def close(self) -> None:
        """End the process."""
        self._wire.send(None)
        await asyncio.to_thread(self._process.join, _END_PATIENCE_S)

    def _ask(self, *request: str) -> Any:
        self._wire.send(request)
        return self._wire.recv()


async def _serve(
    wire: Connection,
    offer: Callable[[str, str], Awaitable[str]],
    accept: Callable[[str, str, str], Awaitable[None]],
) -> None:
    loop = asyncio.get_running_loop()
    while (request := await loop.run_in_executor(None, wire.recv)) is not None:
        if len(request) == 2:
            wire.send(await offer(*request))
        else:
            await accept(*request)
            wire.send(None)


# ------------------------------------------------------------------ ours


class _Clock:
    def now_ms(self) -> int:
        return int(time.monotonic() * 1000)


class _NoFaces:
    def detectMultiScale(  # noqa: N802 OpenCV's name
        self, image: Any, scaleFactor: float = 1.1, minNeighbors: int = 5, flags: int = 0,  # noqa: N803
        minSize: Sequence[int] = (24, 24),  # noqa: N803
    ) -> tuple[()]:  # fmt: skip
        return ()


def _ignore(_event: LegEvent) -> None:
    """The pipe's answers are enough."""


class _Ours:
    def __init__(self, address: str) -> None:
        settings = MediaSettings(announced_address=address, port_range=PORTS)
        self._engine = EmbeddedMediaEngine(_Clock(), settings, _NoFaces())
        self._generations: dict[tuple[str, str], int] = {}

    async def offer(self, call: str, role: str) -> str:
        offered = await self._engine.open_leg(InterviewId(call), Role(role), _ignore)
        self._generations[call, role] = offered.generation
        return offered.sdp

    async def accept(self, call: str, role: str, answer: str) -> None:
        await self._engine.accept_answer(InterviewId(call), Role(role), self._generations[call, role], answer)

    async def sample(self) -> None:
        """Take every call's rows once a second, as the service does."""
        while True:
            await asyncio.sleep(1.0)
            for call in {call for call, _ in self._generations}:
                self._engine.sample(InterviewId(call))
                self._engine.take_frames(InterviewId(call))


def serve_ours(wire: Connection, address: str) -> None:
    """Run the embedded engine until the pipe says None."""
    structlog.configure(
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        wrapper_class=structlog.make_filtering_bound_logger(30),
    )

    async def serve() -> None:
        ours = _Ours(address)
        sampling = asyncio.create_task(ours.sample())
        await _serve(wire, ours.offer, ours.accept)
        sampling.cancel()

    uvloop.run(serve())


# ------------------------------------------------------------------ MediaRelay


class _MediaRelay:
    def __init__(self) -> None:
        self._relay = MediaRelay()
        self._peers: dict[tuple[str, str], RTCPeerConnection] = {}
        self._tracks: dict[tuple[str, str], list[MediaStreamTrack]] = {}

    async def offer(self, call: str, role: str) -> str:
        peer = self._peers[call, role] = RTCPeerConnection(RTCConfiguration(iceServers=[]))
        self._tracks[call, role] = []
        peer.on("track", self._tracks[call, role].append)
        peer.addTransceiver("audio", "sendrecv")
        peer.addTransceiver("video", "sendrecv")
        await peer.setLocalDescription(await peer.createOffer())
        return peer.localDescription.sdp

    async def accept(self, call: str, role: str, answer: str) -> None:
        await self._peers[call, role].setRemoteDescription(RTCSessionDescription(answer, "answer"))
        legs = [leg for leg in self._peers if leg[0] == call]
        if len(legs) == len(Role):
            for leg, other in (legs, reversed(legs)):
                self._link(self._peers[leg], self._tracks[other])

    def _link(self, peer: RTCPeerConnection, tracks: Sequence[MediaStreamTrack]) -> None:
        for track in tracks:
            sender = next(each.sender for each in peer.getTransceivers() if each.kind == track.kind)
            sender.replaceTrack(self._relay.subscribe(track, buffered=True))


def serve_media_relay(wire: Connection, _address: str) -> None:
    """Run aiortc's relay until the pipe says None."""

    async def serve() -> None:
        relay = _MediaRelay()
        await _serve(wire, relay.offer, relay.accept)

    asyncio.run(serve())
