"""HTTP as a page does it: cookies, Origin, JSON both ways, problem+json for errors. Called by participant and calls."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping
from types import TracebackType
from typing import Any, Self

import aiohttp
from yarl import URL

_TIMEOUT_S = 20.0


class DemoStopped(Exception):
    """The demonstration cannot go on; the message is one clear line for the person who started it."""


class Door:
    """One person's or program's way into the server; closes its connections at the end of ``async with``."""

    def __init__(self, url: str, bearer: str | None = None) -> None:
        """``bearer`` is the platform's key; pages have cookies instead."""
        self._origin = URL(url).origin()
        headers = {"Origin": str(self._origin), "X-Verifier": "1"}
        if bearer is not None:
            headers = {"Authorization": f"Bearer {bearer}"}
        jar = aiohttp.CookieJar(unsafe=True, treat_as_secure_origin=[self._origin])
        timeout = aiohttp.ClientTimeout(total=_TIMEOUT_S)
        self._http = aiohttp.ClientSession(cookie_jar=jar, headers=headers, timeout=timeout)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._http.close()

    async def get(self, path: str) -> dict[str, Any]:
        """The JSON object at ``path``.

        Raises:
            DemoStopped: not reachable, or refused.
        """
        return await self._ask("GET", path)

    async def post(self, path: str, body: Mapping[str, object]) -> dict[str, Any]:
        """The JSON object that answers ``body``.

        Raises:
            DemoStopped: not reachable, or refused.
        """
        return await self._ask("POST", path, json=body)

    async def put(self, path: str, content: bytes, content_type: str) -> dict[str, Any]:
        """The JSON object that answers the upload of a file, whose digest is named in the header.

        Raises:
            DemoStopped: not reachable, or refused.
        """
        digest = base64.b64encode(hashlib.sha256(content).digest()).decode()
        headers = {"Content-Type": content_type, "Content-Digest": f"sha-256=:{digest}:"}
        return await self._ask("PUT", path, data=content, headers=headers)

    async def socket(self, path: str) -> aiohttp.ClientWebSocketResponse:
        """An open WebSocket.

        Raises:
            DemoStopped: not reachable, or refused.
        """
        try:
            return await self._http.ws_connect(self._origin.join(URL(path)), heartbeat=20.0)
        except (aiohttp.ClientError, TimeoutError) as error:
            raise self._unreachable(error) from error

    async def _ask(self, method: str, path: str, **body: Any) -> dict[str, Any]:
        try:
            async with self._http.request(method, self._origin.join(URL(path)), **body) as response:
                answer = await response.json(content_type=None)
                if response.status >= 400:
                    raise DemoStopped(_refusal(method, path, response.status, answer))
        except (aiohttp.ClientError, TimeoutError, ValueError) as error:
            raise self._unreachable(error) from error
        return answer if isinstance(answer, dict) else {}

    def _unreachable(self, error: Exception) -> DemoStopped:
        reason = str(error) or type(error).__name__
        return DemoStopped(
            f"No verifier answers at {self._origin} ({reason}). Is `verifier serve --demo` running there?"
        )


def _refusal(method: str, path: str, status: int, answer: object) -> str:
    detail = answer.get("detail") or answer.get("title") if isinstance(answer, dict) else None
    return f"The server refused {method} {path} with {status}: {detail or 'no reason given'}"
