"""Who may ask for what. One rule: a handler's decorator states its rule and enforces it; no route goes without one.

Every handler carries exactly one of ``public``, ``network_only``, ``ticket_only``, ``join_only``, ``case_only``,
``staff_only(…)``, ``setting_up`` and ``platform_only(…)``; those that let a known caller in hand the principal on as
the handler's second argument. The application refuses to start with a route that has none, ``scripts/access.py`` draws
docs/access.md from the same rules, and tests/web/test_access.py tries every caller on every route.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeVar

from aiohttp import hdrs, web

from verifier.core.access import Audience, Scope
from verifier.core.model import StaffRole
from verifier.core.principal import FreelancerPrincipal, PlatformPrincipal, StaffPrincipal
from verifier.errors import ConfigurationInvalid, NotAuthenticated, NotFound
from verifier.web.addresses import client_address, forwarded_by_stranger, networks, within
from verifier.web.keys import SERVICES, SETTINGS
from verifier.web.security import session_secret

_RULE = "access_rule"
_Principal = TypeVar("_Principal")
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
KnownHandler = Callable[[web.Request, _Principal], Awaitable[web.StreamResponse]]


class Caller(StrEnum):
    """Every kind of caller that the rules tell apart: the columns of the matrix."""

    NOBODY = "nobody"
    JOIN = "freelancer by join link"
    CASE = "freelancer by case link"
    SETTING_UP = "staff, not set up"
    INTERVIEWER = "interviewer"
    REVIEWER = "reviewer"
    APPEAL_REVIEWER = "appeal reviewer"
    ADMINISTRATOR = "administrator"
    LIVE_KEY = "platform, live key"
    TEST_KEY = "platform, test key"


STAFF_CALLERS = {
    Caller.INTERVIEWER: StaffRole.INTERVIEWER,
    Caller.REVIEWER: StaffRole.REVIEWER,
    Caller.APPEAL_REVIEWER: StaffRole.APPEAL_REVIEWER,
    Caller.ADMINISTRATOR: StaffRole.ADMINISTRATOR,
}
"""A person with that role and no other."""


class Door(StrEnum):
    """What a caller has to show."""

    PUBLIC = "nothing"
    NETWORK = "an address of a configured network"
    TICKET = "a ticket as the first message"
    JOIN = "the session of a join link"
    CASE = "the session of a case link"
    STAFF = "a staff session"
    SETTING_UP = "a staff session, set up or not"
    PLATFORM = "an API key"


@dataclass(frozen=True, slots=True)
class Rule:
    """Who may use a route."""

    door: Door
    roles: frozenset[StaffRole] = frozenset()
    """Behind the staff door: one of these is needed."""
    scope: Scope | None = None
    """Behind the platform's door: the key needs it."""

    def refusal(self, caller: Caller) -> int | None:
        """The HTTP status that this caller is refused with, for who he is; None when he may pass."""
        if self.door in _OPEN:
            return None
        if self.door is Door.STAFF and caller in _CALLERS[Door.SETTING_UP]:
            return None if STAFF_CALLERS.get(caller) in self.roles else 403
        return None if caller in _CALLERS.get(self.door, ()) else 401


_OPEN = frozenset({Door.PUBLIC, Door.NETWORK, Door.TICKET})
"""Doors at which it does not matter who somebody is."""
_CALLERS = {
    Door.JOIN: {Caller.JOIN},
    Door.CASE: {Caller.CASE},
    Door.SETTING_UP: {Caller.SETTING_UP, *STAFF_CALLERS},
    Door.PLATFORM: {Caller.LIVE_KEY, Caller.TEST_KEY},
}


# ---------------------------------------------------------------- the decorators


def public(handler: Handler) -> Handler:
    """Anybody may; a handler that shows more to somebody it knows asks for that by itself."""
    return _ruled(handler, Rule(Door.PUBLIC))


def ticket_only(handler: Handler) -> Handler:
    """Anybody may connect; the handler takes a single-use ticket before anything else."""
    return _ruled(handler, Rule(Door.TICKET))


def network_only(handler: Handler) -> Handler:
    """Only from the networks of ``metrics_from``; to others the route does not exist."""

    async def guarded(request: web.Request) -> web.StreamResponse:
        known = within(client_address(request), networks(request.app[SETTINGS].metrics_from))
        if not known or forwarded_by_stranger(request):
            raise NotFound
        return await handler(request)

    return _ruled(guarded, Rule(Door.NETWORK))


