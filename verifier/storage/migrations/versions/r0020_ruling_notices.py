"""One more kind of notice: a reviewer ordered another call or another way without a proposal.

Revision: r0020
"""

from __future__ import annotations

from verifier.storage.migrations.altering import alter

revision = "r0020"
down_revision: str | None = "r0019"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """One more kind of notice."""
    known = (
        "CONSTRAINT ck_notices_kind_known CHECK (kind IN ('failure_proposed', 'response_received', "
        "'proposal_rejected', 'ruled', 'decided', 'decision_superseded', 'appeal_received', 'appeal_answered', "
        "'clock_breached', 'effect_mismatch', 'not_me_reported'))"
    )
    alter("notices", changed={"ck_notices_kind_known": known})
