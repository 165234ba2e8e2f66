"""Endpoints, events, deliveries, attempts. One rule: an event row is written with the change that it tells of.

What an event says names the freelancer by the platform's reference, and a receiver may answer anything: both stand in
side tables.
"""

from __future__ import annotations

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Index, Table, UniqueConstraint

from verifier.core.webhook import DeliveryState, EventType
from verifier.storage.tables.columns import METADATA, boolean, integer, json, one_of, position, text

endpoints = Table(
    "endpoints",
    METADATA,
    text("id", key=True),
    text("url"),
    json("secrets"),  # each sealed, in base64
    json("events"),
    boolean("test"),
    integer("created_ms"),
    integer("disabled_ms", nullable=True),
)

events = Table(
    "events",
    METADATA,
    position(),
    text("id"),
    text("type"),
    text("verification_id", nullable=True),
    integer("sequence"),
    integer("at_ms"),
    boolean("test"),
    ForeignKeyConstraint(["verification_id"], ["verifications.id"]),
    UniqueConstraint("id"),
    UniqueConstraint("verification_id", "sequence"),
    one_of("type", EventType),
)

event_bodies = Table(
    "event_bodies",
    METADATA,
    text("event_id", key=True),
    text("body"),
    ForeignKeyConstraint(["event_id"], ["events.id"]),
)
"""Personal: the exact text that was signed. The audit chain keeps its digest."""

deliveries = Table(
    "deliveries",
    METADATA,
    position(),
    text("message_id"),
    text("event_id"),
    text("endpoint_id"),
    text("verification_id", nullable=True),
    integer("sequence"),
    text("state"),
    integer("attempts"),
    integer("next_attempt_ms"),
    integer("delivered_ms", nullable=True),
    ForeignKeyConstraint(["event_id"], ["events.id"]),
    ForeignKeyConstraint(["endpoint_id"], ["endpoints.id"]),
    UniqueConstraint("message_id"),
    UniqueConstraint("event_id", "endpoint_id"),
    one_of("state", DeliveryState),
    CheckConstraint("(state = 'delivered') = (delivered_ms IS NOT NULL)", name="delivered_at"),
    Index(None, "state", "next_attempt_ms"),
    Index(None, "endpoint_id", "verification_id", "state", "sequence"),
)
"""``verification_id`` and ``sequence`` repeat the event's, so that their order is one look-up."""

attempts = Table(
    "attempts",
    METADATA,
    position(),
    text("message_id"),
    integer("number"),
    integer("at_ms"),
    integer("duration_ms"),
    integer("status", nullable=True),
    text("error", nullable=True),
    ForeignKeyConstraint(["message_id"], ["deliveries.message_id"]),
    Index(None, "message_id"),
)
"""``number`` starts over when a message is queued again, so it is not a key."""

attempt_answers = Table(
    "attempt_answers",
    METADATA,
    integer("position", key=True),
    text("response"),
    ForeignKeyConstraint(["position"], ["attempts.position"]),
)
"""Personal: what a receiver answered, which may repeat what it was told."""
