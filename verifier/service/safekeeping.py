"""Keys and files of evidence over time: rotation, erasing, what is astray. One rule: a key that is gone stays gone.

Called by ``verifier evidence …``, by redaction and retention, and by ``verifier audit``.
"""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass

from verifier.core.model import Interview, InterviewId, Role
from verifier.errors import NotFound, SealBroken
from verifier.ports import EvidenceStore, UnitOfWorkFactory
from verifier.ports.evidence import WrappedKey
from verifier.ports.recording import RECORDING_LOG
from verifier.ports.redress import EvidenceKey
from verifier.service.recording import RECORDED, piece
from verifier.service.stills import KEPT, PREVIEW

_BATCH, _EVERY = 100, 2**31 - 1
_BEING_WRITTEN_MS = 60_000
"""A younger file may belong to a row that is just being committed."""


@dataclass(frozen=True, slots=True)
class Rotated:
    """How far a rotation has come."""

    rewrapped: int
    """Data keys that the newest master key wraps now and did not before."""
    left: tuple[InterviewId, ...] = ()
    """Interviews whose data key no master key of the ring opens."""


@dataclass(frozen=True, slots=True)
class _Kept:
    """A piece of evidence that has a row."""

    label: str
    names: tuple[str, ...]
    """Of its files; the digest is the first one's."""
    key: WrappedKey
    digest: object


class Safekeeping:
    """What is done with evidence that is kept."""

    def __init__(self, units: UnitOfWorkFactory, evidence: EvidenceStore, scrub: Callable[[], Awaitable[None]]) -> None:
        """``scrub`` takes what was overwritten out of the database's own files."""
        self._units = units
        self._evidence = evidence
        self._scrub = scrub

    async def rotate(self) -> AsyncIterator[Rotated]:
        """Wrap every data key, and seal every stored secret, with the newest master key; where it stands, again and
        again, the last one when it is done. Broken off it goes on where it stopped; evidence itself is not touched.
        """
        async with self._units() as unit:
            await unit.outbox.reseal()
            await unit.second_factors.reseal()
        done = Rotated(0)
        while True:
            newly, failed, more = await self._rewrap_some(done.left)
            done = Rotated(done.rewrapped + newly, (*done.left, *failed))
            yield done
            if not more:
                return

    async def _rewrap_some(self, left: Sequence[InterviewId]) -> tuple[int, list[InterviewId], bool]:
        """(wrapped anew, those that nothing opens, whether there may be more) of the next keys beside ``left``."""
        newest, failed = self._evidence.master_key_id, list[InterviewId]()
        async with self._units() as unit:
            batch = await unit.evidence_keys.wrapped_by_others(newest, _BATCH + len(left))
            fresh = [key for key in batch if key.interview_id not in left]
            for key in fresh:
                newer = self._rewrapped(key)
                if newer is None:
                    failed.append(key.interview_id)
                else:
                    await unit.evidence_keys.rewrap(key.interview_id, newer.wrapped, newer.master_key_id)
        return len(fresh) - len(failed), failed, bool(fresh)

    def _rewrapped(self, key: EvidenceKey) -> WrappedKey | None:
        try:
            return self._evidence.rewrapped(WrappedKey(key.wrapped or b"", key.master_key_id))
        except SealBroken:
            return None

    async def erase_files(self, id_: InterviewId) -> int:
        """Delete the files of an interview whose data key was destroyed, and every copy of that key; their number.

        Called once the destruction is committed; ``EraseFiles`` of redacting and retaining. Rows, figures and digests
        stay.
        """
        await self._scrub()
        return await self._evidence.erase(id_)

    async def astray(self) -> AsyncIterator[tuple[str, str]]:
        """(interview, what is wrong) for every file without a row and everything kept that cannot be shown.

        Files are listed before rows are read, so that what is being kept meanwhile is not taken for astray. While there
        is a log of a call, its recordings are still being made.
        """
        files = await self._evidence.files()
        async with self._units(read_only=True) as unit:
            interviews = await unit.interviews.recent(_EVERY)
        listed = {(file.interview_id, file.name) for file in files}
        known: set[tuple[str, str]] = set()
        for interview in reversed(interviews):
            if interview.recording_consented and (interview.id, RECORDING_LOG) in listed:
                known |= {(interview.id, name) for name in (RECORDING_LOG, *map(piece, Role))}
            for one in await self._kept(interview):
                known |= {(interview.id, name) for name in one.names}
                problem = await self._problem(interview.id, one)
                if problem:
                    yield interview.id, f"{one.label}: {problem}"
        for file in files:
            if (file.interview_id, file.name) not in known and file.age_ms > _BEING_WRITTEN_MS:
                yield file.interview_id, f"the evidence file {file.name} belongs to nothing that is kept"

    async def _kept(self, interview: Interview) -> list[_Kept]:
        """Everything of an interview that can be shown, with the digest that its case's chain names."""
        async with self._units(read_only=True) as unit:
            key = await unit.evidence_keys.of_interview(interview.id)
            stills = await unit.stills.of_interview(interview.id)
            recordings = await unit.recordings.of_interview(interview.id)
            any_kept = stills or recordings
            entries = await unit.audit.of_verification(interview.verification_id) if any_kept else ()
        if key is None or key.wrapped is None:
            return []
        told = [entry.facts for entry in entries if entry.action in {KEPT, RECORDED}]
        digests = {facts.get("still", facts.get("recording")): facts["kept_sha256"] for facts in told}
        opens = WrappedKey(key.wrapped, key.master_key_id)
        return [
            *(_Kept(f"still {one.id}", (one.id, one.id + PREVIEW), opens, digests.get(one.id)) for one in stills),
            *(_Kept(f"recording {one.id}", (piece(one.leg),), opens, digests.get(one.id)) for one in recordings),
        ]

    async def _problem(self, id_: InterviewId, kept: _Kept) -> str:
        """Why something cannot be shown as it was kept; empty when it can."""
        try:
            found = [await self._digest(id_, name, kept.key) for name in kept.names]
        except NotFound:
            return "its file is missing"
        except SealBroken as error:
            return f"its file cannot be opened: {error.detail}"
        return "" if found[0] == kept.digest else "its file is not the one that the case's chain tells of"

    async def _digest(self, id_: InterviewId, name: str, key: WrappedKey) -> str:
        digest = hashlib.sha256()
        async for chunk in self._evidence.read(id_, name, key):
            digest.update(chunk)
        return digest.hexdigest()
