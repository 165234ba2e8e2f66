"""Every answer has the security headers, whoever made it: a handler, the router, the HTTP library itself."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import AsyncIterator, Mapping

import pytest
from structlog.testing import capture_logs

from tests.web.house import House
from tests.web.wire import Wire, listening
from verifier.web import problem, runner
from verifier.web.headers import NEVER, OWN, TRUSTED_TYPES_POLICY, content_security_policy, security_headers

SECRET = "0123456789-a-secret-that-nobody-should-read"


@pytest.fixture
async def wire(house: House) -> AsyncIterator[Wire]:
    """The house behind the runner that the server uses."""
    async with listening(house.client.app) as running:
        yield running


def expect_hardened(headers: Mapping[str, str]) -> None:
    for name, value in security_headers("https://verify.example.org").items():
        assert headers.get(name) == value, name
    assert headers.get("Cache-Control")
    if headers.get("Content-Length") != "0":
        assert re.fullmatch(r"[a-z]+/[a-z0-9.+-]+(; .+)?", headers["Content-Type"])


LINE = {
    "not HTTP at all": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n",
    "an unknown version": b"GET / HTTP/9.9\r\nHost: x\r\n\r\n",
    "a header without a colon": f"GET / HTTP/1.1\r\nHost: x\r\nCookie {SECRET}\r\n\r\n".encode(),
    "a header with a NUL": f"GET / HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {SECRET}\0\r\n\r\n".encode(),
    "a header that is too long": f"GET / HTTP/1.1\r\nHost: x\r\nCookie: {SECRET * 300}\r\n\r\n".encode(),
    "an address that is too long": f"GET /{SECRET * 300} HTTP/1.1\r\nHost: x\r\n\r\n".encode(),
    "two lengths": b"POST /join/exchange HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\nContent-Length: 9\r\n\r\n{}",
    "a length and chunks": b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n{}",
    "a length that is no number": b"POST /join/exchange HTTP/1.1\r\nHost: x\r\nContent-Length: two\r\n\r\n{}",
    "two hosts": b"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
}


@pytest.mark.parametrize("what", LINE)
async def test_a_request_that_cannot_be_read_is_refused_in_our_words_and_not_repeated(wire: Wire, what: str) -> None:
    with capture_logs() as logs:
        answer = await wire.send(LINE[what])
    assert answer.status == 400, answer
    expect_hardened(answer.headers)
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert json.loads(answer.body)["code"] == "bad_request"
    assert SECRET not in str(logs) + answer.body.decode() + str(answer.headers)


@pytest.mark.parametrize("expected", [SECRET, "\udc80", "", "100-continue, " + SECRET])
async def test_an_expectation_that_nobody_can_meet_is_refused_in_our_words(wire: Wire, expected: str) -> None:
    answer = await wire.get("/", f"Expect: {expected}")
    expect_hardened(answer.headers)
    assert answer.status == 417 and json.loads(answer.body)["status"] == 417
    assert SECRET not in answer.body.decode()


async def test_whoever_waits_to_be_told_to_go_on_is_told_so(wire: Wire) -> None:
    assert (await wire.get("/healthz", "Expect: 100-Continue")).status == 200


async def test_a_malformed_request_is_a_line_in_the_log_and_no_trace(wire: Wire) -> None:
    with capture_logs() as logs:
        await wire.send(LINE["a header with a NUL"])
    assert [entry["event"] for entry in logs] == ["malformed_request"]
    assert set(logs[0]) == {"event", "log_level", "address", "error"}


ASKED = {
    "a page": ("/", "Accept: text/html"),
    "nothing there": ("/nowhere", "Accept: text/html"),
    "nothing there, for a program": ("/nowhere", "Accept: application/json"),
    "favicon.ico": ("/favicon.ico", "Accept: image/*"),
    "no session": ("/join/state", "Accept: application/json"),
    "no API key": ("/api/v1/verifications", "Accept: application/json"),
    "the API's description": ("/api/v1/openapi.json", "Accept: application/json"),
    "an unknown operation": ("/api/v1/nothing", "Accept: application/json"),
    "a static file": ("/static/css/base.css", "Accept: text/css"),
    "a static file, compressed": ("/static/css/base.css", "Accept-Encoding: gzip"),
    "a static file that is not there": ("/static/css/none.css", "Accept: text/css"),
    "health": ("/healthz", "Accept: */*"),
    "readiness": ("/readyz", "Accept: */*"),
    "figures": ("/metrics", "Accept: */*"),
    "a socket from elsewhere": (
        "/ws",
        "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nOrigin: https://evil.example\r\n"
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
    ),
    "a wrong method": ("/join/exchange", "Accept: text/html"),
}


@pytest.mark.parametrize("what", ASKED)
async def test_every_answer_has_the_headers_a_type_and_a_word_about_caching(wire: Wire, what: str) -> None:
    path, line = ASKED[what]
    expect_hardened((await wire.get(path, line)).headers)


METHODS = ["POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "CONNECT", "HEAD", "PROPFIND"]


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("path", ["/", "/join/exchange", "/api/v1/verifications", "/static/css/base.css", "*"])
async def test_no_method_escapes_the_headers(wire: Wire, method: str, path: str) -> None:
    head = f"{method} {path} HTTP/1.1\r\nHost: {wire.host}:{wire.port}\r\nConnection: close\r\n\r\n"
    answer = await wire.send(head.encode())
    expect_hardened(answer.headers)
    assert answer.status < 500 and "Access-Control-Allow-Origin" not in answer.headers


PERSONAL = ["/join/state", "/case/state", "/case", "/staff/queue", "/staff/queue.json", "/api/v1/verifications"]


@pytest.mark.parametrize("path", [*PERSONAL, "/", "/join", "/staff", "/healthz", "/metrics", "/nowhere"])
async def test_nothing_but_static_files_and_the_description_is_ever_kept(house: House, path: str) -> None:
    assert (await house.browser().get(path)).headers["Cache-Control"] == "no-store"


def test_the_policy_lets_nothing_inline_and_no_string_become_code() -> None:
    policy = content_security_policy("https://verify.example.org")
    directives = dict(part.split(" ", 1) for part in policy.split("; "))
    assert directives["default-src"] == "'none'" and directives["script-src"] == "'self'"
    assert "unsafe" not in policy and "data:" not in policy and "*" not in policy
    assert directives["frame-ancestors"] == directives["base-uri"] == "'none'"
    assert directives["require-trusted-types-for"] == "'script'"
    assert directives["trusted-types"] == TRUSTED_TYPES_POLICY
    assert directives["connect-src"] == "'self' wss://verify.example.org"


def test_no_feature_is_handed_to_anybody_else() -> None:
    policy = security_headers("http://localhost:8080")["Permissions-Policy"]
    assert dict(part.split("=") for part in policy.split(", ")) == dict.fromkeys(OWN, "(self)") | dict.fromkeys(
        NEVER, "()"
    )


def test_only_https_promises_transport_security() -> None:
    assert "Strict-Transport-Security" not in security_headers("http://localhost:8080")
    assert security_headers("https://verify.example.org")["Strict-Transport-Security"].startswith("max-age=3153")


async def test_a_connection_without_a_request_is_not_held_for_ever(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(runner, "FIRST_REQUEST_S", 0.05)
    async with listening(house.client.app) as slow, asyncio.timeout(5):
        for begun in (b"", b"GET / HTTP/1.1\r\nHost: verify.example.org\r\n"):
            reader, writer = await asyncio.open_connection(slow.host, slow.port)
            writer.write(begun)
            assert await reader.read() == b"", "closed without an answer"
            writer.close()
        assert (await slow.get("/")).status == 200


async def test_a_body_that_never_comes_holds_no_handler(wire: Wire, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(problem, "BODY_TIMEOUT_S", 0.05)
    head = (
        "POST /join/exchange HTTP/1.1\r\nHost: verify.example.org\r\nOrigin: https://verify.example.org\r\n"
        'X-Verifier: 1\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{"tok'
    )
    answer = await wire.send(head.encode())
    assert answer.status == 400 and b"did not arrive in time" in answer.body
