"""Staff, platform keys, device checks. One rule: secrets are stored as hashes."""

from __future__ import annotations

from sqlalchemy import ForeignKeyConstraint, Index, Table, UniqueConstraint

from verifier.storage.tables.columns import METADATA, boolean, integer, json, position, text

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
