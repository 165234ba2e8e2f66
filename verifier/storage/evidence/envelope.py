"""Evidence as encrypted chunks. One rule: no byte is given out before the chunk that holds it is proven.

    magic (4) ‖ nonce prefix (8, random) ‖ chunk ‖ chunk ‖ …   each 64 KiB of content and its tag (16), the last shorter

AES-256-GCM. A chunk's nonce is the prefix and its index, so that none repeats under a data key. What is authenticated
with it binds the evidence's id, the index and whether it is the last one: cutting, swapping, leaving out, adding or
moving chunks to other evidence is refused (the STREAM construction). Pure but for the random prefix. Called by files.
Source: Hoang, Reyhanitabar, Rogaway, Vizár 2015, "Online Authenticated-Encryption and its Nonce-Reuse
Misuse-Resistance".
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import BinaryIO

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from verifier.errors import SealBroken

CHUNK_BYTES = 64 * 1024
TAG_BYTES = 16
MAGIC = b"VEV1"
_PREFIX_BYTES, _COUNTER_BYTES = 8, 4
HEADER_BYTES = len(MAGIC) + _PREFIX_BYTES
_DOMAIN = b"verifier evidence 1"


def sealed(content: bytes, data_key: bytes, evidence_id: str) -> Iterator[bytes]:
    """The parts of a file that holds ``content``, in order."""
    cipher, prefix = AESGCM(data_key), os.urandom(_PREFIX_BYTES)
    yield MAGIC + prefix
    for index, start in enumerate(range(0, max(1, len(content)), CHUNK_BYTES)):
        last = start + CHUNK_BYTES >= len(content)
        chunk = content[start : start + CHUNK_BYTES]
        yield cipher.encrypt(_nonce(prefix, index), chunk, _bound(evidence_id, index, last))


def opened(file: BinaryIO, data_key: bytes, evidence_id: str) -> Iterator[bytes]:
    """The content of a file made by ``sealed``, chunk by chunk.

    Raises:
        SealBroken: another key, evidence of another id, or bytes that were changed, cut, reordered or added.
    """
    header = file.read(HEADER_BYTES)
    if len(header) != HEADER_BYTES or not header.startswith(MAGIC):
        raise SealBroken("This is no evidence of ours.")
    cipher, prefix = AESGCM(data_key), header[len(MAGIC) :]
    index, chunk = 0, file.read(CHUNK_BYTES + TAG_BYTES)
    while True:
        following = file.read(CHUNK_BYTES + TAG_BYTES)
        try:
            yield cipher.decrypt(_nonce(prefix, index), chunk, _bound(evidence_id, index, not following))
        except (InvalidTag, ValueError):
            raise SealBroken(f"Chunk {index} of the evidence is not what was kept.") from None
        if not following:
            return
        index, chunk = index + 1, following


def _nonce(prefix: bytes, index: int) -> bytes:
    return prefix + index.to_bytes(_COUNTER_BYTES, "big")


def _bound(evidence_id: str, index: int, last: bool) -> bytes:
    return b"\0".join([_DOMAIN, evidence_id.encode(), str(index).encode(), b"last" if last else b"more"])
