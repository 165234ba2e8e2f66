"""The real application over fakes, and browsers that keep cookies as the standard says."""

from __future__ import annotations

import base64
import hashlib
import io
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field, replace
from http.cookies import SimpleCookie
from pathlib import Path
from typing import Any, cast

from aiohttp import DummyCookieJar
from aiohttp.test_utils import TestClient
from argon2 import PasswordHasher

from tests.contract.examples import CALL, person, recording, run, still, verification
from tests.fakes import FakeUnits, ManualClock, RecordingBus, SeededEntropy
from tests.fakes.evidence import JPEG_BYTES, FakeDecoder, FakeEvidence
from tests.fakes.keeping import ErasedFiles
from tests.service.loopback import LoopbackMedia
from verifier.app.keys import make_key
from verifier.core.access import Audience, Link, fingerprint
from verifier.core.evidence import Still
from verifier.core.model import (
    DeviceCheck,
    InterviewId,
    ItemRun,
    Person,
    RunId,
    StaffRole,
    Training,
    Verification,
    VerificationStatus,
)
from verifier.core.policy import SHIPPED, PolicyBook
from verifier.core.recording import Recording
from verifier.service.accounts import AccountPorts, accounts
from verifier.service.calls import Calls
from verifier.service.checking import Checking
from verifier.service.conflicts import Conflicts
from verifier.service.data_keys import data_key
from verifier.service.deciding import Deciding
from verifier.service.joining import Joining
from verifier.service.linking import Linking
from verifier.service.platform import Platform, PlatformSettings
from verifier.service.playing import Playing
from verifier.service.recording import piece
from verifier.service.recording_decisions import Recorder
from verifier.service.redacting import Redacting
from verifier.service.redress import redress
from verifier.service.relaying import Relaying
from verifier.service.review_desk import review_desk
from verifier.service.reviewing import Reviewing
from verifier.service.showing import Showing
from verifier.service.staff import Staff
from verifier.service.stills import Stills
from verifier.service.taking import Taking
from verifier.service.telling import Telling
from verifier.web.application import build
from verifier.web.keys import Services, WebSettings
from verifier.web.security import COOKIES

ROOT = Path(__file__).parents[2]
ORIGIN = "https://verify.example.org"
PASSWORD = "correct horse battery"
CHEAP = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
TRAINED_MS = 365 * 86_400_000


@dataclass
class Answer:
    """What came back."""

    status: int
    headers: Mapping[str, str]
    text: str
    json: Any = None
    cookies: Mapping[str, Any] = field(default_factory=dict)
    content: bytes = b""


class Browser:
    """One browser with its own cookies; posts as our pages do."""

    def __init__(self, client: TestClient[Any, Any]) -> None:
        self._client = client
        self.cookies: dict[str, str] = {}

    async def get(self, path: str, accept: str = "text/html", **headers: str) -> Answer:
        return await self._send("GET", path, {"Accept": accept, **_names(headers)}, None)

    async def post(self, path: str, body: Any = None, **headers: str) -> Answer:
        sent = {"Origin": ORIGIN, "X-Verifier": "1", "Accept": "application/json", **_names(headers)}
        return await self._send("POST", path, {name: value for name, value in sent.items() if value}, body or {})

    async def post_raw(self, path: str, data: bytes, content_type: str = "application/json") -> Answer:
        headers = {"Origin": ORIGIN, "X-Verifier": "1", "Content-Type": content_type}
        return await self._send("POST", path, headers, data)

    async def put(self, path: str, data: bytes | AsyncIterator[bytes], **headers: str) -> Answer:
        """Upload a JPEG, in parts of unknown number when it is an iterator; an empty header is left out."""
        digest = base64.b64encode(hashlib.sha256(data if isinstance(data, bytes) else b"").digest()).decode()
        sent = {"Origin": ORIGIN, "X-Verifier": "1", "Content-Type": "image/jpeg"}
        sent |= {"Content-Digest": f"sha-256=:{digest}:", **_names(headers)}
        body = io.BytesIO(data) if isinstance(data, bytes) else data
        return await self._send("PUT", path, {name: value for name, value in sent.items() if value}, body)

    async def _send(self, method: str, path: str, headers: Mapping[str, str], body: Any) -> Answer:
        cookie = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        sent = {**headers, **({"Cookie": cookie} if cookie else {})}
        raw = method == "PUT" or isinstance(body, bytes)
        payload = {"data": body} if raw else {"json": body} if method == "POST" else {}
        async with self._client.request(method, path, headers=sent, allow_redirects=False, **payload) as response:
            content = await response.read()
            text = content.decode(errors="replace")
            json = await response.json() if response.content_type.endswith("json") else None
            set_ = SimpleCookie()
            for line in response.headers.getall("Set-Cookie", []):
                set_.load(line)
            for name, morsel in set_.items():
                if morsel["max-age"] == "0" or not morsel.value:
                    self.cookies.pop(name, None)
                else:
                    self.cookies[name] = morsel.value
            return Answer(response.status, response.headers, text, json, set_, content)


