"""The staff's doors: password and one-time code, one-use link, signing out. One rule: a refusal tells nothing."""

from __future__ import annotations

from typing import Annotated

from aiohttp import web
from pydantic import Field

from verifier.core.access import Audience
from verifier.core.model import Person, StaffRole
from verifier.core.principal import StaffPrincipal, Stage
from verifier.errors import NotAuthenticated
from verifier.service.signing_in import Client, SignedIn, Typed
from verifier.web import problem
from verifier.web.access import public, setting_up, staff_member
from verifier.web.addresses import client_address, neighbourhood
from verifier.web.agents import agent
from verifier.web.keys import SERVICES, SETTINGS
from verifier.web.pages.bodies import Body, TokenBody
from verifier.web.rendering import answer, render
from verifier.web.security import clear_session, set_device, set_session

routes = web.RouteTableDef()

_SHOWN_ERRORS = frozenset({"expired", "provider", "unknown_person"})


class SignIn(Body):
    """E-mail address, password, and a one-time or recovery code."""

    email: Annotated[str, Field(min_length=3, max_length=254)]
    password: Annotated[str, Field(min_length=1, max_length=1_000)]
    code: Annotated[str, Field(min_length=6, max_length=40)]


@routes.get("/staff")
@public
async def page(request: web.Request) -> web.Response:
    """The sign-in form. The page sends on who is signed in already, unless its address carries a link for another."""
    try:
        principal = await staff_member(request)
        start = start_of(principal.person, principal.stage)
    except NotAuthenticated:
        start = None
    error = request.query.get("error", "")
    return render(
        request,
        "staff/sign_in.html",
        page_data={"sign_in_url": "/staff/sign-in", "link_url": "/staff/link", "start_url": start},
        error=error if error in _SHOWN_ERRORS else "",
        email="",
        oidc=request.app[SETTINGS].oidc_name,
    )


@routes.post("/staff/sign-in")
@public
async def sign_in(request: web.Request) -> web.Response:
    """Password and code to session."""
    body = await problem.read(request, SignIn)
    signing_in = request.app[SERVICES].accounts.signing_in
    return signed_in(await signing_in.sign_in(Typed(body.email, body.password, body.code), client(request)))


@routes.post("/staff/link")
@public
async def use_link(request: web.Request) -> web.Response:
    """One-use link to session."""
    body = await problem.read(request, TokenBody)
    return signed_in(await request.app[SERVICES].accounts.signing_in.use_link(body.token, client(request)))


@routes.post("/staff/sign-out")
@setting_up
async def sign_out(request: web.Request, principal: StaffPrincipal) -> web.Response:
    """End this session, and whatever sockets it has open."""
    accounts = request.app[SERVICES].accounts
    await accounts.signing_in.sign_out(principal)
    accounts.sessions.tell([principal.session_hash])
    response = answer({"next": "/staff"})
    clear_session(response, Audience.STAFF)
    return response


def client(request: web.Request) -> Client:
    """The browser that asks, as the services know it."""
    return Client(neighbourhood(client_address(request)), request.cookies, agent(request))


def signed_in(session: SignedIn, **further: object) -> web.Response:
    """Where to go next, with the cookies of the new session."""
    response = answer({"next": start_of(session.person, session.stage), **further})
    keep(response, session)
    return response


def keep(response: web.StreamResponse, session: SignedIn) -> None:
    """Give the browser its new session, and what makes it known to the account."""
    set_session(response, Audience.STAFF, session.secret, session.valid_ms)
    if session.device is not None:
        set_device(response, session.device.name, session.device.value)


def start_of(person: Person, stage: Stage) -> str:
    """Where a person's work begins."""
    if stage is not Stage.FULL:
        return "/staff/enrol"
    if StaffRole.INTERVIEWER in person.roles:
        return "/staff/queue"
    if StaffRole.ADMINISTRATOR in person.roles:
        return "/staff/settings/people"
    return "/staff/reviews" if StaffRole.REVIEWER in person.roles else "/staff/appeals"
