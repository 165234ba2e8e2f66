"""SQL written by hand, past the store, as anyone with the file or the password could write it.

Both databases answer alike: rows as tuples, or ``Refused`` when a constraint or a guard says no. Any other error (a
wrong word in a test) stays what it is.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import Any, Protocol

import asyncpg

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