def _names(headers: Mapping[str, str]) -> dict[str, str]:
    return {name.replace("_", "-"): value for name, value in headers.items()}


@dataclass
class House:
    """The application with everything a test looks at from behind."""

    client: TestClient[Any, Any]
    units: FakeUnits
    clock: ManualClock
    entropy: SeededEntropy
    bus: RecordingBus
    calls: Calls
    media: LoopbackMedia
    services: Services
    ready: dict[str, bool]
    evidence: FakeEvidence

    def browser(self) -> Browser:
        """A new browser."""
        return Browser(self.client)

    def joining(self, *link_keys: bytes) -> Joining:
        """The freelancer's doors as a process with other master keys has them."""
        deciding = Deciding(
            self.units, self.clock, PolicyBook(), Recorder(self.clock, self.entropy, PolicyBook(), f"{ORIGIN}/case")
        )
        return Joining(self.units, self.clock, self.entropy, self.bus, deciding, PolicyBook(), ORIGIN, link_keys)

    async def case(self, token: str = "join-token-of-the-case", **changes: Any) -> Verification:
        """A case that waits for its freelancer, with a join link."""
        made = verification(**({"status": VerificationStatus.AWAITING_FREELANCER} | changes))
        async with self.units() as unit:
            await unit.verifications.add(made)
            await unit.links.add(Link(fingerprint(token), Audience.FREELANCER, self.clock.now_ms(), None, made.id))
        return made

    async def still(self, id_: str = "sti_1", call: str = CALL, content: bytes = JPEG_BYTES) -> Still:
        """A kept still of a call that is stored, with its pictures."""
        made = still(id_, interview_id=InterviewId(call), run_id=RunId(f"run_{id_}"))
        async with self.units() as unit:
            await unit.runs.add(run(made.run_id, interview_id=call))
        return await self._kept(made, content, b"small " + content)

    async def photograph(self, id_: str, asked: ItemRun, at_ms: int, *problems: str) -> Still:
        """A kept still of the specimen document, taken in a stored asking."""
        made = replace(
            still(id_, interview_id=asked.interview_id, run_id=asked.id),
            item_key=asked.item_key,
            at_ms=at_ms,
            usable=not problems,
            problems=problems,
        )
        picture = (ROOT / "verifier/demo/assets/document.jpg").read_bytes()
        return await self._kept(made, picture, picture)

    async def recording(
        self, id_: str, interview_id: str, content: bytes = b"\x1a\x45\xdf\xa3 a film", **other: Any
    ) -> Recording:
        """A recording that is kept, of a call whose freelancer agreed to it."""
        about = {"sha256": hashlib.sha256(content).hexdigest(), "size_bytes": len(content), **other}
        made = recording(id_, interview_id=interview_id, **about)
        async with self.units() as unit:
            await unit.recordings.add(made)
        key = await data_key(self.units, self.clock, self.evidence, made.interview_id)
        await self.evidence.write(made.interview_id, piece(made.leg), key, content)
        return made

    async def _kept(self, made: Still, content: bytes, preview: bytes) -> Still:
        async with self.units() as unit:
            await unit.stills.add(made)
        key = await data_key(self.units, self.clock, self.evidence, made.interview_id)
        await self.evidence.write(made.interview_id, made.id, key, content)
        await self.evidence.write(
            made.interview_id, f"{made.id}_preview", key, content if content != JPEG_BYTES else b"small " + content
        )
        return made

    async def freelancer(self, token: str = "join-token-of-the-case", consented: bool = True) -> Browser:
        """A browser with the join session of that link."""
        browser = self.browser()
        assert (await browser.post("/join/exchange", {"token": token})).status == 200
        if consented:
            assert (await browser.post("/join/consent", {"interview": True, "recording": False})).status == 200
        return browser

    async def api_key(self) -> str:
        """The secret of a new live key."""
        key, secret = make_key("shop", self.clock.now_ms(), self.entropy, test=False)
        async with self.units() as unit:
            await unit.api_keys.add(key)
        return secret

    async def staff(self, name: str = "per_anna", *roles: StaffRole, checked: bool = False) -> tuple[Browser, Person]:
        """A new staff member's signed-in browser; interviewer and reviewer unless roles are named."""
        somebody, now_ms = person(name, **({"roles": frozenset(roles)} if roles else {})), self.clock.now_ms()
        async with self.units() as unit:
            await unit.people.add(somebody, None)
            for role in sorted(somebody.roles):
                await unit.trainings.add(Training(somebody.id, role, now_ms, now_ms + TRAINED_MS))
            if checked:
                await unit.device_checks.add(DeviceCheck(now_ms, True, {"words": "good"}, somebody.id))
        return await self.signed_in(somebody), somebody

    async def signed_in(self, somebody: Person) -> Browser:
        """The browser of somebody who works here already."""
        browser = self.browser()
        await self.sign_in(browser, somebody)
        return browser

    async def sign_in(self, browser: Browser, somebody: Person) -> str:
        """Give the browser a session that may act; its hash. The doors themselves are tried in test_signing_in."""
        async with self.units() as unit:
            signing_in = self.services.accounts.signing_in
            session = await signing_in.begin(unit, somebody, None, second_factor_ms=self.clock.now_ms())
        browser.cookies[COOKIES[Audience.STAFF]] = session.secret
        return fingerprint(session.secret)


