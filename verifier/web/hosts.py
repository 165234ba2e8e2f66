"""Which site a request is meant for, and which site sent it. One rule: only ours, whatever the browser was talked into.

``Host`` keeps a name that was rebound to our address from being taken for us; Fetch Metadata keeps other sites from
loading anything of ours but whole pages, which SameSite cookies and CORS keep them from as well.
"""

from __future__ import annotations

from ipaddress import ip_address
from urllib.parse import urlsplit

from aiohttp import hdrs, web
from yarl import URL

from verifier.errors import Misdirected, NotAllowed
from verifier.web.keys import SETTINGS

_FOREIGN = frozenset({"cross-site", "same-site"})
"""A sibling of our domain is as foreign as any other site."""


def require_own_host(request: web.Request) -> None:
    """Pass when the request is meant for us: the public URL's name, ``localhost``, or a bare address.

    A bare address is safe: what a browser found under it has its own origin there, and no name can be rebound to it.

    Raises:
        Misdirected: another name, none, or several.
    """
    public = request.app[SETTINGS].public_url
    name = _name(request.headers.getall(hdrs.HOST, []))
    if name is None or not (name in {URL(public).raw_host, "localhost"} or _is_address(name)):
        raise Misdirected(f"This server answers for {public} alone. A proxy must pass the Host header on.")


def refuse_other_sites(request: web.Request) -> None:
    """Pass when no other site's page is behind the request, or when it only leads a person here.

    Browsers that send no Fetch Metadata pass.

    Raises:
        NotAllowed: another site loads, embeds or posts something.
    """
    if request.headers.get("Sec-Fetch-Site", "none").lower() not in _FOREIGN:
        return
    leads_here = request.method in {hdrs.METH_GET, hdrs.METH_HEAD} and (
        request.headers.get("Sec-Fetch-Mode") == "navigate" and request.headers.get("Sec-Fetch-Dest") == "document"
    )
    if not leads_here:
        raise NotAllowed("Other sites may link to this one and nothing else.")


def _name(hosts: list[str]) -> str | None:
    if len(hosts) != 1 or "@" in hosts[0]:
        return None
    try:
        return urlsplit("//" + hosts[0]).hostname
    except ValueError:
        return None


def _is_address(name: str) -> bool:
    try:
        ip_address(name)
    except ValueError:
        return False
    return True
