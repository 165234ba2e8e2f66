"""/verifications: create, list, read, cancel, redact, and the signed result."""

from __future__ import annotations

from aiohttp import web

from verifier.core.access import Scope
from verifier.core.model import ClaimKind, EndpointId, VerificationId
from verifier.errors import Conflict, IllegalState, InvalidInput, NotFound
from verifier.service.platform import NewVerification
from verifier.web.api import answers, cursor
from verifier.web.api.operations import Call, Operation
from verifier.web.api.redress_answers import StatedEvent
from verifier.web.api.requests import CreateVerification, Nothing, Page, WhichEndpoint

GROUP = "Verifications"


async def create(call: Call) -> answers.CreatedAnswer:
    """A new case and its join link."""
    case, join_url = await call.platform.create(call.principal, _asked(call.sent(CreateVerification)))
    return answers.created(case, join_url)


async def page(call: Call) -> answers.VerificationPage:
    """A page of cases, newest first."""
    query = call.asked(Page)
    cases, more = await call.platform.page(call.principal, cursor.last_row(query.cursor), query.limit)
    last = cases[-1].verification if cases and more else None
    return answers.VerificationPage(
        data=[answers.verification(case) for case in cases],
        next_cursor=cursor.encode(last.created_ms, last.id) if last else None,
    )


async def get(call: Call) -> answers.VerificationAnswer:
    """One case."""
    return answers.verification(await call.platform.get(call.principal, VerificationId(call.path["id"])))


async def cancel(call: Call) -> answers.VerificationAnswer:
    """One case, cancelled."""
    return answers.verification(await call.platform.cancel(call.principal, VerificationId(call.path["id"])))


async def redact(call: Call) -> answers.VerificationAnswer:
    """One case without personal data."""
    return answers.verification(await call.platform.redact(call.principal, VerificationId(call.path["id"])))


async def result(call: Call) -> web.Response:
    """The exact bytes of the last ``verification.decided`` with fresh signature headers."""
    wanted = call.asked(WhichEndpoint).endpoint_id
    signed = await call.platform.results.signed(
        call.principal, VerificationId(call.path["id"]), EndpointId(wanted) if wanted else None
    )
    return web.Response(body=signed.body.encode(), content_type="application/json", headers=signed.headers)


def _asked(body: CreateVerification) -> NewVerification:
    who = body.freelancer
    identity = {
        "legal_name": who.legal_name,
        "address": who.address,
        "city": who.city,
        "country": who.country,
        "date_of_birth": who.date_of_birth,
    }
    return NewVerification(
        external_id=body.external_id,
        legal_name=who.legal_name,
        email=who.email,
        locale=who.locale,
        time_zone=who.time_zone,
        claims=(
            *((ClaimKind.IDENTITY, name, value) for name, value in identity.items() if value is not None),
            *((ClaimKind.SKILL, ClaimKind.SKILL.value, skill) for skill in body.claims.skills),
            *((ClaimKind.LANGUAGE, ClaimKind.LANGUAGE.value, language) for language in body.claims.languages),
        ),
        policy=body.policy,
        metadata=body.metadata,
    )


OPERATIONS = (
    Operation(
        "createVerification",
        "POST",
        "/verifications",
        Scope.VERIFICATIONS_WRITE,
        "Create a verification",
        create,
        answers.CreatedAnswer,
        GROUP,
        status=201,
        body=CreateVerification,
        description="Freezes the claims snapshot and returns the join link. Send the link to the freelancer; it works "
        "until the case closes. Emits verification.created.",
        refusals=(InvalidInput, Conflict),
        location="/verifications/{id}",
    ),
    Operation(
        "listVerifications",
        "GET",
        "/verifications",
        Scope.VERIFICATIONS_READ,
        "List verifications, newest first",
        page,
        answers.VerificationPage,
        GROUP,
        query=Page,
        refusals=(InvalidInput,),
    ),
    Operation(
        "getVerification",
        "GET",
        "/verifications/{id}",
        Scope.VERIFICATIONS_READ,
        "Read a verification with its current decision",
        get,
        answers.VerificationAnswer,
        GROUP,
        refusals=(NotFound,),
    ),
    Operation(
        "cancelVerification",
        "POST",
        "/verifications/{id}/cancel",
        Scope.VERIFICATIONS_WRITE,
        "Cancel a verification",
        cancel,
        answers.VerificationAnswer,
        GROUP,
        body=Nothing,
        description="Possible until the case is closed, except while a call is under way or under review. Says nothing "
        "about the freelancer. Emits verification.cancelled.",
        refusals=(InvalidInput, NotFound, IllegalState),
    ),
    Operation(
        "redactVerification",
        "POST",
        "/verifications/{id}/redact",
        Scope.VERIFICATIONS_WRITE,
        "Erase the personal data of a verification",
        redact,
        answers.VerificationAnswer,
        GROUP,
        body=Nothing,
        description="Possible once the verification is closed and nobody can appeal any more. Names, claims and every "
        "word are erased, the evidence too; status, result, decisions and the audit log stay. It cannot be undone. "
        "Emits verification.redacted, the last event with your external_id. Asking again changes nothing.",
        refusals=(InvalidInput, NotFound, IllegalState),
    ),
    Operation(
        "getResult",
        "GET",
        "/verifications/{id}/result",
        Scope.VERIFICATIONS_READ,
        "Read the signed result",
        result,
        StatedEvent,
        GROUP,
        query=WhichEndpoint,
        description="The body and webhook-id of the last verification.decided or decision.superseded, signed anew with "
        "your endpoint's secrets: for a platform that missed the call. Verify it as you verify a webhook.",
        refusals=(InvalidInput, NotFound, IllegalState),
    ),
)
