"""PostgreSQL through asyncpg.

**Writers take turns, in every process of the database.** A writing transaction begins by taking one advisory lock that
it keeps until it ends; only then does it read. It runs at READ COMMITTED, so each of its statements sees everything
that was committed before, and nobody else commits meanwhile: the same single line of writers as SQLite's BEGIN
IMMEDIATE. That is why the next version, sequence number or link of a hash chain may be computed as "the newest plus
one": no two writers see the same newest, and positions become visible in the order in which they were given. Of two
deciders the second finds the first one's version and is refused. Whoever writes past the lock (by hand) meets the
unique constraints; a serialization failure or a deadlock is told as such (``Reason.OVERTAKEN``). SERIALIZABLE would
allow writers side by side, but ends some of them for no fault of theirs, and a second of measured call must not be
lost to that.

A writer that holds the turn and says nothing for ``IDLE_WRITER_MS`` (its machine is cut off) is ended by the server.
A commit is on the server's disk before it is acknowledged, whatever the server's default is.

Readers run at REPEATABLE READ, READ ONLY: they keep the state of their first query, wait for nobody and refuse writes.

Text sorts by code point (collation C) as on SQLite, so that both databases put rows into the same order, and NaN is
no figure on either.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import aclosing
from typing import Any, TypeVar

from sqlalchemy import Column, Connection, event
from sqlalchemy.dialects.postgresql.base import PGTypeCompiler
from sqlalchemy.engine import URL
from sqlalchemy.exc import DBAPIError, SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine
from sqlalchemy.pool import NullPool

from verifier.errors import ConfigurationInvalid
from verifier.storage.dialects.base import BUSY_TIMEOUT_MS
from verifier.storage.dialects.postgresql_words import PostgresqlDialect

T = TypeVar("T")

TURN = int.from_bytes(b"verifier", "big")
"""The advisory lock of whoever writes or migrates; one for each database of a server."""
IDLE_WRITER_MS = 30_000
CONNECT_TIMEOUT_S = 10.0
_OPTIONS = frozenset({"host", "port", "ssl", "sslmode"})
"""What may follow the question mark of a URL."""
_SETTINGS = {"application_name": "verifier", "synchronous_commit": "on", "jit": "off"}


class PostgresqlDatabase:
    """Database of a server; its operator makes it, empty, and owns it."""

    def __init__(self, url: URL) -> None:
        """Raises ConfigurationInvalid when the URL names no database, another driver or an unknown option."""
        if url.drivername not in ("postgresql", "postgresql+asyncpg") or not url.database:
            raise ConfigurationInvalid(
                "The database URL must name a database (postgresql://user@host/name).", field="database_url"
            )
        unknown = set(url.query) - _OPTIONS
        if unknown:
            raise ConfigurationInvalid(
                f"The database URL may set {', '.join(sorted(_OPTIONS))}, not {', '.join(sorted(unknown))}.",
                field="database_url",
            )
        query = {"ssl" if name == "sslmode" else name: value for name, value in url.query.items()}
        self._url = url.set(drivername="postgresql+asyncpg", query=query)

    def writer(self, busy_timeout_ms: int) -> AsyncEngine:
        """One connection, whose transactions begin by waiting for the turn."""
        patience = {
            "lock_timeout": str(int(busy_timeout_ms)),
            "idle_in_transaction_session_timeout": str(IDLE_WRITER_MS),
        }
        engine = self._engine(patience, "READ COMMITTED", pool_size=1, max_overflow=0, pool_timeout=None)
        _take_turns(engine)
        return engine

    def readers(self, busy_timeout_ms: int, count: int) -> AsyncEngine:
        """Connections that see one state each."""
        settings = {"default_transaction_read_only": "on"} | _patience(busy_timeout_ms)
        return self._engine(settings, "REPEATABLE READ", pool_size=count, max_overflow=0, pool_timeout=None)

    async def scrub(self, writer: AsyncEngine) -> None:
        """Nothing: old versions of rows, logs and replicas are the server's; docs/operation.md says what to do."""

    def prepare(self) -> None:
        """Nothing: the database itself is made by whoever runs the server."""

    def absent(self) -> str | None:
        """Only connecting can tell."""
        return None

    def run(self, work: Callable[[Connection], T], *, writes: bool) -> T:
        """In a thread with an event loop of its own: asyncpg has no synchronous side."""
        with ThreadPoolExecutor(1) as thread:
            return thread.submit(asyncio.run, self._run(work, writes)).result()

    async def _run(self, work: Callable[[Connection], T], writes: bool) -> T:
        engine = self._engine(_patience(BUSY_TIMEOUT_MS), "READ COMMITTED", poolclass=NullPool, pool_pre_ping=False)
        dialect = engine.sync_engine.dialect
        dialect.type_compiler_instance = _Columns(dialect)
        try:
            async with aclosing(await self._connected(engine)) as connection:
                if writes:
                    _take_turns(engine)
                return await connection.run_sync(work)
        finally:
            await engine.dispose()

    async def _connected(self, engine: AsyncEngine) -> AsyncConnection:
        try:
            connection = await engine.connect()
            encoding = (await connection.exec_driver_sql("SHOW server_encoding")).scalar_one()
            await connection.rollback()
        except (SQLAlchemyError, OSError) as error:
            raise ConfigurationInvalid(
                f"The database {self._url.database} cannot be reached: {_why(error)}.", field="database_url"
            ) from None
        if encoding != "UTF8":
            await connection.close()
            raise ConfigurationInvalid(
                f"The database {self._url.database} has the encoding {encoding}; make it with UTF8.",
                field="database_url",
            )
        return connection

    def _engine(self, settings: dict[str, str], isolation: str, **pool: Any) -> AsyncEngine:
        connect = {"server_settings": _SETTINGS | settings, "timeout": CONNECT_TIMEOUT_S}
        # A connection that the server has closed (a restart) is found before it is lent, not by who borrows it.
        return create_async_engine(
            self._url,
            isolation_level=isolation,
            connect_args=connect,
            hide_parameters=True,
            **{"pool_pre_ping": True, **pool},
        )


class _Columns(PGTypeCompiler):
    """Types of new columns, as strict as SQLite's whatever the database's defaults are.

    Text compares as bytes. A double is a number: SQLite stores NaN as NULL, here it would pass every limit.
    """

    def visit_TEXT(self, type_: Any, **kw: Any) -> str:  # noqa: N802 - SQLAlchemy's name
        written = super().visit_TEXT(type_, **kw)
        return f'{written} COLLATE "C"' if isinstance(kw.get("type_expression"), Column) else written

    def visit_DOUBLE_PRECISION(self, type_: Any, **kw: Any) -> str:  # noqa: N802
        written, column = super().visit_DOUBLE_PRECISION(type_, **kw), kw.get("type_expression")
        return f"{written} CHECK (\"{column.name}\" <> 'NaN')" if isinstance(column, Column) else written


def _take_turns(engine: AsyncEngine) -> None:
    @event.listens_for(engine.sync_engine, "begin")
    def begun(connection: Connection) -> None:
        connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({TURN})")


def _patience(busy_timeout_ms: int) -> dict[str, str]:
    return {"lock_timeout": str(int(busy_timeout_ms))}


def _why(error: Exception) -> str:
    if isinstance(error, DBAPIError):
        found = PostgresqlDialect().reason(error.orig)
        return found[1] if found else type(error.orig).__name__
    return str(error) or type(error).__name__
