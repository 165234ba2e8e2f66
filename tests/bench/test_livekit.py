"""LiveKit's scorer as its own tests describe it, and what it makes of our rows."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.baselines.intervals import PacketInterval
from bench.baselines.livekit import (
    AS_DEPLOYED,
    LOST_AT_MOST,
    MIN_SCORE,
    POOR_AT_MOST,
    WITH_DELAY,
    Quality,
    Track,
    effective_delay_ms,
    loss_percent,
    packet_loss_weight,
    packet_score,
    quality,
)
from bench.baselines.scorer import HOPS, Hop, blamed
from bench.baselines.sinks import Mute
from tests.core.rows import PROPERTY, T0, Call, F, I
from verifier.core.model import Role
from verifier.core.samples import Medium, Stream
from verifier.core.verdicts import Fault

LOSS, MS = st.floats(0, 100), st.floats(0, 5_000)
FROM_F = Stream.AUDIO_FROM_FREELANCER


def window(due=250.0, lost=0.0, missing=0.0, late=0.0, jitter_ms=0.0, rtt_ms=0.0, silence_ms=20.0):
    return PacketInterval(0, 5_000, 1, due, lost, lost, missing, late, 0, jitter_ms, rtt_ms, silence_ms)


class Clock:
    """A track that is updated every 5 s."""

    def __init__(self, weight=8.0, delay=True):
        self.track, self.now = Track(weight, delay, delay, 0), 0

    def after(self, **what):
        self.now += 5_000
        self.track.update(window(**what), self.now)
        return quality(self.track.score)


def test_the_first_windows_of_livekits_own_test():
    """12 % loss of Opus is POOR; one clean window makes it GOOD, two keep it there, three EXCELLENT."""
    clock = Clock()
    found = [clock.after(), clock.after(lost=30), clock.after(), clock.after(), clock.after()]
    assert found == [Quality.EXCELLENT, Quality.POOR, Quality.GOOD, Quality.GOOD, Quality.EXCELLENT]
    assert clock.after(lost=13) is Quality.GOOD


@pytest.mark.parametrize(
    ("weight", "losses"),
    [
        (packet_loss_weight(Medium.AUDIO, fec=False), (1.0, 4.0, 9.2)),
        (packet_loss_weight(Medium.AUDIO), (3.0, 4.5, 15.0)),
        (packet_loss_weight(Medium.AUDIO, fec=False, red=True), (4.0, 6.0, 19.5)),
        (packet_loss_weight(Medium.AUDIO, red=True), (6.0, 10.0, 30.0)),
        (packet_loss_weight(Medium.VIDEO), (1.0, 3.5, 8.0)),
    ],
)
def test_each_codecs_losses_of_livekits_own_test(weight, losses):
    clock = Clock(weight)
    found = [clock.after(due=200, lost=2 * loss) for loss in losses]
    assert found == [Quality.EXCELLENT, Quality.GOOD, Quality.POOR]


def test_a_first_window_by_hand():
    """5 % of Opus with FEC: 100 − 5 × 16 / 3 = 73.3; 0.8 of the way down from 100 is 78.7."""
    clock = Clock(packet_loss_weight(Medium.AUDIO), delay=False)
    clock.after(due=200, lost=10)
    assert clock.track.score == pytest.approx(100 - 0.8 * 80 / 3)


def test_delay_counts_only_where_it_is_switched_on():
    """Round trip 700 ms at 2 % loss, as in LiveKit's own test: (350 − 120) / 10 = 23 points."""
    assert packet_score(2.0, 8.0, effective_delay_ms(700, 0)) == pytest.approx(100 - 16 - 23)
    assert Clock(delay=False).after(lost=5, rtt_ms=700) is Quality.EXCELLENT
    assert Clock(delay=True).after(lost=5, rtt_ms=700) is Quality.GOOD
    assert Clock(delay=True).after(lost=5, jitter_ms=200) is Quality.GOOD


def test_no_packet_is_poor_and_without_rtcp_lost():
    clock = Clock()
    assert clock.after(due=0, silence_ms=4_000) is Quality.POOR
    assert clock.after(due=0, silence_ms=5_100) is Quality.LOST


def test_a_muted_track_is_excellent_unless_it_was_lost():
    clock = Clock()
    clock.after(lost=60)
    clock.track.mute(Mute(5_500, True))
    assert clock.after(lost=60) is Quality.EXCELLENT
    clock.track.mute(Mute(13_000, False))
    assert clock.after(lost=60) is Quality.EXCELLENT  # unmuted for 2 s of 5
    assert clock.after(due=0, silence_ms=6_000) is Quality.LOST
    clock.track.mute(Mute(21_000, True))
    assert clock.after() is Quality.LOST


def test_repaired_packets_are_taken_off_the_loss_twice_on_an_uplink():
    assert loss_percent(window(due=100, lost=30, late=20)) == 10
    assert loss_percent(window(due=100, lost=30, missing=30)) == 0


