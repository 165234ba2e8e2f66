"""Notices and what became of them. One rule: no address is here; a server's own words stand in a side table."""

from __future__ import annotations

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Index, Table, UniqueConstraint

from verifier.core.notice import NoticeKind, NoticeState, Outcome, RecipientKind
from verifier.storage.tables.columns import METADATA, integer, one_of, position, text

notices = Table(
    "notices",
    METADATA,
    text("id", key=True),
    text("verification_id", nullable=True),
    text("kind"),
    text("subject_id"),
    text("recipient_kind"),
    text("person_id", nullable=True),
    integer("created_ms"),
    text("state"),
    integer("next_attempt_ms"),
    integer("attempts"),
    ForeignKeyConstraint(["verification_id"], ["verifications.id"]),
    ForeignKeyConstraint(["person_id"], ["people.id"]),
    one_of("kind", NoticeKind),
    one_of("recipient_kind", RecipientKind),
    one_of("state", NoticeState),
    CheckConstraint("(recipient_kind = 'person') = (person_id IS NOT NULL)", name="person_named"),
    CheckConstraint("recipient_kind = 'person' OR verification_id IS NOT NULL", name="freelancer_of_a_case"),
    CheckConstraint("attempts >= 0", name="attempts_count"),
    Index(None, "state", "next_attempt_ms"),
    Index(None, "verification_id"),
)

disownments = Table(
    "disownments",
    METADATA,
    text("verification_id", key=True),
    integer("at_ms"),
    ForeignKeyConstraint(["verification_id"], ["verifications.id"]),
)
"""Whoever reads mail at the address of the case said that it is not the freelancer: nothing goes there any more."""

notice_attempts = Table(
    "notice_attempts",
    METADATA,
    position(),
    text("notice_id"),
    integer("number"),
    integer("at_ms"),
    text("outcome"),
    text("code", nullable=True),
    ForeignKeyConstraint(["notice_id"], ["notices.id"]),
    UniqueConstraint("notice_id", "number"),
    one_of("outcome", Outcome),
    CheckConstraint("number >= 1", name="number_counts"),
)

notice_answers = Table(
    "notice_answers",
    METADATA,
    text("notice_id", key=True),
    integer("number", key=True),
    text("text"),
    ForeignKeyConstraint(["notice_id", "number"], ["notice_attempts.notice_id", "notice_attempts.number"]),
)
"""Personal: what a mail server said, which may name the address."""
