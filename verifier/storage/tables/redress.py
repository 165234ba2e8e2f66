"""Proposals, windows, answers, rulings, appeals, escalations. One rule: everything that happens is a row of its own.

Words that people wrote stand in ``written_texts``, the only deletable rows here; each row keeps their length and
digest, so a statement without words cannot be stored and the chain stays provable after redaction.
"""

from __future__ import annotations

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Index, Table, UniqueConstraint

from verifier.core.appeal import ANSWER_MIN_CHARACTERS, AppealOutcome
from verifier.core.clocks import ClockKind
from verifier.core.model import FlagKind, Result
from verifier.core.proposal import RULING_MIN_CHARACTERS, DeliveredBy, RulingOutcome
from verifier.core.statement import CITED_MIN_MS, FACT_MIN_CHARACTERS, Ground
from verifier.storage.tables.columns import METADATA, boolean, integer, one_of, policy_of_interview, text

WINDOW_MIN_MS = 72 * 3_600_000
"""No window for an answer is shorter, whatever the policy says."""
APPEAL_MIN_MS = 184 * 24 * 3_600_000
"""Six months, however long they are (I11)."""

written_texts = Table(
    "written_texts",
    METADATA,
    text("subject", key=True),
    text("verification_id"),
    text("text"),
    ForeignKeyConstraint(["verification_id"], ["verifications.id"]),
    Index(None, "verification_id"),
)
"""Personal: what people wrote. ``subject`` names the row that the words belong to, e.g. ``fact:PROPOSAL:1``."""

proposals = Table(
    "proposals",
    METADATA,
    text("id", key=True),
    text("verification_id"),
    text("interview_id"),
    integer("number"),
    text("interviewer_id"),
    text("proposer_id"),
    integer("at_ms"),
    text("ground"),
    text("rule"),
    text("policy_version"),
    integer("response_window_ms"),
    integer("appeal_window_ms"),
    boolean("conclusive"),
    ForeignKeyConstraint(["verification_id", "interview_id"], ["interviews.verification_id", "interviews.id"]),
    ForeignKeyConstraint(["interview_id", "interviewer_id"], ["interviews.id", "interviews.interviewer_id"]),
    ForeignKeyConstraint(["interview_id", "conclusive"], ["assessments.interview_id", "assessments.conclusive"]),
    ForeignKeyConstraint(["proposer_id"], ["people.id"]),
    UniqueConstraint("verification_id", "number"),
    UniqueConstraint("verification_id", "id"),
    UniqueConstraint(
        "id", "verification_id", "interview_id", "interviewer_id", "proposer_id", "at_ms", name="uq_proposals_whole"
    ),
    UniqueConstraint("id", "proposer_id"),
    UniqueConstraint("id", "interview_id"),
    UniqueConstraint("id", "response_window_ms"),
    policy_of_interview(),
    one_of("ground", Ground),
    CheckConstraint("conclusive", name="of_conclusive"),
    CheckConstraint("interviewer_id <> proposer_id", name="not_by_interviewer"),
    CheckConstraint("rule = 'rule.' || ground", name="rule_of_ground"),
    CheckConstraint("policy_version <> ''", name="policy_named"),
    CheckConstraint(
        f"response_window_ms >= {WINDOW_MIN_MS} AND appeal_window_ms >= {APPEAL_MIN_MS}", name="deadlines_named"
    ),
)

proposal_facts = Table(
    "proposal_facts",
    METADATA,
    text("proposal_id", key=True),
    integer("number", key=True),
    text("run_id"),
    text("item_key"),
    text("still_id"),
    integer("from_ms"),
    integer("to_ms"),
    integer("cited_ms"),
    integer("text_length"),
    text("text_sha256"),
    text("interview_id", nullable=True),
    ForeignKeyConstraint(["proposal_id"], ["proposals.id"]),
    ForeignKeyConstraint(["run_id"], ["item_runs.id"]),
    ForeignKeyConstraint(["still_id"], ["stills.id"]),
    ForeignKeyConstraint(["proposal_id", "interview_id"], ["proposals.id", "proposals.interview_id"]),
    ForeignKeyConstraint(
        ["interview_id", "run_id", "item_key"], ["item_runs.interview_id", "item_runs.id", "item_runs.item_key"]
    ),
    ForeignKeyConstraint(["still_id", "interview_id"], ["stills.id", "stills.interview_id"]),
    UniqueConstraint(
        "proposal_id", "number", "run_id", "item_key", "still_id", "cited_ms", name="uq_proposal_facts_whole"
    ),
    UniqueConstraint("proposal_id", "number", "cited_ms"),
    CheckConstraint("number >= 1", name="number_counts"),
    CheckConstraint("interview_id IS NOT NULL", name="of_interview"),
    CheckConstraint(f"cited_ms = to_ms - from_ms AND cited_ms >= {CITED_MIN_MS}", name="stretch_cited"),
    CheckConstraint(f"text_length >= {FACT_MIN_CHARACTERS}", name="worded"),
    CheckConstraint("length(text_sha256) = 64", name="digest_whole"),
)

