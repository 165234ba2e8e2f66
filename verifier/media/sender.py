"""One medium leaving for one leg. One rule: our SSRC, sequence numbers and timestamps only ever go on.

Sources come and go (reload, reconnect, held back); the browser sees one unbroken stream, so it never has to start
over. Used by ``leg``. Times are seconds (monotonic).
"""

from __future__ import annotations

import math
import random
from collections import OrderedDict
from collections.abc import Callable

from verifier.core.samples import ReceiverReport
from verifier.media import rtcp
from verifier.media.rtp import RTX, RtpPacket, build, retransmission_payload
from verifier.media.vp8 import PictureIds, starts_key_frame

Send = Callable[[bytes], bool]
Stamp = Callable[[int, float], "int | None"]
"""Gives out the transport-wide number for a packet of so many bytes sent now; None when the leg does not use them."""

CNAME = b"verifier"
_HISTORY = 512
"""Packets kept for retransmission: 2.5 s of a 1.7 Mb/s stream."""
_RTX_SHARE, _RTX_BURST_BYTES = 0.25, 30_000
_RTX_INTERVAL_MIN_S, _RTX_ROUND_TRIPS = 0.03, 0.9
_RTX_DEFAULT_BPS, _RTX_MAX_BPS = 1_000_000, 2_000_000
_PICTURE_INSTEAD_S = 2.0
"""Over budget a key frame is asked for instead of single packets, at most this often."""
_PICTURE_AT_START_S = 0.5
_REPORTS_KEPT = 20
_UNKNOWN_RTT_S = 0.1


class DownlinkStream:
    """Audio, or the base of video: rewrites one source after another into one stream and keeps its reports."""

    def __init__(
        self, payload_type: int, clock_rate_hz: int, ssrc: int, send: Send, send_rtcp: Send, stamp: Stamp
    ) -> None:
        self.ssrc = ssrc
        self.packets = 0
        self.octets = 0
        self.rtt_s: float | None = None
        self._payload_type, self._clock_rate_hz = payload_type, clock_rate_hz
        self._send, self._send_rtcp, self._stamp = send, send_rtcp, stamp
        self._source: object = None
        self._first_extended = 0
        self._offset = self._timestamp_offset = 0
        self._newest: int | None = None
        """Newest unwrapped outgoing sequence number; none is ever given to two packets."""
        self._newest_timestamp = 0
        self._newest_at = 0.0
        self._reports: OrderedDict[int, float] = OrderedDict()
        self._last_block: rtcp.ReportBlock | None = None
        self._last_block_at = 0.0

    def forward(self, packet: RtpPacket, source: object, now_s: float) -> None:
        """Send a packet of ``source`` on; a new source is put behind everything sent before."""
        if source is not self._source:
            self._begin(packet, source, now_s)
        elif packet.extended < self._first_extended:
            return
        self._emit(packet, packet.payload, now_s)

    def forward_report(self, report: rtcp.SenderReport, source: object, now_s: float) -> None:
        """Send the source's report on with our SSRC, timestamps and counts; ignored before its first packet."""
        if source is not self._source or self._newest is None:
            return
        self._reports[report.middle] = now_s
        if len(self._reports) > _REPORTS_KEPT:
            self._reports.popitem(last=False)
        ours = rtcp.SenderReport(
            self.ssrc, report.ntp, (report.rtp + self._timestamp_offset) & 0xFFFFFFFF, self.packets, self.octets
        )
        self._send_rtcp(rtcp.pack_sender_report(ours) + rtcp.pack_source_description(self.ssrc, CNAME))

    def note_block(self, block: rtcp.ReportBlock, now_s: float) -> None:
        """Take the browser's reception report about this stream."""
        self._last_block, self._last_block_at = block, now_s
        sent_at = self._reports.get(block.last_report)
        if sent_at is not None and block.delay:
            measured = max(0.001, now_s - sent_at - block.delay / 65_536)
            self.rtt_s = measured if self.rtt_s is None else 0.7 * self.rtt_s + 0.3 * measured

    def fraction_lost(self, now_s: float, fresh_s: float) -> int:
        """Loss the browser reported last, 0..255; 0 when that is older than ``fresh_s``."""
        if self._last_block is None or now_s - self._last_block_at > fresh_s:
            return 0
        return self._last_block.fraction_lost

    def receiver_report(self, now_s: float) -> ReceiverReport:
        """The browser's last report about this stream, as a row."""
        block = self._last_block
        if block is None:
            return ReceiverReport(ssrc=self.ssrc)
        return ReceiverReport(
            ssrc=self.ssrc,
            fraction_lost=block.fraction_lost / 256,
            packets_lost=block.packets_lost,
            jitter_ms=block.jitter * 1000 / self._clock_rate_hz,
            age_ms=(now_s - self._last_block_at) * 1000,
        )

    def _begin(self, packet: RtpPacket, source: object, now_s: float) -> None:
        if self._newest is None:
            sequence, timestamp = random.getrandbits(15), random.getrandbits(32)
        else:
            sequence = self._newest + 1
            passed = int((now_s - self._newest_at) * self._clock_rate_hz)
            timestamp = self._newest_timestamp + max(1, passed)
        self._source, self._first_extended = source, packet.extended
        self._offset = sequence - packet.extended
        self._timestamp_offset = timestamp - packet.timestamp

    def _emit(self, packet: RtpPacket, payload: bytes, now_s: float) -> tuple[int, int]:
        extended = packet.extended + self._offset
        timestamp = (packet.timestamp + self._timestamp_offset) & 0xFFFFFFFF
        if self._newest is None or extended > self._newest:
            self._newest, self._newest_timestamp, self._newest_at = extended, timestamp, now_s
        self.packets += 1
        self.octets += len(payload)
        number = self._stamp(len(payload), now_s)
        second = packet.marker | self._payload_type
        self._send(build(second, extended & 0xFFFF, timestamp, self.ssrc, payload, number))
        return extended & 0xFFFF, timestamp


