"""The aiohttp application: every route, every middleware, in one place.

One rule: ``build`` gets everything that it needs as values; it opens nothing and reads no environment.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

from aiohttp import web

from verifier.web import access, assets
from verifier.web.addresses import networks
from verifier.web.api import table
from verifier.web.assets import Assets
from verifier.web.doors import Crowd, knocks_counted
from verifier.web.headers import harden, security_headers
from verifier.web.keys import ASSETS, CROWD, LIMITS, METRICS, PAGES, SERVICES, SETTINGS, Services, WebSettings
from verifier.web.metrics import Metrics
from verifier.web.middleware import errors_answered, observed, sites_guarded
from verifier.web.pages import (
    account,
    appeals,
    case,
    case_redress,
    checks,
    conflicts,
    deciding,
    enrolment,
    evidence,
    health,
    home,
    interviews,
    join,
    oidc,
    people,
    recordings,
    relays,
    reviews,
    sign_in,
    staff,
)
from verifier.web.security import Limits
from verifier.wording.pages import Pages

_MODULES = (
    home,
    join,
    case,
    case_redress,
    sign_in,
    oidc,
    enrolment,
    account,
    people,
    staff,
    checks,
    relays,
    conflicts,
    interviews,
    reviews,
    deciding,
    appeals,
    evidence,
    recordings,
    health,
    table,
    assets,
)
"""Everything with a ``routes`` table; the WebSocket is added by app, which knows the hub."""


def build(services: Services, settings: WebSettings) -> web.Application:
    """The application, ready to be run.

    Raises:
        ValueError: a trusted network or the public URL cannot be read.
    """
    app = web.Application(
        middlewares=[observed, errors_answered, sites_guarded, knocks_counted], client_max_size=settings.max_body_bytes
    )
    app[SERVICES] = services
    app[SETTINGS] = settings
    app[PAGES] = _pages(settings.templates_dir)
    app[ASSETS] = Assets(settings.static_dir)
    app[METRICS] = Metrics(services.gauges)
    app[LIMITS] = Limits(services.clock)
    app[CROWD] = Crowd(settings.sockets_max, settings.sockets_max_of_one)
    networks((*settings.trusted_proxies, *settings.metrics_from))
    add_routes(app)
    app.on_startup.append(access.require_rules)
    headers = security_headers(settings.public_url)

    async def add_headers(_: web.Request, response: web.StreamResponse) -> None:
        harden(response.headers, headers)

    app.on_response_prepare.append(add_headers)
    return app


def add_routes(app: web.Application) -> None:
    """Every route but the WebSocket's, each with its rule."""
    for module in _MODULES:
        app.add_routes(module.routes)


@cache
def _pages(templates_dir: Path) -> Pages:
    """The compiled templates of a directory; they are the same for every application of a process."""
    return Pages(templates_dir)
