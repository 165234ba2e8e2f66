"""The store: open it once per process, hand its ``units`` to the services. Called by app and by tests."""

from __future__ import annotations

import asyncio
from typing import Self

from sqlalchemy.ext.asyncio import AsyncEngine

from verifier.errors import ConfigurationInvalid
from verifier.storage.dialects import Database, database
from verifier.storage.dialects.base import BUSY_TIMEOUT_MS, READERS
from verifier.storage.migrating import defect
from verifier.storage.sealing import Sealer
from verifier.storage.unit_of_work import SqlUnitOfWork


class SqlUnits:
    """Opens units of work; the UnitOfWorkFactory of the ports."""

    def __init__(self, writing: AsyncEngine, reading: AsyncEngine, sealer: Sealer | None) -> None:
        self._writing = writing
        self._reading = reading
        self._sealer = sealer
        self._turn = asyncio.Lock()

    def __call__(self, *, read_only: bool = False) -> SqlUnitOfWork:
        """A read-only one does not wait for writers and refuses writes."""
        if read_only:
            return SqlUnitOfWork(self._reading, None, self._sealer)
        return SqlUnitOfWork(self._writing, self._turn, self._sealer)


class Store:
    """An open database."""

    def __init__(self, kind: Database, writing: AsyncEngine, reading: AsyncEngine, sealer: Sealer | None) -> None:
        self._kind = kind
        self._engines = (writing, reading)
        self.units = SqlUnits(writing, reading, sealer)

    @classmethod
    async def open(
        cls,
        url: str,
        sealer: Sealer | None = None,
        *,
        reader_count: int = READERS,
        busy_timeout_ms: int = BUSY_TIMEOUT_MS,
    ) -> Self:
        """Open a migrated database.

        Args:
            url: ``sqlite:///relative/path``, ``sqlite:////absolute/path`` or ``postgresql://user@host/name``.
            sealer: holds the keys of sealed secrets; without it they can be neither read nor written, all else can.
            reader_count: connections for read-only units of work.
            busy_timeout_ms: how long to wait for another process that writes.

        Raises:
            ConfigurationInvalid: no such database, or its schema or guards are not those of this version.
        """
        problem = await asyncio.to_thread(defect, url)
        if problem is not None:
            raise ConfigurationInvalid(problem, field="database_url")
        named = database(url)
        return cls(named, named.writer(busy_timeout_ms), named.readers(busy_timeout_ms, reader_count), sealer)

    async def scrub(self) -> None:
        """Take what was overwritten or deleted out of the database's own files, as far as that can be had."""
        await self._kind.scrub(self._engines[0])

    async def close(self) -> None:
        """Close every connection."""
        for engine in self._engines:
            await engine.dispose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()
