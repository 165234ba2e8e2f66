"""The RTP tracker: whatever the network does, each sequence number is counted once."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from verifier.core.quality.rtp import Arrival, RtpTracker

OPUS_HZ = 48_000
PACKET_MS, PACKET_TICKS = 20.0, 960


def feed(tracker: RtpTracker, *numbers: int, start_ms: float = 0.0) -> list[Arrival]:
    """Packets of a 20 ms stream, each arriving 20 ms after the one before."""
    return [
        tracker.receive(number & 0xFFFF, number * PACKET_TICKS & 0xFFFFFFFF, start_ms + index * PACKET_MS, 100)
        for index, number in enumerate(numbers)
    ]


def test_an_unbroken_stream_loses_nothing_over_the_wrap():
    tracker = RtpTracker(1, OPUS_HZ)
    feed(tracker, *range(65_500, 65_600))
    counters = tracker.take(100 * PACKET_MS)
    assert (counters.received, counters.expected, counters.duplicates, counters.reordered) == (100, 100, 0, 0)
    assert counters.jitter_ms == pytest.approx(0.0)
    assert counters.bytes == 100 * 100


def test_a_late_packet_is_counted_once():
    tracker = RtpTracker(1, OPUS_HZ)
    assert feed(tracker, 10, 12, 11, 11) == [Arrival.NEW, Arrival.NEW, Arrival.LATE, Arrival.DUPLICATE]
    counters = tracker.take(80)
    assert (counters.received, counters.expected, counters.reordered, counters.duplicates) == (3, 3, 1, 1)


def test_a_packet_from_before_the_first_is_expected_too():
    tracker = RtpTracker(1, OPUS_HZ)
    feed(tracker, 10, 8)
    counters = tracker.take(40)
    assert (counters.received, counters.expected) == (2, 3)


def test_a_repair_is_neither_received_nor_missing():
    tracker = RtpTracker(1, OPUS_HZ)
    feed(tracker, 1, 3)
    assert tracker.lost == tracker.missing == 1
    assert tracker.repair(2, 100) is Arrival.REPAIRED
    assert tracker.repair(2, 100) is Arrival.DUPLICATE
    counters = tracker.take(40)
    assert (counters.received, counters.expected, counters.repaired, counters.duplicates) == (2, 3, 1, 0)
    assert (tracker.lost, tracker.missing) == (1, 0)


def test_padding_by_retransmission_of_what_is_here_changes_nothing():
    tracker = RtpTracker(1, OPUS_HZ)
    feed(tracker, 1, 2, 3)
    before = tracker.take(60)
    tracker.repair(2, 100)
    assert tracker.take(60) == before.__class__(
        **{name: getattr(before, name) for name in before.__slots__ if name != "longest_gap_ms"}, longest_gap_ms=20.0
    )


def test_a_number_older_than_the_window_counts_as_neither():
    tracker = RtpTracker(1, OPUS_HZ)
    feed(tracker, 5000, 5001)
    assert feed(tracker, 5001 - 2048) == [Arrival.STALE]
    counters = tracker.take(60)
    assert (counters.received, counters.expected) == (2, 2)


def test_a_pause_with_skipped_numbers_is_a_gap_and_a_pause_alone_is_not():
    tracker = RtpTracker(1, OPUS_HZ)
    tracker.receive(1, 0, 0.0, 10)
    tracker.receive(2, PACKET_TICKS * 20, 400.0, 10)
    assert tracker.take(400.0).gaps_150ms == 0
    tracker.receive(9, PACKET_TICKS * 28, 560.0, 10)
    tracker.receive(11, PACKET_TICKS * 30, 600.0, 10)
    assert tracker.take(600.0).gaps_150ms == 1


def test_the_longest_pause_starts_anew_each_second_and_an_open_one_is_included():
    tracker = RtpTracker(1, OPUS_HZ)
    tracker.receive(1, 0, 0.0, 10)
    tracker.receive(2, PACKET_TICKS, 300.0, 10)
    assert tracker.take(310.0).longest_gap_ms == 300.0
    assert tracker.take(1310.0).longest_gap_ms == 1010.0


def test_jitter_follows_rfc_3550():
    tracker = RtpTracker(1, OPUS_HZ)
    expected = 0.0
    for number, late_ms in enumerate((0.0, 8.0, 0.0, 16.0)):
        tracker.receive(number, number * PACKET_TICKS, number * PACKET_MS + late_ms, 10)
    for difference in (8.0, 8.0, 16.0):
        expected += (difference - expected) / 16
    assert tracker.take(100.0).jitter_ms == pytest.approx(expected)


@given(
    start=st.integers(0, 65_535),
    lost=st.sets(st.integers(1, 198)),
    twice=st.sets(st.integers(0, 199)),
    repaired=st.sets(st.integers(1, 198)),
)
def test_counts_are_exact_for_any_loss_duplication_and_repair(start, lost, twice, repaired):
    tracker = RtpTracker(1, OPUS_HZ)
    for index in range(200):
        if index in lost:
            continue
        for _ in range(2 if index in twice else 1):
            tracker.receive((start + index) & 0xFFFF, index * PACKET_TICKS, index * PACKET_MS, 10)
    for index in repaired:
        tracker.repair((start + index) & 0xFFFF, 10)
    counters = tracker.take(4000.0)
    assert counters.expected == 200
    assert counters.received == 200 - len(lost)
    assert counters.duplicates == len(twice - lost)
    assert counters.repaired == len(lost & repaired)
    assert tracker.missing == len(lost - repaired)


@given(st.permutations(range(64)), st.integers(0, 65_535))
def test_any_order_of_arrival_gives_the_same_received_and_expected(order, start):
    tracker = RtpTracker(1, OPUS_HZ)
    for index, number in enumerate(order):
        tracker.receive((start + number) & 0xFFFF, number * PACKET_TICKS, index * PACKET_MS, 10)
    counters = tracker.take(64 * PACKET_MS)
    assert (counters.received, counters.expected, counters.duplicates) == (64, 64, 0)


@given(st.lists(st.tuples(st.integers(0, 65_535), st.integers(0, 2**32 - 1), st.floats(0, 500)), max_size=200))
def test_received_and_repaired_never_exceed_expected(packets):
    tracker, now = RtpTracker(1, OPUS_HZ), 0.0
    for sequence, timestamp, step in packets:
        now += step
        tracker.receive(sequence, timestamp, now, 10)
        tracker.repair((sequence + 7) & 0xFFFF, 10)
        assert tracker.lost >= tracker.missing >= 0
        assert tracker.jitter_ms >= 0


@given(st.lists(st.booleans(), min_size=2, max_size=150), st.data())
def test_losing_one_more_packet_never_lowers_the_loss(kept, data):
    kept = [True, *kept, True]
    fewer = list(kept)
    fewer[data.draw(st.integers(1, len(kept) - 2))] = False

    def lost(pattern: list[bool]) -> int:
        tracker = RtpTracker(1, OPUS_HZ)
        for index, here in enumerate(pattern):
            if here:
                tracker.receive(index, index * PACKET_TICKS, index * PACKET_MS, 10)
        return tracker.lost

    assert lost(fewer) >= lost(kept)


@given(st.lists(st.floats(0, 50), min_size=3, max_size=60), st.floats(1, 3))
def test_more_delay_variation_never_lowers_jitter(delays, factor):
    def jitter(scale: float) -> float:
        tracker, now = RtpTracker(1, OPUS_HZ), 0.0
        for index, delay in enumerate(delays):
            now = index * 200.0 + delay * scale
            tracker.receive(index, index * PACKET_TICKS * 10, now, 10)
        return tracker.jitter_ms

    assert jitter(factor) >= jitter(1.0) - 1e-9
