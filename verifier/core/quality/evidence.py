"""Which spans touch which second. One rule: a second takes the worst of every span that touches it.

Called by legs and perception. ``Grid`` is the server's clock cut into whole seconds.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from verifier.core.model import Role
from verifier.core.policy import Policy
from verifier.core.quality.rows import Ordered
from verifier.core.quality.spans import BrowserSpan, ServerSpan, browser_spans, server_spans
from verifier.core.quality.timeline import SECOND_MS
from verifier.core.samples import ConnectionState, Medium, ServerSample


class Grid(NamedTuple):
    """``seconds`` whole seconds from ``start_ms``."""

    start_ms: int
    seconds: int

    def touched(self, from_ms: float, to_ms: float) -> range:
        """Indices of the seconds that [from_ms, to_ms) touches, at least the one of its last moment, clipped."""
        last = int((max(to_ms, from_ms + 1) - 1 - self.start_ms) // SECOND_MS)
        return range(max(0, int((from_ms - self.start_ms) // SECOND_MS)), min(self.seconds, last + 1))

    def share(self, index: int, from_ms: int, to_ms: int) -> float:
        """Share of [from_ms, to_ms) that lies in the second, 0..1."""
        begin = self.start_ms + index * SECOND_MS
        return max(0, min(to_ms, begin + SECOND_MS) - max(from_ms, begin)) / max(1, to_ms - from_ms)

    def marked(self, stretches: Iterable[tuple[float, float]]) -> list[bool]:
        """Per second whether any of the stretches [from_ms, to_ms) touches it."""
        marks = [False] * self.seconds
        for from_ms, to_ms in stretches:
            for index in self.touched(from_ms, to_ms):
                marks[index] = True
        return marks


_IRREGULAR_MS = 500
"""A row whose spacing differs more than this between the two clocks was delayed: it may tell of any second near it."""


class ServerSeconds(NamedTuple):
    """The server's evidence of one leg by second."""

    spans: list[list[tuple[ServerSpan, float]]]
    """Per second, each touching span with the share of it that lies in the second."""
    covered: list[bool]
    settling: list[bool]
    """After a connect."""
    renegotiated: dict[Medium, list[bool]]
    """After a new ssrc on the uplink."""


class BrowserSeconds(NamedTuple):
    """One browser's evidence by second."""

    all_spans: list[BrowserSpan]
    spans: list[list[int]]
    """Per second, indices into ``all_spans`` of the touching spans."""
    frozen_by: list[list[int]]
    """The same for later spans in which a freeze ended that had begun by this second."""
    heard: list[bool]
    """Valid audio figures of the sink cover the whole second."""
    seen: list[bool]
    """The same for video."""
    state_known: dict[Medium, list[bool]]
    """What the source's track did is known for the whole second."""
    source_restarted: dict[Medium, list[bool]]
    sink_restarted: dict[Medium, list[bool]]


def weighed(figures: Sequence[tuple[BrowserSpan, float]], index: int, grid: Grid) -> float:
    """Mean of one figure over the spans that touch a second, by their part of it; the worst when one was delayed.

    The figures must be of the kind that is worse when larger.
    """
    if any(abs(span.end_ms - span.start_ms - 1_000 * span.elapsed_s) > _IRREGULAR_MS for span, _ in figures):
        return max(figure for _, figure in figures)
    begin = grid.start_ms + index * SECOND_MS
    parts = [(min(span.end_ms, begin + SECOND_MS) - max(span.start_ms, begin), figure) for span, figure in figures]
    return sum(part * figure for part, figure in parts) / max(1, sum(part for part, _ in parts))


def server_seconds(rows: Ordered, role: Role, grid: Grid, policy: Policy) -> ServerSeconds:
    """The server's evidence of one leg."""
    spans = server_spans(rows.server[role], policy)
    touching: list[list[tuple[ServerSpan, float]]] = [[] for _ in range(grid.seconds)]
    covered = [0] * grid.seconds
    for span in spans:
        for index in grid.touched(span.start_ms, span.end_ms):
            share = grid.share(index, span.start_ms, span.end_ms)
            touching[index].append((span, share))
            covered[index] += round(share * (span.end_ms - span.start_ms))
    settling = policy.settling_ms
    connects = {row.connected_ms for row in rows.server[role] if _is_connected(row)} - {None}
    return ServerSeconds(
        touching,
        [total >= SECOND_MS for total in covered],
        grid.marked((at, at + settling) for at in connects if at is not None),
        {
            medium: grid.marked((s.start_ms, s.end_ms + settling) for s in spans if s.restarted[medium])
            for medium in Medium
        },
    )


def browser_seconds(rows: Ordered, role: Role, grid: Grid, policy: Policy) -> BrowserSeconds:
    """One browser's evidence."""
    spans = browser_spans(rows.browser[role], policy)
    touching: list[list[int]] = [[] for _ in range(grid.seconds)]
    frozen_by: list[list[int]] = [[] for _ in range(grid.seconds)]
    for number, span in enumerate(spans):
        for index in grid.touched(span.start_ms, span.end_ms):
            touching[index].append(number)
        for index in grid.touched(_frozen_from(span), span.start_ms) if _frozen_from(span) < span.start_ms else ():
            frozen_by[index].append(number)
    settling = policy.settling_ms
    return BrowserSeconds(
        spans,
        touching,
        frozen_by,
        _covered(grid, (s for s in spans if s.audio)),
        _covered(grid, (s for s in spans if s.video)),
        {medium: _covered(grid, (s for s in spans if not s.source[medium].unknown)) for medium in Medium},
        {
            medium: grid.marked((s.start_ms, s.end_ms + settling) for s in spans if s.source[medium].restarted)
            for medium in Medium
        },
        {
            medium: grid.marked((s.start_ms, s.end_ms + settling) for s in spans if s.restarted[medium])
            for medium in Medium
        },
    )


def _is_connected(row: ServerSample) -> bool:
    return row.connection is ConnectionState.CONNECTED


def _frozen_from(span: BrowserSpan) -> float:
    """When the longest freeze that can have ended in the span began; it may lie before the span."""
    return span.end_ms - span.video.gap_ms if span.video else span.end_ms


def _covered(grid: Grid, spans: Iterable[BrowserSpan]) -> list[bool]:
    total = [0] * grid.seconds
    for span in spans:
        for index in grid.touched(span.start_ms, span.end_ms):
            begin = grid.start_ms + index * SECOND_MS
            total[index] += max(0, min(span.end_ms, begin + SECOND_MS) - max(span.start_ms, begin))
    return [covered >= SECOND_MS for covered in total]
