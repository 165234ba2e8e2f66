"""Encoded media as a call would leave it: made by real encoders, a second of light and sound, a second of neither."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

import av
import numpy as np

from verifier.core.model import Role
from verifier.media.records import Kind, Record, packed

BEGIN_MS = 1_700_000_000_000
FPS, OPUS_MS = 30, 20
WIDTH, HEIGHT = 320, 240
_WHITE, _BLACK, _GREY = 235, 16, 128


def call(
    seconds: int, *, gap: tuple[float, float] = (0, 0), silence_sent: bool = True, lost: float = 0
) -> list[Record]:
    """Records of one participant, by time; even seconds are bright and loud, odd ones dark and silent.

    Args:
        seconds: how long.
        gap: nothing of these seconds is there, and a key frame comes after it.
        silence_sent: else silence is sent every 400 ms only, as Opus does with ``usedtx``.
        lost: share of the sound's packets that is missing.
    """
    records = [*_pictures(seconds, gap), *_sound(seconds, gap, silence_sent=silence_sent, lost=lost)]
    return sorted(records, key=lambda record: record.at_ms)


def blocks(records: list[Record], role: Role = Role.FREELANCER) -> list[bytes]:
    """The records as the blocks of a log, each of 900 ms."""
    groups: dict[int, list[Record]] = {}
    for record in records:
        groups.setdefault((record.at_ms - BEGIN_MS) // 900, []).append(record)
    return [packed(role, groups[number]) for number in sorted(groups)]


def _pictures(seconds: int, gap: tuple[float, float]) -> Iterator[Record]:
    encoder = av.VideoCodecContext.create("libvpx", "w")
    encoder.width, encoder.height, encoder.pix_fmt = WIDTH, HEIGHT, "yuv420p"
    encoder.time_base, encoder.bit_rate, encoder.gop_size = Fraction(1, 1000), 300_000, 90
    encoder.options = {"deadline": "realtime", "cpu-used": "8", "lag-in-frames": "0"}
    resumed = False
    for number in range(seconds * FPS):
        second = number / FPS
        if gap[0] <= second < gap[1]:
            resumed = True
            continue
        plane = np.full((HEIGHT * 3 // 2, WIDTH), _GREY, np.uint8)
        plane[:HEIGHT] = _BLACK if int(second) % 2 else _WHITE
        frame = av.VideoFrame.from_ndarray(plane, format="yuv420p")
        frame.pts, frame.time_base = round(1000 * second), Fraction(1, 1000)
        if resumed:
            frame.pict_type, resumed = av.video.frame.PictureType.I, False
        for packet in encoder.encode(frame):
            kind = Kind.VP8_KEY if packet.is_keyframe else Kind.VP8_DELTA
            yield Record(BEGIN_MS + round(1000 * second), kind, bytes(packet))


def _sound(seconds: int, gap: tuple[float, float], *, silence_sent: bool, lost: float) -> Iterator[Record]:
    encoder = av.AudioCodecContext.create("libopus", "w")
    encoder.sample_rate, encoder.layout, encoder.format = 48_000, "mono", "s16"
    encoder.options = {"application": "voip"}
    chance = np.random.default_rng(1)
    for number in range(seconds * 1000 // OPUS_MS):
        second, loud = number * OPUS_MS / 1000, int(number * OPUS_MS / 1000) % 2 == 0
        times = (np.arange(960) + number * 960) / 48_000
        wave = (np.sin(times * 880 * 2 * np.pi) * 12_000 * loud).astype(np.int16)
        frame = av.AudioFrame.from_ndarray(wave[np.newaxis, :], format="s16", layout="mono")
        frame.sample_rate, frame.pts = 48_000, number * 960
        for packet in encoder.encode(frame):
            unsent = not silence_sent and not loud and number % 20
            if not (gap[0] <= second < gap[1]) and not unsent and chance.random() >= lost:
                yield Record(BEGIN_MS + number * OPUS_MS, Kind.OPUS, bytes(packet))
