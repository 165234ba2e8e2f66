"""One packet on one path: what is imposed is what happens, and the counts say so."""

import itertools
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.rig.impairment import OUTAGE, Counts, GilbertElliott, Impairment, Path, from_plain, to_plain

shares = st.floats(0, 1)
impairments = st.builds(
    Impairment,
    loss=shares,
    burst=st.none() | st.builds(GilbertElliott, enter=shares, leave=shares, loss_bad=shares, loss_good=shares),
    delay_ms=st.floats(0, 1000),
    jitter_ms=st.floats(0, 1000),
    duplicate=shares,
    reorder=shares,
    reorder_ms=st.floats(0, 100),
    rate_bps=st.none() | st.floats(1_000, 10_000_000),
    queue_ms=st.floats(0, 1000),
    outage=st.booleans(),
)


def a_path(impairment: Impairment, seed: int = 1) -> Path:
    return Path(random.Random(seed), impairment)


def admit(path: Path, packets: int, *, every_s: float = 0.001, size: int = 1000) -> list[tuple[float, ...]]:
    return [path.admit(number * every_s, size) for number in range(packets)]


def test_a_perfect_path_passes_every_packet_at_once():
    assert admit(a_path(Impairment()), 3) == [(0.0,), (0.001,), (0.002,)]


def test_independent_loss_takes_the_share_that_was_asked_for():
    path = a_path(Impairment(loss=0.3))
    admit(path, 20_000)
    assert path.counts.lost / 20_000 == pytest.approx(0.3, abs=0.02)


def test_burst_loss_takes_its_mean_share_in_bursts_of_its_mean_length():
    path = a_path(Impairment(burst=GilbertElliott(enter=0.02, leave=0.2)))
    gone = [due == () for due in admit(path, 50_000)]
    bursts = sum(now and not before for before, now in itertools.pairwise(gone))
    assert sum(gone) / len(gone) == pytest.approx(0.02 / 0.22, abs=0.02)
    assert sum(gone) / bursts == pytest.approx(5.0, rel=0.15)


def test_jitter_varies_the_delay_within_its_bounds_and_keeps_the_order():
    due = [at for (at,) in admit(a_path(Impairment(delay_ms=50, jitter_ms=20)), 500, every_s=0.02)]
    delays_ms = [(at - number * 0.02) * 1000 for number, at in enumerate(due)]
    assert due == sorted(due)
    assert 30 <= min(delays_ms) < 35
    assert 65 < max(delays_ms) <= 70.001


def test_a_held_back_packet_is_overtaken():
    due = [at for (at,) in admit(a_path(Impairment(reorder=0.1, reorder_ms=20)), 200)]
    overtaken = sum(later < earlier for earlier, later in itertools.pairwise(due))
    assert 5 < overtaken < 40


def test_duplicates_are_counted_and_arrive_twice():
    path = a_path(Impairment(duplicate=0.25))
    arrivals = sum(len(due) for due in admit(path, 4_000))
    assert path.counts.duplicated == arrivals - 4_000
    assert path.counts.duplicated / 4_000 == pytest.approx(0.25, abs=0.03)


def test_a_narrow_link_passes_its_rate_and_drops_the_tail():
    # 1000 bytes every ms are 8 Mb/s offered to 800 kb/s: one packet in ten, and a queue of 200 ms at most.
    path = a_path(Impairment(rate_bps=800_000, queue_ms=200))
    due = admit(path, 2_000)
    waits = [at - number * 0.001 for number, times in enumerate(due) for at in times]
    assert path.counts.overflowed == pytest.approx(2_000 - 220, abs=5)
    assert max(waits) <= 0.2 + 0.01 + 1e-9


def test_a_link_below_its_rate_adds_only_the_time_to_send():
    due = admit(a_path(Impairment(rate_bps=800_000)), 10, every_s=0.02)
    assert [at - number * 0.02 for number, (at,) in enumerate(due)] == pytest.approx([0.01] * 10)


def test_an_outage_stops_new_packets_and_those_on_their_way():
    path = a_path(Impairment(delay_ms=100))
    path.admit(0.0, 100)
    path.impairment = OUTAGE
    assert path.admit(0.05, 100) == ()
    assert path.stops()
    assert path.counts == Counts(offered=2, blacked_out=2)


def test_the_same_seed_gives_the_same_fate():
    how = Impairment(loss=0.2, jitter_ms=30, duplicate=0.1, reorder=0.1)
    assert admit(a_path(how, seed=5), 300) == admit(a_path(how, seed=5), 300)
    assert admit(a_path(how, seed=5), 300) != admit(a_path(how, seed=6), 300)


@given(how=impairments, steps=st.lists(st.tuples(st.floats(0, 0.5), st.integers(20, 1400)), max_size=60))
def test_no_packet_is_due_before_it_came_and_every_packet_is_accounted_for(how, steps):
    path, now, due = a_path(how), 0.0, 0
    for pause, size in steps:
        now += pause
        times = path.admit(now, size)
        assert all(at >= now for at in times)
        due += len(times)
    counts = path.counts
    assert counts.offered + counts.duplicated == due + counts.dropped
    assert counts.in_flight == due
    assert 0 <= counts.loss_share <= 1


@given(how=impairments)
def test_an_impairment_survives_the_way_to_the_relay(how):
    assert from_plain(to_plain(how)) == how


@pytest.mark.parametrize(
    "wrong",
    [
        {"loss": 1.1},
        {"loss": -0.1},
        {"loss": float("nan")},
        {"duplicate": 2},
        {"reorder": 2},
        {"delay_ms": -1},
        {"queue_ms": float("nan")},
        {"rate_bps": 0},
    ],
)
def test_a_figure_that_means_nothing_is_refused(wrong):
    with pytest.raises(ValueError, match=next(iter(wrong))):
        Impairment(**wrong)


def test_a_burst_probability_above_one_is_refused():
    with pytest.raises(ValueError, match="enter"):
        GilbertElliott(enter=1.5, leave=0.1)
