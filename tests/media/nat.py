"""A container as docker makes one: a namespace with a private address, and a public one of which some ports lead in.

with container(ports=range(40_000, 40_010)) as box, box.inside(): ...  # sockets made in the block stay in the container
"""

from __future__ import annotations

import contextlib
import os
import socket
import struct
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from bench.rig.netns import MTU_BYTES, entered, new_namespace, open_tun

OUTER, PUBLIC, PRIVATE, GATEWAY = "198.18.255.1", "198.18.255.7", "10.77.0.2", "10.77.0.1"
"""The host's own address, the one it publishes, the container's, and the container's way out.
Source: RFC 2544 and RFC 1918, routed nowhere."""
_UDP, _TURN_S = 17, 0.05


@dataclass(frozen=True, slots=True)
class Container:
    """Where the server under test lives; people reach it at ``PUBLIC``."""

    namespace: str
    refused: list[int]
    """Ports of ``PUBLIC`` that were tried and lead nowhere."""

    @contextmanager
    def inside(self) -> Iterator[None]:
        """Sockets made by this thread in the block are the container's."""
        with entered(self.namespace):
            yield


@contextmanager
def container(ports: range) -> Iterator[Container]:
    """A container of which these UDP ports are published, each under its own number.

    Raises:
        OSError: namespaces are not permitted here.
    """
    namespace = new_namespace()
    path, stop, refused = f"/proc/self/fd/{namespace}", threading.Event(), list[int]()
    outside = open_tun("vnat%d", OUTER)
    with entered(path):
        within = open_tun("vnat%d", PRIVATE, gateway=GATEWAY)
    mapping = threading.Thread(target=_map, args=(outside, within, ports, refused, stop))
    mapping.start()
    try:
        yield Container(path, refused)
    finally:
        stop.set()
        mapping.join()
        for descriptor in (outside, within, namespace):
            os.close(descriptor)


def _map(outside: int, within: int, ports: range, refused: list[int], stop: threading.Event) -> None:
    while not stop.wait(_TURN_S / 25):
        for packet in _packets(outside):
            port = struct.unpack_from("!H", packet, _header(packet) + 2)[0]
            if packet[16:20] != socket.inet_aton(PUBLIC):
                continue
            if port in ports:
                os.write(within, _readdressed(packet, slice(16, 20), PRIVATE))
            else:
                refused.append(port)
        for packet in _packets(within):
            os.write(outside, _readdressed(packet, slice(12, 16), PUBLIC))


def _packets(tun: int) -> Iterator[bytes]:
    with contextlib.suppress(BlockingIOError):
        while True:
            packet = os.read(tun, MTU_BYTES + 100)
            if packet[0] >> 4 == 4 and packet[9] == _UDP:
                yield packet


def _header(packet: bytes) -> int:
    return (packet[0] & 0xF) * 4


def _readdressed(packet: bytes, field: slice, address: str) -> bytes:
    """The packet with another address; without a UDP checksum, as RFC 768 allows, and with IP's own anew (RFC 1071)."""
    changed = bytearray(packet)
    end = _header(packet)
    changed[field], changed[10:12], changed[end + 6 : end + 8] = socket.inet_aton(address), bytes(2), bytes(2)
    total = sum(struct.unpack(f"!{end // 2}H", changed[:end]))
    total = (total & 0xFFFF) + (total >> 16)
    total = (total & 0xFFFF) + (total >> 16)
    struct.pack_into("!H", changed, 10, ~total & 0xFFFF)
    return bytes(changed)
