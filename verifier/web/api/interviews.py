"""/verifications/{id}/interviews: the calls of a case and the quality of every second of them."""

from __future__ import annotations

from aiohttp import web

from verifier.core.access import Scope
from verifier.core.model import VerificationId
from verifier.errors import InvalidInput, NotFound
from verifier.web.api import call_answers
from verifier.web.api.operations import Call, Operation
from verifier.web.api.requests import QualityForm

GROUP = "Interviews"


async def interviews(call: Call) -> call_answers.InterviewList:
    """Every call of a case."""
    records = await call.platform.records.interviews(call.principal, VerificationId(call.path["id"]))
    return call_answers.InterviewList(data=[call_answers.interview(record) for record in records])


async def interview(call: Call) -> call_answers.InterviewAnswer:
    """One call of a case."""
    id_, number = VerificationId(call.path["id"]), _number(call)
    return call_answers.interview(await call.platform.records.interview(call.principal, id_, number))


async def quality(call: Call) -> call_answers.QualityAnswer | web.Response:
    """The raw rows of one call, as JSON or as CSV."""
    form, id_, number = call.asked(QualityForm), VerificationId(call.path["id"]), _number(call)
    record = await call.platform.records.interview(call.principal, id_, number)
    rows = await call.platform.records.quality(call.principal, id_, number)
    if form.format == "json":
        return call_answers.quality(record.interview.id, rows)
    origins = {"server": rows.server, "browser": rows.browser, "frames": rows.frames}
    return web.Response(text=call_answers.quality_csv(origins[form.origin]), content_type="text/csv")


def _number(call: Call) -> int:
    text = call.path["n"]
    if not (text.isascii() and text.isdigit() and len(text) <= 6):
        raise NotFound("This verification has no such interview.")
    return int(text)


OPERATIONS = (
    Operation(
        "listInterviews",
        "GET",
        "/verifications/{id}/interviews",
        Scope.VERIFICATIONS_READ,
        "List the interviews of a verification",
        interviews,
        call_answers.InterviewList,
        GROUP,
        refusals=(NotFound,),
    ),
    Operation(
        "getInterview",
        "GET",
        "/verifications/{id}/interviews/{n}",
        Scope.VERIFICATIONS_READ,
        "Read an interview: what was asked, what counted and why",
        interview,
        call_answers.InterviewAnswer,
        GROUP,
        refusals=(NotFound,),
    ),
    Operation(
        "getInterviewQuality",
        "GET",
        "/verifications/{id}/interviews/{n}/quality",
        Scope.VERIFICATIONS_READ,
        "Read the per-second rows of an interview",
        quality,
        call_answers.QualityAnswer,
        GROUP,
        query=QualityForm,
        description="What the server measured of both legs, what both browsers reported and what was seen in the "
        "frames, as stored: the rows that the verdict rests on.",
        refusals=(InvalidInput, NotFound),
        media_types=("application/json", "text/csv"),
    ),
)
