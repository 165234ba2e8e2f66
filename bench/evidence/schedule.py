"""What is done to which leg of a call, second by second: pure, so that a seed says it all.

A call is a row of slots. In each, something like a question and its answer is asked for ``ASKED_S``; in most, one or
both directions of a leg are bad for all of it or for a moment of it; then the link rests, so that one slot's trouble
does not reach into the next. At least ``CLEAN_SHARE`` of the slots are left clean.
"""

from __future__ import annotations

import math
import random
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeVar

from bench.rig.impairment import DIRECTIONS, OUTAGE, Direction, GilbertElliott, Impairment
from verifier.core.model import Role

T = TypeVar("T")

SETTLING_S = 6.0
"""Before the first slot: the browsers' encoders reach their rate."""
ASKED_S = 5.0
LEAD_S = 1.0
"""From which a trouble that lasts as long as the asking begins before it, and ends after it."""
REST_S = 7.0
SLOT_S = LEAD_S + ASKED_S + LEAD_S + REST_S
CLEAN_SHARE = 0.35


class Kind(StrEnum):
    """Kinds of trouble."""

    LOSS = "loss"
    BURSTS = "bursts"
    OUTAGE = "outage"
    DELAY = "delay"
    JITTER = "jitter"
    REORDER = "reorder"
    DUPLICATE = "duplicate"
    RATE = "rate"


@dataclass(frozen=True, slots=True)
class Trouble:
    """What is done to one leg, and when."""

    kind: Kind
    leg: Role
    directions: tuple[Direction, ...]
    impairment: Impairment
    begin_s: float
    """Into the call, which begins with the first slot's settling."""
    end_s: float


@dataclass(frozen=True, slots=True)
class Slot:
    """One asking."""

    number: int
    asked_s: float
    """When it begins; it lasts ``ASKED_S``."""
    trouble: Trouble | None
    """None in a control."""

    @property
    def end_s(self) -> float:
        """When the next slot begins."""
        return self.asked_s + ASKED_S + LEAD_S + REST_S


_LOSSES = (0.01, 0.03, 0.05, 0.08, 0.12, 0.2, 0.3)
_BURSTS = ((0.02, 3.0), (0.05, 5.0), (0.05, 12.0), (0.1, 8.0), (0.15, 20.0))
"""Share of packets lost, and how many in a row on average."""
_OUTAGES_S = (0.3, 0.5, 0.8, 1.5, 3.0, 6.0)
_DELAYS_MS = (50.0, 150.0, 300.0, 600.0, 1_000.0)
_JITTERS_MS = (20.0, 40.0, 80.0, 150.0)
_REORDERS = (0.02, 0.1, 0.3)
_RATES_BPS = (64_000.0, 150_000.0, 300_000.0, 600_000.0)


def schedule(seed: int, slots: int) -> tuple[Slot, ...]:
    """The slots of one call; the same seed gives the same.

    Args:
        seed: any.
        slots: how many.

    Raises:
        ValueError: no slots.
    """
    if slots < 1:
        raise ValueError("a call has at least one slot")
    chance = random.Random(f"evidence/{seed}")
    clean = math.ceil(slots * CLEAN_SHARE)
    marks = [False] * clean + [True] * (slots - clean)
    chance.shuffle(marks)
    legs = _in_turns([(leg, ways) for leg in Role for ways in (("up",), ("down",), DIRECTIONS)], slots, chance)
    kinds = _in_turns(list(Kind), slots, chance)
    return tuple(
        _slot(number, kinds[number] if bad else None, legs[number], chance) for number, bad in enumerate(marks)
    )


def _slot(number: int, kind: Kind | None, where: tuple[Role, tuple[Direction, ...]], chance: random.Random) -> Slot:
    asked_s = SETTLING_S + number * SLOT_S + LEAD_S
    if kind is None:
        return Slot(number, asked_s, None)
    impairment, lasts_s = _impairment(kind, chance)
    begin_s = asked_s - LEAD_S
    end_s = asked_s + ASKED_S + LEAD_S
    if lasts_s is not None:
        begin_s = asked_s + chance.uniform(-0.5, ASKED_S - min(lasts_s, ASKED_S))
        end_s = begin_s + lasts_s
    return Slot(number, asked_s, Trouble(kind, *where, impairment, round(begin_s, 2), round(end_s, 2)))


def _impairment(kind: Kind, chance: random.Random) -> tuple[Impairment, float | None]:
    """What is done, and for how long; None is as long as the asking lasts, with a second on both sides."""
    match kind:
        case Kind.LOSS:
            return Impairment(loss=chance.choice(_LOSSES)), None
        case Kind.BURSTS:
            share, packets = chance.choice(_BURSTS)
            leave = 1 / packets
            return Impairment(burst=GilbertElliott(enter=leave * share / (1 - share), leave=leave)), None
        case Kind.OUTAGE:
            return OUTAGE, chance.choice(_OUTAGES_S)
        case Kind.DELAY:
            return Impairment(delay_ms=chance.choice(_DELAYS_MS)), None
        case Kind.JITTER:
            most = chance.choice(_JITTERS_MS)
            return Impairment(delay_ms=most, jitter_ms=most), None
        case Kind.REORDER:
            return Impairment(delay_ms=20.0, reorder=chance.choice(_REORDERS), reorder_ms=40.0), None
        case Kind.DUPLICATE:
            return Impairment(duplicate=0.2), None
        case Kind.RATE:
            return Impairment(rate_bps=chance.choice(_RATES_BPS)), None


def _in_turns(all_of: Sequence[T], count: int, chance: random.Random) -> list[T]:
    """As many, each equally often (± 1), in an order of chance."""
    found: list[T] = []
    while len(found) < count:
        found += chance.sample(list(all_of), len(all_of))
    return found[:count]
