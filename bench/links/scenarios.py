"""What is done to which connection, and whose picture and sound then suffer. One rule: one direction of one leg."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from bench.rig.impairment import PERFECT, Direction, GilbertElliott, Impairment
from verifier.core.model import Role

_DELAY_MS = 40.0
"""Each way, so the leg's round trip is 80 ms."""
_QUEUE_MS = 200.0
_BURST_PACKETS = 3


@dataclass(frozen=True, slots=True)
class Scenario:
    """One direction of one leg made bad for a while, then perfect again."""

    name: str
    leg: Role
    direction: Direction
    bad: Impairment
    other: Impairment
    """Of the same leg's other direction, at the same time."""
    bad_s: int
    after_s: int

    @property
    def sink(self) -> Role:
        """Who sees and hears what passes there: the other participant when it is the uplink."""
        return self.leg if self.direction == "down" else next(role for role in Role if role is not self.leg)

    def impairments(self) -> dict[str, Impairment]:
        """Arguments for ``Network.impair``."""
        opposite: Direction = "up" if self.direction == "down" else "down"
        return {self.direction: self.bad, opposite: self.other}


def bursts(share: float) -> GilbertElliott:
    """Loss of this mean share in bursts of three packets on average."""
    leave = 1 / _BURST_PACKETS
    return GilbertElliott(enter=share * leave / (1 - share), leave=leave)


def losses(shares: tuple[float, ...], bad_s: int) -> Iterator[Scenario]:
    """Random and bursty loss with a round trip of 80 ms on the leg."""
    for leg, direction in _directions():
        for share in shares:
            percent = round(100 * share)
            for kind, bad in (
                ("random", Impairment(loss=share, delay_ms=_DELAY_MS)),
                ("burst", Impairment(burst=bursts(share), delay_ms=_DELAY_MS)),
            ):
                other = Impairment(delay_ms=_DELAY_MS)
                yield Scenario(f"loss {percent} % {kind}", leg, direction, bad, other, bad_s, 4)


def rates(kbps: tuple[int, ...], bad_s: int, after_s: int) -> Iterator[Scenario]:
    """A bottleneck with a queue of 200 ms, at once and without warning."""
    for leg, direction in _directions():
        for rate in kbps:
            bad = Impairment(rate_bps=rate * 1000, queue_ms=_QUEUE_MS)
            yield Scenario(f"rate {rate} kb/s", leg, direction, bad, PERFECT, bad_s, after_s)


def measures(bad_s: int) -> Iterator[Scenario]:
    """Loss, delay and jitter to be found again in the server's figures."""
    for leg, direction in _directions():
        for loss, delay_ms, jitter_ms in ((0.02, 20, 0), (0.05, 60, 0), (0.10, 100, 0), (0, 40, 15), (0, 60, 30)):
            bad = Impairment(loss=loss, delay_ms=delay_ms, jitter_ms=jitter_ms)
            name = f"measured: loss {100 * loss:g} %, delay {delay_ms} ms, jitter ±{jitter_ms} ms"
            yield Scenario(name, leg, direction, bad, Impairment(delay_ms=delay_ms), bad_s, 1)


def _directions() -> Iterator[tuple[Role, Direction]]:
    for leg in Role:
        yield leg, "up"
        yield leg, "down"
