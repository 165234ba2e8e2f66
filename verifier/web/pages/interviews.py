"""The interviewer's call: its page, its ticket, its outcome and the one decision that an interviewer may take."""

from __future__ import annotations

from aiohttp import web

from verifier.core.model import InterviewId, StaffRole
from verifier.core.principal import StaffPrincipal
from verifier.web import problem
from verifier.web.access import staff_only
from verifier.web.keys import PAGES, SERVICES
from verifier.web.pages.bodies import Nothing
from verifier.web.rendering import answer, language, render_staff
from verifier.web.security import limit_tickets
from verifier.wording import case as words
from verifier.wording.claims import language_name

routes = web.RouteTableDef()


@routes.get("/staff/interviews/{id}")
@staff_only(StaffRole.INTERVIEWER)
async def page(request: web.Request, principal: StaffPrincipal) -> web.Response:
    """The call as its interviewer sees it."""
    id_ = _id(request)
    sheet = await request.app[SERVICES].staff.sheet(principal, id_)
    catalogue = request.app[PAGES].catalogue(language(request))
    languages = dict.fromkeys(language_name(one, catalogue.language) for one in sheet["languages"])
    here = f"/staff/interviews/{id_}"
    page_data = {
        "interview_id": id_,
        "state": sheet["state"],
        "ticket_url": f"{here}/ticket",
        "outcome_url": f"{here}/outcome",
        "verify_url": f"{here}/verify",
        "review_url": f"/staff/reviews/{id_}",
        "queue_url": "/staff/queue",
    }
    return render_staff(
        request,
        "staff/interview.html",
        principal,
        "queue",
        page_data=page_data,
        interview={**sheet, "languages": list(languages)},
        claims=words.claims(sheet["claims"], catalogue),
    )


@routes.post("/staff/interviews/{id}/ticket")
@staff_only(StaffRole.INTERVIEWER)
async def ticket(request: web.Request, principal: StaffPrincipal) -> web.Response:
    """A single-use ticket for the WebSocket."""
    limit_tickets(request, principal.session_hash)
    await problem.read(request, Nothing)
    return answer({"ticket": await request.app[SERVICES].staff.ticket(principal, _id(request)), "url": "/ws"})


@routes.get("/staff/interviews/{id}/outcome")
@staff_only(StaffRole.INTERVIEWER, StaffRole.REVIEWER)
async def outcome(request: web.Request, principal: StaffPrincipal) -> web.Response:
    """What the rules allow after the call."""
    return answer(await request.app[SERVICES].deciding.outcome(principal, _id(request)))


@routes.post("/staff/interviews/{id}/verify")
@staff_only(StaffRole.INTERVIEWER, StaffRole.REVIEWER)
async def verify(request: web.Request, principal: StaffPrincipal) -> web.Response:
    """Decide verified, when the rules allow it."""
    await problem.read(request, Nothing)
    return answer(await request.app[SERVICES].deciding.verify(principal, _id(request)))


def _id(request: web.Request) -> InterviewId:
    return InterviewId(request.match_info["id"])
