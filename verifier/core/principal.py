"""Who asks: the three kinds of authenticated callers, as values. Made by web/security, checked by services."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from verifier.core.access import ApiKey, Scope
from verifier.core.model import Person, StaffRole, VerificationId
from verifier.errors import NotAllowed, SecondFactorNeeded

STEP_UP_MS = 12 * 3_600_000
"""Start value: as long as a session, so that one signed in today may act today."""


@dataclass(frozen=True, slots=True)
class FreelancerPrincipal:
    """A browser that holds a join or case session of one verification."""

    verification_id: VerificationId
    session_hash: str


class Stage(StrEnum):
    """How far a staff member has come in signing in."""

    ENROLMENT = "enrolment"
    """Came by a one-use link; the account has no second factor yet."""
    SECOND_FACTOR = "second_factor"
    """Came by a one-use link; the account has a second factor, which is still to be given."""
    FULL = "full"
    """May act."""


@dataclass(frozen=True, slots=True)
class StaffPrincipal:
    """A signed-in staff member."""

    person: Person
    session_hash: str
    stage: Stage = Stage.FULL
    second_factor_ms: int | None = None
    """When the second factor was given; None in a demo, which asks for none."""

    def require(self, *roles: StaffRole) -> None:
        """Pass when the person has one of ``roles``.

        Raises:
            NotAllowed: the person has none of them.
        """
        if not self.person.roles & set(roles):
            raise NotAllowed("Your role does not include this.")

    def require_full(self) -> None:
        """Pass when the person has signed in with everything that is needed to act.

        Raises:
            SecondFactorNeeded: the account is not set up, or its second factor not given.
        """
        if self.stage is not Stage.FULL:
            raise SecondFactorNeeded

    def require_fresh(self, now_ms: int) -> None:
        """Pass when the second factor is recent enough for what ends a case: propose, confirm, answer an appeal.

        Raises:
            SecondFactorNeeded: it was given more than ``STEP_UP_MS`` ago.
        """
        self.require_full()
        if self.second_factor_ms is not None and now_ms - self.second_factor_ms > STEP_UP_MS:
            raise SecondFactorNeeded("Please enter a new one-time code first.")


@dataclass(frozen=True, slots=True)
class PlatformPrincipal:
    """A platform's program with an API key."""

    key: ApiKey

    def require(self, scope: Scope) -> None:
        """Pass when the key has ``scope``.

        Raises:
            NotAllowed: it has not.
        """
        if scope not in self.key.scopes:
            raise NotAllowed(f"This key lacks the scope {scope}.")
