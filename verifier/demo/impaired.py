"""A participant's own bad link: packets that its transport loses or holds up. One rule: seeded, so it can be repeated.

Signalling, ICE and the DTLS handshake pass untouched: the link is bad, not dead. Called by peer.
"""

from __future__ import annotations

import random
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Impairment:
    """How bad one direction is."""

    loss: float
    """Share of packets lost in the long run, 0..1."""
    burst: float
    """Mean length of a run of lost packets, ≥ 1."""
    delay_s: float
    jitter_s: float
    """Added to the delay, evenly between 0 and this."""


BAD_LINK = Impairment(loss=0.30, burst=4.0, delay_s=0.06, jitter_s=0.04)
"""Like a radio link at the edge of its cell: a word in three is damaged, and the picture stands still."""


class Direction:
    """The fate of each packet of one direction, by a two-state chain. Source: Gilbert 1960."""

    def __init__(self, impairment: Impairment, seed: int) -> None:
        self._impairment = impairment
        self._chance = random.Random(seed)
        self._losing = False

    def fate(self) -> float | None:
        """Seconds that the next packet is held up, None when it is lost."""
        link = self._impairment
        end = 1 / link.burst
        begin = min(1.0, end * link.loss / (1 - link.loss))
        self._losing = self._chance.random() >= end if self._losing else self._chance.random() < begin
        return None if self._losing else link.delay_s + self._chance.random() * link.jitter_s