async def open_house(
    aiohttp_client: Any,
    *,
    demo: bool = False,
    clock: ManualClock | None = None,
    by: Mapping[str, Any] | None = None,
    **changes: Any,
) -> House:
    """The house; ``changes`` are settings, ``by`` the identity provider and its role map."""
    units, clock, entropy, bus, calls = FakeUnits(), clock or ManualClock(), SeededEntropy(), RecordingBus(), Calls()
    origin = str(changes.get("public_url", ORIGIN))
    media, evidence = LoopbackMedia(clock), FakeEvidence()
    ready = {"database": True, "migrations": True}
    recorder = Recorder(clock, entropy, PolicyBook(), f"{ORIGIN}/case")
    deciding = Deciding(units, clock, PolicyBook(), recorder)

    redacting = Redacting(units, clock, entropy, PolicyBook(), ErasedFiles())

    async def readiness() -> Mapping[str, bool]:
        if not ready:
            raise ConnectionError("the database cannot be opened")
        return ready

    bare = WebSettings(ORIGIN, ROOT / "static", ROOT / "templates", (b"i" * 32,))
    settings = replace(bare, **changes)
    services = Services(
        platform=Platform(units, clock, entropy, PlatformSettings(ORIGIN), redacting),
        joining=Joining(units, clock, entropy, bus, deciding, PolicyBook(), origin, (b"k" * 32,)),
        linking=Linking(units, clock, entropy, bus, origin),
        accounts=accounts(
            AccountPorts(
                units, clock, entropy, bus, calls, (b"d" * 32,), hasher=CHEAP, second_factor=not demo, **(by or {})
            )
        ),
        staff=Staff(units, clock, entropy, calls, SHIPPED),
        conflicts=Conflicts(units, clock, calls, cast(Any, None)),
        checking=Checking(units, clock, entropy, media, SHIPPED),
        relaying=Relaying(calls, entropy, lambda who: settings.ice.access(who, clock.now_ms())),
        taking=Taking(units, clock, entropy, bus, calls, SHIPPED),
        stills=Stills(units, clock, entropy, calls, Telling(bus), evidence, FakeDecoder(), PolicyBook()),
        showing=Showing(units, clock, evidence),
        playing=Playing(units, clock, evidence),
        interviewing=cast(Any, None),
        measuring=cast(Any, None),
        deciding=deciding,
        reviewing=Reviewing(units, clock, PolicyBook()),
        redress=redress(units, clock, entropy, PolicyBook(), recorder),
        review=review_desk(units, clock, entropy, PolicyBook(), recorder, lambda: None),
        bus=bus,
        clock=clock,
        entropy=entropy,
        readiness=readiness,
        gauges={"verifier_open_checks": lambda: 2.0},
    )
    app = build(services, settings)
    client = await aiohttp_client(app, cookie_jar=DummyCookieJar())
    return House(client, units, clock, entropy, bus, calls, media, services, ready, evidence)
