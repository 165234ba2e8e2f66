"""Whatever is sent to a door of the pages: an answer in time, never our fault, always in our form."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.web.house import ORIGIN, House, open_house
from tests.web.wire import RawAnswer, Wire, listening
from verifier.core.access import Audience
from verifier.web.access import rules
from verifier.web.keys import Rate
from verifier.web.security import COOKIES

ANSWERED_S = 3.0
OFTEN = Rate(burst=1_000_000, refill_ms=1)
SHARED = settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
TEXT = st.text(max_size=60)
MEMBERS = [
    *("token", "email", "password", "otp", "interview", "recording"),
    *("check_id", "leg", "sdp", "audio", "video", "source"),
]
NAMES = st.sampled_from(MEMBERS)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | TEXT | st.sampled_from([10**400, "\ud800", "x" * 5_000]),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXT | NAMES, inner, max_size=4),
    max_leaves=12,
)
VALID = st.fixed_dictionaries({}, optional={"token": TEXT, "interview": st.booleans(), "recording": st.booleans()})
HEADERS = [
    *("Accept", "Accept-Language", "Accept-Encoding", "Authorization", "Content-Type", "Content-Encoding"),
    *("Cookie", "Host", "If-None-Match", "Idempotency-Key", "Origin", "Range", "Sec-Fetch-Site", "Sec-Fetch-Mode"),
    *("Transfer-Encoding", "Upgrade", "Connection", "X-Forwarded-For", "X-Verifier", "X-Verifier-Session"),
    *("X-HTTP-Method-Override", "Expect", "Content-Digest"),
]
LINE = st.binary(max_size=60).map(lambda raw: raw.replace(b"\r", b" ").replace(b"\n", b" "))


@dataclass
class Inside:
    """A house with a signed-in browser of each audience, on the wire."""

    house: House
    wire: Wire
    cookies: dict[str, str]
    paths: list[tuple[str, str]]


@pytest.fixture
async def inside(aiohttp_client: Any) -> AsyncIterator[Inside]:
    house = await open_house(
        aiohttp_client,
        link_rate=OFTEN,
        page_rate=OFTEN,
        check_rate=OFTEN,
        still_rate=OFTEN,
        ticket_rate=OFTEN,
        key_rate=OFTEN,
    )
    await house.case()
    freelancer = await house.freelancer()
    reader = house.browser()
    state = (await freelancer.get("/join/state", "application/json")).json
    await reader.post("/case/exchange", {"token": state["case_url"].split("#")[1]})
    staff, _ = await house.staff()
    routes = [
        (method, path.replace("{id}", "x").replace("{name}", "css/base.css"))
        for method, path, _ in rules(house.client.app)
    ]
    pages = [(method, path) for method, path in routes if not path.startswith("/api/v1/")]
    async with listening(house.client.app) as wire:
        yield Inside(house, wire, freelancer.cookies | reader.cookies | staff.cookies, pages)


def expect_ours(answer: RawAnswer, what: object) -> None:
    assert answer.status < 500, (what, answer.body[:500])
    assert "Content-Security-Policy" in answer.headers, what
    if answer.body:
        assert answer.headers["Content-Type"]
    if answer.status >= 400 and answer.headers.get("Content-Type") == "application/problem+json":
        problem = json.loads(answer.body)
        assert problem["status"] == answer.status and problem["code"] and problem["title"]


async def ask(inside: Inside, method: str, path: str, headers: dict[bytes, bytes], body: bytes) -> RawAnswer:
    lines = [f"{method} {path} HTTP/1.1".encode()]
    lines += [name + b": " + value for name, value in headers.items()]
    return await asyncio.wait_for(inside.wire.send(b"\r\n".join(lines) + b"\r\n\r\n" + body), ANSWERED_S)


def own_headers(inside: Inside, body: bytes) -> dict[bytes, bytes]:
    cookie = "; ".join(f"{name}={value}" for name, value in inside.cookies.items())
    return {
        b"Host": b"verify.example.org",
        b"Origin": ORIGIN.encode(),
        b"X-Verifier": b"1",
        b"Content-Type": b"application/json",
        b"Content-Length": str(len(body)).encode(),
        b"Connection": b"close",
        b"Cookie": cookie.encode(),
    }


@SHARED
@given(body=JSON | VALID | st.binary(max_size=200), index=st.integers(min_value=0))
async def test_no_body_is_too_strange_for_any_door(inside: Inside, body: Any, index: int) -> None:
    changes = [door for door in inside.paths if door[0] in {"POST", "PUT"} and door[1] != "/staff/sign-out"]
    method, path = changes[index % len(changes)]
    raw = body if isinstance(body, bytes) else json.dumps(body).encode("utf-8", "surrogatepass")
    expect_ours(await ask(inside, method, path, own_headers(inside, raw), raw), (method, path, body))


@SHARED
@given(
    changes=st.dictionaries(st.sampled_from(HEADERS), LINE, max_size=5),
    index=st.integers(min_value=0),
    data=st.binary(max_size=30),
)
async def test_no_header_is_too_strange_for_any_door(
    inside: Inside, changes: dict[str, bytes], index: int, data: bytes
) -> None:
    method, path = inside.paths[index % len(inside.paths)]
    if path in {"/ws", "/staff/sign-out"}:
        path = "/join"
    own = own_headers(inside, data)
    headers = {**own, **{name.encode(): value for name, value in changes.items()}}
    expect_ours(await ask(inside, method, path, headers, data), (method, path, changes))


@SHARED
@given(audience=st.sampled_from(sorted(COOKIES)), value=LINE)
async def test_no_cookie_is_too_strange(inside: Inside, audience: Audience, value: bytes) -> None:
    for path in ("/join/state", "/case", "/staff/queue.json"):
        headers = own_headers(inside, b"") | {b"Cookie": COOKIES[audience].encode() + b"=" + value}
        expect_ours(await ask(inside, "GET", path, headers, b""), value)


@SHARED
@given(target=st.binary(min_size=1, max_size=80), method=st.sampled_from(["GET", "POST", "PUT", "DELETE", "OPTIONS"]))
async def test_no_address_is_too_strange(inside: Inside, target: bytes, method: str) -> None:
    path = "/" + target.decode("latin-1").replace(" ", "%20").replace("\r", "").replace("\n", "")
    expect_ours(await ask(inside, method, path, own_headers(inside, b""), b""), target)


@SHARED
@given(token=st.text(max_size=300))
async def test_no_token_is_too_strange_and_none_opens_anything(inside: Inside, token: str) -> None:
    before = dict(inside.house.units.state.sessions)
    for path in ("/join/exchange", "/case/exchange", "/staff/link"):
        body = json.dumps({"token": token}).encode()
        answer = await ask(inside, "POST", path, own_headers(inside, body), body)
        expect_ours(answer, token)
        assert answer.status in {400, 410} and "Set-Cookie" not in answer.headers
    assert inside.house.units.state.sessions == before


@settings(SHARED, max_examples=30)
@given(request=st.binary(min_size=1, max_size=300))
async def test_no_bytes_are_too_strange(inside: Inside, request: bytes) -> None:
    ended = request.replace(b"\n", b"") + b"\r\n\r\n"
    expect_ours(await asyncio.wait_for(inside.wire.send(ended), ANSWERED_S), request)
