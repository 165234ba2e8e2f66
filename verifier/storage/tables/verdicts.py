"""Findings, assessments, decisions, results, effects. One rule: a row that the rules forbid cannot be written by hand.

There is no adverse result in this version. A decision is tied to its assessment by a composite foreign key whose
``conclusive`` a CHECK pins (verified: true, inconclusive: false); a finding to the run of its own interview (I9); every
stored result to the decision version that states it (I7).
"""

from __future__ import annotations

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Index, Table, UniqueConstraint

from verifier.core.model import Result, Role
from verifier.core.verdicts import AccountEffect, Fault, Polarity
from verifier.storage.tables.columns import METADATA, boolean, integer, json, one_of, position, real, text

_DECIDABLE = (Result.VERIFIED, Result.INCONCLUSIVE)

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
    one_of("polarity", Polarity),
    one_of("blame_fault", Fault),
    one_of("blame_side", Role),
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
    ForeignKeyConstraint(["verification_id", "interview_id"], ["interviews.verification_id", "interviews.id"]),
    ForeignKeyConstraint(["interview_id", "conclusive"], ["assessments.interview_id", "assessments.conclusive"]),
    ForeignKeyConstraint(["verification_id", "supersedes"], ["decisions.verification_id", "decisions.version"]),
    ForeignKeyConstraint(["decided_by"], ["people.id"]),
    UniqueConstraint("verification_id", "version", "result"),
    one_of("result", _DECIDABLE),
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
    one_of("result", _DECIDABLE),
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
