"""What is particular to one database. One rule: no other module knows which one it is (tables and migrations write
column types and partial indexes for both).

``database`` reads a URL, ``dialect`` belongs to an open connection, ``reason`` reads an error. A third database is one
more module here and one more line in each of the two tables below.
"""

from __future__ import annotations

from sqlalchemy import Connection
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

from verifier.errors import ConfigurationInvalid
from verifier.storage.dialects.base import Database, Dialect, Reason
from verifier.storage.dialects.postgresql import PostgresqlDatabase
from verifier.storage.dialects.postgresql_words import PostgresqlDialect
from verifier.storage.dialects.sqlite import SqliteDatabase, SqliteDialect

_DATABASES: dict[str, type[Database]] = {"sqlite": SqliteDatabase, "postgresql": PostgresqlDatabase}
_DIALECTS: dict[str, Dialect] = {"sqlite": SqliteDialect(), "postgresql": PostgresqlDialect()}


def database(url: str) -> Database:
    """The database that a URL names; nothing is opened.

    Raises:
        ConfigurationInvalid: it is no URL, names another kind of database, or lacks something.
    """
    try:
        parsed = make_url(url)
    except ArgumentError:
        raise ConfigurationInvalid("The database URL is not a URL.", field="database_url") from None
    kind = _DATABASES.get(parsed.get_backend_name())
    if kind is None:
        raise ConfigurationInvalid(
            "Data is stored in SQLite (sqlite:///path) or PostgreSQL (postgresql://user@host/name).",
            field="database_url",
        )
    return kind(parsed)


def dialect(connection: Connection) -> Dialect:
    """The words that the database at the other end of a connection understands."""
    return _DIALECTS[connection.dialect.name]


def reason(error: BaseException | None) -> tuple[Reason, str]:
    """Why the driver's error was raised, and its words without the values of any row."""
    for each in _DIALECTS.values():
        found = each.reason(error)
        if found is not None:
            return found
    return Reason.UNKNOWN, type(error).__name__


__all__ = ["Database", "Dialect", "Reason", "database", "dialect", "reason"]
