"""Secrets that must be read again, encrypted at rest. One rule: what is sealed for one place opens nowhere else.

AES-256-GCM with a random nonce; the context (table, column and row, e.g. ``endpoints.secrets:end_1``) is authenticated
with it, so that a sealed value that was copied to another row does not open. Called by repositories of such columns.
"""

from __future__ import annotations

import base64
import os
from collections.abc import Sequence

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from verifier.errors import ConfigurationInvalid, SealBroken

KEY_BYTES = 32
_FORMAT = b"\x01"
"""First byte of everything sealed: format, then nonce, then ciphertext with its tag."""
_NONCE_BYTES = 12
"""96 bits, as SP 800-38D prefers; random ones are safe for 2**32 values a key."""


class Sealer:
    """Seals with the newest key, opens with any of them: keys rotate without touching old rows."""

    def __init__(self, keys: Sequence[bytes]) -> None:
        """``keys``: 32 bytes each, newest first.

        Raises:
            ConfigurationInvalid: there is none, or one has another length.
        """
        if not keys or any(len(key) != KEY_BYTES for key in keys):
            raise ConfigurationInvalid(f"Stored secrets need at least one key, each of {KEY_BYTES} bytes.")
        self._ciphers = tuple(AESGCM(key) for key in keys)

    def seal(self, plaintext: bytes, context: str) -> bytes:
        """The plaintext encrypted for this context, 29 bytes longer; never twice the same."""
        nonce = os.urandom(_NONCE_BYTES)
        return _FORMAT + nonce + self._ciphers[0].encrypt(nonce, plaintext, _FORMAT + context.encode())

    def open(self, sealed: bytes, context: str) -> bytes:
        """The plaintext.

        Raises:
            SealBroken: sealed with a key that is not here or for another context, or changed since.
        """
        nonce, body = sealed[1 : 1 + _NONCE_BYTES], sealed[1 + _NONCE_BYTES :]
        if sealed[:1] == _FORMAT and len(nonce) == _NONCE_BYTES:
            for cipher in self._ciphers:
                try:
                    return cipher.decrypt(nonce, body, _FORMAT + context.encode())
                except InvalidTag:
                    continue
        raise SealBroken

    def seal_text(self, plaintext: str, context: str) -> str:
        """As ``seal``, for columns of text: base64."""
        return base64.b64encode(self.seal(plaintext.encode(), context)).decode()

    def open_text(self, sealed: str, context: str) -> str:
        """As ``open``, for what ``seal_text`` gave.

        Raises:
            SealBroken: as ``open``, or it is not base64.
        """
        try:
            return self.open(base64.b64decode(sealed, validate=True), context).decode()
        except ValueError:
            raise SealBroken from None
