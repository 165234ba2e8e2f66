"""Time, chance and sockets under a test's control."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Mapping

START_MS = 1_790_000_000_000
"""Some moment in 2026."""


class FixedClock:
    """A clock that stands still."""

    def __init__(self, at_ms: int = START_MS) -> None:
        self._at_ms = at_ms

    def now_ms(self) -> int:
        """Always the same moment."""
        return self._at_ms


class ManualClock:
    """A clock that a test moves."""

    def __init__(self, at_ms: int = START_MS) -> None:
        self._at_ms = at_ms

    def now_ms(self) -> int:
        """The moment the test has set."""
        return self._at_ms

    def advance(self, *, ms: int = 0, s: float = 0, minutes: float = 0, hours: float = 0, days: float = 0) -> int:
        """Move forwards; the new moment."""
        step = ms + round(1_000 * (s + 60 * (minutes + 60 * (hours + 24 * days))))
        if step < 0:
            raise ValueError("The clock never goes backwards.")
        self._at_ms += step
        return self._at_ms


class SeededEntropy:
    """The same ids, tokens and seeds in every run of a test; all of them differ from each other."""

    def __init__(self, seed: int = 1) -> None:
        self._seed = seed
        self._count = 0

    def new_id(self, prefix: str) -> str:
        """``prefix_`` and 26 characters of lower-case base 32."""
        return f"{prefix}_{base64.b32encode(self._next()[:16]).decode().rstrip('=').lower()}"

    def token(self) -> str:
        """43 URL-safe characters."""
        return base64.urlsafe_b64encode(self._next()).decode().rstrip("=")

    def seed(self) -> int:
        """A non-negative 63-bit integer."""
        return int.from_bytes(self._next()[:8], "big") >> 1

    def _next(self) -> bytes:
        self._count += 1
        return hashlib.sha256(f"{self._seed}:{self._count}".encode()).digest()


class RecordingBus:
    """Keeps what was published; refuses what could not go over a wire."""

    def __init__(self) -> None:
        self.published: list[tuple[str, dict[str, object]]] = []

    def publish(self, topic: str, message: Mapping[str, object]) -> None:
        """Keep it as it would arrive."""
        if not isinstance(message.get("type"), str):
            raise AssertionError(f"A message needs a type: {message!r}")
        self.published.append((topic, json.loads(json.dumps(message))))

    def on(self, topic: str) -> list[dict[str, object]]:
        """Messages of one topic, in order."""
        return [message for found, message in self.published if found == topic]

    def of_type(self, kind: str) -> list[dict[str, object]]:
        """Messages of one type on any topic, in order."""
        return [message for _, message in self.published if message["type"] == kind]
