"""A proposed failure, from the first reviewer's statement to the second reviewer's word, as values and a table.

One rule: everything that happens to a proposal is a row of its own, and its state is folded from those rows; nothing is
overwritten. While the notice has not reached the freelancer, or came back, no clock runs against him. Called by
service/proposing, service/responding and service/confirming.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

from verifier.core.model import InterviewId, PersonId, ProposalId, VerificationId
from verifier.core.statement import StatementOfReasons
from verifier.errors import IllegalState, InvalidInput

RESPONSE_MAX_CHARACTERS = 10_000
RULING_MIN_CHARACTERS = 20
RULING_MAX_CHARACTERS = 5_000


class ProposalState(StrEnum):
    """Where a proposed failure stands."""

    NOTIFYING = "notifying"
    """The freelancer has not been reached: nobody can confirm anything."""
    WINDOW_OPEN = "window_open"
    TO_CONFIRM = "to_confirm"
    """Answered, or the window ran out: a second reviewer confirms or rejects."""
    CONFIRMED = "confirmed"
    REJECTED = "rejected"


class ProposalEvent(StrEnum):
    """What can happen to a proposed failure."""

    NOTICE_DELIVERED = "notice_delivered"
    NOTICE_BOUNCED = "notice_bounced"
    ANSWERED = "answered"
    ELAPSED = "elapsed"
    CONFIRMED = "confirmed"
    REJECTED = "rejected"


_S, _E = ProposalState, ProposalEvent

TRANSITIONS: dict[tuple[ProposalState, ProposalEvent], ProposalState] = {
    (_S.NOTIFYING, _E.NOTICE_DELIVERED): _S.WINDOW_OPEN,
    (_S.WINDOW_OPEN, _E.NOTICE_BOUNCED): _S.NOTIFYING,
    (_S.WINDOW_OPEN, _E.ANSWERED): _S.TO_CONFIRM,
    (_S.WINDOW_OPEN, _E.ELAPSED): _S.TO_CONFIRM,
    (_S.TO_CONFIRM, _E.NOTICE_BOUNCED): _S.NOTIFYING,
    (_S.TO_CONFIRM, _E.CONFIRMED): _S.CONFIRMED,
    (_S.NOTIFYING, _E.REJECTED): _S.REJECTED,
    (_S.WINDOW_OPEN, _E.REJECTED): _S.REJECTED,
    (_S.TO_CONFIRM, _E.REJECTED): _S.REJECTED,
}

OPEN = frozenset({_S.NOTIFYING, _S.WINDOW_OPEN, _S.TO_CONFIRM})
"""States in which nothing is decided about the proposal."""


def next_state(state: ProposalState, event: ProposalEvent) -> ProposalState:
    """The state after ``event``.

    Raises:
        IllegalState: the table has no such event in this state.
    """
    try:
        return TRANSITIONS[state, event]
    except KeyError:
        raise IllegalState(f"A proposal that is {state} cannot be {event}.") from None


@dataclass(frozen=True, slots=True)
class Proposal:
    """A reviewer's proposal that a verification has failed."""

    id: ProposalId
    verification_id: VerificationId
    interview_id: InterviewId
    number: int
    """Counts the proposals of the case from 1."""
    interviewer_id: PersonId
    proposer_id: PersonId
    at_ms: int
    statement: StatementOfReasons


class DeliveredBy(StrEnum):
    """How the notice reached the freelancer; whichever came first opens the window."""

    MAIL_ACCEPTED = "mail_accepted"
    PAGE_OPENED = "page_opened"


@dataclass(frozen=True, slots=True)
class ResponseWindow:
    """The time in which the freelancer can answer and nobody can confirm."""

    proposal_id: ProposalId
    number: int
    """Counts from 1; a bounce stops one, and the next delivery opens another, whole one."""
    opened_ms: int
    closes_ms: int
    delivered_by: DeliveredBy


@dataclass(frozen=True, slots=True)
class WindowStop:
    """A bounce: the notice had not reached him after all."""

    proposal_id: ProposalId
    number: int
    at_ms: int


@dataclass(frozen=True, slots=True)
class Response:
    """The freelancer's answer; there is one, and it closes the window."""

    proposal_id: ProposalId
    at_ms: int
    text: str

    def __post_init__(self) -> None:
        """Refuse an empty answer.

        Raises:
            InvalidInput: empty, or too long.
        """
        if not 1 <= len(self.text.strip()) <= RESPONSE_MAX_CHARACTERS:
            raise InvalidInput(f"Write 1 to {RESPONSE_MAX_CHARACTERS} characters.", field="/text")


