"""The freelancer's page and its posts. The token of the link stands in the fragment, so a GET never spends it."""

from __future__ import annotations

from aiohttp import web

from verifier.core.access import Audience
from verifier.core.principal import FreelancerPrincipal
from verifier.service.joining import Over, SignedIn
from verifier.web import problem
from verifier.web.access import join_only, public
from verifier.web.keys import SERVICES, SETTINGS
from verifier.web.pages.bodies import Body, Nothing, TokenBody
from verifier.web.rendering import answer, render
from verifier.web.security import limit_tickets, set_session

routes = web.RouteTableDef()


class Consent(Body):
    """What the freelancer agrees to."""

    interview: bool
    recording: bool


@routes.get("/join")
@public
async def page(request: web.Request) -> web.Response:
    """The page; it knows nothing of the case until its script has exchanged the token."""
    page_data = {
        "exchange_url": "/join/exchange",
        "state_url": "/join/state",
        "consent_url": "/join/consent",
        "ticket_url": "/join/ticket",
        "alternative_url": "/join/alternative",
        "decline_retry_url": "/join/decline-retry",
        "check_url": "/join/check",
        "platform_name": request.app[SETTINGS].platform_name,
    }
    return render(request, "join.html", page_data=page_data)


@routes.post("/join/exchange")
@public
async def exchange(request: web.Request) -> web.Response:
    """Token to session; older sessions are told and closed. Of a closed case the way to its private page."""
    body = await problem.read(request, TokenBody)
    found = await request.app[SERVICES].joining.exchange(body.token)
    if isinstance(found, Over):
        return answer({"next": "over", "case_url": found.case_url})
    return signed_in(found, Audience.FREELANCER)


@routes.get("/join/state")
@join_only
async def state(request: web.Request, principal: FreelancerPrincipal) -> web.Response:
    """The JoinState."""
    return answer(await request.app[SERVICES].joining.state(principal))


@routes.post("/join/consent")
@join_only
async def consent(request: web.Request, principal: FreelancerPrincipal) -> web.Response:
    """Store the consent."""
    body = await problem.read(request, Consent)
    joining = request.app[SERVICES].joining
    return answer(await joining.consent(principal, interview=body.interview, recording=body.recording))


@routes.post("/join/ticket")
@join_only
async def ticket(request: web.Request, principal: FreelancerPrincipal) -> web.Response:
    """A single-use ticket for the WebSocket."""
    limit_tickets(request, principal.session_hash)
    await problem.read(request, Nothing)
    return answer({"ticket": await request.app[SERVICES].joining.ticket(principal), "url": "/ws"})


@routes.post("/join/alternative")
@join_only
async def alternative(request: web.Request, principal: FreelancerPrincipal) -> web.Response:
    """Another way of being verified."""
    await problem.read(request, Nothing)
    return answer(await request.app[SERVICES].joining.alternative(principal))


@routes.post("/join/decline-retry")
@join_only
async def decline_retry(request: web.Request, principal: FreelancerPrincipal) -> web.Response:
    """No further call."""
    await problem.read(request, Nothing)
    return answer(await request.app[SERVICES].joining.decline_retry(principal))


def signed_in(session: SignedIn, audience: Audience) -> web.Response:
    """The state with the cookie of the new session."""
    response = answer(session.state)
    set_session(response, audience, session.secret, session.valid_ms)
    return response
