"""What people say and press during a call: runs, answers, codes, flags, chat, the end.

One rule: stored before it is shown. Every verb takes the interview and the role of the sender; the role was bound to
the socket by its ticket.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from verifier.core import checklist
from verifier.core.checklist_view import checklist_for
from verifier.core.interview import CONVERSATION_STATES
from verifier.core.messages import FLAG_RAISERS, ServerMessage, Welcome
from verifier.core.model import (
    Answer,
    EndCause,
    Flag,
    FlagId,
    FlagKind,
    InterviewId,
    ItemKind,
    ItemRun,
    LogEntry,
    Role,
    RunId,
)
from verifier.errors import Conflict, IllegalState, InvalidInput, NotAllowed
from verifier.ports import Clock, Entropy, UnitOfWork, UnitOfWorkFactory
from verifier.service.calls import Calls, LiveCall
from verifier.service.concluding import Concluding
from verifier.service.telling import Telling, log_message, stills_for, visible_to


class Interviewing:
    """The verbs of a live call."""

    def __init__(
        self,
        units: UnitOfWorkFactory,
        clock: Clock,
        entropy: Entropy,
        calls: Calls,
        telling: Telling,
        concluding: Concluding,
    ) -> None:
        self._units = units
        self._clock = clock
        self._entropy = entropy
        self._calls = calls
        self._telling = telling
        self._concluding = concluding

    async def attach(self, id_: InterviewId, role: Role, last_sequence: int) -> tuple[ServerMessage, ...]:
        """Everything a page needs after it has connected: welcome, the log it missed, the checklist, the stills.

        Raises:
            NotFound: the interview is over.
        """
        call = self._calls.get(id_)
        async with self._units(read_only=True) as unit:
            entries = await unit.log.since(id_, 0)
        peer = call.interviewer_pseudonym if role is Role.FREELANCER else call.verification.legal_name
        welcome = Welcome(role, call.interview.state, id_, peer, entries[-1].sequence if entries else 0)
        missed = tuple(
            log_message(entry) for entry in entries if entry.sequence > last_sequence and visible_to(role, entry)
        )
        view = checklist_for(role, call.interview.seed, call.plan, call.runs, call.settled)
        return welcome, *missed, view, *stills_for(role, call)

    async def start_run(self, id_: InterviewId, item_key: str) -> None:
        """Ask an item (again). An open run is ended without an answer.

        Raises:
            IllegalState: nobody is connected to both sides.
            NotFound: the item is not on the checklist.
        """
        call = self._calls.get(id_)
        async with call.lock:
            self._require_conversation(call)
            item, now_ms = call.item(item_key), self._clock.now_ms()
            number = 1 + sum(1 for run in call.runs if run.item_key == item.key)
            run = ItemRun(RunId(self._entropy.new_id("run")), id_, item.key, number, now_ms)
            async with self._units() as unit:
                ended = await self._end_open_run(unit, call, now_ms)
                await unit.runs.add(run)
                entry = await self._log(unit, call, now_ms, "run", Role.INTERVIEWER, _run_body(run))
            if ended:
                call.replace_run(ended)
            call.runs.append(run)
            self._telling.entries(call, entry)
            self._telling.checklist(call)

    async def answer_run(self, id_: InterviewId, run_id: str, answer: Answer) -> None:
        """End the open run with an answer.

        Raises:
            Conflict: that run is not the open one.
            IllegalState: a comprehension item is answered by its code alone.
        """
        call = self._calls.get(id_)
        async with call.lock:
            self._require_conversation(call)
            run = self._open_run(call, run_id)
            if call.item(run.item_key).kind is ItemKind.COMPREHENSION and answer is not Answer.NOT_HEARD:
                raise IllegalState("This check is answered by typing the code.")
            await self._end_run(call, run, answer, None, Role.INTERVIEWER)

    async def type_code(self, id_: InterviewId, role: Role, run_id: str, typed: str) -> None:
        """End a comprehension run with the digits that the hearing side typed; the comparison is the answer.

        Raises:
            Conflict: that run is not the open one.
            IllegalState: the open item has no code.
            NotAllowed: the other side types this code.
        """
        call = self._calls.get(id_)
        async with call.lock:
            self._require_conversation(call)
            run = self._open_run(call, run_id)
            item = call.item(run.item_key)
            if item.kind is not ItemKind.COMPREHENSION:
                raise IllegalState("This question has no code to type.")
            if checklist.hearing_side(item) is not role:
                raise NotAllowed("The other side types this code.")
            answer = checklist.code_answer(call.interview.seed, item.key, run.number, typed)
            await self._end_run(call, run, answer, typed, role)

    async def raise_flag(self, id_: InterviewId, role: Role, kind: FlagKind, note: str) -> None:
        """ "I can't hear / understand" from either side, or a fraud flag from the interviewer.

        A completed checklist still takes flags until the call is judged: the last asking's padding lies there.

        Raises:
            NotAllowed: this side may not raise this kind.
            IllegalState: nobody has been connected to both sides yet.
            NotFound: the call is over.
        """
        if role not in FLAG_RAISERS[kind]:
            raise NotAllowed("This flag cannot be raised here.")
        call = self._calls.get(id_)
        async with call.lock:
            self._require_connected(call)
            flag = Flag(FlagId(self._entropy.new_id("flg")), id_, kind, self._clock.now_ms(), role, note)
            async with self._units() as unit:
                await unit.flags.add(flag)
                body: Mapping[str, object] = {"kind": kind, "note": note}
                entry = await self._log(unit, call, flag.at_ms, "flag", role, body)
            call.flags.append(flag)
            self._telling.entries(call, entry)

    async def chat(self, id_: InterviewId, role: Role, text: str) -> None:
        """A line of text for both sides.

        Raises:
            InvalidInput: nothing but white space.
            NotFound: the call is over.
        """
        if not text.strip():
            raise InvalidInput("Please write something first.", field="text")
        call = self._calls.get(id_)
        async with call.lock:
            call.require_going_on()
            async with self._units() as unit:
                entry = await self._log(unit, call, self._clock.now_ms(), "chat", role, {"text": text.strip()})
            self._telling.entries(call, entry)

    async def complete(self, id_: InterviewId) -> None:
        """The interviewer is done; the call ends as soon as the last asked second has been measured."""
        call = self._calls.get(id_)
        async with call.lock:
            self._require_conversation(call)
            now_ms = self._clock.now_ms()
            async with self._units() as unit:
                ended = await self._end_open_run(unit, call, now_ms)
            if ended:
                call.replace_run(ended)
            if call.completing_since_ms is None:
                call.completing_since_ms = now_ms

    async def abort(self, id_: InterviewId) -> None:
        """Either side stops because of the connection; the interview is over and inconclusive if items are missing."""
        call = self._calls.get(id_)
        async with call.lock:
            await self._concluding.conclude(call, EndCause.QUALITY_ABORT)

    async def leave(self, id_: InterviewId, role: Role) -> None:
        """Either side leaves the call for good."""
        call = self._calls.get(id_)
        cause = EndCause.FREELANCER_LEFT if role is Role.FREELANCER else EndCause.INTERVIEWER_LEFT
        async with call.lock:
            await self._concluding.conclude(call, cause)

    def _require_conversation(self, call: LiveCall) -> None:
        self._require_connected(call)
        if call.completing_since_ms is not None:
            raise IllegalState("The checklist has been completed already.")

    def _require_connected(self, call: LiveCall) -> None:
        call.require_going_on()
        if call.interview.state not in CONVERSATION_STATES:
            raise IllegalState("This can be done only while both sides are in the call.")

    def _open_run(self, call: LiveCall, run_id: str) -> ItemRun:
        run = call.open_run
        if run is None or run.id != run_id:
            raise Conflict("This question is not being asked any more.")
        return run

    async def _end_run(self, call: LiveCall, run: ItemRun, answer: Answer, typed: str | None, by: Role) -> None:
        now_ms = self._clock.now_ms()
        ended = replace(run, ended_ms=now_ms, answer=answer, typed=typed)
        async with self._units() as unit:
            await unit.runs.end(ended)
            entry = await self._log(unit, call, now_ms, "run", by, _run_body(ended))
        call.replace_run(ended)
        self._telling.entries(call, entry)
        self._telling.checklist(call)

    async def _end_open_run(self, unit: UnitOfWork, call: LiveCall, now_ms: int) -> ItemRun | None:
        run = call.open_run
        if run is None:
            return None
        ended = replace(run, ended_ms=now_ms)
        await unit.runs.end(ended)
        return ended

    async def _log(
        self, unit: UnitOfWork, call: LiveCall, at_ms: int, kind: str, by: Role, body: Mapping[str, object]
    ) -> LogEntry:
        return await unit.log.append(call.interview.id, at_ms, kind, by, body)


def _run_body(run: ItemRun) -> dict[str, object]:
    """What both sides may know of a run: never the answer, which is the interviewer's note."""
    return {"run_id": run.id, "item_key": run.item_key, "number": run.number, "ended": run.ended_ms is not None}
