"""Cases, claims and consents.

Revision: r0001
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "r0001"
down_revision: str | None = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Cases, claims and consents."""
    op.create_table(
        "api_keys",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("display", sa.Text(), nullable=False),
        sa.Column("secret_hash", sa.Text(), nullable=False),
        sa.Column("test", sa.Boolean(create_constraint=True, name="test"), nullable=False),
        sa.Column("scopes", sa.JSON(), nullable=False),
        sa.Column("created_ms", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("revoked_ms", sa.BigInteger(), autoincrement=False, nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_api_keys")),
        sa.UniqueConstraint("secret_hash", name=op.f("uq_api_keys_secret_hash")),
    )
    op.create_table(
        "people",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("email", sa.Text(), nullable=False),
        sa.Column("email_key", sa.Text(), nullable=False),
        sa.Column("pseudonym", sa.Text(), nullable=False),
        sa.Column("roles", sa.JSON(), nullable=False),
        sa.Column("languages", sa.JSON(), nullable=False),
        sa.Column("password_hash", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_people")),
        sa.UniqueConstraint("email_key", name=op.f("uq_people_email_key")),
    )
    op.create_table(
        "verifications",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("external_id", sa.Text(), nullable=False),
        sa.Column("test", sa.Boolean(create_constraint=True, name="test"), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("locale", sa.Text(), nullable=False),
        sa.Column("time_zone", sa.Text(), nullable=False),
        sa.Column("policy", sa.Text(), nullable=False),
        sa.Column("created_ms", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("waiting_since_ms", sa.BigInteger(), autoincrement=False, nullable=True),
        sa.Column("sequence", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.CheckConstraint(
            "status IN ('awaiting_freelancer', 'scheduled', 'waiting', 'in_interview', 'in_review', "
            "'awaiting_response', 'retry_offered', 'alternative_route', 'completed', 'cancelled', "
            "'expired')",
            name=op.f("ck_verifications_status_known"),
        ),
        sa.CheckConstraint("sequence >= 0", name=op.f("ck_verifications_sequence_counts")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_verifications")),
    )
    op.create_index(
        op.f("ix_verifications_status_waiting_since_ms"), "verifications", ["status", "waiting_since_ms"], unique=False
    )
    op.create_index(
        op.f("ix_verifications_test_created_ms_id"), "verifications", ["test", "created_ms", "id"], unique=False
    )
    op.create_index(
        "uq_verifications_open_external_id",
        "verifications",
        ["external_id", "test"],
        unique=True,
        sqlite_where=sa.text("status NOT IN ('alternative_route', 'cancelled', 'completed', 'expired')"),
        postgresql_where=sa.text("status NOT IN ('alternative_route', 'cancelled', 'completed', 'expired')"),
    )
    op.create_table(
        "claims",
        sa.Column("verification_id", sa.Text(), nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("position", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("field", sa.Text(), nullable=False),
        sa.CheckConstraint("kind IN ('identity', 'skill', 'language')", name=op.f("ck_claims_kind_known")),
        sa.ForeignKeyConstraint(["verification_id"], ["verifications.id"], name=op.f("fk_claims_verification_id")),
        sa.PrimaryKeyConstraint("verification_id", "id", name=op.f("pk_claims")),
    )
    op.create_table(
        "consents",
        sa.Column("position", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("verification_id", sa.Text(), nullable=False),
        sa.Column("interview", sa.Boolean(create_constraint=True, name="interview"), nullable=False),
        sa.Column("recording", sa.Boolean(create_constraint=True, name="recording"), nullable=False),
        sa.Column("at_ms", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.ForeignKeyConstraint(["verification_id"], ["verifications.id"], name=op.f("fk_consents_verification_id")),
        sa.PrimaryKeyConstraint("position", name=op.f("pk_consents")),
    )
    op.create_index(op.f("ix_consents_verification_id"), "consents", ["verification_id"], unique=False)
    op.create_table(
        "device_checks",
        sa.Column("position", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("at_ms", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("passed", sa.Boolean(create_constraint=True, name="passed"), nullable=False),
        sa.Column("figures", sa.JSON(), nullable=False),
        sa.Column("person_id", sa.Text(), nullable=True),
        sa.Column("verification_id", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_device_checks_person_id")),
        sa.ForeignKeyConstraint(
            ["verification_id"], ["verifications.id"], name=op.f("fk_device_checks_verification_id")
        ),
        sa.PrimaryKeyConstraint("position", name=op.f("pk_device_checks")),
    )
    op.create_index(op.f("ix_device_checks_person_id"), "device_checks", ["person_id"], unique=False)
    op.create_index(op.f("ix_device_checks_verification_id"), "device_checks", ["verification_id"], unique=False)
    op.create_table(
        "freelancers",
        sa.Column("verification_id", sa.Text(), nullable=False),
        sa.Column("legal_name", sa.Text(), nullable=False),
        sa.Column("email", sa.Text(), nullable=False),
        sa.Column("metadata", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(["verification_id"], ["verifications.id"], name=op.f("fk_freelancers_verification_id")),
        sa.PrimaryKeyConstraint("verification_id", name=op.f("pk_freelancers")),
    )
    op.create_table(
        "claim_values",
        sa.Column("verification_id", sa.Text(), nullable=False),
        sa.Column("claim_id", sa.Text(), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["verification_id", "claim_id"],
            ["claims.verification_id", "claims.id"],
            name=op.f("fk_claim_values_verification_id_claim_id"),
        ),
        sa.PrimaryKeyConstraint("verification_id", "claim_id", name=op.f("pk_claim_values")),
    )
