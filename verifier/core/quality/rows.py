"""Raw rows in one order, each once. One rule: two rows that claim the same place and differ are both worthless.

Called by perception and trust, so that neither the order in which rows were stored nor a repeated row can matter.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TypeVar

from verifier.core.model import Role
from verifier.core.quality.restarts import apart
from verifier.core.quality.timeline import ProblemKind, TrustProblem
from verifier.core.samples import BrowserSample, FrameSample, InterviewRows, ServerSample


@dataclass(frozen=True, slots=True)
class Ordered:
    """Rows by leg, sorted by generation and sequence, without repetitions and without conflicting rows.

    A stream that its browser began anew has a stats id of its own from there on.
    """

    server: Mapping[Role, tuple[ServerSample, ...]]
    browser: Mapping[Role, tuple[BrowserSample, ...]]
    conflicts: tuple[TrustProblem, ...]


_Row = TypeVar("_Row", ServerSample, BrowserSample)
_Key = tuple[int, int]


def ordered(rows: InterviewRows) -> Ordered:
    """The rows in one order; the same set of rows gives the same value."""
    conflicts: list[TrustProblem] = []
    server = {role: _unique([r for r in rows.server if r.leg is role], conflicts) for role in Role}
    browser = {role: apart(_unique([r for r in rows.browser if r.leg is role], conflicts)) for role in Role}
    return Ordered(server, browser, tuple(sorted(conflicts, key=lambda c: (c.leg, c.from_server, c.from_ms, c.detail))))


def ordered_frames(frames: tuple[FrameSample, ...]) -> tuple[FrameSample, ...]:
    """Frames in time order, each once; of frames that share a moment and differ none is kept."""
    by_time: dict[int, FrameSample | None] = {}
    for frame in frames:
        if by_time.setdefault(frame.at_ms, frame) != frame:
            by_time[frame.at_ms] = None
    return tuple(frame for _, frame in sorted(by_time.items()) if frame is not None)


def moment_ms(row: ServerSample | BrowserSample) -> int:
    """When the row came to exist on the server's clock."""
    return row.at_ms if isinstance(row, ServerSample) else row.received_ms


def _unique(rows: list[_Row], conflicts: list[TrustProblem]) -> tuple[_Row, ...]:
    kept: dict[_Key, _Row] = {}
    refused: dict[_Key, list[int]] = {}
    for row in rows:
        key = (row.generation, row.sequence)
        other = kept.setdefault(key, row)
        if other is row:
            continue
        if _same(other, row):
            kept[key] = min(other, row, key=moment_ms)
        else:
            refused.setdefault(key, [moment_ms(other)]).append(moment_ms(row))
    for key, times in refused.items():
        row = kept.pop(key)
        detail = f"generation {key[0]} sequence {key[1]} came twice with different figures"
        from_server = isinstance(row, ServerSample)
        conflicts.append(
            TrustProblem(ProblemKind.CONFLICTING_ROWS, row.leg, from_server, min(times), max(times), detail)
        )
    return tuple(kept[key] for key in sorted(kept))


def _same(one: _Row, other: _Row) -> bool:
    """Whether a row is a repetition: a browser's row may arrive twice, at different moments."""
    if isinstance(one, BrowserSample) and isinstance(other, BrowserSample):
        return replace(one, received_ms=other.received_ms) == other
    return one == other
