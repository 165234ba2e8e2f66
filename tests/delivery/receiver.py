"""A platform's webhook receiver: a real HTTP server on loopback that answers what a test tells it to."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Self

import standardwebhooks
from aiohttp import web
from aiohttp.test_utils import TestServer


@dataclass(frozen=True, slots=True)
class Received:
    """One request as it arrived."""

    headers: dict[str, str]
    body: str

    @property
    def id(self) -> str:
        return self.headers["webhook-id"]

    def signed_by(self, secret: str) -> bool:
        """Whether the standardwebhooks library makes the same signature of these bytes with this secret."""
        moment = datetime.fromtimestamp(int(self.headers["webhook-timestamp"]), UTC)
        expected = standardwebhooks.Webhook(secret).sign(self.id, moment, self.body)
        return expected in self.headers["webhook-signature"].split(" ")


class Receiver:
    """Answers each request with the next of ``answers``, then with 204."""

    def __init__(self) -> None:
        self.received: list[Received] = []
        self.answers: list[Callable[[], web.StreamResponse]] = []
        self.arrived = asyncio.Event()
        self.stalls: asyncio.Event | None = None
        """When set to an event: every request waits for it before it is answered."""
        app = web.Application()
        app.router.add_route("*", "/{path:.*}", self._handle)
        self._server = TestServer(app)

    @property
    def url(self) -> str:
        return str(self._server.make_url("/hooks"))

    def answer(self, *statuses: int, **headers: str) -> None:
        """Answer the next requests with these statuses."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        for status in statuses:
            self.answers.append(lambda status=status: web.Response(status=status, headers=named, text=f"said {status}"))

    async def __aenter__(self) -> Self:
        await self._server.start_server()
        return self

    async def __aexit__(self, *_: object) -> None:
        if self.stalls:
            self.stalls.set()
        await self._server.close()

    async def _handle(self, request: web.Request) -> web.StreamResponse:
        lowered = {name.lower(): value for name, value in request.headers.items()}
        self.received.append(Received(lowered, await request.text()))
        self.arrived.set()
        if self.stalls:
            await self.stalls.wait()
        return self.answers.pop(0)() if self.answers else web.Response(status=204)
