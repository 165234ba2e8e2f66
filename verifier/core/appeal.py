"""Appeals as values and a table. One rule: an appeal ends only with an answer of its own by somebody uninvolved.

An appeal is opened by private link and acknowledged at once. Nothing but an answer closes it: no time-out, no
administrator, no other event. Called by service/appealing.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection
from dataclasses import dataclass
from enum import StrEnum

from verifier.core.model import AppealId, PersonId, Result, VerificationId
from verifier.errors import IllegalState, InvalidInput, NotAllowed

APPEAL_MIN_CHARACTERS = 1
APPEAL_MAX_CHARACTERS = 10_000
ANSWER_MIN_CHARACTERS = 80
"""An answer that takes up what somebody wrote needs at least a sentence or two."""
ANSWER_MAX_CHARACTERS = 10_000

APPEALABLE = frozenset({Result.FAILED, Result.INCONCLUSIVE})
"""Results that can be appealed against; nobody is wronged by ``verified``."""


class AppealState(StrEnum):
    """Where an appeal stands."""

    OPEN = "open"
    ANSWERED = "answered"


class AppealEvent(StrEnum):
    """What can happen to an appeal."""

    ANSWERED = "answered"


TRANSITIONS: dict[tuple[AppealState, AppealEvent], AppealState] = {
    (AppealState.OPEN, AppealEvent.ANSWERED): AppealState.ANSWERED,
}


def next_state(state: AppealState, event: AppealEvent) -> AppealState:
    """The state after ``event``.

    Raises:
        IllegalState: the table has no such event in this state.
    """
    try:
        return TRANSITIONS[state, event]
    except KeyError:
        raise IllegalState(f"An appeal that is {state} cannot be {event}.") from None


class AppealOutcome(StrEnum):
    """What became of an appeal."""

    UPHELD = "upheld"
    """The decision stands."""
    OVERTURNED = "overturned"
    """The decision is replaced by the next version, verified."""
    NEW_INTERVIEW = "new_interview"
    """The decision is taken back and the freelancer may be interviewed again."""


class Hindrance(StrEnum):
    """Why an outcome is not on offer; each has a sentence in ``SENTENCES``."""

    INCONCLUSIVE = "inconclusive"
    FRAUD_FLAG = "fraud_flag"
    OTHER_CASE = "other_case"


SENTENCES: dict[Hindrance, str] = {
    Hindrance.INCONCLUSIVE: "An inconclusive interview cannot become verified. Offer a new interview.",
    Hindrance.FRAUD_FLAG: "A fraud flag of this interview is open. A reviewer resolves it before anybody is verified.",
    Hindrance.OTHER_CASE: "Another verification of this freelancer is open. There is one at a time.",
}


def hindrance(outcome: AppealOutcome, *, conclusive: bool, fraud_flagged: bool, other_case: bool) -> Hindrance | None:
    """Why the rules do not allow this outcome; None when they do. A decision can always be upheld.

    Args:
        outcome: what would become of the appeal.
        conclusive: the assessment of the interview that was decided, derived again.
        fraud_flagged: that interview has a fraud flag that nobody has resolved.
        other_case: another verification with the same external id is open.
    """
    match outcome:
        case AppealOutcome.UPHELD:
            return None
        case AppealOutcome.OVERTURNED if not conclusive:
            return Hindrance.INCONCLUSIVE
        case AppealOutcome.OVERTURNED:
            return Hindrance.FRAUD_FLAG if fraud_flagged else None
        case AppealOutcome.NEW_INTERVIEW:
            return Hindrance.OTHER_CASE if other_case else None


@dataclass(frozen=True, slots=True)
class Appeal:
    """The freelancer's word against a decision version."""

    id: AppealId
    verification_id: VerificationId
    number: int
    """Counts the appeals of the case from 1."""
    decision_version: int
    opened_ms: int
    text: str

    def __post_init__(self) -> None:
        """Refuse an empty appeal.

        Raises:
            InvalidInput: empty, or too long.
        """
        if not APPEAL_MIN_CHARACTERS <= len(self.text.strip()) <= APPEAL_MAX_CHARACTERS:
            raise InvalidInput(f"Write 1 to {APPEAL_MAX_CHARACTERS} characters.", field="/text")


@dataclass(frozen=True, slots=True)
class AppealAnswer:
    """The one thing that closes an appeal."""

    appeal_id: AppealId
    reviewer_id: PersonId
    outcome: AppealOutcome
    at_ms: int
    text: str
    """Written for this appeal; the same words never answer two."""

    def __post_init__(self) -> None:
        """Refuse an answer without words of its own.

        Raises:
            InvalidInput: too short or too long.
        """
        if not ANSWER_MIN_CHARACTERS <= len(self.text.strip()) <= ANSWER_MAX_CHARACTERS:
            raise InvalidInput(
                f"Answer what the freelancer wrote in {ANSWER_MIN_CHARACTERS} to {ANSWER_MAX_CHARACTERS} characters.",
                field="/text",
            )

    @property
    def fingerprint(self) -> str:
        """SHA-256 of the words without case, spacing and punctuation: a pasted answer is recognised by it."""
        return hashlib.sha256("".join(c for c in self.text.casefold() if c.isalnum()).encode()).hexdigest()


def require_uninvolved(reviewer: PersonId, involved: Collection[PersonId]) -> None:
    """Pass when ``reviewer`` had no part in the case: no call, proposal, decision, ruling, flag or earlier answer.

    Raises:
        NotAllowed: he had.
    """
    if reviewer in involved:
        raise NotAllowed("You had a part in this case. Somebody who had none answers its appeals.")


def appealable_until_ms(decided_ms: int, delivered_ms: int | None, window_ms: int) -> int | None:
    """Last moment for an appeal: ``window_ms`` after the notice was delivered; None while it has not been.

    Args:
        decided_ms: when the decision was made; a delivery before it counts as then.
        delivered_ms: when the decision's notice was accepted or the page first showed it, whichever came first.
        window_ms: the period of the policy.
    """
    return None if delivered_ms is None else max(decided_ms, delivered_ms) + window_ms
