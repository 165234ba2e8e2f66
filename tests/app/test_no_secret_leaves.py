"""The real server at its most talkative: no secret is in a log, a file, an event or an answer to somebody else.

Everything that can be asked is asked, rightly and wrongly, with secrets in every place where somebody may put one by
mistake. Then the log, every file of the data directory, every event and every answer are searched for each of them.
"""

from __future__ import annotations

import base64
import json
import re
import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import aiohttp

from tests.journey.server import Server, serving
from tests.web.house import Answer, Browser
from tests.web.wire import Wire

PASSWORD = "wrong horse, wrong battery"
CHOSEN = "a-secret-of-nobody-that-nobody-should-read-0"
"""43 characters as tokens have, and one more: not even the shape gives it away."""


@dataclass
class Watched:
    """The running server, every secret so far, and every answer with the secrets that it may hold."""

    server: Server
    session: aiohttp.ClientSession
    secrets: dict[str, str] = field(default_factory=dict)
    answers: list[tuple[str, str, frozenset[str]]] = field(default_factory=list)

    def learn(self, name: str, secret: str) -> str:
        """Remember a secret."""
        assert len(secret) >= 16
        self.secrets[name] = secret
        return secret

    async def post(self, browser: Browser, path: str, body: Any = None, *told: str, **headers: str) -> Answer:
        """A page's post; ``told`` names secrets that its reader is given by it."""
        return self.saw(
            path, await browser.post(path, body, Origin=self.server.origin, **self.elsewhere(), **headers), *told
        )

    async def get(self, browser: Browser, path: str, *told: str, **headers: str) -> Answer:
        return self.saw(path, await browser.get(path, "application/json", **self.elsewhere(), **headers), *told)

    async def api(self, path: str, body: Any = None, *told: str, **headers: str) -> Answer:
        """A call of the platform's API."""
        sent = {
            "Authorization": f"Bearer {self.server.api_key}",
            "Origin": "",
            "X_Verifier": "",
            **self.elsewhere(),
            **headers,
        }
        browser = Browser(self.session)  # type: ignore[arg-type]
        asked = browser.get(path, "application/json", **sent) if body is None else browser.post(path, body, **sent)
        return self.saw(path, await asked, *told)

    def saw(self, path: str, answer: Answer, *told: str) -> Answer:
        headers = {name: value for name, value in answer.headers.items() if name != "Set-Cookie"}
        self.answers.append((path, answer.text + str(headers), frozenset(told)))
        return answer

    def elsewhere(self) -> dict[str, str]:
        """Another address each time: nobody here is to be slowed down."""
        return {"X_Forwarded_For": f"2001:db8:{len(self.answers):x}::1"}

    def browser(self) -> Browser:
        return Browser(self.session)  # type: ignore[arg-type]


@asynccontextmanager
async def watched(folder: Path) -> AsyncIterator[Watched]:
    async with (
        serving(folder, LOG_LEVEL="debug", TRUSTED_PROXIES="127.0.0.1") as server,
        aiohttp.ClientSession(server.origin, cookie_jar=aiohttp.DummyCookieJar()) as session,
    ):
        watching = Watched(server, session)
        watching.learn("API key", server.api_key)
        watching.learn("webhook secret", server.receiver.secret)
        watching.learn("webhook key", server.receiver.secret.removeprefix("whsec_"))
        watching.learn("master key", (folder / "var/keys/master.key").read_text())
        watching.learn("password", PASSWORD)
        watching.learn("chosen", CHOSEN)
        yield watching


async def test_no_secret_leaves_the_house(tmp_path: Path) -> None:
    async with watched(tmp_path) as house:
        case = await created(house)
        freelancer = await joined(house, case)
        await read(house, freelancer)
        await worked(house)
        await integrated(house)
        await mistaken(house, freelancer)
        await broken(house, freelancer, tmp_path / "var/verifier.sqlite3")
        events = json.dumps(house.server.receiver.events)
    log = house.server.log.read_text()
    assert log.count('"event": "request"') > 60 and "our_error" in log and '"level": "debug"' in log
    expect_no_secret(house, "log", log)
    expect_no_secret(house, "events", events)
    for path in (tmp_path / "var").rglob("*"):
        if path.is_file() and path.name != "master.key":
            expect_no_secret(house, path.name, path.read_bytes().decode("latin-1"))
    for path, answer, told in house.answers:
        expect_no_secret(house, path, answer, told)


def expect_no_secret(house: Watched, where: str, text: str, told: frozenset[str] = frozenset()) -> None:
    for name, secret in house.secrets.items():
        assert name in told or secret not in text, f"{name} in {where}"
        if name not in told:
            assert base64.b64encode(secret.encode()).decode().rstrip("=") not in text, f"{name} in base64 in {where}"


def token_of(url: str) -> str:
    return urlsplit(url).fragment


# ---------------------------------------------------------------- everybody does what he should


async def created(house: Watched) -> str:
    """A case by API, twice with the same idempotency key; its join token."""
    body = {
        "external_id": "case-watched",
        "freelancer": {
            "legal_name": "Goran",
            "email": "g@example.com",
            "country": "BA",
            "city": "Sarajevo",
            "locale": "en",
            "time_zone": "Europe/Sarajevo",
        },
        "claims": {"skills": ["Go"], "languages": ["en"]},
    }
    answers = [await house.api("/api/v1/verifications", body, "join token", Idempotency_Key="once") for _ in range(2)]
    assert [answer.status for answer in answers] == [201, 201] and answers[0].json == answers[1].json
    await house.api(f"/api/v1/verifications/{answers[0].json['id']}")
    return house.learn("join token", token_of(answers[0].json["join_url"]))


