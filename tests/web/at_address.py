"""A house of the web tests at an address that real browsers can open."""

from __future__ import annotations

import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer

Client = Callable[..., Awaitable[TestClient[Any, Any]]]


def free_origin() -> str:
    """Where a house will be; a browser keeps its cookies for localhost."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return f"http://localhost:{free.getsockname()[1]}"


@asynccontextmanager
async def clients_at(origin: str) -> AsyncIterator[Client]:
    """Stands in for pytest-aiohttp's ``aiohttp_client``: serves an application at ``origin`` until the block ends."""
    clients: list[TestClient[Any, Any]] = []

    async def client(app: web.Application, **options: Any) -> TestClient[Any, Any]:
        made: TestClient[Any, Any] = TestClient(TestServer(app, port=int(origin.rpartition(":")[2])), **options)
        clients.append(made)
        await made.start_server()
        return made

    yield client
    for each in clients:
        await each.close()