response_windows = Table(
    "response_windows",
    METADATA,
    text("proposal_id", key=True),
    integer("number", key=True),
    integer("opened_ms"),
    integer("closes_ms"),
    text("delivered_by"),
    ForeignKeyConstraint(["proposal_id"], ["proposals.id"]),
    UniqueConstraint("proposal_id", "number", "opened_ms", "closes_ms"),
    one_of("delivered_by", DeliveredBy),
    CheckConstraint(f"closes_ms - opened_ms >= {WINDOW_MIN_MS}", name="long_enough"),
)

window_stops = Table(
    "window_stops",
    METADATA,
    text("proposal_id", key=True),
    integer("number", key=True),
    integer("at_ms"),
    ForeignKeyConstraint(["proposal_id", "number"], ["response_windows.proposal_id", "response_windows.number"]),
)

shown_proposals = Table(
    "shown_proposals",
    METADATA,
    text("proposal_id", key=True),
    integer("at_ms"),
    ForeignKeyConstraint(["proposal_id"], ["proposals.id"]),
)
"""The freelancer's private page showed the proposal for the first time."""

shown_decisions = Table(
    "shown_decisions",
    METADATA,
    text("verification_id", key=True),
    integer("version", key=True),
    integer("at_ms"),
    ForeignKeyConstraint(["verification_id", "version"], ["decisions.verification_id", "decisions.version"]),
)
"""The freelancer's private page showed a decision version for the first time (I7, I11)."""

responses = Table(
    "responses",
    METADATA,
    text("proposal_id", key=True),
    integer("at_ms"),
    integer("text_length"),
    text("text_sha256"),
    ForeignKeyConstraint(["proposal_id"], ["proposals.id"]),
    UniqueConstraint("proposal_id", "at_ms"),
    CheckConstraint("text_length >= 1", name="worded"),
    CheckConstraint("length(text_sha256) = 64", name="digest_whole"),
)

views = Table(
    "views",
    METADATA,
    text("id", key=True),
    text("proposal_id"),
    integer("fact_number"),
    text("person_id"),
    integer("opened_ms"),
    integer("watched_ms"),
    integer("cited_ms"),
    ForeignKeyConstraint(
        ["proposal_id", "fact_number", "cited_ms"],
        ["proposal_facts.proposal_id", "proposal_facts.number", "proposal_facts.cited_ms"],
    ),
    ForeignKeyConstraint(["person_id"], ["people.id"]),
    UniqueConstraint("id", "proposal_id", "fact_number", "person_id"),
    UniqueConstraint("id", "opened_ms", "watched_ms"),
    CheckConstraint("watched_ms >= cited_ms", name="watched_long_enough"),
    Index(None, "proposal_id"),
)
"""A stretch that was watched for as long as it is cited; a shorter look is no row."""

rulings = Table(
    "rulings",
    METADATA,
    text("id", key=True),
    text("verification_id"),
    text("interview_id"),
    text("interviewer_id"),
    text("person_id"),
    text("outcome"),
    integer("at_ms"),
    text("proposal_id", nullable=True),
    text("proposer_id", nullable=True),
    boolean("conclusive"),
    integer("text_length"),
    text("text_sha256"),
    ForeignKeyConstraint(["verification_id", "interview_id"], ["interviews.verification_id", "interviews.id"]),
    ForeignKeyConstraint(["interview_id", "interviewer_id"], ["interviews.id", "interviews.interviewer_id"]),
    ForeignKeyConstraint(["interview_id", "conclusive"], ["assessments.interview_id", "assessments.conclusive"]),
    ForeignKeyConstraint(["person_id"], ["people.id"]),
    ForeignKeyConstraint(["verification_id", "proposal_id"], ["proposals.verification_id", "proposals.id"]),
    ForeignKeyConstraint(["proposal_id", "proposer_id"], ["proposals.id", "proposals.proposer_id"]),
    UniqueConstraint("proposal_id"),
    one_of("outcome", RulingOutcome),
    CheckConstraint("conclusive", name="of_conclusive"),
    CheckConstraint("person_id <> interviewer_id", name="not_by_interviewer"),
    CheckConstraint("(proposal_id IS NULL) = (proposer_id IS NULL)", name="proposer_named"),
    CheckConstraint("proposer_id IS NULL OR proposer_id <> person_id", name="not_by_proposer"),
    CheckConstraint(f"text_length >= {RULING_MIN_CHARACTERS}", name="worded"),
    CheckConstraint("length(text_sha256) = 64", name="digest_whole"),
    Index(None, "verification_id"),
)

