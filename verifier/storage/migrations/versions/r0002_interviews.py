"""Interviews, plans, runs, flags and the log.

Revision: r0002
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "r0002"
down_revision: str | None = "r0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Interviews, plans, runs, flags and the log."""
    op.create_table(
        "interviews",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("verification_id", sa.Text(), nullable=False),
        sa.Column("number", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("interviewer_id", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("seed", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("policy_version", sa.Text(), nullable=False),
        sa.Column("checklist_version", sa.Text(), nullable=False),
        sa.Column("created_ms", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column(
            "recording_consented", sa.Boolean(create_constraint=True, name="recording_consented"), nullable=False
        ),
        sa.Column("live_ms", sa.BigInteger(), autoincrement=False, nullable=True),
        sa.Column("ended_ms", sa.BigInteger(), autoincrement=False, nullable=True),
        sa.Column("end_cause", sa.Text(), nullable=True),
        sa.CheckConstraint(
            "(state = 'ended') = (ended_ms IS NOT NULL) AND (state = 'ended') = (end_cause IS NOT NULL)",
            name=op.f("ck_interviews_ended_with_cause"),
        ),
        sa.CheckConstraint(
            "end_cause IN ('completed', 'quality_abort', 'technical_abort', 'freelancer_left', "
            "'interviewer_left', 'freelancer_no_show', 'interviewer_no_show', 'consent_refused', "
            "'language_mismatch', 'cancelled', 'expired', 'server_lost')",
            name=op.f("ck_interviews_end_cause_known"),
        ),
        sa.CheckConstraint(
            "state IN ('created', 'preflight', 'waiting', 'live', 'impaired', 'reconnecting', 'ended')",
            name=op.f("ck_interviews_state_known"),
        ),
        sa.ForeignKeyConstraint(["interviewer_id"], ["people.id"], name=op.f("fk_interviews_interviewer_id")),
        sa.ForeignKeyConstraint(["verification_id"], ["verifications.id"], name=op.f("fk_interviews_verification_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_interviews")),
        sa.UniqueConstraint("verification_id", "id", name=op.f("uq_interviews_verification_id_id")),
        sa.UniqueConstraint("verification_id", "number", name=op.f("uq_interviews_verification_id_number")),
    )
    op.create_index(op.f("ix_interviews_created_ms"), "interviews", ["created_ms"], unique=False)
    op.create_index(op.f("ix_interviews_state"), "interviews", ["state"], unique=False)
    op.create_table(
        "flags",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("interview_id", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("at_ms", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("raised_by", sa.Text(), nullable=True),
        sa.CheckConstraint("kind IN ('cant_hear', 'telemetry', 'fraud')", name=op.f("ck_flags_kind_known")),
        sa.CheckConstraint("raised_by IN ('freelancer', 'interviewer')", name=op.f("ck_flags_raised_by_known")),
        sa.ForeignKeyConstraint(["interview_id"], ["interviews.id"], name=op.f("fk_flags_interview_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_flags")),
    )
    op.create_index(op.f("ix_flags_interview_id"), "flags", ["interview_id"], unique=False)
    op.create_table(
        "interview_log",
        sa.Column("interview_id", sa.Text(), nullable=False),
        sa.Column("sequence", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("at_ms", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("by", sa.Text(), nullable=True),
        sa.CheckConstraint("\"by\" IN ('freelancer', 'interviewer')", name=op.f("ck_interview_log_by_known")),
        sa.CheckConstraint("sequence >= 1", name=op.f("ck_interview_log_sequence_counts")),
        sa.ForeignKeyConstraint(["interview_id"], ["interviews.id"], name=op.f("fk_interview_log_interview_id")),
        sa.PrimaryKeyConstraint("interview_id", "sequence", name=op.f("pk_interview_log")),
    )
    op.create_table(
        "planned_items",
        sa.Column("interview_id", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("verification_id", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("position", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("mandatory", sa.Boolean(create_constraint=True, name="mandatory"), nullable=False),
        sa.Column("needs", sa.JSON(), nullable=False),
        sa.Column("question_id", sa.Text(), nullable=False),
        sa.Column("claim_id", sa.Text(), nullable=True),
        sa.Column("round", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.CheckConstraint("kind <> 'profile' OR NOT mandatory", name=op.f("ck_planned_items_profile_informative")),
        sa.CheckConstraint("kind <> 'profile' OR claim_id IS NOT NULL", name=op.f("ck_planned_items_profile_claimed")),
        sa.CheckConstraint(
            "kind IN ('identity', 'document', 'face', 'comprehension', 'profile')",
            name=op.f("ck_planned_items_kind_known"),
        ),
        sa.CheckConstraint("question_id <> ''", name=op.f("ck_planned_items_question_in_bank")),
        sa.ForeignKeyConstraint(
            ["verification_id", "claim_id"],
            ["claims.verification_id", "claims.id"],
            name=op.f("fk_planned_items_verification_id_claim_id"),
        ),
        sa.ForeignKeyConstraint(
            ["verification_id", "interview_id"],
            ["interviews.verification_id", "interviews.id"],
            name=op.f("fk_planned_items_verification_id_interview_id"),
        ),
        sa.PrimaryKeyConstraint("interview_id", "key", name=op.f("pk_planned_items")),
    )
    op.create_table(
        "flag_notes",
        sa.Column("flag_id", sa.Text(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["flag_id"], ["flags.id"], name=op.f("fk_flag_notes_flag_id")),
        sa.PrimaryKeyConstraint("flag_id", name=op.f("pk_flag_notes")),
    )
    op.create_table(
        "item_runs",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("interview_id", sa.Text(), nullable=False),
        sa.Column("item_key", sa.Text(), nullable=False),
        sa.Column("number", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("started_ms", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("ended_ms", sa.BigInteger(), autoincrement=False, nullable=True),
        sa.Column("answer", sa.Text(), nullable=True),
        sa.CheckConstraint(
            "answer IN ('consistent', 'inconsistent', 'not_heard', 'not_claimed', 'declined', 'unable')",
            name=op.f("ck_item_runs_answer_known"),
        ),
        sa.CheckConstraint("answer IS NULL OR ended_ms IS NOT NULL", name=op.f("ck_item_runs_answer_ends")),
        sa.CheckConstraint("ended_ms >= started_ms", name=op.f("ck_item_runs_window_forwards")),
        sa.ForeignKeyConstraint(
            ["interview_id", "item_key"],
            ["planned_items.interview_id", "planned_items.key"],
            name=op.f("fk_item_runs_interview_id_item_key"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_item_runs")),
        sa.UniqueConstraint("interview_id", "id", "item_key", name=op.f("uq_item_runs_interview_id_id_item_key")),
        sa.UniqueConstraint(
            "interview_id", "item_key", "number", name=op.f("uq_item_runs_interview_id_item_key_number")
        ),
    )
    op.create_table(
        "log_bodies",
        sa.Column("interview_id", sa.Text(), nullable=False),
        sa.Column("sequence", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("body", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(
            ["interview_id", "sequence"],
            ["interview_log.interview_id", "interview_log.sequence"],
            name=op.f("fk_log_bodies_interview_id_sequence"),
        ),
        sa.PrimaryKeyConstraint("interview_id", "sequence", name=op.f("pk_log_bodies")),
    )
    op.create_table(
        "planned_texts",
        sa.Column("interview_id", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("question", sa.Text(), nullable=False),
        sa.Column("expected", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(
            ["interview_id", "key"],
            ["planned_items.interview_id", "planned_items.key"],
            name=op.f("fk_planned_texts_interview_id_key"),
        ),
        sa.PrimaryKeyConstraint("interview_id", "key", name=op.f("pk_planned_texts")),
    )
    op.create_table(
        "run_notes",
        sa.Column("run_id", sa.Text(), nullable=False),
        sa.Column("typed", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["run_id"], ["item_runs.id"], name=op.f("fk_run_notes_run_id")),
        sa.PrimaryKeyConstraint("run_id", name=op.f("pk_run_notes")),
    )
