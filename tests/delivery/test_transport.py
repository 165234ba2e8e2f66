"""What the transport refuses to reach, and what it makes of odd answers; SSRF corpus: 100 % refused."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from aiohttp import web
from aiohttp.abc import AbstractResolver, ResolveResult

from tests.delivery.receiver import Receiver
from verifier.core.target import check_url, is_public
from verifier.core.webhook import RESPONSE_LOG_BYTES
from verifier.delivery.transport import HttpTransport, TransportSettings, public_socket, retry_after_s
from verifier.errors import InvalidInput

HERE = Path(__file__).parent
PRIVATE_ADDRESSES = (HERE / "ssrf_addresses.txt").read_text().split()
ODD_HOSTS = (HERE / "ssrf_hosts.txt").read_text().split()

URL_CORPUS = [
    *(f"https://{f'[{address}]' if ':' in address else address}/hook" for address in PRIVATE_ADDRESSES),
    *(f"https://{host}/hook" for host in ODD_HOSTS),
    "http://example.com/",
    "http://93.184.215.14/",
    "ftp://example.com/",
    "file:///etc/passwd",
    "gopher://example.com/_",
    "//example.com/",
    "example.com",
    "https:///hook",
    "https://",
    "",
    "https://exa mple.com/",
    "https://example.com/\r\nHost: 10.0.0.1",
    "https://example.com/\x00",
    "https://example.com/" + "a" * 2_048,
    "javascript:alert(1)",
    " https://example.com/",
]


@pytest.mark.parametrize("address", PRIVATE_ADDRESSES)
def test_no_private_address_is_public_in_any_writing(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize("address", ["8.8.8.8", "2606:4700::1111", "::ffff:8.8.8.8", "64:ff9b::808:808"])
def test_public_addresses_are_public(address: str) -> None:
    assert is_public(address)


@pytest.mark.parametrize("url", URL_CORPUS)
def test_no_url_of_the_corpus_can_be_registered(url: str) -> None:
    with pytest.raises(InvalidInput):
        check_url(url, allow_private=False)


@pytest.mark.parametrize(
    "url",
    [
        "https://example.com",
        "https://hooks.example.com:8443/a/b?c=d&e=%2F",
        "https://xn--bcher-kva.example.com/",
        "https://8.8.8.8/",
        "https://[2606:4700::1111]/x",
        "https://3com.com/",
    ],
)
def test_ordinary_public_urls_can_be_registered(url: str) -> None:
    check_url(url, allow_private=False)


def test_the_demo_setting_allows_loopback_and_http() -> None:
    check_url("http://127.0.0.1:18400/hook", allow_private=True)
    with pytest.raises(InvalidInput):
        check_url("ftp://127.0.0.1/", allow_private=True)


class Resolves(AbstractResolver):
    """Gives every name the addresses a test wants."""

    def __init__(self, *addresses: str) -> None:
        self._addresses = addresses

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        return [
            ResolveResult(
                hostname=host,
                host=address,
                port=port,
                family=socket.AF_INET6 if ":" in address else socket.AF_INET,
                proto=0,
                flags=socket.AI_NUMERICHOST,
            )
            for address in self._addresses
        ]

    async def close(self) -> None:
        """Nothing is open."""


@pytest.mark.parametrize("address", PRIVATE_ADDRESSES)
async def test_a_public_name_that_resolves_to_a_private_address_is_refused(address: str) -> None:
    async with HttpTransport(TransportSettings(), Resolves("93.184.215.14", address)) as transport:
        answer = await transport.post("https://hooks.example.com/", b"{}", {})
    assert (answer.status, answer.error) == (None, "refused_address")


@pytest.mark.parametrize("url", URL_CORPUS)
async def test_no_url_of_the_corpus_is_sent_to(url: str) -> None:
    async with HttpTransport(TransportSettings(timeout_s=2)) as transport:
        answer = await transport.post(url, b"{}", {})
    assert (answer.status, answer.error) == (None, "refused_address")


@pytest.mark.parametrize("address", PRIVATE_ADDRESSES)
def test_no_socket_is_made_for_a_private_address(address: str) -> None:
    with pytest.raises(OSError, match="not public"):
        public_socket((socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP, "", (address, 443)))


@pytest.fixture
async def transport() -> AsyncIterator[HttpTransport]:
    async with HttpTransport(TransportSettings(allow_private_addresses=True, timeout_s=0.2)) as opened:
        yield opened


async def test_a_receiver_that_does_not_answer_in_time_is_a_timeout(transport: HttpTransport) -> None:
    async with Receiver() as receiver:
        receiver.stalls = asyncio.Event()
        answer = await transport.post(receiver.url, b"{}", {})
    assert (answer.status, answer.error) == (None, "timeout")


async def test_a_refused_connection_is_named(transport: HttpTransport) -> None:
    async with Receiver() as receiver:
        url = receiver.url
    answer = await transport.post(url, b"{}", {})
    assert (answer.status, answer.error) == (None, "connection")


async def test_a_receiver_without_tls_is_named(transport: HttpTransport) -> None:
    async with Receiver() as receiver:
        answer = await transport.post(receiver.url.replace("http:", "https:"), b"{}", {})
    assert (answer.status, answer.error) == (None, "tls")


async def test_a_long_answer_is_cut_and_a_binary_one_is_kept_as_text(transport: HttpTransport) -> None:
    async with Receiver() as receiver:
        receiver.answers.append(lambda: web.Response(body=b"\xff\x00" + b"a" * 100_000, status=200))
        answer = await transport.post(receiver.url, b"{}", {})
    assert answer.status == 200
    assert len(answer.response) == RESPONSE_LOG_BYTES
    assert answer.response.startswith("\ufffd\ufffda")


async def test_the_proxy_of_the_environment_is_not_used(
    transport: HttpTransport, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with Receiver() as proxy, Receiver() as receiver:
        monkeypatch.setenv("http_proxy", proxy.url)
        await transport.post(receiver.url, b"{}", {})
        assert (len(proxy.received), len(receiver.received)) == (0, 1)


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        (None, None),
        ("0", 0),
        ("30", 30),
        (" 30 ", 30),
        ("-1", None),
        ("1.5", None),
        ("soon", None),
        ("9" * 400, 999_999_999),
        ("Thu, 01 Jan 1970 00:02:00 GMT", 60),
        ("Thu, 01 Jan 1970 00:00:00 GMT", 0),
        ("Thu, 99 Jan 1970 00:00:00 GMT", None),
    ],
)
def test_retry_after_is_read_in_both_forms(header: str | None, seconds: int | None) -> None:
    assert retry_after_s(header, 60_000) == seconds
