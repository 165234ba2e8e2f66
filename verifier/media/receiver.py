"""One medium arriving from one leg. One rule: everything is counted before anything is forwarded.

Used by ``leg``, which parses packets and writes what the streams want to send. Times are seconds (monotonic).
"""

from __future__ import annotations

import math
from collections.abc import Callable

from verifier.core.quality.rtp import Arrival, RtpTracker
from verifier.core.samples import RtpCounters
from verifier.media.nack import MissingPackets
from verifier.media.rtcp import ReportBlock, SenderReport
from verifier.media.rtp import RTX, VP8, RtpPacket, opus_duration_ms, original_of
from verifier.media.vp8 import starts_key_frame

_KNOWN = (Arrival.DUPLICATE, Arrival.STALE)
"""What is not forwarded."""
Forward = Callable[[RtpPacket, float], None]

_VOICE_LEVEL_DBOV = -60
"""A packet with the voice flag but softer than this is a breath."""
_LOUD_DBOV = -50
"""From senders that never set the voice flag, anything louder is speech."""
_PICTURE_REQUEST_INTERVAL_S, _REFRESH_INTERVAL_S = 0.3, 0.8
_PROTECTION, _PROTECTION_MAX, _PROTECTION_HALF_LIFE_S = 2.0, 64, 4.0
"""Opus in Chromium spends bits on correction by what reports say, smoothed over ten seconds, in steps of 1, 5, 10 and
20 %: told the plain loss, it starts late and stops in every report that happens to see none. Bandwidth is estimated
from the cumulative count, which stays true. In 256ths; 64 is a quarter."""


