"""Logs as WebM: copied packet by packet, seekable, gaps kept, time kept."""

from __future__ import annotations

import io

import av
import numpy as np

from tests.media.recorded import BEGIN_MS, blocks, call
from verifier.core.model import Role
from verifier.core.recording import Muxed
from verifier.media.muxing import mux
from verifier.media.records import Kind, Record, packed

CUES = b"\x1c\x53\xbb\x6b"


def muxed(records: list[Record]) -> tuple[Muxed, io.BytesIO]:
    out, made = io.BytesIO(), blocks(records)
    about = mux(lambda: made, Role.FREELANCER, out)
    assert about is not None
    out.seek(0)
    return about, out


def packets(file: io.BytesIO, kind: str) -> list[tuple[int, bytes]]:
    file.seek(0)
    with av.open(file) as container:
        stream = next(stream for stream in container.streams if stream.type == kind)
        return [(packet.pts or 0, bytes(packet)) for packet in container.demux(stream) if packet.size]


def test_every_frame_and_packet_is_in_the_file_unchanged_and_at_its_time() -> None:
    records = call(4)
    about, file = muxed(records)
    sent = [(record.at_ms - BEGIN_MS, record.data) for record in records if record.kind is not Kind.OPUS]
    assert packets(file, "video") == sent
    heard = [(record.at_ms - BEGIN_MS, record.data) for record in records if record.kind is Kind.OPUS]
    assert [data for _, data in packets(file, "audio")] == [data for _, data in heard]
    assert all(abs(one - other) <= 10 for (one, _), (other, _) in zip(packets(file, "audio"), heard, strict=True))
    assert about.begin_ms == BEGIN_MS
    assert about.duration_ms == 4_000


def test_the_file_says_how_long_it_is_and_has_cues_to_seek_by() -> None:
    _, file = muxed(call(6))
    content = file.getvalue()
    assert content.rfind(CUES) > len(content) - 1_000
    with av.open(file) as container:
        assert container.duration is not None
        assert abs(container.duration / 1000 - 6_000) <= 20
        container.seek(4_000_000)
        frame = next(container.decode(video=0))
        assert 2.5 < frame.time <= 4


def test_a_gap_is_a_jump_of_the_timestamps_and_nothing_is_filled_in() -> None:
    about, file = muxed(call(8, gap=(3, 6)))
    assert about.audio == ((0, 3_000), (6_000, 8_000))
    assert [begin for begin, _ in about.video] == [0, 6_000]
    assert not [at for at, _ in packets(file, "video") if 3_000 <= at < 6_000]
    assert not [at for at, _ in packets(file, "audio") if 3_010 <= at < 5_990]


def test_silence_that_was_not_sent_and_lost_packets_become_packets_without_sound() -> None:
    records = call(4, silence_sent=False, lost=0.1)
    about, file = muxed(records)
    heard = packets(file, "audio")
    own = {record.data for record in records}
    added = [data for _, data in heard if data not in own]
    assert added
    assert all(len(data) == 1 for data in added)
    times = [at for at, _ in heard]
    assert set(np.diff(times)) <= {19, 20, 21}
    assert len(about.audio) == 1


def test_a_picture_that_comes_with_a_later_block_takes_its_place() -> None:
    records = call(3)
    late = next(record for record in records if record.kind is Kind.OPUS and record.at_ms > BEGIN_MS + 800)
    others = [record for record in records if record is not late]
    made = blocks(others)
    made.insert(1, packed(Role.FREELANCER, [late]))
    out = io.BytesIO()
    mux(lambda: made, Role.FREELANCER, out)
    assert [data for _, data in packets(out, "audio")] == [one.data for one in records if one.kind is Kind.OPUS]


def test_who_sent_nothing_has_no_file() -> None:
    made = blocks(call(1))
    assert mux(lambda: made, Role.INTERVIEWER, io.BytesIO()) is None


def test_sound_alone_is_a_file() -> None:
    about, file = muxed([record for record in call(2) if record.kind is Kind.OPUS])
    assert about.video == ()
    with av.open(file) as container:
        assert [stream.type for stream in container.streams] == ["audio"]


def test_the_recording_can_be_decoded_from_its_beginning_to_its_end() -> None:
    _, file = muxed(call(5, gap=(2, 4), lost=0.05))
    with av.open(file) as container:
        lumas = {
            round(frame.time * 1000): frame.to_ndarray(format="gray")[120, 160] for frame in container.decode(video=0)
        }
    assert all((luma > 128) == (at // 1000 % 2 == 0) for at, luma in lumas.items())
