"""For operators: is it alive, may it get traffic, what are its figures."""

from __future__ import annotations

from collections.abc import Mapping

import structlog
from aiohttp import web

from verifier.web.access import network_only, public
from verifier.web.keys import METRICS, REQUEST_ID, SERVICES
from verifier.web.rendering import answer

routes = web.RouteTableDef()
_log = structlog.get_logger(__name__)


@routes.get("/healthz")
@public
async def alive(_: web.Request) -> web.Response:
    """200 as long as the process answers."""
    return answer({"status": "ok"})


@routes.get("/readyz")
@public
async def ready(request: web.Request) -> web.Response:
    """200 when everything that is needed is there, else 503; names what is missing, says nothing more."""
    found: Mapping[str, bool]
    try:
        found = await request.app[SERVICES].readiness()
    except Exception as error:
        _log.error("not_ready", request_id=request[REQUEST_ID], exc_info=error)
        found = {"readable": False}
    response = answer({"status": "ok" if all(found.values()) else "not_ready", "checks": dict(found)})
    response.set_status(200 if all(found.values()) else 503)
    return response


@routes.get("/metrics")
@network_only
async def metrics(request: web.Request) -> web.Response:
    """Prometheus text, for configured networks only; to others it does not exist."""
    body = request.app[METRICS].text()
    return web.Response(body=body, headers={"Content-Type": "text/plain; version=0.0.4; charset=utf-8"})
