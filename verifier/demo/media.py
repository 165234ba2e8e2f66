"""What the synthetic participants show and say: a face with sensor noise, and spoken sentences. One rule: real time.

Both tracks deliver at the pace of a camera and a microphone. The pictures and the speech lie in ``assets`` with their
licences; the "gesture" is only a wider movement of the same photograph. Called by peer and participant.
"""

from __future__ import annotations

import asyncio
import time
from fractions import Fraction
from functools import cache
from pathlib import Path
from typing import Any

import av
import numpy as np
import numpy.typing as npt
from aiortc import MediaStreamTrack

from verifier.demo.sink import PACKET_S, PACKET_SAMPLES, SAMPLE_RATE_HZ

ASSETS = Path(__file__).parent / "assets"
WIDTH, HEIGHT, FPS = 640, 480, 18
_FRAMED_PX = 440
"""This many of the photograph's pixels fill the picture's width: ordinary framing."""
_LEFT, _TOP = 30, 24
_SWAY_PX, _GESTURE_PX, _SWAY_S = 8.0, 40.0, 4.0
_NOISE_LUMA = 3.0
_NOISE_MARGIN = 64
_VIDEO_HZ = 90_000
_ROOM_NOISE = 6.0
"""Standard deviation of the microphone's own noise: about -75 dBFS."""
_FULL_SCALE = 32_768.0

Samples = npt.NDArray[np.int16]


@cache
def speech(voice: str, sentence: str) -> Samples:
    """One sentence: int16, mono at 48 kHz.

    Raises:
        FileNotFoundError: there is no such voice or sentence.
    """
    path = ASSETS / "speech" / voice / f"{sentence}.opus"
    with av.open(str(path), "r") as container:
        resampler = av.AudioResampler(format="s16", layout="mono", rate=SAMPLE_RATE_HZ)
        frames = [part for frame in container.decode(audio=0) for part in resampler.resample(frame)]
    return np.concatenate([frame.to_ndarray()[0] for frame in frames]).astype(np.int16)


@cache
def document() -> bytes:
    """A JPEG of the specimen document as a phone's camera sees it; nobody's document."""
    return (ASSETS / "document.jpg").read_bytes()


def pause(seconds: float) -> Samples:
    """Nothing said for so long."""
    return np.zeros(round(seconds * SAMPLE_RATE_HZ), np.int16)


class Microphone(MediaStreamTrack):
    """Room noise, and on top of it what ``say`` was given."""

    kind = "audio"

    def __init__(self, seed: int) -> None:
        super().__init__()
        self.energy = 0.0
        """Cumulative mean square times seconds, as totalAudioEnergy of a media source."""
        self._chance = np.random.default_rng(seed)
        self._rest = np.zeros(0, np.int16)
        self._silent = asyncio.Event()
        self._silent.set()
        self._started: float | None = None
        self._count = 0

    async def say(self, *parts: Samples) -> None:
        """Say the parts one after another; returns when the last one has been said."""
        self._rest = np.concatenate([self._rest, *parts])
        self._silent.clear()
        await self._silent.wait()

    async def recv(self) -> Any:
        """The next 20 ms."""
        self._started = time.monotonic() if self._started is None else self._started
        await asyncio.sleep(max(0.0, self._started + self._count * PACKET_S - time.monotonic()))
        said, self._rest = self._rest[:PACKET_SAMPLES], self._rest[PACKET_SAMPLES:]
        if not len(self._rest):
            self._silent.set()
        noise = self._chance.normal(0.0, _ROOM_NOISE, PACKET_SAMPLES)
        noise[: len(said)] += said
        samples = np.clip(noise, -_FULL_SCALE, _FULL_SCALE - 1).astype(np.int16)
        self.energy += float(np.mean(np.square(samples / _FULL_SCALE))) * PACKET_S
        frame = av.AudioFrame.from_ndarray(samples.reshape(1, -1), format="s16", layout="mono")
        frame.sample_rate, frame.pts, frame.time_base = SAMPLE_RATE_HZ, self._count * PACKET_SAMPLES, _audio_base()
        self._count += 1
        return frame


class Camera(MediaStreamTrack):
    """The photograph of a face, swaying slightly, under fresh noise in every picture."""

    kind = "video"

    def __init__(self, seed: int, *, mirrored: bool) -> None:
        super().__init__()
        self.gesturing = False
        """Move more widely: the stand-in for a turned head."""
        self.pictures = 0
        """Delivered so far."""
        self._chance = np.random.default_rng(seed)
        self._photo = _photograph(mirrored)
        size = (HEIGHT + _NOISE_MARGIN, WIDTH + _NOISE_MARGIN)
        self._noise = np.rint(self._chance.normal(0.0, _NOISE_LUMA, size)).astype(np.int16)
        self._started: float | None = None
        self._count = 0

    async def recv(self) -> Any:
        """The next picture; those that nobody had the time for are left out."""
        now = time.monotonic()
        self._started = now if self._started is None else self._started
        self._count = max(self._count, int((now - self._started) * FPS))
        await asyncio.sleep(max(0.0, self._started + self._count / FPS - time.monotonic()))
        frame = av.VideoFrame.from_ndarray(self._picture(self._count / FPS), format="yuv420p")
        frame.pts, frame.time_base = self._count * _VIDEO_HZ // FPS, Fraction(1, _VIDEO_HZ)
        self._count += 1
        self.pictures += 1
        return frame

    def _picture(self, at_s: float) -> npt.NDArray[np.uint8]:
        reach = _GESTURE_PX if self.gesturing else _SWAY_PX
        angle = 2 * np.pi * at_s / _SWAY_S
        x, y = (2 * round(value / 2) for value in (_LEFT + reach * np.sin(angle), _TOP + _SWAY_PX * np.cos(angle)))
        x, y = max(0, x), max(0, y)
        luma, *chroma = self._photo
        down, right = self._chance.integers(0, _NOISE_MARGIN, 2)
        noisy = luma[y : y + HEIGHT, x : x + WIDTH] + self._noise[down : down + HEIGHT, right : right + WIDTH]
        planes = [np.clip(noisy, 16, 235).astype(np.uint8).reshape(-1)]
        for plane in chroma:
            crop = plane[y // 2 : (y + HEIGHT) // 2, x // 2 : (x + WIDTH) // 2]
            planes.append(crop.astype(np.uint8).reshape(-1))
        return np.concatenate(planes).reshape(HEIGHT * 3 // 2, WIDTH)


@cache
def _photograph(mirrored: bool) -> tuple[npt.NDArray[np.int16], ...]:
    """The whole photograph as Y, U and V planes (int16) at the scale of the picture."""
    with av.open(str(ASSETS / "face.jpg"), "r") as container:
        frame = next(container.decode(video=0))
    side = 2 * round(frame.width * WIDTH / _FRAMED_PX / 2)
    planes = frame.reformat(width=side, height=side, format="yuv420p", dst_color_range="MPEG").to_ndarray().reshape(-1)
    luma, chroma = side * side, side * side // 4
    parts = (planes[:luma], planes[luma : luma + chroma], planes[luma + chroma :])
    shaped = (part.reshape(size, size) for part, size in zip(parts, (side, side // 2, side // 2), strict=True))
    return tuple((part[:, ::-1] if mirrored else part).astype(np.int16) for part in shaped)


def _audio_base() -> Fraction:
    return Fraction(1, SAMPLE_RATE_HZ)
