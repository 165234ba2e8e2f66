"""Rows to intervals: counters start anew with a stream, gaps stay gaps, a report speaks once."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bench.baselines.intervals import by_second, total, within
from bench.baselines.packets import packets
from bench.baselines.scorer import Hop, hops_of
from bench.baselines.sinks import heard, mutes, seen
from tests.core.rows import T0, Call, F, I
from verifier.core.samples import InterviewRows, Medium, Stream

UP, DOWN = Hop(F, True, Medium.AUDIO), Hop(I, False, Medium.AUDIO)
FROM_F, SEEN_F = Stream.AUDIO_FROM_FREELANCER, Stream.VIDEO_FROM_FREELANCER


def at(intervals, second):
    (found,) = by_second(intervals, T0 + 1_000 * second, 1, 8_000)
    return found


def test_a_stream_crosses_its_sources_uplink_and_its_sinks_downlink():
    assert hops_of(FROM_F) == (UP, DOWN)


def test_a_second_is_given_to_the_row_that_covers_its_middle():
    intervals = packets(Call(10).rows(), UP)
    assert [each.to_ms for each in by_second(intervals, T0, 3)] == [T0 + 1_000, T0 + 2_000, T0 + 3_000]
    assert [each.to_ms for each in by_second(intervals, T0 + 400, 2)] == [T0 + 1_000, T0 + 2_000]


def test_a_gap_stays_a_gap_and_its_counters_fall_into_the_second_after_it():
    call = Call(20).uplink_loss(F, 8, 12, 0.5).set(F, 8, 12, server_row=False)
    found = by_second(packets(call.rows(), UP), T0, 20)
    assert [index for index, each in enumerate(found) if each is None] == [8, 9, 10, 11]
    assert found[12].due == 5 * 50
    assert found[12].lost == 4 * 25


def test_counters_of_a_new_stream_count_from_zero():
    rows = Call(20).reconnect(F, 8, 11).rows()
    assert all(0 <= each.due <= 100 for each in packets(rows, UP))
    assert all(each.lost >= 0 for each in packets(rows, UP))


def test_an_uplinks_loss_is_not_the_downlinks():
    call = Call(20).uplink_loss(F, 5, 15, 0.2)
    assert at(packets(call.rows(), UP), 10).own_loss == pytest.approx(0.2)
    assert at(packets(call.rows(), DOWN), 10).own_loss == pytest.approx(0, abs=0.01)


def test_repaired_packets_are_lost_at_first_but_not_in_the_end():
    rows = Call(20).uplink_loss(F, 5, 6, 0.5).rows()
    changed = [
        replace(row, audio=replace(row.audio, repaired=20)) if row.leg is F and row.at_ms > T0 + 5_000 else row
        for row in rows.server
    ]
    found = at(packets(InterviewRows(tuple(changed), rows.browser, ()), UP), 5)
    assert (found.lost, found.unrepaired, found.late) == (25, 5, 20)
    assert (found.own_loss, found.own_unrepaired) == (0.5, 0.1)


def test_a_report_that_is_repeated_speaks_once():
    rows = Call(20).downlink_loss(I, 0, 20, 0.2).rows()
    server, last = [], None
    for row in rows.server:
        if row.leg is I:
            if last is None or row.at_ms - last.at_ms >= 5_000:
                last = row
            age = row.at_ms - last.at_ms + 300.0
            row = replace(row, report_audio=replace(last.report_audio, age_ms=age))
        server.append(row)
    found = packets(InterviewRows(tuple(server), rows.browser, ()), DOWN)
    assert {each.to_ms - each.from_ms for each in found} == {5_000}
    assert found[2].own_loss == pytest.approx(0.2, abs=0.02)
    assert all(each is not None for each in by_second(found, T0, 12, 8_000))


def test_what_the_sink_heard_and_saw():
    call = Call(20).downlink_loss(I, 5, 15, 0.2)
    ear, eye = at(heard(call.rows(), FROM_F), 10), at(seen(call.rows(), SEEN_F), 10)
    assert (ear.packets, ear.lost, ear.samples, ear.concealed) == (40, 10, 48_000, 9_600)
    assert (ear.buffer_ms, ear.rtt_ms) == (pytest.approx(60), 80)
    assert eye.encoded == pytest.approx(15)
    assert (eye.decoded, eye.fps, eye.width) == (10, pytest.approx(10), 640)


def test_fields_a_browser_lacks_stay_unknown():
    rows = Call(20).rows()
    changed = [replace(row, audio=replace(row.audio, concealed_samples=None)) for row in rows.browser]
    assert at(heard(InterviewRows(rows.server, tuple(changed), ()), FROM_F), 10).concealed is None


def test_a_mute_is_told_twice_on_and_off():
    changes = mutes(Call(20).mute(F, 5, 10).rows(), F, Medium.AUDIO)
    assert [change.muted for change in changes] == [True, False]


def test_intervals_add_up():
    intervals = within(packets(Call(20).uplink_loss(F, 5, 7, 0.5).rows(), UP), T0 + 4_000, T0 + 9_000)
    whole = total(intervals)
    assert (len(intervals), whole.due, whole.lost, whole.to_ms - whole.from_ms) == (5, 250, 50, 5_000)
