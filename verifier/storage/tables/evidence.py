"""Stills, recordings, their keys. One rule: a row holds figures and digests; what was seen lies encrypted in files."""

from __future__ import annotations

from sqlalchemy import CheckConstraint, Column, ForeignKeyConstraint, Index, LargeBinary, Table, UniqueConstraint

from verifier.core.evidence import StillKind
from verifier.core.model import Role
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

recordings = Table(
    "recordings",
    METADATA,
    text("id", key=True),
    text("interview_id"),
    boolean("recording_consented"),
    text("leg"),
    integer("begin_ms"),
    integer("duration_ms"),
    integer("size_bytes"),
    text("sha256"),
    boolean("whole"),
    json("audio"),
    json("video"),
    integer("made_ms"),
    ForeignKeyConstraint(["interview_id", "recording_consented"], ["interviews.id", "interviews.recording_consented"]),
    UniqueConstraint("interview_id", "leg"),
    one_of("leg", Role),
    CheckConstraint("recording_consented", name="consented"),
    CheckConstraint("size_bytes > 0 AND duration_ms > 0 AND made_ms >= begin_ms", name="not_empty"),
)
"""A row stands only where the freelancer had agreed to be recorded before the call began."""

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
