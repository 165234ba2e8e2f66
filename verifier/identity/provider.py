"""The provider over HTTP: its document, its keys, a code against a token. One rule: to the issuer's own addresses only.

The document is asked for once an hour, the keys too, and once more (at most every minute) for a key that is not known.
No redirect is followed, no proxy of the environment used, and no answer read beyond a limit. Called by
service/federating through ports/identity; built by app.
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Self
from urllib.parse import quote

import aiohttp
from joserfc.errors import JoseError
from joserfc.jwk import KeySet
from yarl import URL

from verifier.core.identity import Expected, Identity, Refusal, identity, require
from verifier.errors import IdentityRefused
from verifier.identity import tokens
from verifier.ports import Clock
from verifier.ports.identity import Departure

FRESH_MS = 3_600_000
"""How long the document and the keys are taken as read."""
AGAIN_MS = 60_000
"""How soon an unknown key may make us ask for the keys once more."""
TIMEOUT_S = 10.0
MOST_BYTES = 256 * 1024
_LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})


@dataclass(frozen=True, slots=True)
class ProviderSettings:
    """Who we are to the provider."""

    issuer: str
    client_id: str
    client_secret: str
    """Empty for a client that has none and relies on PKCE."""
    redirect_uri: str
    scopes: tuple[str, ...] = ("openid", "email", "profile")
    acr: tuple[str, ...] = ()
    amr: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Document:
    """What the provider says about itself (OpenID Connect Discovery 1.0), checked."""

    authorization_endpoint: str
    token_endpoint: str
    jwks_uri: str
    userinfo_endpoint: str | None
    names_itself: bool
    secret_in_body: bool


class OidcProvider:
    """Implements ports.identity.IdentityProvider. Use as ``async with OidcProvider(…) as provider``."""

    def __init__(self, settings: ProviderSettings, clock: Clock) -> None:
        self._settings = settings
        self._clock = clock
        self._http: aiohttp.ClientSession | None = None
        self._asking = asyncio.Lock()
        self._document: tuple[int, _Document] | None = None
        self._keys: tuple[int, KeySet] | None = None

    async def __aenter__(self) -> Self:
        timeout = aiohttp.ClientTimeout(total=TIMEOUT_S)
        self._http = aiohttp.ClientSession(timeout=timeout, trust_env=False, cookie_jar=aiohttp.DummyCookieJar())
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._http is not None:
            await self._http.close()

    async def address(self, departure: Departure) -> str:
        """Where the browser goes, with state, nonce and the S256 challenge."""
        document = await self._described()
        query = {
            "response_type": "code",
            "client_id": self._settings.client_id,
            "redirect_uri": self._settings.redirect_uri,
            "scope": " ".join(self._settings.scopes),
            "state": departure.state,
            "nonce": departure.nonce,
            "code_challenge": _challenge(departure.verifier),
            "code_challenge_method": "S256",
            **({"acr_values": " ".join(self._settings.acr)} if self._settings.acr else {}),
        }
        return str(URL(document.authorization_endpoint).update_query(query))

    async def require_issuer(self, said: str | None) -> None:
        """Refuse an answer that came from somebody else (RFC 9207)."""
        if said is not None or (await self._described()).names_itself:
            require(said == self._settings.issuer, Refusal.RESPONSE_ISSUER)

    async def redeem(self, code: str, departure: Departure, now_ms: int) -> Identity:
        """Code to identity; the address comes from the provider's own answer when the token does not say it."""
        document = await self._described()
        answer = await self._exchange(document, code, departure.verifier)
        token, access_token = answer.get("id_token"), answer.get("access_token")
        require(isinstance(token, str) and isinstance(access_token, str), Refusal.TOKEN)
        keys = await self._keys_for(document, tokens.key_id(str(token)))
        found = tokens.verified(str(token), keys, self._expected(departure.nonce, now_ms), str(access_token))
        if found.email is None and "email" not in found.claims and document.userinfo_endpoint is not None:
            return await self._completed(document.userinfo_endpoint, str(access_token), found)
        return found

    def _expected(self, nonce: str, now_ms: int) -> Expected:
        own = self._settings
        return Expected(own.issuer, own.client_id, nonce, now_ms // 1_000, frozenset(own.acr), frozenset(own.amr))

    async def _exchange(self, document: _Document, code: str, verifier: str) -> Mapping[str, Any]:
        own = self._settings
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": own.redirect_uri,
            "code_verifier": verifier,
        }
        headers = {"Accept": "application/json"}
        if own.client_secret and not document.secret_in_body:
            headers["Authorization"] = _basic(own.client_id, own.client_secret)
        else:
            form |= {"client_id": own.client_id, **({"client_secret": own.client_secret} if own.client_secret else {})}
        return await self._ask("POST", document.token_endpoint, Refusal.EXCHANGE, headers, form)

    async def _completed(self, endpoint: str, access_token: str, found: Identity) -> Identity:
        """What the userinfo endpoint adds; about another subject it is not believed (section 5.3.2)."""
        headers = {"Authorization": f"Bearer {access_token}", "Accept": "application/json"}
        more = await self._ask("GET", endpoint, Refusal.EXCHANGE, headers)
        require(more.get("sub") == found.subject, Refusal.SUBJECT)
        return identity({**more, **found.claims})

    async def _described(self) -> _Document:
        async with self._asking:
            now_ms = self._clock.now_ms()
            if self._document is None or now_ms - self._document[0] >= FRESH_MS:
                address = self._settings.issuer.rstrip("/") + "/.well-known/openid-configuration"
                said = await self._ask("GET", address, Refusal.UNREACHABLE)
                self._document = (now_ms, _checked(said, self._settings.issuer))
            return self._document[1]

    async def _keys_for(self, document: _Document, key_id: str | None) -> KeySet:
        async with self._asking:
            now_ms = self._clock.now_ms()
            if self._keys is None or self._stale(self._keys, key_id, now_ms):
                said = await self._ask("GET", document.jwks_uri, Refusal.UNREACHABLE)
                self._keys = (now_ms, _public_keys(said))
            return self._keys[1]

    def _stale(self, kept: tuple[int, KeySet], key_id: str | None, now_ms: int) -> bool:
        since_ms, keys = kept
        unknown = key_id is not None and all(key.kid != key_id for key in keys.keys)
        return now_ms - since_ms >= (AGAIN_MS if unknown else FRESH_MS)

    async def _ask(
        self,
        method: str,
        address: str,
        refusal: Refusal,
        headers: Mapping[str, str] | None = None,
        form: Mapping[str, str] | None = None,
    ) -> Mapping[str, Any]:
        """The JSON object at an address; whatever else comes is one refusal."""
        if self._http is None:
            raise RuntimeError("the provider was not opened")
        try:
            async with self._http.request(
                method, address, headers=headers, data=form, allow_redirects=False
            ) as response:
                body = await response.content.read(MOST_BYTES + 1)
                said = json.loads(body) if response.status == 200 and len(body) <= MOST_BYTES else None
        except (aiohttp.ClientError, TimeoutError, ValueError):
            raise IdentityRefused(field=Refusal.UNREACHABLE) from None
        if not isinstance(said, dict):
            raise IdentityRefused(field=refusal)
        return said


