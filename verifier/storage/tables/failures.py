"""What a failed decision needs, as one row of foreign keys and checks. One rule: a bad row written by hand is refused.

I1: the assessment is conclusive, and an adverse, admissible, in-scope finding on an identity, document or face item of
that same interview is cited together with a usable still of it. I2: interviewer, proposer and confirmer differ, and
each has a training that was current. I3: the statement has a fact, a ground, its rule and policy and both deadlines
(tables/redress.py). I4: the window was as long as promised, and answered in it or ran out, and the confirmer watched
the cited stretch before. Windows that a bounce stopped, and what facts beyond the first rest on, are proved by
``verifier audit``.
"""

from __future__ import annotations

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Table, UniqueConstraint

from verifier.storage.tables.columns import METADATA, boolean, integer, text


def _training(who: str, role: str) -> ForeignKeyConstraint:
    return ForeignKeyConstraint(
        [f"{who}_id", f"{role}_role", f"{who}_trained_ms", f"{who}_trained_until_ms"],
        ["trainings.person_id", "trainings.role", "trainings.completed_ms", "trainings.valid_until_ms"],
        name=f"fk_failed_decisions_{who}_training",
    )


failed_decisions = Table(
    "failed_decisions",
    METADATA,
    text("verification_id", key=True),
    integer("version", key=True),
    text("result"),
    integer("at_ms"),
    # I1: the interview, its finding and its still
    text("interview_id"),
    boolean("conclusive"),
    integer("interview_ended_ms"),
    text("run_id"),
    text("item_key"),
    text("item_kind"),
    boolean("admissible"),
    text("polarity"),
    boolean("in_scope"),
    text("still_id"),
    boolean("still_usable"),
    # I2: three people
    text("interviewer_id"),
    text("proposer_id"),
    text("confirmer_id"),
    text("interviewer_role"),
    text("reviewer_role"),
    integer("interviewer_trained_ms"),
    integer("interviewer_trained_until_ms"),
    integer("proposer_trained_ms"),
    integer("proposer_trained_until_ms"),
    integer("confirmer_trained_ms"),
    integer("confirmer_trained_until_ms"),
    # I3: the statement
    text("proposal_id"),
    integer("proposed_ms"),
    integer("fact_number"),
    integer("cited_ms"),
    # I4: the window and the view
    integer("window_number"),
    integer("window_opened_ms"),
    integer("window_closes_ms"),
    integer("response_ms", nullable=True),
    text("view_id"),
    # Newer than the table: a CHECK below refuses NULL
    integer("promised_ms", nullable=True),
    integer("view_opened_ms", nullable=True),
    integer("view_watched_ms", nullable=True),
    ForeignKeyConstraint(
        ["verification_id", "version", "interview_id", "result", "proposal_id", "confirmer_id", "at_ms"],
        [
            "decisions.verification_id",
            "decisions.version",
            "decisions.interview_id",
            "decisions.result",
            "decisions.proposal_id",
            "decisions.decided_by",
            "decisions.at_ms",
        ],
        name="fk_failed_decisions_decision",
    ),
    ForeignKeyConstraint(["interview_id", "conclusive"], ["assessments.interview_id", "assessments.conclusive"]),
    ForeignKeyConstraint(
        ["interview_id", "interviewer_id", "interview_ended_ms"],
        ["interviews.id", "interviews.interviewer_id", "interviews.ended_ms"],
        name="fk_failed_decisions_interview",
    ),
    ForeignKeyConstraint(
        ["run_id", "interview_id", "item_key", "admissible", "polarity", "in_scope"],
        [
            "findings.run_id",
            "findings.interview_id",
            "findings.item_key",
            "findings.admissible",
            "findings.polarity",
            "findings.in_scope",
        ],
        name="fk_failed_decisions_finding",
    ),
    ForeignKeyConstraint(
        ["interview_id", "item_key", "item_kind"],
        ["planned_items.interview_id", "planned_items.key", "planned_items.kind"],
    ),
    ForeignKeyConstraint(
        ["still_id", "interview_id", "still_usable"], ["stills.id", "stills.interview_id", "stills.usable"]
    ),
    ForeignKeyConstraint(
        ["proposal_id", "verification_id", "interview_id", "interviewer_id", "proposer_id", "proposed_ms"],
        [
            "proposals.id",
            "proposals.verification_id",
            "proposals.interview_id",
            "proposals.interviewer_id",
            "proposals.proposer_id",
            "proposals.at_ms",
        ],
        name="fk_failed_decisions_proposal",
    ),
    ForeignKeyConstraint(
        ["proposal_id", "fact_number", "run_id", "item_key", "still_id", "cited_ms"],
        [
            "proposal_facts.proposal_id",
            "proposal_facts.number",
            "proposal_facts.run_id",
            "proposal_facts.item_key",
            "proposal_facts.still_id",
            "proposal_facts.cited_ms",
        ],
        name="fk_failed_decisions_fact",
    ),
    ForeignKeyConstraint(
        ["proposal_id", "window_number", "window_opened_ms", "window_closes_ms"],
        [
            "response_windows.proposal_id",
            "response_windows.number",
            "response_windows.opened_ms",
            "response_windows.closes_ms",
        ],
        name="fk_failed_decisions_window",
    ),
    ForeignKeyConstraint(["proposal_id", "response_ms"], ["responses.proposal_id", "responses.at_ms"]),
    ForeignKeyConstraint(
        ["view_id", "proposal_id", "fact_number", "confirmer_id"],
        ["views.id", "views.proposal_id", "views.fact_number", "views.person_id"],
        name="fk_failed_decisions_view",
    ),
    ForeignKeyConstraint(
        ["proposal_id", "promised_ms"],
        ["proposals.id", "proposals.response_window_ms"],
        name="fk_failed_decisions_promise",
    ),
    ForeignKeyConstraint(
        ["view_id", "view_opened_ms", "view_watched_ms"],
        ["views.id", "views.opened_ms", "views.watched_ms"],
        name="fk_failed_decisions_watched",
    ),
    _training("interviewer", "interviewer"),
    _training("proposer", "reviewer"),
    _training("confirmer", "reviewer"),
    UniqueConstraint("proposal_id"),
    UniqueConstraint(
        "verification_id", "version", "proposal_id", "proposer_id", "confirmer_id", name="uq_failed_decisions_four_eyes"
    ),
    CheckConstraint("result = 'failed'", name="failed"),
    CheckConstraint("conclusive", name="i1_conclusive"),
    CheckConstraint("admissible", name="i1_admissible"),
    CheckConstraint("polarity = 'adverse'", name="i1_adverse"),
    CheckConstraint("in_scope", name="i1_in_scope"),
    CheckConstraint("item_kind IN ('identity', 'document', 'face')", name="i1_identifying"),
    CheckConstraint("still_usable", name="i1_still_usable"),
    CheckConstraint(
        "interviewer_id <> proposer_id AND proposer_id <> confirmer_id AND interviewer_id <> confirmer_id",
        name="i2_three_people",
    ),
    CheckConstraint("interviewer_role = 'interviewer' AND reviewer_role = 'reviewer'", name="i2_roles"),
    CheckConstraint(
        "interview_ended_ms BETWEEN interviewer_trained_ms AND interviewer_trained_until_ms",
        name="i2_interviewer_trained",
    ),
    CheckConstraint(
        "proposed_ms BETWEEN proposer_trained_ms AND proposer_trained_until_ms", name="i2_proposer_trained"
    ),
    CheckConstraint("at_ms BETWEEN confirmer_trained_ms AND confirmer_trained_until_ms", name="i2_confirmer_trained"),
    CheckConstraint("proposed_ms >= interview_ended_ms AND window_opened_ms >= proposed_ms", name="i4_in_order"),
    CheckConstraint("at_ms >= window_closes_ms OR coalesce(response_ms <= at_ms, FALSE)", name="i4_window_closed"),
    CheckConstraint(
        "promised_ms IS NOT NULL AND window_closes_ms - window_opened_ms >= promised_ms", name="i4_as_long_as_promised"
    ),
    CheckConstraint("coalesce(response_ms, window_opened_ms) >= window_opened_ms", name="i4_answered_in_window"),
    CheckConstraint(
        "view_opened_ms IS NOT NULL AND view_watched_ms IS NOT NULL "
        "AND view_opened_ms >= proposed_ms AND view_opened_ms + view_watched_ms <= at_ms",
        name="i4_watched_before",
    ),
)
