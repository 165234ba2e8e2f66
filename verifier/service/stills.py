"""Stills: the interviewer asks for one, the freelancer's browser takes and sends it, here it is judged and kept.

One rule: encrypted on the disk before the row, the row before anybody is told. A still id works once, for the
freelancer of that call, until the call ends; the same bytes may come any number of times, since an acknowledgement can
be lost.
"""

from __future__ import annotations

import asyncio
import hashlib
from dataclasses import replace

from verifier.core.chain import FREELANCER
from verifier.core.checklist import still_of
from verifier.core.evidence import Still
from verifier.core.messages import STILL_FAILURES, TakeStill
from verifier.core.model import InterviewId, LogEntry, Role, StillId, VerificationId
from verifier.core.policy import PolicyBook
from verifier.core.principal import FreelancerPrincipal
from verifier.core.quality.still import problems_of
from verifier.errors import CallerError, Conflict, IllegalState, InvalidInput, NotFound
from verifier.ports import Clock, Entropy, EvidenceStore, ImageDecoder, OpenedPicture, UnitOfWork, UnitOfWorkFactory
from verifier.service.calls import Calls, Capture, CaptureState, LiveCall
from verifier.service.chronicling import chronicle
from verifier.service.data_keys import data_key
from verifier.service.telling import Telling, still_status

MOST_PER_ASKING = 12
"""More pictures of one thing help nobody; each takes space and the freelancer's uplink."""
KEPT = "evidence.kept"
"""Action of the chain's entry that names a still's digests: of what was sent and of what was kept of it."""
PREVIEW = "_preview"
"""Follows a still's id in the name of its small picture."""


