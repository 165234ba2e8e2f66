"""Stills and the keys that open them. One rule: a row holds figures and digests; pictures lie encrypted in files."""

from __future__ import annotations

from sqlalchemy import CheckConstraint, Column, ForeignKeyConstraint, Index, LargeBinary, Table, UniqueConstraint

from verifier.core.evidence import StillKind
from verifier.storage.tables.columns import METADATA, boolean, integer, json, one_of, real, text

stills = Table(
    "stills",
    METADATA,
    text("id", key=True),
    text("interview_id"),
    text("run_id"),
    text("item_key"),
    text("kind"),
    integer("at_ms"),
    text("sha256"),
    integer("size_bytes"),
    text("media_type"),
    integer("width"),
    integer("height"),
    real("mean_luma"),
    real("glare_share"),
    real("sharpness"),
    integer("card_width_px", nullable=True),
    boolean("usable"),
    json("problems"),
    ForeignKeyConstraint(
        ["interview_id", "run_id", "item_key"], ["item_runs.interview_id", "item_runs.id", "item_runs.item_key"]
    ),
    UniqueConstraint("id", "interview_id", "usable"),
    UniqueConstraint("id", "interview_id"),
    one_of("kind", StillKind),
    CheckConstraint("media_type IN ('image/jpeg', 'image/png')", name="media_type_known"),
    CheckConstraint("size_bytes > 0 AND width > 0 AND height > 0", name="not_empty"),
    Index(None, "interview_id"),
)

evidence_keys = Table(
    "evidence_keys",
    METADATA,
    text("interview_id", key=True),
    Column("wrapped_key", LargeBinary, nullable=True),
    text("master_key_id"),
    integer("created_ms"),
    integer("destroyed_ms", nullable=True),
    ForeignKeyConstraint(["interview_id"], ["interviews.id"]),
    CheckConstraint("(wrapped_key IS NULL) = (destroyed_ms IS NOT NULL)", name="destroyed_or_whole"),
)
"""The data key of an interview's evidence, wrapped by a master key; NULL once it was destroyed, which erases."""
