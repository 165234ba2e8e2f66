"""The aiohttp application: every route, every middleware, in one place.

One rule: ``build`` gets everything that it needs as values; it opens nothing and reads no environment.
"""

from __future__ import annotations

import importlib
import pkgutil
from functools import cache
from pathlib import Path

from aiohttp import web

from verifier.web import api, assets, pages, security
from verifier.web.assets import Assets
from verifier.web.keys import ASSETS, LIMITS, METRICS, PAGES, SERVICES, SETTINGS, Services, WebSettings
from verifier.web.metrics import Metrics
from verifier.web.middleware import errors_answered, observed, posts_guarded
from verifier.web.security import Limits
from verifier.wording.pages import Pages


def build(services: Services, settings: WebSettings) -> web.Application:
    """The application, ready to be run.

    Raises:
        ValueError: a trusted network or the public URL cannot be read.
    """
    app = web.Application(
        middlewares=[observed, errors_answered, posts_guarded], client_max_size=settings.max_body_bytes
    )
    app[SERVICES] = services
    app[SETTINGS] = settings
    app[PAGES] = _pages(settings.templates_dir)
    app[ASSETS] = Assets(settings.static_dir)
    app[METRICS] = Metrics(services.gauges)
    app[LIMITS] = Limits(services.clock)
    security.networks((*settings.trusted_proxies, *settings.metrics_from))
    for table in _tables():
        app.add_routes(table)
    headers = security.headers(settings)

    async def add_headers(_: web.Request, response: web.StreamResponse) -> None:
        response.headers.update(headers)

    app.on_response_prepare.append(add_headers)
    return app


@cache
def _pages(templates_dir: Path) -> Pages:
    """The compiled templates of a directory; they are the same for every application of a process."""
    return Pages(templates_dir)


def _tables() -> list[web.RouteTableDef]:
    """The ``routes`` of every module in pages/ and api/ that has some, of signalling and of the static files."""
    tables = [assets.routes]
    for package in (pages, api):
        for found in pkgutil.iter_modules(package.__path__, package.__name__ + "."):
            routes = getattr(importlib.import_module(found.name), "routes", None)
            if isinstance(routes, web.RouteTableDef):
                tables.append(routes)
    return tables
