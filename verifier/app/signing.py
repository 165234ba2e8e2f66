"""Ed25519 for exports. One rule: the key is derived from the master key for this purpose alone and stored nowhere."""

from __future__ import annotations

import base64
from collections.abc import Sequence

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from verifier.app.keyring import derived_keys
from verifier.config import Settings
from verifier.errors import InvalidInput


class Ed25519Signer:
    """Signer of the ports."""

    def __init__(self, seed: bytes) -> None:
        """``seed``: 32 bytes (RFC 8032, 5.1.5)."""
        self._key = Ed25519PrivateKey.from_private_bytes(seed)

    @property
    def public_key(self) -> str:
        """In base64."""
        return base64.b64encode(self._key.public_key().public_bytes_raw()).decode()

    def sign(self, content: bytes) -> str:
        """In base64."""
        return base64.b64encode(self._key.sign(content)).decode()


def signers(settings: Settings) -> Sequence[Ed25519Signer]:
    """One for each master key of the ring, newest first."""
    return [Ed25519Signer(seed) for seed in derived_keys(settings, "audit")]


def require_signed(content: bytes, signature: str, public_key: str) -> None:
    """Pass when the key has signed exactly this.

    Raises:
        InvalidInput: it has not, or one of them is not a key or a signature.
    """
    try:
        key = Ed25519PublicKey.from_public_bytes(base64.b64decode(public_key, validate=True))
    except ValueError:
        raise InvalidInput("The public key is not 32 bytes in base64.", field="key") from None
    try:
        key.verify(base64.b64decode(signature, validate=True), content)
    except (InvalidSignature, ValueError):
        raise InvalidInput(
            "The signature does not fit: something in the file was changed, left out or put into another order after "
            "it was signed."
        ) from None
