"""LiveKit's connection quality, 100 (best) to 20 (lost) for each track on each hop, as badness 0..80.

Source: https://github.com/livekit/livekit/tree/788d4c354474383956067e3a22ffba88dd4803e4/pkg/sfu/connectionquality
(``scorer.go``, ``connectionstats.go``), and ``rtpstats_receiver.go`` / ``rtpstats_sender.go`` beside it for its inputs.

Every 5 s a track's packets since the last time are scored: 100 less a delay effect (``effective_delay_ms``) less the
loss in percent times a codec's weight. The score then moves by 0.8 of the way when it falls and by 0.4 when it rises,
and never below 30. Without a packet it jumps to 40, or to 20 when RTCP stopped as well. Above 80 is EXCELLENT, above 40
GOOD, above 20 POOR, else LOST; a participant is as bad as the worst of their tracks, up and down.

As deployed, neither the uplink's nor the downlink's scorer is given RTT, jitter or the expected bitrate
(``receiver.go``, ``downtrack.go``), so loss alone counts.

Two oddities are kept, as they are deployed. On an uplink a packet that came late or was repaired is taken off the loss
twice: once when it stops being lost, once as out of order. And the packet rate that the loss is weighed against is
meant to be the most frequent one, but a frequency is compared with a rate, which prefers low rates.

What the rows cannot say: the layer score (there is no simulcast here: nothing is ever missed) and the bitrate score
(off as deployed). Padding is not told from media. RTCP counts as stopped when no packet of any kind came for as long as
the window. The rule that a downlink without any receiver report for 30 s is POOR is left out. An update's score is
given to the seconds it covers, though LiveKit knows it only at their end; that flatters it by up to 5 s.

Missing data: without rows, and on a downlink without a new receiver report, the last score stays. Before the first
update it is 100: what nobody measured is EXCELLENT. A muted track is EXCELLENT unless it was LOST.
"""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import NamedTuple

from bench.baselines.intervals import PacketInterval, total, within
from bench.baselines.packets import packets
from bench.baselines.scorer import (
    HOPS,
    SECOND_MS,
    Hop,
    Readings,
    over_hops,
    whole_seconds,
    worst_second,
)
from bench.baselines.sinks import Mute, mutes
from verifier.core.samples import InterviewRows, Medium, Stream

MAX_SCORE, MIN_SCORE = 100.0, 30.0
GOOD_AT_MOST, POOR_AT_MOST, LOST_AT_MOST = 80.0, 40.0, 20.0
_RISE, _FALL = 0.4, 0.8
_UNMUTED_SHARE = 0.5
_RATE_STEP, _RATE_STEPS = 2.0, 250
_MODE_LEAST_READINGS = 10
_MODE_EVERY_MS = 120_000


class Quality(StrEnum):
    """LiveKit's levels."""

    EXCELLENT = "excellent"
    GOOD = "good"
    POOR = "poor"
    LOST = "lost"


def quality(score: float) -> Quality:
    """The level of a score, 0..100."""
    if score > GOOD_AT_MOST:
        return Quality.EXCELLENT
    if score > POOR_AT_MOST:
        return Quality.GOOD
    return Quality.POOR if score > LOST_AT_MOST else Quality.LOST


def packet_loss_weight(medium: Medium, *, fec: bool = True, red: bool = False) -> float:
    """Points of score for each percent of loss.

    Opus 8, in RED 4, both two thirds of it with in-band FEC (which our descriptions ask for); video 10.
    """
    if medium is Medium.VIDEO:
        return 10.0
    return (4.0 if red else 8.0) / (1.5 if fec else 1.0)


def effective_delay_ms(rtt_ms: float, jitter_ms: float) -> float:
    """Half the round trip and twice the jitter, ≥ 0."""
    return rtt_ms / 2 + 2 * jitter_ms


def packet_score(loss_percent: float, weight: float, delay_ms: float) -> float:
    """Score of one window before smoothing, 0..100."""
    delay_effect = delay_ms / 40 if delay_ms <= 160 else (delay_ms - 120) / 10
    return max(0.0, MAX_SCORE - delay_effect - weight * loss_percent)


def loss_percent(window: PacketInterval) -> float:
    """Lost packets less those lost before and those out of order, in percent of the due ones, 0..100."""
    lost = max(0.0, window.unrepaired) - window.missing - window.late
    return 100 * min(1.0, max(0.0, lost) / window.due) if window.due else 0.0


class _Update(NamedTuple):
    from_ms: int
    to_ms: int
    score: float


