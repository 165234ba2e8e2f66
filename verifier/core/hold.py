"""Legal holds. One rule: while a case is held nothing of it is deleted, whoever asks and whatever is due.

A hold is placed and released by rows of their own, which alternate; the words why are personal data and can be erased
once it is released. Placed and released by the operator (service/holding), asked by service/retaining and
service/redacting.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from verifier.core.model import VerificationId
from verifier.errors import IllegalState, InvalidInput

REASON_MIN_CHARACTERS = 10
REASON_MAX_CHARACTERS = 2_000


@dataclass(frozen=True, slots=True)
class LegalHold:
    """A hold placed, or the one before it released."""

    verification_id: VerificationId
    number: int
    """Counts the rows of the case from 1: odd ones place, even ones release."""
    placed: bool
    at_ms: int
    reason: str

    def __post_init__(self) -> None:
        """Refuse a hold without a reason.

        Raises:
            InvalidInput: the reason is too short or too long.
        """
        if not REASON_MIN_CHARACTERS <= len(self.reason.strip()) <= REASON_MAX_CHARACTERS:
            raise InvalidInput(
                f"Give the reason in {REASON_MIN_CHARACTERS} to {REASON_MAX_CHARACTERS} characters.", field="reason"
            )


def held(holds: Sequence[LegalHold]) -> bool:
    """Whether the newest row of a case places a hold."""
    newest = max(holds, key=lambda each: each.number, default=None)
    return newest is not None and newest.placed


def place(id_: VerificationId, holds: Sequence[LegalHold], at_ms: int, reason: str) -> LegalHold:
    """The row that places a hold.

    Raises:
        InvalidInput: the reason is too short or too long.
        IllegalState: the case is held already.
    """
    if held(holds):
        raise IllegalState("This case is held already.")
    return LegalHold(id_, len(holds) + 1, True, at_ms, reason)


def release(id_: VerificationId, holds: Sequence[LegalHold], at_ms: int, reason: str) -> LegalHold:
    """The row that releases the hold.

    Raises:
        InvalidInput: the reason is too short or too long.
        IllegalState: the case is not held.
    """
    if not held(holds):
        raise IllegalState("This case is not held.")
    return LegalHold(id_, len(holds) + 1, False, at_ms, reason)
