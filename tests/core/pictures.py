"""Uploads as browsers, cameras and attackers make them: real pictures, and what can be wrong with one."""

from __future__ import annotations

import struct
import zlib

import cv2
import numpy as np

PLACE = b"GPS 43.8563 N 18.4131 E"
"""Stands for whatever a camera writes beside the pixels."""


def pixels(width: int = 64, height: int = 48, seed: int = 1) -> np.ndarray:
    """BGR noise that no two seeds share."""
    return np.random.default_rng(seed).integers(0, 256, (height, width, 3)).astype(np.uint8)


def jpeg(image: np.ndarray | None = None, quality: int = 90, *, progressive: bool = False) -> bytes:
    """A JPEG as a camera's encoder makes it."""
    options = [cv2.IMWRITE_JPEG_QUALITY, quality, cv2.IMWRITE_JPEG_PROGRESSIVE, int(progressive)]
    return cv2.imencode(".jpg", pixels() if image is None else image, options)[1].tobytes()


def png(image: np.ndarray | None = None) -> bytes:
    """A PNG."""
    return cv2.imencode(".png", pixels() if image is None else image)[1].tobytes()


def segment(marker: int, payload: bytes) -> bytes:
    """One JPEG segment."""
    return bytes([0xFF, marker]) + (len(payload) + 2).to_bytes(2, "big") + payload


def exif(orientation: int = 1, order: str = ">") -> bytes:
    """An Exif segment with an orientation, a place and a maker's note."""
    head = {">": b"MM\0*", "<": b"II*\0"}[order]
    entries = [struct.pack(order + "HHI4s", 0x010F, 2, 4, b"Goo\0")]
    entries.append(struct.pack(order + "HHIHH", 0x0112, 3, 1, orientation, 0))
    entries.append(struct.pack(order + "HHII", 0x8825, 4, 1, 8 + 2 + 36 + 4))
    ifd = struct.pack(order + "H", len(entries)) + b"".join(entries) + bytes(4)
    return segment(0xE1, b"Exif\0\0" + head + struct.pack(order + "I", 8) + ifd + PLACE)


def with_segments(picture: bytes, *segments: bytes) -> bytes:
    """A JPEG with segments put in behind its first marker."""
    return picture[:2] + b"".join(segments) + picture[2:]


def chunk(kind: bytes, payload: bytes) -> bytes:
    """One PNG chunk with its checksum."""
    body = kind + payload
    return len(payload).to_bytes(4, "big") + body + zlib.crc32(body).to_bytes(4, "big")


def with_chunks(picture: bytes, *chunks: bytes) -> bytes:
    """A PNG with chunks put in behind its header."""
    return picture[:33] + b"".join(chunks) + picture[33:]


def png_of(width: int, height: int, rows: bytes, *, depth: int = 8, colour: int = 0) -> bytes:
    """A PNG with any header and any compressed data."""
    header = struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, 0)
    data = zlib.compress(rows, 9)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", data) + chunk(b"IEND", b"")


def jpeg_claiming(width: int, height: int) -> bytes:
    """A small JPEG whose header claims another size."""
    made = bytearray(jpeg())
    at = made.index(b"\xff\xc0")
    made[at + 5 : at + 9] = struct.pack(">HH", height, width)
    return bytes(made)
