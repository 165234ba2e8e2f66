"""What uploaded bytes are, and the same picture without what it tells besides. One rule: nothing is decoded here.

A file is a picture when its own structure says so from the first byte to the last; names and types that came with it
are not asked. What is kept has the very pixels that were sent (no byte of them is encoded again, so traces of editing
stay), but neither place, device, thumbnail, comment nor anything behind its end. Called by imaging before any decoder.
Source: ITU-T T.81 annex B (JPEG), JEITA CP-3451 4.6 (orientation in Exif), W3C PNG 3rd edition 5 (chunks).
"""

from __future__ import annotations

import re
import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass

from verifier.errors import InvalidInput, TooLarge

MAX_BYTES = 12 * 1024 * 1024
"""Of one upload."""
MAX_PIXELS = 50_000_000
"""A phone's full sensor; more would only cost memory."""
MAX_SIDE = 16_384
JPEG, PNG = "image/jpeg", "image/png"

NOT_A_PICTURE, INCOMPLETE, UNUSUAL, TOO_MANY_PIXELS = "not_a_picture", "incomplete", "unusual", "too_many_pixels"
"""Fields of the refusals, for pages to choose their words by."""


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture that may be handed to a decoder."""

    media_type: str
    width: int
    height: int
    """As stored; ``turned`` ones are shown with the sides exchanged."""
    turned: bool
    content: bytes
    """What is kept: the same pixels, nothing else but how to turn them and their colour profile (JPEG)."""


def picture(sent: bytes) -> Picture:
    """The picture in these bytes.

    Raises:
        TooLarge: more bytes or pixels than a still may have.
        InvalidInput: no JPEG or PNG, not whole, or of a kind that cameras do not make; ``field`` says which.
    """
    if len(sent) > MAX_BYTES:
        raise TooLarge(f"A picture may have at most {MAX_BYTES // 1024 // 1024} MiB.")
    if sent.startswith(_PNG_SIGNATURE):
        return _png(sent)
    if sent.startswith(b"\xff\xd8\xff"):
        return _jpeg(sent)
    raise InvalidInput("This is neither a JPEG nor a PNG picture.", field=NOT_A_PICTURE)


def _checked(width: int, height: int) -> tuple[int, int]:
    if not width or not height:
        raise _unusual()
    if width * height > MAX_PIXELS or max(width, height) > MAX_SIDE:
        raise TooLarge(f"A picture may have at most {MAX_PIXELS // 1_000_000} million pixels.", field=TOO_MANY_PIXELS)
    return width, height


def _incomplete() -> InvalidInput:
    return InvalidInput("The picture is not whole: its end is missing or damaged.", field=INCOMPLETE)


def _unusual() -> InvalidInput:
    return InvalidInput("This is a kind of picture that cameras do not make.", field=UNUSUAL)


# ---------------------------------------------------------------- JPEG

_SOI, _EOI, _SOS, _APP0, _APP1, _APP2, _APP14, _COM = 0xD8, 0xD9, 0xDA, 0xE0, 0xE1, 0xE2, 0xEE, 0xFE
_FRAMES = frozenset({0xC0, 0xC1, 0xC2})
"""Baseline, extended, progressive: what browsers and cameras make."""
_TABLES = frozenset({0xC4, 0xDB, 0xDD})
"""Huffman tables, quantisation tables, restart interval."""
_IN_SCAN = re.compile(rb"\xff[^\x00\xff\xd0-\xd7]")
"""What ends the coded data of a scan: a marker that is neither a stuffed byte nor a restart."""
_MOST_SCANS = 64
"""A progressive picture has about ten; each one costs the decoder a pass over all pixels."""
_JFIF_BYTES, _ENTRY_BYTES = 14, 12


@dataclass(slots=True)
class _Jpeg:
    """What has been read of a JPEG so far."""

    kept: list[bytes]
    width: int = 0
    height: int = 0
    scans: int = 0
    orientation: int = 1


def _jpeg(sent: bytes) -> Picture:
    found = _Jpeg([])
    for marker, payload, coded in _segments(sent):
        if marker == _SOS:
            found.scans += 1
        if marker in _FRAMES:
            _take_frame(found, payload)
        _keep(found, marker, payload, coded)
    if not found.scans or found.scans > _MOST_SCANS:
        raise _unusual()
    jfif = 1 if found.kept[0][1] == _APP0 else 0
    parts = [b"\xff\xd8", *found.kept[:jfif], _turn(found.orientation), *found.kept[jfif:], b"\xff\xd9"]
    return Picture(JPEG, found.width, found.height, found.orientation >= 5, b"".join(parts))


def _segments(sent: bytes) -> Iterator[tuple[int, bytes, bytes]]:
    """(marker, payload, coded data that follows it) up to the end marker."""
    at = 2
    while True:
        begin = at
        while sent[at : at + 1] == b"\xff":
            at += 1
        if at == begin or at >= len(sent):
            raise _incomplete()
        marker = sent[at]
        if marker == _EOI:
            return
        length = int.from_bytes(sent[at + 1 : at + 3], "big")
        payload = sent[at + 3 : at + 1 + length]
        if length < 2 or len(payload) != length - 2:
            raise _incomplete()
        at += 1 + length
        coded = b""
        if marker == _SOS:
            end = _IN_SCAN.search(sent, at)
            if end is None:
                raise _incomplete()
            coded, at = sent[at : end.start()], end.start()
        yield marker, payload, coded


def _take_frame(found: _Jpeg, payload: bytes) -> None:
    if found.width or len(payload) < 6 or payload[0] != 8 or payload[5] not in {1, 3}:
        raise _unusual()
    height, width = struct.unpack(">HH", payload[1:5])
    found.width, found.height = _checked(width, height)


def _keep(found: _Jpeg, marker: int, payload: bytes, coded: bytes) -> None:
    if marker == _APP1 and payload.startswith(b"Exif\0\0"):
        found.orientation = _orientation(payload[6:])
    elif marker == _APP0 and payload.startswith(b"JFIF\0") and not found.kept and len(payload) >= _JFIF_BYTES:
        found.kept.append(_segment(marker, payload[: _JFIF_BYTES - 2] + b"\0\0"))
    elif _belongs(marker, payload):
        if marker == _SOS and not found.width:
            raise _unusual()
        found.kept.append(_segment(marker, payload) + coded)
    elif not (_APP0 <= marker <= 0xEF or marker == _COM):
        raise _unusual()


def _belongs(marker: int, payload: bytes) -> bool:
    """Whether the decoder needs the segment, or it says what the colours mean."""
    profile = marker == _APP2 and payload.startswith(b"ICC_PROFILE\0")
    transform = marker == _APP14 and payload.startswith(b"Adobe") and len(payload) == 12
    return profile or transform or marker == _SOS or marker in _FRAMES or marker in _TABLES


def _segment(marker: int, payload: bytes) -> bytes:
    return bytes([0xFF, marker]) + (len(payload) + 2).to_bytes(2, "big") + payload


def _orientation(tiff: bytes) -> int:
    """1..8; 1 (as it is) for whatever cannot be read."""
    order = {b"II*\0": "<", b"MM\0*": ">"}.get(tiff[:4])
    if order is None or len(tiff) < 8:
        return 1
    (start,) = struct.unpack_from(order + "I", tiff, 4)
    if start + 2 > len(tiff):
        return 1
    (count,) = struct.unpack_from(order + "H", tiff, start)
    entries = tiff[start + 2 : start + 2 + _ENTRY_BYTES * count]
    for at in range(0, len(entries) - _ENTRY_BYTES + 1, _ENTRY_BYTES):
        tag, kind, values, value = struct.unpack_from(order + "HHIH", entries, at)
        if (tag, kind, values) == (0x0112, 3, 1):
            return int(value) if 1 <= value <= 8 else 1
    return 1


def _turn(orientation: int) -> bytes:
    """An Exif segment that says how to turn the picture and nothing else; empty when it stands upright."""
    if orientation == 1:
        return b""
    entry = struct.pack(">HHIHH", 0x0112, 3, 1, orientation, 0)
    return _segment(_APP1, b"Exif\0\0MM\0*\0\0\0\x08\0\x01" + entry + bytes(4))


# ---------------------------------------------------------------- PNG

_PNG_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_PNG_KEPT = frozenset({b"IHDR", b"PLTE", b"IDAT", b"IEND", b"tRNS", b"sRGB", b"gAMA"})
"""None of them is compressed but the picture itself: compressed text and profiles are where small files hide bombs."""
_PNG_DEPTHS = {0: {1, 2, 4, 8, 16}, 2: {8, 16}, 3: {1, 2, 4, 8}, 4: {8, 16}, 6: {8, 16}}
"""Bit depths by colour type."""


def _png(sent: bytes) -> Picture:
    kept: list[bytes] = [_PNG_SIGNATURE]
    kinds: list[bytes] = []
    width = height = 0
    for kind, payload, whole in _chunks(sent):
        if not kinds:
            width, height = _png_size(kind, payload)
        if kind in _PNG_KEPT:
            kept.append(whole)
            kinds.append(kind)
        elif kind[:1].isupper():
            raise _unusual()
    if kinds.count(b"IHDR") != 1 or b"IDAT" not in kinds or kinds.count(b"PLTE") > 1:
        raise _unusual()
    return Picture(PNG, width, height, False, b"".join(kept))


def _chunks(sent: bytes) -> Iterator[tuple[bytes, bytes, bytes]]:
    """(type, data, the whole chunk) up to the end chunk, each with the checksum that it should have."""
    at, kind = len(_PNG_SIGNATURE), b""
    while kind != b"IEND":
        length, kind = int.from_bytes(sent[at : at + 4], "big"), sent[at + 4 : at + 8]
        whole = sent[at : at + 12 + length]
        if len(whole) != 12 + length or zlib.crc32(whole[4:-4]) != int.from_bytes(whole[-4:], "big"):
            raise _incomplete()
        yield kind, whole[8:-4], whole
        at += len(whole)


def _png_size(kind: bytes, header: bytes) -> tuple[int, int]:
    if kind != b"IHDR" or len(header) != 13:
        raise _unusual()
    width, height, depth, colour, compression, filtering, interlace = struct.unpack(">IIBBBBB", header)
    if depth not in _PNG_DEPTHS.get(colour, ()) or compression or filtering or interlace > 1:
        raise _unusual()
    return _checked(width, height)
