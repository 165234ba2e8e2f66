"""Recording calls. One rule: nothing without consent, nothing without a key that can be destroyed, no call disturbed.

A call is recorded from the moment when both people are connected. Once it has ended its log becomes a file for each of
them; a log that a killed process left behind is found at the next start. Called by service/connecting and app/serving.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Iterator
from typing import Protocol

import structlog

from verifier.core.chain import SYSTEM
from verifier.core.model import Interview, InterviewId, InterviewState, RecordingId, Role
from verifier.core.recording import Muxed, Recording
from verifier.errors import IllegalState, NotFound, SealBroken, VerifierError
from verifier.ports import Clock, Entropy, EvidenceStore, MediaEngine, UnitOfWorkFactory
from verifier.ports.evidence import WrappedKey
from verifier.ports.recording import RECORDING_LOG, Mux, RecordingBlocks, RecordingStore
from verifier.service.calls import Calls, LiveCall
from verifier.service.chronicling import chronicle
from verifier.service.data_keys import data_key, opens
from verifier.service.telling import Telling

_log = structlog.get_logger(__name__)

RECORDED = "recording.kept"
"""Action of the chain's entry that names a recording's digest."""

LOGGED = "recording"
"""Kind of the call's log entry by which both pages know that they are recorded, also after they were loaded anew."""


class KeptStore(EvidenceStore, RecordingStore, Protocol):
    """Evidence and recordings in one place."""


def piece(leg: Role) -> str:
    """Name of a participant's recording among the evidence of a call; made again it takes its own place."""
    return f"recording_{leg}"


class Recordings:
    """Begins recordings, and makes what is kept of them."""

    def __init__(
        self,
        units: UnitOfWorkFactory,
        clock: Clock,
        entropy: Entropy,
        media: MediaEngine,
        calls: Calls,
        telling: Telling,
        store: KeptStore,
        mux: Mux,
    ) -> None:
        self._units = units
        self._clock = clock
        self._entropy = entropy
        self._media = media
        self._calls = calls
        self._telling = telling
        self._store = store
        self._mux = mux
        self._left: set[InterviewId] | None = None
        """Calls whose log became no recording yet; None before the folders were looked through."""

    async def begin(self, call: LiveCall) -> None:
        """Record this call from now on, if the freelancer agreed, and show it to both; the caller holds its lock.

        That it cannot be recorded is logged and never ends a call.
        """
        id_ = call.interview.id
        if not call.interview.recording_consented:
            return
        try:
            key = await data_key(self._units, self._clock, self._store, id_)
            sink = self._store.begin(id_, key)
            async with self._units() as unit:
                entry = await unit.log.append(id_, self._clock.now_ms(), LOGGED, None, {"state": "began"})
        except VerifierError as error:
            _log.error("call_not_recorded", interview=id_, code=error.public_code, detail=error.detail)
            return
        self._media.record(id_, sink)
        self._telling.entries(call, entry)
        if self._left is not None:
            self._left.add(id_)

    async def tick(self) -> None:
        """Make the recordings of every call that has ended; one that fails is tried again at the next start."""
        if self._left is None:
            files = await self._store.files()
            self._left = {file.interview_id for file in files if file.name == RECORDING_LOG}
            self._left |= {call.interview.id for call in self._calls.all() if call.interview.recording_consented}
        live = {call.interview.id for call in self._calls.all()}
        for id_ in sorted(self._left - live):
            self._left.discard(id_)
            try:
                await self._finish(id_)
            except VerifierError as error:
                _log.error("recording_not_made", interview=id_, code=error.public_code, detail=error.detail)

    async def _finish(self, id_: InterviewId) -> None:
        async with self._units(read_only=True) as unit:
            interview = await unit.interviews.get(id_)
            stored, kept = await unit.evidence_keys.of_interview(id_), await unit.recordings.of_interview(id_)
        if interview.state is not InterviewState.ENDED:
            return
        try:
            key = opens(stored)
        except IllegalState:
            await self._store.discard(id_, RECORDING_LOG)
            return
        done = {one.leg for one in kept}
        made = [await self._made(interview, leg, key) for leg in Role if leg not in done]
        await self._keep(interview, [one for one in made if one is not None])

    async def _keep(self, interview: Interview, made: list[Recording]) -> None:
        """The rows, and in one transaction with them the chain's entries; then the log goes."""
        async with self._units() as unit:
            stored = await unit.evidence_keys.of_interview(interview.id)
            erased = stored is None or stored.wrapped is None
            for one in made if not erased else ():
                await unit.recordings.add(one)
                facts = {"recording": one.id, "interview": one.interview_id, "leg": one.leg, "kept_sha256": one.sha256}
                await chronicle(unit, interview.verification_id, self._clock, RECORDED, SYSTEM, **facts)
        gone = [piece(one.leg) for one in made] if erased else []
        await self._store.discard(interview.id, RECORDING_LOG, *gone)

    async def _made(self, interview: Interview, leg: Role, key: WrappedKey) -> Recording | None:
        id_ = interview.id
        try:
            muxed, size, whole = await asyncio.to_thread(self._write, id_, leg, key)
        except NotFound:
            return None
        if muxed is None:
            await self._store.discard(id_, piece(leg))
            return None
        digest = hashlib.sha256()
        async for chunk in self._store.read(id_, piece(leg), key):
            digest.update(chunk)
        return Recording(
            id=RecordingId(self._entropy.new_id("rec")),
            interview_id=id_,
            leg=leg,
            begin_ms=muxed.begin_ms,
            duration_ms=muxed.duration_ms,
            size_bytes=size,
            sha256=digest.hexdigest(),
            whole=whole,
            audio=muxed.audio,
            video=muxed.video,
            made_ms=self._clock.now_ms(),
        )

    def _write(self, id_: InterviewId, leg: Role, key: WrappedKey) -> tuple[Muxed | None, int, bool]:
        """(what was written, bytes, whether the log is whole); in a thread."""
        logs: list[_Proven] = []

        def blocks() -> _Proven:
            logs.append(_Proven(id_, self._store.blocks(id_, key)))
            return logs[-1]

        with self._store.writing(id_, piece(leg), key) as out:
            muxed = self._mux(blocks, leg, out)
            size = out.seek(0, 2)
        return muxed, size, logs[-1].whole


class _Proven:
    """The blocks of a log as far as they are what was written."""

    def __init__(self, id_: InterviewId, blocks: RecordingBlocks) -> None:
        self._id, self._blocks = id_, blocks
        self.whole = False

    def __iter__(self) -> Iterator[bytes]:
        try:
            yield from self._blocks
        except SealBroken as error:
            _log.error("recording_damaged", interview=self._id, detail=error.detail)
            return
        self.whole = self._blocks.ended
