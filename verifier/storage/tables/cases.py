"""Cases, claims snapshot, consents. One rule: personal data stands in side tables, the only deletable ones."""

from __future__ import annotations

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Index, Table
from sqlalchemy import text as sql

from verifier.core.model import ClaimKind, VerificationStatus
from verifier.core.verification import CLOSED
from verifier.storage.tables.columns import METADATA, boolean, integer, json, one_of, position, text

_OPEN = sql("status NOT IN ({})".format(", ".join(f"'{status.value}'" for status in sorted(CLOSED))))

verifications = Table(
    "verifications",
    METADATA,
    text("id", key=True),
    text("external_id"),
    boolean("test"),
    text("status"),
    text("locale"),
    text("time_zone"),
    text("policy"),
    integer("created_ms"),
    integer("waiting_since_ms", nullable=True),
    integer("sequence"),
    integer("redacted_ms", nullable=True),
    one_of("status", VerificationStatus),
    CheckConstraint("sequence >= 0", name="sequence_counts"),
    Index(
        "uq_verifications_open_external_id",
        "external_id",
        "test",
        unique=True,
        sqlite_where=_OPEN,
        postgresql_where=_OPEN,
    ),
    Index(None, "test", "created_ms", "id"),
    Index(None, "status", "waiting_since_ms"),
)
"""The result is not here: see ``results`` in tables/verdicts.py. ``external_id`` is what the platform knows the
freelancer by: it stays until redaction, so that the platform recognises its case, and is then replaced by
core/erased.ERASED, together with locale and time zone; guards.py allows no other change of the three.
"""

freelancers = Table(
    "freelancers",
    METADATA,
    text("verification_id", key=True),
    text("legal_name"),
    text("email"),
    json("metadata"),
    ForeignKeyConstraint(["verification_id"], ["verifications.id"]),
)
"""Personal: who the case is about."""

claims = Table(
    "claims",
    METADATA,
    text("verification_id", key=True),
    text("id", key=True),
    integer("position"),
    text("kind"),
    text("field"),
    ForeignKeyConstraint(["verification_id"], ["verifications.id"]),
    one_of("kind", ClaimKind),
)

claim_values = Table(
    "claim_values",
    METADATA,
    text("verification_id", key=True),
    text("claim_id", key=True),
    text("value"),
    ForeignKeyConstraint(["verification_id", "claim_id"], ["claims.verification_id", "claims.id"]),
)
"""Personal: what was claimed."""

consents = Table(
    "consents",
    METADATA,
    position(),
    text("verification_id"),
    boolean("interview"),
    boolean("recording"),
    integer("at_ms"),
    ForeignKeyConstraint(["verification_id"], ["verifications.id"]),
    Index(None, "verification_id"),
)
