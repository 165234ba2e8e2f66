"""Data keys under master keys. One rule: a data key leaves this module only wrapped, or into a cipher's hands.

AES key wrap (RFC 3394) by a key derived from a master key; the newest one wraps, each one of the ring unwraps its own.
Called by files.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Sequence

from cryptography.hazmat.primitives.keywrap import InvalidUnwrap, aes_key_unwrap, aes_key_wrap

from verifier.errors import ConfigurationInvalid, SealBroken
from verifier.ports.evidence import WrappedKey

KEY_BYTES = 32
_ID_DIGITS = 16


class KeyRing:
    """The keys that wrap data keys."""

    def __init__(self, keys: Sequence[bytes]) -> None:
        """``keys``: 32 bytes each, newest first, made for this purpose alone.

        Raises:
            ConfigurationInvalid: there is none, or one has another length.
        """
        if not keys or any(len(key) != KEY_BYTES for key in keys):
            raise ConfigurationInvalid(f"Evidence needs at least one master key, each of {KEY_BYTES} bytes.")
        self._newest = key_id(keys[0])
        self._keys = {key_id(key): key for key in keys}

    @property
    def newest(self) -> str:
        """Id of the key that wraps from now on."""
        return self._newest

    def new_key(self) -> WrappedKey:
        """A fresh random data key."""
        return self._wrap(os.urandom(KEY_BYTES))

    def rewrapped(self, key: WrappedKey) -> WrappedKey:
        """The same data key under the newest key; ``key`` itself when it is there already.

        Raises:
            SealBroken: no key of the ring opens it.
        """
        return key if key.master_key_id == self._newest else self._wrap(self.unwrap(key))

    def unwrap(self, key: WrappedKey) -> bytes:
        """The data key in clear, 32 bytes.

        Raises:
            SealBroken: no key of the ring opens it.
        """
        master = self._keys.get(key.master_key_id)
        if master is None:
            raise SealBroken(f"The master key {key.master_key_id} is not in the ring.")
        try:
            return aes_key_unwrap(master, key.wrapped)
        except InvalidUnwrap:
            raise SealBroken("A data key does not open with its master key.") from None

    def _wrap(self, data_key: bytes) -> WrappedKey:
        return WrappedKey(aes_key_wrap(self._keys[self._newest], data_key), self._newest)


def key_id(key: bytes) -> str:
    """Names a key without telling anything of it: the key has 256 random bits, its digest cannot be turned around."""
    return hashlib.sha256(b"verifier:key-id:" + key).hexdigest()[:_ID_DIGITS]
