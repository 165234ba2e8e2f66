"""What a bad connection does to one packet; pure: the time and the chance come in as arguments.

The order along a path is that of an access link: an outage stops everything, then comes a bottleneck
with a tail-drop queue, then loss on the way, then delay. Called by `exchange` for every packet.
"""

from __future__ import annotations

import random
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

Direction = Literal["up", "down"]
"""`up` is participant → server, `down` is server → participant."""

DIRECTIONS: tuple[Direction, ...] = ("up", "down")


def _require_shares(record: object, *names: str) -> None:
    for name in names:
        if not 0.0 <= getattr(record, name) <= 1.0:
            raise ValueError(f"{name} must be within 0..1, got {getattr(record, name)}")


@dataclass(frozen=True, slots=True)
class GilbertElliott:
    """Loss in bursts: a link that alternates between a good and a bad state, stepped once per packet.

    The mean burst lasts 1 / `leave` packets; the mean loss share is
    (enter × loss_bad + leave × loss_good) / (enter + leave).
    Source: Gilbert 1960, Elliott 1963; the same four parameters as Linux netem's `gemodel`.
    """

    enter: float
    """Probability per packet, 0..1, of going from the good to the bad state."""
    leave: float
    """Probability per packet, 0..1, of going from the bad to the good state."""
    loss_bad: float = 1.0
    """Share of packets, 0..1, lost in the bad state."""
    loss_good: float = 0.0
    """Share of packets, 0..1, lost in the good state."""

    def __post_init__(self) -> None:
        """Refuse probabilities that are none.

        Raises:
            ValueError: a value is outside 0..1.
        """
        _require_shares(self, "enter", "leave", "loss_bad", "loss_good")


@dataclass(frozen=True, slots=True)
class Impairment:
    """How one direction of one participant's connection behaves; the default is a perfect connection."""

    loss: float = 0.0
    """Share of packets, 0..1, lost independently of each other."""
    burst: GilbertElliott | None = None
    """Loss in bursts, in addition to `loss`."""
    delay_ms: float = 0.0
    """One-way delay in ms."""
    jitter_ms: float = 0.0
    """Each packet's delay varies evenly within ± this many ms, never below 0, and the order is kept."""
    duplicate: float = 0.0
    """Share of packets, 0..1, that arrive twice."""
    reorder: float = 0.0
    """Share of packets, 0..1, held back `reorder_ms` longer while later ones overtake them."""
    reorder_ms: float = 20.0
    """How much longer a held-back packet takes, in ms."""
    rate_bps: float | None = None
    """Rate of the bottleneck in bit/s of IP packets; None is unlimited."""
    queue_ms: float = 200.0
    """The bottleneck's queue in ms of waiting; a packet that would wait longer is dropped at the tail."""
    outage: bool = False
    """Nothing passes, neither new packets nor those on their way."""

    def __post_init__(self) -> None:
        """Refuse figures that mean nothing.

        Raises:
            ValueError: a share is outside 0..1, a time is negative or the rate is not above 0.
        """
        _require_shares(self, "loss", "duplicate", "reorder")
        for name in ("delay_ms", "jitter_ms", "reorder_ms", "queue_ms"):
            if not getattr(self, name) >= 0:
                raise ValueError(f"{name} must be 0 or more, got {getattr(self, name)}")
        if self.rate_bps is not None and not self.rate_bps > 0:
            raise ValueError(f"rate_bps must be above 0, got {self.rate_bps}; nothing passes in an outage")


PERFECT = Impairment()
OUTAGE = Impairment(outage=True)


