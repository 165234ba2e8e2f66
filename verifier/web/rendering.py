"""Templates to answers. One rule: a page is never cached, and speaks the first language that both sides know."""

from __future__ import annotations

from collections.abc import Mapping

from aiohttp import hdrs, web

from verifier.core.access import session_tag
from verifier.core.principal import StaffPrincipal
from verifier.web import alarms_view
from verifier.web.keys import PAGES, SERVICES, SETTINGS


def language(request: web.Request) -> str:
    """The page's language: ``?lang=``, else the browser's preference, else English."""
    accepted = request.headers.get(hdrs.ACCEPT_LANGUAGE, "")
    return request.app[PAGES].negotiate(request.query.get("lang", ""), accepted)


def render(
    request: web.Request,
    template: str,
    status: int = 200,
    *,
    page_data: Mapping[str, object] | None = None,
    **context: object,
) -> web.Response:
    """A page."""
    pages, lang = request.app[PAGES], language(request)
    body = pages.render(
        template,
        lang,
        languages=pages.choices(),
        test_mode=request.app[SETTINGS].test_mode,
        page_data=page_data or {},
        **context,
    )
    return web.Response(
        text=body, status=status, content_type="text/html", headers={"Cache-Control": "no-store", "Vary": "Accept"}
    )


def render_staff(
    request: web.Request,
    template: str,
    principal: StaffPrincipal,
    section: str = "",
    *,
    page_data: Mapping[str, object] | None = None,
    **context: object,
) -> web.Response:
    """A page behind the staff sign-in."""
    person = principal.person
    shown = {"name": person.name, "pseudonym": person.pseudonym, "roles": sorted(person.roles)}
    data = {**(page_data or {}), "session": session_tag(principal.session_hash)}
    words = request.app[PAGES].catalogue(language(request))
    found = request.app[SERVICES].redress.escalating.alarms(person)
    alarms = [alarms_view.alarm(each, person, words) for each in found]
    return render(request, template, 200, page_data=data, person=shown, section=section, alarms=alarms, **context)


def answer(payload: Mapping[str, object]) -> web.Response:
    """JSON that is never cached."""
    return web.json_response(payload, headers={"Cache-Control": "no-store"})
