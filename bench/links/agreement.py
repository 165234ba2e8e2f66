"""Whether the server's figures agree with what was done to the link. Pure.

Truth is what the rig counted and was told; the figures are the rows that a verdict is computed from.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from statistics import mean

from bench.links.scenarios import Scenario
from bench.rig.impairment import Counts, Impairment, Path
from verifier.core.samples import ServerSample

_OPUS_S = 0.02
_PACKETS = 5_000
_JITTER_GAIN = 1 / 16
"""Source: RFC 3550 6.4.1."""


def differences(
    scenario: Scenario, rows: Sequence[ServerSample], before: Counts, after: Counts
) -> dict[str, float | None]:
    """Measured minus imposed, of the bad direction: loss in points, round trip and jitter in ms; None where unknown.

    Args:
        scenario: what was done.
        rows: of the scenario's leg, one a second; the first is the beginning of the bad time.
        before: the rig's counts of the bad direction at its beginning.
        after: and at its end.
    """
    lost = 100 * (after.dropped - before.dropped) / max(1, after.offered - before.offered)
    up = scenario.direction == "up"
    measured = _uplink_loss(rows) if up else _downlink_loss(rows)
    settled = rows[len(rows) // 2 :]
    jitters = [row.audio.jitter_ms if up else row.report_audio.jitter_ms for row in settled]
    trips = [row.rtt_ms for row in settled if row.rtt_ms is not None]
    known = [jitter for jitter in jitters if jitter is not None]
    # What waits behind what is late, or in the bottleneck's queue, was delayed for longer than it was told to be.
    delay_ms = (after.delay_total_ms - before.delay_total_ms) / max(1, after.passed - before.passed)
    imposed_ms = delay_ms + scenario.other.delay_ms
    return {
        "loss_points": None if measured is None else round(100 * measured - lost, 2),
        "rtt_ms": round(mean(trips) - imposed_ms, 1) if trips else None,
        "jitter_ms": round(mean(known) - expected_jitter_ms(scenario.bad), 1) if known else None,
    }


def expected_jitter_ms(impairment: Impairment, seed: int = 1) -> float:
    """Mean inter-arrival jitter of RFC 3550 that a perfect receiver of Opus packets would find, ≥ 0 ms."""
    path = Path(random.Random(seed), impairment)
    jitter, total, transit_before = 0.0, 0.0, None
    for number in range(_PACKETS):
        sent = number * _OPUS_S
        for due in path.admit(sent, 100)[:1]:
            transit = (due - sent) * 1000
            if transit_before is not None:
                jitter += (abs(transit - transit_before) - jitter) * _JITTER_GAIN
            transit_before = transit
        total += jitter
    return total / _PACKETS


def _uplink_loss(rows: Sequence[ServerSample]) -> float | None:
    first, last = rows[0], rows[-1]
    expected = received = 0
    for old, new in ((first.audio, last.audio), (first.video, last.video)):
        if old.ssrc == new.ssrc:
            expected += new.expected - old.expected
            received += new.received - old.received
    return (expected - received) / expected if expected else None


def _downlink_loss(rows: Sequence[ServerSample]) -> float | None:
    first, last = rows[0], rows[-1]
    sent = last.sent_audio_packets - first.sent_audio_packets + last.sent_video_packets - first.sent_video_packets
    lost = 0
    for old, new in ((first.report_audio, last.report_audio), (first.report_video, last.report_video)):
        if old.packets_lost is None or new.packets_lost is None:
            return None
        lost += new.packets_lost - old.packets_lost
    return lost / sent if sent else None
