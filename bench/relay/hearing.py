"""What one synthetic client receives: everything is counted, nothing decoded, and reported as a browser reports."""

from __future__ import annotations

from collections.abc import Callable

from bench.relay.description import Terms
from bench.relay.playing import STAMP
from verifier.media import rtcp, twcc


class _Stream:
    """One SSRC's sequence numbers and its last sender report."""

    __slots__ = ("base", "highest", "received", "reported", "ssrc")

    def __init__(self, ssrc: int, sequence: int) -> None:
        self.ssrc, self.base, self.highest, self.received = ssrc, sequence, sequence, 0
        self.reported: tuple[int, float] | None = None

    def take(self, sequence: int) -> list[int]:
        """Count a packet; the numbers skipped before it."""
        self.received += 1
        ahead = (sequence - self.highest + 0x8000 & 0xFFFF) - 0x8000
        skipped = [number & 0xFFFF for number in range(self.highest + 1, self.highest + ahead)]
        self.highest += max(0, ahead)
        return skipped

    @property
    def missing(self) -> int:
        """Numbers skipped and not come later."""
        return self.highest - self.base + 1 - self.received

    def block(self, now_s: float) -> rtcp.ReportBlock:
        """Reception report."""
        last, delay = 0, 0
        if self.reported is not None:
            last, delay = self.reported[0], int((now_s - self.reported[1]) * 65_536)
        return rtcp.ReportBlock(self.ssrc, 0, self.missing, self.highest & 0xFFFFFFFF, 20, last, delay)


class Listener:
    """Counts and reports what one connection delivers."""

    def __init__(self, terms: Terms, send_rtcp: Callable[[bytes], bool], ssrc: int) -> None:
        self.audio_packets = self.video_packets = self.frames = 0
        """Received so far; repetitions are not counted."""
        self.stamped: list[tuple[float, float]] = []
        """Of each stamped packet when it was sent and how long it was under way, in seconds."""
        self._terms, self._send_rtcp, self._ssrc = terms, send_rtcp, ssrc
        self._arrivals = twcc.ArrivalRecorder()
        self._audio: _Stream | None = None
        self._video: _Stream | None = None

    def take(self, data: bytes, now_s: float) -> None:
        """Take one RTP packet."""
        kind = data[1] & 0x7F
        sequence, ssrc = int.from_bytes(data[2:4], "big"), int.from_bytes(data[8:12], "big")
        if self._terms.sequence_id is not None and data[0] & 0x10:
            self._note_arrival(data, now_s)
        if kind == self._terms.opus:
            if self._audio is None or self._audio.ssrc != ssrc:
                self._audio = _Stream(ssrc, sequence)
            self._audio.take(sequence)
            self.audio_packets += 1
        elif kind == self._terms.vp8:
            if self._video is None or self._video.ssrc != ssrc:
                self._video = _Stream(ssrc, sequence)
            skipped = self._video.take(sequence)
            if skipped:
                self._send_rtcp(rtcp.pack_nack(self._ssrc, ssrc, skipped))
            self.video_packets += 1
            if not data[1] & 0x80:
                return
            self.frames += 1
        else:
            return
        (sent_s,) = STAMP.unpack_from(data, len(data) - STAMP.size)
        self.stamped.append((sent_s, now_s - sent_s))

    @property
    def missing(self) -> int:
        """Packets of both media that were skipped and did not come later."""
        return sum(stream.missing for stream in (self._audio, self._video) if stream is not None)

    def note_report(self, report: rtcp.SenderReport, now_s: float) -> None:
        """Remember a sender report for the next reception report."""
        for stream in (self._audio, self._video):
            if stream is not None and stream.ssrc == report.ssrc:
                stream.reported = report.middle, now_s

    def blocks(self, now_s: float) -> list[rtcp.ReportBlock]:
        """Reception reports about what is received."""
        return [stream.block(now_s) for stream in (self._audio, self._video) if stream is not None]

    def report_arrivals(self) -> None:
        """Send transport-wide feedback."""
        about = self._video or self._audio
        for information in self._arrivals.take():
            media = about.ssrc if about is not None else 0
            self._send_rtcp(rtcp.pack_transport_feedback(self._ssrc, media, information))

    def _note_arrival(self, data: bytes, now_s: float) -> None:
        position, end = 16, 16 + 4 * int.from_bytes(data[14:16], "big")
        wanted = (self._terms.sequence_id or 0) << 4 | 1
        while position < end:
            head = data[position]
            if head == wanted:
                self._arrivals.add(data[position + 1] << 8 | data[position + 2], now_s)
                return
            position += 2 + (head & 15) if head else 1
