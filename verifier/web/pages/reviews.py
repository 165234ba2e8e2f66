"""The reviewer's pages: every ended interview, and the replay of one with the quality of every second."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

from aiohttp import web

from verifier.core.model import InterviewId, StaffRole, VerificationId
from verifier.core.principal import StaffPrincipal
from verifier.errors import InvalidInput
from verifier.web.access import staff_only
from verifier.web.api import call_answers
from verifier.web.keys import PAGES, SERVICES
from verifier.web.pages import decision_view, inbox_view, recordings_view, review_view
from verifier.web.pages.staff_view import View
from verifier.web.rendering import answer, language, render_staff

routes = web.RouteTableDef()

_REVIEWERS = (StaffRole.REVIEWER, StaffRole.APPEAL_REVIEWER)
_ZONE = "UTC"
"""Staff pages show UTC: colleagues in different zones talk about the same moment."""


@routes.get("/staff/reviews")
@staff_only(*_REVIEWERS)
async def listing(request: web.Request, principal: StaffPrincipal) -> web.Response:
    """What waits for a reviewer, and every interview that ended, newest first."""
    services = request.app[SERVICES]
    rows = await services.reviewing.recent(principal)
    words = request.app[PAGES].catalogue(language(request))
    view = View(_ZONE, words, 0, services.clock.now_ms())
    inbox = inbox_view.inbox(await services.review.deliberating.inbox(principal), view)
    clocks = {row["id"]: row["clock"] for row in (*inbox["mine"], *inbox["others"])}
    shown = review_view.listing(rows, dict(request.query), _ZONE, words, clocks)
    return render_staff(request, "staff/reviews.html", principal, "reviews", page_data={}, **inbox, **shown)


@routes.get("/staff/reviews/{id}")
@staff_only(StaffRole.INTERVIEWER, *_REVIEWERS)
async def page(request: web.Request, principal: StaffPrincipal) -> web.Response:
    """The replay of one interview; its figures are fetched by the page's script."""
    id_ = _id(request)
    services = request.app[SERVICES]
    replay = await services.reviewing.summary(principal, id_)
    panel = await _panel(request, principal, id_, replay["start_ms"])
    words = request.app[PAGES].catalogue(language(request))
    shown = not principal.person.roles.isdisjoint(_REVIEWERS)
    recording = recordings_view.card(replay, shown=shown)
    here, case = f"/staff/reviews/{id_}", VerificationId(review_view.case_id(replay))
    page_data = {
        "interview_id": id_,
        "quality_url": f"{here}/replay.json",
        "duration_s": review_view.duration_s(replay),
        "start_ms": replay["start_ms"],
        "panel": _acts(id_, panel) if panel else None,
        "recording": recording["tracks"],
    }
    return render_staff(
        request,
        "staff/review.html",
        principal,
        "reviews",
        page_data=page_data,
        case_id=case,
        conflict_declared=await services.conflicts.declared(principal, case),
        panel=panel,
        export_csv_url=f"{here}/samples.csv",
        export_json_url=f"{here}/samples.json",
        stills_shown=shown,
        recording=recording,
        **review_view.replay(replay, _ZONE, words),
    )


@routes.get("/staff/reviews/{id}/replay.json")
@staff_only(StaffRole.INTERVIEWER, *_REVIEWERS)
async def replay(request: web.Request, principal: StaffPrincipal) -> web.Response:
    """Every second of one interview."""
    response = answer(await request.app[SERVICES].reviewing.replay(principal, _id(request)))
    response.enable_compression()
    return response


@routes.get("/staff/reviews/{id}/samples.json")
@staff_only(StaffRole.INTERVIEWER, *_REVIEWERS)
async def samples_json(request: web.Request, principal: StaffPrincipal) -> web.Response:
    """Every raw row, as JSON."""
    id_ = _id(request)
    rows = await request.app[SERVICES].reviewing.samples(principal, id_)
    text = await asyncio.to_thread(lambda: call_answers.quality(id_, rows).model_dump_json())
    return _download(text, "application/json", f"{id_}.json")


@routes.get("/staff/reviews/{id}/samples.csv")
@staff_only(StaffRole.INTERVIEWER, *_REVIEWERS)
async def samples_csv(request: web.Request, principal: StaffPrincipal) -> web.Response:
    """The raw rows of one origin (``?origin=``: server, browser or frames) as CSV.

    Raises:
        InvalidInput: another origin.
    """
    id_ = _id(request)
    origin = request.query.get("origin", "server")
    rows = await request.app[SERVICES].reviewing.samples(principal, id_)
    origins = {"server": rows.server, "browser": rows.browser, "frames": rows.frames}
    if origin not in origins:
        raise InvalidInput("The origin is server, browser or frames.", field="origin")
    text = await asyncio.to_thread(call_answers.quality_csv, origins[origin])
    return _download(text, "text/csv", f"{id_}-{origin}.csv")


async def _panel(
    request: web.Request, principal: StaffPrincipal, id_: InterviewId, start_ms: object
) -> dict[str, Any] | None:
    """What this person may do about the interview; None while it goes on, and for its interviewer."""
    services = request.app[SERVICES]
    if not principal.person.roles & set(_REVIEWERS):
        return None
    found = await services.review.deliberating.panel(principal, id_)
    if found is None:
        return None
    view = View(_ZONE, request.app[PAGES].catalogue(language(request)), int(str(start_ms)), services.clock.now_ms())
    return decision_view.panel(found, view)


def _acts(id_: InterviewId, panel: Mapping[str, Any]) -> dict[str, object]:
    """What the page's script needs to act: where to, and from which standing."""
    proposal = panel["proposal"]
    return {
        "standing": panel["standing"],
        "person": panel["person_id"],
        "propose_url": f"/staff/reviews/{id_}/proposals",
        "rule_url": f"/staff/reviews/{id_}/ruling",
        "flags_url": f"/staff/reviews/{id_}/flags",
        "verify_url": f"/staff/interviews/{id_}/verify",
        "proposal_url": f"/staff/proposals/{proposal['id']}" if proposal else None,
        "watches_url": "/staff/watches",
        "findings": [{key: one[key] for key in ("run_id", "from_s", "to_s", "grounds")} for one in panel["findings"]],
    }


def _id(request: web.Request) -> InterviewId:
    return InterviewId(request.match_info["id"])


def _download(text: str, content_type: str, name: str) -> web.Response:
    headers = {"Cache-Control": "no-store", "Content-Disposition": f'attachment; filename="{name}"'}
    response = web.Response(text=text, content_type=content_type, charset="utf-8", headers=headers)
    response.enable_compression()
    return response
