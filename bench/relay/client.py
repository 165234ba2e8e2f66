"""One synthetic peer connection, lean enough that 64 of them fit on one core beside the server.

ICE, DTLS and SRTP as in the product; no queues, tasks or codecs: packets are counted where they arrive.
"""

from __future__ import annotations

import asyncio
import random
import time

from bench.relay.description import Local, Terms, read, write
from bench.relay.hearing import Listener
from bench.relay.playing import Player
from bench.relay.recording import Recording
from verifier.media import rtcp
from verifier.media.addresses import open_sockets
from verifier.media.aiortc_hooks import SecureTransport
from verifier.media.sdp import Candidate, RemoteDescription
from verifier.media.settings import MediaSettings

_FEEDBACK_S, _FEEDBACKS_PER_REPORT = 0.1, 10
_CONNECT_PATIENCE_S = 60.0


class _Transport(SecureTransport):
    """The product's transport, which also answers."""

    def be_controlled(self) -> None:
        """Leave the choice of the pair to the other side; before listening, or the first check finds a conflict."""
        self._connection.ice_controlling = False


class Client:
    """One peer connection that sends, receives, or both."""

    def __init__(self, recording: Recording, address: str, *, sends: bool = True, receives: bool = True) -> None:
        """Nothing is opened yet; ``address`` is the local one to use."""
        self.connect_ms: float | None = None
        """From the known answer to connected."""
        self.player: Player | None = None
        self.listener: Listener | None = None
        self._recording, self._settings = recording, MediaSettings(announced_address=address)
        self._sends, self._receives = sends, receives
        self._transport = _Transport(self._take_rtp, self._take_rtcp, lambda _now: None)
        self._ssrcs = random.sample(range(1, 1 << 32), 3)
        self._feedback: asyncio.TimerHandle | None = None
        self._feedbacks = 0

    async def offer(self) -> str:
        """Our offer."""
        return write(await self._listen(), Terms(), setup="actpass", direction=self._direction)

    async def answer(self, offer: str, *, setup: str = "active") -> str:
        """Our answer; ``connect`` goes on once the other side knows it."""
        self._transport.be_controlled()
        _, terms = read(offer)
        return write(await self._listen(), terms, setup=setup, direction=self._direction)

    async def connect(self, theirs: str, *, offered: bool, setup: str = "active") -> None:
        """Connect and begin; ``theirs`` is their answer if we ``offered``, else the offer answered with ``setup``."""
        remote, terms = read(theirs)
        started = time.monotonic()
        async with asyncio.timeout(_CONNECT_PATIENCE_S):
            await self._transport.connect(remote if offered else _passive(remote, setup))
        assert self._transport.connected
        self.connect_ms = (time.monotonic() - started) * 1000
        if self._receives:
            self.listener = Listener(terms, self._transport.send_rtcp, self._ssrcs[1])
        if self._sends:
            self.player = Player(
                self._recording,
                self._local(
                    (),
                ),
                terms,
                self._transport.send_rtp,
            )
            self.player.start()
        self._report()

    async def close(self) -> None:
        """Stop and close."""
        if self.player is not None:
            self.player.stop()
        if self._feedback is not None:
            self._feedback.cancel()
        await self._transport.close()

    @property
    def _direction(self) -> str:
        return {(True, True): "sendrecv", (True, False): "sendonly"}.get((self._sends, self._receives), "recvonly")

    async def _listen(self) -> Local:
        opened = open_sockets(self._settings)
        await self._transport.listen(opened)
        return self._local(tuple(candidate for _, candidates in opened for candidate in candidates))

    def _local(self, candidates: tuple[Candidate, ...]) -> Local:
        transport = self._transport
        return Local(transport.ufrag, transport.password, transport.fingerprint, candidates, *self._ssrcs)

    def _take_rtp(self, data: bytes, now_s: float) -> None:
        if self.listener is not None:
            self.listener.take(data, now_s)

    def _take_rtcp(self, data: bytes, now_s: float) -> None:
        for part in rtcp.split(data):
            if part.kind == rtcp.SENDER_REPORT and self.listener is not None:
                self.listener.note_report(rtcp.sender_report(part), now_s)
            elif self.player is None:
                continue
            elif part.kind == rtcp.PAYLOAD_FEEDBACK and part.count != rtcp.APPLICATION_LAYER:
                self.player.show_key_frame()
            elif part.kind == rtcp.TRANSPORT_FEEDBACK and part.count == rtcp.NACK:
                self.player.repeat(rtcp.nacked(part))

    def _report(self) -> None:
        self._feedback = asyncio.get_running_loop().call_later(_FEEDBACK_S, self._report)
        if self.listener is not None:
            self.listener.report_arrivals()
        self._feedbacks += 1
        if self._feedbacks % _FEEDBACKS_PER_REPORT == 0:
            self._send_reports(time.monotonic())

    def _send_reports(self, now_s: float) -> None:
        blocks = self.listener.blocks(now_s) if self.listener is not None else []
        name = rtcp.pack_source_description(self._ssrcs[0], b"client")
        if self.player is None:
            self._transport.send_rtcp(rtcp.pack_receiver_report(self._ssrcs[0], blocks) + name)
            return
        audio, video = self.player.reports(time.time())
        self._transport.send_rtcp(rtcp.pack_sender_report(audio, blocks) + name)
        self._transport.send_rtcp(rtcp.pack_sender_report(video) + name)


def _passive(remote: RemoteDescription, setup: str) -> RemoteDescription:
    """An offer leaves the DTLS role to us: they are its client when we answered ``passive``."""
    return RemoteDescription(
        remote.ufrag, remote.password, remote.fingerprints, setup == "passive", remote.candidates,
        remote.transport_wide, remote.retransmission, None, None, None,
    )  # fmt: skip
