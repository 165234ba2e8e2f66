"""How often anybody may knock. One rule: a route that asks for no session has its rate in this table.

Counted by address (an IPv6 /64 is one) before the handler runs; failures alone count against API keys, so that nobody's
wrong keys shut out a right one. Static files are free by rule: they cost little and a page needs many at once. A test
walks every route and fails when one without a session is missing here.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from enum import StrEnum

from aiohttp import hdrs, web

from verifier.errors import NotAuthenticated, RateLimited
from verifier.web.addresses import client_address, neighbourhood
from verifier.web.keys import CROWD, LIMITS, SETTINGS, Rate, WebSettings

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
SOCKET_RETRY_S = 5


class Knock(StrEnum):
    """What is counted together."""

    PAGE = "page"
    PROBE = "probe"
    LINK = "link"
    SOCKET = "socket"
    KEY = "key"


KNOCKS: dict[tuple[str, str], Knock] = {
    (hdrs.METH_GET, "/"): Knock.PAGE,
    (hdrs.METH_GET, "/join"): Knock.PAGE,
    (hdrs.METH_GET, "/case"): Knock.PAGE,
    (hdrs.METH_GET, "/case/not-me"): Knock.PAGE,
    (hdrs.METH_GET, "/staff"): Knock.PAGE,
    (hdrs.METH_GET, "/api/docs"): Knock.PAGE,
    (hdrs.METH_GET, "/api/v1/openapi.json"): Knock.PAGE,
    (hdrs.METH_GET, "/healthz"): Knock.PROBE,
    (hdrs.METH_GET, "/readyz"): Knock.PROBE,
    (hdrs.METH_GET, "/metrics"): Knock.PROBE,
    (hdrs.METH_POST, "/join/exchange"): Knock.LINK,
    (hdrs.METH_POST, "/case/exchange"): Knock.LINK,
    (hdrs.METH_POST, "/case/not-me"): Knock.LINK,
    (hdrs.METH_POST, "/staff/link"): Knock.LINK,
    (hdrs.METH_GET, "/staff/oidc"): Knock.LINK,
    (hdrs.METH_GET, "/staff/oidc/callback"): Knock.LINK,
    (hdrs.METH_GET, "/ws"): Knock.SOCKET,
}
"""(method, path as it was routed) → what it counts as. An address that leads nowhere is a page."""
FREE = frozenset({"/static/{name}"})
COUNTED_BEHIND = frozenset({(hdrs.METH_POST, "/staff/sign-in")})
"""Counted by service/throttling: only there is it known whether a browser is known to the account that is tried, which
must be let in however hard its neighbours knock."""


def rate_of(knock: Knock, settings: WebSettings) -> Rate:
    """The rate of a door."""
    match knock:
        case Knock.PAGE | Knock.PROBE:
            return settings.page_rate
        case Knock.LINK:
            return settings.link_rate
        case Knock.SOCKET:
            return settings.socket_rate
        case Knock.KEY:
            return settings.key_rate


def knock_of(request: web.Request) -> Knock | None:
    """What a request counts as; None for static files and for whatever asks for a session or a key."""
    resource = request.match_info.route.resource
    if resource is None:
        return Knock.PAGE
    method = hdrs.METH_GET if request.method == hdrs.METH_HEAD else request.method
    return KNOCKS.get((method, resource.canonical))


@web.middleware
async def knocks_counted(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Refuse who knocks too often, or has too many sockets open."""
    knock = knock_of(request)
    if knock is not None:
        _count(request, knock)
    if knock is Knock.SOCKET:
        with request.app[CROWD].inside(neighbourhood(client_address(request))):
            return await handler(request)
    try:
        return await handler(request)
    except NotAuthenticated:
        if hdrs.AUTHORIZATION in request.headers:
            _count(request, Knock.KEY)
        raise


def _count(request: web.Request, knock: Knock) -> None:
    who = neighbourhood(client_address(request))
    request.app[LIMITS].take(knock, who, rate_of(knock, request.app[SETTINGS]))


class Crowd:
    """How many sockets are open, in all and from each address."""

    def __init__(self, most: int, most_of_one: int) -> None:
        self._most = most
        self._most_of_one = most_of_one
        self._open: Counter[str] = Counter()

    @contextmanager
    def inside(self, who: str) -> Iterator[None]:
        """Count one socket for the time of the block.

        Raises:
            RateLimited: there are too many.
        """
        if self._open.total() >= self._most or self._open[who] >= self._most_of_one:
            raise RateLimited("There are too many open connections.", retry_after_s=SOCKET_RETRY_S)
        self._open[who] += 1
        try:
            yield
        finally:
            self._open[who] -= 1
            if not self._open[who]:
                del self._open[who]
