"""What one mail says, before it has words. One rule: read from stored rows when the mail is sent, never kept.

Made by service/noticing, put into words by wording/letters, sent by delivery/mail_worker. What was overtaken meanwhile
is not said any more, so no two messages contradict each other.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TypeAlias

from verifier.core.appeal import AppealOutcome
from verifier.core.clocks import ClockKind
from verifier.core.model import Result
from verifier.core.notice import Notice
from verifier.core.proposal import RulingOutcome
from verifier.core.statement import Ground


@dataclass(frozen=True, slots=True)
class Proposed:
    """A failure is proposed and nothing is decided."""

    ground: Ground
    window_ms: int
    """How long he can answer, counted from the delivery."""
    answer_until_ms: int
    """The end of the window that runs, or the earliest end of one that opens with this message."""


@dataclass(frozen=True, slots=True)
class Answered:
    """His answer to a proposal has arrived."""

    at_ms: int
    confirm_until_ms: int


@dataclass(frozen=True, slots=True)
class Rejected:
    """The proposal was not confirmed."""

    outcome: RulingOutcome


@dataclass(frozen=True, slots=True)
class Ruled:
    """A reviewer ordered another call or another way, and nothing was proposed."""

    outcome: RulingOutcome
    """Never ``VERIFIED``: that is told as a decision."""


@dataclass(frozen=True, slots=True)
class Decided:
    """The current decision version, whichever this message was written about."""

    version: int
    result: Result
    ground: Ground | None
    """Of a failure."""
    appeal_until_ms: int | None
    """Earliest end of the time for an appeal; None where there is nothing to appeal."""

    @property
    def replaces(self) -> bool:
        """Whether an earlier version was told before."""
        return self.version > 1


@dataclass(frozen=True, slots=True)
class Appealed:
    """His appeal has arrived."""

    at_ms: int
    answer_until_ms: int


@dataclass(frozen=True, slots=True)
class AppealClosed:
    """His appeal was answered."""

    outcome: AppealOutcome


@dataclass(frozen=True, slots=True)
class Breached:
    """A promise ran out; to staff."""

    case: str
    """The platform's own id of it."""
    clock: ClockKind
    due_ms: int


@dataclass(frozen=True, slots=True)
class Contradicted:
    """The platform suspended an account, and no decision supports that; to staff."""

    case: str
    reported_ms: int


@dataclass(frozen=True, slots=True)
class Disowned:
    """Somebody says that a message was not for them; to staff."""

    case: str


Facts: TypeAlias = (
    Proposed | Answered | Rejected | Ruled | Decided | Appealed | AppealClosed | Breached | Contradicted | Disowned
)


@dataclass(frozen=True, slots=True)
class Letter:
    """One notice at the moment of sending: to whom, in which language and zone, about what, with which links."""

    notice: Notice
    address: str = field(repr=False)
    name: str = field(repr=False)
    language: str
    """BCP 47 tag that the reader asked for."""
    time_zone: str
    facts: Facts
    page_url: str = field(repr=False)
    """His private page, with a token of its own in the fragment; for staff the staff pages, without one."""
    not_me_url: str = field(default="", repr=False)
    """Where to say "this wasn't me"; empty where that makes no sense."""
    test: bool = False
    """Of a test case: marked as such."""
