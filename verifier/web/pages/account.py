"""One's own account: password, authenticator, codes, sessions. One rule: each change asks for a proof again."""

from __future__ import annotations

from typing import Annotated

from aiohttp import web
from pydantic import Field

from verifier.core.access import session_tag
from verifier.core.model import Training
from verifier.core.principal import StaffPrincipal
from verifier.web import problem
from verifier.web.access import staff_only
from verifier.web.keys import SERVICES
from verifier.web.pages.bodies import Body, Nothing
from verifier.web.pages.enrolment import printed
from verifier.web.pages.sign_in import signed_in
from verifier.web.rendering import answer, language, render_staff
from verifier.wording.dates import moment

routes = web.RouteTableDef()

ZONE = "UTC"
"""Staff pages show UTC: colleagues in different zones talk about the same moment."""
_Password = Annotated[str, Field(min_length=1, max_length=1_000)]


class ChangePassword(Body):
    """The current password and a new one."""

    current: _Password
    password: _Password


class Current(Body):
    """The current password."""

    current: _Password


class Code(Body):
    """A one-time code, or a recovery code where one is taken."""

    code: Annotated[str, Field(min_length=1, max_length=40)]


class EndSession(Body):
    """Which session: the reference on the page."""

    session: Annotated[str, Field(min_length=16, max_length=16)]


@routes.get("/staff/settings")
@staff_only()
async def page(request: web.Request, principal: StaffPrincipal) -> web.Response:
    """The person's own account."""
    accounts, lang = request.app[SERVICES].accounts, language(request)
    own = await accounts.enrolling.overview(principal)
    since = own.authenticator_since_ms
    return render_staff(
        request,
        "staff/settings.html",
        principal,
        "settings",
        page_data={},
        account={
            "email": principal.person.email,
            "has_password": own.has_password,
            "authenticator_since": None if since is None else moment(since, ZONE, lang),
            "recovery_left": own.recovery_codes_left,
        },
        trainings=[training(one, request.app[SERVICES].clock.now_ms(), lang) for one in own.trainings],
        sessions=[
            {
                "reference": session_tag(one.token_hash),
                "agent": one.agent or "",
                "since": moment(one.created_ms, ZONE, lang),
                "seen": moment(one.seen_ms or one.created_ms, ZONE, lang),
                "own": one.token_hash == principal.session_hash,
            }
            for one in await accounts.sessions.own(principal)
        ],
        done=done(request, {"sessions"}),
    )


@routes.post("/staff/settings/password")
@staff_only()
async def change_password(request: web.Request, principal: StaffPrincipal) -> web.Response:
    """Another password; every other browser is signed out."""
    body = await problem.read(request, ChangePassword)
    await request.app[SERVICES].accounts.enrolling.change_password(principal, body.current, body.password)
    return answer({})


@routes.post("/staff/settings/authenticator/offer")
@staff_only()
async def offer(request: web.Request, principal: StaffPrincipal) -> web.Response:
    """Another authenticator to take over; the one in force stays until it is proven."""
    body = await problem.read(request, Current)
    return answer(printed(await request.app[SERVICES].accounts.enrolling.offer_another(principal, body.current)))


@routes.post("/staff/settings/authenticator")
@staff_only()
async def take_over(request: web.Request, principal: StaffPrincipal) -> web.Response:
    """The offered authenticator is in force; new recovery codes."""
    body = await problem.read(request, Code)
    codes = await request.app[SERVICES].accounts.enrolling.take_over(principal, body.code)
    return answer({"recovery_codes": list(codes)})


@routes.post("/staff/settings/recovery-codes")
@staff_only()
async def recovery_codes(request: web.Request, principal: StaffPrincipal) -> web.Response:
    """New recovery codes in the place of all others."""
    body = await problem.read(request, Current)
    codes = await request.app[SERVICES].accounts.enrolling.new_recovery_codes(principal, body.current)
    return answer({"recovery_codes": list(codes)})


@routes.post("/staff/settings/second-factor")
@staff_only()
async def second_factor(request: web.Request, principal: StaffPrincipal) -> web.Response:
    """The second factor given once more, for what asks for a recent one."""
    body = await problem.read(request, Code)
    return signed_in(await request.app[SERVICES].accounts.enrolling.give_second_factor(principal, body.code))


@routes.post("/staff/settings/sessions/end")
@staff_only()
async def end_session(request: web.Request, principal: StaffPrincipal) -> web.Response:
    """Sign out in another browser."""
    body = await problem.read(request, EndSession)
    await request.app[SERVICES].accounts.sessions.end(principal, body.session)
    return answer({})


@routes.post("/staff/settings/sessions/end-others")
@staff_only()
async def end_others(request: web.Request, principal: StaffPrincipal) -> web.Response:
    """Sign out in every other browser."""
    await problem.read(request, Nothing)
    await request.app[SERVICES].accounts.sessions.end_own_others(principal)
    return answer({})


def training(one: Training, now_ms: int, lang: str) -> dict[str, object]:
    """A training as the pages show it."""
    return {
        "role": one.role.value,
        "completed": moment(one.completed_ms, ZONE, lang),
        "until": moment(one.valid_until_ms, ZONE, lang),
        "current": one.current(now_ms),
    }


def done(request: web.Request, known: set[str]) -> str:
    """What the page says was done before it was loaded again; ``?done=`` says nothing else."""
    said = request.query.get("done", "")
    return said if said in known else ""
