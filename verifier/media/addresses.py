"""Where a leg listens and what it offers. One rule: whoever can reach the host must find it among the candidates.

aioice leaves 127.0.0.1 out and cannot be told a port range or an announced address, so sockets are bound here.
Source: RFC 8445 5.1.1 (host candidates), 5.1.2.1 (priorities).
"""

from __future__ import annotations

import ipaddress
import random
import socket
import struct
from collections.abc import Sequence
from dataclasses import dataclass

import structlog
from aioice.ice import get_host_addresses

from verifier.errors import MediaFull
from verifier.media.sdp import Candidate
from verifier.media.settings import MediaSettings

_log = structlog.get_logger(__name__)
_LOOPBACK = "127.0.0.1"
_RECEIVE_BUFFER_BYTES = 1 << 20
_HOST_PREFERENCE = 126
_SO_MEMINFO = 55
_MEMINFO = struct.Struct("9I")
_MEMINFO_DROPS = 8


@dataclass(frozen=True, slots=True)
class Binding:
    """An address to bind and the addresses to offer for it."""

    bind: str
    offer: tuple[str, ...]


def plan(settings: MediaSettings, host_addresses: Sequence[str]) -> tuple[Binding, ...]:
    """What to bind and to offer on a host with these addresses (without loopback), best first; never empty."""
    loopback = (_LOOPBACK,) if settings.include_loopback or not host_addresses else ()
    announced = settings.announced_address
    if announced is None:
        return tuple(Binding(address, (address,)) for address in (*host_addresses, *loopback))
    if announced == _LOOPBACK:
        return (Binding(_LOOPBACK, (_LOOPBACK,)),)
    if announced in host_addresses:
        return (Binding(announced, (announced,)), *(Binding(address, (address,)) for address in loopback))
    everywhere = "::" if ipaddress.ip_address(announced).version == 6 else "0.0.0.0"  # noqa: S104 the announced address is not the host's own
    return (Binding(everywhere, (announced, *loopback)),)


def open_sockets(settings: MediaSettings) -> list[tuple[socket.socket, tuple[Candidate, ...]]]:
    """Non-blocking UDP sockets for one leg, each with the candidates to offer for it.

    Raises:
        MediaFull: no address could be bound within the port range.
    """
    opened: list[tuple[socket.socket, tuple[Candidate, ...]]] = []
    preference = 0xFFFF
    for binding in plan(settings, get_host_addresses(use_ipv4=True, use_ipv6=True)):
        bound = _bind(binding.bind, settings.port_range)
        if bound is None:
            _log.warning("media_address_not_bound", address=binding.bind)
            continue
        port = bound.getsockname()[1]
        candidates = []
        for address in binding.offer:
            candidates.append(_host_candidate(address, port, preference))
            preference -= 1
        opened.append((bound, tuple(candidates)))
    if not opened:
        raise MediaFull
    return opened


def dropped(bound: socket.socket) -> int:
    """Datagrams the kernel threw away because this socket's buffer was full; 0 where it does not say.

    Source: SO_MEMINFO of socket(7), Linux; SK_MEMINFO_DROPS.
    """
    try:
        return int(_MEMINFO.unpack(bound.getsockopt(socket.SOL_SOCKET, _SO_MEMINFO, _MEMINFO.size))[_MEMINFO_DROPS])
    except (OSError, struct.error):
        return 0


def _host_candidate(address: str, port: int, preference: int) -> Candidate:
    priority = (_HOST_PREFERENCE << 24) | (preference << 8) | 255
    return Candidate(f"host{0xFFFF - preference}", priority, address, port, "host")


def _bind(address: str, port_range: tuple[int, int] | None) -> socket.socket | None:
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    for port in _ports(port_range):
        candidate = socket.socket(family, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK)
        try:
            candidate.bind((address, port))
            candidate.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _RECEIVE_BUFFER_BYTES)
        except OSError:
            candidate.close()
            continue
        return candidate
    return None


def _ports(port_range: tuple[int, int] | None) -> Sequence[int]:
    if port_range is None:
        return (0,)
    first, last = port_range
    return random.sample(range(first, last + 1), last - first + 1)
