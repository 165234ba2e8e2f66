"""Setting an account up after a one-use link. One rule: the authenticator's key is on this page and on no other."""

from __future__ import annotations

from typing import Annotated

import segno
from aiohttp import web
from pydantic import Field

from verifier.core.access import session_tag
from verifier.core.principal import StaffPrincipal, Stage
from verifier.service.enrolling import Offer
from verifier.web import problem
from verifier.web.access import setting_up
from verifier.web.keys import SERVICES
from verifier.web.pages.bodies import Body
from verifier.web.pages.sign_in import signed_in, start_of
from verifier.web.rendering import render

routes = web.RouteTableDef()


class SetUp(Body):
    """A new password, and the code of the authenticator."""

    password: Annotated[str, Field(min_length=1, max_length=1_000)]
    code: Annotated[str, Field(min_length=1, max_length=40)]


@routes.get("/staff/enrol")
@setting_up
async def page(request: web.Request, principal: StaffPrincipal) -> web.Response:
    """Password and authenticator, or, for an account that has one, a new password and its code.

    Raises:
        web.HTTPSeeOther: there is nothing to set up.
    """
    if principal.stage is Stage.FULL:
        raise web.HTTPSeeOther(start_of(principal.person, principal.stage))
    known = principal.stage is Stage.SECOND_FACTOR
    offered = None if known else printed(await request.app[SERVICES].accounts.enrolling.offer(principal))
    person = {"name": principal.person.name, "email": principal.person.email}
    page_data = {"session": session_tag(principal.session_hash)}
    return render(request, "staff/enrol.html", page_data=page_data, person=person, known=known, offered=offered)


@routes.post("/staff/enrol")
@setting_up
async def set_up(request: web.Request, principal: StaffPrincipal) -> web.Response:
    """The account is set up: a full session, and the recovery codes, once."""
    body = await problem.read(request, SetUp)
    enrolled = await request.app[SERVICES].accounts.enrolling.set_up(principal, body.password, body.code)
    return signed_in(enrolled.signed_in, recovery_codes=list(enrolled.recovery_codes))


def printed(offer: Offer) -> dict[str, object]:
    """``secret`` (in groups of four), and as a QR code: ``qr_size`` modules square, the dark ones as ``qr_path``."""
    rows = [list(row) for row in segno.make(offer.address, micro=False, error="m").matrix_iter(border=4)]
    dark = (f"M{x} {y}h1v1h-1z" for y, row in enumerate(rows) for x, is_dark in enumerate(row) if is_dark)
    groups = (offer.secret[at : at + 4] for at in range(0, len(offer.secret), 4))
    return {"secret": " ".join(groups), "qr_size": len(rows), "qr_path": "".join(dark)}
