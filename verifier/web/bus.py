"""Topics towards the open WebSockets of this process. One rule: a slow reader never holds up a call.

Every subscriber has a bounded queue. When it is full, snapshots that the next second replaces (quality, ping, waiting)
are dropped; anything else closes the socket, and the page comes back and is sent what it missed.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

SNAPSHOTS = frozenset({"quality", "ping", "waiting"})
QUEUE_LENGTH = 256


class Mailbox:
    """The unsent messages of one socket; ``None`` ends it."""

    def __init__(self) -> None:
        self.queue: asyncio.Queue[Mapping[str, object] | None] = asyncio.Queue(QUEUE_LENGTH)
        self.overflowed = False

    def put(self, message: Mapping[str, object]) -> None:
        """Add a message, or drop or give up as the module says."""
        if self.overflowed:
            return
        try:
            self.queue.put_nowait(message)
        except asyncio.QueueFull:
            if message.get("type") not in SNAPSHOTS:
                self.close()

    def close(self) -> None:
        """End the socket after what is already queued; drops the oldest message to make room."""
        self.overflowed = True
        if self.queue.full():
            self.queue.get_nowait()
        self.queue.put_nowait(None)


class InProcessBus:
    """Implements ports.Bus."""

    def __init__(self) -> None:
        self._boxes: dict[str, set[Mailbox]] = {}

    def publish(self, topic: str, message: Mapping[str, object]) -> None:
        """Send to every mailbox subscribed to ``topic``."""
        for box in tuple(self._boxes.get(topic, ())):
            box.put(message)

    @contextmanager
    def subscribed(self, box: Mailbox, *topics: str) -> Iterator[None]:
        """Receive ``topics`` in ``box`` for the time of the block."""
        for topic in topics:
            self._boxes.setdefault(topic, set()).add(box)
        try:
            yield
        finally:
            for topic in topics:
                boxes = self._boxes[topic]
                boxes.discard(box)
                if not boxes:
                    del self._boxes[topic]

    def close_all(self) -> None:
        """End every socket: the server is shutting down."""
        for boxes in tuple(self._boxes.values()):
            for box in tuple(boxes):
                box.close()
