"""Findings, assessments, decisions, results, effects. One rule: a row that the rules forbid cannot be written by hand.

A decision is tied to its assessment by a composite foreign key whose ``conclusive`` a CHECK pins (verified and failed:
true, inconclusive: false); a finding to the run of its own interview (I9); every stored result to the decision version
that states it (I7); each of them to the policy that its interview is pinned to (I10). A failed decision needs its row
in ``failed_decisions`` (tables/failures.py), where I1 to I4 stand.
"""

from __future__ import annotations

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Index, Table, UniqueConstraint

from verifier.core.model import Result, Role
from verifier.core.verdicts import AccountEffect, Fault, Polarity
from verifier.storage.tables.columns import (
    METADATA,
    boolean,
    integer,
    json,
    one_of,
    policy_of_interview,
    position,
    real,
    text,
)

_SHOWN = (Result.VERIFIED, Result.FAILED, Result.INCONCLUSIVE)

findings = Table(
    "findings",
    METADATA,
    text("run_id", key=True),
    text("interview_id"),
    text("item_key"),
    boolean("admissible"),
    boolean("in_scope"),
    text("polarity"),
    json("reasons"),
    json("figures"),
    text("blame_fault", nullable=True),
    real("blame_explained"),
    text("blame_side", nullable=True),
    text("policy_version"),
    ForeignKeyConstraint(
        ["interview_id", "run_id", "item_key"], ["item_runs.interview_id", "item_runs.id", "item_runs.item_key"]
    ),
    policy_of_interview(),
    one_of("polarity", Polarity),
    one_of("blame_fault", Fault),
    one_of("blame_side", Role),
    UniqueConstraint(
        "run_id", "interview_id", "item_key", "admissible", "polarity", "in_scope", name="uq_findings_admission"
    ),
    CheckConstraint("in_scope OR NOT admissible", name="admissible_in_scope"),
    Index(None, "interview_id"),
)

assessments = Table(
    "assessments",
    METADATA,
    text("interview_id", key=True),
    boolean("conclusive"),
    boolean("all_consistent"),
    json("adverse_items"),
    json("disputed_items"),
    json("reasons"),
    text("blame_fault", nullable=True),
    real("blame_explained"),
    text("blame_side", nullable=True),
    real("bad_share_relied"),
    real("bad_share_live"),
    integer("live_seconds"),
    text("policy_version"),
    ForeignKeyConstraint(["interview_id"], ["interviews.id"]),
    UniqueConstraint("interview_id", "conclusive"),
    policy_of_interview(),
    one_of("blame_fault", Fault),
    one_of("blame_side", Role),
)

decisions = Table(
    "decisions",
    METADATA,
    text("verification_id", key=True),
    integer("version", key=True),
    integer("supersedes", nullable=True),
    text("result"),
    boolean("conclusive"),
    text("interview_id"),
    text("decided_by", nullable=True),
    json("reason_codes"),
    text("policy_version"),
    integer("at_ms"),
    text("proposal_id", nullable=True),
    text("appeal_id", nullable=True),
    integer("failed_version", nullable=True),
    ForeignKeyConstraint(["verification_id", "interview_id"], ["interviews.verification_id", "interviews.id"]),
    ForeignKeyConstraint(["interview_id", "conclusive"], ["assessments.interview_id", "assessments.conclusive"]),
    ForeignKeyConstraint(["verification_id", "supersedes"], ["decisions.verification_id", "decisions.version"]),
    ForeignKeyConstraint(["decided_by"], ["people.id"]),
    ForeignKeyConstraint(["verification_id", "proposal_id"], ["proposals.verification_id", "proposals.id"]),
    ForeignKeyConstraint(
        ["verification_id", "supersedes", "appeal_id", "decided_by"],
        [
            "appeal_answers.verification_id",
            "appeal_answers.decision_version",
            "appeal_answers.appeal_id",
            "appeal_answers.reviewer_id",
        ],
        use_alter=True,
    ),
    ForeignKeyConstraint(
        ["verification_id", "failed_version"],
        ["failed_decisions.verification_id", "failed_decisions.version"],
        deferrable=True,
        initially="DEFERRED",
        use_alter=True,
    ),
    policy_of_interview(),
    UniqueConstraint("verification_id", "version", "result"),
    UniqueConstraint("verification_id", "version", "interview_id", "result"),
    UniqueConstraint(
        "verification_id",
        "version",
        "interview_id",
        "result",
        "proposal_id",
        "decided_by",
        "at_ms",
        name="uq_decisions_whole",
    ),
    one_of("result", Result),
    CheckConstraint("(result = 'failed') = (failed_version IS NOT NULL)", name="failed_guarded"),
    CheckConstraint("coalesce(failed_version, version) = version", name="failed_own_version"),
    CheckConstraint("result <> 'failed' OR conclusive", name="failed_conclusive"),
    CheckConstraint("result <> 'failed' OR decided_by IS NOT NULL", name="failed_by_person"),
    CheckConstraint("result <> 'failed' OR proposal_id IS NOT NULL", name="failed_proposed"),
    CheckConstraint("result <> 'none' OR (supersedes IS NOT NULL AND appeal_id IS NOT NULL)", name="none_by_appeal"),
    CheckConstraint("appeal_id IS NULL OR decided_by IS NOT NULL", name="appeal_by_person"),
    CheckConstraint("version >= 1 AND coalesce(supersedes, 0) = version - 1", name="versions_without_holes"),
    CheckConstraint("result <> 'verified' OR conclusive", name="verified_conclusive"),
    CheckConstraint("result <> 'verified' OR decided_by IS NOT NULL", name="verified_by_person"),
    CheckConstraint("result <> 'inconclusive' OR NOT conclusive", name="inconclusive_not_conclusive"),
)

results = Table(
    "results",
    METADATA,
    text("verification_id", key=True),
    integer("decision_version"),
    text("result"),
    ForeignKeyConstraint(["verification_id"], ["verifications.id"]),
    ForeignKeyConstraint(
        ["verification_id", "decision_version", "result"],
        ["decisions.verification_id", "decisions.version", "decisions.result"],
        deferrable=True,
        initially="DEFERRED",
    ),
    one_of("result", _SHOWN),
)
"""The result a case shows; no row: none. Deferred, so that case and decision may be saved in either order."""

effects = Table(
    "effects",
    METADATA,
    position(),
    text("verification_id"),
    integer("decision_version", nullable=True),
    text("effect"),
    integer("at_ms"),
    boolean("mismatch"),
    ForeignKeyConstraint(["verification_id"], ["verifications.id"]),
    ForeignKeyConstraint(["verification_id", "decision_version"], ["decisions.verification_id", "decisions.version"]),
    one_of("effect", AccountEffect),
    Index(None, "verification_id"),
)
"""``decision_version`` NULL: the platform acted before any decision."""
