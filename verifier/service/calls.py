"""The calls that are going on in this process. One rule: everything here can be lost without losing a fact.

A ``LiveCall`` mirrors what is stored plus what only matters while the call runs (connections, unsent samples, the
rows of the last seconds). Commands on one call are serialised by its lock.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TypeVar

from verifier.core.evidence import Still, StillKind
from verifier.core.model import (
    EndCause,
    Flag,
    Interview,
    InterviewId,
    ItemRun,
    PersonId,
    PlannedItem,
    Role,
    RunId,
    StillId,
    Verification,
    VerificationId,
)
from verifier.core.samples import BrowserSample, ConnectionState, FrameSample, InterviewRows, ServerSample
from verifier.errors import NotFound

_Row = TypeVar("_Row")


def interview_topic(id_: InterviewId, role: Role) -> str:
    """Bus topic of one side of a call."""
    return f"interview:{id_}:{role}"


def verification_topic(id_: VerificationId) -> str:
    """Bus topic of a freelancer in the waiting room."""
    return f"verification:{id_}"


class CaptureState(StrEnum):
    """What has become of a still that was asked for."""

    ASKED = "asked"
    TAKEN = "taken"
    """The page has it and sends it."""
    KEPT = "kept"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Capture:
    """A still that was asked for in this call."""

    id: StillId
    run_id: RunId
    item_key: str
    kind: StillKind
    at_ms: int
    state: CaptureState = CaptureState.ASKED
    usable: bool | None = None
    problems: tuple[str, ...] = ()
    turn: asyncio.Lock = field(default_factory=asyncio.Lock)
    """One upload at a time; the same lock through every change of this capture."""

    @property
    def pending(self) -> bool:
        """Whether the picture may still come."""
        return self.state in {CaptureState.ASKED, CaptureState.TAKEN}


@dataclass(slots=True)
class RecentRows:
    """The rows of one call so far, in the order they came."""

    server: list[ServerSample] = field(default_factory=list)
    browser: list[BrowserSample] = field(default_factory=list)
    frames: list[FrameSample] = field(default_factory=list)
    stills: list[Still] = field(default_factory=list)

    def before(self, row: ServerSample) -> ServerSample | None:
        """The same leg's row before this one."""
        earlier = (one for one in reversed(self.server) if one.leg is row.leg and one.sequence < row.sequence)
        return next(earlier, None)

    def since(self, ms: int) -> InterviewRows:
        """Rows taken or received at or after ``ms``, and every still: there are few."""
        return InterviewRows(
            server=_tail(self.server, lambda row: row.at_ms >= ms),
            browser=_tail(self.browser, lambda row: row.received_ms >= ms),
            frames=_tail(self.frames, lambda row: row.at_ms >= ms),
            stills=tuple(self.stills),
        )


