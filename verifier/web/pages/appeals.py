"""The staff's appeals pages: every appeal with its clock, one with all that led to it, and the answer."""

from __future__ import annotations

from typing import Annotated

from aiohttp import web
from pydantic import Field

from verifier.core.appeal import AppealOutcome
from verifier.core.model import AppealId, StaffRole, VerificationId
from verifier.core.principal import StaffPrincipal
from verifier.service.appealing import Answering
from verifier.web import problem
from verifier.web.access import staff_only
from verifier.web.keys import PAGES, SERVICES
from verifier.web.pages import appeals_view
from verifier.web.pages.bodies import Body, Written
from verifier.web.pages.redress_view import Reading
from verifier.web.rendering import answer, language, render_staff

routes = web.RouteTableDef()

_ZONE = "UTC"
"""Staff pages show UTC: colleagues in different zones talk about the same moment."""


class AnswerBody(Body):
    """The answer to an appeal."""

    outcome: Annotated[AppealOutcome, Field(strict=False)]
    text: Written
    decision_version: Annotated[int, Field(ge=1, le=2**31)]


@routes.get("/staff/appeals")
@staff_only(StaffRole.APPEAL_REVIEWER)
async def listing(request: web.Request, principal: StaffPrincipal) -> web.Response:
    """Open appeals, the nearest clock first, then those that were answered."""
    found = await request.app[SERVICES].redress.desk.listing(principal)
    shown = appeals_view.listing(found, _reading(request))
    return render_staff(request, "staff/appeals.html", principal, "appeals", page_data={}, **shown)


@routes.get("/staff/appeals/{id}")
@staff_only(StaffRole.APPEAL_REVIEWER)
async def page(request: web.Request, principal: StaffPrincipal) -> web.Response:
    """One appeal beside the statement that it is against."""
    services = request.app[SERVICES]
    found = await services.redress.desk.appeal(principal, _id(request))
    cited = await services.redress.own_quality.cited(VerificationId(str(found["verification_id"])))
    shown = appeals_view.appeal(found, cited, _reading(request))
    page_data = {"draft": f"appeal-answer:{_id(request)}", "least": shown["least"], "most": shown["most"]}
    return render_staff(request, "staff/appeal.html", principal, "appeals", page_data=page_data, **shown)


@routes.post("/staff/appeals/{id}/answer")
@staff_only(StaffRole.APPEAL_REVIEWER)
async def answered(request: web.Request, principal: StaffPrincipal) -> web.Response:
    """The appeal, answered and closed."""
    body = await problem.read(request, AnswerBody)
    sent = Answering(body.outcome, body.text, body.decision_version)
    await request.app[SERVICES].redress.appealing.answer(principal, _id(request), sent)
    return answer({"next": f"/staff/appeals/{_id(request)}"})


def _id(request: web.Request) -> AppealId:
    return AppealId(request.match_info["id"])


def _reading(request: web.Request) -> Reading:
    words = request.app[PAGES].catalogue(language(request))
    return Reading(_ZONE, words, request.app[SERVICES].clock.now_ms(), staff=True)
