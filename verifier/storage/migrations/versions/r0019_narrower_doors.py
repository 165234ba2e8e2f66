"""Narrower doors of a failure: its promised window, its view before it, one interview, one policy, whole digests.

Revision: r0019
"""

from __future__ import annotations

from alembic import op

from verifier.storage.migrations.altering import alter

revision = "r0019"
down_revision: str | None = "r0018"
branch_labels = None
depends_on = None

_DIGESTED = ("proposal_facts", "responses", "rulings", "flag_resolutions", "appeals", "appeal_answers")
_PINNED = ("findings", "assessments", "decisions", "proposals")
_FACT_CHECKS = ("CONSTRAINT ck_proposal_facts_of_interview CHECK (interview_id IS NOT NULL)",)
_FACT_KEYS = (
    "CONSTRAINT fk_proposal_facts_proposal_id_interview_id "
    "FOREIGN KEY(proposal_id, interview_id) REFERENCES proposals (id, interview_id)",
    "CONSTRAINT fk_proposal_facts_interview_id_run_id_item_key "
    "FOREIGN KEY(interview_id, run_id, item_key) REFERENCES item_runs (interview_id, id, item_key)",
    "CONSTRAINT fk_proposal_facts_still_id_interview_id "
    "FOREIGN KEY(still_id, interview_id) REFERENCES stills (id, interview_id)",
)
_FAILED_CHECKS = (
    "CONSTRAINT ck_failed_decisions_i4_as_long_as_promised "
    "CHECK (promised_ms IS NOT NULL AND window_closes_ms - window_opened_ms >= promised_ms)",
    "CONSTRAINT ck_failed_decisions_i4_answered_in_window "
    "CHECK (coalesce(response_ms, window_opened_ms) >= window_opened_ms)",
    "CONSTRAINT ck_failed_decisions_i4_watched_before "
    "CHECK (view_opened_ms IS NOT NULL AND view_watched_ms IS NOT NULL "
    "AND view_opened_ms >= proposed_ms AND view_opened_ms + view_watched_ms <= at_ms)",
)
_FAILED_KEYS = (
    "CONSTRAINT fk_failed_decisions_promise "
    "FOREIGN KEY(proposal_id, promised_ms) REFERENCES proposals (id, response_window_ms)",
    "CONSTRAINT fk_failed_decisions_watched "
    "FOREIGN KEY(view_id, view_opened_ms, view_watched_ms) REFERENCES views (id, opened_ms, watched_ms)",
)
_DEADLINES = (
    "CONSTRAINT ck_proposals_deadlines_named "
    "CHECK (response_window_ms >= 259200000 AND appeal_window_ms >= 15897600000)"
)


def upgrade() -> None:
    """New columns are filled from the rows that they repeat, then held to them."""
    alter(
        "interviews",
        added=["CONSTRAINT uq_interviews_id_policy_version UNIQUE (id, policy_version)"],
    )
    alter("stills", added=["CONSTRAINT uq_stills_id_interview_id UNIQUE (id, interview_id)"])
    alter("views", added=["CONSTRAINT uq_views_id_opened_ms_watched_ms UNIQUE (id, opened_ms, watched_ms)"])
    alter(
        "proposals",
        added=[
            "CONSTRAINT uq_proposals_id_interview_id UNIQUE (id, interview_id)",
            "CONSTRAINT uq_proposals_id_response_window_ms UNIQUE (id, response_window_ms)",
        ],
        changed={"ck_proposals_deadlines_named": _DEADLINES},
    )
    alter("proposal_facts", columns=["interview_id TEXT"])
    alter("failed_decisions", columns=["promised_ms BIGINT", "view_opened_ms BIGINT", "view_watched_ms BIGINT"])
    _fill("proposal_facts", "interview_id", "proposals", "interview_id", "proposal_id")
    _fill("failed_decisions", "promised_ms", "proposals", "response_window_ms", "proposal_id")
    _fill("failed_decisions", "view_opened_ms", "views", "opened_ms", "view_id")
    _fill("failed_decisions", "view_watched_ms", "views", "watched_ms", "view_id")
    alter("proposal_facts", added=[*_FACT_CHECKS, *_FACT_KEYS])
    alter("failed_decisions", added=[*_FAILED_CHECKS, *_FAILED_KEYS])
    for table in _PINNED:
        key = f"CONSTRAINT fk_{table}_interview_id_policy_version FOREIGN KEY(interview_id, policy_version)"
        alter(table, added=[f"{key} REFERENCES interviews (id, policy_version)"])
    for table in _DIGESTED:
        alter(table, added=[f"CONSTRAINT ck_{table}_digest_whole CHECK (length(text_sha256) = 64)"])


def _fill(table: str, column: str, source: str, named: str, by: str) -> None:
    # Names come from this module alone.
    found = f"SELECT {named} FROM {source} WHERE {source}.id = {table}.{by}"  # noqa: S608
    op.execute(f"UPDATE {table} SET {column} = ({found})")  # noqa: S608
