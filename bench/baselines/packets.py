"""What became of packets on each hop, from the server's rows. One rule: what an uplink lost is no downlink's loss.

A counter that starts anew (another ssrc, another peer connection) counts from zero, as in every scorer that subtracts
a stream's own statistics. A receiver report speaks once, however often a row repeats it.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np

from bench.baselines.intervals import PacketInterval
from bench.baselines.scorer import Hop
from verifier.core.samples import InterviewRows, Medium, ReceiverReport, RtpCounters, ServerSample

_SAME_REPORT_MS = 100
"""Two ages that put a report within this time of each other speak of the same one."""


def packets(rows: InterviewRows, hop: Hop) -> tuple[PacketInterval, ...]:
    """One interval per row of the hop's leg; on a downlink one per receiver report."""
    own = [row for row in rows.server if row.leg is hop.leg]
    if hop.up:
        return _uplink(own, hop.medium)
    far = [row for row in rows.server if row.leg is hop.leg.other]
    return _downlink(own, _Upstream(far, hop.medium), hop.medium)


def _uplink(own: Sequence[ServerSample], medium: Medium) -> tuple[PacketInterval, ...]:
    intervals = []
    for before, row in pairwise(own):
        now, old = _rtp(row, medium), _rtp(before, medium)
        if now.ssrc != old.ssrc or row.generation != before.generation:
            old = RtpCounters()
        due, received = now.expected - old.expected, now.received - old.received
        repaired = now.repaired - old.repaired
        intervals.append(
            PacketInterval(
                from_ms=before.at_ms,
                to_ms=row.at_ms,
                generation=row.generation,
                due=max(0, due),
                lost=due - received,
                unrepaired=due - received - repaired,
                missing=0,
                late=now.reordered - old.reordered + repaired,
                bytes=now.bytes - old.bytes,
                jitter_ms=now.jitter_ms if received > 0 else None,
                rtt_ms=row.rtt_ms,
                silence_ms=row.silence_ms,
            )
        )
    return tuple(intervals)


def _downlink(own: Sequence[ServerSample], upstream: _Upstream, medium: Medium) -> tuple[PacketInterval, ...]:
    intervals: list[PacketInterval] = []
    before: ServerSample | None = None
    for row in own:
        report = _report(row, medium)
        if _reported_ms(row, report) is None:
            continue
        if before is not None and row.generation != before.generation:
            before = None
        if before is not None and _is_new(row, before, medium):
            intervals.append(_reported(row, before, upstream, medium))
        if before is None or _is_new(row, before, medium):
            before = row
    return tuple(intervals)


def _is_new(row: ServerSample, before: ServerSample, medium: Medium) -> bool:
    now, old = (_reported_ms(each, _report(each, medium)) for each in (row, before))
    return now is not None and old is not None and now > old + _SAME_REPORT_MS


def _reported(row: ServerSample, before: ServerSample, upstream: _Upstream, medium: Medium) -> PacketInterval:
    report, earlier = _report(row, medium), _report(before, medium)
    came, came_before = _reported_ms(row, report) or row.at_ms, _reported_ms(before, earlier) or before.at_ms
    lost_before = (earlier.packets_lost or 0) if report.ssrc == earlier.ssrc else 0
    lost = (report.packets_lost or 0) - lost_before
    missing = upstream.missing(came) - upstream.missing(came_before)
    jitter = report.jitter_ms
    return PacketInterval(
        from_ms=before.at_ms,
        to_ms=row.at_ms,
        generation=row.generation,
        due=max(0.0, _sent(row, medium) - _sent(before, medium) + missing),
        lost=lost,
        unrepaired=lost,
        missing=missing,
        late=upstream.late(came) - upstream.late(came_before),
        bytes=0,
        jitter_ms=None if jitter is None else max(0.0, jitter - upstream.jitter_ms(came)),
        rtt_ms=row.rtt_ms,
        silence_ms=row.silence_ms,
    )


class _Upstream:
    """What the other participant's uplink had lost, and let come late, by any time: between rows, in proportion."""

    def __init__(self, far: Sequence[ServerSample], medium: Medium) -> None:
        intervals = _uplink(far, medium)
        self._at = [float(row.at_ms) for row in far] or [0.0]
        self._jitter = [_rtp(row, medium).jitter_ms for row in far] or [0.0]
        self._missing = np.cumsum([0.0, *(each.unrepaired for each in intervals)])
        self._late = np.cumsum([0.0, *(each.late for each in intervals)])

    def missing(self, at_ms: float) -> float:
        return float(np.interp(at_ms, self._at, self._missing))

    def late(self, at_ms: float) -> float:
        return float(np.interp(at_ms, self._at, self._late))

    def jitter_ms(self, at_ms: float) -> float:
        return float(np.interp(at_ms, self._at, self._jitter))


def _rtp(row: ServerSample, medium: Medium) -> RtpCounters:
    return row.audio if medium is Medium.AUDIO else row.video


def _report(row: ServerSample, medium: Medium) -> ReceiverReport:
    return row.report_audio if medium is Medium.AUDIO else row.report_video


def _reported_ms(row: ServerSample, report: ReceiverReport) -> float | None:
    return None if report.ssrc is None or report.age_ms is None else row.at_ms - report.age_ms


def _sent(row: ServerSample, medium: Medium) -> int:
    return row.sent_audio_packets if medium is Medium.AUDIO else row.sent_video_packets
