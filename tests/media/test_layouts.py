"""Byte layouts: what one function writes another reads back; octets from the network raise ValueError at most."""

from __future__ import annotations

import pytest
from aiortc.rtp import (
    RtcpPacket,
    RtcpPsfbPacket,
    RtcpRrPacket,
    RtcpRtpfbPacket,
    RtcpSdesPacket,
    RtcpSrPacket,
    RtpPacket,
)
from hypothesis import given
from hypothesis import strategies as st

from verifier.media import rtcp, rtp, twcc

UINT32 = st.integers(0, 2**32 - 1)
UINT16 = st.integers(0, 2**16 - 1)
BLOCKS = st.builds(
    rtcp.ReportBlock, UINT32, st.integers(0, 255), st.integers(-(2**23), 2**23 - 1), UINT32, UINT32, UINT32, UINT32
)


@given(
    st.integers(0, 65_535),
    st.lists(st.one_of(st.none(), st.floats(0, 0.2)), min_size=1, max_size=400),
    st.integers(0, 999),
)
def test_transport_feedback_reads_back_what_was_written(base, steps, count):
    now, arrivals = 5000.0, {}
    for offset, step in enumerate(steps):
        if step is not None:
            now += step
            arrivals[base + offset] = now
    information = twcc.build(base, base + len(steps), arrivals, count)
    if not arrivals:
        assert information is None
        return
    assert information is not None
    assert len(information) % 4 == 0
    assert information[7] == count & 0xFF
    for offset, (number, arrival) in enumerate(twcc.parse(information)):
        assert number == (base + offset) & 0xFFFF
        written = arrivals.get(base + offset)
        assert (arrival is None) == (written is None)
        if arrival is not None and written is not None:
            assert arrival == pytest.approx(written, abs=0.00026)


@given(st.permutations(range(40)), st.integers(0, 65_535))
def test_reordered_packets_are_all_reported(order, base):
    recorder = twcc.ArrivalRecorder()
    reported = set()
    for index, number in enumerate(order):
        recorder.add((base + number) & 0xFFFF, 100.0 + index / 100)
        if index % 7 == 0:
            reported |= {seen for part in recorder.take() for seen, at in twcc.parse(part) if at is not None}
    reported |= {seen for part in recorder.take() for seen, at in twcc.parse(part) if at is not None}
    assert reported == {(base + number) & 0xFFFF for number in order}
    assert recorder.take() == []


def test_a_missing_packet_is_reported_as_missing_once_the_next_one_came():
    recorder = twcc.ArrivalRecorder()
    for number in (65_534, 65_535, 1):
        recorder.add(number, 1.0)
    (information,) = recorder.take()
    assert [(number, at is None) for number, at in twcc.parse(information)] == [
        (65_534, False), (65_535, False), (0, True), (1, False),
    ]  # fmt: skip


@given(st.binary(max_size=200))
def test_any_octets_as_feedback_give_numbers_or_a_value_error(data):
    try:
        numbers = [number for number, _ in twcc.parse(data)]
    except ValueError:
        return
    assert len(numbers) <= 0xFFFF


@given(UINT32, st.lists(BLOCKS, max_size=31))
def test_receiver_reports_read_back_and_aiortc_agrees(ssrc, blocks):
    data = rtcp.pack_receiver_report(ssrc, blocks)
    (part,) = rtcp.split(data)
    assert rtcp.report_blocks(part) == tuple(blocks)
    (theirs,) = RtcpPacket.parse(data)
    assert isinstance(theirs, RtcpRrPacket)
    assert [(each.ssrc, each.packets_lost, each.dlsr) for each in theirs.reports] == [
        (block.ssrc, block.packets_lost, block.delay) for block in blocks
    ]


@given(UINT32, st.integers(0, 2**64 - 1), UINT32, UINT32, UINT32, st.lists(BLOCKS, max_size=3))
def test_sender_reports_read_back_and_aiortc_agrees(ssrc, ntp, stamp, packets, octets, blocks):
    report = rtcp.SenderReport(ssrc, ntp, stamp, packets, octets)
    data = rtcp.pack_sender_report(report, blocks) + rtcp.pack_source_description(ssrc, b"verifier")
    first, second = rtcp.split(data)
    assert rtcp.sender_report(first) == report
    assert rtcp.report_blocks(first) == tuple(blocks)
    assert second.kind == rtcp.SOURCE_DESCRIPTION
    sender, description = RtcpPacket.parse(data)
    assert isinstance(sender, RtcpSrPacket)
    assert isinstance(description, RtcpSdesPacket)
    assert description.chunks[0].items == [(1, b"verifier")]


