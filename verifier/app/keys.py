"""New API keys. One rule: the secret leaves this function once and is nowhere stored."""

from __future__ import annotations

from verifier.core.access import ApiKey, Scope, fingerprint
from verifier.core.model import KeyId
from verifier.ports import Entropy

DISPLAY_CHARACTERS = 12


def make_key(name: str, now_ms: int, entropy: Entropy, *, test: bool) -> tuple[ApiKey, str]:
    """A key with every scope, and its secret ``vi_live_…`` or ``vi_test_…``."""
    secret = f"vi_{'test' if test else 'live'}_{entropy.token()}"
    key = ApiKey(
        id=KeyId(entropy.new_id("key")),
        name=name,
        display=secret[:DISPLAY_CHARACTERS],
        secret_hash=fingerprint(secret),
        test=test,
        scopes=frozenset(Scope),
        created_ms=now_ms,
    )
    return key, secret
