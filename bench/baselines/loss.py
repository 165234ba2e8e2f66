"""Plain packet loss, 0..1, bad above 5 %: the rule of thumb.

Source: a common limit without an author; ITU-T G.107's Ie,eff for packet loss is what it stands in for.

A stream's loss is what its sink's statistics say, over both hops and after retransmission; a hop's is its own, from
sequence numbers at the server and from receiver reports, what was lost before it taken off.

Missing data: a second without a row of the sink, or in which nothing came and nothing is known to be lost, says
nothing. A dead stream loses nothing, by its statistics.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from bench.baselines.intervals import (
    REPORT_COVERS_MS,
    ROW_COVERS_MS,
    HeardInterval,
    SeenInterval,
    by_second,
    share,
    within,
)
from bench.baselines.packets import packets
from bench.baselines.scorer import HOPS, UNSAID, Hop, Readings, above, whole_seconds
from bench.baselines.sinks import heard, seen
from verifier.core.samples import InterviewRows, Medium, Stream


@dataclass(frozen=True, slots=True)
class PlainLoss:
    """Share of packets lost."""

    name: str = "packet loss > 5 %"
    source: str = "rule of thumb"
    published_threshold: float = above(0.05)

    def seconds(self, rows: InterviewRows, start_ms: int, end_ms: int) -> Readings:
        """Badness 0..1 by second, for streams end to end and for hops on their own."""
        count = whole_seconds(start_ms, end_ms)
        streams = {
            stream: tuple(_lost(at) for at in by_second(_received(rows, stream), start_ms, count)) for stream in Stream
        }
        return Readings(start_ms, streams, {hop: _hop(rows, hop, start_ms, count) for hop in HOPS})

    def item(self, rows: InterviewRows, streams: Collection[Stream], start_ms: int, end_ms: int) -> float:
        """Loss over the whole window, of the worst stream."""
        return max((_lost(*within(_received(rows, stream), start_ms, end_ms)) for stream in streams), default=UNSAID)


def _received(rows: InterviewRows, stream: Stream) -> tuple[HeardInterval | SeenInterval, ...]:
    return heard(rows, stream) if stream.medium is Medium.AUDIO else seen(rows, stream)


def _lost(*intervals: HeardInterval | SeenInterval | None) -> float:
    known = [each for each in intervals if each is not None and each.lost is not None and each.packets is not None]
    lost = sum(each.lost or 0 for each in known)
    loss = share(lost, max(0, lost) + sum(max(0, each.packets or 0) for each in known))
    return UNSAID if loss is None else loss


def _hop(rows: InterviewRows, hop: Hop, start_ms: int, count: int) -> tuple[float, ...]:
    found = by_second(packets(rows, hop), start_ms, count, ROW_COVERS_MS if hop.up else REPORT_COVERS_MS)
    losses = [None if at is None else at.own_loss for at in found]
    return tuple(UNSAID if loss is None else loss for loss in losses)


PLAIN_LOSS = PlainLoss()
