"""SQLite, the embedded default.

WAL; foreign keys on every connection; ``synchronous=FULL``, so that a commit is on the disk before it is acknowledged;
one writing connection that takes the write lock at once (BEGIN IMMEDIATE, so no read is overtaken before its write);
readers on their own connections that refuse writes.

An INSERT OR REPLACE would delete the old row without any delete trigger, so an INSERT that meets a row is refused too.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypeVar

from sqlalchemy import Connection, Engine, UniqueConstraint, create_engine, event
from sqlalchemy.engine import URL
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine
from sqlalchemy.pool import NullPool

from verifier.errors import ConfigurationInvalid
from verifier.storage.dialects.base import BUSY_TIMEOUT_MS, Action, Guard, Reason

T = TypeVar("T")


class SqliteDatabase:
    """Database of a file."""

    def __init__(self, url: URL) -> None:
        """Raises ConfigurationInvalid when the URL names no file."""
        if not url.database or url.database == ":memory:":
            raise ConfigurationInvalid("The database URL must name a file (sqlite:///path).", field="database_url")
        self._url = url
        self._file = Path(url.database)

    def writer(self, busy_timeout_ms: int) -> AsyncEngine:
        """One connection; BEGIN IMMEDIATE."""
        engine = self._async_engine(1)
        _prepare(engine.sync_engine, _pragmas(busy_timeout_ms), "BEGIN IMMEDIATE")
        return engine

    def readers(self, busy_timeout_ms: int, count: int) -> AsyncEngine:
        """Each connection is one thread."""
        engine = self._async_engine(count)
        _prepare(engine.sync_engine, (*_pragmas(busy_timeout_ms), "PRAGMA query_only=ON"), "BEGIN")
        return engine

    async def scrub(self, writer: AsyncEngine) -> None:
        """Pages are overwritten as they are freed (secure_delete); the write-ahead log is emptied here.

        A reader that holds an older state keeps the log; the next scrub empties it.
        """
        async with writer.connect() as connection:
            raw = await connection.get_raw_connection()
            driver = raw.driver_connection
            if driver is not None:
                await (await driver.execute("PRAGMA wal_checkpoint(TRUNCATE)")).close()

    def prepare(self) -> None:
        """Make the folder. Raises ConfigurationInvalid when that cannot be done."""
        try:
            self._file.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise ConfigurationInvalid(
                f"The folder {self._file.parent} cannot be made: {error.strerror}.", field="database_url"
            ) from None

    def absent(self) -> str | None:
        """There must be a file: opening a missing one would create it."""
        if self._file.is_file():
            return None
        return f"There is no database at {self._file}. Run `verifier db upgrade`."

    def run(self, work: Callable[[Connection], T], *, writes: bool) -> T:
        """Foreign keys are off meanwhile, since a rebuilt table is dropped for a moment."""
        engine = create_engine(self._url.set(drivername="sqlite"), poolclass=NullPool, hide_parameters=True)
        pragmas = (pragma for pragma in _pragmas(BUSY_TIMEOUT_MS) if "foreign_keys" not in pragma)
        _prepare(engine, (*pragmas, "PRAGMA foreign_keys=OFF"), "BEGIN IMMEDIATE" if writes else "BEGIN")
        try:
            connection = engine.connect()
        except SQLAlchemyError as error:
            raise ConfigurationInvalid(
                f"The file {self._file} cannot be read as a database: {error.__cause__ or error}", field="database_url"
            ) from None
        try:
            with connection:
                return work(connection)
        finally:
            engine.dispose()

    def _async_engine(self, connections: int) -> AsyncEngine:
        return create_async_engine(
            self._url.set(drivername="sqlite+aiosqlite"),
            pool_size=connections,
            max_overflow=0,
            pool_timeout=None,
            hide_parameters=True,
        )


class SqliteDialect:
    """Triggers in SQLite's own words; a table that a migration rebuilds loses them."""

    def wording(self, guard: Guard) -> str | None:
        """The whole CREATE TRIGGER, which SQLite keeps as it was written."""
        match guard.action:
            case Action.TRUNCATE:
                return None
            case Action.INSERT:
                return _overwriting(guard)
            case Action.UPDATE if guard.unless is not None:
                return _trigger(guard, _moved(guard), _abort(guard.message))
            case Action.DELETE if guard.allowed is not None:
                return _trigger(guard, f"NOT {guard.allowed}", _abort(guard.message))
            case _:
                return _trigger(guard, "TRUE", _abort(guard.message))

    def create(self, connection: Connection, guard: Guard) -> None:
        """One statement."""
        wording = self.wording(guard)
        if wording is not None:
            connection.exec_driver_sql(wording)

    def drop(self, connection: Connection, name: str) -> None:
        """One statement."""
        connection.exec_driver_sql(f"DROP TRIGGER {name}")

    def stored(self, connection: Connection) -> Mapping[str, str]:
        """From SQLite's own catalogue."""
        rows = connection.exec_driver_sql("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'")
        return {name: sql for name, sql in rows if name.startswith("guard_")}

    def dangling(self, connection: Connection) -> list[str]:
        """Nobody else looks while foreign keys are off."""
        return sorted({row[0] for row in connection.exec_driver_sql("PRAGMA foreign_key_check")})

    def reason(self, error: BaseException | None) -> tuple[Reason, str] | None:
        """By the driver's words: a trigger's refusal has no code of its own."""
        if not isinstance(error, sqlite3.Error):
            return None
        words = str(error)
        if isinstance(error, sqlite3.IntegrityError):
            return (Reason.TAKEN if words.startswith("UNIQUE constraint failed") else Reason.FORBIDDEN), words
        if "readonly" in words:
            return Reason.READ_ONLY, words
        return (Reason.BUSY if "locked" in words else Reason.UNKNOWN), words