class UplinkStream:
    """Tracks one medium's SSRC, the last sender report about it, and builds our report blocks."""

    def __init__(self, clock_rate_hz: int, announced_ssrc: int | None) -> None:
        """``announced_ssrc`` is the one in the answer; without it the first one seen is taken."""
        self._clock_rate_hz = clock_rate_hz
        self._ssrc = announced_ssrc
        self._tracker: RtpTracker | None = None
        self._report: SenderReport | None = None
        self._report_at = 0.0
        self._reported_expected = self._reported_missing = 0
        self.octets = 0
        """RTP payload bytes so far, over all SSRCs, duplicates and retransmissions included."""

    @property
    def ssrc(self) -> int | None:
        """The medium's SSRC, None when not yet known."""
        return self._ssrc

    def tracker_for(self, packet: RtpPacket) -> RtpTracker | None:
        """The tracker of the packet's SSRC, None when the packet is not of this stream."""
        if self._tracker is not None and packet.ssrc == self._tracker.ssrc:
            return self._tracker
        if self._ssrc is None:
            self._ssrc = packet.ssrc
        if packet.ssrc != self._ssrc:
            return None
        self._tracker = RtpTracker(packet.ssrc, self._clock_rate_hz)
        return self._tracker

    def note_sender_report(self, report: SenderReport, now_s: float) -> None:
        """Remember the report for LSR and DLSR."""
        self._report, self._report_at = report, now_s

    def take(self, now_s: float) -> RtpCounters:
        """The counters of the current SSRC; the longest pause starts anew."""
        return RtpCounters() if self._tracker is None else self._tracker.take(now_s * 1000.0)

    def report_block(self, now_s: float, downstream_fraction: int = 0) -> ReportBlock | None:
        """Our reception report since the last one, None before the first packet.

        Args:
            now_s: now.
            downstream_fraction: loss that the other participant reports, 0..255; the worse of both is reported, so
                that Opus sends its in-band correction for the downlink's loss too.
        """
        tracker = self._tracker
        if tracker is None:
            return None
        expected = tracker.expected - self._reported_expected
        missing = tracker.missing - self._reported_missing
        self._reported_expected, self._reported_missing = tracker.expected, tracker.missing
        fraction = min(255, 256 * missing // expected) if expected > 0 and missing > 0 else 0
        fraction = self._reported(max(fraction, downstream_fraction), now_s)
        last, delay = 0, 0
        if self._report is not None:
            last, delay = self._report.middle, int((now_s - self._report_at) * 65_536)
        return ReportBlock(
            ssrc=tracker.ssrc,
            fraction_lost=fraction,
            packets_lost=tracker.missing,
            highest=(tracker.highest or 0) & 0xFFFFFFFF,
            jitter=int(tracker.jitter_ms * self._clock_rate_hz / 1000),
            last_report=last,
            delay=delay,
        )

    def _reported(self, fraction: int, now_s: float) -> int:
        """What is said of a loss of so many 256ths."""
        return fraction


class AudioUplink(UplinkStream):
    """Audio from one leg: forwarded at once, speech and level read from the header extension."""

    def __init__(self, clock_rate_hz: int, announced_ssrc: int | None) -> None:
        super().__init__(clock_rate_hz, announced_ssrc)
        self.speech_ms = 0.0
        """Speech since the last sample; reset by ``take_level``."""
        self._loudest: int | None = None
        self._voice_flag_used = False
        self._protected, self._protected_at = 0.0, 0.0

    def receive(self, packet: RtpPacket, now_s: float) -> bool:
        """Count the packet; true when it is to be forwarded."""
        self.octets += len(packet.payload)
        tracker = self.tracker_for(packet)
        if tracker is None:
            return False
        arrival = tracker.receive(packet.sequence, packet.timestamp, now_s * 1000.0, len(packet.payload))
        packet.extended = tracker.last_extended
        if arrival in _KNOWN:
            return False
        self._hear(packet)
        return True

    def take_level(self) -> tuple[float, int | None]:
        """Speech in ms and loudest level in dBov since the last call; None without packets that tell."""
        taken = self.speech_ms, self._loudest
        self.speech_ms, self._loudest = 0.0, None
        return taken

    def _reported(self, fraction: int, now_s: float) -> int:
        """More than was lost, and for a while after it, so that correction is there when the next packet is missing."""
        kept = self._protected * 0.5 ** ((now_s - self._protected_at) / _PROTECTION_HALF_LIFE_S)
        self._protected, self._protected_at = max(kept, _PROTECTION * fraction), now_s
        return round(min(self._protected, _PROTECTION_MAX))

    def _hear(self, packet: RtpPacket) -> None:
        level = packet.level_dbov
        if level is None:
            return
        self._voice_flag_used = self._voice_flag_used or packet.voice
        if self._loudest is None or level > self._loudest:
            self._loudest = level
        speech = packet.voice and level >= _VOICE_LEVEL_DBOV if self._voice_flag_used else level >= _LOUD_DBOV
        if speech:
            self.speech_ms += opus_duration_ms(packet.payload)


class VideoUplink(UplinkStream):
    """Video from one leg: losses asked for again, retransmissions unwrapped, key frames asked for at a bounded rate."""

    def __init__(self, clock_rate_hz: int, announced_ssrc: int | None, announced_rtx: int | None) -> None:
        super().__init__(clock_rate_hz, announced_ssrc)
        self._rtx_ssrc = announced_rtx
        self.missing = MissingPackets()
        self._picture_wanted = False
        self._picture_asked_at = self._refreshed_at = -math.inf
        self.picture_requests = 0
        """Key frames asked for so far."""

    def receive_any(self, packet: RtpPacket, now_s: float) -> RtpPacket | None:
        """Count a packet of the stream or a retransmission; the packet to forward, None when there is none."""
        if packet.payload_type == VP8:
            return packet if self.receive(packet, now_s) else None
        if packet.payload_type == RTX:
            return self.receive_retransmission(packet, now_s)
        return None

    def receive(self, packet: RtpPacket, now_s: float) -> bool:
        """Count a packet of the stream itself; true when it is to be forwarded."""
        self.octets += len(packet.payload)
        tracker = self.tracker_for(packet)
        if tracker is None:
            return False
        arrival = tracker.receive(packet.sequence, packet.timestamp, now_s * 1000.0, len(packet.payload))
        packet.extended = tracker.last_extended
        return self._accept(packet, arrival, now_s)

    def receive_retransmission(self, packet: RtpPacket, now_s: float) -> RtpPacket | None:
        """The repaired original to forward; None for padding, strangers and what is here already."""
        self.octets += len(packet.payload)
        if self._rtx_ssrc is None:
            self._rtx_ssrc = packet.ssrc
        if packet.ssrc != self._rtx_ssrc or self._tracker is None:
            return None
        original = original_of(packet, self._tracker.ssrc)
        if original is None:
            return None
        arrival = self._tracker.repair(original.sequence, len(original.payload))
        original.extended = self._tracker.last_extended
        return original if self._accept(original, arrival, now_s) else None

    def want_picture(self) -> None:
        """Ask for a key frame as soon as the rate limit allows."""
        self._picture_wanted = True

    def refresh(self, now_s: float, round_trip_s: float) -> None:
        """Ask for a key frame instead of packets that do not come, and while it is on its way for no older ones."""
        if self.missing.hopeless(now_s, round_trip_s) and now_s - self._refreshed_at >= _REFRESH_INTERVAL_S:
            self._refreshed_at = now_s
            self.missing.forget()
            self.want_picture()

    def picture_due(self, now_s: float) -> bool:
        """Whether to send a picture loss indication now; at most one in 300 ms."""
        if not self._picture_wanted or self._ssrc is None:
            return False
        if now_s - self._picture_asked_at < _PICTURE_REQUEST_INTERVAL_S:
            return False
        self._picture_wanted, self._picture_asked_at = False, now_s
        self.picture_requests += 1
        return True

    def _accept(self, packet: RtpPacket, arrival: Arrival, now_s: float) -> bool:
        if arrival in _KNOWN:
            return False
        if self.missing.arrived(packet.extended, now_s):
            self.want_picture()
        if self.missing and starts_key_frame(packet.payload):
            self.missing.forget(packet.extended)
        return True
