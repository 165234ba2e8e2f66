"""What the person who starts the demonstration is told when it cannot go on."""

from __future__ import annotations

import pytest
from aiohttp import web
from pytest_aiohttp import AiohttpServer

from verifier.core.demo import DemoAccess
from verifier.demo import calls
from verifier.demo.door import DemoStopped, Door

_ACCESS = DemoAccess("vi_live_x", ("http://localhost/staff#a", "http://localhost/staff#b"), "http://localhost/staff#c")


def test_a_server_that_does_not_answer_is_one_line_and_status_1(
    capsys: pytest.CaptureFixture[str], unused_tcp_port: int
) -> None:
    assert calls.run(f"http://127.0.0.1:{unused_tcp_port}", _ACCESS) == 1
    told = capsys.readouterr().err.strip()
    assert told.startswith("verifier demo: No verifier answers at http://127.0.0.1:")
    assert "\n" not in told


def test_too_few_interviewers_are_one_line_and_status_1(capsys: pytest.CaptureFixture[str]) -> None:
    assert calls.run("http://127.0.0.1:1", DemoAccess("k", (), "r")) == 1
    assert "sign-in links are needed" in capsys.readouterr().err


async def test_a_refusal_carries_the_servers_own_words(aiohttp_server: AiohttpServer) -> None:
    async def refuse(_: web.Request) -> web.Response:
        return web.json_response({"title": "Not signed in", "detail": "This API key is not known."}, status=401)

    application = web.Application()
    application.router.add_post("/api/v1/verifications", refuse)
    server = await aiohttp_server(application)
    async with Door(str(server.make_url("/")), bearer="vi_live_wrong") as door:
        with pytest.raises(DemoStopped, match=r"401: This API key is not known\."):
            await door.post("/api/v1/verifications", {})


async def test_a_page_says_where_it_comes_from_and_sends_its_secure_cookie_over_loopback(
    aiohttp_server: AiohttpServer,
) -> None:
    seen: list[tuple[str | None, str | None, str | None]] = []

    async def sign_in(request: web.Request) -> web.Response:
        headers = request.headers
        seen.append((headers.get("Origin"), headers.get("X-Verifier"), request.cookies.get("__Host-vi_staff")))
        response = web.json_response({})
        response.set_cookie("__Host-vi_staff", "secret", path="/", secure=True, httponly=True, samesite="Strict")
        return response

    application = web.Application()
    application.router.add_post("/staff/link", sign_in)
    server = await aiohttp_server(application)
    origin = str(server.make_url("/").origin())
    async with Door(origin) as door:
        await door.post("/staff/link", {})
        await door.post("/staff/link", {})
    assert seen == [(origin, "1", None), (origin, "1", "secret")]
