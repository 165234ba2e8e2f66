"""Where a webhook may be sent. One rule: an address we cannot prove public, in whatever writing, is refused.

``check_url`` runs when an endpoint is registered and before every attempt; ``is_public`` runs on every address that a
name resolves to and on the one that is connected to (delivery/transport), because a name may resolve differently later.
"""

from __future__ import annotations

import re
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address, ip_network
from urllib.parse import SplitResult, urlsplit

from verifier.errors import InvalidInput

URL_MAX = 2_048
_PRINTABLE = re.compile(r"[!-~]+")
_LABEL = re.compile(r"(?!-)[A-Za-z0-9_-]{1,63}(?<!-)")
_NUMBER = re.compile(r"[0-9]+|0[xX][0-9A-Fa-f]*")
_LOCAL_SUFFIXES = frozenset(
    {"localhost", "local", "localdomain", "internal", "intranet", "lan", "home", "corp", "onion"}
)
_LOCAL_PAIRS = frozenset({"home.arpa", "ip6.arpa", "in-addr.arpa"})

_GLOBAL_UNICAST = ip_network("2000::/3")
_NAT64 = tuple(IPv6Network(text) for text in ("64:ff9b::/96", "64:ff9b:1::/48"))
_NOT_PUBLIC = tuple(
    ip_network(text)
    for text in (
        "192.0.0.0/24",  # RFC 6890: protocol assignments; older Python releases let a part of it through
        "168.63.129.16/32",  # host services of one cloud, reachable from its machines alone
        "192.88.99.0/24",  # RFC 7526: deprecated 6to4 relays
        "3fff::/20",  # RFC 9637: documentation
        "5f00::/16",  # RFC 9602: segment routing
    )
)


def is_public(address: str) -> bool:
    """Whether a numeric IP address is global unicast, also after every known way of hiding an IPv4 address in IPv6."""
    try:
        parsed = ip_address(address)
    except ValueError:
        return False
    if isinstance(parsed, IPv6Address) and parsed.scope_id is not None:
        return False
    return all(_public(each) for each in _unwrapped(parsed))


def check_url(url: str, *, allow_private: bool) -> None:
    """Pass when ``url`` may be a webhook endpoint.

    Args:
        url: as the platform sent it.
        allow_private: for the demo and tests: also http and addresses that are not public.

    Raises:
        InvalidInput: not https, no plain host, with user information or a fragment, or a host that is not public.
    """
    parts, port = _split(url)
    host = parts.hostname or ""
    schemes = {"https", "http"} if allow_private else {"https"}
    if parts.scheme not in schemes:
        raise _refused("The address must start with https://.")
    if parts.username is not None or parts.password is not None or "@" in parts.netloc:
        raise _refused("The address must not contain a user name or password.")
    if "#" in url:
        raise _refused("The address must not contain a fragment.")
    if port == 0 or not _plain_host(parts, host):
        raise _refused("The address needs a host name or an IP address in its ordinary form.")
    if not allow_private and not _public_host(host):
        raise _refused("The address is not on the public internet.")


def _split(url: str) -> tuple[SplitResult, int | None]:
    if len(url) > URL_MAX or not _PRINTABLE.fullmatch(url) or "\\" in url:
        raise _refused(f"The address must be at most {URL_MAX} printable ASCII characters, without backslashes.")
    try:
        parts = urlsplit(url)
        return parts, parts.port
    except ValueError:
        raise _refused("The address is not a URL.") from None


def _refused(detail: str) -> InvalidInput:
    return InvalidInput(detail, field="/url")


def _plain_host(parts: SplitResult, host: str) -> bool:
    """A dotted quad, a bracketed IPv6 address without zone, or a DNS name; nothing that a resolver must guess at."""
    if parts.netloc.startswith("["):
        return "%" not in host and _is_address(host)
    labels = host.removesuffix(".").split(".")
    if not host or len(host) > 253 or not all(_LABEL.fullmatch(label) for label in labels):
        return False
    return _is_address(host) if _NUMBER.fullmatch(labels[-1]) else True


def _public_host(host: str) -> bool:
    if _is_address(host):
        return is_public(host)
    labels = host.lower().removesuffix(".").split(".")
    return len(labels) > 1 and labels[-1] not in _LOCAL_SUFFIXES and ".".join(labels[-2:]) not in _LOCAL_PAIRS


def _is_address(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return False
    return True


def _unwrapped(address: IPv4Address | IPv6Address) -> list[IPv4Address | IPv6Address]:
    """The address itself, or every IPv4 address that it carries instead."""
    if isinstance(address, IPv4Address):
        return [address]
    if address.ipv4_mapped is not None:
        return [address.ipv4_mapped]
    if any(address in network for network in _NAT64):
        return [IPv4Address(int(address) & 0xFFFFFFFF)]
    if address.sixtofour is not None:
        return [address.sixtofour]
    if address.teredo is not None:
        return list(address.teredo)
    return [address]


def _public(address: IPv4Address | IPv6Address) -> bool:
    if address.is_multicast or not address.is_global:
        return False
    if isinstance(address, IPv6Address) and address not in _GLOBAL_UNICAST:
        return False
    return not any(address.version == network.version and address in network for network in _NOT_PUBLIC)
