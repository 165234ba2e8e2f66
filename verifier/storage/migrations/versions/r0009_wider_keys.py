"""Keys that failed decisions refer to, results and events that exist from now on.

Revision: r0009
"""

from __future__ import annotations

from verifier.storage.migrations.altering import alter

revision = "r0009"
down_revision: str | None = "r0008"
branch_labels = None
depends_on = None

_EVENTS = (
    "verification.created",
    "interview.started",
    "interview.inconclusive",
    "verification.failure_proposed",
    "verification.new_interview",
    "verification.decided",
    "decision.superseded",
    "appeal.opened",
    "appeal.decided",
    "verification.alternative_route",
    "verification.cancelled",
    "verification.expired",
    "verification.redacted",
    "effect.mismatch",
    "endpoint.test",
)


def upgrade() -> None:
    """Wider unique keys, more words in the checks; the decisions themselves follow in r0011."""
    alter(
        "interviews",
        added=[
            "CONSTRAINT uq_interviews_id_interviewer_id UNIQUE (id, interviewer_id)",
            "CONSTRAINT uq_interviews_id_interviewer_id_ended_ms UNIQUE (id, interviewer_id, ended_ms)",
        ],
    )
    alter(
        "planned_items",
        added=["CONSTRAINT uq_planned_items_interview_id_key_kind UNIQUE (interview_id, key, kind)"],
    )
    alter("flags", added=["CONSTRAINT uq_flags_id_interview_id_kind UNIQUE (id, interview_id, kind)"])
    alter(
        "findings",
        added=[
            "CONSTRAINT uq_findings_admission UNIQUE (run_id, interview_id, item_key, admissible, polarity, in_scope)"
        ],
    )
    words = ", ".join(f"'{word}'" for word in _EVENTS)
    alter("events", changed={"ck_events_type_known": f"CONSTRAINT ck_events_type_known CHECK (type IN ({words}))"})
    known = "CONSTRAINT ck_results_result_known CHECK (result IN ('verified', 'failed', 'inconclusive'))"
    alter("results", changed={"ck_results_result_known": known})
