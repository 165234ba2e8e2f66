"""Who works here, for administrators. One rule: the service asks whether it is somebody else; a page never decides."""

from __future__ import annotations

import datetime
from typing import Annotated

from aiohttp import web
from pydantic import Field

from verifier.core.model import PersonId, StaffRole, Training, trained
from verifier.core.principal import StaffPrincipal
from verifier.errors import InvalidInput
from verifier.service.administering import Colleague
from verifier.web import problem
from verifier.web.access import staff_only
from verifier.web.keys import PAGES, SERVICES, SETTINGS
from verifier.web.pages.account import ZONE, done, training
from verifier.web.pages.bodies import Body, Nothing
from verifier.web.rendering import answer, language, render_staff
from verifier.wording.dates import moment
from verifier.wording.staff import role_name

routes = web.RouteTableDef()
administrators_only = staff_only(StaffRole.ADMINISTRATOR)

_DAY_MS = 86_400_000
_SUGGESTED_DAYS = 365
_DONE = {"roles", "training", "disabled", "enabled", "sessions"}
_Roles = Annotated[list[Annotated[StaffRole, Field(strict=False)]], Field(max_length=len(StaffRole))]
_Line = Annotated[str, Field(min_length=1, max_length=120)]


class NewPerson(Body):
    """Somebody who begins to work here."""

    name: _Line
    email: Annotated[str, Field(min_length=3, max_length=254)]
    pseudonym: _Line
    languages: Annotated[str, Field(min_length=2, max_length=200)]
    """BCP 47 tags with commas between."""
    roles: _Roles


class Roles(Body):
    """These roles and no others."""

    roles: _Roles


class NewTraining(Body):
    """A training completed today."""

    role: Annotated[StaffRole, Field(strict=False)]
    valid_until: Annotated[str, Field(max_length=10)]
    """YYYY-MM-DD; valid until the end of that day, UTC."""


class NewLink(Body):
    """Whether the account is set up anew."""

    forget_authenticator: bool = False


@routes.get("/staff/settings/people")
@administrators_only
async def listing(request: web.Request, principal: StaffPrincipal) -> web.Response:
    """Everybody, and a form to add somebody."""
    everybody = await request.app[SERVICES].accounts.administering.everybody(principal)
    now_ms = request.app[SERVICES].clock.now_ms()
    people = [{**_shown(one, principal), "overdue": _overdue(one, now_ms)} for one in everybody]
    return render_staff(request, "staff/people.html", principal, "people", page_data={}, people=people)


@routes.post("/staff/settings/people")
@administrators_only
async def add(request: web.Request, principal: StaffPrincipal) -> web.Response:
    """A new person, and the first sign-in link, once."""
    body = await problem.read(request, NewPerson)
    languages = [tag.strip() for tag in body.languages.split(",") if tag.strip()]
    administering = request.app[SERVICES].accounts.administering
    person, token = await administering.add(principal, body.name, body.email, body.pseudonym, body.roles, languages)
    return answer({"id": person.id, "link": _link(request, token)})


@routes.get("/staff/settings/people/{id}")
@administrators_only
async def page(request: web.Request, principal: StaffPrincipal) -> web.Response:
    """One person: roles, trainings, access, and what was changed."""
    services, lang = request.app[SERVICES], language(request)
    colleague, record = await services.accounts.administering.one(principal, _id(request))
    now_ms, say = services.clock.now_ms(), request.app[PAGES].catalogue(lang).translate
    return render_staff(
        request,
        "staff/person.html",
        principal,
        "people",
        page_data={},
        colleague=_shown(colleague, principal),
        trainings=[training(one, now_ms, lang) for one in reversed(colleague.trainings)],
        changes=[
            {
                "at": moment(change.at_ms, ZONE, lang),
                "what": change.what.value,
                "detail": ", ".join(role_name(word, say) for word in change.detail.split(", ") if word),
                "by": by,
            }
            for change, by in record.changes
        ],
        done=done(request, _DONE),
        next_year=_day(now_ms + _SUGGESTED_DAYS * _DAY_MS),
    )


