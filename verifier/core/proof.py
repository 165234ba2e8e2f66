"""Digests that the audit chain keeps of a call. One rule: they prove what is stored and say nothing of a person.

Written by service/concluding when a call is judged, compared by ``verifier audit`` and by tombstones of deleted rows.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from verifier.core.chain import digest_of
from verifier.core.model import Flag, ItemRun, PlannedItem
from verifier.core.samples import InterviewRows
from verifier.core.verdicts import Assessment, Finding


def verdict_digest(findings: Sequence[Finding], assessment: Assessment) -> str:
    """SHA-256 over findings and assessment of an interview, as 64 hexadecimal digits; the order does not matter."""
    return digest_of((sorted(findings, key=lambda finding: finding.run_id), assessment))


def rows_digest(rows: InterviewRows) -> str:
    """SHA-256 over the raw rows of an interview in the order in which they are read, as 64 hexadecimal digits.

    Without what is known of stills: those rows never go, and the chain tells of each by itself.
    """
    return digest_of((rows.server, rows.browser, rows.frames))


def askings_digest(plan: Sequence[PlannedItem], runs: Sequence[ItemRun], flags: Sequence[Flag]) -> str:
    """SHA-256 over what was planned, asked and flagged, as 64 hexadecimal digits.

    Without the words: questions quote claims, and notes and typed codes are people's own. So the digest says nothing of
    a person, and redaction does not change it.
    """
    items = [replace(item, question="", expected=None) for item in sorted(plan, key=lambda item: item.key)]
    asked = [replace(run, typed=None) for run in sorted(runs, key=lambda run: run.id)]
    flagged = [replace(flag, note="") for flag in sorted(flags, key=lambda flag: flag.id)]
    return digest_of((items, asked, flagged))
