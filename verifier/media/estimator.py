"""How much a downlink carries, from the browser's transport-wide feedback. One rule: delay first, loss second.

A standing queue or heavy loss cuts the target to a share of what was delivered; a quiet link lets it grow. The
figures are those of the measured prototype and are calibrated on the rig. Times are seconds of a monotonic clock.
"""

from __future__ import annotations

import math
from collections import deque

MAX_BPS = 2_500_000
"""Nothing is known to be in the way: an interview needs no more."""
MIN_BPS = 60_000
"""Audio and a trickle of video."""

_WINDOW_S, _LOSS_WINDOW_S = 0.7, 1.0
_RECENT_S = 0.25
_BASE_DELAY_S = 30.0
_QUEUE_S, _HEAVY_QUEUE_S, _CLEAR_QUEUE_S = 0.07, 0.15, 0.035
_LOSS, _HEAVY_LOSS, _CLEAR_LOSS = 0.12, 0.30, 0.06
_CUT, _HEAVY_CUT, _REPEATED_CUT = 0.85, 0.65, 0.93
_CUT_INTERVAL_S = 0.5
_GROWTH_PER_S, _CAREFUL_GROWTH_PER_S = 0.25, 0.05
_CAREFUL_FOR_S = 8.0
_PERSIST_TICKS = 2
"""A condition must hold in this many consecutive ticks: one stall of the machine looks like a queue."""


class _Batch:
    """What was reported at one moment; browsers report some ten packets at once."""

    __slots__ = ("at_s", "delay_s", "delivered", "lost", "size")

    def __init__(self, at_s: float) -> None:
        self.at_s = at_s
        self.delay_s = math.inf
        """The lowest."""
        self.delivered = self.lost = self.size = 0


class DownlinkEstimator:
    """Target rate of one downlink; feed it every reported packet, ask it about ten times a second."""

    __slots__ = ("_bad_ticks", "_batches", "_cut_at", "_cut_rate", "_floors", "_started", "_ticked", "loss",
                 "queue_s", "target_bps")  # fmt: skip

    def __init__(self) -> None:
        self.target_bps = float(MAX_BPS)
        """60,000..2,500,000 bit/s."""
        self.queue_s = 0.0
        """Delay above the lowest of the last 30 s, ≥ 0."""
        self.loss = 0.0
        """Share of packets reported missing within the last second, 0..1."""
        self._batches: deque[_Batch] = deque()
        self._floors: deque[tuple[int, float]] = deque()
        self._started: float | None = None
        self._ticked = self._cut_at = 0.0
        self._cut_rate: float | None = None
        self._bad_ticks = 0

    @property
    def known(self) -> bool:
        """Whether any feedback has come."""
        return self._started is not None

    def delivered(self, delay_s: float, size: int, now_s: float) -> None:
        """A packet of ``size`` bytes arrived ``delay_s`` after it was sent, on two clocks: only its change counts."""
        if self._started is None:
            self._started = now_s
        batch = self._batch(now_s)
        batch.delivered += 1
        batch.size += size
        if delay_s < batch.delay_s:
            batch.delay_s = delay_s
            self._note_floor(delay_s, now_s)

    def missing(self, now_s: float) -> None:
        """A packet was reported as not received."""
        self._batch(now_s).lost += 1

    def tick(self, now_s: float) -> float:
        """Update and return the target in bit/s."""
        elapsed = min(0.5, now_s - self._ticked)
        self._ticked = now_s
        self._forget(now_s)
        window = [batch for batch in self._batches if batch.at_s >= now_s - _WINDOW_S]
        if self._started is None or sum(batch.delivered for batch in window) < 5:
            return self.target_bps
        rate = self._measure(window, now_s)
        if self.queue_s > _QUEUE_S or self.loss > _LOSS:
            self._bad_ticks += 1
            if self._bad_ticks >= _PERSIST_TICKS and now_s - self._cut_at > _CUT_INTERVAL_S + self.queue_s:
                self._cut(rate, now_s)
            return self.target_bps
        self._bad_ticks = 0
        if self.queue_s < _CLEAR_QUEUE_S and self.loss < _CLEAR_LOSS and now_s - self._cut_at > _CUT_INTERVAL_S:
            self._grow(rate, elapsed, now_s)
        return self.target_bps

    def _batch(self, now_s: float) -> _Batch:
        if self._batches and self._batches[-1].at_s == now_s:
            return self._batches[-1]
        batch = _Batch(now_s)
        self._batches.append(batch)
        return batch

    def _note_floor(self, delay_s: float, now_s: float) -> None:
        second = int(now_s)
        if self._floors and self._floors[-1][0] == second:
            self._floors[-1] = (second, min(self._floors[-1][1], delay_s))
        else:
            self._floors.append((second, delay_s))

    def _forget(self, now_s: float) -> None:
        while self._batches and self._batches[0].at_s < now_s - _LOSS_WINDOW_S:
            self._batches.popleft()
        while len(self._floors) > 1 and self._floors[0][0] < now_s - _BASE_DELAY_S:
            self._floors.popleft()

    def _measure(self, window: list[_Batch], now_s: float) -> float:
        recent = min((batch.delay_s for batch in window if batch.at_s > now_s - _RECENT_S), default=math.inf)
        if recent < math.inf:
            self.queue_s = max(0.0, recent - min(floor for _, floor in self._floors))
        lost = sum(batch.lost for batch in self._batches)
        reported = lost + sum(batch.delivered for batch in self._batches)
        self.loss = lost / max(20, reported)
        span = min(_WINDOW_S, max(0.2, now_s - (self._started or now_s)))
        return sum(batch.size for batch in window) * 8 / span

    def _cut(self, rate: float, now_s: float) -> None:
        heavy = self.queue_s > _HEAVY_QUEUE_S or self.loss > _HEAVY_LOSS
        wanted = (_HEAVY_CUT if heavy else _CUT) * rate
        self.target_bps = max(MIN_BPS, wanted if wanted < self.target_bps else _REPEATED_CUT * self.target_bps)
        self._cut_at, self._cut_rate = now_s, rate

    def _grow(self, rate: float, elapsed: float, now_s: float) -> None:
        near = (
            self._cut_rate is not None
            and 0.85 * self._cut_rate < self.target_bps < 1.3 * self._cut_rate
            and now_s - self._cut_at < _CAREFUL_FOR_S
        )
        growth = _CAREFUL_GROWTH_PER_S if near else _GROWTH_PER_S
        grown = min(self.target_bps * (1 + growth * elapsed) + 1000 * elapsed, 1.6 * rate + MIN_BPS)
        self.target_bps = min(MAX_BPS, max(self.target_bps, grown))
