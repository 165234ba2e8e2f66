"""Calls, planned items, runs, flags, the log. One rule: composite foreign keys keep every row within its own case.

I6: a question has a bank id, and a profile question a claim of the same verification. Words that people said or typed
stand in side tables.
"""

from __future__ import annotations

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Index, Table, UniqueConstraint

from verifier.core.model import Answer, EndCause, FlagKind, InterviewState, ItemKind, Role
from verifier.storage.tables.columns import METADATA, boolean, integer, json, one_of, text

interviews = Table(
    "interviews",
    METADATA,
    text("id", key=True),
    text("verification_id"),
    integer("number"),
    text("interviewer_id"),
    text("state"),
    integer("seed"),
    text("policy_version"),
    text("checklist_version"),
    integer("created_ms"),
    boolean("recording_consented"),
    integer("live_ms", nullable=True),
    integer("ended_ms", nullable=True),
    text("end_cause", nullable=True),
    ForeignKeyConstraint(["verification_id"], ["verifications.id"]),
    ForeignKeyConstraint(["interviewer_id"], ["people.id"]),
    UniqueConstraint("verification_id", "number"),
    UniqueConstraint("verification_id", "id"),
    UniqueConstraint("id", "policy_version"),
    UniqueConstraint("id", "recording_consented"),
    UniqueConstraint("id", "interviewer_id"),
    UniqueConstraint("id", "interviewer_id", "ended_ms"),
    one_of("state", InterviewState),
    one_of("end_cause", EndCause),
    CheckConstraint(
        "(state = 'ended') = (ended_ms IS NOT NULL) AND (state = 'ended') = (end_cause IS NOT NULL)",
        name="ended_with_cause",
    ),
    Index(None, "state"),
    Index(None, "created_ms"),
)

planned_items = Table(
    "planned_items",
    METADATA,
    text("interview_id", key=True),
    text("key", key=True),
    text("verification_id"),
    text("kind"),
    integer("position"),
    boolean("mandatory"),
    json("needs"),
    text("question_id"),
    text("claim_id", nullable=True),
    integer("round"),
    ForeignKeyConstraint(["verification_id", "interview_id"], ["interviews.verification_id", "interviews.id"]),
    ForeignKeyConstraint(["verification_id", "claim_id"], ["claims.verification_id", "claims.id"]),
    UniqueConstraint("interview_id", "key", "kind"),
    one_of("kind", ItemKind),
    CheckConstraint("question_id <> ''", name="question_in_bank"),
    CheckConstraint("kind <> 'profile' OR claim_id IS NOT NULL", name="profile_claimed"),
    CheckConstraint("kind <> 'profile' OR NOT mandatory", name="profile_informative"),
)

planned_texts = Table(
    "planned_texts",
    METADATA,
    text("interview_id", key=True),
    text("key", key=True),
    text("question"),
    text("expected", nullable=True),
    ForeignKeyConstraint(["interview_id", "key"], ["planned_items.interview_id", "planned_items.key"]),
)
"""Personal: wording that quotes a claim, and what the snapshot says."""

item_runs = Table(
    "item_runs",
    METADATA,
    text("id", key=True),
    text("interview_id"),
    text("item_key"),
    integer("number"),
    integer("started_ms"),
    integer("ended_ms", nullable=True),
    text("answer", nullable=True),
    ForeignKeyConstraint(["interview_id", "item_key"], ["planned_items.interview_id", "planned_items.key"]),
    UniqueConstraint("interview_id", "item_key", "number"),
    UniqueConstraint("interview_id", "id", "item_key"),
    one_of("answer", Answer),
    CheckConstraint("ended_ms >= started_ms", name="window_forwards"),
    CheckConstraint("answer IS NULL OR ended_ms IS NOT NULL", name="answer_ends"),
)

run_notes = Table(
    "run_notes",
    METADATA,
    text("run_id", key=True),
    text("typed"),
    ForeignKeyConstraint(["run_id"], ["item_runs.id"]),
)
"""Personal: what somebody typed."""

flags = Table(
    "flags",
    METADATA,
    text("id", key=True),
    text("interview_id"),
    text("kind"),
    integer("at_ms"),
    text("raised_by", nullable=True),
    ForeignKeyConstraint(["interview_id"], ["interviews.id"]),
    UniqueConstraint("id", "interview_id", "kind"),
    one_of("kind", FlagKind),
    one_of("raised_by", Role),
    Index(None, "interview_id"),
)

flag_notes = Table(
    "flag_notes",
    METADATA,
    text("flag_id", key=True),
    text("note"),
    ForeignKeyConstraint(["flag_id"], ["flags.id"]),
)
"""Personal: what somebody wrote about a flag."""

interview_log = Table(
    "interview_log",
    METADATA,
    text("interview_id", key=True),
    integer("sequence", key=True),
    integer("at_ms"),
    text("kind"),
    text("by", nullable=True),
    ForeignKeyConstraint(["interview_id"], ["interviews.id"]),
    CheckConstraint('"by" IN ({})'.format(", ".join(f"'{role.value}'" for role in Role)), name="by_known"),
    CheckConstraint("sequence >= 1", name="sequence_counts"),
)

log_bodies = Table(
    "log_bodies",
    METADATA,
    text("interview_id", key=True),
    integer("sequence", key=True),
    json("body"),
    ForeignKeyConstraint(["interview_id", "sequence"], ["interview_log.interview_id", "interview_log.sequence"]),
)
"""Personal: chat and everything else an entry says."""
