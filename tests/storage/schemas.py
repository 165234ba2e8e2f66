"""What a database's own catalogue says of its tables and guards, in words that can be compared."""

from __future__ import annotations

import re

from sqlalchemy import Connection

from tests.storage.hands import Hand, by_hand
from verifier.storage.dialects import database, dialect

_COLUMNS = """
SELECT c.relname, a.attname || ' ' || format_type(a.atttypid, a.atttypmod)
    || CASE WHEN a.attnotnull THEN ' NOT NULL' ELSE '' END
    || coalesce(' DEFAULT ' || pg_get_expr(d.adbin, d.adrelid), '')
    || coalesce(' COLLATE ' || l.collname, '')
FROM pg_class c
JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
LEFT JOIN pg_attrdef d ON d.adrelid = c.oid AND d.adnum = a.attnum
LEFT JOIN pg_collation l ON l.oid = a.attcollation
WHERE c.relnamespace = 'public'::regnamespace AND c.relkind = 'r'
"""
_CONSTRAINTS = """
SELECT conrelid::regclass::text, conname || ' ' || pg_get_constraintdef(oid) || ' ' || convalidated
FROM pg_constraint WHERE connamespace = 'public'::regnamespace AND conrelid <> 0
"""
_INDEXES = "SELECT tablename, indexdef FROM pg_indexes WHERE schemaname = 'public'"


def schema(url: str) -> dict[str, list[str]]:
    """Lines about every table and index, sorted, without quotes: a migration may list constraints in another order."""
    with by_hand(url) as connection:
        found = _sqlite(connection) if url.startswith("sqlite") else _postgresql(connection)
    found.pop("alembic_version", None)
    return found


def standing(url: str) -> dict[str, str]:
    """The wording of every guard that stands."""

    def read(connection: Connection) -> dict[str, str]:
        return dict(dialect(connection).stored(connection))

    return database(url).run(read, writes=False)


def _sqlite(connection: Hand) -> dict[str, list[str]]:
    rows = connection.execute(
        "SELECT name, sql FROM sqlite_master WHERE type <> 'trigger' AND tbl_name <> 'alembic_version'"
    )
    return {
        name: sorted(re.sub(r"\s+", " ", line.replace('"', "")).strip(" ,") for line in (sql or "").split("\n"))
        for name, sql in rows
    }


def _postgresql(connection: Hand) -> dict[str, list[str]]:
    lines: dict[str, list[str]] = {}
    for query in (_COLUMNS, _CONSTRAINTS, _INDEXES):
        for table, line in connection.execute(query):
            lines.setdefault(table, []).append(line)
    return {table: sorted(found) for table, found in lines.items()}