@dataclass(frozen=True, slots=True)
class View:
    """A reviewer watched a cited stretch: measured by the server, stored when it was watched for long enough."""

    id: str
    proposal_id: ProposalId
    fact_number: int
    person_id: PersonId
    opened_ms: int
    watched_ms: int
    """Time for which the replay stood within the cited stretch, in ms."""


class RulingOutcome(StrEnum):
    """What a reviewer may decide about a conclusive call instead of a failure."""

    VERIFIED = "verified"
    NEW_INTERVIEW = "new_interview"
    ALTERNATIVE_ROUTE = "alternative_route"


@dataclass(frozen=True, slots=True)
class Ruling:
    """A reviewer's word on a conclusive call that is not all consistent, or his rejection of a proposal."""

    id: str
    verification_id: VerificationId
    interview_id: InterviewId
    person_id: PersonId
    outcome: RulingOutcome
    at_ms: int
    text: str
    """Why, in words that the freelancer reads."""
    proposal_id: ProposalId | None = None
    """The proposal that is rejected by it, if one was open."""

    def __post_init__(self) -> None:
        """Refuse a ruling without a reason.

        Raises:
            InvalidInput: the reason is too short or too long.
        """
        if not RULING_MIN_CHARACTERS <= len(self.text.strip()) <= RULING_MAX_CHARACTERS:
            raise InvalidInput(
                f"Give the reason in {RULING_MIN_CHARACTERS} to {RULING_MAX_CHARACTERS} characters.", field="/text"
            )


@dataclass(frozen=True, slots=True)
class ProposalRecord:
    """A proposal with everything that has happened to it."""

    proposal: Proposal
    windows: tuple[ResponseWindow, ...] = ()
    stops: tuple[WindowStop, ...] = ()
    response: Response | None = None
    views: tuple[View, ...] = ()
    ruling: Ruling | None = None
    confirmed_ms: int | None = None
    shown_ms: int | None = None
    """When his private page first showed it; a message that comes back afterwards stops no window."""

    @property
    def window(self) -> ResponseWindow | None:
        """The newest window that no bounce has stopped."""
        stopped = {stop.number for stop in self.stops}
        newest = max(self.windows, key=lambda each: each.number, default=None)
        return newest if newest and newest.number not in stopped else None

    @property
    def window_closed_ms(self) -> int | None:
        """When the window closed or will close: at the answer, or when it runs out; None while none is open."""
        if self.response is not None:
            return self.response.at_ms
        return self.window.closes_ms if self.window else None

    def state(self, now_ms: int) -> ProposalState:
        """Where the proposal stands at ``now_ms``, folded from its rows in the order of time."""
        state = ProposalState.NOTIFYING
        for step in sorted(self._steps(now_ms)):
            if step.at_ms <= now_ms and (state, step.event) in TRANSITIONS:
                state = TRANSITIONS[state, step.event]
        return state

    def _steps(self, now_ms: int) -> Iterable[_Step]:
        stopped = {stop.number: stop.at_ms for stop in self.stops}
        answered_ms = self.response.at_ms if self.response else None
        for window in self.windows:
            yield _Step(window.opened_ms, window.number, 0, ProposalEvent.NOTICE_DELIVERED)
            if stopped.get(window.number, window.closes_ms) >= window.closes_ms:
                yield _Step(window.closes_ms, window.number, 1, ProposalEvent.ELAPSED)
        for number, at_ms in stopped.items():
            if answered_ms is None or at_ms < answered_ms:
                yield _Step(at_ms, number, 2, ProposalEvent.NOTICE_BOUNCED)
        last = len(self.windows) + 1
        if answered_ms is not None:
            yield _Step(answered_ms, last, 0, ProposalEvent.ANSWERED)
        if self.ruling is not None:
            yield _Step(self.ruling.at_ms, last, 1, ProposalEvent.REJECTED)
        if self.confirmed_ms is not None:
            yield _Step(self.confirmed_ms, last, 2, ProposalEvent.CONFIRMED)


class _Step(NamedTuple):
    at_ms: int
    number: int
    """Of the window; what ends the proposal comes after every window. Orders steps of the same millisecond."""
    rank: int
    """Order within one window."""
    event: ProposalEvent
