"""Whose page and whose session a request is, and how often it comes. One rule: refuse what is not proven.

Cookies carry 256-bit secrets of server-side sessions, one name per audience. A state-changing request of a page must
come from our own origin and say so in a header that no foreign form can set.
"""

from __future__ import annotations

import math
from collections import OrderedDict

from aiohttp import hdrs, web
from yarl import URL

from verifier.core.access import Audience, fingerprint, session_tag
from verifier.errors import NotAllowed, NotAuthenticated, RateLimited
from verifier.ports import Clock
from verifier.service.devices import VALID_MS as DEVICE_VALID_MS
from verifier.web.addresses import client_address, neighbourhood
from verifier.web.keys import LIMITS, SETTINGS, Rate

COOKIES = {
    Audience.FREELANCER: "__Host-vi_join",
    Audience.CASE: "__Host-vi_case",
    Audience.STAFF: "__Host-vi_staff",
}
SESSION_HEADER = "X-Verifier-Session"
"""What a page calls the session that it was shown for: a link in another tab may have given the browser another one."""
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
_LOOPBACK_NAMES = ("localhost", "127.0.0.1", "[::1]")
_MOST_BUCKETS = 20_000


# ---------------------------------------------------------------- origin


def origins(public_url: str) -> frozenset[str]:
    """Origins whose pages may post: the public one; for a loopback one also the machine's other loopback names."""
    public = URL(public_url).origin()
    if (public.raw_host or "") not in {"localhost", "127.0.0.1", "::1"}:
        return frozenset({str(public)})
    port = "" if public.is_default_port() else f":{public.port}"
    return frozenset(f"{public.scheme}://{name}{port}" for name in _LOOPBACK_NAMES)


def require_own_page(request: web.Request) -> None:
    """Pass when a state-changing request comes from one of our own pages.

    Raises:
        NotAllowed: foreign or missing Origin, or the header is missing.
    """
    settings = request.app[SETTINGS]
    if request.headers.get("Origin") not in origins(settings.public_url):
        raise NotAllowed(f"Please use this site at {settings.public_url}.")
    if request.headers.get("X-Verifier") != "1":
        raise NotAllowed("This request did not come from one of our pages.")


# ---------------------------------------------------------------- sessions


def set_session(response: web.StreamResponse, audience: Audience, secret: str, max_age_ms: int) -> None:
    """Sign the browser in for this audience."""
    response.set_cookie(
        COOKIES[audience], secret, path="/", secure=True, httponly=True, samesite="Strict", max_age=max_age_ms // 1_000
    )


def clear_session(response: web.StreamResponse, audience: Audience) -> None:
    """Sign the browser out for this audience."""
    response.del_cookie(COOKIES[audience], path="/", secure=True, httponly=True, samesite="Strict")


def cookie_secrets(request: web.Request, audience: Audience) -> list[str]:
    """Every value of this audience's cookie that the request carries, one when nobody meddled."""
    given = ";".join(request.headers.getall(hdrs.COOKIE, []))
    pairs = (pair.strip(" \t").partition("=") for pair in given.split(";"))
    return [value for name, _, value in pairs if name == COOKIES[audience]]


def set_device(response: web.StreamResponse, name: str, value: str) -> None:
    """Make the browser known to the account that has just signed in; see service/devices."""
    response.set_cookie(
        name, value, path="/", secure=True, httponly=True, samesite="Strict", max_age=DEVICE_VALID_MS // 1_000
    )


def session_secret(request: web.Request, audience: Audience) -> str:
    """The cookie's secret, read without any of the leniency that would let a neighbour's cookie pass for ours.

    Raises:
        NotAuthenticated: there is none, or there are several: one of them was put there by somebody else; or the page
            that asks says that it belongs to another session.
    """
    secrets = cookie_secrets(request, audience)
    if len(secrets) != 1 or not secrets[0]:
        raise NotAuthenticated
    if request.headers.get(SESSION_HEADER, "") not in {"", session_tag(fingerprint(secrets[0]))}:
        raise NotAuthenticated("This page belongs to another session. Please open your link again.")
    return secrets[0]


# ---------------------------------------------------------------- how often


class Limits:
    """Token buckets by what is limited and who does it. Bounded: the least recently used bucket is forgotten."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._buckets: OrderedDict[tuple[str, str], tuple[float, int]] = OrderedDict()

    def __len__(self) -> int:
        return len(self._buckets)

    def take(self, what: str, who: str, rate: Rate) -> None:
        """Use one token of this bucket.

        Raises:
            RateLimited: it is empty.
        """
        now_ms = self._clock.now_ms()
        tokens, then_ms = self._buckets.pop((what, who), (float(rate.burst), now_ms))
        tokens = min(float(rate.burst), tokens + (now_ms - then_ms) / rate.refill_ms)
        allowed = tokens >= 1
        self._buckets[what, who] = (tokens - 1 if allowed else tokens, now_ms)
        while len(self._buckets) > _MOST_BUCKETS:
            self._buckets.popitem(last=False)
        if not allowed:
            wait_ms = (1 - tokens) * rate.refill_ms
            raise RateLimited("Please wait a moment, then try again.", retry_after_s=math.ceil(wait_ms / 1_000))


def limit_tickets(request: web.Request, session_hash: str) -> None:
    """Count one WebSocket ticket of this session.

    Raises:
        RateLimited: too many in a short time.
    """
    request.app[LIMITS].take("ticket", session_hash, request.app[SETTINGS].ticket_rate)


def limit(request: web.Request, what: str, rate: Rate, account: str = "") -> None:
    """Count this request against its address, and against ``account`` when one is named.

    Raises:
        RateLimited: too many in a short time.
    """
    buckets = request.app[LIMITS]
    buckets.take(what, "address:" + neighbourhood(client_address(request)), rate)
    if account:
        buckets.take(what, "account:" + account, rate)