def _checked(said: Mapping[str, Any], issuer: str) -> _Document:
    """The document, when it is the issuer's own and leads nowhere unsafe.

    Raises:
        IdentityRefused: another issuer, or an address that is missing or not https (loopback issuers may use http).
    """
    require(said.get("issuer") == issuer, Refusal.ISSUER)
    plain = URL(issuer).scheme == "http" and URL(issuer).host in _LOOPBACK
    addresses = {}
    for name in ("authorization_endpoint", "token_endpoint", "jwks_uri", "userinfo_endpoint"):
        address = said.get(name)
        if address is None and name == "userinfo_endpoint":
            continue
        require(isinstance(address, str) and _is_safe(URL(address), plain=plain), Refusal.UNREACHABLE)
        addresses[name] = str(address)
    methods = said.get("token_endpoint_auth_methods_supported", ["client_secret_basic"])
    return _Document(
        addresses["authorization_endpoint"],
        addresses["token_endpoint"],
        addresses["jwks_uri"],
        addresses.get("userinfo_endpoint"),
        said.get("authorization_response_iss_parameter_supported") is True,
        "client_secret_basic" not in methods if isinstance(methods, list) else False,
    )


def _is_safe(address: URL, *, plain: bool) -> bool:
    if address.scheme == "https":
        return bool(address.host)
    return plain and address.scheme == "http" and address.host in _LOOPBACK


def _public_keys(said: Mapping[str, Any]) -> KeySet:
    """Keys of kinds that the accepted algorithms use; a set of other things is as good as none."""
    listed = said.get("keys")
    usable = [key for key in listed if _may_sign(key)] if isinstance(listed, list) else []
    require(bool(usable), Refusal.SIGNATURE)
    try:
        return KeySet.import_key_set({"keys": usable})
    except (JoseError, ValueError, TypeError, KeyError):
        raise IdentityRefused(field=Refusal.SIGNATURE) from None


def _may_sign(key: object) -> bool:
    return isinstance(key, dict) and key.get("kty") in {"RSA", "EC", "OKP"} and key.get("use", "sig") == "sig"


def _challenge(verifier: str) -> str:
    """RFC 7636, section 4.2: S256."""
    return base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).decode().rstrip("=")


def _basic(client_id: str, secret: str) -> str:
    """RFC 6749, section 2.3.1: both are form-encoded first."""
    pair = f"{quote(client_id, safe='')}:{quote(secret, safe='')}"
    return "Basic " + base64.b64encode(pair.encode()).decode()