@dataclass(slots=True)
class Counts:
    """What one direction did to its packets so far: offered + duplicated = all the others + in flight."""

    offered: int = 0
    """Packets that entered."""
    duplicated: int = 0
    """Copies made of them."""
    passed: int = 0
    """Packets handed on, copies included."""
    lost: int = 0
    """Packets lost on the way, by `loss` or `burst`."""
    overflowed: int = 0
    """Packets dropped at the tail of the bottleneck's queue."""
    blacked_out: int = 0
    """Packets stopped by an outage."""
    undeliverable: int = 0
    """Packets that the receiving end did not take."""
    passed_bytes: int = 0
    """Bytes of the packets handed on."""
    delay_total_ms: float = 0.0
    """Sum over the packets handed on of the time they spent on the way, in ms."""

    @property
    def dropped(self) -> int:
        """Packets, 0 or more, that the impairment took."""
        return self.lost + self.overflowed + self.blacked_out

    @property
    def in_flight(self) -> int:
        """Packets, 0 or more, that are on their way."""
        return self.offered + self.duplicated - self.passed - self.dropped - self.undeliverable

    @property
    def loss_share(self) -> float:
        """Share, 0..1, of the packets that the impairment took; 0 when none was offered."""
        return self.dropped / (self.offered + self.duplicated) if self.offered else 0.0

    @property
    def mean_delay_ms(self) -> float:
        """Mean time in ms, 0 or more, that the packets handed on spent on the way; 0 when there were none."""
        return self.delay_total_ms / self.passed if self.passed else 0.0


@dataclass(slots=True)
class Path:
    """One direction of one participant's connection: its impairment, which may change at any time, and its counts."""

    rng: random.Random
    impairment: Impairment = PERFECT
    counts: Counts = field(default_factory=Counts)
    _bottleneck_free_at: float = 0.0
    _burst_is_bad: bool = False
    _last_due: float = 0.0

    def admit(self, now: float, size: int) -> tuple[float, ...]:
        """Times in seconds, none before `now`, at which the packet is due: none if dropped, two if duplicated.

        Args:
            now: the time of arrival in seconds on a monotonic clock.
            size: bytes of the packet.
        """
        self.counts.offered += 1
        if self.impairment.outage:
            self.counts.blacked_out += 1
            return ()
        sent_at = self._through_bottleneck(now, size)
        if sent_at is None:
            self.counts.overflowed += 1
            return ()
        if self._is_lost():
            self.counts.lost += 1
            return ()
        due = self._after_delay(sent_at)
        if self.rng.random() < self.impairment.duplicate:
            self.counts.duplicated += 1
            return (due, due)
        return (due,)

    def stops(self) -> bool:
        """True if a packet that is due now must not be handed on; counts it then."""
        self.counts.blacked_out += self.impairment.outage
        return self.impairment.outage

    def handed_on(self, spent_s: float, size: int) -> None:
        """Count a packet of `size` bytes that was handed on after `spent_s` seconds on the way."""
        self.counts.passed += 1
        self.counts.passed_bytes += size
        self.counts.delay_total_ms += spent_s * 1000

    def _through_bottleneck(self, now: float, size: int) -> float | None:
        if self.impairment.rate_bps is None:
            self._bottleneck_free_at = 0.0
            return now
        start = max(now, self._bottleneck_free_at)
        if (start - now) * 1000 > self.impairment.queue_ms:
            return None
        self._bottleneck_free_at = start + size * 8 / self.impairment.rate_bps
        return self._bottleneck_free_at

    def _is_lost(self) -> bool:
        lost = self.rng.random() < self.impairment.loss
        burst = self.impairment.burst
        if burst is None:
            self._burst_is_bad = False
            return lost
        turn = burst.leave if self._burst_is_bad else burst.enter
        if self.rng.random() < turn:
            self._burst_is_bad = not self._burst_is_bad
        share = burst.loss_bad if self._burst_is_bad else burst.loss_good
        return self.rng.random() < share or lost

    def _after_delay(self, sent_at: float) -> float:
        how = self.impairment
        delay_ms = max(0.0, how.delay_ms + self.rng.uniform(-how.jitter_ms, how.jitter_ms))
        due = max(sent_at + delay_ms / 1000, self._last_due)
        if self.rng.random() < how.reorder:
            return due + how.reorder_ms / 1000
        self._last_due = due
        return due


def to_plain(impairment: Impairment) -> dict[str, Any]:
    """The impairment as plain values, for the relay's control socket."""
    return asdict(impairment)


def from_plain(plain: dict[str, Any]) -> Impairment:
    """The impairment that `to_plain` wrote.

    Raises:
        ValueError: a figure is out of its range.
        TypeError: a field is unknown.
    """
    burst = plain.get("burst")
    return Impairment(**{**plain, "burst": None if burst is None else GilbertElliott(**burst)})
