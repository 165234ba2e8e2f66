"""Signatures of exports, as a port. One rule: whoever has the public key can check without us."""

from __future__ import annotations

from typing import Protocol


class Signer(Protocol):
    """Signs with the newest key."""

    @property
    def public_key(self) -> str:
        """In base64."""
        ...

    def sign(self, content: bytes) -> str:
        """The signature of the content, in base64."""
        ...
