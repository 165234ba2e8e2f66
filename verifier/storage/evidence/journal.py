"""The log of a running call: sealed blocks, one behind the other. One rule: a block that is whole stays readable.

    magic (4) ‖ nonce prefix (8, random) ‖ length (4) ‖ block and its tag (16) ‖ length ‖ …   the last one is empty

AES-256-GCM as in envelope: the nonce is the prefix and the block's index; what is authenticated with it binds the log's
id, the index and whether it is the mark of the end, so that blocks cannot be changed, swapped, left out or moved. What
a crash cut short at the end is left out when it is read, and the mark of the end is missing then. Called by files.
"""

from __future__ import annotations

import asyncio
import os
import struct
from collections.abc import Callable
from concurrent.futures import Executor, Future
from pathlib import Path
from typing import BinaryIO

import structlog
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from verifier.errors import SealBroken
from verifier.storage.evidence.envelope import TAG_BYTES

_log = structlog.get_logger(__name__)

MAGIC = b"VEJ1"
_PREFIX_BYTES = 8
_DOMAIN = b"verifier recording 1"
_LENGTH = struct.Struct("!I")
_WAITING_MAX = 12
"""Blocks that may wait for the disk: six seconds of both participants."""


class Journal:
    """RecordingSink of the ports: one file that grows."""

    def __init__(self, create: Callable[[], BinaryIO], data_key: bytes, log_id: str, writer: Executor) -> None:
        """``create`` makes the file, in the thread of ``writer``, which writes one block at a time."""
        self._create, self._log_id, self._writer = create, log_id, writer
        self._cipher, self._prefix = AESGCM(data_key), os.urandom(_PREFIX_BYTES)
        self._file: BinaryIO | None = None
        self._index = self._end = 0
        self._queued = self._written = 0
        """Blocks that the event loop has queued and that the writing thread is done with: each counts its own."""
        self._newest: Future[None] | None = None
        self._closed = self._broken = False

    def append(self, block: bytes) -> bool:
        """Queue a block."""
        if self._closed or self._broken or self._queued - self._written >= _WAITING_MAX:
            return False
        self._queued += 1
        self._newest = self._writer.submit(self._write, block, last=False)
        self._newest.add_done_callback(self._done)
        return True

    async def close(self) -> None:
        """Write the end."""
        if self._closed:
            return
        self._closed = True
        if self._newest is not None:
            await asyncio.wrap_future(self._writer.submit(self._finish))

    def _done(self, done: Future[None]) -> None:
        self._written += 1
        error = done.exception()
        if error is not None:
            _log.error("recording_block_lost", log=self._log_id, reason=str(error))

    def _write(self, block: bytes, *, last: bool) -> None:
        file = self._opened()
        sealed = self._cipher.encrypt(_nonce(self._prefix, self._index), block, _bound(self._log_id, self._index, last))
        try:
            file.write(_LENGTH.pack(len(sealed)) + sealed)
            file.flush()
            os.fdatasync(file.fileno())
        except OSError:
            # The next block must not stand behind half of this one, nor be sealed with its nonce: a log ends here.
            self._broken = True
            os.ftruncate(file.fileno(), self._end)
            raise
        self._index += 1
        self._end = file.tell()

    def _opened(self) -> BinaryIO:
        if self._file is None:
            file = self._create()
            file.write(MAGIC + self._prefix)
            self._file, self._end = file, file.tell()
        return self._file

    def _finish(self) -> None:
        try:
            if not self._broken:
                self._write(b"", last=True)
        except OSError as error:
            _log.error("recording_end_lost", log=self._log_id, reason=str(error))
        finally:
            if self._file is not None:
                self._file.close()


class JournalBlocks:
    """RecordingBlocks of the ports: reads a journal from its beginning."""

    def __init__(self, path: Path, data_key: bytes, log_id: str) -> None:
        """Opens the file.

        Raises:
            FileNotFoundError: it is not there.
            SealBroken: it is no log of ours.
        """
        self.ended = False
        self._log_id, self._cipher, self._index = log_id, AESGCM(data_key), 0
        self._file = path.open("rb")
        header = self._file.read(len(MAGIC) + _PREFIX_BYTES)
        if len(header) != len(MAGIC) + _PREFIX_BYTES or not header.startswith(MAGIC):
            self._file.close()
            raise SealBroken("This is no recording of ours.")
        self._prefix = header[len(MAGIC) :]

    def __iter__(self) -> JournalBlocks:
        """Itself."""
        return self

    def __next__(self) -> bytes:
        """The next block, proven."""
        sealed = b"" if self._file.closed else self._sealed()
        if not sealed:
            self._file.close()
            raise StopIteration
        block = self._proven(sealed)
        self._index += 1
        if not block:
            self.ended = not self._file.read(1)
            self._file.close()
            if not self.ended:
                raise SealBroken(f"Something follows the end of the recording, block {self._index - 1}.")
            raise StopIteration
        return block

    def _sealed(self) -> bytes:
        """What stands next; nothing when a crash cut it short."""
        head = self._file.read(_LENGTH.size)
        if len(head) < _LENGTH.size:
            return b""
        (length,) = _LENGTH.unpack(head)
        sealed = self._file.read(length)
        return sealed if len(sealed) == length and length >= TAG_BYTES else b""

    def _proven(self, sealed: bytes) -> bytes:
        last = len(sealed) == TAG_BYTES
        try:
            return self._cipher.decrypt(
                _nonce(self._prefix, self._index), sealed, _bound(self._log_id, self._index, last)
            )
        except InvalidTag:
            self._file.close()
            raise SealBroken(f"Block {self._index} of the recording is not what was written.") from None


def _nonce(prefix: bytes, index: int) -> bytes:
    return prefix + index.to_bytes(4, "big")


def _bound(log_id: str, index: int, last: bool) -> bytes:
    return b"\0".join([_DOMAIN, log_id.encode(), str(index).encode(), b"last" if last else b"more"])
