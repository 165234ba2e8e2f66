"""The loop that carries packets: epoll, and a heap of (due time, packet).

One `Exchange` runs in a process of its own, so that the event loop of a test cannot delay packets. `tun_relay` and
`udp_proxy` feed it; the test steers it through a control socket of JSON lines, one reply to each request.
The process ends when the control socket closes, so it never outlives its test.
"""

from __future__ import annotations

import heapq
import json
import random
import select
import socket
import time
from collections.abc import Callable, Iterable
from dataclasses import asdict
from typing import Any

from bench.rig.impairment import DIRECTIONS, Direction, Path, from_plain

Deliver = Callable[[bytes], object]
Handler = Callable[[dict[str, Any]], dict[str, Any]]

_LONGEST_WAIT_S = 1.0
_CONTROL_CHUNK_BYTES = 65536


class Exchange:
    """Carries packets along the paths of its participants until it is stopped."""

    def __init__(self, participants: Iterable[str], seed: int) -> None:
        """Make two perfect paths per participant, each with chance of its own drawn from `seed`."""
        self.paths: dict[tuple[str, Direction], Path] = {
            (name, direction): Path(random.Random(f"{seed}/{name}/{direction}"))
            for name in participants
            for direction in DIRECTIONS
        }
        self._poll = select.epoll()
        self._readers: dict[int, Callable[[], None]] = {}
        self._heap: list[tuple[float, int, float, Path, bytes, Deliver]] = []
        self._serial = 0
        self._running = True

    def watch(self, descriptor: int, reader: Callable[[], None]) -> None:
        """Call `reader` whenever the non-blocking descriptor has something to read."""
        self._poll.register(descriptor, select.EPOLLIN)
        self._readers[descriptor] = reader

    def offer(self, name: str, direction: Direction, packet: bytes, deliver: Deliver) -> None:
        """Let the packet onto the participant's path; `deliver` gets it when, and if, it is due."""
        now = time.monotonic()
        path = self.paths[(name, direction)]
        for due in path.admit(now, len(packet)):
            self._serial += 1
            heapq.heappush(self._heap, (due, self._serial, now, path, packet, deliver))
        self._hand_on_what_is_due()

    def stop(self) -> None:
        """End `serve` after the current turn."""
        self._running = False

    def serve(self) -> None:
        """Carry packets until `stop` is called."""
        while self._running:
            for descriptor, _event in self._poll.poll(self._wait_s()):
                self._readers[descriptor]()
            self._hand_on_what_is_due()

    def _wait_s(self) -> float:
        if not self._heap:
            return _LONGEST_WAIT_S
        return min(_LONGEST_WAIT_S, max(0.0, self._heap[0][0] - time.monotonic()))

    def _hand_on_what_is_due(self) -> None:
        now = time.monotonic()
        while self._heap and self._heap[0][0] <= now:
            _due, _serial, admitted_at, path, packet, deliver = heapq.heappop(self._heap)
            if path.stops():
                continue
            try:
                deliver(packet)
            except OSError:
                # The far end is full or gone, as a real link's far end may be; the count says so.
                path.counts.undeliverable += 1
            else:
                path.handed_on(now - admitted_at, len(packet))


class Control:
    """The exchange's end of the control socket: impair, counts and whatever else the relay adds."""

    def __init__(self, exchange: Exchange, connection: socket.socket, extra: dict[str, Handler]) -> None:
        """Answer requests that arrive on `connection` from now on."""
        connection.setblocking(False)
        self._exchange = exchange
        self._connection = connection
        self._pending = b""
        self._handlers: dict[str, Handler] = {"impair": self._impair, "counts": self._counts, **extra}
        exchange.watch(connection.fileno(), self._read)

    def _read(self) -> None:
        try:
            chunk = self._connection.recv(_CONTROL_CHUNK_BYTES)
        except BlockingIOError:
            return
        except ConnectionResetError:
            chunk = b""
        if not chunk:
            self._exchange.stop()
            return
        *lines, self._pending = (self._pending + chunk).split(b"\n")
        for line in lines:
            send_line(self._connection, self._answer(json.loads(line)))

    def _answer(self, request: dict[str, Any]) -> dict[str, Any]:
        try:
            return self._handlers[request["do"]](request)
        except (KeyError, TypeError, ValueError, OSError) as error:
            return {"error": f"{type(error).__name__}: {error}"}

    def _impair(self, request: dict[str, Any]) -> dict[str, Any]:
        for direction in DIRECTIONS:
            if direction in request:
                self._exchange.paths[(request["name"], direction)].impairment = from_plain(request[direction])
        return {}

    def _counts(self, request: dict[str, Any]) -> dict[str, Any]:
        return {d: asdict(self._exchange.paths[(request["name"], d)].counts) for d in DIRECTIONS}


def send_line(connection: socket.socket, message: dict[str, Any]) -> None:
    """Write one message to the control socket."""
    connection.sendall(json.dumps(message).encode() + b"\n")