@routes.post("/staff/settings/people/{id}/roles")
@administrators_only
async def set_roles(request: web.Request, principal: StaffPrincipal) -> web.Response:
    """These roles and no others, at once."""
    body = await problem.read(request, Roles)
    await request.app[SERVICES].accounts.administering.set_roles(principal, _id(request), body.roles)
    return answer({})


@routes.post("/staff/settings/people/{id}/trainings")
@administrators_only
async def add_training(request: web.Request, principal: StaffPrincipal) -> web.Response:
    """A training completed today."""
    body = await problem.read(request, NewTraining)
    services = request.app[SERVICES]
    entered = Training(_id(request), body.role, services.clock.now_ms(), _end_of(body.valid_until))
    await services.accounts.administering.add_training(principal, entered)
    return answer({})


@routes.post("/staff/settings/people/{id}/link")
@administrators_only
async def make_link(request: web.Request, principal: StaffPrincipal) -> web.Response:
    """A fresh sign-in link, once."""
    body = await problem.read(request, NewLink)
    administering = request.app[SERVICES].accounts.administering
    token = await administering.mint_link(principal, _id(request), forget_factor=body.forget_authenticator)
    return answer({"link": _link(request, token)})


@routes.post("/staff/settings/people/{id}/end-sessions")
@administrators_only
async def end_sessions(request: web.Request, principal: StaffPrincipal) -> web.Response:
    """Sign somebody out everywhere."""
    await problem.read(request, Nothing)
    await request.app[SERVICES].accounts.administering.end_sessions(principal, _id(request))
    return answer({})


@routes.post("/staff/settings/people/{id}/disable")
@administrators_only
async def disable(request: web.Request, principal: StaffPrincipal) -> web.Response:
    """No access any more."""
    await problem.read(request, Nothing)
    await request.app[SERVICES].accounts.administering.disable(principal, _id(request))
    return answer({})


@routes.post("/staff/settings/people/{id}/enable")
@administrators_only
async def enable(request: web.Request, principal: StaffPrincipal) -> web.Response:
    """Access again."""
    await problem.read(request, Nothing)
    await request.app[SERVICES].accounts.administering.enable(principal, _id(request))
    return answer({})


def _id(request: web.Request) -> PersonId:
    return PersonId(request.match_info["id"])


def _link(request: web.Request, token: str) -> str:
    return f"{request.app[SETTINGS].public_url}/staff#{token}"


def _shown(one: Colleague, principal: StaffPrincipal) -> dict[str, object]:
    person = one.person
    return {
        "id": person.id,
        "name": person.name,
        "email": person.email,
        "pseudonym": person.pseudonym,
        "roles": sorted(person.roles),
        "languages": ", ".join(person.languages),
        "disabled": person.disabled_ms is not None,
        "set_up": one.set_up,
        "own": person.id == principal.person.id,
    }


def _overdue(one: Colleague, now_ms: int) -> list[str]:
    """Roles that this person holds without a current training."""
    needed = one.person.roles - {StaffRole.ADMINISTRATOR}
    return sorted(role for role in needed if trained(one.trainings, role, now_ms) is None)


def _end_of(day: str) -> int:
    """The last millisecond of a day, UTC.

    Raises:
        InvalidInput: not a day.
    """
    try:
        midnight = datetime.datetime.combine(datetime.date.fromisoformat(day), datetime.time(), datetime.UTC)
    except ValueError:
        raise InvalidInput("Enter a day as YYYY-MM-DD.", field="valid_until") from None
    return int(midnight.timestamp() * 1_000) + _DAY_MS - 1


def _day(at_ms: int) -> str:
    return datetime.datetime.fromtimestamp(at_ms / 1_000, datetime.UTC).date().isoformat()
