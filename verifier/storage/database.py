"""Engines and what is particular to SQLite. One rule: no other module (migrations and guards apart) knows the dialect.

WAL; foreign keys on every connection; ``synchronous=FULL``, so that a commit is on the disk before it is acknowledged;
one writing connection that takes the write lock at once (BEGIN IMMEDIATE, so no read is overtaken before its write);
readers on their own connections that refuse writes.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, Table, create_engine, event
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine
from sqlalchemy.pool import NullPool
from sqlalchemy.sql.dml import Insert

from verifier.errors import ConfigurationInvalid

BUSY_TIMEOUT_MS = 5_000
"""How long SQLite waits for another process that writes before it gives up."""
READERS = 4
"""Connections of the read pool; each is one thread."""


def checked_url(url: str) -> URL:
    """The parsed URL of a SQLite file.

    Raises:
        ConfigurationInvalid: it is no URL, names another database, or no file.
    """
    try:
        parsed = make_url(url)
    except ArgumentError:
        raise ConfigurationInvalid("The database URL is not a URL.", field="database_url") from None
    if parsed.get_backend_name() != "sqlite":
        raise ConfigurationInvalid("This version stores its data in SQLite (sqlite:///path).", field="database_url")
    if not parsed.database or parsed.database == ":memory:":
        raise ConfigurationInvalid("The database URL must name a file (sqlite:///path).", field="database_url")
    return parsed


def file_of(url: URL) -> Path:
    """The file of a SQLite URL."""
    return Path(str(url.database))


def writer(url: URL, busy_timeout_ms: int) -> AsyncEngine:
    """An engine with the one connection that writes."""
    engine = _async_engine(url, 1)
    _prepare(engine.sync_engine, _pragmas(busy_timeout_ms), "BEGIN IMMEDIATE")
    return engine


def readers(url: URL, busy_timeout_ms: int, count: int) -> AsyncEngine:
    """An engine whose connections see the last commit before they began and refuse every write."""
    engine = _async_engine(url, count)
    _prepare(engine.sync_engine, (*_pragmas(busy_timeout_ms), "PRAGMA query_only=ON"), "BEGIN")
    return engine


def migrator(url: URL) -> Engine:
    """A synchronous engine for migrations: foreign keys are off, since a rebuilt table is dropped for a moment."""
    engine = create_engine(url.set(drivername="sqlite"), poolclass=NullPool, hide_parameters=True)
    pragmas = (*(pragma for pragma in _pragmas(BUSY_TIMEOUT_MS) if "foreign_keys" not in pragma),)
    _prepare(engine, (*pragmas, "PRAGMA foreign_keys=OFF"), "BEGIN IMMEDIATE")
    return engine


def insert_or_ignore(dialect: str, table: Table) -> Insert:
    """An INSERT that leaves a row alone whose primary key is there already."""
    key = list(table.primary_key.columns)
    if dialect == "postgresql":
        return postgresql.insert(table).on_conflict_do_nothing(index_elements=key)
    return sqlite.insert(table).on_conflict_do_nothing(index_elements=key)


def dangling(connection: Connection) -> list[str]:
    """Tables with rows whose foreign key leads nowhere."""
    return sorted({row[0] for row in connection.exec_driver_sql("PRAGMA foreign_key_check")})


def _async_engine(url: URL, connections: int) -> AsyncEngine:
    # What a row holds stands in no error text, and so in no log.
    return create_async_engine(
        url.set(drivername="sqlite+aiosqlite"),
        pool_size=connections,
        max_overflow=0,
        pool_timeout=None,
        hide_parameters=True,
    )


def _pragmas(busy_timeout_ms: int) -> tuple[str, ...]:
    return (
        f"PRAGMA busy_timeout={int(busy_timeout_ms)}",
        "PRAGMA journal_mode=WAL",
        "PRAGMA synchronous=FULL",
        "PRAGMA foreign_keys=ON",
        "PRAGMA recursive_triggers=ON",
        "PRAGMA trusted_schema=OFF",
    )


def _prepare(engine: Engine, pragmas: tuple[str, ...], begin: str) -> None:
    @event.listens_for(engine, "connect")
    def connected(connection: Any, _record: Any) -> None:
        # The driver must not open transactions by itself, or ours would not be the one that counts.
        connection.isolation_level = None
        cursor = connection.cursor()
        for pragma in pragmas:
            cursor.execute(pragma)
        cursor.close()

    @event.listens_for(engine, "begin")
    def begun(connection: Connection) -> None:
        connection.exec_driver_sql(begin)
