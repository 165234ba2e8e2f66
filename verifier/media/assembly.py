"""From packets to VP8 frames. One rule: a frame is handed out whole, in order, and only when it can be decoded.

Used by ``frames`` and ``recording``. Sequence numbers are the unwrapped ones of the receiving stream.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from verifier.media.rtp import RtpPacket
from verifier.media.vp8 import describe, starts_key_frame

_PENDING_MAX = 64
"""Frames waiting for a missing packet: two seconds of 30 a second."""
_PACKETS_PER_FRAME_MAX = 512
_PATIENCE_S = 0.5
"""A gap that is not repaired within this time ends the chain of frames; the next key frame starts a new one."""


@dataclass(frozen=True, slots=True)
class Frame:
    """One encoded frame."""

    data: bytes
    key: bool
    timestamp: int = 0
    """RTP timestamp of its packets."""


class _Pending:
    __slots__ = ("first", "key", "last", "parts", "since_s")

    def __init__(self, since_s: float) -> None:
        self.since_s = since_s
        self.parts: dict[int, bytes] = {}
        self.first: int | None = None
        self.last: int | None = None
        self.key = False

    def add(self, packet: RtpPacket) -> None:
        described = describe(packet.payload)
        if described is None or len(self.parts) >= _PACKETS_PER_FRAME_MAX:
            return
        self.parts[packet.extended] = packet.payload[described.header_bytes :]
        if described.starts_frame:
            self.first, self.key = packet.extended, described.key_frame
        if packet.marker:
            self.last = packet.extended

    def whole(self) -> bool:
        if self.first is None or self.last is None:
            return False
        return all(number in self.parts for number in range(self.first, self.last + 1))

    def frame(self, timestamp: int) -> Frame:
        assert self.first is not None and self.last is not None  # noqa: S101 narrows after whole()
        data = b"".join(self.parts[number] for number in range(self.first, self.last + 1))
        return Frame(data, self.key, timestamp)


class FrameAssembler:
    """Puts the frames of one stream together: key frames only, or an unbroken chain of frames from a key frame on."""

    def __init__(self) -> None:
        self.every_frame = False
        self._pending: dict[int, _Pending] = {}
        self._next: int | None = None
        """First sequence number of the next frame in the chain, None while waiting for a key frame."""

    @property
    def waiting(self) -> bool:
        """Whether the next frame handed out must be a key frame."""
        return self._next is None

    def start(self, *, every_frame: bool) -> None:
        """Begin a new chain, in the given mode."""
        self.every_frame = every_frame
        self.lose()

    def lose(self) -> None:
        """Break the chain: a frame was not decoded."""
        self._pending.clear()
        self._next = None

    def push(self, packet: RtpPacket, now_s: float) -> Iterator[Frame]:
        """Take a packet; yields the frames that can be decoded now."""
        pending = self._pending.get(packet.timestamp)
        if pending is None:
            if not self._wanted(packet):
                return
            pending = self._pending[packet.timestamp] = _Pending(now_s)
        pending.add(packet)
        self._prune(now_s)
        yield from self._ready()

    def _wanted(self, packet: RtpPacket) -> bool:
        if self._next is not None:
            return bool(packet.payload) and packet.extended >= self._next
        return starts_key_frame(packet.payload)

    def _ready(self) -> Iterator[Frame]:
        progress = True
        while progress:
            progress = False
            for timestamp, pending in list(self._pending.items()):
                in_chain = pending.first is not None and (pending.first == self._next or pending.key)
                if not in_chain or not pending.whole():
                    continue
                del self._pending[timestamp]
                if self.every_frame and pending.last is not None:
                    self._next = pending.last + 1
                    self._forget_before(self._next)
                yield pending.frame(timestamp)
                progress = True
                break

    def _forget_before(self, number: int) -> None:
        for timestamp, pending in list(self._pending.items()):
            if pending.last is not None and pending.last < number:
                del self._pending[timestamp]

    def _prune(self, now_s: float) -> None:
        stuck = [at for at, pending in self._pending.items() if now_s - pending.since_s > _PATIENCE_S]
        for timestamp in stuck:
            del self._pending[timestamp]
        if (stuck and self.every_frame) or len(self._pending) > _PENDING_MAX:
            self.lose()
