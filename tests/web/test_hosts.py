"""Requests for other sites and from other sites are refused, whatever name or page the browser was talked into."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest

from tests.web.house import House
from tests.web.wire import Wire, listening

OURS = [
    "verify.example.org",
    "verify.example.org:443",
    "VERIFY.example.org",
    "localhost:8080",
    "127.0.0.1:8080",
    "[::1]:1",
]
FOREIGN = [
    "evil.example",
    "verify.example.org.evil.example",
    "evil.example:8080",
    "verify.example.org@evil.example",
    "",
    "a b",
]
PAGES = ["/", "/join", "/case/state", "/staff", "/metrics", "/static/css/base.css", "/ws", "/nowhere"]


@pytest.fixture
async def wire(house: House) -> AsyncIterator[Wire]:
    async with listening(house.client.app) as running:
        yield running


def get(path: str, *hosts: str, version: str = "1.1") -> bytes:
    lines = [f"GET {path} HTTP/{version}", *(f"Host: {host}" for host in hosts), "Connection: close"]
    return ("\r\n".join(lines) + "\r\n\r\n").encode()


@pytest.mark.parametrize("host", OURS)
async def test_our_names_and_bare_addresses_are_answered(wire: Wire, host: str) -> None:
    assert (await wire.send(get("/", host))).status == 200


@pytest.mark.parametrize("path", PAGES)
@pytest.mark.parametrize("host", FOREIGN)
async def test_a_name_that_was_rebound_to_us_gets_nothing(wire: Wire, path: str, host: str) -> None:
    answer = await wire.send(get(path, host))
    assert answer.status in {400, 421}
    assert b"evil" not in answer.body and (answer.status == 400 or b"Host header" in answer.body)


async def test_a_request_without_a_name_gets_nothing(wire: Wire) -> None:
    assert (await wire.send(get("/", version="1.0"))).status == 421
    assert (await wire.send(b"GET /\r\n\r\n")).status == 421


async def test_an_absolute_address_is_routed_by_its_path_and_judged_by_its_host(wire: Wire) -> None:
    assert (await wire.send(get("http://evil.example/join", "verify.example.org"))).status in {200, 421}
    assert (await wire.send(get("http://verify.example.org/join", "evil.example"))).status == 421


@pytest.mark.parametrize("path", ["/healthz", "/readyz", "/api/v1/openapi.json", "/api/v1/verifications"])
async def test_watchers_and_programs_may_use_any_name(wire: Wire, path: str) -> None:
    assert (await wire.send(get(path, "verifier.internal:8080"))).status in {200, 401}


# ---------------------------------------------------------------- who sent it

NAVIGATION = {"Sec_Fetch_Mode": "navigate", "Sec_Fetch_Dest": "document"}
LOADS = [
    {"Sec_Fetch_Mode": "no-cors", "Sec_Fetch_Dest": "script"},
    {"Sec_Fetch_Mode": "no-cors", "Sec_Fetch_Dest": "image"},
    {"Sec_Fetch_Mode": "cors", "Sec_Fetch_Dest": "empty"},
    {"Sec_Fetch_Mode": "navigate", "Sec_Fetch_Dest": "iframe"},
    {"Sec_Fetch_Mode": "navigate", "Sec_Fetch_Dest": "object"},
    {"Sec_Fetch_Mode": "websocket", "Sec_Fetch_Dest": "empty"},
    {},
]


@pytest.mark.parametrize("site", ["cross-site", "same-site", "Cross-Site"])
@pytest.mark.parametrize("path", [*PAGES, "/api/v1/openapi.json"])
async def test_other_sites_may_link_here_and_load_nothing(house: House, site: str, path: str) -> None:
    for how in LOADS:
        assert (await house.browser().get(path, Sec_Fetch_Site=site, **how)).status == 403
    assert (await house.browser().get(path, Sec_Fetch_Site=site, **NAVIGATION)).status != 403


@pytest.mark.parametrize("site", ["same-origin", "none", ""])
async def test_our_own_pages_and_people_load_everything(house: House, site: str) -> None:
    headers: dict[str, Any] = {"Sec_Fetch_Site": site} if site else {}
    for how in LOADS:
        assert (await house.browser().get("/static/css/base.css", **headers, **how)).status == 200


@pytest.mark.parametrize("site", ["cross-site", "same-site"])
async def test_a_post_from_another_site_is_refused_even_with_our_origin(house: House, site: str) -> None:
    await house.case()
    for how in (*LOADS, NAVIGATION):
        answer = await house.browser().post(
            "/join/exchange", {"token": "join-token-of-the-case"}, Sec_Fetch_Site=site, **how
        )
        assert answer.status == 403
    assert not house.units.state.sessions


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH"])
@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Origin": "https://verify.example.org"},
        {"X-Verifier": "1"},
        {"Origin": "https://evil.example", "X-Verifier": "1"},
        {"Origin": "null", "X-Verifier": "1"},
        {"Origin": "https://verify.example.org.evil.example", "X-Verifier": "1"},
        {"Origin": "http://verify.example.org", "X-Verifier": "1"},
        {"Origin": "https://verify.example.org, https://evil.example", "X-Verifier": "1"},
    ],
)
@pytest.mark.parametrize("path", ["/join/exchange", "/join/consent", "/staff/sign-in", "/case/state", "/nowhere"])
async def test_no_change_without_our_origin_and_our_header(
    house: House, method: str, headers: dict[str, str], path: str
) -> None:
    async with house.client.request(method, path, headers=headers, json={"token": "x" * 43}) as answer:
        assert answer.status == 403
        assert (await answer.json())["code"] == "not_allowed"


async def test_the_api_knows_no_cookies(house: House) -> None:
    await house.case()
    browser, _ = await house.staff()
    browser.cookies |= (await house.freelancer()).cookies
    for path in ("/api/v1/verifications", "/api/v1/webhook-endpoints", "/api/v1/events"):
        refused = await browser.get(path, "application/json")
        assert (refused.status, refused.headers["WWW-Authenticate"]) == (401, "Bearer")
    assert (await browser.post("/api/v1/verifications", {"external_id": "x"})).status == 401
