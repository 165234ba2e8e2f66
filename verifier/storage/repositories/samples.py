"""The raw rows. One rule: the first row with a key stands, whatever comes later (the table's guard sees to it)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

from sqlalchemy import ColumnElement, Table, select

from verifier.core.model import InterviewId
from verifier.core.samples import BrowserSample, FrameSample, InterviewRows, ServerSample
from verifier.storage.connection import Connection
from verifier.storage.repositories.evidence import SqlStills
from verifier.storage.rows import RowCodec
from verifier.storage.tables.samples import browser_samples, frame_samples, server_samples

_SERVER = RowCodec(ServerSample)
_BROWSER = RowCodec(BrowserSample)
_FRAME = RowCodec(FrameSample)

_T = TypeVar("_T")


class SqlSamples:
    """Samples of the ports."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def add(
        self, server: Sequence[ServerSample], browser: Sequence[BrowserSample], frames: Sequence[FrameSample]
    ) -> None:
        """Store what is new of these rows, all of it or nothing."""
        async with self._connection.atomic():
            await self._add(server_samples, _SERVER, server)
            await self._add(browser_samples, _BROWSER, browser)
            await self._add(frame_samples, _FRAME, frames)

    async def rows(self, id_: InterviewId) -> InterviewRows:
        """Everything about one call, in time order."""
        server, browser, frames = server_samples.c, browser_samples.c, frame_samples.c
        return InterviewRows(
            server=await self._of(id_, server_samples, _SERVER, server.at_ms, server.leg, server.sequence),
            browser=await self._of(
                id_, browser_samples, _BROWSER, browser.received_ms, browser.leg, browser.generation, browser.sequence
            ),
            frames=await self._of(id_, frame_samples, _FRAME, frames.at_ms),
            stills=await SqlStills(self._connection).of_interview(id_),
        )

    async def _add(self, table: Table, codec: RowCodec[_T], values: Sequence[_T]) -> None:
        await self._connection.insert(table, [codec.encode(value) for value in values])

    async def _of(
        self, id_: InterviewId, table: Table, codec: RowCodec[_T], *order: ColumnElement[object]
    ) -> tuple[_T, ...]:
        found = await self._connection.all(select(table).where(table.c.interview_id == id_).order_by(*order))
        return tuple(codec.decode(row) for row in found)
