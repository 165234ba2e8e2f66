"""TURN servers, the same doors for freelancers (/join) and interviewers (/staff): try them, and say when they fail."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated

from aiohttp import web
from pydantic import Field

from verifier.core.model import StaffRole
from verifier.service.relaying import During, Principal
from verifier.web import problem
from verifier.web.access import join_only, staff_only
from verifier.web.keys import METRICS, SERVICES, SETTINGS
from verifier.web.pages.bodies import Body, Nothing
from verifier.web.rendering import answer
from verifier.web.security import limit

routes = web.RouteTableDef()


class Unusable(Body):
    """Why a browser got no relayed address, and when."""

    code: Annotated[str, Field(max_length=16)]
    during: Annotated[During, Field(strict=False)]


async def access(request: web.Request, principal: Principal) -> web.Response:
    """The TURN servers, with credentials for one try."""
    limit(request, "relay", request.app[SETTINGS].relay_rate, principal.session_hash)
    await problem.read(request, Nothing)
    made = request.app[SERVICES].relaying.access()
    return answer({"ice_servers": [asdict(server) for server in made.servers], "relay_only": made.relay_only})


async def unusable(request: web.Request, principal: Principal) -> web.Response:
    """A browser could use none of them."""
    limit(request, "relay", request.app[SETTINGS].relay_rate, principal.session_hash)
    body = await problem.read(request, Unusable)
    code = request.app[SERVICES].relaying.unusable(principal, body.code, body.during)
    request.app[METRICS].relay_unusable(body.during, code)
    return answer({})


for _path, _handler in (("relay", access), ("relay/unusable", unusable)):
    routes.post(f"/join/{_path}")(join_only(_handler))
    routes.post(f"/staff/{_path}")(staff_only(StaffRole.INTERVIEWER)(_handler))
