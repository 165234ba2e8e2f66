"""Fakes of EvidenceStore, RecordingStore and ImageDecoder."""

from __future__ import annotations

import io
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from dataclasses import replace
from itertools import count

from verifier.core.evidence import StillKind
from verifier.core.model import InterviewId
from verifier.core.quality.still import StillMeasure
from verifier.errors import InvalidInput, NotFound, OurError, SealBroken
from verifier.ports import OpenedPicture
from verifier.ports.evidence import EvidenceFile, WrappedKey
from verifier.ports.recording import RECORDING_LOG

SHARP = StillMeasure(mean_luma=150.0, glare_share=0.001, sharpness=0.3, card_width_px=1_000)
BLURRED = replace(SHARP, sharpness=0.01)
JPEG_BYTES = b"\xff\xd8\xff a picture of a document"


class FakeEvidence:
    """Evidence in memory, in clear; a piece opens with the key it was written with and no other."""

    def __init__(self, master_key_id: str = "master-1", older: tuple[str, ...] = ()) -> None:
        self.master_key_id = master_key_id
        self.known = {master_key_id, *older}
        self.pieces: dict[tuple[str, str], tuple[bytes, bytes]] = {}
        self.logs: dict[InterviewId, tuple[bytes, list[bytes]]] = {}
        """Key and blocks of recordings; an empty block is the mark of the end, b"broken" one that was changed."""
        self.age_ms = 0
        self.failing: OurError | None = None
        """Raised by the next ``write``."""
        self._keys = count(1)

    def new_key(self) -> WrappedKey:
        return WrappedKey(f"key-{next(self._keys)}".encode(), self.master_key_id)

    def rewrapped(self, key: WrappedKey) -> WrappedKey:
        return WrappedKey(self._opened(key), self.master_key_id)

    async def write(self, id_: InterviewId, name: str, key: WrappedKey, content: bytes) -> None:
        if self.failing is not None:
            raise self.failing
        self.pieces[id_, name] = (self._opened(key), content)

    async def read(self, id_: InterviewId, name: str, key: WrappedKey) -> AsyncIterator[bytes]:
        opened = self._opened(key)
        if (id_, name) not in self.pieces:
            raise NotFound("This evidence is not kept any more.")
        own, content = self.pieces[id_, name]
        if own != opened:
            raise SealBroken
        middle = len(content) // 2
        yield content[:middle]
        yield content[middle:]

    async def read_range(
        self, id_: InterviewId, name: str, key: WrappedKey, start: int, stop: int, size: int
    ) -> AsyncIterator[bytes]:
        content = b"".join([part async for part in self.read(id_, name, key)])
        if len(content) != size:
            raise SealBroken
        yield content[start:stop]

    def begin(self, id_: InterviewId, key: WrappedKey) -> FakeLog:
        return FakeLog(self, id_, self._opened(key))

    def blocks(self, id_: InterviewId, key: WrappedKey) -> FakeBlocks:
        own, content = self.logs.get(id_, (b"", []))
        if (id_, RECORDING_LOG) not in self.pieces:
            raise NotFound("There is no log of this call.")
        if own != self._opened(key):
            raise SealBroken
        return FakeBlocks(content)

    @contextmanager
    def writing(self, id_: InterviewId, name: str, key: WrappedKey) -> Iterator[io.BytesIO]:
        out = io.BytesIO()
        yield out
        if self.failing is not None:
            raise self.failing
        self.pieces[id_, name] = (self._opened(key), out.getvalue())

    async def discard(self, id_: InterviewId, *names: str) -> None:
        for name in names:
            self.pieces.pop((id_, name), None)

    async def erase(self, id_: InterviewId) -> int:
        gone = [place for place in self.pieces if place[0] == id_]
        for place in gone:
            del self.pieces[place]
        return len(gone)

    async def files(self) -> tuple[EvidenceFile, ...]:
        return tuple(EvidenceFile(InterviewId(id_), name, self.age_ms) for id_, name in sorted(self.pieces))

    def _opened(self, key: WrappedKey) -> bytes:
        if key.master_key_id not in self.known:
            raise SealBroken
        return key.wrapped


class FakeLog:
    """A log in the fake's memory."""

    def __init__(self, evidence: FakeEvidence, id_: InterviewId, key: bytes) -> None:
        self._evidence, self._id, self._key = evidence, id_, key

    def append(self, block: bytes) -> bool:
        self._evidence.pieces[self._id, RECORDING_LOG] = (self._key, b"")
        self._evidence.logs.setdefault(self._id, (self._key, []))[1].append(block)
        return True

    async def close(self) -> None:
        if self._id in self._evidence.logs:
            self.append(b"")


class FakeBlocks:
    """Its blocks."""

    def __init__(self, blocks: list[bytes]) -> None:
        self.ended = False
        self._blocks = iter(blocks)

    def __iter__(self) -> FakeBlocks:
        return self

    def __next__(self) -> bytes:
        block = next(self._blocks)
        if block == b"broken":
            raise SealBroken
        if not block:
            self.ended = True
            raise StopIteration
        return block


class FakeDecoder:
    """Measures whatever looks like a JPEG as a test wants it."""

    def __init__(self, measure: StillMeasure = SHARP) -> None:
        self.measure = measure
        self.opened: list[StillKind] = []

    async def open(self, sent: bytes, kind: StillKind) -> OpenedPicture:
        if not sent.startswith(b"\xff\xd8"):
            raise InvalidInput("This is neither a JPEG nor a PNG picture.", field="not_a_picture")
        self.opened.append(kind)
        return OpenedPicture("image/jpeg", 1_920, 1_080, sent + b" kept", b"small " + sent, self.measure)
