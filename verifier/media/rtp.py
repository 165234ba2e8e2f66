"""RTP packets as bytes. One rule: ids and payload types are the ones of our own offer, on every leg.

The server is the permanent offerer, so both legs use the same numbers and hardly more than the SSRC is rewritten.
Source: RFC 3550 5.1, RFC 8285 (one-byte header extensions), RFC 4588 (RTX), RFC 6464 (audio level), RFC 6716 3.1 (TOC).
"""

from __future__ import annotations

import struct

OPUS, VP8, RTX = 111, 96, 97
"""Payload types of our offer."""
MID_ID, LEVEL_ID, TRANSPORT_SEQUENCE_ID = 1, 2, 4
"""Header extension ids of our offer."""
OPUS_HZ, VIDEO_HZ = 48_000, 90_000

_HEADER = struct.Struct("!BBHII")
_PAIR = struct.Struct("!HH")
_SHORT = struct.Struct("!H")
_ONE_BYTE_PROFILE = 0xBEDE
_EXTENDED_HEADER = struct.Struct("!BBHIIHHBHB")
_SEQUENCE_ELEMENT = TRANSPORT_SEQUENCE_ID << 4 | 1


class RtpPacket:
    """One parsed packet; ``payload`` is without padding, absent extensions are None."""

    __slots__ = (
        "extended",
        "level_dbov",
        "marker",
        "payload",
        "payload_type",
        "sequence",
        "ssrc",
        "timestamp",
        "transport_sequence",
        "voice",
    )

    def __init__(
        self, payload_type: int, marker: int, sequence: int, timestamp: int, ssrc: int, payload: bytes
    ) -> None:
        self.payload_type = payload_type
        self.marker = marker
        """0, or 0x80 as it stands in the second octet."""
        self.sequence = sequence
        self.extended = sequence
        """Unwrapped sequence number, set by the receiving stream."""
        self.timestamp = timestamp
        self.ssrc = ssrc
        self.payload = payload
        self.transport_sequence: int | None = None
        self.voice = False
        self.level_dbov: int | None = None
        """0 (loudest) to −127."""


def parse(data: bytes) -> RtpPacket:
    """The packet in ``data``.

    Raises:
        ValueError: not RTP version 2, or truncated.
    """
    try:
        first, second, sequence, timestamp, ssrc = _HEADER.unpack_from(data)
        if first >> 6 != 2:
            raise ValueError("RTP version is not 2")
        start = 12 + 4 * (first & 15)
        extensions = -1
        if first & 0x10:
            profile, words = _PAIR.unpack_from(data, start)
            extensions = start + 4 if profile == _ONE_BYTE_PROFILE else -1
            start += 4 + 4 * words
        end = len(data) - (data[-1] if first & 0x20 else 0)
    except struct.error as error:
        raise ValueError("RTP header is truncated") from error
    if end < start or (first & 0x20 and end == len(data)):
        raise ValueError("RTP header or padding exceeds the packet")
    packet = RtpPacket(second & 0x7F, second & 0x80, sequence, timestamp, ssrc, data[start:end])
    if extensions >= 0:
        _read_extensions(packet, data, extensions, start)
    return packet


def _read_extensions(packet: RtpPacket, data: bytes, position: int, end: int) -> None:
    while position < end:
        head = data[position]
        if head == 0:
            position += 1
            continue
        identity, length = head >> 4, (head & 15) + 1
        position += 1
        if position + length > end:
            raise ValueError("RTP header extension is truncated")
        if identity == TRANSPORT_SEQUENCE_ID and length == 2:
            packet.transport_sequence = data[position] << 8 | data[position + 1]
        elif identity == LEVEL_ID:
            packet.voice = data[position] >= 0x80
            packet.level_dbov = -(data[position] & 0x7F)
        position += length


def build(
    second: int, sequence: int, timestamp: int, ssrc: int, payload: bytes, transport_sequence: int | None
) -> bytes:
    """The packet as bytes; ``second`` is marker bit and payload type, all numbers already reduced to their width."""
    if transport_sequence is None:
        return _HEADER.pack(0x80, second, sequence, timestamp, ssrc) + payload
    return (
        _EXTENDED_HEADER.pack(
            0x90, second, sequence, timestamp, ssrc, _ONE_BYTE_PROFILE, 1, _SEQUENCE_ELEMENT, transport_sequence, 0
        )
        + payload
    )


def original_of(packet: RtpPacket, ssrc: int) -> RtpPacket | None:
    """The video packet inside a retransmission, under ``ssrc``; None when it is padding only."""
    if len(packet.payload) < 3:
        return None
    (sequence,) = _SHORT.unpack_from(packet.payload)
    original = RtpPacket(VP8, packet.marker, sequence, packet.timestamp, ssrc, packet.payload[2:])
    original.transport_sequence = packet.transport_sequence
    return original


def retransmission_payload(sequence: int, payload: bytes) -> bytes:
    """Payload of a retransmission of ``sequence``."""
    return _SHORT.pack(sequence) + payload


_SILK_MS, _HYBRID_MS, _CELT_MS = (10.0, 20.0, 40.0, 60.0), (10.0, 20.0), (2.5, 5.0, 10.0, 20.0)
_LONGEST_OPUS_MS = 120.0


def opus_duration_ms(payload: bytes) -> float:
    """Milliseconds of audio in an Opus packet, 0..120; 0 for an empty one."""
    if not payload:
        return 0.0
    configuration, code = payload[0] >> 3, payload[0] & 3
    if configuration < 12:
        frame_ms = _SILK_MS[configuration & 3]
    elif configuration < 16:
        frame_ms = _HYBRID_MS[configuration & 1]
    else:
        frame_ms = _CELT_MS[configuration & 3]
    frames = (1, 2, 2, payload[1] & 0x3F if len(payload) > 1 else 0)[code]
    return min(_LONGEST_OPUS_MS, frame_ms * frames)
