"""How long to wait after tries that failed. One rule: each further failure makes the wait longer, up to a limit.

A bucket is whatever tries are counted by: a browser, an address, an account together with an address. Called by
service/throttling, which keeps the buckets.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Pace:
    """How a kind of bucket slows down."""

    free: int
    """Tries before the first wait."""
    first_ms: int
    """The first wait; each further one is twice as long."""
    longest_ms: int
    """No wait is longer."""
    forgotten_ms: int = 24 * 3_600_000
    """After so long without a try the bucket is as new."""


@dataclass(frozen=True, slots=True)
class Tries:
    """What one bucket holds: tries that failed or are not answered yet, and when the last one was."""

    count: int = 0
    last_ms: int = 0


def wait_ms(tries: Tries, pace: Pace, now_ms: int) -> int:
    """Milliseconds until the next try is allowed, 0 ≤ wait ≤ ``pace.longest_ms``; grows with the count."""
    if tries.count < pace.free or _forgotten(tries, pace, now_ms):
        return 0
    # No shift beyond what the longest wait needs: the count has no limit.
    doublings = min(tries.count - pace.free, pace.longest_ms.bit_length())
    delay = min(pace.first_ms << doublings, pace.longest_ms)
    return max(0, tries.last_ms + delay - now_ms)


def tried(tries: Tries, pace: Pace, now_ms: int) -> Tries:
    """The bucket with one more try, which counts as failed until ``answered``."""
    return Tries(1 if _forgotten(tries, pace, now_ms) else tries.count + 1, now_ms)


def answered(tries: Tries) -> Tries:
    """The bucket without its last try, which was right; the failures before it stay."""
    return Tries(max(0, tries.count - 1), tries.last_ms)


def _forgotten(tries: Tries, pace: Pace, now_ms: int) -> bool:
    return now_ms - tries.last_ms >= pace.forgotten_ms
