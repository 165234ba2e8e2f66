"""Where a request comes from. One rule: a forwarded address counts only as far as trusted proxies vouch for it.

Read from the right: the last hop was written by the proxy that connects to us, the one before it by whoever that proxy
saw, and so on; the first hop that is no trusted proxy is the client, and what stands left of it is anybody's claim.
``Forwarded``, ``X-Real-IP``, ``X-Forwarded-Host`` and ``-Proto`` are believed from nobody: the public URL is a setting.
"""

from __future__ import annotations

from functools import cache
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

from aiohttp import hdrs, web

from verifier.web.keys import SETTINGS

Network = IPv4Network | IPv6Network
_FORWARDING = (hdrs.X_FORWARDED_FOR, hdrs.FORWARDED, hdrs.X_FORWARDED_HOST, hdrs.X_FORWARDED_PROTO, "X-Real-IP", "Via")
_OWN_NETWORK_BITS = 64
"""What one IPv6 subscriber gets at least: addresses within it are one person's."""


@cache
def networks(texts: tuple[str, ...]) -> tuple[Network, ...]:
    """Addresses and networks in CIDR form.

    Raises:
        ValueError: one of them is neither.
    """
    return tuple(ip_network(text, strict=False) for text in texts)


def parsed(text: str) -> IPv4Address | IPv6Address | None:
    """An address however a proxy writes it: with a port, in brackets, quoted, mapped; None for anything else."""
    text = text.strip().strip('"')
    if text.startswith("["):
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:
        text = text.partition(":")[0]
    try:
        found = ip_address(text.partition("%")[0])
    except ValueError:
        return None
    mapped = found.ipv4_mapped if isinstance(found, IPv6Address) else None
    return mapped or found


def within(address: str, nets: tuple[Network, ...]) -> bool:
    """Whether ``address`` lies in one of the networks; text that is no address never does."""
    found = parsed(address)
    return found is not None and any(found in net for net in nets)


def client_address(request: web.Request) -> str:
    """The address the request came from; "" when there is none that is an address."""
    trusted = networks(request.app[SETTINGS].trusted_proxies)
    address = parsed(request.remote or "")
    hops = [hop for value in request.headers.getall(hdrs.X_FORWARDED_FOR, []) for hop in value.split(",")]
    while hops and address is not None and any(address in net for net in trusted):
        hop = parsed(hops.pop())
        if hop is None:
            break
        address = hop
    return "" if address is None else str(address)


def forwarded_by_stranger(request: web.Request) -> bool:
    """Whether somebody who is no trusted proxy passes on the request of somebody else, or says so.

    A proxy on this machine that nobody told us of would otherwise make all the world look like this machine.
    """
    vouched = within(request.remote or "", networks(request.app[SETTINGS].trusted_proxies))
    return not vouched and any(name in request.headers for name in _FORWARDING)


def neighbourhood(address: str) -> str:
    """What one attacker cannot leave for free: an IPv4 address, or the /64 network of an IPv6 address."""
    found = parsed(address)
    if isinstance(found, IPv6Address):
        return str(IPv6Network((found, _OWN_NETWORK_BITS), strict=False))
    return str(found) if found else ""
