"""The real server as its own process, driven by its own commands, API and webhooks, as an operator and a platform do.

async with serving(tmp_path, network=network) as server:
    case = await server.create_verification()
    link = await server.staff_link("interviewer")
"""

from __future__ import annotations

import asyncio
import datetime
import json
import os
import socket
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp
from aiohttp import web
from standardwebhooks import Webhook

from bench.rig.network import Network
from bench.rig.tls import self_signed

ROOT = Path(__file__).resolve().parents[2]
START_TIMEOUT_S = 40.0
_FIRST_IN_LINE = ("nice", "-n", "-10") if os.geteuid() == 0 else ()
"""Two browsers and the server share the cores of one test machine; in production the server has its own. Where it is
allowed, the server goes first, so that its event loop does not wait for the browsers' encoders."""


@dataclass
class Receiver:
    """A platform's webhook receiver: keeps every event whose signature the standardwebhooks library accepts."""

    url: str = ""
    secret: str = ""
    refuse_first: int = 0
    """Answer 500 to this many requests first."""
    events: list[dict[str, Any]] = field(default_factory=list)
    attempts: int = 0
    _arrived: asyncio.Condition = field(default_factory=asyncio.Condition)

    async def take(self, request: web.Request) -> web.Response:
        """One delivery."""
        body = await request.text()
        self.attempts += 1
        if self.attempts <= self.refuse_first:
            return web.Response(status=500, text="not now")
        event = Webhook(self.secret).verify(body, dict(request.headers))
        async with self._arrived:
            self.events.append(event)
            self._arrived.notify_all()
        return web.Response(status=204)

    async def wait_for(self, type_: str, timeout_s: float = 60.0, number: int = 1) -> dict[str, Any]:
        """The first event of a type, or a later one by its ``number``, now or later."""

        async def found() -> dict[str, Any]:
            async with self._arrived:
                while True:
                    those = [event for event in self.events if event["type"] == type_]
                    if len(those) >= number:
                        return those[number - 1]
                    await self._arrived.wait()

        return await asyncio.wait_for(found(), timeout_s)

    def types(self) -> list[str]:
        """Event types in the order they came."""
        return [event["type"] for event in self.events]


@dataclass
class Server:
    """A running server."""

    origin: str
    environment: dict[str, str]
    api_key: str
    session: aiohttp.ClientSession
    process: asyncio.subprocess.Process
    log: Path
    receiver: Receiver
    people: int = 0

    async def api(self, method: str, path: str, body: object = None, status: int | None = None) -> Any:
        """One call of the platform's API; the parsed answer."""
        headers = {"Authorization": f"Bearer {self.api_key}"}
        if method == "POST":
            headers["Idempotency-Key"] = os.urandom(8).hex()
        async with self.session.request(method, f"{self.origin}/api/v1{path}", json=body, headers=headers) as answer:
            text = await answer.text()
            assert answer.status == (status or answer.status) and (status or answer.status < 400), text
            return json.loads(text) if text else None

    async def create_verification(self, external_id: str = "", **changes: Any) -> dict[str, Any]:
        """A new case with the claims of the story's developer; the API's answer with ``join_url``."""
        freelancer = {
            "legal_name": "Goran Petrović",
            "email": "goran@example.com",
            "country": "BA",
            "city": "Sarajevo",
            "locale": "en",
            "time_zone": "Europe/Sarajevo",
        }
        body = {
            "external_id": external_id or f"case-{os.urandom(4).hex()}",
            "freelancer": {**freelancer, **changes},
            "claims": {"skills": ["Go"], "languages": ["en"]},
        }
        created: dict[str, Any] = await self.api("POST", "/verifications", body, status=201)
        return created

    async def staff_link(self, *roles: str, name: str = "") -> str:
        """A one-use sign-in link of a new staff member, made by the operator's command."""
        self.people += 1
        name = name or f"{roles[0]} {self.people}"
        words = ["user", "add", "--name", name, "--email", f"p{self.people}@example.com", "--pseudonym", name.title()]
        return await self.command(*words, *(word for role in roles for word in ("--role", role)))

    async def command(self, *words: str, status: int = 0) -> str:
        """Run ``verifier …`` on the server's data; the last line it printed."""
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "verifier", *words, env=self.environment, cwd=ROOT, stdout=asyncio.subprocess.PIPE
        )
        out, _ = await process.communicate()
        assert process.returncode == status, out.decode()
        lines = out.decode().strip().splitlines()
        return lines[-1] if lines else ""

    async def kill(self) -> None:
        """kill -9."""
        self.process.kill()
        await self.process.wait()


