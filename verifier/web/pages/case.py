"""The private case page. Without a session it opens the link by its script.

One rule: what the page shows has reached the freelancer, and that is stored before it is shown.
"""

from __future__ import annotations

from dataclasses import asdict

from aiohttp import web

from verifier.core.access import Audience, fingerprint, session_tag
from verifier.core.principal import FreelancerPrincipal
from verifier.errors import NotAuthenticated
from verifier.web import problem
from verifier.web.access import case_only, case_reader, public
from verifier.web.keys import PAGES, SERVICES, SETTINGS
from verifier.web.pages import case_view
from verifier.web.pages.bodies import Nothing, TokenBody
from verifier.web.pages.join import signed_in
from verifier.web.rendering import answer, language, render
from verifier.web.security import cookie_secrets, limit

routes = web.RouteTableDef()

_PAGE_DATA = {"exchange_url": "/case/exchange", "state_url": "/case/state", "page_url": "/case"}


@routes.get("/case")
@public
async def page(request: web.Request) -> web.Response:
    """The case as it stands, or the page that opens a link."""
    try:
        principal = await case_reader(request)
    except NotAuthenticated:
        return render(request, "case.html", page_data={**_PAGE_DATA, "view": "opening"}, view="opening", case=None)
    state = await reached(request, principal)
    cited = await request.app[SERVICES].redress.own_quality.cited(principal.verification_id)
    words = request.app[PAGES].catalogue(language(request))
    shown = case_view.case(state, cited, request.app[SETTINGS].platform_name, words)
    page_data = {**_PAGE_DATA, "view": "open", "session": session_tag(principal.session_hash)}
    return render(request, "case.html", page_data=page_data, view="open", case=shown)


@routes.post("/case/exchange")
@public
async def exchange(request: web.Request) -> web.Response:
    """Token to session."""
    body = await problem.read(request, TokenBody)
    return signed_in(await request.app[SERVICES].joining.exchange_case(body.token), Audience.CASE)


@routes.post("/case/start")
@case_only
async def start(request: web.Request, principal: FreelancerPrincipal) -> web.Response:
    """A link by which the call can be started at once."""
    limit(request, "start", request.app[SETTINGS].words_rate, principal.verification_id)
    await problem.read(request, Nothing)
    return answer({"join_url": await request.app[SERVICES].linking.start(principal)})


@routes.post("/case/sessions/end")
@case_only
async def end_sessions(request: web.Request, principal: FreelancerPrincipal) -> web.Response:
    """Sign out every other browser of the case."""
    await problem.read(request, Nothing)
    return answer({"ended": await request.app[SERVICES].linking.end_others(principal, _also_here(request))})


@routes.post("/case/links/renew")
@case_only
async def renew_links(request: web.Request, principal: FreelancerPrincipal) -> web.Response:
    """New links instead of all older ones."""
    await problem.read(request, Nothing)
    return answer(asdict(await request.app[SERVICES].linking.renew(principal, _also_here(request))))


@routes.get("/case/state")
@case_only
async def state(request: web.Request, principal: FreelancerPrincipal) -> web.Response:
    """The CaseState."""
    return answer(await reached(request, principal))


async def reached(request: web.Request, principal: FreelancerPrincipal) -> dict[str, object]:
    """The CaseState, once it is stored that the freelancer was shown it."""
    services = request.app[SERVICES]
    await services.redress.responding.page_opened(principal)
    return await services.joining.case(principal)


def _also_here(request: web.Request) -> frozenset[str]:
    """The same browser's session at the interview: it is not another browser."""
    return frozenset(fingerprint(secret) for secret in cookie_secrets(request, Audience.FREELANCER))
