"""One generation of one leg: a peer connection's packets in and out. One rule: no packet can end the leg.

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
from verifier.media import rtcp, rtp, sdp
from verifier.media.addresses import open_sockets
from verifier.media.aiortc_hooks import SecureTransport
from verifier.media.control import CongestionControl
from verifier.media.receiver import AudioUplink, VideoUplink
from verifier.media.sender import DownlinkStream, VideoDownlink
from verifier.media.settings import MediaSettings
from verifier.ports import Clock

_log = structlog.get_logger(__name__)

SILENCE_S = 2.0
"""Without a packet of any kind for this long the leg counts as disconnected (consent checks alone come every 5 s)."""
_REPORT_MIN_S, _REPORT_MAX_S = 0.35, 0.65
_DOWNSTREAM_FRESH_S = 5.0
_DEFAULT_RTT_S = 0.1
_CANDIDATES_MAX = 32
_FAILURES_LOGGED = 5

Tap = Callable[[rtp.RtpPacket, float], None]


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
        self.peer: Leg | None = None
        self.tap: Tap | None = None
        """Sees every accepted video packet of this leg."""
        self.failures = 0
        """Exceptions in packet handlers; the packets were dropped."""
        self.opened_at = self.last_packet_at = time.monotonic()
        self.longest_silence_s = 0.0
        self._clock, self._settings, self._on_change = clock, settings, on_change
        self._ssrcs = random.sample(range(1, 1 << 32), 3)
        self.transport = SecureTransport(self._rtp, self._rtcp, self._alive)
        self.control = CongestionControl(self.transport.send_rtcp)
        self.audio_in = AudioUplink(rtp.OPUS_HZ, None)
        self.video_in = VideoUplink(rtp.VIDEO_HZ, None, None)
        self.audio_out = DownlinkStream(
            rtp.OPUS, rtp.OPUS_HZ, self._ssrcs[0], self.transport.send_rtp, self.transport.send_rtcp, self.control.stamp
        )
        self.video_out = self._video_out(self._ssrcs[2])
        self.control.want_picture = self._want_picture_of_peer
        self._answered = False
        self._candidates = 0
        self._connecting: asyncio.Task[None] | None = None
        self._report_due_at = 0.0

    # ------------------------------------------------------------------ signalling

    async def offer(self) -> str:
        """Open the sockets and return the offer with all candidates inside.

        Raises:
            ConfigurationInvalid: no UDP port is free.
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
            audio_ssrc=self._ssrcs[0],
            video_ssrc=self._ssrcs[1],
            rtx_ssrc=self._ssrcs[2],
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
        self.audio_in = AudioUplink(rtp.OPUS_HZ, remote.audio_ssrc)
        self.video_in = VideoUplink(rtp.VIDEO_HZ, remote.video_ssrc, remote.rtx_ssrc)
        if not remote.retransmission:
            self.video_out = self._video_out(None)
        self.control.transport_wide = remote.transport_wide
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
        if line and candidate is None:
            return
        await self.transport.add_candidate(candidate)

    async def close(self) -> None:
        """Close the connection and everything under it; may be called twice."""
        self._set(ConnectionState.CLOSED)
        if self._connecting is not None:
            self._connecting.cancel()
        await self.transport.close()
        if self._connecting is not None:
            await asyncio.wait([self._connecting])

    # ------------------------------------------------------------------ timers

    def tick(self, now: float) -> None:
        """Do what is due: watchdog, NACK, key-frame requests, reports and bandwidth feedback."""
        if self.connection is ConnectionState.CLOSED:
            return
        if self.connection is ConnectionState.CONNECTED and now - self.last_packet_at > SILENCE_S:
            self._set(ConnectionState.DISCONNECTED)
        if not self.transport.connected:
            return
        self._ask_again(now)
        if now >= self._report_due_at:
            self._report_due_at = now + random.uniform(_REPORT_MIN_S, _REPORT_MAX_S)
            self._send_report(now)
        self.control.tick(now, self.video_in.ssrc, self.video_out)

    def _ask_again(self, now: float) -> None:
        ssrc = self.video_in.ssrc
        if ssrc is None:
            return
        if self.video_in.missing:
            lost = self.video_in.missing.due(now, self.round_trip_s or _DEFAULT_RTT_S)
            if lost:
                self.transport.send_rtcp(rtcp.pack_nack(self._ssrcs[1], ssrc, lost))
        if self.video_in.picture_due(now):
            self.transport.send_rtcp(rtcp.pack_picture_loss(self._ssrcs[1], ssrc))

    def _send_report(self, now: float) -> None:
        downstream = self.peer.audio_out.fraction_lost(now, _DOWNSTREAM_FRESH_S) if self.peer is not None else 0
        blocks = [self.audio_in.report_block(now, downstream), self.video_in.report_block(now)]
        present = [block for block in blocks if block is not None]
        if present:
            self.transport.send_rtcp(rtcp.pack_receiver_report(self._ssrcs[1], present))

    @property
    def round_trip_s(self) -> float | None:
        """From the browser's receiver reports about video, else about audio, None before the first."""
        return self.video_out.rtt_s if self.video_out.rtt_s is not None else self.audio_out.rtt_s

    # ------------------------------------------------------------------ packets

    def _rtp(self, data: bytes, now: float) -> None:
        try:
            self._take_rtp(rtp.parse(data), now)
        except Exception:
            self._failed("rtp")

    def _take_rtp(self, packet: rtp.RtpPacket, now: float) -> None:
        if packet.transport_sequence is not None:
            self.control.arrivals.add(packet.transport_sequence, now)
        peer = self.peer
        if packet.payload_type == rtp.OPUS:
            if self.audio_in.receive(packet, now) and peer is not None:
                peer.audio_out.forward(packet, self, now)
            return
        accepted = self.video_in.receive_any(packet, now)
        if accepted is None:
            return
        if peer is not None:
            peer.video_out.forward(accepted, self, now)
        if self.tap is not None:
            self.tap(accepted, now)

    def want_picture(self) -> None:
        """Ask this leg's browser for a key frame as soon as the rate limit allows."""
        self.video_in.want_picture()

    def _rtcp(self, data: bytes, now: float) -> None:
        try:
            for part in rtcp.split(data):
                self._take_rtcp(part, now)
        except Exception:
            self._failed("rtcp")

    def _take_rtcp(self, part: rtcp.Part, now: float) -> None:
        if part.kind == rtcp.SENDER_REPORT:
            self._take_sender_report(rtcp.sender_report(part), now)
        if part.kind in (rtcp.SENDER_REPORT, rtcp.RECEIVER_REPORT):
            self._take_blocks(rtcp.report_blocks(part), now)
        elif part.kind == rtcp.TRANSPORT_FEEDBACK:
            self._take_transport_feedback(part, now)
        elif part.kind == rtcp.PAYLOAD_FEEDBACK:
            self._take_payload_feedback(part)

    def _take_blocks(self, blocks: tuple[rtcp.ReportBlock, ...], now: float) -> None:
        for block in blocks:
            for stream in (self.audio_out, self.video_out):
                if block.ssrc == stream.ssrc:
                    stream.note_block(block, now)

    def _take_transport_feedback(self, part: rtcp.Part, now: float) -> None:
        if part.count == rtcp.TRANSPORT_WIDE:
            self.control.take_feedback(part.body[8:], now)
        elif part.count == rtcp.NACK and rtcp.feedback_target(part) == self.video_out.ssrc:
            self.video_out.retransmit(rtcp.nacked(part), now)

    def _take_payload_feedback(self, part: rtcp.Part) -> None:
        if part.count in (rtcp.PICTURE_LOSS, rtcp.FULL_INTRA_REQUEST):
            self._want_picture_of_peer()
        elif part.count == rtcp.APPLICATION_LAYER:
            self.control.reported_bps = rtcp.bitrate_cap(part) or self.control.reported_bps

    def _take_sender_report(self, report: rtcp.SenderReport, now: float) -> None:
        for uplink in (self.audio_in, self.video_in):
            if uplink.ssrc != report.ssrc:
                continue
            uplink.note_sender_report(report, now)
            if self.peer is not None:
                out = self.peer.audio_out if uplink is self.audio_in else self.peer.video_out
                out.forward_report(report, self, now)

    def _want_picture_of_peer(self) -> None:
        if self.peer is not None:
            self.peer.want_picture()

    def _failed(self, kind: str) -> None:
        self.failures += 1
        if self.failures <= _FAILURES_LOGGED:
            _log.warning("media_packet_failed", interview_id=self.interview_id, leg=self.role.value, kind=kind,
                         failures=self.failures, exc_info=True)  # fmt: skip

    # ------------------------------------------------------------------ connection

    def _alive(self, now: float) -> None:
        self.longest_silence_s = max(self.longest_silence_s, now - self.last_packet_at)
        self.last_packet_at = now
        if self.connection is ConnectionState.DISCONNECTED:
            self._set(ConnectionState.CONNECTED)

    def take_silence_s(self, now: float) -> float:
        """Longest time without any packet since the last call, the one still running included."""
        longest = max(self.longest_silence_s, now - self.last_packet_at)
        self.longest_silence_s = 0.0
        return longest

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

    def _video_out(self, rtx_ssrc: int | None) -> VideoDownlink:
        return VideoDownlink(
            rtp.VP8, rtp.VIDEO_HZ, self._ssrcs[1], rtx_ssrc, self.transport.send_rtp, self.transport.send_rtcp,
            self.control.stamp, self._want_picture_of_peer,
        )  # fmt: skip
