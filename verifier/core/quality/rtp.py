"""What one RTP stream suffered on its way here. One rule: a sequence number is counted once, whatever path it took.

Called by the media engine for every packet of an uplink; its counters go into the server's per-second rows.
Time is the caller's monotonic clock in milliseconds.
"""

from __future__ import annotations

from enum import Enum

from verifier.core.samples import RtpCounters

GAP_MS = 150.0
"""A pause of this length with skipped sequence numbers can swallow a spoken digit (quality.md)."""

_SEQUENCES = 1 << 16
_TIMESTAMPS = 1 << 32
_WINDOW = 2048
"""Sequence numbers remembered for telling duplicates from late packets: 7 s of a 300 packets/s stream."""
_WINDOW_MASK = (1 << _WINDOW) - 1


class Arrival(Enum):
    """What one packet was to its stream."""

    NEW = "new"
    """In order, or ahead of a gap."""
    LATE = "late"
    """First arrival of a number that had been skipped."""
    REPAIRED = "repaired"
    """A skipped number recovered by retransmission."""
    DUPLICATE = "duplicate"
    STALE = "stale"
    """Older than the window: it cannot be told from a duplicate and counts as neither received nor repaired."""


class RtpTracker:
    """Counts one SSRC. Feed it every packet in order of arrival.

    Source: RFC 3550 appendix A.1 (extended sequence numbers), A.3 (expected), A.8 (jitter).
    """

    __slots__ = (
        "_arrival_ms",
        "_base",
        "_bytes",
        "_clock_rate_hz",
        "_duplicates",
        "_gaps",
        "_highest",
        "_jitter_ms",
        "_longest_ms",
        "_received",
        "_reordered",
        "_repaired",
        "_seen",
        "_timestamp",
        "last_extended",
        "ssrc",
    )

    def __init__(self, ssrc: int, clock_rate_hz: int) -> None:
        """Start counting ``ssrc``, whose timestamps run at ``clock_rate_hz`` (48000 for Opus, 90000 for video)."""
        self.ssrc = ssrc
        self.last_extended = 0
        """Unwrapped sequence number of the packet fed last."""
        self._clock_rate_hz = clock_rate_hz
        self._base: int | None = None
        self._highest = 0
        self._seen = 0
        """Bit k is set when ``_highest - k`` was seen."""
        self._arrival_ms = 0.0
        self._timestamp: int | None = None
        self._received = self._repaired = self._duplicates = self._reordered = self._bytes = self._gaps = 0
        self._jitter_ms = 0.0
        self._longest_ms = 0.0

    @property
    def highest(self) -> int | None:
        """Highest unwrapped sequence number, None before the first packet."""
        return None if self._base is None else self._highest

    @property
    def expected(self) -> int:
        """Sequence numbers from the first to the highest, ≥ 0."""
        return 0 if self._base is None else self._highest - self._base + 1

    @property
    def missing(self) -> int:
        """Expected and neither received nor repaired, ≥ 0."""
        return self.expected - self._received - self._repaired

    @property
    def lost(self) -> int:
        """Expected and not received on the first attempt, ≥ 0; repaired ones are lost too."""
        return self.expected - self._received

    @property
    def jitter_ms(self) -> float:
        """Inter-arrival jitter, ≥ 0 ms."""
        return self._jitter_ms

    def unwrap(self, sequence: int) -> int:
        """The unwrapped number nearest to the highest seen, for a 16-bit ``sequence``."""
        if self._base is None:
            return sequence
        return self._highest + ((sequence - self._highest + 0x8000) % _SEQUENCES) - 0x8000

    def receive(self, sequence: int, timestamp: int, arrival_ms: float, payload_bytes: int) -> Arrival:
        """Count a packet of the stream itself and say what it was.

        Args:
            sequence: 16 bit.
            timestamp: 32 bit, in clock-rate units.
            arrival_ms: monotonic, never falling.
            payload_bytes: without headers and padding.
        """
        if self._base is not None and sequence == (self._highest + 1) & 0xFFFF:
            self._highest = self.last_extended = self._highest + 1
            self._seen = (self._seen << 1 | 1) & _WINDOW_MASK
            self._time(timestamp, arrival_ms, skipped=False)
            self._received += 1
            self._bytes += payload_bytes
            return Arrival.NEW
        return self._receive_out_of_order(sequence, timestamp, arrival_ms, payload_bytes)

    def _receive_out_of_order(self, sequence: int, timestamp: int, arrival_ms: float, payload_bytes: int) -> Arrival:
        """Any other than the next number; ``receive`` spares nearly every packet these questions."""
        extended = self.unwrap(sequence)
        ahead = extended - self._highest if self._base is not None else 1
        arrival = self._mark(extended)
        if arrival is Arrival.NEW:
            self._time(timestamp, arrival_ms, skipped=ahead > 1)
        if arrival is Arrival.DUPLICATE:
            self._duplicates += 1
        elif arrival is not Arrival.STALE:
            self._received += 1
            self._bytes += payload_bytes
        if arrival in (Arrival.LATE, Arrival.STALE):
            self._reordered += 1
        return arrival

    def repair(self, sequence: int, payload_bytes: int) -> Arrival:
        """Count a retransmitted packet under its original ``sequence`` and say what it was.

        A retransmission of something already here (Chromium pads with them) changes no counter.
        """
        arrival = self._mark(self.unwrap(sequence))
        if arrival in (Arrival.NEW, Arrival.LATE):
            self._repaired += 1
            self._bytes += payload_bytes
            return Arrival.REPAIRED
        return arrival

    def take(self, now_ms: float) -> RtpCounters:
        """The counters at ``now_ms``; the longest pause starts anew, a pause still open is included."""
        if self._timestamp is not None:
            self._longest_ms = max(self._longest_ms, now_ms - self._arrival_ms)
        counters = RtpCounters(
            ssrc=self.ssrc,
            received=self._received,
            expected=self.expected,
            repaired=self._repaired,
            duplicates=self._duplicates,
            reordered=self._reordered,
            bytes=self._bytes,
            gaps_150ms=self._gaps,
            longest_gap_ms=self._longest_ms,
            jitter_ms=self._jitter_ms,
        )
        self._longest_ms = 0.0
        return counters

    def _mark(self, extended: int) -> Arrival:
        self.last_extended = extended
        if self._base is None:
            self._base = self._highest = extended
            self._seen = 1
            return Arrival.NEW
        ahead = extended - self._highest
        if ahead > 0:
            self._seen = ((self._seen << ahead) | 1) & _WINDOW_MASK
            self._highest = extended
            return Arrival.NEW
        if ahead <= -_WINDOW:
            return Arrival.STALE
        bit = 1 << -ahead
        if self._seen & bit:
            return Arrival.DUPLICATE
        self._seen |= bit
        self._base = min(self._base, extended)
        return Arrival.LATE

    def _time(self, timestamp: int, arrival_ms: float, *, skipped: bool) -> None:
        if self._timestamp is not None:
            pause_ms = arrival_ms - self._arrival_ms
            self._longest_ms = max(self._longest_ms, pause_ms)
            if skipped and pause_ms >= GAP_MS:
                self._gaps += 1
            ticks = (timestamp - self._timestamp + _TIMESTAMPS // 2) % _TIMESTAMPS - _TIMESTAMPS // 2
            difference_ms = abs(pause_ms - ticks * 1000.0 / self._clock_rate_hz)
            self._jitter_ms += (difference_ms - self._jitter_ms) / 16.0
        self._timestamp = timestamp
        self._arrival_ms = arrival_ms
