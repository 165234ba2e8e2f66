"""ID tokens. One rule: only algorithms of our own list, whatever the token, the keys or the provider's document name.

Signed with public keys alone: ``none`` and the HMAC family would let whoever knows the client id or secret make tokens.
Called by identity/provider.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from joserfc import jws, jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from verifier.core.identity import Expected, Identity, Refusal, check, identity, require
from verifier.errors import IdentityRefused

DIGESTS: Mapping[str, str] = {"RS256": "sha256", "PS256": "sha256", "ES256": "sha256", "Ed25519": "sha512"}
"""Algorithms that are accepted, with the hash that ``at_hash`` is made by."""
LONGEST = 16 * 1024
"""Characters of a token."""


def key_id(token: str) -> str | None:
    """The key that the token says it is signed with; None when it names none.

    Raises:
        IdentityRefused: no signed token, or of an algorithm that is not accepted.
    """
    header = _header(token)
    require(header.get("alg") in DIGESTS, Refusal.ALGORITHM)
    named = header.get("kid")
    require(named is None or isinstance(named, str), Refusal.TOKEN)
    return named


def verified(token: str, keys: KeySet, expected: Expected, access_token: str) -> Identity:
    """Whom the token is about, when its signature and every claim hold.

    Raises:
        IdentityRefused: one of them does not; ``field`` says which.
    """
    algorithm = str(_header(token).get("alg"))
    require(algorithm in DIGESTS, Refusal.ALGORITHM)
    try:
        claims = jwt.decode(token, keys, algorithms=[algorithm]).claims
    except (JoseError, ValueError, TypeError):
        raise IdentityRefused(field=Refusal.SIGNATURE) from None
    check(claims, expected, access_token, DIGESTS[algorithm])
    return identity(claims)


def _header(token: str) -> dict[str, Any]:
    require(0 < len(token) <= LONGEST and token.count(".") == 2, Refusal.TOKEN)
    try:
        return dict(jws.extract_compact(token.encode()).headers())
    except (JoseError, ValueError, TypeError):
        raise IdentityRefused(field=Refusal.TOKEN) from None