def join_only(handler: KnownHandler[FreelancerPrincipal]) -> Handler:
    """The freelancer in the browser that opened the join link."""

    async def guarded(request: web.Request) -> web.StreamResponse:
        secret = session_secret(request, Audience.FREELANCER)
        return await handler(request, await request.app[SERVICES].joining.principal(secret, Audience.FREELANCER))

    return _ruled(guarded, Rule(Door.JOIN))


def case_only(handler: KnownHandler[FreelancerPrincipal]) -> Handler:
    """The freelancer in a browser that opened a case link."""

    async def guarded(request: web.Request) -> web.StreamResponse:
        return await handler(request, await case_reader(request))

    return _ruled(guarded, Rule(Door.CASE))


def staff_only(*roles: StaffRole) -> Callable[[KnownHandler[StaffPrincipal]], Handler]:
    """A signed-in staff member who has one of ``roles``; any role when none is named."""
    wanted = frozenset(roles or StaffRole)

    def decorate(handler: KnownHandler[StaffPrincipal]) -> Handler:
        async def guarded(request: web.Request) -> web.StreamResponse:
            principal = await staff_member(request)
            principal.require_full()
            principal.require(*wanted)
            return await handler(request, principal)

        return _ruled(guarded, Rule(Door.STAFF, roles=wanted))

    return decorate


def setting_up(handler: KnownHandler[StaffPrincipal]) -> Handler:
    """A staff member, also one who came by a link and has not set the account up yet."""

    async def guarded(request: web.Request) -> web.StreamResponse:
        return await handler(request, await staff_member(request))

    return _ruled(guarded, Rule(Door.SETTING_UP))


def platform_only(scope: Scope) -> Callable[[KnownHandler[PlatformPrincipal]], Handler]:
    """A platform's program whose key has ``scope``."""

    def decorate(handler: KnownHandler[PlatformPrincipal]) -> Handler:
        async def guarded(request: web.Request) -> web.StreamResponse:
            principal = await request.app[SERVICES].platform.principal(bearer(request))
            principal.require(scope)
            return await handler(request, principal)

        return _ruled(guarded, Rule(Door.PLATFORM, scope=scope))

    return decorate


def _ruled(handler: Handler, rule: Rule) -> Handler:
    setattr(handler, _RULE, rule)
    return handler


# ---------------------------------------------------------------- who somebody is


async def case_reader(request: web.Request) -> FreelancerPrincipal:
    """The freelancer whose case session this browser holds.

    Raises:
        NotAuthenticated: no session, or one that is over.
    """
    return await request.app[SERVICES].joining.principal(session_secret(request, Audience.CASE), Audience.CASE)


async def staff_member(request: web.Request) -> StaffPrincipal:
    """The staff member whose session this browser holds, which may still lack the second factor.

    Raises:
        NotAuthenticated: no session, or one that is over.
    """
    return await request.app[SERVICES].accounts.signing_in.principal(session_secret(request, Audience.STAFF))


def bearer(request: web.Request) -> str:
    """The API key of the request.

    Raises:
        NotAuthenticated: there is none.
    """
    scheme, _, secret = request.headers.get(hdrs.AUTHORIZATION, "").partition(" ")
    if scheme.lower() != "bearer" or not secret.strip():
        raise NotAuthenticated("Send an API key as Authorization: Bearer vi_live_… or vi_test_…")
    return secret.strip()


# ---------------------------------------------------------------- every route


def rules(app: web.Application) -> Iterator[tuple[str, str, Rule]]:
    """(method, path, rule) of every route in the order in which they were added; HEAD is part of its GET.

    Raises:
        ConfigurationInvalid: a route has no rule.
    """
    for route in app.router.routes():
        path = route.resource.canonical if route.resource else ""
        rule = getattr(route.handler, _RULE, None)
        if not isinstance(rule, Rule):
            raise ConfigurationInvalid(f"Nobody has said who may use {route.method} {path}.")
        if route.method != hdrs.METH_HEAD:
            yield route.method, path, rule


async def require_rules(app: web.Application) -> None:
    """Refuse to start with a route that has no rule; an ``on_startup`` signal.

    Raises:
        ConfigurationInvalid: a route has no rule.
    """
    for _ in rules(app):
        pass