@given(UINT32, UINT32, st.lists(st.integers(0, 5000), unique=True, max_size=60), UINT16)
def test_a_nack_names_exactly_the_numbers_asked_for(ssrc, media_ssrc, offsets, base):
    numbers = [(base + offset) & 0xFFFF for offset in sorted(offsets)]
    data = rtcp.pack_nack(ssrc, media_ssrc, numbers)
    (part,) = rtcp.split(data)
    assert rtcp.feedback_target(part) == media_ssrc
    assert list(rtcp.nacked(part)) == numbers
    (theirs,) = RtcpPacket.parse(data)
    assert isinstance(theirs, RtcpRtpfbPacket)
    assert [number & 0xFFFF for number in theirs.lost] == numbers


@given(UINT32, UINT32, st.integers(0, 10**9))
def test_a_bitrate_cap_is_read_back_no_higher_and_within_a_thousandth(ssrc, media_ssrc, bps):
    data = rtcp.pack_bitrate_cap(ssrc, media_ssrc, bps)
    (part,) = rtcp.split(data)
    read = rtcp.bitrate_cap(part)
    assert read is not None
    assert bps * 0.999 - 1 <= read <= bps
    (theirs,) = RtcpPacket.parse(data + rtcp.pack_picture_loss(ssrc, media_ssrc))[:1]
    assert isinstance(theirs, RtcpPsfbPacket)


@given(st.binary(max_size=120))
def test_any_octets_as_rtcp_are_parts_or_a_value_error(data):
    try:
        for part in rtcp.split(data):
            rtcp.bitrate_cap(part)
            rtcp.nacked(part)
            rtcp.report_blocks(part)
            rtcp.sender_report(part)
            rtcp.feedback_target(part)
    except ValueError:
        return


@given(st.booleans(), st.integers(0, 127), UINT16, UINT32, UINT32, st.binary(max_size=60), st.one_of(st.none(), UINT16))
def test_rtp_packets_read_back_and_aiortc_agrees(marker, payload_type, sequence, timestamp, ssrc, payload, number):
    data = rtp.build(marker << 7 | payload_type, sequence, timestamp, ssrc, payload, number)
    packet = rtp.parse(data)
    assert (packet.marker, packet.payload_type) == (marker << 7, payload_type)
    assert (packet.sequence, packet.timestamp, packet.ssrc) == (sequence, timestamp, ssrc)
    assert (packet.payload, packet.transport_sequence) == (payload, number)
    theirs = RtpPacket.parse(data)
    assert (theirs.sequence_number, theirs.payload) == (sequence, payload)


@given(st.binary(max_size=120))
def test_any_octets_as_rtp_are_a_packet_or_a_value_error(data):
    try:
        packet = rtp.parse(data)
    except ValueError:
        return
    assert len(packet.payload) <= len(data) - 12


def test_level_voice_flag_and_padding_are_read():
    extension = b"\xbe\xde\x00\x02" + bytes(
        (rtp.LEVEL_ID << 4, 0x80 | 37, rtp.TRANSPORT_SEQUENCE_ID << 4 | 1, 1, 2, 0, 0, 0)
    )
    packet = rtp.parse(bytes((0xB0, rtp.OPUS)) + bytes(10) + extension + b"sound" + b"\0\0\3")
    assert (packet.voice, packet.level_dbov, packet.transport_sequence) == (True, -37, 258)
    assert packet.payload == b"sound"


@given(UINT16, st.binary(min_size=1, max_size=30))
def test_a_retransmission_unwraps_to_the_original(sequence, payload):
    wrapped = rtp.RtpPacket(rtp.RTX, 0x80, 5, 6, 7, rtp.retransmission_payload(sequence, payload))
    original = rtp.original_of(wrapped, 99)
    assert original is not None
    assert (original.sequence, original.payload, original.ssrc, original.marker) == (sequence, payload, 99, 0x80)
    assert rtp.original_of(rtp.RtpPacket(rtp.RTX, 0, 5, 6, 7, b"\0\1"), 99) is None


OPUS_DURATIONS = {
    b"": 0,
    b"\x78": 20,
    b"\x08": 20,
    b"\x18": 60,
    b"\x60": 10,
    b"\x80": 2.5,
    b"\x79": 40,
    b"\x7b\x03": 60,
    b"\x1b\x3f": 120,
}


@pytest.mark.parametrize(("payload", "milliseconds"), OPUS_DURATIONS.items())
def test_the_duration_of_an_opus_packet_follows_its_first_octets(payload, milliseconds):
    assert rtp.opus_duration_ms(payload) == milliseconds
