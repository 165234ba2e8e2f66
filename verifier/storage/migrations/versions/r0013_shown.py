"""When the private page first showed a proposal and a decision version.

Revision: r0013
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "r0013"
down_revision: str | None = "r0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """When the private page first showed a proposal and a decision version."""
    op.create_table(
        "shown_proposals",
        sa.Column("proposal_id", sa.Text(), nullable=False),
        sa.Column("at_ms", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.ForeignKeyConstraint(["proposal_id"], ["proposals.id"], name=op.f("fk_shown_proposals_proposal_id")),
        sa.PrimaryKeyConstraint("proposal_id", name=op.f("pk_shown_proposals")),
    )
    op.create_table(
        "shown_decisions",
        sa.Column("verification_id", sa.Text(), nullable=False),
        sa.Column("version", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("at_ms", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.ForeignKeyConstraint(
            ["verification_id", "version"],
            ["decisions.verification_id", "decisions.version"],
            name=op.f("fk_shown_decisions_verification_id_version"),
        ),
        sa.PrimaryKeyConstraint("verification_id", "version", name=op.f("pk_shown_decisions")),
    )
