"""The VP8 payload descriptor. One rule: a forwarded stream's picture ids and TL0PICIDX go on where they stopped.

A source that reconnects starts both at random; browsers drop frames that seem to be from the past.
Source: RFC 7741 4.2 and 4.3.
"""

from __future__ import annotations

from dataclasses import dataclass

_START_BITS, _START = 0x17, 0x10
"""Start of a partition, and which; partition 0 starts a frame."""


@dataclass(frozen=True, slots=True)
class Descriptor:
    """Where things are in one VP8 payload."""

    starts_frame: bool
    """First packet of partition 0."""
    key_frame: bool
    """This packet starts a key frame."""
    header_bytes: int
    """Length of the descriptor; the VP8 data follow."""
    picture_id_at: int | None = None
    picture_id_bits: int = 0
    """7 or 15."""
    picture_id: int | None = None
    tl0_at: int | None = None
    tl0: int | None = None


def describe(payload: bytes) -> Descriptor | None:
    """The descriptor of ``payload``; None when it is empty or truncated."""
    try:
        return _describe(payload)
    except IndexError:
        return None


def _describe(payload: bytes) -> Descriptor:
    first, position = payload[0], 1
    picture_at = tl0_at = picture_id = tl0 = None
    bits = 0
    if first & 0x80:
        flags, position = payload[1], 2
        if flags & 0x80:
            picture_at = position
            bits = 15 if payload[position] & 0x80 else 7
            picture_id = payload[position] & 0x7F
            if bits == 15:
                picture_id = picture_id << 8 | payload[position + 1]
            position += 1 + (bits == 15)
        if flags & 0x40:
            tl0_at, tl0 = position, payload[position]
            position += 1
        if flags & 0x30:
            position += 1
    starts = first & _START_BITS == _START
    key = starts and not payload[position] & 1
    return Descriptor(starts, key, position, picture_at, bits, picture_id, tl0_at, tl0)


def starts_key_frame(payload: bytes) -> bool:
    """Whether this packet is the first of a key frame."""
    if not payload or payload[0] & _START_BITS != _START:
        return False  # most packets: spared the rest
    described = describe(payload)
    return described is not None and described.key_frame


def dimensions(frame: bytes) -> tuple[int, int] | None:
    """Width and height in pixels that a key frame declares; None when it is not one.

    Source: RFC 6386 9.1.
    """
    if len(frame) < 10 or frame[0] & 1 or frame[3:6] != b"\x9d\x01\x2a":
        return None
    return int.from_bytes(frame[6:8], "little") & 0x3FFF, int.from_bytes(frame[8:10], "little") & 0x3FFF


class PictureIds:
    """Moves picture id and TL0PICIDX of one source behind those of the source before it."""

    __slots__ = ("_newest", "_picture_offset", "_tl0_offset")

    def __init__(self) -> None:
        self._newest = b""
        """Newest payload of the current source, as it came: parsed only when the source changes."""
        self._picture_offset = self._tl0_offset = 0

    def start(self, payload: bytes) -> None:
        """Make the source whose first key-frame packet is ``payload`` go on behind everything sent so far."""
        described, before = describe(payload), describe(self._newest)
        if described is None or before is None:
            return
        if described.picture_id is not None and before.picture_id is not None:
            self._picture_offset += before.picture_id + 1 - described.picture_id
        if described.tl0 is not None and before.tl0 is not None:
            self._tl0_offset += before.tl0 + 1 - described.tl0

    def rewrite(self, payload: bytes, *, newest: bool) -> bytes:
        """``payload`` with its ids moved, in the same length; ``newest`` unless a packet after it was sent before."""
        if newest:
            self._newest = payload
        if not self._picture_offset and not self._tl0_offset:
            return payload
        described = describe(payload)
        if described is None:
            return payload
        moved = bytearray(payload)
        if described.picture_id is not None and described.picture_id_at is not None:
            picture_id = (described.picture_id + self._picture_offset) & ((1 << described.picture_id_bits) - 1)
            _write_picture_id(moved, described.picture_id_at, described.picture_id_bits, picture_id)
        if described.tl0 is not None and described.tl0_at is not None:
            moved[described.tl0_at] = (described.tl0 + self._tl0_offset) & 0xFF
        return bytes(moved)


def _write_picture_id(payload: bytearray, at: int, bits: int, picture_id: int) -> None:
    if bits == 15:
        payload[at] = 0x80 | picture_id >> 8
        payload[at + 1] = picture_id & 0xFF
    else:
        payload[at] = picture_id & 0x7F
