"""Browsers that signed in to an account before. One rule: a device cookie opens nothing; it only waits by itself.

The cookie names the account by a keyed hash, so that one browser can be known to several accounts and tells nobody
which; its value is signed for that account. A stolen one gives the thief a bucket of his own for guessing, no more.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from verifier.ports import Clock, Entropy

VALID_MS = 180 * 86_400_000
_PREFIX = "__Host-vi_known_"
_NAME_DIGITS = 16


@dataclass(frozen=True, slots=True)
class DeviceCookie:
    """What the browser keeps."""

    name: str
    value: str


class Devices:
    """Makes and recognises device cookies."""

    def __init__(self, clock: Clock, entropy: Entropy, keys: Sequence[bytes]) -> None:
        """``keys``: newest first; the newest signs, each recognises."""
        self._clock = clock
        self._entropy = entropy
        self._keys = tuple(keys)

    def recognised(self, account: str, cookies: Mapping[str, str]) -> str | None:
        """The bucket of this browser when it is known to ``account`` (a typed address), else None."""
        account = account.strip().lower()
        for key in self._keys:
            nonce, _, rest = cookies.get(_name(key, account), "").partition(".")
            since, _, signature = rest.partition(".")
            right = _signature(key, account, nonce, since).encode()
            if hmac.compare_digest(signature.encode("utf-8", "replace"), right) and self._is_young(since):
                return nonce
        return None

    def remember(self, account: str) -> DeviceCookie:
        """A new cookie of a browser that has just signed in to ``account``."""
        account, key = account.strip().lower(), self._keys[0]
        nonce, since = self._entropy.token(), str(self._clock.now_ms())
        return DeviceCookie(_name(key, account), f"{nonce}.{since}.{_signature(key, account, nonce, since)}")

    def _is_young(self, since: str) -> bool:
        return self._clock.now_ms() - int(since) < VALID_MS


def _name(key: bytes, account: str) -> str:
    return _PREFIX + _mac(key, "name", account)[:_NAME_DIGITS]


def _signature(key: bytes, account: str, nonce: str, since: str) -> str:
    return _mac(key, "device", account, nonce, since)


def _mac(key: bytes, *parts: str) -> str:
    """Parts that hold no NUL cannot be shifted into each other."""
    return hmac.new(key, "\0".join(parts).encode(), hashlib.sha256).hexdigest()
