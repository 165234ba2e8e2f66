"""RTCP as bytes: the packets a relay reads and writes. One rule: pure layouts, no state, no clock.

Source: RFC 3550 6.4-6.6 (SR, RR, SDES), RFC 4585 6 (NACK, PLI), RFC 5104 4.3.1 (FIR),
draft-alvestrand-rmcat-remb-03 (REMB). Feedback format 15 is read by ``twcc``.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

SENDER_REPORT, RECEIVER_REPORT, SOURCE_DESCRIPTION, GOODBYE, TRANSPORT_FEEDBACK, PAYLOAD_FEEDBACK = (
    200, 201, 202, 203, 205, 206,
)  # fmt: skip
NACK, TRANSPORT_WIDE = 1, 15
PICTURE_LOSS, FULL_INTRA_REQUEST, APPLICATION_LAYER = 1, 4, 15

_COMMON = struct.Struct("!BBH")
_SENDER = struct.Struct("!IQIII")
_BLOCK = struct.Struct("!IIIIII")
_FEEDBACK = struct.Struct("!II")
_NACK_ITEM = struct.Struct("!HH")
_LOST_MAX = (1 << 23) - 1
_MANTISSA_MAX = (1 << 18) - 1


@dataclass(frozen=True, slots=True)
class Part:
    """One packet of a compound: ``kind`` is the packet type, ``count`` its five-bit field, ``body`` what follows."""

    kind: int
    count: int
    body: bytes


@dataclass(frozen=True, slots=True)
class ReportBlock:
    """One reception report."""

    ssrc: int
    fraction_lost: int
    """0..255, in 1/256."""
    packets_lost: int
    """Signed, 24 bit."""
    highest: int
    """Extended highest sequence number, 32 bit."""
    jitter: int
    """In timestamp units."""
    last_report: int = 0
    """Middle 32 bits of the NTP time of the last sender report, 0 without one."""
    delay: int = 0
    """Time since that report, in 1/65536 s."""


@dataclass(frozen=True, slots=True)
class SenderReport:
    """The sender's part of a sender report."""

    ssrc: int
    ntp: int
    """64-bit NTP time of the sender."""
    rtp: int
    packets: int
    octets: int

    @property
    def middle(self) -> int:
        """Middle 32 bits of the NTP time, as receivers send them back."""
        return self.ntp >> 16 & 0xFFFFFFFF


def split(data: bytes) -> Iterator[Part]:
    """The parts of a compound packet.

    Raises:
        ValueError: a part is truncated, of another version, or wrongly padded.
    """
    position = 0
    while position < len(data):
        if len(data) - position < 4:
            raise ValueError("RTCP header is truncated")
        first, kind, words = _COMMON.unpack_from(data, position)
        end = position + 4 + 4 * words
        if first >> 6 != 2 or end > len(data):
            raise ValueError("RTCP version is not 2, or the packet is truncated")
        body = data[position + 4 : end]
        if first & 0x20:
            if not body or not 0 < body[-1] <= len(body):
                raise ValueError("RTCP padding exceeds the packet")
            body = body[: -body[-1]]
        yield Part(kind, first & 31, body)
        position = end


def sender_report(part: Part) -> SenderReport:
    """The sender's part.

    Raises:
        ValueError: truncated.
    """
    if len(part.body) < _SENDER.size:
        raise ValueError("sender report is truncated")
    return SenderReport(*_SENDER.unpack_from(part.body))


def report_blocks(part: Part) -> tuple[ReportBlock, ...]:
    """The reception reports of a sender or receiver report.

    Raises:
        ValueError: truncated.
    """
    start = _SENDER.size if part.kind == SENDER_REPORT else 4
    if len(part.body) < start + part.count * _BLOCK.size:
        raise ValueError("reception report is truncated")
    return tuple(_read_block(part.body, start + i * _BLOCK.size) for i in range(part.count))


def _read_block(body: bytes, position: int) -> ReportBlock:
    ssrc, loss, highest, jitter, last_report, delay = _BLOCK.unpack_from(body, position)
    lost = loss & 0xFFFFFF
    return ReportBlock(ssrc, loss >> 24, lost - (1 << 24) if lost > _LOST_MAX else lost, highest, jitter,
                       last_report, delay)  # fmt: skip


def feedback_target(part: Part) -> int:
    """The media SSRC a feedback packet is about.

    Raises:
        ValueError: truncated.
    """
    if len(part.body) < _FEEDBACK.size:
        raise ValueError("feedback is truncated")
    return int(_FEEDBACK.unpack_from(part.body)[1])