flag_resolutions = Table(
    "flag_resolutions",
    METADATA,
    text("flag_id", key=True),
    text("interview_id"),
    text("kind"),
    text("interviewer_id"),
    text("person_id"),
    integer("at_ms"),
    integer("text_length"),
    text("text_sha256"),
    ForeignKeyConstraint(["flag_id", "interview_id", "kind"], ["flags.id", "flags.interview_id", "flags.kind"]),
    ForeignKeyConstraint(["interview_id", "interviewer_id"], ["interviews.id", "interviews.interviewer_id"]),
    ForeignKeyConstraint(["person_id"], ["people.id"]),
    CheckConstraint(f"kind = '{FlagKind.FRAUD.value}'", name="fraud_only"),
    CheckConstraint("person_id <> interviewer_id", name="not_by_interviewer"),
    CheckConstraint(f"text_length >= {RULING_MIN_CHARACTERS}", name="worded"),
    CheckConstraint("length(text_sha256) = 64", name="digest_whole"),
)
"""A telemetry flag cannot be resolved by anybody."""

appeals = Table(
    "appeals",
    METADATA,
    text("id", key=True),
    text("verification_id"),
    integer("number"),
    integer("decision_version"),
    text("decision_result"),
    integer("opened_ms"),
    integer("text_length"),
    text("text_sha256"),
    ForeignKeyConstraint(
        ["verification_id", "decision_version", "decision_result"],
        ["decisions.verification_id", "decisions.version", "decisions.result"],
    ),
    UniqueConstraint("verification_id", "number"),
    UniqueConstraint("id", "verification_id", "decision_version", "decision_result", name="uq_appeals_decision"),
    CheckConstraint(f"decision_result IN ('{Result.FAILED.value}', '{Result.INCONCLUSIVE.value}')", name="appealable"),
    CheckConstraint("text_length >= 1", name="worded"),
    CheckConstraint("length(text_sha256) = 64", name="digest_whole"),
)

appeal_answers = Table(
    "appeal_answers",
    METADATA,
    text("appeal_id", key=True),
    text("verification_id"),
    integer("decision_version"),
    text("decision_result"),
    text("interview_id"),
    text("interviewer_id"),
    text("proposal_id", nullable=True),
    text("proposer_id", nullable=True),
    text("confirmer_id", nullable=True),
    text("reviewer_id"),
    text("outcome"),
    integer("at_ms"),
    integer("text_length"),
    text("text_sha256"),
    ForeignKeyConstraint(
        ["appeal_id", "verification_id", "decision_version", "decision_result"],
        ["appeals.id", "appeals.verification_id", "appeals.decision_version", "appeals.decision_result"],
        name="fk_appeal_answers_appeal",
    ),
    ForeignKeyConstraint(
        ["verification_id", "decision_version", "interview_id", "decision_result"],
        ["decisions.verification_id", "decisions.version", "decisions.interview_id", "decisions.result"],
        name="fk_appeal_answers_decision",
    ),
    ForeignKeyConstraint(["interview_id", "interviewer_id"], ["interviews.id", "interviews.interviewer_id"]),
    ForeignKeyConstraint(
        ["verification_id", "decision_version", "proposal_id", "proposer_id", "confirmer_id"],
        [
            "failed_decisions.verification_id",
            "failed_decisions.version",
            "failed_decisions.proposal_id",
            "failed_decisions.proposer_id",
            "failed_decisions.confirmer_id",
        ],
        name="fk_appeal_answers_four_eyes",
    ),
    ForeignKeyConstraint(["reviewer_id"], ["people.id"]),
    UniqueConstraint("text_sha256"),
    UniqueConstraint(
        "verification_id", "decision_version", "appeal_id", "reviewer_id", name="uq_appeal_answers_reviewer"
    ),
    one_of("outcome", AppealOutcome),
    CheckConstraint(
        "decision_result <> 'failed' OR "
        "(proposal_id IS NOT NULL AND proposer_id IS NOT NULL AND confirmer_id IS NOT NULL)",
        name="four_eyes_named",
    ),
    CheckConstraint(
        "reviewer_id <> interviewer_id AND reviewer_id <> coalesce(proposer_id, '') "
        "AND reviewer_id <> coalesce(confirmer_id, '')",
        name="uninvolved",
    ),
    CheckConstraint(f"text_length >= {ANSWER_MIN_CHARACTERS}", name="individual"),
    CheckConstraint("length(text_sha256) = 64", name="digest_whole"),
)
"""``text_sha256`` is unique over all cases: the same words never answer two appeals."""

escalations = Table(
    "escalations",
    METADATA,
    text("kind", key=True),
    text("subject_id", key=True),
    integer("due_ms", key=True),
    text("verification_id"),
    integer("at_ms"),
    ForeignKeyConstraint(["verification_id"], ["verifications.id"]),
    one_of("kind", ClockKind),
    Index(None, "verification_id"),
)
"""A clock that ran out and was told to a person, once."""
