"""Tombstones of raw rows and legal holds; the operator as somebody who does things.

Revision: r0016
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from verifier.storage.migrations.altering import alter

revision = "r0016"
down_revision: str | None = "r0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Both tables, and one more word in the audit chain."""
    op.create_table(
        "sample_tombstones",
        sa.Column("interview_id", sa.Text(), nullable=False),
        sa.Column("at_ms", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("not_before_ms", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("server_rows", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("browser_rows", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("frame_rows", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.CheckConstraint("at_ms >= not_before_ms", name=op.f("ck_sample_tombstones_not_too_early")),
        sa.CheckConstraint("length(sha256) = 64", name=op.f("ck_sample_tombstones_digest_whole")),
        sa.CheckConstraint(
            "server_rows >= 0 AND browser_rows >= 0 AND frame_rows >= 0", name=op.f("ck_sample_tombstones_counts")
        ),
        sa.ForeignKeyConstraint(["interview_id"], ["interviews.id"], name=op.f("fk_sample_tombstones_interview_id")),
        sa.PrimaryKeyConstraint("interview_id", name=op.f("pk_sample_tombstones")),
    )
    op.create_table(
        "legal_holds",
        sa.Column("verification_id", sa.Text(), nullable=False),
        sa.Column("number", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("placed", sa.Boolean(create_constraint=True, name="placed"), nullable=False),
        sa.Column("at_ms", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("text_length", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("text_sha256", sa.Text(), nullable=False),
        sa.CheckConstraint(
            "number >= 1 AND (number % 2 = 1) = placed", name=op.f("ck_legal_holds_placed_then_released")
        ),
        sa.CheckConstraint("text_length >= 10", name=op.f("ck_legal_holds_reasoned")),
        sa.ForeignKeyConstraint(["verification_id"], ["verifications.id"], name=op.f("fk_legal_holds_verification_id")),
        sa.PrimaryKeyConstraint("verification_id", "number", name=op.f("pk_legal_holds")),
    )
    known = "actor_kind IN ('freelancer', 'staff', 'platform', 'operator', 'system')"
    alter(
        "audit_entries",
        changed={"ck_audit_entries_actor_kind_known": f"CONSTRAINT ck_audit_entries_actor_kind_known CHECK ({known})"},
    )
