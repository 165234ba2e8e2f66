"""How well both people heard and saw each other in the seconds that a statement of reasons cites.

One rule: the bands are those that the verdict on the fact's item rests on, of the reader's own calls alone: what
could not bear on it is not shown as if it did. Called by the case page and,
for the same seconds, by the staff's appeals page. What was computed for an ended call is remembered: it never changes.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from verifier.core.assessment import timeline_of
from verifier.core.model import (
    Interview,
    InterviewId,
    InterviewState,
    Need,
    PlannedItem,
    ProposalId,
    VerificationId,
)
from verifier.core.policy import Policy, PolicyBook
from verifier.core.proposal import Proposal
from verifier.core.quality.timeline import SECOND_MS
from verifier.core.quality.window import streams_of
from verifier.core.samples import InterviewRows, Stream
from verifier.core.statement import Fact
from verifier.core.verdicts import Band
from verifier.ports import UnitOfWorkFactory

_REMEMBERED = 32
"""Calls; some 2,400 bands each."""


@dataclass(frozen=True, slots=True)
class Stretch:
    """The seconds of one fact."""

    start_ms: int
    """First instant of the first second that the cited stretch touches."""
    bands: Mapping[Stream, tuple[Band, ...]]
    """One for each second, alike in number, of the directions that the item needs."""
    from_still: bool
    """The item was judged from a picture that was sent whole, not from the video of the call."""


@dataclass(frozen=True, slots=True)
class _Bands:
    """One call, second by second."""

    start_ms: int
    streams: Mapping[Stream, tuple[Band, ...]]
    needs: Mapping[str, tuple[Need, ...]]
    """By item key."""


class OwnQuality:
    """Bands of cited stretches."""

    def __init__(self, units: UnitOfWorkFactory, policies: PolicyBook) -> None:
        self._units = units
        self._policies = policies
        self._known: OrderedDict[InterviewId, _Bands] = OrderedDict()

    async def cited(self, id_: VerificationId) -> Mapping[ProposalId, Mapping[int, Stretch]]:
        """For each proposal of a case the seconds of each of its facts; none where the rows are not kept any more."""
        async with self._units(read_only=True) as unit:
            proposals = [record.proposal for record in await unit.proposals.of_verification(id_)]
        return {proposal.id: await self._stretches(proposal) for proposal in proposals}

    async def _stretches(self, proposal: Proposal) -> Mapping[int, Stretch]:
        bands = await self._of_call(proposal.interview_id)
        if bands is None:
            return {}
        return {fact.number: _cut(bands, fact) for fact in proposal.statement.facts}

    async def _of_call(self, id_: InterviewId) -> _Bands | None:
        if id_ in self._known:
            self._known.move_to_end(id_)
            return self._known[id_]
        async with self._units(read_only=True) as unit:
            interview = await unit.interviews.get(id_)
            rows = await unit.samples.rows(id_)
            plan = await unit.interviews.plan(id_)
        if not rows.server or interview.state is not InterviewState.ENDED:
            return None
        policy = self._policies.promised(interview.policy_version)
        found = await asyncio.to_thread(_bands, interview, rows, plan, policy)
        self._known[id_] = found
        while len(self._known) > _REMEMBERED:
            self._known.popitem(last=False)
        return found


def _bands(interview: Interview, rows: InterviewRows, plan: Sequence[PlannedItem], policy: Policy) -> _Bands:
    timeline = timeline_of(interview, rows, policy)
    streams = {stream: tuple(second.band for second in timeline.streams[stream]) for stream in Stream}
    return _Bands(timeline.start_ms, streams, {item.key: item.needs for item in plan})


def _cut(bands: _Bands, fact: Fact) -> Stretch:
    """The seconds that [from_ms, to_ms) of a fact touches; of those outside of the call nothing is known."""
    needs = bands.needs.get(fact.item_key, tuple(Need))
    first = (fact.from_ms - bands.start_ms) // SECOND_MS
    after = -((bands.start_ms - fact.to_ms) // SECOND_MS)
    cut = {}
    for stream in streams_of(needs):
        seconds = bands.streams[stream]
        cut[stream] = tuple(
            seconds[index] if 0 <= index < len(seconds) else Band.UNKNOWN for index in range(first, after)
        )
    return Stretch(bands.start_ms + first * SECOND_MS, cut, Need.STILL in needs)
