"""Second factors, recovery codes, conflicts of interest; what a staff session and a person are known by.

Revision: r0012
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from verifier.storage.migrations.altering import alter

revision = "r0012"
down_revision: str | None = "r0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Second factors, recovery codes, conflicts of interest; sessions and people get their new columns."""
    alter("people", columns=["disabled_ms BIGINT"])
    alter("sessions", columns=["seen_ms BIGINT", "second_factor_ms BIGINT", "agent TEXT"])
    op.create_index(op.f("ix_sessions_person_id"), "sessions", ["person_id"], unique=False)
    op.create_table(
        "second_factors",
        sa.Column("person_id", sa.Text(), nullable=False),
        sa.Column("secret", sa.Text(), nullable=True),
        sa.Column("confirmed_ms", sa.BigInteger(), autoincrement=False, nullable=True),
        sa.Column("last_step", sa.BigInteger(), autoincrement=False, nullable=True),
        sa.Column("pending", sa.Text(), nullable=True),
        sa.Column("pending_ms", sa.BigInteger(), autoincrement=False, nullable=True),
        sa.CheckConstraint("(secret IS NULL) = (confirmed_ms IS NULL)", name=op.f("ck_second_factors_confirmed")),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_second_factors_person_id")),
        sa.PrimaryKeyConstraint("person_id", name=op.f("pk_second_factors")),
    )
    op.create_table(
        "recovery_codes",
        sa.Column("person_id", sa.Text(), nullable=False),
        sa.Column("code_hash", sa.Text(), nullable=False),
        sa.Column("created_ms", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("used_ms", sa.BigInteger(), autoincrement=False, nullable=True),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_recovery_codes_person_id")),
        sa.PrimaryKeyConstraint("person_id", "code_hash", name=op.f("pk_recovery_codes")),
    )
    op.create_table(
        "staff_changes",
        sa.Column(
            "position",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=True,
            nullable=False,
        ),
        sa.Column("person_id", sa.Text(), nullable=False),
        sa.Column("at_ms", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("what", sa.Text(), nullable=False),
        sa.Column("by_id", sa.Text(), nullable=True),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.CheckConstraint("by_id <> person_id", name=op.f("ck_staff_changes_of_somebody_else")),
        sa.CheckConstraint(
            "what IN ('added', 'roles', 'trained', 'link', 'second_factor_removed', 'sessions_ended', 'disabled', "
            "'enabled')",
            name=op.f("ck_staff_changes_what_known"),
        ),
        sa.ForeignKeyConstraint(["by_id"], ["people.id"], name=op.f("fk_staff_changes_by_id")),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_staff_changes_person_id")),
        sa.PrimaryKeyConstraint("position", name=op.f("pk_staff_changes")),
    )
    op.create_index(op.f("ix_staff_changes_person_id"), "staff_changes", ["person_id"], unique=False)
    op.create_table(
        "conflicts_of_interest",
        sa.Column("verification_id", sa.Text(), nullable=False),
        sa.Column("person_id", sa.Text(), nullable=False),
        sa.Column("declared_ms", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_conflicts_of_interest_person_id")),
        sa.ForeignKeyConstraint(
            ["verification_id"], ["verifications.id"], name=op.f("fk_conflicts_of_interest_verification_id")
        ),
        sa.PrimaryKeyConstraint("verification_id", "person_id", name=op.f("pk_conflicts_of_interest")),
    )
