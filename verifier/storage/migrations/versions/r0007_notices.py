"""Notices, their attempts and the servers' answers.

Revision: r0007
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "r0007"
down_revision: str | None = "r0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Notices, their attempts and the servers' answers."""
    op.create_table(
        "notices",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("verification_id", sa.Text(), nullable=True),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("subject_id", sa.Text(), nullable=False),
        sa.Column("recipient_kind", sa.Text(), nullable=False),
        sa.Column("person_id", sa.Text(), nullable=True),
        sa.Column("created_ms", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("next_attempt_ms", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("attempts", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.CheckConstraint(
            "kind IN ('failure_proposed', 'response_received', 'proposal_rejected', 'decided', "
            "'decision_superseded', 'appeal_received', 'appeal_answered', 'clock_breached', 'not_me_reported')",
            name=op.f("ck_notices_kind_known"),
        ),
        sa.CheckConstraint("recipient_kind IN ('freelancer', 'person')", name=op.f("ck_notices_recipient_kind_known")),
        sa.CheckConstraint(
            "state IN ('queued', 'accepted', 'filed', 'bounced', 'failed', 'withdrawn')",
            name=op.f("ck_notices_state_known"),
        ),
        sa.CheckConstraint(
            "(recipient_kind = 'person') = (person_id IS NOT NULL)", name=op.f("ck_notices_person_named")
        ),
        sa.CheckConstraint(
            "recipient_kind = 'person' OR verification_id IS NOT NULL", name=op.f("ck_notices_freelancer_of_a_case")
        ),
        sa.CheckConstraint("attempts >= 0", name=op.f("ck_notices_attempts_count")),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_notices_person_id")),
        sa.ForeignKeyConstraint(["verification_id"], ["verifications.id"], name=op.f("fk_notices_verification_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notices")),
    )
    op.create_index(op.f("ix_notices_state_next_attempt_ms"), "notices", ["state", "next_attempt_ms"], unique=False)
    op.create_index(op.f("ix_notices_verification_id"), "notices", ["verification_id"], unique=False)
    op.create_table(
        "notice_attempts",
        sa.Column("position", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("notice_id", sa.Text(), nullable=False),
        sa.Column("number", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("at_ms", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.Column("code", sa.Text(), nullable=True),
        sa.CheckConstraint(
            "outcome IN ('accepted', 'filed', 'refused', 'returned', 'busy', 'unreachable', 'timed_out', "
            "'untrusted', 'not_let_in', 'our_fault', 'no_address', 'overtaken')",
            name=op.f("ck_notice_attempts_outcome_known"),
        ),
        sa.CheckConstraint("number >= 1", name=op.f("ck_notice_attempts_number_counts")),
        sa.ForeignKeyConstraint(["notice_id"], ["notices.id"], name=op.f("fk_notice_attempts_notice_id")),
        sa.PrimaryKeyConstraint("position", name=op.f("pk_notice_attempts")),
        sa.UniqueConstraint("notice_id", "number", name=op.f("uq_notice_attempts_notice_id_number")),
    )
    op.create_table(
        "notice_answers",
        sa.Column("notice_id", sa.Text(), nullable=False),
        sa.Column("number", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["notice_id", "number"],
            ["notice_attempts.notice_id", "notice_attempts.number"],
            name=op.f("fk_notice_answers_notice_id_number"),
        ),
        sa.PrimaryKeyConstraint("notice_id", "number", name=op.f("pk_notice_answers")),
    )
