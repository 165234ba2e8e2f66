"""Time and chance from the operating system: the adapters of ports.Clock and ports.Entropy."""

from __future__ import annotations

import base64
import secrets
import time


class AnchoredClock:
    """Milliseconds since the Unix epoch by a monotonic clock that was anchored once, when the process started.

    A stepped wall clock therefore never reorders rows or moves a window of a running call.
    """

    def __init__(self) -> None:
        self._anchor_ns = time.time_ns() - time.monotonic_ns()

    def now_ms(self) -> int:
        """Never less than what it returned before."""
        return (self._anchor_ns + time.monotonic_ns()) // 1_000_000


class SystemEntropy:
    """The operating system's secure source."""

    def new_id(self, prefix: str) -> str:
        """``prefix_`` and 128 random bits in lower-case base 32 (26 characters)."""
        return f"{prefix}_{base64.b32encode(secrets.token_bytes(16)).decode().rstrip('=').lower()}"

    def token(self) -> str:
        """256 random bits, URL-safe, 43 characters."""
        return secrets.token_urlsafe(32)

    def seed(self) -> int:
        """A non-negative 63-bit integer."""
        return secrets.randbits(63)
