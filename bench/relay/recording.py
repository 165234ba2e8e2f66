"""What the synthetic clients send: a few recorded seconds of VP8 and Opus, encoded once before anything is measured."""

from __future__ import annotations

import fractions
from collections.abc import Iterator
from dataclasses import dataclass

import av
import cv2
import numpy as np

VIDEO_BPS, FRAMES_PER_S, SIZE = 600_000, 30, (640, 480)
VIDEO_S = 3
"""From key frame to key frame, as browsers do."""
AUDIO_HZ, AUDIO_FRAME, AUDIO_PER_S, AUDIO_BPS = 48_000, 960, 50, 32_000
_PAYLOAD_MAX = 1150
"""VP8 octets of one packet; browsers stay below 1,200 with headers."""


@dataclass(frozen=True, slots=True)
class Recording:
    """Encoded media to be played again and again."""

    frames: tuple[tuple[bytes, ...], ...]
    """Per video frame its VP8 octets, cut to packet size; the first frame is a key frame."""
    audio: tuple[bytes, ...]
    """Opus packets of 20 ms."""


def record() -> Recording:
    """Three seconds of VP8 640x480@30 at about 600 kb/s and one of Opus."""
    return Recording(tuple(_cut(frame) for frame in _video()), tuple(_audio()))


def _cut(frame: bytes) -> tuple[bytes, ...]:
    return tuple(frame[start : start + _PAYLOAD_MAX] for start in range(0, len(frame), _PAYLOAD_MAX))


def _video() -> list[bytes]:
    codec = av.CodecContext.create("libvpx", "w")
    assert isinstance(codec, av.VideoCodecContext)
    codec.width, codec.height, codec.pix_fmt = *SIZE, "yuv420p"
    codec.bit_rate, codec.time_base = VIDEO_BPS, fractions.Fraction(1, FRAMES_PER_S)
    codec.framerate = fractions.Fraction(FRAMES_PER_S)
    codec.options = {"deadline": "realtime", "cpu-used": "8", "lag-in-frames": "0", "g": "1000"}
    return [bytes(packet) for frame in _pictures() for packet in codec.encode(frame)]


def _pictures() -> Iterator[av.VideoFrame]:
    chance = np.random.default_rng(1)
    for number in range(FRAMES_PER_S * VIDEO_S):
        coarse = chance.integers(80, 170, (15, 20, 3), dtype=np.uint8)
        picture = cv2.resize(coarse, SIZE, interpolation=cv2.INTER_CUBIC)
        frame = av.VideoFrame.from_ndarray(np.asarray(picture, np.uint8), format="rgb24").reformat(format="yuv420p")
        frame.pts = number
        yield frame


def _audio() -> Iterator[bytes]:
    codec = av.CodecContext.create("libopus", "w")
    assert isinstance(codec, av.AudioCodecContext)
    codec.sample_rate, codec.layout, codec.format, codec.bit_rate = AUDIO_HZ, "stereo", "s16", AUDIO_BPS
    for number in range(AUDIO_PER_S):
        times = np.arange(number * AUDIO_FRAME, (number + 1) * AUDIO_FRAME) / AUDIO_HZ
        wave = (np.sin(times * 440 * 2 * np.pi) * 8000).astype(np.int16)
        frame = av.AudioFrame.from_ndarray(np.repeat(wave, 2)[np.newaxis, :], layout="stereo")
        frame.sample_rate, frame.pts = AUDIO_HZ, number * AUDIO_FRAME
        for packet in codec.encode(frame):
            yield bytes(packet)
