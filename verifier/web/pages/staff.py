"""The staff pages before a call: sign-in, queue, own check."""

from __future__ import annotations

from typing import Annotated

from aiohttp import web
from pydantic import Field

from verifier.core.access import Audience
from verifier.core.gate import Gate
from verifier.core.messages import Banner, to_wire
from verifier.core.model import Person, StaffRole
from verifier.core.principal import StaffPrincipal
from verifier.errors import NotAuthenticated
from verifier.service.joining import session_topic
from verifier.service.staff import SESSION_VALID_MS
from verifier.web import problem
from verifier.web.access import public, staff_member, staff_only
from verifier.web.keys import SERVICES, SETTINGS
from verifier.web.pages.bodies import Body, Nothing, TokenBody
from verifier.web.rendering import answer, render, render_staff
from verifier.web.security import clear_session, limit, set_session

routes = web.RouteTableDef()


class SignIn(Body):
    """E-mail address and password."""

    email: Annotated[str, Field(min_length=3, max_length=254)]
    password: Annotated[str, Field(min_length=1, max_length=1_000)]


@routes.get("/staff")
@public
async def sign_in_page(request: web.Request) -> web.Response:
    """The sign-in form. The page sends on who is signed in already, unless its address carries a link for another."""
    try:
        start = start_of((await staff_member(request)).person)
    except NotAuthenticated:
        start = None
    page_data = {"sign_in_url": "/staff/sign-in", "link_url": "/staff/link", "start_url": start}
    return render(request, "staff/sign_in.html", page_data=page_data, error="", email="", totp=False)


@routes.post("/staff/sign-in")
@public
async def sign_in(request: web.Request) -> web.Response:
    """Password to session."""
    body = await problem.read(request, SignIn)
    limit(request, "sign-in", request.app[SETTINGS].sign_in_rate, body.email.strip().lower())
    secret, person = await request.app[SERVICES].staff.sign_in(body.email, body.password)
    return _signed_in(secret, person)


@routes.post("/staff/link")
@public
async def use_link(request: web.Request) -> web.Response:
    """One-use link to session."""
    limit(request, "link", request.app[SETTINGS].link_rate)
    body = await problem.read(request, TokenBody)
    secret, person = await request.app[SERVICES].staff.use_link(body.token)
    return _signed_in(secret, person)


@routes.post("/staff/sign-out")
@staff_only()
async def sign_out(request: web.Request, principal: StaffPrincipal) -> web.Response:
    """End this session."""
    services = request.app[SERVICES]
    await services.staff.sign_out(principal)
    taken_over = Banner(code="taken_over", side=None)
    services.bus.publish(session_topic(principal.session_hash), to_wire(taken_over))
    response = answer({"next": "/staff"})
    clear_session(response, Audience.STAFF)
    return response


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


def start_of(person: Person) -> str:
    """Where a person's work begins."""
    return "/staff/queue" if StaffRole.INTERVIEWER in person.roles else "/staff/reviews"


def _gate(gate: Gate) -> dict[str, object]:
    return {"state": gate.state, "valid_until_ms": gate.valid_until_ms}


def _signed_in(secret: str, person: Person) -> web.Response:
    response = answer({"next": start_of(person)})
    set_session(response, Audience.STAFF, secret, SESSION_VALID_MS)
    return response
