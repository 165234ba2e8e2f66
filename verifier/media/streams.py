"""The four media streams of one leg and what is said about them. One rule: a packet has one way through.

RTP that comes in is counted and handed to the peer's outgoing stream; RTCP that comes in changes what goes out or is
passed to the peer. ``leg`` owns the connection, this owns the media. Times are seconds (monotonic).
"""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass

from verifier.media import rtcp, rtp
from verifier.media.control import CongestionControl
from verifier.media.receiver import AudioUplink, VideoUplink
from verifier.media.sdp import RemoteDescription
from verifier.media.sender import DownlinkStream, Send, VideoDownlink

_REPORT_MIN_S, _REPORT_MAX_S = 0.35, 0.65
_DOWNSTREAM_FRESH_S = 5.0
_DEFAULT_RTT_S = 0.1

Tap = Callable[[rtp.RtpPacket, float], None]


@dataclass(frozen=True, slots=True)
class LocalSsrcs:
    """Our SSRCs on one leg."""

    audio: int
    video: int
    rtx: int


class LegStreams:
    """Audio and video in both directions on one leg."""

    def __init__(self, ssrcs: LocalSsrcs, send_rtp: Send, send_rtcp: Send) -> None:
        self.peer: LegStreams | None = None
        """The other leg's streams, None while it is not connected."""
        self.tap: Tap | None = None
        """Sees every accepted video packet of this leg."""
        self.record: Tap | None = None
        """Sees every accepted packet of this leg."""
        self._ssrcs, self._send_rtp, self._send_rtcp = ssrcs, send_rtp, send_rtcp
        self.control = CongestionControl(send_rtcp)
        self.control.want_picture = self._want_picture_of_peer
        self.audio_in = AudioUplink(rtp.OPUS_HZ, None)
        self.video_in = VideoUplink(rtp.VIDEO_HZ, None, None)
        self.audio_out = DownlinkStream(rtp.OPUS, rtp.OPUS_HZ, ssrcs.audio, send_rtp, send_rtcp, self.control.stamp)
        self.video_out = self._video_out(ssrcs.rtx)
        self._report_due_at = 0.0

    def expect(self, remote: RemoteDescription) -> None:
        """Take over what the browser answered; called once, before the first packet."""
        self.audio_in = AudioUplink(rtp.OPUS_HZ, remote.audio_ssrc)
        self.video_in = VideoUplink(rtp.VIDEO_HZ, remote.video_ssrc, remote.rtx_ssrc)
        if not remote.retransmission:
            self.video_out = self._video_out(None)
        self.control.transport_wide = remote.transport_wide

    @property
    def round_trip_s(self) -> float | None:
        """From the browser's receiver reports about video, else about audio, None before the first."""
        return self.video_out.rtt_s if self.video_out.rtt_s is not None else self.audio_out.rtt_s

    def want_picture(self) -> None:
        """Ask this leg's browser for a key frame as soon as the rate limit allows."""
        self.video_in.want_picture()

    def tick(self, now_s: float) -> None:
        """Send what is due: NACK, key-frame requests, reports and bandwidth feedback."""
        self.control.cap_bps = self.peer.control.downlink_bps if self.peer is not None else None
        self._ask_again(now_s)
        if now_s >= self._report_due_at:
            self._report_due_at = now_s + random.uniform(_REPORT_MIN_S, _REPORT_MAX_S)
            self._send_report(now_s)
        self.control.tick(now_s, self.video_in.ssrc, self.video_out)

    def take_rtp(self, data: bytes, now_s: float) -> None:
        """Count a packet and forward it.

        Raises:
            ValueError: malformed.
        """
        packet = rtp.parse(data)
        if packet.transport_sequence is not None:
            self.control.arrivals.add(packet.transport_sequence, now_s)
        if packet.payload_type == rtp.OPUS:
            if self.audio_in.receive(packet, now_s):
                self._pass_audio(packet, now_s)
            return
        accepted = self.video_in.receive_any(packet, now_s)
        if self.video_in.missing.fresh:
            self._ask_again(now_s)
        if accepted is not None:
            self._pass_video(accepted, now_s)

    def take_rtcp(self, data: bytes, now_s: float) -> None:
        """Act on every part of a compound.

        Raises:
            ValueError: malformed.
        """
        for part in rtcp.split(data):
            if part.kind == rtcp.SENDER_REPORT:
                self._take_sender_report(rtcp.sender_report(part), now_s)
            if part.kind in (rtcp.SENDER_REPORT, rtcp.RECEIVER_REPORT):
                self._take_blocks(rtcp.report_blocks(part), now_s)
            elif part.kind == rtcp.TRANSPORT_FEEDBACK:
                self._take_transport_feedback(part, now_s)
            elif part.kind == rtcp.PAYLOAD_FEEDBACK:
                self._take_payload_feedback(part)

    def _pass_audio(self, packet: rtp.RtpPacket, now_s: float) -> None:
        if self.peer is not None:
            self.peer.audio_out.forward(packet, self, now_s)
        if self.record is not None:
            self.record(packet, now_s)

    def _pass_video(self, packet: rtp.RtpPacket, now_s: float) -> None:
        if self.peer is not None:
            self.peer.video_out.forward(packet, self, now_s)
        if self.tap is not None:
            self.tap(packet, now_s)
        if self.record is not None:
            self.record(packet, now_s)

    def _take_sender_report(self, report: rtcp.SenderReport, now_s: float) -> None:
        for uplink in (self.audio_in, self.video_in):
            if uplink.ssrc != report.ssrc:
                continue
            uplink.note_sender_report(report, now_s)
            if self.peer is not None:
                out = self.peer.audio_out if uplink is self.audio_in else self.peer.video_out
                out.forward_report(report, self, now_s)

    def _take_blocks(self, blocks: tuple[rtcp.ReportBlock, ...], now_s: float) -> None:
        for block in blocks:
            for stream in (self.audio_out, self.video_out):
                if block.ssrc == stream.ssrc:
                    stream.note_block(block, now_s)

    def _take_transport_feedback(self, part: rtcp.Part, now_s: float) -> None:
        if part.count == rtcp.TRANSPORT_WIDE:
            self.control.take_feedback(part.body[8:], now_s)
        elif part.count == rtcp.NACK and rtcp.feedback_target(part) == self.video_out.ssrc:
            self.video_out.retransmit(rtcp.nacked(part), now_s)

    def _take_payload_feedback(self, part: rtcp.Part) -> None:
        if part.count in (rtcp.PICTURE_LOSS, rtcp.FULL_INTRA_REQUEST):
            self._want_picture_of_peer()
        elif part.count == rtcp.APPLICATION_LAYER:
            self.control.reported_bps = rtcp.bitrate_cap(part) or self.control.reported_bps

    def _ask_again(self, now_s: float) -> None:
        ssrc = self.video_in.ssrc
        if ssrc is None:
            return
        round_trip_s = self.round_trip_s or _DEFAULT_RTT_S
        if self.video_in.missing:
            self.video_in.refresh(now_s, round_trip_s)
            lost = self.video_in.missing.due(now_s, round_trip_s)
            if lost:
                self._send_rtcp(rtcp.pack_nack(self._ssrcs.video, ssrc, lost))
        if self.video_in.picture_due(now_s):
            self._send_rtcp(rtcp.pack_picture_loss(self._ssrcs.video, ssrc))

    def _send_report(self, now_s: float) -> None:
        downstream = self.peer.audio_out.fraction_lost(now_s, _DOWNSTREAM_FRESH_S) if self.peer is not None else 0
        blocks = (self.audio_in.report_block(now_s, downstream), self.video_in.report_block(now_s))
        present = [block for block in blocks if block is not None]
        if present:
            self._send_rtcp(rtcp.pack_receiver_report(self._ssrcs.video, present))

    def _want_picture_of_peer(self) -> None:
        if self.peer is not None:
            self.peer.want_picture()

    def _video_out(self, rtx_ssrc: int | None) -> VideoDownlink:
        return VideoDownlink(
            rtp.VP8, rtp.VIDEO_HZ, self._ssrcs.video, rtx_ssrc, self._send_rtp, self._send_rtcp, self.control.stamp,
            self._want_picture_of_peer,
        )  # fmt: skip
