"""Every operation of the API, its route, and the description at /api/v1/openapi.json."""

from __future__ import annotations

import json
from functools import cache

from aiohttp import web

from verifier.web.access import public
from verifier.web.api import deliveries, effects, endpoints, interviews, openapi, verifications
from verifier.web.api.operations import PREFIX, Operation, served
from verifier.web.keys import SETTINGS

OPERATIONS: tuple[Operation, ...] = (
    *verifications.OPERATIONS,
    *interviews.OPERATIONS,
    *effects.OPERATIONS,
    *endpoints.OPERATIONS,
    *deliveries.OPERATIONS,
)
"""In the order of the description."""

routes = web.RouteTableDef()
for _operation in OPERATIONS:
    routes.route(_operation.method, PREFIX + _operation.path)(served(_operation))


@routes.get(PREFIX + "/openapi.json")
@public
async def describe(request: web.Request) -> web.Response:
    """The OpenAPI document; anyone may read it."""
    body = description(request.app[SETTINGS].public_url)
    return web.Response(body=body, content_type="application/json", headers={"Cache-Control": "no-cache"})


@cache
def description(public_url: str) -> bytes:
    """The OpenAPI document as JSON text."""
    return json.dumps(openapi.document(OPERATIONS, public_url), ensure_ascii=False).encode()
