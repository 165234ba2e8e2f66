"""Repositories of what staff prove themselves with, and of whom they know. Parts of the unit of work in storage.py."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from verifier.core.access import SecondFactor
from verifier.core.model import PersonId, VerificationId
from verifier.core.staffing import StaffChange


class SecondFactors(Protocol):
    """One authenticator for each person; secrets are sealed at rest."""

    async def of_person(self, id_: PersonId) -> SecondFactor | None: ...

    async def put(self, factor: SecondFactor) -> None:
        """Store it in the place of the person's former one."""
        ...

    async def use_step(self, id_: PersonId, step: int) -> bool:
        """Remember the time step of a code; False when it, or a later one, was remembered before."""
        ...

    async def reseal(self) -> int:
        """Seal every secret with the newest key; number of people."""
        ...

    async def remove(self, id_: PersonId) -> None:
        """The person has none from now on."""
        ...


class RecoveryCodes(Protocol):
    """Codes by their hash; each is used once."""

    async def replace(self, id_: PersonId, hashes: tuple[str, ...], at_ms: int) -> None:
        """These are the person's codes from now on; former ones are gone."""
        ...

    async def is_unused(self, id_: PersonId, code_hash: str) -> bool: ...

    async def use(self, id_: PersonId, code_hash: str, at_ms: int) -> bool:
        """Whether there was such a code, unused until now."""
        ...

    async def left(self, id_: PersonId) -> int:
        """Number of unused ones."""
        ...


class StaffChanges(Protocol):
    """Append-only record of what was changed about staff."""

    async def add(self, change: StaffChange) -> None: ...

    async def of_person(self, id_: PersonId) -> tuple[StaffChange, ...]:
        """Newest first."""
        ...


@dataclass(frozen=True, slots=True)
class ConflictOfInterest:
    """Somebody said that he knows the freelancer of a case."""

    verification_id: VerificationId
    person_id: PersonId
    declared_ms: int


class ConflictsOfInterest(Protocol):
    """Append-only: nobody takes one back."""

    async def add(self, conflict: ConflictOfInterest) -> None:
        """One that is there already stays as it is."""
        ...

    async def of_verification(self, id_: VerificationId) -> tuple[ConflictOfInterest, ...]:
        """By time, then person."""
        ...

    async def of_person(self, id_: PersonId) -> frozenset[VerificationId]:
        """Every case this person must keep away from."""
        ...
