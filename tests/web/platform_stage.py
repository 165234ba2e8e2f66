"""The whole web application over the in-memory units, and a platform's program that talks to it."""

from __future__ import annotations

from pathlib import Path
from typing import Any, cast

from aiohttp import ClientResponse
from aiohttp.test_utils import TestClient, TestServer

from tests.fakes import FakeUnits, ManualClock, RecordingBus, SeededEntropy
from tests.fakes.keeping import ErasedFiles
from verifier.core.access import ApiKey, Scope, fingerprint
from verifier.core.model import KeyId
from verifier.core.policy import PolicyBook
from verifier.service.platform import Platform, PlatformSettings
from verifier.service.redacting import Redacting
from verifier.web.application import build
from verifier.web.keys import Services, WebSettings

ROOT = Path(__file__).parents[2]
LIVE, TEST = "vi_live_" + "a" * 43, "vi_test_" + "b" * 43
FREELANCER = {
    "legal_name": "Ana Anić",
    "email": "ana@example.org",
    "country": "BA",
    "city": "Sarajevo",
    "locale": "bs",
    "time_zone": "Europe/Sarajevo",
}
ASKED = {"external_id": "case-1", "freelancer": FREELANCER, "claims": {"skills": ["Go"], "languages": ["en", "bs"]}}


class Stage:
    """Use as ``async with Stage() as stage``."""

    def __init__(self) -> None:
        self.units = FakeUnits()
        self.clock = ManualClock()
        self.entropy = SeededEntropy()
        self.woken = 0
        settings = PlatformSettings("https://verifier.example")
        self.erased_files = ErasedFiles()
        redacting = Redacting(self.units, self.clock, self.entropy, PolicyBook(), self.erased_files, self._wake)
        self.platform = Platform(self.units, self.clock, self.entropy, settings, redacting, self._wake)
        nobody = cast(Any, None)
        services = Services(
            **{name: nobody for name in Services.__dataclass_fields__ if name not in {"readiness", "gauges"}}
            | {
                "platform": self.platform,
                "clock": self.clock,
                "entropy": self.entropy,
                "bus": RecordingBus(),
                "readiness": nobody,
            }
        )
        web_settings = WebSettings(
            public_url="https://verifier.example",
            static_dir=ROOT / "static",
            templates_dir=ROOT / "templates",
            idempotency_keys=(bytes(range(32)),),
            max_body_bytes=64 * 1024,
        )
        self.client = TestClient(TestServer(build(services, web_settings)))

    async def __aenter__(self) -> Stage:
        await self.client.start_server()
        await self.key(LIVE, frozenset(Scope))
        await self.key(TEST, frozenset(Scope))
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.client.close()

    async def key(self, secret: str, scopes: frozenset[Scope], revoked_ms: int | None = None) -> None:
        test = secret.startswith("vi_test_")
        key = ApiKey(
            KeyId(self.entropy.new_id("key")), "key", secret[:12], fingerprint(secret), test, scopes, 0, revoked_ms
        )
        async with self.units() as unit:
            await unit.api_keys.add(key)

    async def call(
        self,
        method: str,
        path: str,
        body: object = None,
        *,
        key: str | None = LIVE,
        headers: dict[str, str] | None = None,
    ) -> ClientResponse:
        sent = dict(headers or {})
        if key is not None:
            sent["Authorization"] = f"Bearer {key}"
        if isinstance(body, bytes):
            sent.setdefault("Content-Type", "application/json")
            return await self.client.request(method, "/api/v1" + path, data=body, headers=sent)
        return await self.client.request(method, "/api/v1" + path, json=body, headers=sent)

    async def json(self, method: str, path: str, body: object = None, *, key: str = LIVE, status: int = 200) -> Any:
        """The answer's JSON, when it has this status."""
        response = await self.call(method, path, body, key=key)
        text = await response.text()
        assert response.status == status, text
        return await response.json(content_type=None)

    async def created(self, external_id: str = "case-1", key: str = LIVE) -> Any:
        return await self.json("POST", "/verifications", {**ASKED, "external_id": external_id}, key=key, status=201)

    def _wake(self) -> None:
        self.woken += 1