@dataclass(slots=True)
class LiveCall:
    """One call from the moment it is taken until it has been concluded."""

    interview: Interview
    verification: Verification
    interviewer_pseudonym: str
    plan: tuple[PlannedItem, ...]
    runs: list[ItemRun] = field(default_factory=list)
    flags: list[Flag] = field(default_factory=list)
    settled: dict[str, tuple[bool, tuple[str, ...]]] = field(default_factory=dict)
    """Run id to (would be admissible, reasons), once the padded window of an ended run is covered by rows."""
    rows: RecentRows = field(default_factory=RecentRows)
    unsaved_browser: list[BrowserSample] = field(default_factory=list)
    unreached: set[Role] = field(default_factory=set)
    """Sides that wait for their media because of us: no relay that works, or no port left."""
    connections: dict[Role, ConnectionState] = field(default_factory=dict)
    generations: dict[Role, int] = field(default_factory=dict)
    broken_since_ms: int | None = None
    degraded_ticks: int = 0
    completing_since_ms: int | None = None
    """Set when the interviewer has completed the checklist: the last windows are still being covered."""
    ended_by: EndCause | None = None
    ended_ms: int = 0
    """When that was, also when it can be stored only later."""
    captures: dict[StillId, Capture] = field(default_factory=dict)
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)

    @property
    def open_run(self) -> ItemRun | None:
        """The asking that is going on."""
        return next((run for run in reversed(self.runs) if run.ended_ms is None), None)

    def not_reached(self, role: Role) -> None:
        """Note that a side waits because of us; a side that is connected does not wait."""
        if self.connections.get(role) is not ConnectionState.CONNECTED:
            self.unreached.add(role)

    def require_going_on(self) -> None:
        """Pass while nobody has begun to end the call; asked with its lock held, for its end may have held the lock.

        Raises:
            NotFound: it is over.
        """
        if self.ended_by is not None:
            raise NotFound("This interview is over.")

    def item(self, key: str) -> PlannedItem:
        """The planned item with ``key``.

        Raises:
            NotFound: it is not on this interview's checklist.
        """
        for item in self.plan:
            if item.key == key:
                return item
        raise NotFound("This question is not on the checklist of this interview.")

    def replace_run(self, run: ItemRun) -> None:
        """Put the ended version of a run in the place of the open one."""
        self.runs = [run if old.id == run.id else old for old in self.runs]

    def topics(self) -> tuple[str, str]:
        """Bus topics of both sides."""
        return interview_topic(self.interview.id, Role.FREELANCER), interview_topic(self.interview.id, Role.INTERVIEWER)


class Calls:
    """Registry of the live calls and of who is present in the waiting room."""

    def __init__(self) -> None:
        self._calls: dict[InterviewId, LiveCall] = {}
        self._waiting: dict[VerificationId, int] = {}
        self._interviewers: dict[PersonId, int] = {}

    def add(self, call: LiveCall) -> None:
        """Start keeping a call."""
        self._calls[call.interview.id] = call

    def remove(self, id_: InterviewId) -> None:
        """Forget a concluded call."""
        self._calls.pop(id_, None)

    def get(self, id_: InterviewId) -> LiveCall:
        """The live call with this id.

        Raises:
            NotFound: it is over, or not carried by this process.
        """
        try:
            return self._calls[id_]
        except KeyError:
            raise NotFound("This interview is over.") from None

    def all(self) -> tuple[LiveCall, ...]:
        """Every live call."""
        return tuple(self._calls.values())

    def of_person(self, id_: PersonId) -> LiveCall | None:
        """The call this interviewer is in."""
        return next((call for call in self._calls.values() if call.interview.interviewer_id == id_), None)

    def of_verification(self, id_: VerificationId) -> LiveCall | None:
        """The call of this case."""
        return next((call for call in self._calls.values() if call.verification.id == id_), None)

    def freelancer_arrived(self, id_: VerificationId) -> None:
        """One more socket of this freelancer is in the waiting room."""
        self._waiting[id_] = self._waiting.get(id_, 0) + 1

    def freelancer_went(self, id_: VerificationId) -> None:
        """One socket fewer."""
        left = self._waiting.get(id_, 0) - 1
        if left > 0:
            self._waiting[id_] = left
        else:
            self._waiting.pop(id_, None)

    def is_waiting(self, id_: VerificationId) -> bool:
        """Whether the freelancer's waiting room is open right now."""
        return id_ in self._waiting

    def interviewer_seen(self, id_: PersonId, now_ms: int) -> None:
        """The interviewer's queue page is open (it asks every few seconds)."""
        self._interviewers[id_] = now_ms

    def interviewers_present(self, now_ms: int) -> int:
        """Interviewers whose queue page asked within the last 15 s or who are in a call."""
        recent = {person for person, seen in self._interviewers.items() if now_ms - seen <= 15_000}
        return len(recent | {call.interview.interviewer_id for call in self._calls.values()})


def _tail(rows: Sequence[_Row], wanted: Callable[[_Row], bool]) -> tuple[_Row, ...]:
    """The longest end of ``rows`` in which every row is wanted."""
    index = len(rows)
    while index and wanted(rows[index - 1]):
        index -= 1
    return tuple(rows[index:])
