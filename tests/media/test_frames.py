"""Looking at the freelancer's video: bounded work, and nothing of a picture but figures."""

from __future__ import annotations

import asyncio
import threading
from fractions import Fraction

import av
import numpy as np
import pytest

from tests.media.room import CALL, MonotonicClock, NoFaces, until
from verifier.media.assembly import Frame
from verifier.media.frames import FrameDecoder, FrameSampler, FrameWorker, _Job
from verifier.media.rtp import VP8, RtpPacket


def encoded(luma: int, number: int = 3) -> list[bytes]:
    """VP8 frames of one grey, the first one a key frame."""
    codec = av.CodecContext.create("libvpx", "w")
    codec.width, codec.height, codec.pix_fmt, codec.bit_rate = 64, 48, "yuv420p", 200_000
    codec.time_base = Fraction(1, 30)
    codec.options = {"lag-in-frames": "0", "deadline": "realtime"}
    frames = []
    for index in range(number):
        picture = av.VideoFrame.from_ndarray(np.full((72, 64), luma, np.uint8), format="yuv420p")
        picture.pts = index
        frames += [bytes(packet) for packet in codec.encode(picture)]
    return frames


def packets(frames: list[bytes], start: int = 0) -> list[RtpPacket]:
    return [
        RtpPacket(VP8, 0x80, start + index, 3000 * (start + index), 5, b"\x10" + data)
        for index, data in enumerate(frames)
    ]


class Gate:
    """A detector that waits until it is opened, and counts."""

    def __init__(self):
        self.opened = threading.Event()
        self.calls = 0

    def detectMultiScale(self, *_args, **_options):  # noqa: N802
        self.opened.wait(10)
        self.calls += 1
        return ()


async def test_a_grey_picture_has_its_mean_luma():
    worker = FrameWorker(NoFaces())
    sampler = FrameSampler(CALL, MonotonicClock(), worker)
    for packet in packets(encoded(130)):
        sampler.push(packet, 1.0)
    samples = []
    await until(lambda: samples.extend(sampler.take()) or samples)
    worker.close()
    (sample,) = samples
    assert (sample.width, sample.height) == (64, 48)
    assert sample.mean_luma == pytest.approx(130, abs=3)
    assert sample.interview_id == CALL


async def test_a_busy_worker_drops_frames_and_the_call_does_not_wait():
    gate = Gate()
    worker = FrameWorker(gate)
    sampler = FrameSampler(CALL, MonotonicClock(), worker)
    asked = []
    sampler.start_source(lambda: asked.append(True))
    sampler.watch(every_frame=True)
    frames = encoded(130, 40)
    for index, packet in enumerate(packets(frames)):
        sampler.push(packet, 1.0 + index)
    assert sampler.dropped >= 1
    assert asked
    gate.opened.set()
    sampler.close()
    await asyncio.to_thread(worker.close)
    assert gate.calls <= 15


async def test_what_cannot_be_decoded_is_no_sample_and_ends_nothing():
    worker = FrameWorker(NoFaces())
    sampler = FrameSampler(CALL, MonotonicClock(), worker)
    good = encoded(90)
    broken = good[0][:10] + bytes(len(good[0]) - 10)
    sampler.push(RtpPacket(VP8, 0x80, 1, 1, 5, b"\x10" + b"\x00" * 30), 1.0)
    sampler.push(RtpPacket(VP8, 0x80, 2, 2, 5, b"\x10" + broken[:9]), 2.0)
    sampler.push(RtpPacket(VP8, 0x80, 3, 3, 5, b"\x10" + good[0]), 3.0)
    samples = []
    await until(lambda: samples.extend(sampler.take()) or samples)
    worker.close()
    assert samples[-1].mean_luma == pytest.approx(90, abs=3)


def test_a_key_frame_that_declares_a_giant_picture_is_not_decoded():
    giant = b"\x10\x00\x00\x9d\x01\x2a\xff\x3f\xff\x3f" + bytes(100)
    with pytest.raises(ValueError, match="size"):
        FrameDecoder(CALL, NoFaces()).run(_Job(Frame(giant, key=True), 0, measured=True))
