"""The fallback rig: the same impairments in a UDP proxy in front of the server, no rights needed.

How it is inserted. The server announces host candidates in its offer. `reroute.js`, an init script of the page,
wraps `RTCPeerConnection.setRemoteDescription` and `addIceCandidate`: for each of the server's UDP candidates it
asks the rig for a port (`forward`), at which this process listens on the candidate's own address, and writes that
port into the candidate. In what the page sends back it writes the discard port into the browser's own candidates, so
that the server cannot go round the proxy: it learns the browser's address from the checks that come through.

    browser ── candidate's address : listening port ── path up/down ── a port per browser socket ── server

Packets are forwarded byte for byte. What this fallback cannot do: only media is impaired; pages, the signalling
WebSocket and TURN pass untouched. Started by `network.ProxyNetwork`.
"""

from __future__ import annotations

import contextlib
import functools
import socket
import sys
from collections.abc import Iterator
from typing import Any

from bench.rig.exchange import Control, Exchange, send_line

Endpoint = tuple[str, int]

_DATAGRAM_BYTES = 65536
_PACKETS_PER_TURN = 64
_BUFFER_BYTES = 4_000_000


class UdpProxy:
    """Forwards datagrams between the participants' browsers and the server's endpoints."""

    def __init__(self, exchange: Exchange) -> None:
        """Forward nothing until `forward` names an endpoint of the server."""
        self._exchange = exchange
        self._facing_browser: dict[tuple[str, Endpoint], socket.socket] = {}
        self._facing_server: dict[tuple[str, Endpoint, str], socket.socket] = {}

    def forward(self, request: dict[str, Any]) -> dict[str, Any]:
        """The port at which the participant `name` reaches the server's endpoint `host`:`port` from now on."""
        name, server = str(request["name"]), (str(request["host"]), int(request["port"]))
        listening = self._facing_browser.get((name, server))
        if listening is None:
            listening = _bound(server[0])
            self._facing_browser[(name, server)] = listening
            self._exchange.watch(listening.fileno(), functools.partial(self._from_browser, name, listening, server))
        return {"port": listening.getsockname()[1]}

    def _from_browser(self, name: str, listening: socket.socket, server: Endpoint) -> None:
        for packet, browser in _datagrams(listening):
            outgoing = self._outgoing(name, browser, server[0])
            self._exchange.offer(name, "up", packet, functools.partial(_send, outgoing, server))

    def _outgoing(self, name: str, browser: Endpoint, host: str) -> socket.socket:
        key = (name, browser, host)
        if key not in self._facing_server:
            outgoing = self._facing_server[key] = _bound(host)
            self._exchange.watch(outgoing.fileno(), functools.partial(self._from_server, name, outgoing, browser))
        return self._facing_server[key]

    def _from_server(self, name: str, outgoing: socket.socket, browser: Endpoint) -> None:
        for packet, server in _datagrams(outgoing):
            listening = self._facing_browser.get((name, server))
            if listening is not None:
                self._exchange.offer(name, "down", packet, functools.partial(_send, listening, browser))


def _bound(host: str) -> socket.socket:
    bound = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    bound.setblocking(False)
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _BUFFER_BYTES)
    bound.bind((host, 0))
    return bound


def _send(outgoing: socket.socket, to: Endpoint, packet: bytes) -> None:
    outgoing.sendto(packet, to)


def _datagrams(readable: socket.socket) -> Iterator[tuple[bytes, Endpoint]]:
    # A refused datagram of an earlier send shows up here as ConnectionError; the next turn reads on.
    with contextlib.suppress(BlockingIOError, ConnectionError):
        for _ in range(_PACKETS_PER_TURN):
            yield readable.recvfrom(_DATAGRAM_BYTES)


def main() -> None:
    """Serve one rig: arguments are the control socket's descriptor, the seed and the participants' names."""
    descriptor, seed, *participants = sys.argv[1:]
    connection = socket.socket(fileno=int(descriptor))
    exchange = Exchange(participants, int(seed))
    Control(exchange, connection, {"forward": UdpProxy(exchange).forward})
    send_line(connection, {"server": "127.0.0.1"})
    exchange.serve()


if __name__ == "__main__":
    main()
