"""Changing the constraints of a table that has rows, alike on SQLite and PostgreSQL. One rule: no row is lost.

SQLite cannot add or change a constraint: the table is made anew from its own statement, filled and renamed. Its
triggers go with the old one; env.py puts every guard back at the end of the migration.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from alembic import op
from sqlalchemy import text


def alter(
    table: str,
    *,
    columns: Sequence[str] = (),
    added: Sequence[str] = (),
    changed: Mapping[str, str] | None = None,
    dropped: Sequence[str] = (),
) -> None:
    """Add and drop columns of a table, add constraints and change some of its checks.

    Args:
        table: its name.
        columns: definitions of new columns, e.g. ``proposal_id TEXT``; they must allow NULL.
        added: definitions of new constraints, e.g. ``CONSTRAINT uq_a_b UNIQUE (b)``.
        changed: new definition of a constraint by its name.
        dropped: names of columns that no constraint and no index mentions.
    """
    if op.get_bind().dialect.name == "sqlite":
        _rebuild(table, columns, added, changed or {}, dropped)
        return
    for column in dropped:
        op.execute(text(f"ALTER TABLE {table} DROP COLUMN {column}"))
    for column in columns:
        # Text compares as bytes in every column: see dialects/postgresql.py.
        op.execute(text(f"ALTER TABLE {table} ADD COLUMN {column}".replace(" TEXT", ' TEXT COLLATE "C"')))
    for name in changed or {}:
        op.execute(text(f"ALTER TABLE {table} DROP CONSTRAINT {name}"))
    for definition in (*(changed or {}).values(), *added):
        op.execute(text(f"ALTER TABLE {table} ADD {definition}"))


def _rebuild(
    table: str, columns: Sequence[str], added: Sequence[str], changed: Mapping[str, str], dropped: Sequence[str]
) -> None:
    bind = op.get_bind()
    (statement,) = bind.exec_driver_sql(
        "SELECT sql FROM sqlite_master WHERE type = 'table' AND name = ?", (table,)
    ).one()
    indexes = bind.exec_driver_sql(
        "SELECT sql FROM sqlite_master WHERE type = 'index' AND tbl_name = ? AND sql IS NOT NULL", (table,)
    ).scalars()
    again = list(indexes)
    lines = [line.strip().removesuffix(",").strip() for line in statement.split("\n")[1:]]
    lines = [line for line in lines if line not in ("", ")")]
    definitions = [changed.get(_name(line), line) for line in lines if _column(line) not in dropped]
    first = next(index for index, line in enumerate(definitions) if line.startswith("CONSTRAINT"))
    body = ", \n\t".join([*definitions[:first], *columns, *definitions[first:], *added])
    known = [row[1] for row in bind.exec_driver_sql(f"PRAGMA table_info({table})")]
    stored = ", ".join(f'"{name}"' for name in known if name not in dropped)
    bind.exec_driver_sql(f"CREATE TABLE _new_{table} (\n\t{body}\n)")
    # Names come from the migrations alone; nothing a caller sends is in these statements.
    bind.exec_driver_sql(f"INSERT INTO _new_{table} ({stored}) SELECT {stored} FROM {table}")  # noqa: S608
    bind.exec_driver_sql(f"DROP TABLE {table}")
    bind.exec_driver_sql(f"ALTER TABLE _new_{table} RENAME TO {table}")
    for index in again:
        bind.exec_driver_sql(index)


def _name(line: str) -> str:
    words = line.split()
    return words[1] if words[:1] == ["CONSTRAINT"] else ""


def _column(line: str) -> str:
    return line.split()[0].strip('"')
