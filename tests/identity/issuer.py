"""An identity provider that lies on demand: whatever a test changes is what it answers."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web
from aiohttp.test_utils import TestServer
from joserfc import jws, jwt
from joserfc.jwk import ECKey, OctKey, OKPKey, RSAKey
from yarl import URL

from tests.fakes import ManualClock

CLIENT_ID, CLIENT_SECRET = "verifier of tests", "a secret with / and : and %"
REDIRECT = "https://verify.example.org/staff/oidc/callback"
RSA = RSAKey.generate_key(2048, {"kid": "rsa", "use": "sig"})
OTHER = RSAKey.generate_key(2048, {"kid": "other", "use": "sig"})
KEYS: dict[str, Any] = {
    "RS256": RSA,
    "PS256": RSA,
    "ES256": ECKey.generate_key("P-256", {"kid": "ec", "use": "sig"}),
    "Ed25519": OKPKey.generate_key("Ed25519", {"kid": "okp", "use": "sig"}),
}
ACCESS_TOKEN = "an access token"


def half_hash(value: str, digest: str = "sha256") -> str:
    """``at_hash`` of a token."""
    hashed = hashlib.new(digest, value.encode()).digest()
    return base64.urlsafe_b64encode(hashed[: len(hashed) // 2]).decode().rstrip("=")


def unsigned(claims: dict[str, Any], header: dict[str, Any]) -> str:
    """A token with this header and no signature."""
    parts = [jws_part(header), jws_part(claims), ""]
    return ".".join(parts)


def signed_with(secret: str, claims: dict[str, Any], header: dict[str, Any]) -> str:
    """A token with an HMAC that this text makes, as an attacker would without any library's scruples."""
    signed = f"{jws_part(header)}.{jws_part(claims)}"
    signature = hmac.new(secret.encode(), signed.encode(), hashlib.sha256).digest()
    return f"{signed}.{base64.urlsafe_b64encode(signature).decode().rstrip('=')}"


def jws_part(value: dict[str, Any]) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")


@dataclass
class Issuer:
    """A running provider; change its fields to make it lie."""

    clock: ManualClock
    url: str = ""
    document: dict[str, Any] = field(default_factory=dict)
    """Changes of the discovery document; None removes a member."""
    claims: dict[str, Any] = field(default_factory=dict)
    """Changes of the ID token's claims; None removes one."""
    userinfo: dict[str, Any] = field(default_factory=dict)
    algorithm: str = "RS256"
    key: Any = None
    """Signs instead of the key of the algorithm."""
    header: dict[str, Any] = field(default_factory=dict)
    forged: Callable[[dict[str, Any]], str] | None = None
    """Makes the whole token by itself."""
    token_answer: dict[str, Any] | None = None
    status: int = 200
    codes: dict[str, dict[str, str]] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    forms: list[dict[str, str]] = field(default_factory=list)
    authorizations: list[str] = field(default_factory=list)
    published: list[Any] = field(default_factory=lambda: [RSA, KEYS["ES256"], KEYS["Ed25519"]])

    def code_for(self, address: str) -> str:
        """What a person who signs in there brings back: the code, bound to the address's nonce and challenge."""
        query = dict(URL(address).query)
        code = f"code-{len(self.codes)}"
        self.codes[code] = query
        return code

    def _say(self, name: str) -> None:
        self.asked.append(name)

    async def describe(self, _: web.Request) -> web.Response:
        self._say("document")
        said = {
            "issuer": self.url,
            "authorization_endpoint": f"{self.url}/authorize",
            "token_endpoint": f"{self.url}/token",
            "jwks_uri": f"{self.url}/keys",
            "userinfo_endpoint": f"{self.url}/userinfo",
            "id_token_signing_alg_values_supported": ["none", "HS256", *KEYS],
        } | self.document
        return web.json_response({name: value for name, value in said.items() if value is not None})

    async def keys(self, _: web.Request) -> web.Response:
        self._say("keys")
        return web.json_response({"keys": [key.as_dict(private=False) for key in self.published]})

    async def token(self, request: web.Request) -> web.Response:
        self._say("token")
        form = {name: str(value) for name, value in (await request.post()).items()}
        self.forms.append(form)
        self.authorizations.append(request.headers.get("Authorization", ""))
        began = self.codes.pop(form.get("code", ""), None)
        proof = hashlib.sha256(form.get("code_verifier", "").encode()).digest()
        challenge = base64.urlsafe_b64encode(proof).decode().rstrip("=")
        if began is None or began["code_challenge"] != challenge or began["redirect_uri"] != form.get("redirect_uri"):
            return web.json_response({"error": "invalid_grant"}, status=400)
        answer = {"access_token": ACCESS_TOKEN, "token_type": "Bearer", "id_token": self.id_token(began["nonce"])}
        return web.json_response(self.token_answer or answer, status=self.status)

    async def about(self, request: web.Request) -> web.Response:
        self._say("userinfo")
        assert request.headers["Authorization"] == f"Bearer {ACCESS_TOKEN}"
        return web.json_response({"sub": "subject-1", **self.userinfo})

    def id_token(self, nonce: str) -> str:
        """The signed token."""
        now_s = self.clock.now_ms() // 1_000
        claims = {
            "iss": self.url,
            "sub": "subject-1",
            "aud": CLIENT_ID,
            "exp": now_s + 300,
            "iat": now_s,
            "nonce": nonce,
            "email": "per_anna@example.org",
            "email_verified": True,
        } | self.claims
        claims = {name: value for name, value in claims.items() if value is not None}
        if self.forged is not None:
            return self.forged(claims)
        key = self.key or KEYS[self.algorithm]
        header = {"alg": self.algorithm, "kid": key.kid} | self.header
        header = {name: value for name, value in header.items() if value is not None}
        registry = jws.JWSRegistry(algorithms=[self.algorithm])
        return jwt.encode(header, claims, key, registry=registry)


@asynccontextmanager
async def running(clock: ManualClock) -> AsyncIterator[Issuer]:
    """The provider on a loopback port."""
    issuer = Issuer(clock)
    app = web.Application()
    app.router.add_get("/.well-known/openid-configuration", issuer.describe)
    app.router.add_get("/keys", issuer.keys)
    app.router.add_post("/token", issuer.token)
    app.router.add_get("/userinfo", issuer.about)
    async with TestServer(app) as server:
        issuer.url = str(server.make_url("")).rstrip("/")
        yield issuer


def hmac_key(secret: str) -> OctKey:
    """A key of the HMAC family."""
    return OctKey.import_key(secret.encode().ljust(32, b"."))
