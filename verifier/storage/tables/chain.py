"""The hash-chained audit log. One rule: append-only, per case, without personal data (see core/chain.py)."""

from __future__ import annotations

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Table, UniqueConstraint

from verifier.core.chain import ActorKind
from verifier.storage.tables.columns import METADATA, integer, json, one_of, text

audit_entries = Table(
    "audit_entries",
    METADATA,
    text("verification_id", key=True),
    integer("sequence", key=True),
    integer("at_ms"),
    text("action"),
    text("actor_kind"),
    text("actor_id", nullable=True),
    json("facts"),
    text("previous_hash"),
    text("hash"),
    integer("follows", nullable=True),
    ForeignKeyConstraint(["verification_id"], ["verifications.id"]),
    ForeignKeyConstraint(
        ["verification_id", "follows", "previous_hash"],
        ["audit_entries.verification_id", "audit_entries.sequence", "audit_entries.hash"],
    ),
    UniqueConstraint("verification_id", "sequence", "hash"),
    UniqueConstraint("verification_id", "previous_hash"),
    one_of("actor_kind", ActorKind),
    CheckConstraint("sequence >= 1 AND coalesce(follows, 0) = sequence - 1", name="without_holes"),
    CheckConstraint("actor_kind <> 'staff' OR actor_id IS NOT NULL", name="staff_named"),
    CheckConstraint("length(hash) = 64 AND length(previous_hash) = 64", name="hashes_whole"),
)
"""``follows`` is the number of the entry before it, NULL for the first: the chain is a foreign key too."""
