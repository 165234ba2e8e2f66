"""One HTTP POST of exact bytes to somebody else's server. One rule: only to public addresses, and nothing is followed.

The address is checked three times: as written, as resolved (every answer of the resolver) and as connected to, so
neither odd notation nor a name that changes its mind gets past. Called by delivery/worker through ``Transport``.
"""

from __future__ import annotations

import socket
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC
from email.utils import parsedate_to_datetime
from types import TracebackType
from typing import Any, Protocol, Self

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult
from aiohttp.resolver import ThreadedResolver
from yarl import URL

from verifier.core.target import check_url, is_public
from verifier.core.webhook import ATTEMPT_TIMEOUT_S, RESPONSE_LOG_BYTES
from verifier.errors import InvalidInput


@dataclass(frozen=True, slots=True)
class TransportSettings:
    """What an attempt may reach and how long it may take."""

    allow_private_addresses: bool = False
    """For the demo and tests only: http, loopback and private addresses."""
    timeout_s: float = ATTEMPT_TIMEOUT_S
    user_agent: str = "verifier-webhooks/1"


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back. ``status`` is None when no HTTP answer came; then ``error`` says why."""

    status: int | None
    error: str | None
    """Stable word: timeout, refused_address, connection, tls, http_status; None on 2xx."""
    response: str = ""
    """Beginning of the answer, at most 2 KiB."""
    retry_after: str | None = None


class Transport(Protocol):
    """Sends one attempt; never raises for what the other side does."""

    async def post(self, url: str, body: bytes, headers: Mapping[str, str]) -> Answer: ...


class AddressRefused(OSError):
    """A name or address that is not on the public internet."""


class PublicResolver(AbstractResolver):
    """The system's resolver, refusing a name as soon as one of its addresses is not public."""

    def __init__(self, inner: AbstractResolver) -> None:
        self._inner = inner

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        """The addresses of ``host``.

        Raises:
            AddressRefused: one of them is not public.
        """
        found = await self._inner.resolve(host, port, family)
        if not all(is_public(result["host"]) for result in found):
            raise AddressRefused(f"{host} has an address that is not public")
        return found

    async def close(self) -> None:
        """Close the system's resolver."""
        await self._inner.close()


def public_socket(address: tuple[Any, ...]) -> socket.socket:
    """A socket for one resolved address, the last gate before a connection is opened.

    Raises:
        AddressRefused: the address is not public.
    """
    family, kind, protocol, _, endpoint = address
    if not is_public(str(endpoint[0])):
        raise AddressRefused(f"{endpoint[0]} is not public")
    return socket.socket(family, kind, protocol)


class HttpTransport:
    """Posts over aiohttp: no redirects, no proxy from the environment, no cookies, no decompression."""

    def __init__(self, settings: TransportSettings, resolver: AbstractResolver | None = None) -> None:
        self._settings = settings
        self._resolver = resolver
        self._session: aiohttp.ClientSession | None = None

    async def __aenter__(self) -> Self:
        guarded = not self._settings.allow_private_addresses
        inner = self._resolver or ThreadedResolver()
        connector = aiohttp.TCPConnector(
            resolver=PublicResolver(inner) if guarded else inner,
            use_dns_cache=False,
            socket_factory=public_socket if guarded else None,
            limit=0,
        )
        self._session = aiohttp.ClientSession(
            connector=connector,
            cookie_jar=aiohttp.DummyCookieJar(),
            timeout=aiohttp.ClientTimeout(total=self._settings.timeout_s),
            trust_env=False,
            auto_decompress=False,
            headers={"User-Agent": self._settings.user_agent, "Accept-Encoding": "identity"},
        )
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._session is not None:
            await self._session.close()

    async def post(self, url: str, body: bytes, headers: Mapping[str, str]) -> Answer:
        """What the receiver answered, a redirect included, or why nothing came."""
        if self._session is None:
            raise RuntimeError("the transport is used outside its async with block")
        try:
            check_url(url, allow_private=self._settings.allow_private_addresses)
            target = URL(url, encoded=True)
            async with self._session.post(target, data=body, headers=headers, allow_redirects=False) as response:
                text = await _beginning(response)
                error = None if 200 <= response.status < 300 else "http_status"
                return Answer(response.status, error, text, response.headers.get("Retry-After"))
        except (InvalidInput, aiohttp.ClientError, OSError, ValueError) as error:
            return Answer(None, reason(error))


def reason(error: BaseException) -> str:
    """The stable word for what kept an answer from coming."""
    if isinstance(error, InvalidInput) or _refused(error):
        return "refused_address"
    if isinstance(error, TimeoutError):
        return "timeout"
    if isinstance(error, aiohttp.ClientSSLError | ssl.SSLError):
        return "tls"
    return "connection"


def _refused(error: BaseException | None) -> bool:
    """Whether one of the errors that led to ``error`` is a refusal of ours."""
    while error is not None:
        if isinstance(error, AddressRefused):
            return True
        error = error.__cause__ or error.__context__
    return False


async def _beginning(response: aiohttp.ClientResponse) -> str:
    """At most ``RESPONSE_LOG_BYTES`` of the answer; one that stops or stalls half-way keeps its status."""
    kept = bytearray()
    try:
        while len(kept) < RESPONSE_LOG_BYTES and (chunk := await response.content.readany()):
            kept += chunk[: RESPONSE_LOG_BYTES - len(kept)]
    except (aiohttp.ClientError, OSError):
        kept += b""
    response.close()
    return kept.decode("utf-8", "replace").replace("\x00", "\ufffd")


def retry_after_s(header: str | None, now_ms: int) -> int | None:
    """Seconds to wait, ≥ 0, from a Retry-After header in either of its two forms (RFC 9110 10.2.3); None if neither."""
    if header is None:
        return None
    text = header.strip()
    if text.isascii() and text.isdigit():
        return int(text[:9])
    try:
        moment = parsedate_to_datetime(text)
    except (ValueError, OverflowError):
        return None
    aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return max(0, round(aware.timestamp() - now_ms / 1_000))