async def joined(house: Watched, token: str) -> Browser:
    """The freelancer up to the waiting room."""
    first, browser = house.browser(), house.browser()
    for number, one in enumerate((first, browser)):
        state = await house.post(one, "/join/exchange", {"token": token}, f"case token {number}")
        house.learn(f"case token {number}", token_of(state.json["case_url"]))
        house.learn(f"join cookie {number}", one.cookies["__Host-vi_join"])
        await house.get(one, "/join/state", f"case token {number}")
    assert (await house.get(first, "/join/state")).status == 401
    await house.post(browser, "/join/consent", {"interview": True, "recording": False}, "case token 1")
    ticket = await house.post(browser, "/join/ticket", {}, "ticket")
    first_frame = {"type": "ticket", "ticket": house.learn("ticket", ticket.json["ticket"]), "last_sequence": 0}
    for expected in ("welcome", "error"):
        async with house.session.ws_connect("/ws", headers={"Origin": house.server.origin}) as ws:
            await ws.send_json(first_frame)
            message = await ws.receive_json()
            assert message["type"] == expected
            await ws.send_str('{"type": "chat", "text": "' + CHOSEN)
            house.answers.append(("/ws", json.dumps(message), frozenset()))
    await house.post(browser, "/join/check/start")
    return browser


async def read(house: Watched, freelancer: Browser) -> None:
    """The case page."""
    reader = house.browser()
    await house.post(reader, "/case/exchange", {"token": house.secrets["case token 1"]})
    house.learn("case cookie", reader.cookies["__Host-vi_case"])
    for path in ("/case", "/case/state"):
        assert (await house.get(reader, path)).status == 200


async def worked(house: Watched) -> None:
    """Staff by one-use links, and a password that is wrong."""
    for role in ("interviewer", "reviewer"):
        link = house.learn(f"{role}'s link", token_of(await house.server.staff_link(role)))
        browser = house.browser()
        assert (await house.post(browser, "/staff/link", {"token": link})).status == 200
        assert (await house.post(house.browser(), "/staff/link", {"token": link})).status == 410
        house.learn(f"{role}'s cookie", browser.cookies["__Host-vi_staff"])
        for path in ("/staff", "/staff/queue", "/staff/queue.json", "/staff/reviews", "/staff/check"):
            await house.get(browser, path)
        await house.post(browser, "/staff/take")
        await house.post(browser, "/staff/sign-out")
    await house.post(house.browser(), "/staff/sign-in", {"email": "p1@example.com", "password": PASSWORD})


async def integrated(house: Watched) -> None:
    """Endpoints, their secrets, a test event, and what the platform reads."""
    made = await house.api("/api/v1/webhook-endpoints", {"url": "http://127.0.0.1:9/"}, "second webhook secret")
    house.learn("second webhook secret", made.json["secret"])
    path = f"/api/v1/webhook-endpoints/{made.json['id']}"
    rotated = await house.api(f"{path}/rotate-secret", {}, "rotated webhook secret")
    house.learn("rotated webhook secret", rotated.json["secret"])
    for one in (path, "/api/v1/webhook-endpoints", "/api/v1/events", "/api/v1/deliveries", "/api/v1/verifications"):
        assert (await house.api(one)).status == 200
    await house.server.receiver.wait_for("verification.created")


# ---------------------------------------------------------------- and what they should not


async def mistaken(house: Watched, freelancer: Browser) -> None:
    """Every secret where it does not belong."""
    host, port = urlsplit(house.server.origin).netloc.split(":")
    wire = Wire(host, int(port))
    for secret in list(house.secrets.values()):
        plain = re.sub(r"[^\w.~-]", "", secret)
        await house.get(freelancer, f"/join?token={plain}", Referer=f"{house.server.origin}/join?t={plain}")
        await house.get(freelancer, f"/join/{plain}")
        await house.get(freelancer, f"/static/{plain}.css")
        await house.get(freelancer, f"/api/v1/verifications/{plain}", Authorization=f"Bearer {plain}")
        await house.get(freelancer, "/api/v1/events", Authorization=f"Basic {plain}")
        await house.post(freelancer, "/join/exchange", {"token": plain, "more": plain})
        await house.post(freelancer, "/staff/sign-in", {"email": plain, "password": secret})
        await house.api("/api/v1/verifications", {"external_id": plain, "freelancer": secret})
        await house.api(f"/api/v1/verifications?limit={plain}", None)
        for line in (f"Cookie {plain}", f"Cookie: __Host-vi_join={plain}\0", f"Expect: {plain}", f"X-{plain} : 1"):
            answer = await wire.get("/join/state", line)
            house.answers.append((line[:8], answer.body.decode() + str(answer.headers), frozenset()))


async def broken(house: Watched, freelancer: Browser, database: Path) -> None:
    """Our own fault, in the middle of handling secrets: a table is gone."""
    for table, knock in (
        ("sessions", lambda: house.get(freelancer, "/join/state")),
        ("links", lambda: house.post(house.browser(), "/join/exchange", {"token": house.secrets["join token"]})),
        ("endpoints", lambda: house.api("/api/v1/webhook-endpoints", {"url": f"https://example.org/{CHOSEN[:20]}"})),
        ("api_keys", lambda: house.api("/api/v1/events")),
    ):
        with closing(sqlite3.connect(database, isolation_level=None)) as connection:
            connection.execute("PRAGMA legacy_alter_table=ON")
            connection.execute(f"ALTER TABLE {table} RENAME TO away")
            assert (await knock()).status == 500, table
            connection.execute(f"ALTER TABLE away RENAME TO {table}")
