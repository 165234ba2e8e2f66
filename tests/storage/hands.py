"""SQL written by hand, past the store, as anyone with the file or the password could write it.

Both databases answer alike: rows as tuples, or ``Refused`` when a constraint or a guard says no. Any other error (a
wrong word in a test) stays what it is.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from typing import Any, Protocol

import asyncpg
from sqlalchemy import Boolean

from tests.storage.databases import file_of
from tests.storage.postgres import Beside
from verifier.storage.tables import METADATA


class RefusedError(Exception):
    """The database refused the rows."""


class Hand(Protocol):
    """An open connection; every statement commits by itself."""

    def execute(self, statement: str) -> list[tuple[Any, ...]]:
        """The rows, if it has any. Raises RefusedError."""
        ...


class SqliteHand:
    """With foreign keys on."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def execute(self, statement: str) -> list[tuple[Any, ...]]:
        try:
            return self._connection.execute(statement).fetchall()
        except sqlite3.IntegrityError as error:
            raise RefusedError(str(error)) from error


class PostgresqlHand:
    """As the owner of the database."""

    def __init__(self, connection: asyncpg.Connection[Any], loop: Beside) -> None:
        self._connection = connection
        self._loop = loop

    def execute(self, statement: str) -> list[tuple[Any, ...]]:
        try:
            return [tuple(row) for row in self._loop.run(self._connection.fetch(statement))]
        except (asyncpg.IntegrityConstraintViolationError, asyncpg.DatatypeMismatchError) as error:
            raise RefusedError(str(error)) from error


@contextmanager
def by_hand(url: str) -> Iterator[Hand]:
    """A connection outside of the store."""
    if url.startswith("sqlite"):
        with closing(sqlite3.connect(file_of(url), isolation_level=None)) as connection:
            connection.execute("PRAGMA foreign_keys=ON")
            yield SqliteHand(connection)
        return
    with closing(Beside()) as loop:
        other = loop.run(asyncpg.connect(url))
        try:
            yield PostgresqlHand(other, loop)
        finally:
            loop.run(other.close())


def together(hand: Hand, statements: Sequence[str]) -> None:
    """All of these statements in one transaction, or none. Raises RefusedError."""
    hand.execute("BEGIN")
    try:
        for statement in statements:
            hand.execute(statement)
        hand.execute("COMMIT")
    except RefusedError:
        hand.execute("ROLLBACK")
        raise


Row = dict[str, Any]
"""A row as it can be written again: values by column."""


def rows_of(hand: Hand, table: str, columns: Sequence[str] | None = None, where: str = "TRUE") -> list[Row]:
    """The rows of a table that a condition names, by their key; of all columns when none are named."""
    known = METADATA.tables[table].columns
    names = [column.name for column in known] if columns is None else columns
    listed = ", ".join(f'"{name}"' for name in names)
    key = ", ".join(f'"{column.name}"' for column in METADATA.tables[table].primary_key.columns)
    found = hand.execute(f'SELECT {listed} FROM "{table}" WHERE {where} ORDER BY {key}')
    return [{name: _plain(known[name].type, value) for name, value in zip(names, row, strict=True)} for row in found]


def row_of(hand: Hand, table: str, where: str) -> Row:
    """The one row of a table that a condition names, without the number that the database counts up by itself."""
    names = [column.name for column in METADATA.tables[table].columns if column.autoincrement is not True]
    (found,) = rows_of(hand, table, names, where)
    return found


def _plain(kind: Any, value: Any) -> Any:
    return bool(value) if isinstance(kind, Boolean) and value is not None else value


def inserting(table: str, row: Mapping[str, Any]) -> str:
    """The statement that writes a row."""
    names = ", ".join(f'"{name}"' for name in row)
    return f'INSERT INTO "{table}" ({names}) VALUES ({", ".join(_literal(value) for value in row.values())})'


def _literal(value: Any) -> str:
    if value is None:
        return "NULL"
    if isinstance(value, bool | int | float):
        return str(value).upper()
    return "'{}'".format(str(value).replace("'", "''"))


def overwriting(url: str, table: str, rows: str = "") -> str:
    """A statement that writes these rows (all of the table itself when left out) over those with the same key."""
    source = rows or f'SELECT * FROM "{table}"'
    if url.startswith("sqlite"):
        return f'INSERT OR REPLACE INTO "{table}" {source}'
    columns = METADATA.tables[table].columns
    key = ", ".join(f'"{column.name}"' for column in columns if column.primary_key)
    values = ", ".join(f'"{column.name}" = excluded."{column.name}"' for column in columns)
    return f'INSERT INTO "{table}" {source} ON CONFLICT ({key}) DO UPDATE SET {values}'


def unguarding(url: str, guard: str, table: str) -> str:
    """A statement that takes a guard down."""
    return f"DROP TRIGGER {guard}" if url.startswith("sqlite") else f"DROP TRIGGER {guard} ON {table}"
