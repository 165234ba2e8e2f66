"""Staff, platform keys, device checks. One rule: secrets are stored as hashes."""

from __future__ import annotations

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Index, Table, UniqueConstraint

from verifier.core.model import StaffRole
from verifier.core.staffing import Change
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
    integer("disabled_ms", nullable=True),
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
second_factors = Table(
    "second_factors",
    METADATA,
    text("person_id", key=True),
    text("secret", nullable=True),
    integer("confirmed_ms", nullable=True),
    integer("last_step", nullable=True),
    text("pending", nullable=True),
    integer("pending_ms", nullable=True),
    ForeignKeyConstraint(["person_id"], ["people.id"]),
    CheckConstraint("(secret IS NULL) = (confirmed_ms IS NULL)", name="confirmed"),
)
"""``secret`` and ``pending`` are sealed: the codes are computed from them."""

recovery_codes = Table(
    "recovery_codes",
    METADATA,
    text("person_id", key=True),
    text("code_hash", key=True),
    integer("created_ms"),
    integer("used_ms", nullable=True),
    ForeignKeyConstraint(["person_id"], ["people.id"]),
)

staff_changes = Table(
    "staff_changes",
    METADATA,
    position(),
    text("person_id"),
    integer("at_ms"),
    text("what"),
    text("by_id", nullable=True),
    text("detail"),
    ForeignKeyConstraint(["person_id"], ["people.id"]),
    ForeignKeyConstraint(["by_id"], ["people.id"]),
    one_of("what", Change),
    CheckConstraint("by_id <> person_id", name="of_somebody_else"),
    Index(None, "person_id"),
)
"""Nobody changes what he himself may do: the last CHECK refuses it by hand too (NULL: the operator at the server)."""

conflicts_of_interest = Table(
    "conflicts_of_interest",
    METADATA,
    text("verification_id", key=True),
    text("person_id", key=True),
    integer("declared_ms"),
    ForeignKeyConstraint(["verification_id"], ["verifications.id"]),
    ForeignKeyConstraint(["person_id"], ["people.id"]),
)
"""Who said that he knows whom: append-only, nobody takes it back."""

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
    text("person_id", nullable=True),
    text("verification_id", nullable=True),
    ForeignKeyConstraint(["person_id"], ["people.id"]),
    ForeignKeyConstraint(["verification_id"], ["verifications.id"]),
    Index(None, "person_id"),
    Index(None, "verification_id"),
)

check_figures = Table(
    "check_figures",
    METADATA,
    integer("position", key=True),
    json("figures"),
    ForeignKeyConstraint(["position"], ["device_checks.position"]),
)
"""Personal: what was measured of somebody's devices and network."""
