"""One second of one participant as bytes. One rule: encoded media as it came, beside the moment that it counts for.

    participant (1) ‖ (kind (1) ‖ moment in ms (8) ‖ length (4) ‖ data) …

Written by ``recording``, read by ``muxing``.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Iterator
from enum import IntEnum
from typing import NamedTuple

from verifier.core.model import Role

_RECORD = struct.Struct("!BqI")
_ROLES = (Role.FREELANCER, Role.INTERVIEWER)


class Kind(IntEnum):
    """What a record holds."""

    OPUS = 0
    VP8_DELTA = 1
    VP8_KEY = 2


class Record(NamedTuple):
    """One Opus packet or one VP8 frame."""

    at_ms: int
    kind: Kind
    data: bytes


def packed(role: Role, records: Iterable[Record]) -> bytes:
    """A block."""
    parts = [bytes([_ROLES.index(role)])]
    for at_ms, kind, data in records:
        parts += (_RECORD.pack(kind, at_ms, len(data)), data)
    return b"".join(parts)


def unpacked(block: bytes, role: Role) -> Iterator[Record]:
    """The records of a block; none when it is another participant's.

    Raises:
        ValueError: it is cut, or holds what we do not know.
    """
    if not block or _ROLES[block[0]] is not role:
        return
    position = 1
    while position < len(block):
        try:
            kind, at_ms, length = _RECORD.unpack_from(block, position)
        except struct.error as error:
            raise ValueError("a record of the block is cut") from error
        position += _RECORD.size + length
        if position > len(block):
            raise ValueError("a record of the block is cut")
        yield Record(at_ms, Kind(kind), block[position - length : position])
