"""What every answer says to a browser, what is refused before a handler sees it, and what is never told."""

from __future__ import annotations

from typing import Any

import pytest
from structlog.testing import capture_logs
from yarl import URL

from tests.web.house import ORIGIN, ROOT, House, open_house
from verifier.web.assets import Assets
from verifier.web.metrics import Metrics
from verifier.web.security import origins

PUBLIC_PAGES = ["/", "/join", "/case", "/staff", "/api/docs", "/healthz", "/readyz", "/metrics"]


@pytest.mark.parametrize("path", [*PUBLIC_PAGES, "/nowhere", "/static/none.css", "/join/state", "/static/img/mark.svg"])
@pytest.mark.parametrize("accept", ["text/html", "application/json"])
async def test_every_answer_carries_the_security_headers(house: House, path: str, accept: str) -> None:
    headers = (await house.browser().get(path, accept)).headers
    policy = headers["Content-Security-Policy"]
    assert policy.startswith("default-src 'none'; script-src 'self';") and "unsafe" not in policy
    assert "frame-ancestors 'none'" in policy and "wss://verify.example.org" in policy
    assert "camera=(self)" in headers["Permissions-Policy"] and "geolocation=()" in headers["Permissions-Policy"]
    assert headers["X-Content-Type-Options"] == "nosniff" and headers["Referrer-Policy"] == "no-referrer"
    assert headers["Cross-Origin-Opener-Policy"] == "same-origin"
    assert headers["Strict-Transport-Security"].startswith("max-age=")
    assert headers["Server"] == "verifier"


async def test_plain_http_promises_no_transport_security(aiohttp_client: Any) -> None:
    house = await open_house(aiohttp_client, public_url="http://localhost:8080")
    headers = (await house.browser().get("/")).headers
    assert "Strict-Transport-Security" not in headers and "ws://localhost:8080" in headers["Content-Security-Policy"]


@pytest.mark.parametrize(
    "headers",
    [{"Origin": ""}, {"Origin": "https://evil.example"}, {"Origin": "null"}, {"X_Verifier": ""}, {"X_Verifier": "2"}],
)
async def test_a_post_that_is_not_from_our_page_is_refused(house: House, headers: dict[str, str]) -> None:
    await house.case()
    answer = await house.browser().post("/join/exchange", {"token": "join-token-of-the-case"}, **headers)
    assert (answer.status, answer.json["code"]) == (403, "not_allowed") and not house.units.state.sessions


def test_a_loopback_server_is_known_by_all_its_loopback_names_and_no_other() -> None:
    assert origins("http://localhost:8080/") == {
        "http://localhost:8080",
        "http://127.0.0.1:8080",
        "http://[::1]:8080",
    }
    assert origins("https://verify.example.org:443") == {ORIGIN}


async def test_people_get_a_page_and_programs_a_problem(house: House) -> None:
    page = await house.browser().get("/nowhere")
    assert page.status == 404 and 'data-kind="not_found"' in page.text
    problem = await house.browser().get("/nowhere", "application/json")
    assert problem.headers["Content-Type"].startswith("application/problem+json") and problem.json["status"] == 404
    assert (await house.browser().get("/staff/queue")).status == 401
    assert 'data-kind="signed_out"' in (await house.browser().get("/staff/queue")).text
    assert (await house.browser().get("/join/exchange", "application/json")).status == 405


async def test_an_unexpected_error_tells_a_reference_and_nothing_else(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def burst(*_: object, **__: object) -> None:
        raise RuntimeError("the secret of the house")

    await house.case()
    freelancer = await house.freelancer()
    monkeypatch.setattr(type(house.services.joining), "state", burst)
    with capture_logs() as logs:
        problem = await freelancer.get("/join/state", "application/json")
        page = await freelancer.get("/join/state")
    assert problem.status == page.status == 500 and "secret" not in problem.text + page.text
    reference = problem.json["detail"].removeprefix("Please quote this reference: ")
    assert next(entry for entry in logs if entry["event"] == "unexpected_error")["request_id"] == reference
    assert problem.json["reference"] == reference
    assert 'data-kind="server"' in page.text and 'data-testid="problem-reference"' in page.text


async def test_the_log_has_neither_tokens_nor_cookies_nor_queries(house: House) -> None:
    await house.case()
    with capture_logs() as logs:
        freelancer = await house.freelancer()
        ticket = (await freelancer.post("/join/ticket")).json["ticket"]
        await freelancer.get("/join?token=spilled-by-someone", "application/json")
        await freelancer.get("/wrong/spilled-by-someone", "application/json")
    text = str(logs)
    assert [entry["route"] for entry in logs if entry["event"] == "request"][-2:] == ["/join", "unknown"]
    for secret in ("join-token-of-the-case", ticket, freelancer.cookies["__Host-vi_join"], "spilled"):
        assert secret not in text


async def test_readiness_names_what_is_missing(house: House) -> None:
    assert (await house.browser().get("/readyz", "*/*")).json == {
        "status": "ok",
        "checks": {"database": True, "migrations": True},
    }
    house.ready["migrations"] = False
    answer = await house.browser().get("/readyz", "*/*")
    assert answer.status == 503 and answer.json["checks"] == {"database": True, "migrations": False}
    house.ready.clear()
    with capture_logs() as logs:
        answer = await house.browser().get("/readyz", "*/*")
    assert answer.status == 503 and "database" not in answer.text and logs[0]["event"] == "not_ready"


async def test_a_static_file_is_sent_once_and_then_only_confirmed(house: House) -> None:
    path = "/static/css/tokens.css"
    first = await house.browser().get(path, Accept_Encoding="identity")
    assert first.status == 200 and first.headers["Content-Type"] == "text/css; charset=utf-8"
    assert first.text == (ROOT / "static/css/tokens.css").read_text()
    etag = first.headers["ETag"]
    assert (await house.browser().get(path, If_None_Match=etag, Accept_Encoding="identity")).status == 304
    zipped = await house.browser().get(path, Accept_Encoding="gzip")
    assert zipped.headers["Content-Encoding"] == "gzip" and zipped.text == first.text
    assert zipped.headers["ETag"] != etag


def test_one_file_is_kept_once_by_whatever_name_it_is_asked_for() -> None:
    assets = Assets(ROOT / "static")
    assert assets.get("css/base.css") is assets.get("css/./base.css") is assets.get("css/../css/base.css")


def test_a_method_that_nobody_knows_makes_no_figure_of_its_own() -> None:
    metrics = Metrics({})
    for number in range(50):
        metrics.answered(f"METHOD{number}", "unknown", 405, 1)
    assert "METHOD" not in metrics.text().decode() and 'method="other"' in metrics.text().decode()


OUTSIDE = [
    "/static/../pyproject.toml",
    "/static/%2e%2e/pyproject.toml",
    "/static/..%2fREADME.md",
    "/static/css",
    "/static/" + "a" * 5_000 + ".css",
    "/static/a%00.css",
]


@pytest.mark.parametrize("path", OUTSIDE)
async def test_nothing_outside_the_static_directory_is_served(house: House, path: str) -> None:
    async with house.client.session.get(house.client.server.make_url("/").join(URL(path, encoded=True))) as response:
        assert response.status in {404, 400}
        assert "[project]" not in await response.text()
