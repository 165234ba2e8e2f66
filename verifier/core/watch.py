"""Watching a cited stretch, as the server measures it. One rule: only time in which new ground was shown counts.

The page says where its replay stands; how long that took, the server's clock says. A beat therefore earns at most the
time since the one before, at most ``BEAT_MAX_MS``, and only as far as the replay has come beyond what was watched
already: many beats, a second tab, a jump or the same second again and again earn nothing. Called by service/watching.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

BEAT_MAX_MS = 1_500
"""Time that one beat can stand for: the page beats once a second."""
JUMP_MS = 2 * BEAT_MAX_MS
"""A replay that has come this far since what was watched last has jumped."""


@dataclass(frozen=True, slots=True)
class Watch:
    """One reviewer before one cited stretch."""

    from_ms: int
    to_ms: int
    opened_ms: int
    beat_ms: int
    """When the newest beat came."""
    reached_ms: int
    """Everything from ``from_ms`` to here was watched."""

    @property
    def watched_ms(self) -> int:
        """Time for which the replay stood within the stretch, in ms."""
        return self.reached_ms - self.from_ms

    @property
    def complete(self) -> bool:
        """Whether it was watched for as long as it is cited."""
        return self.reached_ms >= self.to_ms


def begin(from_ms: int, to_ms: int, now_ms: int) -> Watch:
    """Nothing watched yet."""
    return Watch(from_ms, to_ms, now_ms, now_ms, from_ms)


def beat(watch: Watch, position_ms: int, now_ms: int) -> Watch:
    """The watch after the page said where its replay stands.

    Args:
        watch: as it was.
        position_ms: where the replay stands in the call.
        now_ms: when the server heard of it.
    """
    passed_ms = min(max(now_ms - watch.beat_ms, 0), BEAT_MAX_MS)
    ahead_ms = min(position_ms, watch.to_ms) - watch.reached_ms
    earned_ms = min(passed_ms, ahead_ms) if 0 < position_ms - watch.reached_ms < JUMP_MS else 0
    return replace(watch, beat_ms=max(now_ms, watch.beat_ms), reached_ms=watch.reached_ms + max(earned_ms, 0))
