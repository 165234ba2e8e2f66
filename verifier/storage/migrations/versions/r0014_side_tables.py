"""What events say, what receivers answered and what checks measured move to side tables; cases can be redacted.

Revision: r0014
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from verifier.storage.migrations.altering import alter

revision = "r0014"
down_revision: str | None = "r0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Side tables with the words of every row that is there, and the moment of a redaction."""
    op.create_table(
        "event_bodies",
        sa.Column("event_id", sa.Text(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["event_id"], ["events.id"], name=op.f("fk_event_bodies_event_id")),
        sa.PrimaryKeyConstraint("event_id", name=op.f("pk_event_bodies")),
    )
    op.execute("INSERT INTO event_bodies (event_id, body) SELECT id, body FROM events")
    alter("events", dropped=["body"])
    op.create_table(
        "attempt_answers",
        sa.Column("position", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("response", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["position"], ["attempts.position"], name=op.f("fk_attempt_answers_position")),
        sa.PrimaryKeyConstraint("position", name=op.f("pk_attempt_answers")),
    )
    op.execute(
        "INSERT INTO attempt_answers (position, response) SELECT position, response FROM attempts WHERE response <> ''"
    )
    alter("attempts", dropped=["response"])
    op.create_table(
        "check_figures",
        sa.Column("position", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("figures", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(["position"], ["device_checks.position"], name=op.f("fk_check_figures_position")),
        sa.PrimaryKeyConstraint("position", name=op.f("pk_check_figures")),
    )
    op.execute("INSERT INTO check_figures (position, figures) SELECT position, figures FROM device_checks")
    alter("device_checks", dropped=["figures"])
    alter("verifications", columns=["redacted_ms BIGINT"])
