"""STUN and TURN servers for the browser. One rule: TURN credentials are short-lived and made for one session.

Source: draft-uberti-behave-turn-rest-00, as coturn's ``use-auth-secret`` implements it.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from dataclasses import dataclass, field

from verifier.ports import IceAccess, IceServer


@dataclass(frozen=True, slots=True)
class IceSettings:
    """What an operator has set; every browser gets access made from it."""

    stun_urls: tuple[str, ...] = ()
    turn_urls: tuple[str, ...] = ()
    turn_secret: str = field(default="", repr=False)
    """Shared with the TURN servers (coturn: ``static-auth-secret``)."""
    valid_s: int = 43_200
    """Life of a credential in seconds. Longer than any call: TURN allocations are refreshed with the same one."""
    relay_only: bool = False
    """Browsers use the TURN servers alone."""

    def access(self, who: str, now_ms: int) -> IceAccess:
        """The servers that a browser may use; none when none is configured.

        Args:
            who: tells sessions apart in the TURN server's log; no personal data.
            now_ms: the credential's life counts from here.
        """
        servers = [IceServer(self.stun_urls)] if self.stun_urls else []
        if self.turn_urls:
            username = f"{now_ms // 1_000 + self.valid_s}:{who}"
            digest = hmac.new(self.turn_secret.encode(), username.encode(), hashlib.sha1).digest()
            servers.append(IceServer(self.turn_urls, username, base64.b64encode(digest).decode()))
        return IceAccess(tuple(servers), self.relay_only)
