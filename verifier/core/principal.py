"""Who asks: the three kinds of authenticated callers, as values. Made by web/security, checked by services."""

from __future__ import annotations

from dataclasses import dataclass

from verifier.core.access import ApiKey, Scope
from verifier.core.model import Person, StaffRole, VerificationId
from verifier.errors import NotAllowed


@dataclass(frozen=True, slots=True)
class FreelancerPrincipal:
    """A browser that holds a join or case session of one verification."""

    verification_id: VerificationId
    session_hash: str


@dataclass(frozen=True, slots=True)
class StaffPrincipal:
    """A signed-in staff member."""

    person: Person
    session_hash: str

    def require(self, *roles: StaffRole) -> None:
        """Pass when the person has one of ``roles``.

        Raises:
            NotAllowed: the person has none of them.
        """
        if not self.person.roles & set(roles):
            raise NotAllowed("Your role does not include this.")


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
