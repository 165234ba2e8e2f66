"""Repositories of what is deleted, and of what forbids it. One rule: only what redaction or retention may delete.

Properties of ports/storage.UnitOfWork.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from verifier.core.hold import LegalHold
from verifier.core.leftovers import Leftover
from verifier.core.model import InterviewId, VerificationId
from verifier.core.tombstone import Tombstone


class Tombstones(Protocol):
    """Tombstones of raw rows, append-only."""

    async def add(self, tombstone: Tombstone) -> None:
        """Store it, and delete the rows and the words of its interview.

        Raises:
            Conflict: the interview has one already, or there are more or fewer rows than it says.
        """
        ...

    async def of_interview(self, id_: InterviewId) -> Tombstone | None: ...


class LegalHolds(Protocol):
    """Holds placed and released, append-only."""

    async def add(self, hold: LegalHold) -> None:
        """Raises Conflict when the case has a row of that number."""
        ...

    async def of_verification(self, id_: VerificationId) -> tuple[LegalHold, ...]:
        """By number."""
        ...


class Erasures(Protocol):
    """What may be deleted of people's data."""

    async def case(self, id_: VerificationId, at_ms: int) -> Mapping[str, int]:
        """Erase every personal row of a case and mark it redacted; deleted rows by table.

        Nothing of it is delivered any more.
        """
        ...

    async def unfinished(self, after: VerificationId, limit: int) -> tuple[VerificationId, ...]:
        """Cases of which something may be left to delete, by id, with ids above ``after``."""
        ...

    async def count(self, kind: Leftover, before_ms: int) -> int:
        """How many ``sweep`` would delete."""
        ...

    async def sweep(self, kind: Leftover, before_ms: int) -> int:
        """Delete what was over before ``before_ms``, but nothing of a case under legal hold; how many."""
        ...