@asynccontextmanager
async def serving(folder: Path, network: Network | None = None, **settings: str) -> AsyncIterator[Server]:
    """A migrated, running server with a key and a registered webhook endpoint; stopped at the end of the block.

    ``settings`` are further ones by their names in the environment, without the prefix.
    """
    environment, origin = _environment(folder, network)
    environment |= {f"VERIFIER_{name}": value for name, value in settings.items()}
    receiver = Receiver()
    async with _receiving(receiver):
        await _run(environment, "db", "upgrade")
        key = await _run(environment, "key", "add", "--name", "journey")
        log = folder / "server.log"
        async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(ssl=False)) as session:
            process = await start(environment, log)
            server = Server(origin, environment, key, session, process, log, receiver)
            try:
                await _until_ready(server)
                made = await server.api("POST", "/webhook-endpoints", {"url": receiver.url}, status=201)
                receiver.secret = made["secret"]
                yield server
            finally:
                if server.process.returncode is None:
                    server.process.terminate()
                    await asyncio.wait_for(server.process.wait(), 20)


async def start(environment: dict[str, str], log: Path) -> asyncio.subprocess.Process:
    """Start (or start again) the server process; its log goes to a file."""
    with log.open("ab") as out:
        return await asyncio.create_subprocess_exec(
            *_FIRST_IN_LINE,
            sys.executable,
            "-m",
            "verifier",
            "serve",
            env=environment,
            cwd=ROOT,
            stdout=out,
            stderr=out,
        )


def _environment(folder: Path, network: Network | None) -> tuple[dict[str, str], str]:
    port = _free_port()
    environment = {name: value for name, value in os.environ.items() if not name.startswith("VERIFIER_")}
    environment |= {
        "VERIFIER_DATA_DIR": str(folder / "var"),
        "VERIFIER_PORT": str(port),
        "VERIFIER_WEBHOOK_PRIVATE_ADDRESSES": "true",
    }
    if network is None or network.kind == "proxy":
        return environment, f"http://localhost:{port}"
    address = network.server_address
    certificate, key = self_signed(address, folder, now=datetime.datetime.now(datetime.UTC))
    origin = f"https://{address}:{port}"
    environment |= {
        "VERIFIER_HOST": "0.0.0.0",
        "VERIFIER_PUBLIC_URL": origin,
        "VERIFIER_TLS_CERT": str(certificate),
        "VERIFIER_TLS_KEY": str(key),
    }
    return environment, origin


async def _run(environment: dict[str, str], *words: str) -> str:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "verifier", *words, env=environment, cwd=ROOT, stdout=asyncio.subprocess.PIPE
    )
    out, _ = await process.communicate()
    assert process.returncode == 0, out.decode()
    return out.decode().strip().splitlines()[-1] if out.strip() else ""


async def _until_ready(server: Server) -> None:
    async def ready() -> None:
        while True:
            assert server.process.returncode is None, server.log.read_text()
            try:
                async with server.session.get(f"{server.origin}/readyz") as answer:
                    if answer.status == 200:
                        return
            except aiohttp.ClientConnectionError:
                pass
            await asyncio.sleep(0.1)

    await asyncio.wait_for(ready(), START_TIMEOUT_S)


@asynccontextmanager
async def _receiving(receiver: Receiver) -> AsyncIterator[None]:
    app = web.Application()
    app.router.add_post("/hook", receiver.take)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    port = runner.addresses[0][1]
    receiver.url = f"http://127.0.0.1:{port}/hook"
    try:
        yield
    finally:
        await runner.cleanup()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
