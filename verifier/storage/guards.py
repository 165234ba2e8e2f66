"""Triggers that keep rows from being changed or deleted. One rule: every table stands in exactly one list below.

SQLite drops a table's triggers when a migration rebuilds it, so migrations/env.py installs all of them again after
every migration and ``Store.open`` refuses a database that lacks one. What each database needs besides UPDATE and
DELETE (an overwriting INSERT, TRUNCATE) its dialect knows.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from sqlalchemy import Connection, inspect

from verifier.core.erased import ERASED, LOCALE, TIME_ZONE
from verifier.storage.dialects import dialect
from verifier.storage.dialects.base import Action, Guard
from verifier.storage.tables import METADATA

SAMPLES = frozenset({"server_samples", "browser_samples", "frame_samples"})
"""Append-only; a row that is there already is left alone, and one of an interview with a tombstone may go."""
_TOMBSTONES = "sample_tombstones"
_TOMBSTONE_STANDS = f"EXISTS (SELECT 1 FROM {_TOMBSTONES} WHERE interview_id = OLD.interview_id)"  # noqa: S608
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
    "recordings",
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
    "sample_tombstones",
    "legal_holds",
}
"""No UPDATE, no DELETE, no overwriting INSERT, no TRUNCATE."""
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
"""No UPDATE, no overwriting INSERT, no TRUNCATE; DELETE is redaction or retention."""
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
    "notices": ("FALSE", ("state", "next_attempt_ms", "attempts")),
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


def guards(tables: Iterable[str]) -> Iterator[Guard]:
    """Every guard that these tables must have; a dialect may need no trigger for some of them."""
    known = set(tables)
    for name in sorted(known):
        table = METADATA.tables[name]
        if name in MUTABLE:
            continue
        if name in PINNED:
            closed, free = PINNED[name]
            yield Guard(table, Action.UPDATE, f"{name} is closed or pinned", unless=free, closed=closed)
            yield Guard(table, Action.DELETE, f"{name} is never deleted")
        elif name in PERSONAL:
            yield Guard(table, Action.UPDATE, f"{name} is written once")
        else:
            yield Guard(table, Action.UPDATE, f"{name} is append-only")
            buried = _TOMBSTONE_STANDS if name in SAMPLES and _TOMBSTONES in known else None
            yield Guard(table, Action.DELETE, f"{name} is append-only", allowed=buried)
        yield Guard(table, Action.INSERT, f"UNIQUE constraint failed: {name}", ignores=name in SAMPLES)
        yield Guard(table, Action.TRUNCATE, f"{name} is never emptied")


def install(connection: Connection) -> None:
    """Make the guards of the tables that exist stand, and no others."""
    words = dialect(connection)
    present = set(inspect(connection).get_table_names()) & set(METADATA.tables)
    needed = {guard.name: guard for guard in guards(present)}
    stored = words.stored(connection)
    for name, wording in stored.items():
        if name not in needed or wording != words.wording(needed[name]):
            words.drop(connection, name)
    left = words.stored(connection)
    for name, guard in needed.items():
        if name not in left:
            words.create(connection, guard)


def lift(connection: Connection) -> None:
    """Take every guard away while a migration works: one that mentions what is being rebuilt would be in its way."""
    words = dialect(connection)
    for name in words.stored(connection):
        words.drop(connection, name)


def missing(connection: Connection) -> frozenset[str]:
    """Names of the guards that the database lacks or has in another wording."""
    words = dialect(connection)
    stored = words.stored(connection)
    needed = {guard.name: words.wording(guard) for guard in guards(METADATA.tables)}
    return frozenset(name for name, wording in needed.items() if wording is not None and stored.get(name) != wording)