def test_a_thin_stream_weighs_less_once_the_usual_rate_is_known():
    """From the eleventh reading on; at a quarter of the rate the weight is halved."""
    early, known = Clock(delay=False), Clock(delay=False)
    for _ in range(11):
        known.after(due=250)
    for clock in (early, known):
        clock.after(due=250 / 4, lost=250 / 40)
    assert early.track.score == pytest.approx(100 - 0.8 * 80)
    assert known.track.score == pytest.approx(100 - 0.8 * 80 / 2)


def test_the_usual_rate_prefers_low_ones_as_published():
    """Full windows never outdo thin ones until there are more of them than the thin rate has steps of 2 / s: 6."""
    clock = Clock(delay=False)
    for due in [250 / 4] * 6 + [250] * 5:
        clock.after(due=due)
    clock.after(due=250 / 4, lost=250 / 40)
    assert clock.track.score == pytest.approx(100 - 0.8 * 80)


@PROPERTY
@given(LOSS, LOSS, MS, st.sampled_from([4.0, 16 / 3, 8.0, 10.0]))
def test_the_packet_score_is_bounded_and_falls_with_loss(one, other, delay, weight):
    less, more = sorted((one, other))
    assert 0 <= packet_score(more, weight, delay) <= packet_score(less, weight, delay) <= 100


@PROPERTY
@given(LOSS, MS, MS, MS, MS)
def test_the_packet_score_falls_with_round_trip_and_jitter(loss, rtt, more_rtt, jitter, more_jitter):
    better = packet_score(loss, 8.0, effective_delay_ms(rtt, jitter))
    worse = packet_score(loss, 8.0, effective_delay_ms(rtt + more_rtt, jitter + more_jitter))
    assert worse <= better + 1e-9


def test_the_delay_effect_has_no_step():
    assert packet_score(0, 8.0, 160.0) == pytest.approx(packet_score(0, 8.0, 160.0001), abs=1e-3)


@PROPERTY
@given(st.lists(st.tuples(st.floats(0, 250), st.floats(0, 250)), max_size=12))
def test_a_score_stays_between_lost_and_the_maximum(windows):
    clock = Clock()
    for due, lost in windows:
        clock.after(due=due, lost=min(due, lost))
        assert clock.track.score in (LOST_AT_MOST, POOR_AT_MOST) or MIN_SCORE <= clock.track.score <= 100


# ---------------------------------------------------------------- rows


def read(call, scorer=AS_DEPLOYED, seconds=60):
    return scorer.seconds(call.rows(), T0, T0 + 1_000 * seconds)


def test_a_clean_call_is_perfect_in_every_second():
    readings = read(Call(60))
    assert all(values == (0.0,) * 60 for values in readings.hops.values())
    assert set(readings.hops) == set(HOPS)
    assert set(readings.streams) == set(Stream)


def test_loss_on_an_uplink_is_poor_there_and_nowhere_else():
    readings = read(Call(60).uplink_loss(F, 20, 40, 0.3))
    bad = AS_DEPLOYED.published_threshold
    assert all(value >= bad for value in readings.hops[Hop(F, True, Medium.AUDIO)][25:35])
    assert all(value < bad for value in readings.hops[Hop(I, False, Medium.AUDIO)])
    assert blamed(readings, [FROM_F], bad) is Fault.FREELANCER_UPLINK


def test_loss_on_a_downlink_is_told_from_the_uplinks():
    readings = read(Call(60).downlink_loss(I, 20, 40, 0.3))
    assert blamed(readings, [FROM_F], AS_DEPLOYED.published_threshold) is Fault.INTERVIEWER_DOWNLINK


def test_the_score_of_a_short_outage_is_spread_over_its_window():
    """Two seconds of 30 % in a window of five: a quarter of the badness of five, for seven and more seconds."""
    call = Call(60).uplink_loss(F, 31, 33, 0.3)
    values = read(call).hops[Hop(F, True, Medium.AUDIO)]
    assert sum(value > 0 for value in values) > 7


@pytest.mark.parametrize("role", Role)
def test_long_delay_is_seen_only_where_it_counts(role):
    call = Call(60).set(role, 0, 60, rtt_ms=1_500.0)
    assert AS_DEPLOYED.item(call.rows(), [FROM_F], T0, T0 + 60_000) == 0
    assert WITH_DELAY.item(call.rows(), [FROM_F], T0, T0 + 60_000) >= WITH_DELAY.published_threshold


def test_rows_that_do_not_come_leave_the_last_score():
    call = Call(60).set(F, 20, 40, server_row=False)
    assert set(read(call).hops[Hop(F, True, Medium.AUDIO)]) == {0.0}
    assert set(read(Call(60).withhold(F, 0, 60).withhold(I, 0, 60)).streams[FROM_F]) == {0.0}


def test_a_muted_microphone_is_excellent():
    call = Call(60).mute(F, 10, 60).uplink_loss(F, 20, 40, 0.5)
    assert set(read(call).hops[Hop(F, True, Medium.AUDIO)][11:]) == {0.0}


def test_an_outage_is_poor_then_lost():
    values = read(Call(60).outage(F, 20, 40)).hops[Hop(F, True, Medium.AUDIO)]
    assert max(values) == 80
    assert values[-1] < 60
