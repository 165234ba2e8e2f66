"""STUN and TURN servers for the browser. One rule: TURN credentials are short-lived and made for one session.

Source: draft-uberti-behave-turn-rest-00, as coturn's ``use-auth-secret`` implements it.
"""

from __future__ import annotations

import base64
import hashlib
import hmac

from verifier.ports import IceServer

CREDENTIAL_VALID_S = 12 * 3_600
"""Longer than any call: TURN allocations are refreshed with the same credential."""


def ice_servers(urls: tuple[str, ...], secret: str, who: str, now_ms: int) -> tuple[IceServer, ...]:
    """The servers a browser may use; empty when none is configured.

    Args:
        urls: ``turn:``, ``turns:`` and ``stun:`` URLs.
        secret: shared with the TURN server; empty for STUN only.
        who: anything that tells sessions apart in the TURN server's log; no personal data.
        now_ms: credentials count from here.
    """
    if not urls:
        return ()
    if not secret:
        return (IceServer(urls),)
    username = f"{now_ms // 1_000 + CREDENTIAL_VALID_S}:{who}"
    digest = hmac.new(secret.encode(), username.encode(), hashlib.sha1).digest()
    return (IceServer(urls, username, base64.b64encode(digest).decode()),)
