"""One generation of one leg: a peer connection. One rule: no packet can end the leg.

``call`` links two legs so that each forwards to the other; ``engine`` calls ``tick`` every 20 ms.
Times are seconds of ``time.monotonic``, except where a name ends in ``_ms`` (server clock).
"""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Callable

import structlog

from verifier.core.model import InterviewId, Role
from verifier.core.samples import ConnectionState
from verifier.errors import PeerRefused
from verifier.media import sdp
from verifier.media.addresses import open_sockets
from verifier.media.aiortc_hooks import SecureTransport
from verifier.media.settings import MediaSettings
from verifier.media.streams import LegStreams, LocalSsrcs
from verifier.ports import Clock

_log = structlog.get_logger(__name__)

SILENCE_S = 2.0
"""Without a packet of any kind for this long the leg counts as disconnected (consent checks alone come every 5 s)."""
_CANDIDATES_MAX = 32
_FAILURES_LOGGED = 5


class Leg:
    """A peer connection of one participant, from offer to close."""

    def __init__(
        self, interview_id: InterviewId, role: Role, generation: int, clock: Clock, settings: MediaSettings,
        on_change: Callable[[Leg], None],
    ) -> None:  # fmt: skip
        """``on_change`` is called whenever ``connection`` changed."""
        self.interview_id, self.role, self.generation = interview_id, role, generation
        self.connection = ConnectionState.CONNECTING
        self.connected_ms: int | None = None
        self.failures = 0
        """Exceptions in packet handlers; the packets were dropped."""
        self._clock, self._settings, self._on_change = clock, settings, on_change
        self._last_packet_at = time.monotonic()
        self._longest_silence_s = 0.0
        self.transport = SecureTransport(self._take_rtp, self._take_rtcp, self._alive)
        self._ssrcs = LocalSsrcs(*random.sample(range(1, 1 << 32), 3))
        self.streams = LegStreams(self._ssrcs, self.transport.send_rtp, self.transport.send_rtcp)
        self._answered = False
        self._candidates = 0
        self._connecting: asyncio.Task[None] | None = None

    async def offer(self) -> str:
        """Open the sockets and return the offer with all candidates inside.

        Raises:
            MediaFull: no UDP port is free.
        """
        opened = open_sockets(self._settings)
        await self.transport.listen(opened)
        self.transport.on_change(self._transport_changed)
        local = sdp.LocalDescription(
            session_id=random.getrandbits(62),
            ufrag=self.transport.ufrag,
            password=self.transport.password,
            fingerprint=self.transport.fingerprint,
            candidates=tuple(candidate for _, candidates in opened for candidate in candidates),
            audio_ssrc=self._ssrcs.audio,
            video_ssrc=self._ssrcs.video,
            rtx_ssrc=self._ssrcs.rtx,
        )
        return sdp.write_offer(local, opus_dtx=self._settings.opus_dtx)

    def accept(self, answer: str) -> None:
        """Take the browser's answer and start to connect.

        Raises:
            PeerRefused: it does not fit the offer, or there was one before.
        """
        remote = sdp.read_answer(answer)
        if self._answered or self.connection is ConnectionState.CLOSED:
            raise PeerRefused("This offer was answered before, or its connection is closed.")
        self._answered = True
        self.streams.expect(remote)
        self._connecting = asyncio.create_task(self._connect(remote))

    async def add_candidate(self, line: str) -> None:
        """Add a trickled candidate; an empty line ends them.

        Raises:
            PeerRefused: malformed, or too many.
        """
        candidate = sdp.read_candidate(line) if line else None
        self._candidates += 1
        if self._candidates > _CANDIDATES_MAX:
            raise PeerRefused("These are too many candidates.")
        if candidate is None and line:
            return
        await self.transport.add_candidate(candidate)

    def tick(self, now_s: float) -> None:
        """Run the watchdog, and the streams' timers while connected."""
        if self.connection is ConnectionState.CLOSED:
            return
        if self.connection is ConnectionState.CONNECTED and now_s - self._last_packet_at > SILENCE_S:
            self._set(ConnectionState.DISCONNECTED)
        if self.transport.connected:
            self.streams.tick(now_s)

    def take_silence_s(self, now_s: float) -> float:
        """Longest time without any packet since the last call, the one still running included."""
        longest = max(self._longest_silence_s, now_s - self._last_packet_at)
        self._longest_silence_s = 0.0
        return longest

    async def close(self) -> None:
        """Close the connection and everything under it; may be called twice."""
        self._set(ConnectionState.CLOSED)
        if self._connecting is not None:
            self._connecting.cancel()
        await self.transport.close()
        if self._connecting is not None:
            await asyncio.wait([self._connecting])

    def _take_rtp(self, data: bytes, now_s: float) -> None:
        try:
            self.streams.take_rtp(data, now_s)
        except Exception:
            self._failed("rtp")

    def _take_rtcp(self, data: bytes, now_s: float) -> None:
        try:
            self.streams.take_rtcp(data, now_s)
        except Exception:
            self._failed("rtcp")

    def _failed(self, kind: str) -> None:
        self.failures += 1
        if self.failures <= _FAILURES_LOGGED:
            _log.warning("media_packet_failed", interview_id=self.interview_id, leg=self.role.value, kind=kind,
                         failures=self.failures, exc_info=True)  # fmt: skip

    def _alive(self, now_s: float) -> None:
        self._longest_silence_s = max(self._longest_silence_s, now_s - self._last_packet_at)
        self._last_packet_at = now_s
        if self.connection is ConnectionState.DISCONNECTED:
            self._set(ConnectionState.CONNECTED)

    async def _connect(self, remote: sdp.RemoteDescription) -> None:
        try:
            async with asyncio.timeout(self._settings.connect_timeout_s):
                await self.transport.connect(remote)
        except TimeoutError:
            _log.info("media_connect_timed_out", interview_id=self.interview_id, leg=self.role.value)
        except Exception:
            self._failed("connect")
        if not self.transport.connected:
            self._set(ConnectionState.CLOSED)

    def _transport_changed(self) -> None:
        if self.transport.ended:
            self._set(ConnectionState.CLOSED)
        elif self.transport.connected and self.connection is ConnectionState.CONNECTING:
            self.connected_ms = self._clock.now_ms()
            self._set(ConnectionState.CONNECTED)

    def _set(self, connection: ConnectionState) -> None:
        if self.connection in (connection, ConnectionState.CLOSED):
            return
        self.connection = connection
        self._on_change(self)
