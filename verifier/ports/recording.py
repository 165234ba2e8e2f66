"""Recordings as ports: what the media engine hands over during a call, where it lies, how it becomes a file to play.

One rule: a call never waits for its recording. What cannot be written in time is missing, and the gap is kept.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import AbstractContextManager
from typing import Protocol

from verifier.core.model import InterviewId, RecordingId, Role
from verifier.core.recording import Muxed, Recording
from verifier.ports.evidence import WrappedKey

RECORDING_LOG = "recording_log"
"""Name of the piece of evidence that a running call is recorded to; it goes once its recordings are kept."""


class RecordingSink(Protocol):
    """Takes the blocks of one call in order; each holds at most about one second of one participant."""

    def append(self, block: bytes) -> bool:
        """Queue a block and return at once; false when it was not taken, since the disk does not keep up."""
        ...

    async def close(self) -> None:
        """Write what is queued and the mark that says that nothing is missing at the end; may be called twice."""
        ...


class SeekableOutput(Protocol):
    """What a muxer writes to: a file that goes forwards, but for its first 64 KiB."""

    def write(self, data: bytes) -> int: ...

    def seek(self, offset: int, whence: int = 0) -> int: ...

    def tell(self) -> int: ...


class RecordingBlocks(Protocol):
    """The blocks of a log, proven one by one."""

    ended: bool
    """Whether the last one was followed by the mark of the end; known once all were read."""

    def __iter__(self) -> RecordingBlocks: ...

    def __next__(self) -> bytes:
        """The next block.

        Raises:
            SealBroken: it was changed, moved or left out; what came before it was given already.
        """
        ...


class RecordingStore(Protocol):
    """Encrypted logs of running calls, and encrypted files that can be read from any place."""

    def begin(self, id_: InterviewId, key: WrappedKey) -> RecordingSink:
        """A new log of this call; the first block makes its file, and each is on the disk within a second.

        Raises:
            SealBroken: no master key of the ring opens the data key.
        """
        ...

    def blocks(self, id_: InterviewId, key: WrappedKey) -> RecordingBlocks:
        """The log from its beginning; a last block that was cut short by a crash is left out. Blocks the thread.

        Raises:
            NotFound: there is no log of this call.
            SealBroken: no master key of the ring opens the data key, or the file is no log of ours.
        """
        ...

    def writing(self, id_: InterviewId, name: str, key: WrappedKey) -> AbstractContextManager[SeekableOutput]:
        """A new piece of evidence; in place once the block ends well, and not at all otherwise. Blocks the thread.

        Raises:
            OurError: the disk refused.
        """
        ...

    def read_range(
        self, id_: InterviewId, name: str, key: WrappedKey, start: int, stop: int, size: int
    ) -> AsyncIterator[bytes]:
        """Bytes ``start`` to before ``stop`` of a piece of ``size`` bytes; only the chunks that hold them are opened.

        Raises:
            NotFound: nothing was kept under this name, or it was erased.
            SealBroken: a chunk that is needed, or the length, is not what was kept.
        """
        ...


class Recordings(Protocol):
    """Recordings that are kept, append-only."""

    async def add(self, recording: Recording) -> None:
        """Raises Conflict when this participant of the call has one; OurError where there was no consent."""
        ...

    async def get(self, id_: RecordingId) -> Recording: ...

    async def of_interview(self, id_: InterviewId) -> tuple[Recording, ...]:
        """By leg."""
        ...


Mux = Callable[[Callable[[], Iterable[bytes]], Role, SeekableOutput], Muxed | None]
"""Writes what a log holds of one participant as a file that browsers play; None when it holds nothing of him.

The log is read twice. Nothing is decoded. Blocks the thread.
"""
