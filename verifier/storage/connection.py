"""The one way repositories talk to the database. One rule: every statement goes through ``run``.

A statement that writes is whole or not at all, and a unit of work may go on after one that was refused: each stands in
a savepoint (PostgreSQL would refuse everything after an error until the next rollback).
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any, TypeAlias, cast

from sqlalchemy import CursorResult, Executable, Table, UpdateBase, insert
from sqlalchemy.ext.asyncio import AsyncConnection

from verifier.errors import NotFound, OurError
from verifier.storage.failures import translated

Row: TypeAlias = Mapping[str, Any]
"""Values by column name."""


class Connection:
    """A connection with an open transaction, lent to the repositories of one unit of work."""

    def __init__(self) -> None:
        self._inner: AsyncConnection | None = None

    def lend(self, inner: AsyncConnection | None) -> None:
        """Attach the connection when the transaction begins, detach it (None) when it is over."""
        self._inner = inner

    @property
    def _open(self) -> AsyncConnection:
        if self._inner is None:
            raise OurError("A repository was used outside of its unit of work.")
        return self._inner

    async def run(self, statement: Executable, rows: Sequence[Mapping[str, Any]] | None = None) -> CursorResult[Any]:
        """Execute one statement, once per row when rows are given.

        Raises:
            Conflict: such a row exists already, or somebody else changed it at the same moment.
            InvalidInput: a value that cannot be stored.
            OurError: any other refusal.
        """
        if isinstance(statement, UpdateBase) and not self._open.in_nested_transaction():
            async with self.atomic():
                return await self._execute(statement, rows)
        return await self._execute(statement, rows)

    async def _execute(self, statement: Executable, rows: Sequence[Mapping[str, Any]] | None) -> CursorResult[Any]:
        with translated():
            result: CursorResult[Any] = await self._open.execute(statement, rows)
            return result

    async def insert(self, table: Table, rows: Sequence[Mapping[str, Any]]) -> None:
        """Insert these rows, if any."""
        if rows:
            await self.run(insert(table), rows)

    async def change(self, statement: Executable) -> int:
        """Number of rows that an UPDATE or DELETE touched."""
        return (await self.run(statement)).rowcount

    async def all(self, statement: Executable) -> Sequence[Row]:
        """Every row of a query."""
        return cast(Sequence[Row], (await self.run(statement)).mappings().all())

    async def first(self, statement: Executable) -> Row | None:
        """The first row of a query, or None."""
        return cast(Row | None, (await self.run(statement)).mappings().first())

    async def one(self, statement: Executable) -> Row:
        """The row of a query.

        Raises:
            NotFound: there is none.
        """
        row = await self.first(statement)
        if row is None:
            raise NotFound
        return row

    @asynccontextmanager
    async def atomic(self) -> AsyncIterator[None]:
        """All statements of the block or none, even when the caller goes on after an error."""
        with translated():
            savepoint = await self._open.begin_nested()
        try:
            yield
        except BaseException:
            if savepoint.is_active:
                with translated():
                    await savepoint.rollback()
            raise
        with translated():
            await savepoint.commit()
