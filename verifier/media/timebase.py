"""When a packet counts as sent, on the server's clock. One rule: never after it came, never long before.

RTP timestamps give the even pace of a stretch, arrival gives the time. Used by ``recording``.
Source: RFC 3550 5.1 (timestamps count the media's own clock from a random start and say nothing about any other).
"""

from __future__ import annotations

SLACK_MS = 80.0
"""Later than this after its own pace, a packet is out of step; less than the 100 ms that a recording may be off."""
_LOST_MS = 10_000.0
"""So late no network holds a packet back: the sender's clock stood still."""


class TimeBase:
    """Places the packets of one medium of one participant."""

    def __init__(self, clock_rate_hz: int, patience_ms: float) -> None:
        """``patience_ms``: for how long packets may all be out of step before the pace follows them; 0: at once."""
        self._clock_rate_hz, self._patience_ms = clock_rate_hz, patience_ms
        self._ssrc: int | None = None
        self._timestamp = 0
        self._paced_ms = 0.0
        self._late_since_ms: float | None = None
        self._least_late_ms = 0.0

    def at(self, ssrc: int, timestamp: int, arrival_ms: float) -> float:
        """The moment of a packet in ms, at most its arrival; a new source begins at its arrival.

        What a network held back and then delivers at once has its place where it was sent, as far as patience allows.
        """
        ahead = (timestamp - self._timestamp + (1 << 31)) % (1 << 32) - (1 << 31)
        paced_ms = self._paced_ms + 1000 * ahead / self._clock_rate_hz
        if ssrc == self._ssrc and ahead <= 0:
            return min(paced_ms, arrival_ms)
        if ssrc != self._ssrc or arrival_ms - paced_ms > _LOST_MS:
            self._late_since_ms, paced_ms = None, arrival_ms
        else:
            paced_ms = self._in_step(paced_ms, arrival_ms)
        self._ssrc, self._timestamp, self._paced_ms = ssrc, timestamp, paced_ms
        return paced_ms

    def _in_step(self, paced_ms: float, arrival_ms: float) -> float:
        late_ms = arrival_ms - paced_ms
        if late_ms <= SLACK_MS:
            self._late_since_ms = None
            return min(paced_ms, arrival_ms)
        if self._late_since_ms is None:
            self._late_since_ms, self._least_late_ms = arrival_ms, late_ms
        self._least_late_ms = min(self._least_late_ms, late_ms)
        if arrival_ms - self._late_since_ms < self._patience_ms:
            return paced_ms
        self._late_since_ms = None
        return paced_ms + self._least_late_ms