def _pragmas(busy_timeout_ms: int) -> tuple[str, ...]:
    return (
        f"PRAGMA busy_timeout={int(busy_timeout_ms)}",
        "PRAGMA journal_mode=WAL",
        "PRAGMA synchronous=FULL",
        "PRAGMA foreign_keys=ON",
        "PRAGMA recursive_triggers=ON",
        "PRAGMA trusted_schema=OFF",
        "PRAGMA secure_delete=ON",
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


def _trigger(guard: Guard, condition: str, action: str) -> str:
    table = guard.table.name
    return f"CREATE TRIGGER {guard.name} BEFORE {guard.action} ON {table} WHEN {condition} BEGIN SELECT {action}; END"


def _abort(message: str) -> str:
    return f"RAISE(ABORT, '{message}')"


def _moved(guard: Guard) -> str:
    free = guard.unless or ()
    pinned = [column.name for column in guard.table.columns if column.name not in free]
    return " OR ".join([guard.closed, *(f"NEW.{name} IS NOT OLD.{name}" for name in pinned)])


def _overwriting(guard: Guard) -> str:
    """A repeated sample is left alone; anything else that would collide is refused as the constraint would."""
    table = guard.table
    keys = [tuple(column.name for column in table.primary_key.columns)]
    keys += [
        tuple(column.name for column in constraint.columns)
        for constraint in sorted(table.constraints, key=lambda each: str(each.name))
        if isinstance(constraint, UniqueConstraint)
    ]
    minimal = [key for key in keys if not any(set(other) < set(key) for other in keys)]
    matches = [" AND ".join(f"{column} = NEW.{column}" for column in key) for key in minimal]
    # Names come from our own tables; nothing a caller sends is in this statement.
    found = " OR ".join(f"EXISTS (SELECT 1 FROM {table.name} WHERE {match})" for match in matches)  # noqa: S608
    return _trigger(guard, found, "RAISE(IGNORE)" if guard.ignores else _abort(guard.message))