@dataclass(slots=True)
class Track:
    """The state of one track's scorer on one hop."""

    weight: float
    include_rtt: bool
    include_jitter: bool
    updated_ms: int
    score: float = MAX_SCORE
    _muted: bool = False
    _unmuted_ms: int | None = None
    _rates: list[int] = field(default_factory=lambda: [0] * _RATE_STEPS)
    _readings: int = 0
    _mode: int = 0
    _mode_ms: int | None = None

    def mute(self, change: Mute) -> None:
        """The track was muted or unmuted."""
        self._muted = change.muted
        if not change.muted:
            self._unmuted_ms = change.at_ms
        elif self.score != LOST_AT_MOST:
            self.score = MAX_SCORE

    def update(self, window: PacketInterval, at_ms: int) -> None:
        """Score what came since the last update."""
        since_ms, self.updated_ms = at_ms - self.updated_ms, at_ms
        unmuted_for_ms = since_ms if self._unmuted_ms is None else at_ms - self._unmuted_ms
        if self._muted or since_ms <= 0 or unmuted_for_ms / since_ms <= _UNMUTED_SHARE:
            return
        weight = self._weight_at_rate(window, at_ms)
        if not window.due:
            stopped = window.silence_ms > window.to_ms - window.from_ms
            self.score = LOST_AT_MOST if stopped else POOR_AT_MOST
            return
        score = packet_score(loss_percent(window), weight, self._delay_ms(window))
        factor = _FALL if score < self.score else _RISE
        self.score = max(MIN_SCORE, factor * score + (1 - factor) * self.score)

    def _delay_ms(self, window: PacketInterval) -> float:
        rtt_ms = (window.rtt_ms or 0.0) if self.include_rtt else 0.0
        return effective_delay_ms(rtt_ms, (window.jitter_ms or 0.0) if self.include_jitter else 0.0)

    def _weight_at_rate(self, window: PacketInterval, at_ms: int) -> float:
        """The weight, smaller by the root of the packet rate's share of the usual one: DTX, a still picture."""
        rate = window.due * SECOND_MS / max(1, window.to_ms - window.from_ms)
        self._rates[min(int(rate / _RATE_STEP + 0.5), _RATE_STEPS - 1)] += 1
        self._readings += 1
        due = self._mode_ms is None or at_ms - self._mode_ms > _MODE_EVERY_MS
        if self._readings > _MODE_LEAST_READINGS and due:
            self._mode, self._mode_ms = 0, at_ms
            for step, times in enumerate(self._rates):
                if times > self._mode:  # as published: a count against a rate
                    self._mode = step
        if self._mode in (0, _RATE_STEPS - 1):
            return self.weight
        return self.weight * math.sqrt(min(1.0, rate / (self._mode * _RATE_STEP)))


@dataclass(frozen=True, slots=True)
class LiveKit:
    """The scorer with or without the delay effect; bad from POOR on."""

    name: str
    include_rtt: bool = False
    include_jitter: bool = False
    update_s: int = 5
    source: str = "https://github.com/livekit/livekit/blob/788d4c35/pkg/sfu/connectionquality/scorer.go"
    published_threshold: float = MAX_SCORE - POOR_AT_MOST

    def seconds(self, rows: InterviewRows, start_ms: int, end_ms: int) -> Readings:
        """Badness 0..80 by second and hop."""
        count = whole_seconds(start_ms, end_ms)
        return over_hops(start_ms, {hop: _held(self._updates(rows, hop), start_ms, count) for hop in HOPS})

    def item(self, rows: InterviewRows, streams: Collection[Stream], start_ms: int, end_ms: int) -> float:
        """The worst second: LiveKit aggregates over tracks by the worst, and not over time at all."""
        return worst_second(self.seconds(rows, start_ms, end_ms), streams)

    def _updates(self, rows: InterviewRows, hop: Hop) -> list[_Update]:
        """Every update of every connection's scorer; a new peer connection starts with a new one."""
        intervals = packets(rows, hop)
        sender = hop.leg if hop.up else hop.leg.other
        changes = mutes(rows, sender, hop.medium)
        updates: list[_Update] = []
        for generation in sorted({each.generation for each in intervals}):
            own = [each for each in intervals if each.generation == generation]
            updates += self._scored(own, changes, hop)
        return updates

    def _scored(self, intervals: Sequence[PacketInterval], changes: Sequence[Mute], hop: Hop) -> list[_Update]:
        started_ms = next((each.from_ms for each in intervals if each.due > 0), None)
        if started_ms is None:
            return []
        track = Track(packet_loss_weight(hop.medium), self.include_rtt, self.include_jitter, started_ms)
        for change in changes:
            if change.at_ms <= started_ms:
                track.mute(change)
        updates, from_ms, last_ms = [], started_ms, intervals[-1].to_ms
        while from_ms < last_ms:
            at_ms = from_ms + self.update_s * SECOND_MS
            for change in changes:
                if from_ms < change.at_ms <= at_ms:
                    track.mute(change)
            window = within(intervals, from_ms, at_ms)
            if window and (hop.up or total(window).due > 0):
                track.update(total(window), at_ms)
            updates.append(_Update(from_ms, at_ms, track.score))
            from_ms = at_ms
        return updates


def _held(updates: Sequence[_Update], start_ms: int, seconds: int) -> tuple[float, ...]:
    """By second the score of the update that covers its middle, after the last one its own, before the first 100."""
    ends = [update.to_ms for update in updates]
    badness = []
    for index in range(seconds):
        middle = start_ms + SECOND_MS * index + SECOND_MS // 2
        place = min(bisect_left(ends, middle), len(updates) - 1)
        before = place < 0 or middle <= updates[place].from_ms
        badness.append(0.0 if before else MAX_SCORE - updates[place].score)
    return tuple(badness)


AS_DEPLOYED = LiveKit("LiveKit")
WITH_DELAY = LiveKit("LiveKit, RTT and jitter on", include_rtt=True, include_jitter=True)
