"""What stands in place of the raw rows of a call once they are deleted. One rule: provable against the audit chain.

The chain holds the digest of the rows from the moment they were judged (``interview.assessed``); a tombstone holds the
digest of the rows that go, and is stored in the transaction that deletes exactly so many. So it shows that what went is
what the verdict rested on. Made by service/retaining; the database deletes a row only where a tombstone of its
interview stands.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from verifier.core.chain import digest_of
from verifier.core.model import Flag, InterviewId, ItemRun, PlannedItem
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


def rows_digest(rows: InterviewRows) -> str:
    """SHA-256 over the raw rows of an interview in the order in which they are read, as 64 hexadecimal digits."""
    return digest_of(rows)


def askings_digest(plan: Sequence[PlannedItem], runs: Sequence[ItemRun], flags: Sequence[Flag]) -> str:
    """SHA-256 over what was planned, asked and flagged, as 64 hexadecimal digits.

    Without the words: questions quote claims, and notes and typed codes are people's own. So the digest says nothing of
    a person, and redaction does not change it.
    """
    items = [replace(item, question="", expected=None) for item in sorted(plan, key=lambda item: item.key)]
    asked = [replace(run, typed=None) for run in sorted(runs, key=lambda run: run.id)]
    flagged = [replace(flag, note="") for flag in sorted(flags, key=lambda flag: flag.id)]
    return digest_of((items, asked, flagged))
