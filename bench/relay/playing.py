"""What one synthetic client sends: the recording at its pace, key frames and retransmissions when asked, reports.

The last eight octets of an audio packet and of a video frame are the time it was sent (``time.monotonic``), appended
where a decoder ignores them, so that the receiving client knows how long it was under way.
"""

from __future__ import annotations

import asyncio
import random
import struct
import time
from collections.abc import Callable

from bench.relay.description import Local, Terms
from bench.relay.recording import AUDIO_FRAME, AUDIO_PER_S, FRAMES_PER_S, Recording
from verifier.media import rtcp

STAMP = struct.Struct("!d")
_HEADER = struct.Struct("!BBHII")
_EXTENSIONS = struct.Struct("!HH")
_VIDEO_STEP = 90_000 // FRAMES_PER_S
_HISTORY = 256
_LEVEL = 0x80 | 30
"""Voice at -30 dBov."""

Send = Callable[[bytes], bool]


class Player:
    """Plays a recording into one connection."""

    def __init__(self, recording: Recording, local: Local, terms: Terms, send: Send) -> None:
        self.audio_packets = self.video_packets = self.frames = self.octets = 0
        """Sent so far."""
        self._recording, self._local, self._terms, self._send = recording, local, terms, send
        self._transport_number = self._frame = self._rtx_number = 0
        self._audio_base, self._video_base = random.getrandbits(14), random.getrandbits(14)
        self._history: dict[int, tuple[int, int, bytes]] = {}
        self._timers: list[asyncio.TimerHandle] = []

    def start(self) -> None:
        """Begin, at a random phase."""
        loop = asyncio.get_running_loop()
        self._timers = [loop.call_later(0, int), loop.call_later(0, int)]
        self._repeat(0, loop.time() + random.random() / AUDIO_PER_S, 1 / AUDIO_PER_S, self._play_audio)
        self._repeat(1, loop.time() + random.random() / FRAMES_PER_S, 1 / FRAMES_PER_S, self._play_video)

    def stop(self) -> None:
        """Send nothing more."""
        for timer in self._timers:
            timer.cancel()

    def show_key_frame(self) -> None:
        """Go on with the recording's first frame."""
        self._frame = 0

    def repeat(self, sequences: tuple[int, ...]) -> None:
        """Answer a NACK by retransmissions."""
        for sequence in sequences:
            kept = self._history.get(sequence % _HISTORY)
            if kept is None or kept[0] != sequence or self._terms.rtx is None:
                continue
            self._rtx_number += 1
            payload = sequence.to_bytes(2, "big") + kept[2]
            self._send(self._packet(self._terms.rtx, self._rtx_number, kept[1], self._local.rtx_ssrc, payload))

    def reports(self, now_s: float) -> tuple[rtcp.SenderReport, rtcp.SenderReport]:
        """Sender reports about audio and video."""
        ntp = int((now_s + 2_208_988_800) * 2**32)
        audio = rtcp.SenderReport(
            self._local.audio_ssrc, ntp, self.audio_packets * AUDIO_FRAME, self.audio_packets, self.octets
        )
        video = rtcp.SenderReport(
            self._local.video_ssrc, ntp, self.frames * _VIDEO_STEP, self.video_packets, self.octets
        )
        return audio, video

    def _repeat(self, slot: int, due: float, interval: float, play: Callable[[], None]) -> None:
        def fire() -> None:
            play()
            self._repeat(slot, due + interval, interval, play)

        self._timers[slot] = asyncio.get_running_loop().call_at(due, fire)

    def _play_audio(self) -> None:
        payload = self._recording.audio[self.audio_packets % len(self._recording.audio)]
        payload += STAMP.pack(time.monotonic())
        self._send(self._packet(
            0x80 * (not self.audio_packets) | self._terms.opus, self._audio_base + self.audio_packets,
            self.audio_packets * AUDIO_FRAME, self._local.audio_ssrc, payload, level=True,
        ))  # fmt: skip
        self.audio_packets += 1
        self.octets += len(payload)

    def _play_video(self) -> None:
        parts = self._recording.frames[self._frame % len(self._recording.frames)]
        timestamp = self.frames * _VIDEO_STEP & 0xFFFFFFFF
        picture = bytes((0x80, 0x80 | self.frames >> 8 & 0x7F, self.frames & 0xFF))
        for place, part in enumerate(parts):
            last = place == len(parts) - 1
            payload = (b"\x80" if place else b"\x90") + picture + part
            if last:
                payload += STAMP.pack(time.monotonic())
            sequence = self._video_base + self.video_packets & 0xFFFF
            second = 0x80 * last | self._terms.vp8
            self._history[sequence % _HISTORY] = sequence, timestamp, payload
            self._send(self._packet(second, sequence, timestamp, self._local.video_ssrc, payload))
            self.video_packets += 1
            self.octets += len(payload)
        self._frame += 1
        self.frames += 1

    def _packet(
        self, second: int, sequence: int, timestamp: int, ssrc: int, payload: bytes, *, level: bool = False
    ) -> bytes:
        elements = b""
        if self._terms.sequence_id is not None:
            self._transport_number = (self._transport_number + 1) & 0xFFFF
            elements = bytes((self._terms.sequence_id << 4 | 1,)) + self._transport_number.to_bytes(2, "big")
        if level and self._terms.level_id is not None:
            elements += bytes((self._terms.level_id << 4, _LEVEL))
        head = _HEADER.pack(0x90 if elements else 0x80, second, sequence & 0xFFFF, timestamp & 0xFFFFFFFF, ssrc)
        if elements:
            elements += bytes(-len(elements) % 4)
            head += _EXTENSIONS.pack(0xBEDE, len(elements) // 4) + elements
        return head + payload
