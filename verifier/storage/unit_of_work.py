"""One transaction over all repositories. One rule: a block that ends without an error is stored, any other never was.

Writers wait for each other, within this process here and between processes in the database (see its dialect); readers
wait for nobody. Called by every service through ``Store.units``.
"""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from types import TracebackType
from typing import Any, Self

from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from verifier.errors import OurError
from verifier.storage.connection import Connection
from verifier.storage.failures import translated
from verifier.storage.repositories.every import SqlRepositories
from verifier.storage.sealing import Sealer


class SqlUnitOfWork(SqlRepositories):
    """Enter it once with ``async with``; afterwards its repositories refuse to work."""

    def __init__(self, engine: AsyncEngine, turn: asyncio.Lock | None, sealer: Sealer | None = None) -> None:
        self._engine = engine
        self._turn = turn
        self._inner: AsyncConnection | None = None
        self._used = False
        self._connection = Connection()
        super().__init__(self._connection, sealer)

    async def __aenter__(self) -> Self:
        if self._used:
            raise OurError("A unit of work is used once.")
        self._used = True
        if self._turn is not None:
            await self._turn.acquire()
        try:
            await _to_the_end(self._begin())
        except BaseException:
            await _to_the_end(self._release())
            raise
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await _to_the_end(self._finish(commit=kind is None))

    async def _begin(self) -> None:
        with translated():
            self._inner = await self._engine.connect()
            await self._inner.begin()
        self._connection.lend(self._inner)

    async def _finish(self, commit: bool) -> None:
        self._connection.lend(None)
        try:
            if commit and self._inner is not None:
                with translated():
                    await _commit(self._inner)
        finally:
            await self._release()

    async def _release(self) -> None:
        """Give the connection back (which rolls back what was not committed) and let the next writer in."""
        try:
            if self._inner is not None:
                with translated():
                    await self._inner.close()
        finally:
            self._inner = None
            if self._turn is not None and self._turn.locked():
                self._turn.release()


async def _commit(connection: AsyncConnection) -> None:
    try:
        await connection.commit()
    except BaseException:
        # SQLite keeps a transaction open whose COMMIT it refused; only a new connection is certainly clean.
        await connection.invalidate()
        raise


async def _to_the_end(work: Coroutine[Any, Any, None]) -> None:
    """Finish ``work`` even when the caller is cancelled meanwhile, so that no connection or turn is ever left taken."""
    task = asyncio.ensure_future(work)
    cancelled: asyncio.CancelledError | None = None
    while not task.done():
        try:
            await asyncio.shield(task)
        except asyncio.CancelledError as error:
            if task.cancelled():
                raise
            cancelled = error
    if cancelled is not None:
        task.exception()
        raise cancelled
    task.result()
