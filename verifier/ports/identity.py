"""The staff's identity provider, as a port."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from verifier.core.identity import Identity


@dataclass(frozen=True, slots=True)
class Departure:
    """What one sign-in is bound to, of which the browser carries only ``state`` and a hash of ``verifier``."""

    state: str
    nonce: str
    verifier: str
    """Of PKCE (RFC 7636): proves that whoever redeems the code is who began."""


class IdentityProvider(Protocol):
    """Authorization code flow with PKCE."""

    async def address(self, departure: Departure) -> str:
        """Where the browser goes to sign in.

        Raises:
            IdentityRefused: the provider cannot be reached or is not what it must be.
        """
        ...

    async def require_issuer(self, said: str | None) -> None:
        """Pass when an answer came from this provider, as far as the answer says (RFC 9207).

        Raises:
            IdentityRefused: from another one, or from nobody though this one always says.
        """
        ...

    async def redeem(self, code: str, departure: Departure, now_ms: int) -> Identity:
        """Whom a code stands for.

        Raises:
            IdentityRefused: the code, the token or one of its claims does not hold; ``field`` says which.
        """
        ...
