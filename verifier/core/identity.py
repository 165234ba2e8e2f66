"""What an identity provider says about somebody, and when it is believed. One rule: what is missing is not right.

The claims of an ID token whose signature holds, checked as OpenID Connect Core 1.0, section 3.1.3.7, asks: issuer,
audience, authorised party, times, nonce, and the hash of the access token that came with it. Called by identity/tokens.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from verifier.errors import IdentityRefused

LEEWAY_S = 60
"""Clocks of two servers differ."""
OLDEST_S = 600
"""A token is made for one sign-in, which begins and ends within this time."""
_LONGEST = 255
"""Characters of a subject (OpenID Connect Core 1.0, section 2)."""


class Refusal(StrEnum):
    """Why a sign-in by an identity provider is refused: for the log, never for the browser."""

    STATE = "state"
    PROVIDER = "provider"
    RESPONSE_ISSUER = "response_issuer"
    UNREACHABLE = "unreachable"
    EXCHANGE = "exchange"
    TOKEN = "token"  # noqa: S105  a word, no secret
    ALGORITHM = "algorithm"
    SIGNATURE = "signature"
    ISSUER = "issuer"
    AUDIENCE = "audience"
    AUTHORISED_PARTY = "authorised_party"
    EXPIRED = "expired"
    ISSUED_AT = "issued_at"
    NOT_BEFORE = "not_before"
    NONCE = "nonce"
    ACCESS_TOKEN = "access_token"  # noqa: S105  a word, no secret
    SUBJECT = "subject"
    CONTEXT = "context"
    EMAIL = "email"
    UNKNOWN_PERSON = "unknown_person"
    NO_ROLE = "no_role"


@dataclass(frozen=True, slots=True)
class Expected:
    """What the claims are held against."""

    issuer: str
    client_id: str
    nonce: str
    now_s: int
    acr: frozenset[str] = frozenset()
    """Authentication contexts that are enough; empty: any."""
    amr: frozenset[str] = frozenset()
    """Authentication methods of which one must have been used; empty: any."""


@dataclass(frozen=True, slots=True)
class Identity:
    """Somebody whom the provider vouches for."""

    subject: str
    email: str | None
    """In lower case; None unless the provider says that it is verified."""
    claims: Mapping[str, Any]


def check(claims: Mapping[str, Any], expected: Expected, access_token: str, digest: str) -> None:
    """Pass when these claims are about this sign-in at this client.

    Args:
        claims: of an ID token whose signature holds.
        expected: what they are held against.
        access_token: what came with it.
        digest: hash of the token's algorithm, e.g. ``sha256``.

    Raises:
        IdentityRefused: the first claim that is not as it must be; its ``field`` names the refusal.
    """
    require(claims.get("iss") == expected.issuer, Refusal.ISSUER)
    _check_audience(claims, expected.client_id)
    _check_times(claims, expected.now_s)
    nonce = claims.get("nonce")
    require(isinstance(nonce, str) and _same(nonce, expected.nonce), Refusal.NONCE)
    hashed = claims.get("at_hash")
    if hashed is not None:
        require(isinstance(hashed, str) and _same(hashed, _half(access_token, digest)), Refusal.ACCESS_TOKEN)
    subject = claims.get("sub")
    require(isinstance(subject, str) and 0 < len(subject) <= _LONGEST, Refusal.SUBJECT)
    _check_context(claims, expected)


def identity(claims: Mapping[str, Any]) -> Identity:
    """Whom checked claims are about."""
    email, verified = claims.get("email"), claims.get("email_verified")
    known = isinstance(email, str) and verified is True
    return Identity(str(claims["sub"]), str(email).strip().lower() if known else None, claims)


def require(holds: bool, refusal: Refusal) -> None:
    """Refuse by this word unless it holds.

    Raises:
        IdentityRefused: it does not.
    """
    if not holds:
        raise IdentityRefused(field=refusal)


def _check_audience(claims: Mapping[str, Any], client_id: str) -> None:
    audience = claims.get("aud")
    parties = [audience] if isinstance(audience, str) else audience if isinstance(audience, list) else []
    require(client_id in parties, Refusal.AUDIENCE)
    authorised = claims.get("azp")
    if len(parties) > 1 or authorised is not None:
        require(authorised == client_id, Refusal.AUTHORISED_PARTY)


def _check_times(claims: Mapping[str, Any], now_s: int) -> None:
    expires, issued, begins = (_seconds(claims.get(name)) for name in ("exp", "iat", "nbf"))
    require(expires is not None and now_s < expires + LEEWAY_S, Refusal.EXPIRED)
    require(issued is not None and now_s - OLDEST_S <= issued <= now_s + LEEWAY_S, Refusal.ISSUED_AT)
    require("nbf" not in claims or (begins is not None and begins <= now_s + LEEWAY_S), Refusal.NOT_BEFORE)


def _check_context(claims: Mapping[str, Any], expected: Expected) -> None:
    if expected.acr:
        context = claims.get("acr")
        require(isinstance(context, str) and context in expected.acr, Refusal.CONTEXT)
    if expected.amr:
        methods = claims.get("amr")
        used = {one for one in methods if isinstance(one, str)} if isinstance(methods, list) else set()
        require(bool(used & expected.amr), Refusal.CONTEXT)


def _seconds(value: object) -> float | None:
    number = value if isinstance(value, (int, float)) and not isinstance(value, bool) else None
    return number if number is not None and abs(number) < 2**53 else None


def _half(access_token: str, digest: str) -> str:
    """Left half of the token's hash, base64url (OpenID Connect Core 1.0, section 3.1.3.6)."""
    hashed = hashlib.new(digest, access_token.encode()).digest()
    return base64.urlsafe_b64encode(hashed[: len(hashed) // 2]).decode().rstrip("=")


def _same(given: str, right: str) -> bool:
    return hmac.compare_digest(given.encode("utf-8", "replace"), right.encode())
