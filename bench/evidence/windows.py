"""Each asked stretch twice: what the product says of it from its rows, and what was true at the sink.

A stretch is judged for two kinds of question: one that is spoken (both voices), and one that is looked at (the
freelancer's picture). Truth is what the sink's browser had: how intelligible the speech was, which digits were lost,
how long the picture stood still. Nothing of it comes from getStats.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from bench.evidence.campaign import script
from bench.evidence.folders import Call
from bench.evidence.schedule import ASKED_S, Slot
from bench.rig.sink_recorder import ShownPicture
from bench.rig.sources import SAMPLE_RATE_HZ
from bench.truth.alignment import align
from bench.truth.digits import HeardDigit, Outcome, hear
from bench.truth.intelligibility import intelligibility
from bench.truth.spoken import Spoken
from verifier.core.model import Need, Role
from verifier.core.policy import Policy
from verifier.core.quality.perception import perceive
from verifier.core.quality.timeline import SECOND_MS, Timeline
from verifier.core.quality.window import judge
from verifier.core.verdicts import Fault

ESTOI_LEAST = 0.75
"""Speech that is less intelligible than this was not understood (quality.md, unsafe admits)."""
STANDS_STILL_MOST_S = 1.0
"""A picture that stands still for longer shows no gesture."""
_EDGE_S = 0.5
"""Utterances that reach over an edge of the stretch by more than this are not of it."""


class Item(StrEnum):
    """Kinds of question."""

    SPOKEN = "spoken"
    SEEN = "seen"

    @property
    def needs(self) -> tuple[Need, ...]:
        """What it needs of the connection."""
        return (Need.AUDIO_ASK, Need.AUDIO_ANSWER) if self is Item.SPOKEN else (Need.VIDEO_FACE,)


@dataclass(frozen=True, slots=True)
class Truth:
    """What one stretch was like at the sink."""

    understood: bool
    """All digits heard and intelligible in both directions; of a picture, that it moved."""
    estoi: float | None
    """The worse direction's; None of a picture."""
    digits_lost: int
    still_s: float | None
    """The longest time that the same picture stood; None of speech."""


@dataclass(frozen=True, slots=True)
class Judged:
    """One stretch for one kind of question."""

    seed: int
    slot: Slot
    item: Item
    truth: Truth
    admissible: bool
    reasons: tuple[str, ...]
    fault: Fault | None
    bad_s: int


def judged(call: Call, policy: Policy) -> tuple[Judged, ...]:
    """Every slot of a call, for both kinds of question, in order."""
    end_ms = max(row.at_ms for row in call.rows.server)
    timeline = perceive(call.rows, call.begin_ms, end_ms, policy)
    heard = {sink: _Heard(call, sink) for sink in Role}
    return tuple(_judged(call, slot, item, timeline, heard, policy) for slot in call.slots for item in Item)


class _Heard:
    """One direction of speech, aligned as a whole."""

    def __init__(self, call: Call, sink: Role) -> None:
        said = script(sink.other, call.seed)
        self._recorded = call.sound[sink]
        seconds = len(self._recorded) / SAMPLE_RATE_HZ + said.length_s
        self._reference = said.samples(seconds)
        self._spoken = said.spoken_until(seconds)
        self._lags_s = align(self._spoken, self._reference, self._recorded, SAMPLE_RATE_HZ, loop_s=said.length_s).lags_s

    def within(self, begin_s: float, end_s: float) -> tuple[float | None, tuple[HeardDigit, ...]]:
        """ESTOI and digits of what was heard in a stretch of the recording."""
        inside = [
            (one, lag_s)
            for one, lag_s in zip(self._spoken, self._lags_s, strict=True)
            if one.start_s + lag_s > begin_s - _EDGE_S and one.end_s + lag_s < end_s + _EDGE_S
        ]
        spoken: list[Spoken] = [one for one, _ in inside]
        lags_s = [lag_s for _, lag_s in inside]
        figure = intelligibility(spoken, lags_s, self._reference, self._recorded, SAMPLE_RATE_HZ)
        return figure.estoi if figure else None, hear(spoken, self._reference, self._recorded, lags_s, SAMPLE_RATE_HZ)


def _judged(
    call: Call, slot: Slot, item: Item, timeline: Timeline, heard: dict[Role, _Heard], policy: Policy
) -> Judged:
    begin_ms = call.begin_ms + round(SECOND_MS * slot.asked_s)
    end_ms = begin_ms + round(SECOND_MS * ASKED_S)
    quality = judge(timeline, begin_ms, end_ms, item.needs, (), call.rows.frames, policy)
    truth = _spoken(slot, heard) if item is Item.SPOKEN else _seen(call.pictures[Role.INTERVIEWER], begin_ms, end_ms)
    return Judged(
        call.seed, slot, item, truth, quality.admissible, quality.reasons, quality.blame.fault, len(quality.bad_seconds)
    )


def _spoken(slot: Slot, heard: dict[Role, _Heard]) -> Truth:
    found = [one.within(slot.asked_s, slot.asked_s + ASKED_S) for one in heard.values()]
    estoi = min((0.0 if figure is None else figure) for figure, _ in found)
    lost = sum(digit.outcome is not Outcome.RECOGNISED for _, digits in found for digit in digits)
    return Truth(estoi >= ESTOI_LEAST and lost == 0, estoi, lost, None)


def _seen(pictures: Sequence[ShownPicture], begin_ms: float, end_ms: float) -> Truth:
    """A picture stands still while the same number is shown, or none."""
    moves, newest = [begin_ms], None
    for one in pictures:
        if begin_ms <= one.at_ms < end_ms and one.number is not None and one.number != newest:
            newest = one.number
            moves.append(one.at_ms)
    still_s = max(later - earlier for earlier, later in itertools.pairwise([*moves, end_ms])) / SECOND_MS
    return Truth(still_s <= STANDS_STILL_MOST_S, None, 0, still_s)
