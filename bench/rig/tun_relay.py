"""The relay process between the server's TUN device and one namespace with a TUN device per participant.

The server runs in the namespace this process was started in and is reached, by TCP and UDP, at the address of
the TUN device there; a participant is whatever runs in that participant's namespace. Nothing but packets between
a participant and the server's address is carried, so a browser in a namespace reaches nothing else; once
participants may meet, what one sends to another passes the up path of the one and the down path of the other.
Started by `network.NamespaceNetwork`; everything it made goes away with this process, however it ends.
"""

from __future__ import annotations

import contextlib
import functools
import os
import socket
import sys
import tempfile
from typing import Any

from bench.rig.exchange import Control, Exchange, send_line
from bench.rig.impairment import Direction
from bench.rig.netns import MTU_BYTES, change_address, entered, new_namespace, open_tun

_IPV4 = 4
_SOURCE = slice(12, 16)
_DESTINATION = slice(16, 20)
_READ_BYTES = MTU_BYTES + 100
_PACKETS_PER_TURN = 64
_FIRST_PARTICIPANT = 10
_DEVICE = "vrig0"
"""A participant's, the first in its namespace."""


class TunRelay:
    """Carries IPv4 packets between the server's address and the participants' addresses."""

    def __init__(self, exchange: Exchange, participants: list[str]) -> None:
        """Make the devices and namespaces, all up and configured.

        Raises:
            OSError: TUN devices or namespaces are not permitted here.
        """
        self._exchange = exchange
        self._lock, self._subnet = _claim_subnet()
        self.server_address = f"{self._subnet}.1"
        self._server = socket.inet_aton(self.server_address)
        self._server_tun = open_tun("vrig%d", self.server_address)
        self._places: dict[bytes, tuple[str, int]] = {}
        self._may_meet = False
        self.namespaces: dict[str, str] = {}
        self.addresses: dict[str, str] = {}
        exchange.watch(self._server_tun, self._from_server)
        for number, name in enumerate(participants, start=_FIRST_PARTICIPANT):
            self._add(name, f"{self._subnet}.{number}")
        self._next_address = _FIRST_PARTICIPANT + len(participants)

    def meet(self, _request: dict[str, Any]) -> dict[str, Any]:
        """Carry packets between participants too."""
        self._may_meet = True
        return {}

    def move(self, request: dict[str, Any]) -> dict[str, Any]:
        """Give a participant another address; what is sent to the one before reaches nobody."""
        name = request["name"]
        before = socket.inet_aton(self.addresses[name])
        address = f"{self._subnet}.{self._next_address}"
        self._next_address += 1
        with entered(self.namespaces[name]):
            change_address(_DEVICE, address, gateway=self.server_address)
        self._places[socket.inet_aton(address)] = self._places.pop(before)
        self.addresses[name] = address
        return {"address": address}

    def _add(self, name: str, address: str) -> None:
        namespace = new_namespace()
        with entered(f"/proc/self/fd/{namespace}"):
            tun = open_tun("vrig%d", address, gateway=self.server_address)
        self.namespaces[name] = f"/proc/{os.getpid()}/fd/{namespace}"
        self.addresses[name] = address
        self._places[socket.inet_aton(address)] = (name, tun)
        self._exchange.watch(tun, functools.partial(self._from_participant, name, tun))

    def _from_participant(self, name: str, tun: int) -> None:
        for packet in _packets(tun):
            if packet[_DESTINATION] == self._server:
                self._offer(name, "up", packet, self._server_tun)
            elif self._may_meet and (place := self._places.get(packet[_DESTINATION])) is not None:
                self._exchange.offer(name, "up", packet, functools.partial(self._on_to, *place))

    def _on_to(self, name: str, tun: int, packet: bytes) -> None:
        self._offer(name, "down", packet, tun)

    def _from_server(self) -> None:
        for packet in _packets(self._server_tun):
            place = self._places.get(packet[_DESTINATION])
            if place is not None and packet[_SOURCE] == self._server:
                self._offer(place[0], "down", packet, place[1])

    def _offer(self, name: str, direction: Direction, packet: bytes, tun: int) -> None:
        self._exchange.offer(name, direction, packet, functools.partial(os.write, tun))


def _packets(tun: int) -> list[bytes]:
    packets = []
    with contextlib.suppress(BlockingIOError):
        for _ in range(_PACKETS_PER_TURN):
            packet = os.read(tun, _READ_BYTES)
            if packet[0] >> 4 == _IPV4:
                packets.append(packet)
    return packets


def _claim_subnet() -> tuple[socket.socket, str]:
    """The lock and the first three numbers of a /24 that no other relay on this machine holds.

    The range is reserved for tests of network devices (RFC 2544, RFC 6890) and routed nowhere. The lock is an
    abstract socket, which the kernel releases with the process.

    Raises:
        OSError: all are taken.
    """
    for number in range(1, 255):
        subnet = f"198.18.{number}"
        lock = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        try:
            lock.bind(f"\0verifier-rig-{subnet}")
        except OSError:
            lock.close()
            continue
        return lock, subnet
    raise OSError("every subnet of the rig is taken")


def main() -> None:
    """Serve one rig: arguments are the control socket's descriptor, the seed and the participants' names."""
    descriptor, seed, *participants = sys.argv[1:]
    connection = socket.socket(fileno=int(descriptor))
    exchange = Exchange(participants, int(seed))
    try:
        relay = TunRelay(exchange, participants)
    except OSError as error:
        send_line(connection, {"error": f"{type(error).__name__}: {error}"})
        return
    with tempfile.TemporaryDirectory(prefix="verifier-rig-") as launchers:
        Control(exchange, connection, {"meet": relay.meet, "move": relay.move})
        send_line(
            connection,
            {
                "server": relay.server_address,
                "namespaces": relay.namespaces,
                "addresses": relay.addresses,
                "launchers": launchers,
            },
        )
        exchange.serve()


if __name__ == "__main__":
    main()
