"""Tombstones and legal holds. One rule: append-only, like everything that says why something is gone or is not.

A tombstone cannot be older than its term, and holds alternate between placed and released.
"""

from __future__ import annotations

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Table

from verifier.core.hold import REASON_MIN_CHARACTERS
from verifier.storage.tables.columns import METADATA, boolean, integer, text

sample_tombstones = Table(
    "sample_tombstones",
    METADATA,
    text("interview_id", key=True),
    integer("at_ms"),
    integer("not_before_ms"),
    integer("server_rows"),
    integer("browser_rows"),
    integer("frame_rows"),
    text("sha256"),
    ForeignKeyConstraint(["interview_id"], ["interviews.id"]),
    CheckConstraint("at_ms >= not_before_ms", name="not_too_early"),
    CheckConstraint("server_rows >= 0 AND browser_rows >= 0 AND frame_rows >= 0", name="counts"),
    CheckConstraint("length(sha256) = 64", name="digest_whole"),
)
"""Where one stands, the raw rows of its interview may be deleted (guards.py), and nowhere else."""

legal_holds = Table(
    "legal_holds",
    METADATA,
    text("verification_id", key=True),
    integer("number", key=True),
    boolean("placed"),
    integer("at_ms"),
    integer("text_length"),
    text("text_sha256"),
    ForeignKeyConstraint(["verification_id"], ["verifications.id"]),
    CheckConstraint("number >= 1 AND (number % 2 = 1) = placed", name="placed_then_released"),
    CheckConstraint(f"text_length >= {REASON_MIN_CHARACTERS}", name="reasoned"),
)
"""The words why stand in ``written_texts``."""
