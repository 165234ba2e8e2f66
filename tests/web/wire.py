"""Bytes over a socket, for what no HTTP library would send: the application as app/serving runs it, and raw answers."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from aiohttp import web
from multidict import CIMultiDict

from verifier.web.runner import Runner

TIMEOUT_S = 10.0


@dataclass(frozen=True)
class RawAnswer:
    """What came back before the connection was closed."""

    status: int
    headers: CIMultiDict[str]
    body: bytes


@dataclass(frozen=True)
class Wire:
    """A listening application."""

    host: str
    port: int

    async def send(self, request: bytes) -> RawAnswer:
        """The first answer to these bytes; interim ones are passed over."""
        reader, writer = await asyncio.open_connection(self.host, self.port)
        try:
            writer.write(request)
            async with asyncio.timeout(TIMEOUT_S):
                return await _read(reader, bodiless=request.startswith(b"HEAD "))
        finally:
            writer.close()

    async def get(self, path: str, *lines: str) -> RawAnswer:
        """A plain GET with further header lines."""
        head = [f"GET {path} HTTP/1.1", f"Host: {self.host}:{self.port}", "Connection: close", *lines]
        return await self.send(("\r\n".join(head) + "\r\n\r\n").encode("utf-8", "surrogateescape"))


@asynccontextmanager
async def listening(app: web.Application) -> AsyncIterator[Wire]:
    """The application behind its own runner, on a port of its own."""
    runner = Runner(app, access_log=None, handle_signals=False)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        host, port = runner.addresses[0][:2]
        yield Wire(host, port)
    finally:
        await runner.cleanup()


async def _read(reader: asyncio.StreamReader, *, bodiless: bool) -> RawAnswer:
    while True:
        head = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
        status = int(head[0].split(" ")[1])
        if status >= 200 or status == 101:
            break
    headers = CIMultiDict(line.split(": ", 1) for line in head[1:] if line)
    length = 0 if bodiless else int(headers.get("Content-Length", "0"))
    return RawAnswer(status, headers, await reader.readexactly(length))
