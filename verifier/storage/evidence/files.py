"""Evidence as files, ``DATA_DIR/evidence/INTERVIEW/NAME``. One rule: a name is there whole or not at all.

A file is written beside its place, brought to the disk, put in place by one rename, and the folder is brought to the
disk, before the caller commits the row that tells of it: a crash leaves at most a file without a row, which ``verifier
audit`` names. Nothing is ever written in clear. Made by app; the services know the port.
"""

from __future__ import annotations

import asyncio
import os
import re
import secrets
import time
from collections.abc import AsyncIterator, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import BinaryIO

from verifier.core.model import InterviewId
from verifier.errors import InvalidInput, NotFound, OurError
from verifier.ports.evidence import EvidenceFile, WrappedKey
from verifier.ports.recording import RECORDING_LOG
from verifier.storage.evidence.envelope import Sealing, opened, opened_between, sealed
from verifier.storage.evidence.journal import Journal, JournalBlocks
from verifier.storage.evidence.wrapping import KeyRing

_NAME = re.compile(r"[a-z0-9_]{1,80}")
_UNFINISHED = ".part"
_OWNER_ONLY, _OWNER_FOLDER = 0o600, 0o700


class EvidenceFiles:
    """EvidenceStore and RecordingStore of the ports."""

    def __init__(self, folder: Path, ring: KeyRing) -> None:
        """``folder`` is made with the first piece of evidence."""
        self._folder = folder
        self._ring = ring
        self._writer = ThreadPoolExecutor(max_workers=1, thread_name_prefix="recording")

    @property
    def master_key_id(self) -> str:
        """Id of the newest master key."""
        return self._ring.newest

    def new_key(self) -> WrappedKey:
        """A fresh data key, wrapped."""
        return self._ring.new_key()

    def rewrapped(self, key: WrappedKey) -> WrappedKey:
        """The same data key under the newest master key."""
        return self._ring.rewrapped(key)

    async def write(self, id_: InterviewId, name: str, key: WrappedKey, content: bytes) -> None:
        """Encrypt and keep; durable when it returns."""
        path, data_key = self._path(id_, name), self._ring.unwrap(key)
        await asyncio.to_thread(_write, path, sealed(content, data_key, _evidence_id(id_, name)))

    async def read(self, id_: InterviewId, name: str, key: WrappedKey) -> AsyncIterator[bytes]:
        """The content, chunk by chunk."""
        path, data_key = self._path(id_, name), self._ring.unwrap(key)
        with await _open(path) as file:
            chunks = opened(file, data_key, _evidence_id(id_, name))
            while (chunk := await asyncio.to_thread(next, chunks, None)) is not None:
                yield chunk

    async def read_range(
        self, id_: InterviewId, name: str, key: WrappedKey, start: int, stop: int, size: int
    ) -> AsyncIterator[bytes]:
        """A part of the content, chunk by chunk."""
        path, data_key = self._path(id_, name), self._ring.unwrap(key)
        with await _open(path) as file:
            chunks = opened_between(file, data_key, _evidence_id(id_, name), start, stop, size)
            while (chunk := await asyncio.to_thread(next, chunks, None)) is not None:
                yield chunk

    @contextmanager
    def writing(self, id_: InterviewId, name: str, key: WrappedKey) -> Iterator[Sealing]:
        """A new piece, in place when the block ends well."""
        path, data_key = self._path(id_, name), self._ring.unwrap(key)
        with _placing(path) as file:
            sealing = Sealing(file, data_key, _evidence_id(id_, name))
            yield sealing
            sealing.finish()

    def begin(self, id_: InterviewId, key: WrappedKey) -> Journal:
        """A new log."""
        path, data_key = self._path(id_, RECORDING_LOG), self._ring.unwrap(key)
        return Journal(partial(_create, path), data_key, _evidence_id(id_, RECORDING_LOG), self._writer)

    def blocks(self, id_: InterviewId, key: WrappedKey) -> JournalBlocks:
        """The log."""
        path, data_key = self._path(id_, RECORDING_LOG), self._ring.unwrap(key)
        try:
            return JournalBlocks(path, data_key, _evidence_id(id_, RECORDING_LOG))
        except FileNotFoundError:
            raise NotFound("There is no log of this call.") from None

    async def discard(self, id_: InterviewId, *names: str) -> None:
        """Delete single pieces."""
        for path in [self._path(id_, name) for name in names]:
            await asyncio.to_thread(path.unlink, missing_ok=True)

    async def erase(self, id_: InterviewId) -> int:
        """Delete the interview's folder."""
        return await asyncio.to_thread(_erase, self._path(id_, "any").parent)

    async def files(self) -> tuple[EvidenceFile, ...]:
        """Everything that is in place."""
        return await asyncio.to_thread(lambda: tuple(_found(self._folder)))

    def _path(self, id_: InterviewId, name: str) -> Path:
        for part in (id_, name):
            if not _NAME.fullmatch(part):
                raise InvalidInput("This is not the name of any evidence.")
        return self._folder / id_ / name


def _evidence_id(id_: InterviewId, name: str) -> str:
    return f"{id_}/{name}"


async def _open(path: Path) -> BinaryIO:
    try:
        return await asyncio.to_thread(path.open, "rb")
    except FileNotFoundError:
        raise NotFound("This evidence is not kept any more.") from None


def _write(path: Path, parts: Iterator[bytes]) -> None:
    with _placing(path) as file:
        for part in parts:
            file.write(part)


@contextmanager
def _placing(path: Path) -> Iterator[BinaryIO]:
    """A new file beside its place, brought to the disk and put in place when the block ends well.

    Raises:
        OurError: the disk refused.
    """
    unfinished = path.with_name(f"{path.name}.{secrets.token_hex(8)}{_UNFINISHED}")
    try:
        _make(path.parent)
        with _new(unfinished) as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        unfinished.replace(path)
        _sync(path.parent)
    except OSError as error:
        raise OurError(f"Evidence could not be stored: {error.strerror}.") from error
    finally:
        unfinished.unlink(missing_ok=True)


def _create(path: Path) -> BinaryIO:
    """A file that grows in its place; a log of an interview is never begun twice."""
    _make(path.parent)
    file = _new(path)
    _sync(path.parent)
    return file


def _new(path: Path) -> BinaryIO:
    return os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, _OWNER_ONLY), "wb")


def _make(folder: Path) -> None:
    """Make the interview's folder, and the one around it, so that both outlive a crash."""
    for each in (folder.parent, folder):
        if not each.is_dir():
            each.mkdir(mode=_OWNER_FOLDER, parents=True, exist_ok=True)
            _sync(each.parent)


def _sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _erase(folder: Path) -> int:
    try:
        names = sorted(folder.iterdir())
        for path in names:
            path.unlink()
        folder.rmdir()
        _sync(folder.parent)
    except FileNotFoundError:
        return 0
    except OSError as error:
        raise OurError(f"Evidence could not be erased: {error.strerror}.") from error
    return sum(path.suffix != _UNFINISHED for path in names)


def _found(root: Path) -> Iterator[EvidenceFile]:
    now_s = time.time()
    for path in sorted(root.glob("*/*")):
        if path.suffix != _UNFINISHED:
            age_ms = max(0, round(1_000 * (now_s - path.stat().st_mtime)))
            yield EvidenceFile(InterviewId(path.parent.name), path.name, age_ms)
