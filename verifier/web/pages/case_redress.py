"""What the freelancer does on his private page: answers, appeals, takes his data with him, sends a message back.

One rule: a form is shown only where there is something to write; whoever comes too late is led back to his case, which
says what is left to do.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Annotated, Any

from aiohttp import web
from pydantic import Field

from verifier.core.access import session_tag
from verifier.core.appeal import APPEAL_MAX_CHARACTERS
from verifier.core.model import ProposalId
from verifier.core.principal import FreelancerPrincipal
from verifier.core.proposal import RESPONSE_MAX_CHARACTERS
from verifier.web import problem
from verifier.web.access import case_only, public
from verifier.web.keys import PAGES, SERVICES, SETTINGS
from verifier.web.pages import case_view
from verifier.web.pages.bodies import Body, TokenBody, Written
from verifier.web.pages.case import reached
from verifier.web.pages.redress_view import Reading
from verifier.web.rendering import answer, language, render
from verifier.web.security import limit

routes = web.RouteTableDef()


class ResponseBody(Body):
    """The freelancer's answer to a proposal."""

    proposal_id: Annotated[str, Field(min_length=1, max_length=64)]
    text: Written


class AppealBody(Body):
    """The freelancer's appeal against the decision that his page showed."""

    decision_version: Annotated[int, Field(ge=1, le=2**31)]
    text: Written


@routes.get("/case/answer")
@case_only
async def answer_page(request: web.Request, principal: FreelancerPrincipal) -> web.Response:
    """The form in which a proposed failure is answered; back to the case where there is nothing to answer."""
    shown = await _redress(request, principal)
    proposal = shown["proposal"]
    if not isinstance(proposal, dict) or not proposal["open"]:
        raise web.HTTPSeeOther("/case")
    return _form(request, principal, "case_answer.html", shown, f"answer:{proposal['id']}")


@routes.post("/case/respond")
@case_only
async def respond(request: web.Request, principal: FreelancerPrincipal) -> web.Response:
    """The answer, stored."""
    limit(request, "words", request.app[SETTINGS].words_rate, principal.verification_id)
    body = await problem.read(request, ResponseBody)
    await request.app[SERVICES].redress.responding.respond(principal, ProposalId(body.proposal_id), body.text)
    return answer({"next": "/case"})


@routes.get("/case/appeal")
@case_only
async def appeal_page(request: web.Request, principal: FreelancerPrincipal) -> web.Response:
    """The form in which a decision is appealed against; back to the case where there is nothing to appeal against."""
    shown = await _redress(request, principal)
    appealing = shown["appealing"]
    if not isinstance(appealing, dict) or not appealing["possible"]:
        raise web.HTTPSeeOther("/case")
    draft = f"appeal:{principal.verification_id}/{appealing['version']}"
    return _form(request, principal, "case_appeal.html", shown, draft)


@routes.post("/case/appeal")
@case_only
async def appeal(request: web.Request, principal: FreelancerPrincipal) -> web.Response:
    """The appeal, stored."""
    limit(request, "words", request.app[SETTINGS].words_rate, principal.verification_id)
    body = await problem.read(request, AppealBody)
    await request.app[SERVICES].redress.appealing.open(principal, body.decision_version, body.text)
    return answer({"next": "/case"})


# ---------------------------------------------------------------- all of it, and none of it


@routes.get("/case/export.json")
@case_only
async def export(request: web.Request, principal: FreelancerPrincipal) -> web.Response:
    """Everything that is stored about the reader, as a file."""
    limit(request, "export", request.app[SETTINGS].words_rate, principal.verification_id)
    stored = await request.app[SERVICES].redress.own_data.export(principal)
    text = json.dumps(stored, ensure_ascii=False, indent=1)
    headers = {"Cache-Control": "no-store", "Content-Disposition": 'attachment; filename="verifier-my-data.json"'}
    response = web.Response(text=text, content_type="application/json", charset="utf-8", headers=headers)
    response.enable_compression()
    return response


@routes.get("/case/not-me")
@public
async def not_me_page(request: web.Request) -> web.Response:
    """Where somebody says that a message was not meant for him; nothing of any case is on it."""
    return render(request, "not_me.html", page_data={"post_url": "/case/not-me"})


@routes.post("/case/not-me")
@public
async def not_me(request: web.Request) -> web.Response:
    """The message was not meant for whoever holds this link."""
    body = await problem.read(request, TokenBody)
    await request.app[SERVICES].redress.disowning.report(body.token)
    return answer({})


async def _redress(request: web.Request, principal: FreelancerPrincipal) -> dict[str, object]:
    state = await reached(request, principal)
    reading = Reading(str(state["time_zone"]), request.app[PAGES].catalogue(language(request)), _now_ms(request))
    return case_view.redress(state, {}, reading)


def _now_ms(request: web.Request) -> int:
    return request.app[SERVICES].clock.now_ms()


def _form(
    request: web.Request, principal: FreelancerPrincipal, template: str, shown: Mapping[str, Any], draft: str
) -> web.Response:
    most = RESPONSE_MAX_CHARACTERS if template == "case_answer.html" else APPEAL_MAX_CHARACTERS
    page_data = {"draft": draft, "session": session_tag(principal.session_hash), "most": most}
    return render(request, template, page_data=page_data, case=shown, most=most)