class Stills:
    """The verbs around stills."""

    def __init__(
        self,
        units: UnitOfWorkFactory,
        clock: Clock,
        entropy: Entropy,
        calls: Calls,
        telling: Telling,
        evidence: EvidenceStore,
        decoder: ImageDecoder,
        policies: PolicyBook,
    ) -> None:
        self._units = units
        self._clock = clock
        self._entropy = entropy
        self._calls = calls
        self._telling = telling
        self._evidence = evidence
        self._decoder = decoder
        self._policies = policies

    async def ask(self, id_: InterviewId, run_id: str) -> None:
        """The interviewer wants a still of what the open run asks for; the freelancer's page is told to take it.

        Raises:
            Conflict: that run is not the open one.
            IllegalState: its item needs no still, or there are enough of them.
            NotFound: the call is over.
        """
        call = self._calls.get(id_)
        async with call.lock:
            call.require_going_on()
            run = call.open_run
            if run is None or run.id != run_id:
                raise Conflict("This question is not being asked any more.")
            kind = still_of(call.item(run.item_key))
            if kind is None:
                raise IllegalState("A picture can be taken only while a document or a face is asked for.")
            if sum(one.run_id == run.id for one in call.captures.values()) >= MOST_PER_ASKING:
                raise IllegalState("There are enough pictures of this. Ask the question again if you need another one.")
            now_ms = self._clock.now_ms()
            capture = Capture(StillId(self._entropy.new_id("sti")), run.id, run.item_key, kind, now_ms)
            await self._change(call, capture, Role.INTERVIEWER)
            self._telling.send(call, TakeStill(capture.id, kind), Role.FREELANCER)

    async def taken(self, id_: InterviewId, still_id: str) -> None:
        """The freelancer's page has the picture and sends it. Raises NotFound when it was not asked for."""
        call = self._calls.get(id_)
        async with call.lock:
            capture = _capture(call, still_id)
            if capture.state is CaptureState.ASKED:
                call.captures[capture.id] = taken = replace(capture, state=CaptureState.TAKEN)
                self._telling.send(call, still_status(taken))

    async def failed(self, id_: InterviewId, still_id: str, problem: str) -> None:
        """The freelancer's page has no picture to give; one that was kept stays.

        Raises:
            InvalidInput: no reason that we know.
            NotFound: it was not asked for, or the call is over.
        """
        if problem not in STILL_FAILURES:
            raise InvalidInput("This is no reason for a missing picture.", field="problem")
        call = self._calls.get(id_)
        async with call.lock:
            call.require_going_on()
            capture = _capture(call, still_id)
            if capture.pending:
                await self._change(
                    call, replace(capture, state=CaptureState.FAILED, problems=(problem,)), Role.FREELANCER
                )

    async def receive(self, principal: FreelancerPrincipal, still_id: str, sha256: str, sent: bytes) -> Still:
        """Keep what the freelancer's page sent; the same bytes again are acknowledged again.

        Args:
            principal: whose session sends it.
            still_id: from ``TakeStill``.
            sha256: what the page says it sends, 64 hexadecimal digits.
            sent: what came.

        Raises:
            InvalidInput: not what the page says it sent, or no picture that can be opened.
            TooLarge: more bytes or pixels than a still may have.
            NotFound: not asked for here, or the call is over.
            Conflict: another picture was kept under this id, or it was given up.
        """
        kept = await self._kept(principal.verification_id, StillId(still_id), sha256)
        if kept is not None:
            return kept
        call = self._calls.of_verification(principal.verification_id)
        if call is None:
            raise NotFound("This picture is not asked for any more: the call is over.")
        capture = _capture(call, still_id)
        async with capture.turn:
            kept = await self._kept(principal.verification_id, capture.id, sha256)
            if kept is not None:
                return kept
            if not _capture(call, still_id).pending:
                raise Conflict("This picture was given up. The interviewer can ask for another one.")
            if (await asyncio.to_thread(hashlib.sha256, sent)).hexdigest() != sha256:
                raise InvalidInput("The picture changed on its way. Please send it again.", field="content-digest")
            return await self._keep(call, capture, sha256, sent)

    async def _kept(self, case: VerificationId, id_: StillId, sha256: str) -> Still | None:
        async with self._units(read_only=True) as unit:
            try:
                still = await unit.stills.get(id_)
            except NotFound:
                return None
            if (await unit.interviews.get(still.interview_id)).verification_id != case:
                raise NotFound("This picture is not asked for.")
        if still.sha256 != sha256:
            raise Conflict("Another picture was kept under this id.")
        return still

    async def _keep(self, call: LiveCall, capture: Capture, sha256: str, sent: bytes) -> Still:
        opened = await self._decoder.open(sent, capture.kind)
        still, id_ = self._still(call, capture, sha256, len(sent), opened), call.interview.id
        key = await data_key(self._units, self._clock, self._evidence, id_)
        await self._evidence.write(id_, still.id, key, opened.content)
        await self._evidence.write(id_, still.id + PREVIEW, key, opened.preview)
        try:
            await self._store(call, capture, still, hashlib.sha256(opened.content).hexdigest())
        except CallerError:
            # Refused before anything was stored. After any other error the row may be there: its picture must stay.
            await self._evidence.discard(id_, still.id, still.id + PREVIEW)
            raise
        return still

    async def _store(self, call: LiveCall, capture: Capture, still: Still, kept_sha256: str) -> None:
        facts = {"still": still.id, "interview": still.interview_id, "sha256": still.sha256, "kept_sha256": kept_sha256}
        async with call.lock:
            call.require_going_on()
            done = replace(capture, state=CaptureState.KEPT, usable=still.usable, problems=still.problems)
            async with self._units() as unit:
                await unit.stills.add(still)
                await chronicle(unit, call.verification.id, self._clock, KEPT, FREELANCER, **facts)
                entry = await self._entry(unit, call, done, Role.FREELANCER)
            call.captures[done.id] = done
            call.rows.stills.append(still)
            call.settled.pop(still.run_id, None)
            self._telling.entries(call, entry)
            self._telling.send(call, still_status(done))

    def _still(self, call: LiveCall, capture: Capture, sha256: str, size_bytes: int, opened: OpenedPicture) -> Still:
        measure = opened.measure
        problems = problems_of(capture.kind, measure, self._policies.pinned(call.interview.policy_version))
        return Still(
            id=capture.id,
            interview_id=call.interview.id,
            run_id=capture.run_id,
            item_key=capture.item_key,
            kind=capture.kind,
            at_ms=capture.at_ms,
            sha256=sha256,
            size_bytes=size_bytes,
            media_type=opened.media_type,
            width=opened.width,
            height=opened.height,
            mean_luma=measure.mean_luma,
            glare_share=measure.glare_share,
            sharpness=measure.sharpness,
            card_width_px=measure.card_width_px,
            usable=not problems,
            problems=problems,
        )

    async def _change(self, call: LiveCall, capture: Capture, by: Role) -> None:
        """Log what a still has become, remember it and tell both sides; the caller holds the call's lock."""
        async with self._units() as unit:
            entry = await self._entry(unit, call, capture, by)
        call.captures[capture.id] = capture
        self._telling.entries(call, entry)
        self._telling.send(call, still_status(capture))

    async def _entry(self, unit: UnitOfWork, call: LiveCall, capture: Capture, by: Role) -> LogEntry:
        body: dict[str, object] = {"still_id": capture.id, "kind": capture.kind, "state": capture.state}
        return await unit.log.append(call.interview.id, self._clock.now_ms(), "still", by, body)


def _capture(call: LiveCall, still_id: str) -> Capture:
    try:
        return call.captures[StillId(still_id)]
    except KeyError:
        raise NotFound("This picture is not asked for.") from None