class VideoDownlink(DownlinkStream):
    """Video to one leg: starts every source at a key frame, answers NACKs within a budget, can be held back."""

    def __init__(
        self, payload_type: int, clock_rate_hz: int, ssrc: int, rtx_ssrc: int | None, send: Send, send_rtcp: Send,
        stamp: Stamp, want_picture: Callable[[], None],
    ) -> None:  # fmt: skip
        """``want_picture`` asks the source for a key frame; without ``rtx_ssrc`` packets are repeated as they were."""
        super().__init__(payload_type, clock_rate_hz, ssrc, send, send_rtcp, stamp)
        self.retransmissions = 0
        self.budget_bps: float = _RTX_DEFAULT_BPS
        """What the downlink carries; a quarter of it may be retransmissions."""
        self._want_picture = want_picture
        self._rtx_ssrc, self._rtx_sequence = rtx_ssrc, random.getrandbits(15)
        self._ids = PictureIds()
        self._history: list[tuple[int, int, int, bytes] | None] = [None] * _HISTORY
        self._repaired_at: dict[int, float] = {}
        self._tokens: float = _RTX_BURST_BYTES
        self._tokens_at, self._picture_at = 0.0, -math.inf
        self._held = False

    @property
    def held(self) -> bool:
        """Whether video waits for the next key frame because the link is congested."""
        return self._held

    def hold(self) -> None:
        """Send nothing until the next key frame."""
        self._held = True

    def forward(self, packet: RtpPacket, source: object, now_s: float) -> None:
        """Send a packet of ``source`` on; a new source, and one held back, goes on with its next key frame."""
        if source is not self._source:
            if not starts_key_frame(packet.payload):
                self._ask_picture(now_s, _PICTURE_AT_START_S)
                return
            self._begin(packet, source, now_s)
            self._ids.start(packet.payload)
            self._held = False
        elif (self._held and not self._resume(packet)) or packet.extended < self._first_extended:
            return
        newest = self._newest is None or packet.extended + self._offset > self._newest
        payload = self._ids.rewrite(packet.payload, newest=newest)
        sequence, timestamp = self._emit(packet, payload, now_s)
        self._history[sequence % _HISTORY] = (sequence, timestamp, packet.marker, payload)

    def retransmit(self, sequences: tuple[int, ...], now_s: float) -> None:
        """Answer a NACK: each packet at most once per 0.9 round trips, within a quarter of the link."""
        rate = min(self.budget_bps, _RTX_MAX_BPS) * _RTX_SHARE / 8
        self._tokens = min(_RTX_BURST_BYTES, self._tokens + (now_s - self._tokens_at) * rate)
        self._tokens_at = now_s
        rtt_s = self.rtt_s if self.rtt_s is not None else _UNKNOWN_RTT_S
        interval = max(_RTX_INTERVAL_MIN_S, _RTX_ROUND_TRIPS * rtt_s)
        for sequence in sequences:
            kept = self._history[sequence % _HISTORY]
            if kept is None or kept[0] != sequence or now_s - self._repaired_at.get(sequence, -math.inf) < interval:
                continue
            if len(kept[3]) > self._tokens:
                self._ask_picture(now_s, _PICTURE_INSTEAD_S)
                return
            self._repair(kept, now_s)
        if len(self._repaired_at) > 4 * _HISTORY:
            self._repaired_at = {number: at for number, at in self._repaired_at.items() if now_s - at < 3.0}

    def _repair(self, kept: tuple[int, int, int, bytes], now_s: float) -> None:
        sequence, timestamp, marker, payload = kept
        self._tokens -= len(payload)
        self._repaired_at[sequence] = now_s
        self.retransmissions += 1
        number = self._stamp(len(payload), now_s)
        if self._rtx_ssrc is None:
            self._send(build(marker | self._payload_type, sequence, timestamp, self.ssrc, payload, number))
            return
        self._rtx_sequence = (self._rtx_sequence + 1) & 0xFFFF
        wrapped = retransmission_payload(sequence, payload)
        self._send(build(marker | RTX, self._rtx_sequence, timestamp, self._rtx_ssrc, wrapped, number))

    def _resume(self, packet: RtpPacket) -> bool:
        if not starts_key_frame(packet.payload) or self._newest is None:
            return False
        self._held, self._first_extended = False, packet.extended
        self._offset = self._newest + 1 - packet.extended
        return True

    def _ask_picture(self, now_s: float, interval_s: float) -> None:
        if now_s - self._picture_at >= interval_s:
            self._picture_at = now_s
            self._want_picture()
