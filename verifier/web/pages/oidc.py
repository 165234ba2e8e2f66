"""Signing in by the organisation's identity provider. One rule: its answer is first of all a page of ours.

The browser comes back from another site, so its answer carries none of our ``SameSite=Strict`` cookies, and a redirect
from there would carry none either. The cookie of the sign-in under way is therefore Lax (sent when a person is led
here, never when a page loads or posts something), and the answer is a page that leads on by itself, from our site.
"""

from __future__ import annotations

import structlog
from aiohttp import web

from verifier.core.identity import Refusal
from verifier.errors import IdentityRefused
from verifier.service.federating import UNDER_WAY_MS, Answer
from verifier.web.access import public
from verifier.web.keys import REQUEST_ID, SERVICES
from verifier.web.pages.sign_in import client, keep, start_of
from verifier.web.rendering import render

routes = web.RouteTableDef()

COOKIE = "__Host-vi_oidc"
CALLBACK = "/staff/oidc/callback"
_log = structlog.get_logger(__name__)


@routes.get("/staff/oidc")
@public
async def begin(request: web.Request) -> web.StreamResponse:
    """To the provider, with a cookie that this sign-in is bound to; back to the form when there is none."""
    federating = request.app[SERVICES].accounts.federating
    if federating is None:
        return _to("/staff")
    try:
        secret, address = await federating.begin()
    except IdentityRefused as refused:
        return _refused(request, refused)
    response = _to(address)
    response.set_cookie(
        COOKIE, secret, path="/", secure=True, httponly=True, samesite="Lax", max_age=UNDER_WAY_MS // 1_000
    )
    return response


@routes.get(CALLBACK)
@public
async def callback(request: web.Request) -> web.StreamResponse:
    """The provider's answer: signed in, or back to the form; the cookie is used up either way."""
    federating = request.app[SERVICES].accounts.federating
    if federating is None:
        return _to("/staff")
    query = request.query
    answer = Answer(query.get("state", ""), query.get("code", ""), query.get("error", ""), query.get("iss"))
    try:
        session = await federating.finish(request.cookies.get(COOKIE, ""), answer, client(request))
    except IdentityRefused as refused:
        return _forget(_refused(request, refused))
    start = start_of(session.person, session.stage)
    response = render(request, "staff/signed_in.html", page_data={"next": start}, next=start)
    keep(response, session)
    return _forget(response)


def _to(address: str) -> web.Response:
    return web.Response(status=303, headers={"Location": address, "Cache-Control": "no-store"})


def _refused(request: web.Request, refused: IdentityRefused) -> web.Response:
    """Back to the form; why is in the log, by a word of ours and nothing that came from outside."""
    _log.warning("identity_refused", request_id=request[REQUEST_ID], reason=refused.field)
    unknown = refused.field in {Refusal.UNKNOWN_PERSON, Refusal.EMAIL, Refusal.NO_ROLE}
    return _to(f"/staff?error={'unknown_person' if unknown else 'provider'}")


def _forget(response: web.Response) -> web.Response:
    response.del_cookie(COOKIE, path="/", secure=True, httponly=True, samesite="Lax")
    return response
