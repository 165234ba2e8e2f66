"""Links, sessions, tickets, stored answers. One rule: a secret is never here, only its SHA-256."""

from __future__ import annotations

from sqlalchemy import CheckConstraint, Column, ForeignKeyConstraint, Index, LargeBinary, Table

from verifier.core.access import SESSION_AUDIENCES, Audience
from verifier.core.model import Role
from verifier.storage.tables.columns import METADATA, integer, one_of, text

_OF_SOMEBODY = "CASE WHEN audience = 'staff' THEN person_id IS NOT NULL ELSE verification_id IS NOT NULL END"

links = Table(
    "links",
    METADATA,
    text("token_hash", key=True),
    text("audience"),
    integer("created_ms"),
    integer("expires_ms", nullable=True),
    text("verification_id", nullable=True),
    text("person_id", nullable=True),
    integer("revoked_ms", nullable=True),
    integer("used_ms", nullable=True),
    text("notice_id", nullable=True),
    ForeignKeyConstraint(["verification_id"], ["verifications.id"]),
    ForeignKeyConstraint(["person_id"], ["people.id"]),
    ForeignKeyConstraint(["notice_id"], ["notices.id"]),
    one_of("audience", Audience),
    CheckConstraint(_OF_SOMEBODY, name="of_somebody"),
    Index(None, "verification_id"),
)

sessions = Table(
    "sessions",
    METADATA,
    text("token_hash", key=True),
    text("audience"),
    integer("created_ms"),
    integer("expires_ms"),
    text("verification_id", nullable=True),
    text("person_id", nullable=True),
    integer("revoked_ms", nullable=True),
    integer("seen_ms", nullable=True),
    integer("second_factor_ms", nullable=True),
    text("agent", nullable=True),
    ForeignKeyConstraint(["verification_id"], ["verifications.id"]),
    ForeignKeyConstraint(["person_id"], ["people.id"]),
    one_of("audience", SESSION_AUDIENCES),
    CheckConstraint(_OF_SOMEBODY, name="of_somebody"),
    Index(None, "verification_id"),
    Index(None, "person_id"),
)

tickets = Table(
    "tickets",
    METADATA,
    text("token_hash", key=True),
    text("role"),
    integer("expires_ms"),
    text("session_hash"),
    text("verification_id", nullable=True),
    text("interview_id", nullable=True),
    text("person_id", nullable=True),
    integer("taken_ms", nullable=True),
    ForeignKeyConstraint(["verification_id"], ["verifications.id"]),
    ForeignKeyConstraint(["interview_id"], ["interviews.id"]),
    ForeignKeyConstraint(["person_id"], ["people.id"]),
    one_of("role", Role),
)

idempotency = Table(
    "idempotency",
    METADATA,
    text("key_id", key=True),
    text("idempotency_key", key=True),
    text("body_hash"),
    integer("created_ms"),
    integer("status", nullable=True),
    Column("answer", LargeBinary, nullable=True),
    Index(None, "created_ms"),
)
