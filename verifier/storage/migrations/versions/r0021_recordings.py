"""Recordings: one row for each participant of a call whose freelancer agreed to be recorded.

Revision: r0021
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from verifier.storage.migrations.altering import alter

revision = "r0021"
down_revision: str | None = "r0020"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """A key by which a recording is tied to the consent, and the table."""
    alter(
        "interviews",
        added=["CONSTRAINT uq_interviews_id_recording_consented UNIQUE (id, recording_consented)"],
    )
    op.create_table(
        "recordings",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("interview_id", sa.Text(), nullable=False),
        sa.Column(
            "recording_consented", sa.Boolean(create_constraint=True, name="recording_consented"), nullable=False
        ),
        sa.Column("leg", sa.Text(), nullable=False),
        sa.Column("begin_ms", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("duration_ms", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("size_bytes", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("whole", sa.Boolean(create_constraint=True, name="whole"), nullable=False),
        sa.Column("audio", sa.JSON(), nullable=False),
        sa.Column("video", sa.JSON(), nullable=False),
        sa.Column("made_ms", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.CheckConstraint("leg IN ('freelancer', 'interviewer')", name=op.f("ck_recordings_leg_known")),
        sa.CheckConstraint("recording_consented", name=op.f("ck_recordings_consented")),
        sa.CheckConstraint(
            "size_bytes > 0 AND duration_ms > 0 AND made_ms >= begin_ms", name=op.f("ck_recordings_not_empty")
        ),
        sa.ForeignKeyConstraint(
            ["interview_id", "recording_consented"],
            ["interviews.id", "interviews.recording_consented"],
            name=op.f("fk_recordings_interview_id_recording_consented"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_recordings")),
        sa.UniqueConstraint("interview_id", "leg", name=op.f("uq_recordings_interview_id_leg")),
    )
