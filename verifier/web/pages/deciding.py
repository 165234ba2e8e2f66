"""The reviewers' acts over HTTP: propose, watch, confirm, reject, rule, resolve. One rule: who acts has seen the case.

Every act carries ``seen``, where the case stood on the page that it comes from; what was written on an older page is
refused and stays on it. Roles, trainings and conflicts are asked by the services, at the moment of the act.
"""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated

from aiohttp import web
from pydantic import Field

from verifier.core.model import FlagId, InterviewId, ProposalId, RunId, StaffRole, StillId
from verifier.core.principal import StaffPrincipal
from verifier.core.proposal import RULING_MAX_CHARACTERS, RulingOutcome
from verifier.core.statement import FACT_MAX_CHARACTERS, FACTS_MAX, Ground
from verifier.service.proposing import WrittenFact
from verifier.service.watching import Watched
from verifier.web import problem
from verifier.web.access import staff_only
from verifier.web.keys import SERVICES
from verifier.web.pages.bodies import Body
from verifier.web.rendering import answer

routes = web.RouteTableDef()

_Id = Annotated[str, Field(max_length=100)]
_Standing = Annotated[str, Field(min_length=1, max_length=100)]
_Moment = Annotated[int, Field(ge=0, le=2**53)]
_Reason = Annotated[str, Field(max_length=2 * RULING_MAX_CHARACTERS)]
"""Longer than the rule allows, so that the rule's own words say so."""


class FactBody(Body):
    """One fact as it was written; what is empty is refused by name."""

    run_id: _Id
    still_id: _Id
    from_ms: _Moment
    to_ms: _Moment
    text: Annotated[str, Field(max_length=2 * FACT_MAX_CHARACTERS)]


class ProposalBody(Body):
    """A statement of reasons."""

    ground: Annotated[Ground, Field(strict=False)]
    facts: Annotated[list[FactBody], Field(max_length=FACTS_MAX)]
    seen: _Standing


class SeenBody(Body):
    """An act without words."""

    seen: _Standing


class RulingBody(Body):
    """An outcome with its reason."""

    outcome: Annotated[RulingOutcome, Field(strict=False)]
    text: _Reason
    seen: _Standing


class ResolutionBody(Body):
    """What became of a fraud flag."""

    text: _Reason
    seen: _Standing


class WatchBody(Body):
    """Which fact of the statement."""

    fact: Annotated[int, Field(ge=1, le=FACTS_MAX)]


class BeatBody(Body):
    """Where the replay stands, in ms of the call's clock."""

    position_ms: _Moment


@routes.post("/staff/reviews/{id}/proposals")
@staff_only(StaffRole.REVIEWER)
async def propose(request: web.Request, principal: StaffPrincipal) -> web.Response:
    """Propose a failure."""
    body = await problem.read(request, ProposalBody)
    facts = tuple(
        WrittenFact(RunId(fact.run_id), StillId(fact.still_id), fact.from_ms, fact.to_ms, fact.text)
        for fact in body.facts
    )
    made = await request.app[SERVICES].review.proposing.propose(
        principal, _interview(request), body.ground, facts, body.seen
    )
    return answer({"proposal_id": made.id, "number": made.number})


@routes.post("/staff/reviews/{id}/ruling")
@staff_only(StaffRole.REVIEWER)
async def rule(request: web.Request, principal: StaffPrincipal) -> web.Response:
    """Decide a conclusive call that is not all consistent."""
    body = await problem.read(request, RulingBody)
    rulings = request.app[SERVICES].review.rulings
    given = await rulings.rule(principal, _interview(request), body.outcome, body.text, body.seen)
    return answer({"outcome": given.outcome})


@routes.post("/staff/reviews/{id}/flags/{flag}/resolution")
@staff_only(StaffRole.REVIEWER)
async def resolve(request: web.Request, principal: StaffPrincipal) -> web.Response:
    """Say what became of a fraud flag."""
    body = await problem.read(request, ResolutionBody)
    flag = FlagId(request.match_info["flag"])
    await request.app[SERVICES].review.rulings.resolve(principal, _interview(request), flag, body.text, body.seen)
    return answer({"resolved": True})


@routes.post("/staff/proposals/{id}/confirm")
@staff_only(StaffRole.REVIEWER)
async def confirm(request: web.Request, principal: StaffPrincipal) -> web.Response:
    """Confirm a proposed failure."""
    body = await problem.read(request, SeenBody)
    decided = await request.app[SERVICES].review.confirming.confirm(principal, _proposal(request), body.seen)
    return answer({"version": decided.version, "result": decided.result})


@routes.post("/staff/proposals/{id}/reject")
@staff_only(StaffRole.REVIEWER)
async def reject(request: web.Request, principal: StaffPrincipal) -> web.Response:
    """Decide something else than what was proposed."""
    body = await problem.read(request, RulingBody)
    confirming = request.app[SERVICES].review.confirming
    given = await confirming.reject(principal, _proposal(request), body.outcome, body.text, body.seen)
    return answer({"outcome": given.outcome})


@routes.post("/staff/proposals/{id}/watch")
@staff_only(StaffRole.REVIEWER)
async def watch(request: web.Request, principal: StaffPrincipal) -> web.Response:
    """Begin to watch the stretch that a fact cites."""
    body = await problem.read(request, WatchBody)
    watching = request.app[SERVICES].review.watching
    return _watched(await watching.begin(principal, _proposal(request), body.fact))


@routes.post("/staff/watches/{id}")
@staff_only(StaffRole.REVIEWER)
async def beat(request: web.Request, principal: StaffPrincipal) -> web.Response:
    """Where the replay stands now."""
    body = await problem.read(request, BeatBody)
    return _watched(
        await request.app[SERVICES].review.watching.beat(principal, request.match_info["id"], body.position_ms)
    )


def _watched(watched: Watched) -> web.Response:
    return answer(asdict(watched))


def _interview(request: web.Request) -> InterviewId:
    return InterviewId(request.match_info["id"])


def _proposal(request: web.Request) -> ProposalId:
    return ProposalId(request.match_info["id"])
