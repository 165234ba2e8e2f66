"""The frame of every API call: key, body, scope, one answer. One rule: the table that is served is the one documented.

Each resource file declares its ``OPERATIONS``; table.py serves them, openapi.py describes them.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import TypeVar

from aiohttp import hdrs, web
from pydantic import BaseModel

from verifier.core.access import Scope
from verifier.core.principal import PlatformPrincipal
from verifier.errors import CallerError
from verifier.service.platform import Platform
from verifier.web import problem
from verifier.web.access import platform_only
from verifier.web.idempotency import IdempotentAnswers
from verifier.web.keys import SERVICES, SETTINGS

PREFIX = "/api/v1"
NO_STORE = {"Cache-Control": "no-store"}

_Model = TypeVar("_Model", bound=BaseModel)


@dataclass(frozen=True, slots=True)
class Call:
    """One authenticated call with its parsed input."""

    platform: Platform
    principal: PlatformPrincipal
    path: Mapping[str, str]
    body: BaseModel | None
    query: BaseModel | None

    def sent(self, model: type[_Model]) -> _Model:
        """The body, which the operation declared as ``model``."""
        return _as(self.body, model)

    def asked(self, model: type[_Model]) -> _Model:
        """The query, which the operation declared as ``model``."""
        return _as(self.query, model)


Handler = Callable[[Call], Awaitable[BaseModel | web.Response]]


@dataclass(frozen=True, slots=True)
class Operation:
    """One method on one path: how it is served and how it is described."""

    id: str
    method: str
    path: str
    scope: Scope
    summary: str
    handler: Handler
    answer: type[BaseModel]
    group: str
    status: int = 200
    body: type[BaseModel] | None = None
    query: type[BaseModel] | None = None
    description: str = ""
    refusals: tuple[type[CallerError], ...] = ()
    """Beyond those that every operation has."""
    media_types: tuple[str, ...] = field(default=("application/json",))
    location: str = ""
    """Path of the new resource, with ``{id}``: given in the Location header."""


def served(operation: Operation) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
    """The handler of an operation."""

    @platform_only(operation.scope)
    async def serve(request: web.Request, principal: PlatformPrincipal) -> web.Response:
        async def carry_out() -> web.Response:
            return await _carry_out(operation, request, principal)

        if request.method != hdrs.METH_POST:
            return await carry_out()
        answers = IdempotentAnswers(request.app[SERVICES].platform.repeating, request.app[SETTINGS].idempotency_keys)
        return await answers.once(request, principal.key.id, carry_out)

    return serve


async def _carry_out(operation: Operation, request: web.Request, principal: PlatformPrincipal) -> web.Response:
    call = Call(
        request.app[SERVICES].platform,
        principal,
        request.match_info,
        await _body(request, operation.body) if operation.body else None,
        problem.parse_query(operation.query, request.query) if operation.query else None,
    )
    answered = await operation.handler(call)
    if isinstance(answered, web.Response):
        answered.headers.update(NO_STORE)
        return answered
    headers = dict(NO_STORE)
    if operation.location:
        headers[hdrs.LOCATION] = PREFIX + operation.location.format(id=getattr(answered, "id", ""))
    text = answered.model_dump_json()
    return web.Response(status=operation.status, text=text, content_type="application/json", headers=headers)


async def _body(request: web.Request, model: type[BaseModel]) -> BaseModel:
    """The body; none at all counts as an empty object."""
    return await problem.read(request, model) if request.body_exists else problem.parse(model, b"{}")


def _as(value: BaseModel | None, model: type[_Model]) -> _Model:
    if not isinstance(value, model):
        raise TypeError(f"the operation declares no {model.__name__}")
    return value
