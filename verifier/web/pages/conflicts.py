""" "I know this person": a staff member keeps away from a case. One rule: at once, for good, without a reason."""

from __future__ import annotations

from aiohttp import web

from verifier.core.model import StaffRole, VerificationId
from verifier.core.principal import StaffPrincipal
from verifier.web import problem
from verifier.web.access import staff_only
from verifier.web.keys import SERVICES
from verifier.web.pages.bodies import Nothing
from verifier.web.rendering import answer

routes = web.RouteTableDef()


@routes.post("/staff/cases/{id}/conflict")
@staff_only(StaffRole.INTERVIEWER, StaffRole.REVIEWER, StaffRole.APPEAL_REVIEWER)
async def declare(request: web.Request, principal: StaffPrincipal) -> web.Response:
    """From now on this person takes no call of the case and decides nothing in it; a call with it ends."""
    await problem.read(request, Nothing)
    await request.app[SERVICES].conflicts.declare(principal, VerificationId(request.match_info["id"]))
    return answer({})
