"""What stands in place of the raw rows of a call once they are deleted. One rule: provable against the audit chain.

The chain holds the digest of the rows from the moment they were judged (``interview.assessed``); a tombstone holds the
digest of the rows that go, and is stored in the transaction that deletes exactly so many. So it shows that what went is
what the verdict rested on. Made by service/retaining; the database deletes a row only where a tombstone of its
interview stands.
"""

from __future__ import annotations

from dataclasses import dataclass

from verifier.core.model import InterviewId
from verifier.core.proof import rows_digest
from verifier.core.samples import InterviewRows
from verifier.errors import IllegalState


@dataclass(frozen=True, slots=True)
class Tombstone:
    """The raw rows of one interview as counts and one digest."""

    interview_id: InterviewId
    at_ms: int
    not_before_ms: int
    """The earliest moment at which the rows might go, by core/retention."""
    server_rows: int
    browser_rows: int
    frame_rows: int
    sha256: str
    """``rows_digest`` of what was deleted."""


def tombstone(id_: InterviewId, rows: InterviewRows, at_ms: int, not_before_ms: int) -> Tombstone:
    """The tombstone of rows that go now.

    Raises:
        IllegalState: it is too early.
    """
    if at_ms < not_before_ms:
        raise IllegalState("The figures of this interview are kept until the last appeal window is over, and longer.")
    counts = len(rows.server), len(rows.browser), len(rows.frames)
    return Tombstone(id_, at_ms, not_before_ms, *counts, rows_digest(rows))