def nacked(part: Part) -> tuple[int, ...]:
    """The 16-bit sequence numbers asked for by a generic NACK, in the order of the packet."""
    lost = []
    for position in range(8, len(part.body) - 3, 4):
        first, mask = _NACK_ITEM.unpack_from(part.body, position)
        lost.append(first)
        lost += [(first + 1 + bit) & 0xFFFF for bit in range(16) if mask >> bit & 1]
    return tuple(lost)


def bitrate_cap(part: Part) -> int | None:
    """The bits per second of a REMB, None when it is something else."""
    body = part.body
    if len(body) < 16 or body[8:12] != b"REMB":
        return None
    return ((body[13] & 3) << 16 | body[14] << 8 | body[15]) << (body[13] >> 2)


def _pack(kind: int, count: int, body: bytes) -> bytes:
    return _COMMON.pack(0x80 | count, kind, len(body) // 4) + body


def _pack_blocks(blocks: Sequence[ReportBlock]) -> bytes:
    return b"".join(
        _BLOCK.pack(
            block.ssrc,
            block.fraction_lost << 24 | max(-_LOST_MAX - 1, min(_LOST_MAX, block.packets_lost)) & 0xFFFFFF,
            block.highest & 0xFFFFFFFF,
            min(block.jitter, 0xFFFFFFFF),
            block.last_report,
            min(block.delay, 0xFFFFFFFF),
        )
        for block in blocks
    )


def pack_receiver_report(ssrc: int, blocks: Sequence[ReportBlock]) -> bytes:
    """A receiver report with up to 31 blocks."""
    return _pack(RECEIVER_REPORT, len(blocks), ssrc.to_bytes(4, "big") + _pack_blocks(blocks))


def pack_sender_report(report: SenderReport, blocks: Sequence[ReportBlock] = ()) -> bytes:
    """A sender report with up to 31 blocks."""
    sender = _SENDER.pack(report.ssrc, report.ntp, report.rtp, report.packets & 0xFFFFFFFF, report.octets & 0xFFFFFFFF)
    return _pack(SENDER_REPORT, len(blocks), sender + _pack_blocks(blocks))


def pack_source_description(ssrc: int, cname: bytes) -> bytes:
    """One chunk with the canonical name."""
    chunk = ssrc.to_bytes(4, "big") + bytes((1, len(cname))) + cname + b"\0"
    return _pack(SOURCE_DESCRIPTION, 1, chunk + bytes(-len(chunk) % 4))


def pack_nack(ssrc: int, media_ssrc: int, sequences: Sequence[int]) -> bytes:
    """A generic NACK for 16-bit ``sequences`` in ascending (wrapping) order."""
    body, index = _FEEDBACK.pack(ssrc, media_ssrc), 0
    while index < len(sequences):
        first, mask = sequences[index], 0
        index += 1
        while index < len(sequences) and 1 <= (distance := (sequences[index] - first) & 0xFFFF) <= 16:
            mask |= 1 << distance - 1
            index += 1
        body += _NACK_ITEM.pack(first, mask)
    return _pack(TRANSPORT_FEEDBACK, NACK, body)


def pack_picture_loss(ssrc: int, media_ssrc: int) -> bytes:
    """A picture loss indication: asks for a key frame."""
    return _pack(PAYLOAD_FEEDBACK, PICTURE_LOSS, _FEEDBACK.pack(ssrc, media_ssrc))


def pack_bitrate_cap(ssrc: int, media_ssrc: int, bps: int) -> bytes:
    """A REMB of at most ``bps``."""
    exponent = max(0, bps.bit_length() - 18)
    mantissa = min(bps >> exponent, _MANTISSA_MAX)
    rate = bytes((1, exponent << 2 | mantissa >> 16, mantissa >> 8 & 0xFF, mantissa & 0xFF))
    return _pack(PAYLOAD_FEEDBACK, APPLICATION_LAYER, _FEEDBACK.pack(ssrc, 0) + b"REMB" + rate
                 + media_ssrc.to_bytes(4, "big"))  # fmt: skip


def pack_transport_feedback(ssrc: int, media_ssrc: int, information: bytes) -> bytes:
    """Transport-wide feedback around what ``twcc`` built (a multiple of four bytes)."""
    return _pack(TRANSPORT_FEEDBACK, TRANSPORT_WIDE, _FEEDBACK.pack(ssrc, media_ssrc) + information)
