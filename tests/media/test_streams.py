"""The parts of a stream one by one: what goes out never jumps, what is missing is asked for, nothing floods."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from verifier.media import rtcp, rtp
from verifier.media.assembly import FrameAssembler
from verifier.media.control import CongestionControl
from verifier.media.estimator import MAX_BPS, MIN_BPS, DownlinkEstimator
from verifier.media.nack import MissingPackets
from verifier.media.receiver import AudioUplink, VideoUplink
from verifier.media.sender import DownlinkStream, VideoDownlink
from verifier.media.streams import LegStreams, LocalSsrcs
from verifier.media.vp8 import PictureIds, describe, dimensions, starts_key_frame

OUR_SSRC, OUR_RTX = 1000, 1001


def vp8(
    picture: int, tl0: int, *, key: bool = False, start: bool = True, body: bytes = b"\1\1\1\1\1\1\1\1\1\1\1"
) -> bytes:
    """A VP8 payload with a 15-bit picture id and TL0PICIDX."""
    first = bytes(((0x10 if start else 0) | 0x80, 0xC0, 0x80 | picture >> 8, picture & 0xFF, tl0))
    return first + bytes((0 if key else 1,)) + body


def packet(
    sequence: int, timestamp: int, payload: bytes = b"sound", *, marker: int = 0x80, ssrc: int = 5
) -> rtp.RtpPacket:
    return rtp.RtpPacket(rtp.VP8, marker, sequence, timestamp, ssrc, payload)


class Wire:
    """Collects what was sent."""

    def __init__(self):
        self.sent: list[rtp.RtpPacket] = []
        self.reports: list[rtcp.SenderReport] = []
        self.pictures = 0

    def send(self, data: bytes) -> bool:
        self.sent.append(rtp.parse(data))
        return True

    def send_rtcp(self, data: bytes) -> bool:
        self.reports.append(rtcp.sender_report(next(rtcp.split(data))))
        return True

    def want_picture(self) -> None:
        self.pictures += 1


def video_downlink(wire: Wire, rtx_ssrc: int | None = OUR_RTX) -> VideoDownlink:
    return VideoDownlink(
        rtp.VP8, rtp.VIDEO_HZ, OUR_SSRC, rtx_ssrc, wire.send, wire.send_rtcp, lambda *_: None, wire.want_picture
    )


@given(
    st.lists(st.tuples(st.integers(0, 65_535), st.integers(0, 2**32 - 1), st.integers(1, 40)), min_size=1, max_size=5),
    st.floats(0.001, 30),
)
def test_audio_of_source_after_source_is_one_stream_that_only_goes_on(sources, pause_s):
    wire, now = Wire(), 100.0
    stream = DownlinkStream(rtp.OPUS, rtp.OPUS_HZ, OUR_SSRC, wire.send, wire.send_rtcp, lambda *_: None)
    for first, timestamp, count in sources:
        source = object()
        for index in range(count):
            sent = packet(first, (timestamp + 960 * index) & 0xFFFFFFFF)
            sent.extended = first + index
            stream.forward(sent, source, now)
            now += 0.02
        now += pause_s
    assert {each.ssrc for each in wire.sent} == {OUR_SSRC}
    for before, after in zip(wire.sent, wire.sent[1:], strict=False):
        assert (after.sequence - before.sequence) & 0xFFFF == 1
        assert 0 < (after.timestamp - before.timestamp) & 0xFFFFFFFF < 2**31


def test_a_gap_upstream_stays_a_gap_downstream_and_a_repair_fills_it():
    wire, source = Wire(), object()
    stream = video_downlink(wire)
    for number, key in ((10, True), (12, False), (11, False)):
        stream.forward(packet(number, 3000 * number, vp8(number, 0, key=key)), source, 1.0)
    first, third, second = (each.sequence for each in wire.sent)
    assert ((third - first) & 0xFFFF, (second - first) & 0xFFFF) == (2, 1)


def test_video_of_a_new_source_starts_at_a_key_frame_and_asks_for_one():
    wire, source = Wire(), object()
    stream = video_downlink(wire)
    stream.forward(packet(10, 0, vp8(7, 0)), source, 1.0)
    stream.forward(packet(11, 3000, vp8(8, 0)), source, 1.03)
    assert (wire.sent, wire.pictures) == ([], 1)
    stream.forward(packet(12, 6000, vp8(9, 0, key=True)), source, 1.06)
    assert len(wire.sent) == 1


def test_picture_ids_go_on_across_sources():
    wire = Wire()
    stream = video_downlink(wire)
    for index in range(3):
        stream.forward(
            packet(10 + index, 3000 * index, vp8(32_766 + index & 0x7FFF, 254 + index & 0xFF, key=not index)),
            "a",
            1.0 + index,
        )
    for index in range(3):
        stream.forward(packet(500 + index, 3000 * index, vp8(77 + index, 9 + index, key=not index)), "b", 5.0 + index)
    described = [describe(each.payload) for each in wire.sent]
    assert [each.picture_id for each in described if each] == [32_766, 32_767, 0, 1, 2, 3]
    assert [each.tl0 for each in described if each] == [254, 255, 0, 1, 2, 3]


def test_packets_of_the_source_before_its_key_frame_are_not_sent_later():
    wire = Wire()
    stream = video_downlink(wire)
    stream.forward(packet(12, 6000, vp8(9, 0, key=True)), "a", 1.0)
    stream.forward(packet(11, 3000, vp8(8, 0)), "a", 1.1)
    assert len(wire.sent) == 1


def test_video_held_back_goes_on_with_the_next_key_frame_and_without_a_gap():
    wire = Wire()
    stream = video_downlink(wire)
    stream.forward(packet(1, 0, vp8(1, 0, key=True)), "a", 1.0)
    stream.hold()
    for number in range(2, 9):
        stream.forward(packet(number, 3000 * number, vp8(number, 0)), "a", 1.0 + number / 30)
    assert (len(wire.sent), stream.held) == (1, True)
    stream.forward(packet(9, 27_000, vp8(9, 0, key=True)), "a", 2.0)
    assert not stream.held
    assert (wire.sent[1].sequence - wire.sent[0].sequence) & 0xFFFF == 1
    assert (wire.sent[1].timestamp - wire.sent[0].timestamp) & 0xFFFFFFFF == 27_000


def test_a_nack_is_answered_once_per_round_trip_under_the_original_number():
    wire = Wire()
    stream = video_downlink(wire)
    stream.forward(packet(1, 0, vp8(1, 0, key=True)), "a", 1.0)
    asked = wire.sent[0].sequence
    stream.retransmit((asked, asked, (asked + 1) & 0xFFFF), 1.1)
    stream.retransmit((asked,), 1.12)
    assert stream.retransmissions == 1
    repeated = wire.sent[1]
    assert (repeated.ssrc, repeated.payload_type) == (OUR_RTX, rtp.RTX)
    original = rtp.original_of(repeated, OUR_SSRC)
    assert original is not None
    assert (original.sequence, original.payload, original.timestamp) == (
        asked,
        wire.sent[0].payload,
        wire.sent[0].timestamp,
    )
    stream.retransmit((asked,), 1.3)
    assert stream.retransmissions == 2


def test_a_browser_without_rtx_gets_the_packet_as_it_was():
    wire = Wire()
    stream = video_downlink(wire, rtx_ssrc=None)
    stream.forward(packet(1, 0, vp8(1, 0, key=True)), "a", 1.0)
    stream.retransmit((wire.sent[0].sequence,), 1.1)
    first, second = wire.sent
    assert (first.sequence, first.payload, first.ssrc) == (second.sequence, second.payload, second.ssrc)


def test_retransmissions_stay_within_their_share_and_ask_for_a_key_frame_instead():
    wire = Wire()
    stream = video_downlink(wire)
    stream.budget_bps = 100_000
    for number in range(200):
        stream.forward(
            packet(number, 3000 * number, vp8(number, 0, key=not number, body=bytes(1000))), "a", 1.0 + number / 1000
        )
    stream.retransmit(tuple(each.sequence for each in wire.sent), 1.3)
    assert 0 < stream.retransmissions * 1000 <= 31_000
    assert wire.pictures == 1


def test_the_round_trip_follows_from_a_forwarded_report_and_the_browsers_answer():
    wire = Wire()
    stream = video_downlink(wire)
    report = rtcp.SenderReport(5, 0x0123456789ABCDEF, 3000, 1, 1)
    stream.forward_report(report, "a", 1.0)
    assert wire.reports == []
    stream.forward(packet(1, 3000, vp8(1, 0, key=True)), "a", 1.0)
    stream.forward_report(report, "a", 1.0)
    (ours,) = wire.reports
    assert (ours.ssrc, ours.packets, ours.rtp) == (OUR_SSRC, 1, wire.sent[0].timestamp)
    stream.note_block(rtcp.ReportBlock(OUR_SSRC, 64, -3, 1, 900, report.middle, 65_536 // 2), 1.62)
    assert stream.rtt_s == pytest.approx(0.12)
    row = stream.receiver_report(2.62)
    assert (row.fraction_lost, row.packets_lost, row.jitter_ms) == (0.25, -3, 10.0)
    assert row.age_ms == pytest.approx(1000)


def test_a_report_block_tells_the_loss_since_the_one_before():
    uplink = VideoUplink(rtp.VIDEO_HZ, 5, None)
    for number in (0, 1, 3):
        uplink.receive(packet(number, 960 * number), number / 50)
    block = uplink.report_block(0.1)
    assert block is not None
    assert (block.fraction_lost, block.packets_lost, block.highest) == (64, 1, 3)
    again = uplink.report_block(0.2)
    assert again is not None
    assert (again.fraction_lost, again.packets_lost) == (0, 1)


def test_audio_is_told_of_more_loss_than_there_was_so_that_it_protects_itself_and_the_count_stays_true():
    uplink = AudioUplink(rtp.OPUS_HZ, 5)
    for number in range(20):
        if number != 7:
            uplink.receive(packet(number, 960 * number), number / 50)
    first = uplink.report_block(1.0)
    assert first is not None
    assert (first.fraction_lost, first.packets_lost) == (2 * (256 // 20), 1)
    later = uplink.report_block(5.0)
    assert later is not None
    assert (later.fraction_lost, later.packets_lost) == (256 // 20, 1), "half of it after four seconds"
    worse = uplink.report_block(5.1, downstream_fraction=20)
    assert worse is not None
    assert worse.fraction_lost == 40, "the other leg's loss counts as well"
    worst = uplink.report_block(5.2, downstream_fraction=200)
    assert worst is not None
    assert worst.fraction_lost == 64, "at most a quarter"


def test_speech_needs_the_voice_flag_once_a_sender_uses_it():
    def said(*levels: tuple[bool, int]) -> float:
        uplink = AudioUplink(rtp.OPUS_HZ, 5)
        for number, (voice, level) in enumerate(levels):
            heard = packet(number, 960 * number, b"\x78sound")
            heard.voice, heard.level_dbov = voice, level
            uplink.receive(heard, number / 50)
        return uplink.take_level()[0]

    assert said((False, -30), (False, -30)) == 40
    assert said((False, -80)) == 0
    assert said((True, -30), (False, -30), (True, -90)) == 20


def test_a_stranger_ssrc_is_neither_counted_nor_forwarded():
    uplink = VideoUplink(rtp.VIDEO_HZ, 5, 6)
    assert uplink.receive_any(packet(1, 0, ssrc=5), 1.0) is not None
    assert uplink.receive_any(packet(2, 0, ssrc=7), 1.0) is None
    assert uplink.take(1.0).received == 1


def test_missing_packets_are_asked_for_until_repaired_or_too_old():
    missing = MissingPackets()
    for number in (65_534, 65_538):
        missing.arrived(number, 1.0)
    assert missing.due(1.0, 0.1) == [65_535, 0, 1]
    assert missing.due(1.05, 0.1) == []
    missing.arrived(65_536, 1.06)
    assert missing.due(1.13, 0.1) == [65_535, 1]
    assert missing.due(3.5, 0.1) == []
    assert not missing
    assert missing.requested == 5


def test_an_outage_asks_for_a_key_frame_instead_of_its_packets():
    missing = MissingPackets()
    missing.arrived(1, 1.0)
    assert missing.arrived(400, 5.0)
    assert not missing


def test_what_stays_missing_is_given_up_for_a_key_frame():
    uplink = VideoUplink(rtp.VIDEO_HZ, 5, 6)
    for number in (0, 1, 3):
        uplink.receive(packet(number, 960 * number, vp8(number, 0)), 1.0)
    uplink.refresh(1.3, 0.1)
    assert uplink.missing
    assert not uplink.picture_due(1.3)
    uplink.refresh(1.5, 0.1)
    assert not uplink.missing
    assert uplink.picture_due(1.5)
    uplink.receive(packet(5, 960 * 5, vp8(5, 0)), 1.5)
    uplink.refresh(2.1, 0.1)
    assert uplink.missing, "a key frame is on its way: what is lost since is repaired"


def test_many_missing_packets_are_given_up_at_once_on_a_link_that_overflows():
    missing = MissingPackets()
    missing.arrived(1, 1.0)
    missing.arrived(70, 1.0)
    assert missing.hopeless(1.0, 0.1)


def test_a_key_frame_makes_what_was_missing_before_it_useless():
    uplink = VideoUplink(rtp.VIDEO_HZ, 5, 6)
    for number in (0, 1, 3):
        uplink.receive(packet(number, 960 * number, vp8(number, 0)), 1.0)
    assert uplink.missing
    uplink.receive(packet(5, 960 * 5, vp8(5, 0, key=True)), 1.0)
    assert not uplink.missing


def test_key_frames_are_asked_for_at_most_every_300_ms():
    uplink = VideoUplink(rtp.VIDEO_HZ, 5, 6)
    asked = 0
    for step in range(100):
        uplink.want_picture()
        asked += uplink.picture_due(10.0 + step * 0.02)
    assert asked == 7


def drive(
    estimator: DownlinkEstimator,
    seconds: float,
    *,
    rate_bps: float,
    queue_s: float = 0.0,
    loss: float = 0.0,
    start: float = 0.0,
) -> float:
    """A steady stream in packets of 1,000 bytes, its feedback coming ten times a second."""
    per_tick = max(1, int(rate_bps / 80_000))
    now, sent = start, 0
    while now < start + seconds:
        now += 0.1
        for _ in range(per_tick):
            sent += 1
            if loss and sent % max(1, round(1 / loss)) == 0:
                estimator.missing(now)
            else:
                estimator.delivered(5.0 + queue_s, 1000, now)
        estimator.tick(now)
    return now


def test_a_clean_downlink_is_not_capped():
    estimator = DownlinkEstimator()
    drive(estimator, 10, rate_bps=1_700_000)
    assert estimator.target_bps == MAX_BPS


def test_a_standing_queue_cuts_to_below_what_was_delivered_and_a_clear_link_lets_it_grow():
    estimator = DownlinkEstimator()
    now = drive(estimator, 5, rate_bps=1_600_000)
    now = drive(estimator, 3, rate_bps=800_000, queue_s=0.1, start=now)
    assert MIN_BPS <= estimator.target_bps < 1_000_000
    low = estimator.target_bps
    drive(estimator, 20, rate_bps=low, start=now)
    assert estimator.target_bps > low


def test_one_stall_of_the_machine_cuts_nothing():
    estimator = DownlinkEstimator()
    now = drive(estimator, 5, rate_bps=1_600_000)
    drive(estimator, 0.25, rate_bps=1_600_000, queue_s=0.3, start=now)
    assert estimator.target_bps == MAX_BPS


@given(st.lists(st.tuples(st.floats(0, 2), st.floats(0, 0.9), st.integers(1, 40)), min_size=1, max_size=60))
def test_the_target_stays_within_its_bounds(seconds):
    estimator, now = DownlinkEstimator(), 50.0
    for queue_s, loss, packets in seconds:
        now += 0.1
        for index in range(packets):
            if index < loss * packets:
                estimator.missing(now)
            else:
                estimator.delivered(queue_s, 1000, now)
        assert MIN_BPS <= estimator.tick(now) <= MAX_BPS


def test_video_waits_while_the_downlink_chokes_and_a_key_frame_is_asked_for_when_it_drained():
    wire = Wire()
    control, stream = CongestionControl(lambda _data: True), video_downlink(wire)
    control.transport_wide, control.want_picture = True, wire.want_picture
    now = 100.0
    for step in range(40):
        now += 0.1
        numbers = [control.stamp(1000, now) for _ in range(10)]
        delay = 0.02 if step < 20 else 0.5
        for number in numbers:
            assert number is not None
            control.estimator.delivered(delay, 1000, now)
        control.tick(now, 5, stream)
    assert stream.held
    assert wire.pictures >= 1


def test_the_other_downlink_caps_this_uplink_and_an_unknown_one_does_not():
    told: list[int] = []

    def send_rtcp(data: bytes) -> bool:
        for part in rtcp.split(data):
            cap = rtcp.bitrate_cap(part)
            if cap is not None:
                told.append(cap)
        return True

    here, there = (LegStreams(LocalSsrcs(1, 2, 3), lambda _data: True, send_rtcp) for _ in range(2))
    here.peer = there
    here.video_in.receive_any(packet(1, 0), 1.0)
    here.tick(1.0)
    assert told == []
    there.take_rtcp(rtcp.pack_bitrate_cap(9, 2, 300_000), 1.1)
    here.tick(1.2)
    assert told == [pytest.approx(300_000, rel=0.001)]


@given(st.integers(0, 32_767), st.integers(0, 255), st.booleans(), st.binary(min_size=1, max_size=20))
def test_rewriting_ids_keeps_everything_else(picture, tl0, key, body):
    ids = PictureIds()
    ids.rewrite(vp8(100, 50, key=True), newest=True)
    first = vp8(picture, tl0, key=key, body=body)
    ids.start(first)
    moved = ids.rewrite(first, newest=True)
    described, before = describe(moved), describe(first)
    assert described is not None
    assert before is not None
    assert (described.picture_id, described.tl0) == (101, 51)
    assert (described.key_frame, described.header_bytes, len(moved)) == (key, before.header_bytes, len(first))
    assert moved[described.header_bytes :] == first[before.header_bytes :]


@given(st.binary(max_size=40))
def test_any_octets_as_vp8_are_described_or_not(payload):
    starts_key_frame(payload)
    dimensions(payload)


def test_a_key_frame_declares_its_size():
    assert dimensions(b"\x00\0\0\x9d\x01\x2a\x80\x02\xe0\x01") == (640, 480)
    assert dimensions(b"\x01\0\0\x9d\x01\x2a\x80\x02\xe0\x01") is None


def assemble(assembler: FrameAssembler, *packets: rtp.RtpPacket, now: float = 1.0) -> list[tuple[bool, int]]:
    return [(frame.key, len(frame.data)) for each in packets for frame in assembler.push(each, now)]


def frame_of(first: int, *, key: bool = False, parts: int = 3) -> list[rtp.RtpPacket]:
    return [
        packet(
            first + index,
            first,
            vp8(first, 0, key=key and not index, start=not index),
            marker=0x80 * (index == parts - 1),
        )
        for index in range(parts)
    ]


def test_key_frames_are_put_together_in_any_order_of_their_later_packets():
    assembler = FrameAssembler()
    first, second, third = frame_of(10, key=True)
    assert assemble(assembler, first, third) == []
    assert assemble(assembler, second) == [(True, 36)]
    assert assemble(assembler, *frame_of(13)) == []


def test_a_chain_of_frames_waits_for_a_missing_packet_and_ends_when_it_never_comes():
    assembler = FrameAssembler()
    assembler.start(every_frame=True)
    assert assemble(assembler, *frame_of(10, key=True)) == [(True, 36)]
    first, second, third = frame_of(13)
    assert assemble(assembler, first, third, *frame_of(16)) == []
    assert assemble(assembler, second) == [(False, 36), (False, 36)]
    assert assemble(assembler, *frame_of(22), now=2.0) == []
    assert assemble(assembler, *frame_of(25), now=2.6) == []
    assert assembler.waiting
    assert assemble(assembler, *frame_of(28, key=True), now=2.7) == [(True, 36)]
