"""Fakes of EvidenceStore and ImageDecoder."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from itertools import count

from verifier.core.evidence import StillKind
from verifier.core.model import InterviewId
from verifier.core.quality.still import StillMeasure
from verifier.errors import InvalidInput, NotFound, OurError, SealBroken
from verifier.ports import OpenedPicture
from verifier.ports.evidence import EvidenceFile, WrappedKey

SHARP = StillMeasure(mean_luma=150.0, glare_share=0.001, sharpness=0.3, card_width_px=1_000)
BLURRED = replace(SHARP, sharpness=0.01)
JPEG_BYTES = b"\xff\xd8\xff a picture of a document"


class FakeEvidence:
    """Evidence in memory, in clear; a piece opens with the key it was written with and no other."""

    def __init__(self, master_key_id: str = "master-1", older: tuple[str, ...] = ()) -> None:
        self.master_key_id = master_key_id
        self.known = {master_key_id, *older}
        self.pieces: dict[tuple[str, str], tuple[bytes, bytes]] = {}
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
