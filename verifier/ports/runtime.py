"""Time, chance and the open WebSockets, as ports."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol


class Clock(Protocol):
    """Time as an argument."""

    def now_ms(self) -> int:
        """Milliseconds since the Unix epoch, monotonic within the process."""
        ...


class Entropy(Protocol):
    """Chance as an argument, from the operating system's secure source."""

    def new_id(self, prefix: str) -> str:
        """A new identifier ``prefix_`` followed by 128 random bits in lower-case base 32."""
        ...

    def token(self) -> str:
        """256 random bits, URL-safe."""
        ...

    def seed(self) -> int:
        """A non-negative 63-bit integer."""
        ...


class Bus(Protocol):
    """Delivers messages to whoever is connected; nobody connected is not an error."""

    def publish(self, topic: str, message: Mapping[str, object]) -> None:
        """Send a wire message (JSON-compatible, with ``type``) to every socket subscribed to ``topic``."""
        ...
