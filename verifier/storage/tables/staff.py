"""Staff, platform keys, device checks. One rule: secrets are stored as hashes."""

from __future__ import annotations

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Index, Table, UniqueConstraint

from verifier.core.model import StaffRole
from verifier.storage.tables.columns import METADATA, boolean, integer, json, one_of, position, text

people = Table(
    "people",
    METADATA,
    text("id", key=True),
    text("name"),
    text("email"),
    text("email_key"),
    text("pseudonym"),
    json("roles"),
    json("languages"),
    text("password_hash", nullable=True),
    UniqueConstraint("email_key"),
)
"""``email_key`` is the address in lower case: one person per mailbox however it is typed."""

trainings = Table(
    "trainings",
    METADATA,
    position(),
    text("person_id"),
    text("role"),
    integer("completed_ms"),
    integer("valid_until_ms"),
    ForeignKeyConstraint(["person_id"], ["people.id"]),
    UniqueConstraint("person_id", "role", "completed_ms", "valid_until_ms"),
    one_of("role", StaffRole),
    CheckConstraint("valid_until_ms > completed_ms", name="lasts"),
)
"""Append-only; a failed decision refers to the training of each of the three people."""

api_keys = Table(
    "api_keys",
    METADATA,
    text("id", key=True),
    text("name"),
    text("display"),
    text("secret_hash"),
    boolean("test"),
    json("scopes"),
    integer("created_ms"),
    integer("revoked_ms", nullable=True),
    UniqueConstraint("secret_hash"),
)

device_checks = Table(
    "device_checks",
    METADATA,
    position(),
    integer("at_ms"),
    boolean("passed"),
    json("figures"),
    text("person_id", nullable=True),
    text("verification_id", nullable=True),
    ForeignKeyConstraint(["person_id"], ["people.id"]),
    ForeignKeyConstraint(["verification_id"], ["verifications.id"]),
    Index(None, "person_id"),
    Index(None, "verification_id"),
)
