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


class Sealing:
    """A file of the same form that is written while it is made: forwards, but for its first chunk.

    A muxer goes back to write lengths into its header. Every chunk but the first is sealed once it is full and never
    again, so no nonce is used twice; the first one waits for ``finish``.
    """

    def __init__(self, file: BinaryIO, data_key: bytes, evidence_id: str) -> None:
        """``file`` is new and empty."""
        self.size = 0
        """Bytes of content so far."""
        self._file, self._evidence_id = file, evidence_id
        self._cipher, self._prefix = AESGCM(data_key), os.urandom(_PREFIX_BYTES)
        self._first, self._tail = bytearray(), bytearray()
        self._sealed, self._position = 1, 0

    def write(self, data: bytes) -> int:
        """Write at the position.

        Raises:
            ValueError: neither at the end nor within the first chunk.
        """
        content, left = memoryview(data), len(data)
        while left:
            taken = self._write_some(content[len(data) - left :])
            left -= taken
        return len(data)

    def seek(self, offset: int, whence: int = 0) -> int:
        """Go to a position."""
        self._position = offset + (0, self._position, self.size)[whence]
        return self._position

    def tell(self) -> int:
        """The position."""
        return self._position

    def finish(self) -> None:
        """Seal what is left."""
        if self._tail:
            self._seal(self._sealed, self._tail, last=True)
        self._seal(0, self._first, last=self.size <= CHUNK_BYTES)
        self._file.seek(0)
        self._file.write(MAGIC + self._prefix)

    def _write_some(self, data: memoryview) -> int:
        if self._position < min(CHUNK_BYTES, self.size + 1):
            part = data[: CHUNK_BYTES - self._position]
            self._first[self._position : self._position + len(part)] = part
        elif self._position == self.size:
            if len(self._tail) == CHUNK_BYTES:
                self._seal(self._sealed, self._tail, last=False)
                self._sealed, self._tail = self._sealed + 1, bytearray()
            part = data[: CHUNK_BYTES - len(self._tail)]
            self._tail += part
        else:
            raise ValueError("only the first chunk of a piece of evidence can be written again")
        self._position += len(part)
        self.size = max(self.size, self._position)
        return len(part)

    def _seal(self, index: int, chunk: bytearray, *, last: bool) -> None:
        self._file.seek(HEADER_BYTES + index * (CHUNK_BYTES + TAG_BYTES))
        bound = _bound(self._evidence_id, index, last)
        self._file.write(self._cipher.encrypt(_nonce(self._prefix, index), bytes(chunk), bound))


def opened(file: BinaryIO, data_key: bytes, evidence_id: str) -> Iterator[bytes]:
    """The content of a file made by ``sealed``, chunk by chunk.

    Raises:
        SealBroken: another key, evidence of another id, or bytes that were changed, cut, reordered or added.
    """
    cipher, prefix = AESGCM(data_key), _prefix(file)
    index, chunk = 0, file.read(CHUNK_BYTES + TAG_BYTES)
    while True:
        following = file.read(CHUNK_BYTES + TAG_BYTES)
        yield _proven(cipher, prefix, index, chunk, evidence_id, last=not following)
        if not following:
            return
        index, chunk = index + 1, following


def content_bytes(file_bytes: int) -> int:
    """How much content a file of this length holds; negative when it is no file of ours."""
    sealed = file_bytes - HEADER_BYTES
    chunks = -(-sealed // (CHUNK_BYTES + TAG_BYTES))
    return sealed - chunks * TAG_BYTES


def opened_between(
    file: BinaryIO, data_key: bytes, evidence_id: str, start: int, stop: int, size: int
) -> Iterator[bytes]:
    """Bytes ``start`` to before ``stop`` of ``size`` bytes of content; no other chunk is read.

    Raises:
        SealBroken: the file has another length, or one of these chunks is not what was kept in this place.
    """
    file.seek(0, 2)
    if content_bytes(file.tell()) != size:
        raise SealBroken("The evidence has another length than what was kept.")
    file.seek(0)
    cipher, prefix = AESGCM(data_key), _prefix(file)
    newest = max(0, (size - 1) // CHUNK_BYTES)
    for index in range(start // CHUNK_BYTES, (stop - 1) // CHUNK_BYTES + 1):
        file.seek(HEADER_BYTES + index * (CHUNK_BYTES + TAG_BYTES))
        sealed = file.read(CHUNK_BYTES + TAG_BYTES)
        chunk = _proven(cipher, prefix, index, sealed, evidence_id, last=index == newest)
        begin = index * CHUNK_BYTES
        yield chunk[max(0, start - begin) : stop - begin]


def _prefix(file: BinaryIO) -> bytes:
    header = file.read(HEADER_BYTES)
    if len(header) != HEADER_BYTES or not header.startswith(MAGIC):
        raise SealBroken("This is no evidence of ours.")
    return header[len(MAGIC) :]


def _proven(cipher: AESGCM, prefix: bytes, index: int, sealed: bytes, evidence_id: str, *, last: bool) -> bytes:
    try:
        return cipher.decrypt(_nonce(prefix, index), sealed, _bound(evidence_id, index, last))
    except (InvalidTag, ValueError):
        raise SealBroken(f"Chunk {index} of the evidence is not what was kept.") from None


def _nonce(prefix: bytes, index: int) -> bytes:
    return prefix + index.to_bytes(_COUNTER_BYTES, "big")


def _bound(evidence_id: str, index: int, last: bool) -> bytes:
    return b"\0".join([_DOMAIN, evidence_id.encode(), str(index).encode(), b"last" if last else b"more"])
