"""Findings, assessments, decisions, results and effects.

Revision: r0004
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "r0004"
down_revision: str | None = "r0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Findings, assessments, decisions, results and effects."""
    op.create_table(
        "assessments",
        sa.Column("interview_id", sa.Text(), nullable=False),
        sa.Column("conclusive", sa.Boolean(create_constraint=True, name="conclusive"), nullable=False),
        sa.Column("all_consistent", sa.Boolean(create_constraint=True, name="all_consistent"), nullable=False),
        sa.Column("adverse_items", sa.JSON(), nullable=False),
        sa.Column("disputed_items", sa.JSON(), nullable=False),
        sa.Column("reasons", sa.JSON(), nullable=False),
        sa.Column("blame_fault", sa.Text(), nullable=True),
        sa.Column("blame_explained", sa.Double(), nullable=False),
        sa.Column("blame_side", sa.Text(), nullable=True),
        sa.Column("bad_share_relied", sa.Double(), nullable=False),
        sa.Column("bad_share_live", sa.Double(), nullable=False),
        sa.Column("live_seconds", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("policy_version", sa.Text(), nullable=False),
        sa.CheckConstraint(
            "blame_fault IN ('freelancer_uplink', 'freelancer_downlink', 'interviewer_uplink', "
            "'interviewer_downlink', 'freelancer_device', 'interviewer_device', 'source', 'server', "
            "'both', 'unclear')",
            name=op.f("ck_assessments_blame_fault_known"),
        ),
        sa.CheckConstraint("blame_side IN ('freelancer', 'interviewer')", name=op.f("ck_assessments_blame_side_known")),
        sa.ForeignKeyConstraint(["interview_id"], ["interviews.id"], name=op.f("fk_assessments_interview_id")),
        sa.PrimaryKeyConstraint("interview_id", name=op.f("pk_assessments")),
        sa.UniqueConstraint("interview_id", "conclusive", name=op.f("uq_assessments_interview_id_conclusive")),
    )
    op.create_table(
        "decisions",
        sa.Column("verification_id", sa.Text(), nullable=False),
        sa.Column("version", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("supersedes", sa.BigInteger(), autoincrement=False, nullable=True),
        sa.Column("result", sa.Text(), nullable=False),
        sa.Column("conclusive", sa.Boolean(create_constraint=True, name="conclusive"), nullable=False),
        sa.Column("interview_id", sa.Text(), nullable=False),
        sa.Column("decided_by", sa.Text(), nullable=True),
        sa.Column("reason_codes", sa.JSON(), nullable=False),
        sa.Column("policy_version", sa.Text(), nullable=False),
        sa.Column("at_ms", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.CheckConstraint(
            "result <> 'inconclusive' OR NOT conclusive", name=op.f("ck_decisions_inconclusive_not_conclusive")
        ),
        sa.CheckConstraint("result <> 'verified' OR conclusive", name=op.f("ck_decisions_verified_conclusive")),
        sa.CheckConstraint(
            "result <> 'verified' OR decided_by IS NOT NULL", name=op.f("ck_decisions_verified_by_person")
        ),
        sa.CheckConstraint("result IN ('verified', 'inconclusive')", name=op.f("ck_decisions_result_known")),
        sa.CheckConstraint(
            "version >= 1 AND coalesce(supersedes, 0) = version - 1", name=op.f("ck_decisions_versions_without_holes")
        ),
        sa.ForeignKeyConstraint(["decided_by"], ["people.id"], name=op.f("fk_decisions_decided_by")),
        sa.ForeignKeyConstraint(
            ["interview_id", "conclusive"],
            ["assessments.interview_id", "assessments.conclusive"],
            name=op.f("fk_decisions_interview_id_conclusive"),
        ),
        sa.ForeignKeyConstraint(
            ["verification_id", "interview_id"],
            ["interviews.verification_id", "interviews.id"],
            name=op.f("fk_decisions_verification_id_interview_id"),
        ),
        sa.ForeignKeyConstraint(
            ["verification_id", "supersedes"],
            ["decisions.verification_id", "decisions.version"],
            name=op.f("fk_decisions_verification_id_supersedes"),
        ),
        sa.PrimaryKeyConstraint("verification_id", "version", name=op.f("pk_decisions")),
        sa.UniqueConstraint(
            "verification_id", "version", "result", name=op.f("uq_decisions_verification_id_version_result")
        ),
    )
    op.create_table(
        "effects",
        sa.Column("position", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("verification_id", sa.Text(), nullable=False),
        sa.Column("decision_version", sa.BigInteger(), autoincrement=False, nullable=True),
        sa.Column("effect", sa.Text(), nullable=False),
        sa.Column("at_ms", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("mismatch", sa.Boolean(create_constraint=True, name="mismatch"), nullable=False),
        sa.CheckConstraint(
            "effect IN ('none', 'keep_current', 'suspend', 'reinstate')", name=op.f("ck_effects_effect_known")
        ),
        sa.ForeignKeyConstraint(
            ["verification_id", "decision_version"],
            ["decisions.verification_id", "decisions.version"],
            name=op.f("fk_effects_verification_id_decision_version"),
        ),
        sa.ForeignKeyConstraint(["verification_id"], ["verifications.id"], name=op.f("fk_effects_verification_id")),
        sa.PrimaryKeyConstraint("position", name=op.f("pk_effects")),
    )
    op.create_index(op.f("ix_effects_verification_id"), "effects", ["verification_id"], unique=False)
    op.create_table(
        "findings",
        sa.Column("run_id", sa.Text(), nullable=False),
        sa.Column("interview_id", sa.Text(), nullable=False),
        sa.Column("item_key", sa.Text(), nullable=False),
        sa.Column("admissible", sa.Boolean(create_constraint=True, name="admissible"), nullable=False),
        sa.Column("in_scope", sa.Boolean(create_constraint=True, name="in_scope"), nullable=False),
        sa.Column("polarity", sa.Text(), nullable=False),
        sa.Column("reasons", sa.JSON(), nullable=False),
        sa.Column("figures", sa.JSON(), nullable=False),
        sa.Column("blame_fault", sa.Text(), nullable=True),
        sa.Column("blame_explained", sa.Double(), nullable=False),
        sa.Column("blame_side", sa.Text(), nullable=True),
        sa.Column("policy_version", sa.Text(), nullable=False),
        sa.CheckConstraint(
            "blame_fault IN ('freelancer_uplink', 'freelancer_downlink', 'interviewer_uplink', "
            "'interviewer_downlink', 'freelancer_device', 'interviewer_device', 'source', 'server', "
            "'both', 'unclear')",
            name=op.f("ck_findings_blame_fault_known"),
        ),
        sa.CheckConstraint("blame_side IN ('freelancer', 'interviewer')", name=op.f("ck_findings_blame_side_known")),
        sa.CheckConstraint("polarity IN ('supporting', 'adverse', 'neutral')", name=op.f("ck_findings_polarity_known")),
        sa.CheckConstraint("in_scope OR NOT admissible", name=op.f("ck_findings_admissible_in_scope")),
        sa.ForeignKeyConstraint(
            ["interview_id", "run_id", "item_key"],
            ["item_runs.interview_id", "item_runs.id", "item_runs.item_key"],
            name=op.f("fk_findings_interview_id_run_id_item_key"),
        ),
        sa.PrimaryKeyConstraint("run_id", name=op.f("pk_findings")),
    )
    op.create_index(op.f("ix_findings_interview_id"), "findings", ["interview_id"], unique=False)
    op.create_table(
        "results",
        sa.Column("verification_id", sa.Text(), nullable=False),
        sa.Column("decision_version", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("result", sa.Text(), nullable=False),
        sa.CheckConstraint("result IN ('verified', 'inconclusive')", name=op.f("ck_results_result_known")),
        sa.ForeignKeyConstraint(
            ["verification_id", "decision_version", "result"],
            ["decisions.verification_id", "decisions.version", "decisions.result"],
            name=op.f("fk_results_verification_id_decision_version_result"),
            initially="DEFERRED",
            deferrable=True,
        ),
        sa.ForeignKeyConstraint(["verification_id"], ["verifications.id"], name=op.f("fk_results_verification_id")),
        sa.PrimaryKeyConstraint("verification_id", name=op.f("pk_results")),
    )
