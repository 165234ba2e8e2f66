"""Triggers that keep rows from being changed or deleted. One rule: every table stands in exactly one list below.

SQLite drops a table's triggers when a migration rebuilds it, so migrations/env.py installs all of them again after
every migration and ``Store.open`` refuses a database that lacks one. An INSERT OR REPLACE is refused too: it would
delete the old row without any delete trigger.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from sqlalchemy import Connection, Table, UniqueConstraint, inspect

from verifier.core.erased import ERASED, LOCALE, TIME_ZONE
from verifier.storage.tables import METADATA

SAMPLES = frozenset({"server_samples", "browser_samples", "frame_samples"})
"""Append-only; a row that is there already is left alone."""
APPEND_ONLY = SAMPLES | {
    "claims",
    "planned_items",
    "flags",
    "interview_log",
    "findings",
    "assessments",
    "decisions",
    "effects",
    "consents",
    "device_checks",
    "conflicts_of_interest",
    "staff_changes",
    "events",
    "attempts",
    "notice_attempts",
    "disownments",
    "trainings",
    "stills",
    "proposals",
    "proposal_facts",
    "response_windows",
    "window_stops",
    "shown_proposals",
    "shown_decisions",
    "responses",
    "views",
    "rulings",
    "flag_resolutions",
    "failed_decisions",
    "appeals",
    "appeal_answers",
    "escalations",
    "audit_entries",
}
"""No UPDATE, no DELETE, no overwriting INSERT."""
PERSONAL = frozenset(
    {
        "freelancers",
        "claim_values",
        "planned_texts",
        "run_notes",
        "flag_notes",
        "log_bodies",
        "notice_answers",
        "written_texts",
        "event_bodies",
        "attempt_answers",
        "check_figures",
    },
)
"""No UPDATE, no overwriting INSERT; DELETE is redaction or retention."""
_ERASABLE = {"external_id": ERASED, "locale": LOCALE, "time_zone": TIME_ZONE}
_NOT_ERASED = " OR ".join(
    [
        "(OLD.redacted_ms IS NOT NULL AND coalesce(NEW.redacted_ms, 0) <> OLD.redacted_ms)",
        *(
            f"(NEW.{name} <> OLD.{name} AND (NEW.redacted_ms IS NULL OR NEW.{name} <> '{word}'))"
            for name, word in _ERASABLE.items()
        ),
    ]
)
"""The platform's reference and what else tells of a person changes once: to erased words, when a case is redacted."""
PINNED: dict[str, tuple[str, tuple[str, ...]]] = {
    "verifications": (_NOT_ERASED, ("status", "waiting_since_ms", "sequence", "redacted_ms", *_ERASABLE)),
    "interviews": ("OLD.state = 'ended'", ("state", "live_ms", "ended_ms", "end_cause")),
    "item_runs": ("OLD.ended_ms IS NOT NULL", ("ended_ms", "answer")),
    "evidence_keys": ("OLD.destroyed_ms IS NOT NULL", ("wrapped_key", "master_key_id", "destroyed_ms")),
    "notices": ("0", ("state", "next_attempt_ms", "attempts")),
}
"""Never deleted; (when the row is closed to every UPDATE, the only columns an UPDATE may change before)."""
MUTABLE = frozenset(
    {
        "people",
        "second_factors",
        "recovery_codes",
        "api_keys",
        "links",
        "sessions",
        "tickets",
        "idempotency",
        "results",
        "endpoints",
        "deliveries",
    }
)
"""Free to change: none of them states a fact that a decision rests on, or a foreign key holds it (results)."""


def guards(tables: Iterable[str]) -> Iterator[tuple[str, str]]:
    """(name, SQLite statement) of every trigger that these tables must have."""
    for name in sorted(tables):
        table = METADATA.tables[name]
        if name in APPEND_ONLY:
            yield _refusal(name, "UPDATE"), _trigger(name, "UPDATE", "1", f"{name} is append-only")
            yield _refusal(name, "DELETE"), _trigger(name, "DELETE", "1", f"{name} is append-only")
            yield _refusal(name, "INSERT"), _overwriting(table)
        elif name in PERSONAL:
            yield _refusal(name, "UPDATE"), _trigger(name, "UPDATE", "1", f"{name} is written once")
            yield _refusal(name, "INSERT"), _overwriting(table)
        elif name in PINNED:
            yield _refusal(name, "UPDATE"), _trigger(name, "UPDATE", _closed(table), f"{name} is closed or pinned")
            yield _refusal(name, "DELETE"), _trigger(name, "DELETE", "1", f"{name} is never deleted")
            yield _refusal(name, "INSERT"), _overwriting(table)


def install(connection: Connection) -> None:
    """Create every guard of the tables that exist, replacing older ones."""
    present = set(inspect(connection).get_table_names()) & set(METADATA.tables)
    for name, statement in guards(present):
        connection.exec_driver_sql(f"DROP TRIGGER IF EXISTS {name}")
        connection.exec_driver_sql(statement)


def lift(connection: Connection) -> None:
    """Take every guard away while a migration works: one that mentions what is being rebuilt would be in its way."""
    rows = connection.exec_driver_sql("SELECT name FROM sqlite_master WHERE type = 'trigger' AND name LIKE 'guard_%'")
    for (name,) in rows.fetchall():
        connection.exec_driver_sql(f"DROP TRIGGER {name}")


def missing(connection: Connection) -> frozenset[str]:
    """Names of the guards that the database lacks or has in another wording."""
    rows = connection.exec_driver_sql("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'")
    stored = {row[0]: row[1] for row in rows}
    return frozenset(name for name, statement in guards(METADATA.tables) if stored.get(name) != statement)


def _refusal(table: str, action: str) -> str:
    return f"guard_{table}_{action.lower()}"


def _trigger(table: str, action: str, condition: str, message: str) -> str:
    return (
        f"CREATE TRIGGER {_refusal(table, action)} BEFORE {action} ON {table} WHEN {condition} "
        f"BEGIN SELECT RAISE(ABORT, '{message}'); END"
    )


def _closed(table: Table) -> str:
    closed, free = PINNED[table.name]
    pinned = [column.name for column in table.columns if column.name not in free]
    return " OR ".join([closed, *(f"NEW.{name} IS NOT OLD.{name}" for name in pinned)])


def _overwriting(table: Table) -> str:
    """A repeated sample is left alone; anything else that would collide is refused as the constraint would."""
    keys = [tuple(column.name for column in table.primary_key.columns)]
    keys += [
        tuple(column.name for column in constraint.columns)
        for constraint in sorted(table.constraints, key=lambda each: str(each.name))
        if isinstance(constraint, UniqueConstraint)
    ]
    minimal = [key for key in keys if not any(set(other) < set(key) for other in keys)]
    matches = [" AND ".join(f"{column} = NEW.{column}" for column in key) for key in minimal]
    name = table.name
    # Names come from our own tables; nothing a caller sends is in this statement.
    found = " OR ".join(f"EXISTS (SELECT 1 FROM {name} WHERE {match})" for match in matches)  # noqa: S608
    action = "RAISE(IGNORE)" if name in SAMPLES else f"RAISE(ABORT, 'UNIQUE constraint failed: {name}')"
    return f"CREATE TRIGGER {_refusal(name, 'INSERT')} BEFORE INSERT ON {name} WHEN {found} BEGIN SELECT {action}; END"
