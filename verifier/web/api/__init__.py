"""The REST API for platforms, /api/v1. One rule: one table of operations is served and described.

``add_api`` puts it into the application (web/application calls it); errors leave as exceptions of our tree and become
problem documents in web/middleware.
"""

from __future__ import annotations

import json

from aiohttp import web

from verifier.service.platform import Platform
from verifier.web.api import deliveries, effects, endpoints, interviews, openapi, verifications
from verifier.web.api.operations import ANSWERS, PLATFORM, PREFIX, Operation, routes
from verifier.web.idempotency import IdempotentAnswers

OPENAPI_PATH = PREFIX + "/openapi.json"

OPERATIONS: tuple[Operation, ...] = (
    *verifications.OPERATIONS,
    *interviews.OPERATIONS,
    *effects.OPERATIONS,
    *endpoints.OPERATIONS,
    *deliveries.OPERATIONS,
)
"""Every operation, in the order of the description."""


def add_api(app: web.Application, platform: Platform, *, idempotency_key: bytes, public_url: str) -> None:
    """Serve the API and its description from ``app``.

    Args:
        app: its ``client_max_size`` limits bodies; its middlewares answer errors.
        platform: the services behind it.
        idempotency_key: 32 bytes that encrypt stored answers.
        public_url: scheme, host and port for the description.
    """
    app[PLATFORM] = platform
    app[ANSWERS] = IdempotentAnswers(platform.repeating, idempotency_key)
    description = json.dumps(openapi.document(OPERATIONS, public_url), ensure_ascii=False).encode()

    async def describe(_: web.Request) -> web.Response:
        return web.Response(body=description, content_type="application/json", headers={"Cache-Control": "no-cache"})

    app.add_routes([*routes(OPERATIONS), web.get(OPENAPI_PATH, describe)])
