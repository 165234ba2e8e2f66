"""The interviewer's pages before a call: the queue and the own check."""

from __future__ import annotations

from aiohttp import web

from verifier.core.gate import Gate
from verifier.core.model import StaffRole
from verifier.core.principal import StaffPrincipal
from verifier.web import problem
from verifier.web.access import staff_only
from verifier.web.keys import SERVICES
from verifier.web.pages.bodies import Nothing
from verifier.web.rendering import answer, render_staff

routes = web.RouteTableDef()


@routes.get("/staff/queue")
@staff_only(StaffRole.INTERVIEWER)
async def queue_page(request: web.Request, principal: StaffPrincipal) -> web.Response:
    """The queue, printed with what it shows first."""
    services = request.app[SERVICES]
    figures = await services.staff.queue(principal)
    gate = await services.staff.gate(principal)
    page_data = {
        "queue_url": "/staff/queue.json",
        "take_url": "/staff/take",
        "check_url": "/staff/check",
        "gate": _gate(gate),
        "waiting": figures["waiting"],
        "queue": figures,
    }
    return render_staff(request, "staff/queue.html", principal, "queue", page_data=page_data)


@routes.get("/staff/queue.json")
@staff_only(StaffRole.INTERVIEWER)
async def queue(request: web.Request, principal: StaffPrincipal) -> web.Response:
    """The queue's figures."""
    return answer(await request.app[SERVICES].staff.queue(principal))


@routes.post("/staff/take")
@staff_only(StaffRole.INTERVIEWER)
async def take(request: web.Request, principal: StaffPrincipal) -> web.Response:
    """The next call in fair order."""
    await problem.read(request, Nothing)
    interview_id = await request.app[SERVICES].taking.take_next(principal)
    return answer({"interview_id": interview_id, "url": f"/staff/interviews/{interview_id}"})


@routes.get("/staff/check")
@staff_only(StaffRole.INTERVIEWER)
async def check_page(request: web.Request, principal: StaffPrincipal) -> web.Response:
    """The interviewer's own check."""
    services = request.app[SERVICES]
    page_data = {
        "check_url": "/staff/check",
        "queue_url": "/staff/queue",
        "gate": _gate(await services.staff.gate(principal)),
    }
    return render_staff(request, "staff/check.html", principal, "queue", page_data=page_data)


def _gate(gate: Gate) -> dict[str, object]:
    return {"state": gate.state, "valid_until_ms": gate.valid_until_ms}
