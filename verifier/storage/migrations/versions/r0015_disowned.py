"""Which message carried a link, and addresses that are somebody else's.

Revision: r0015
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from verifier.storage.migrations.altering import alter

revision = "r0015"
down_revision: str | None = "r0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Which message carried a link, and addresses that are somebody else's."""
    alter(
        "links",
        columns=["notice_id TEXT"],
        added=["CONSTRAINT fk_links_notice_id FOREIGN KEY(notice_id) REFERENCES notices (id)"],
    )
    op.create_table(
        "disownments",
        sa.Column("verification_id", sa.Text(), nullable=False),
        sa.Column("at_ms", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.ForeignKeyConstraint(["verification_id"], ["verifications.id"], name=op.f("fk_disownments_verification_id")),
        sa.PrimaryKeyConstraint("verification_id", name=op.f("pk_disownments")),
    )
