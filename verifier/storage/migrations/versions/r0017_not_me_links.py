"""Links by which a message can be disowned.

Revision: r0017
"""

from __future__ import annotations

from verifier.storage.migrations.altering import alter

revision = "r0017"
down_revision: str | None = "r0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """One more audience of links."""
    known = "CONSTRAINT ck_links_audience_known CHECK (audience IN ('freelancer', 'case', 'staff', 'not_me'))"
    alter("links", changed={"ck_links_audience_known": known})
