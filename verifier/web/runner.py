"""Runs the application on a socket. One rule: what the HTTP library refuses by itself looks like every other refusal.

A request that cannot be read never reaches the application. aiohttp would answer it in its own words, repeat the bytes
that it could not read, log them, and send none of our headers. Called by app/serving.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from http import HTTPStatus
from typing import Any

import structlog
from aiohttp import hdrs, web
from aiohttp.web_protocol import RequestHandler
from aiohttp.web_request import BaseRequest

from verifier.web import problem
from verifier.web.headers import harden, security_headers
from verifier.web.keys import SETTINGS

FIRST_REQUEST_S = 30.0
"""How long a connection may stay open without a whole first request."""
KEEP_ALIVE_S = 75.0
"""How long it may stay open between requests."""
_CONTINUE = "100-continue"
_log = structlog.get_logger(__name__)
_Handle = Callable[[BaseRequest], Awaitable[web.StreamResponse]]


class Runner(web.AppRunner):
    """An AppRunner whose connections answer malformed requests as the application answers bad ones."""

    __slots__ = ()

    async def _make_server(self) -> web.Server:
        self._kwargs.setdefault("keepalive_timeout", KEEP_ALIVE_S)
        made = await super()._make_server()
        headers = security_headers(self.app[SETTINGS].public_url)
        return _Server(made, headers)


class _Server(web.Server):
    def __init__(self, made: web.Server, headers: dict[str, str]) -> None:
        super().__init__(
            _refusing_expectations(made.request_handler, headers),
            request_factory=made.request_factory,
            loop=made._loop,
            **made._kwargs,
        )
        self.security_headers = headers

    def __call__(self) -> RequestHandler:
        return _Connection(self, loop=self._loop, **self._kwargs)


class _Connection(RequestHandler):
    __slots__ = ("_patience", "_security_headers")

    def __init__(self, manager: _Server, **kwargs: Any) -> None:
        super().__init__(manager, **kwargs)
        self._security_headers = manager.security_headers

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin to wait for the first request."""
        super().connection_made(transport)
        self._patience = asyncio.get_running_loop().call_later(FIRST_REQUEST_S, self._give_up)

    def connection_lost(self, exc: BaseException | None) -> None:
        """Wait no longer."""
        self._patience.cancel()
        super().connection_lost(exc)

    def _give_up(self) -> None:
        """Close a connection whose first request never came: it would be held open for ever."""
        if self._request_count == 0 and self.transport is not None:
            self.transport.close()

    def handle_error(
        self, request: BaseRequest, status: int = 500, exc: BaseException | None = None, message: str | None = None
    ) -> web.StreamResponse:
        """The answer to what could not be read (400) or went wrong outside of every handler; closes the connection.

        Neither ``message`` nor a malformed request is repeated: both may hold what nobody else should read.

        Raises:
            ConnectionError: a part of the answer was sent already.
        """
        if status >= 500:
            _log.error("unexpected_error", address=request.remote, exc_info=exc)
        else:
            _log.info("malformed_request", address=request.remote, error=type(exc).__name__)
        if request.writer.output_size > 0:
            raise ConnectionError("A part of the answer was sent already.")
        answer = problem.of_status(status)
        harden(answer.headers, self._security_headers)
        answer.force_close()
        return answer


def _refusing_expectations(handle: _Handle, headers: dict[str, str]) -> _Handle:
    """``Expect:`` is looked at before the application's middlewares, and repeated in the answer: say it in our form."""

    async def handled(request: BaseRequest) -> web.StreamResponse:
        if request.headers.get(hdrs.EXPECT, _CONTINUE).lower() == _CONTINUE:
            return await handle(request)
        _log.info("malformed_request", address=request.remote, error="expectation")
        answer = problem.of_status(HTTPStatus.EXPECTATION_FAILED)
        harden(answer.headers, headers)
        return answer

    return handled
