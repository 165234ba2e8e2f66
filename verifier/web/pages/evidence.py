"""Stills over HTTP: one PUT from the freelancer's page, and the ways to see them. One rule: what is read is never kept.

An upload names its digest in ``Content-Digest`` (RFC 9530) and may be sent again until it is acknowledged. Pictures are
served without any metadata, never cached, and only once the reading stands in the chain of the case.
"""

from __future__ import annotations

import asyncio
import base64
import re

from aiohttp import hdrs, web

from verifier.core.model import StaffRole, StillId
from verifier.core.picture import JPEG, MAX_BYTES, PNG
from verifier.core.principal import FreelancerPrincipal, StaffPrincipal
from verifier.errors import InvalidInput, TooLarge
from verifier.service.showing import ShownPicture
from verifier.web.access import case_only, join_only, staff_only
from verifier.web.keys import SERVICES, SETTINGS
from verifier.web.rendering import answer
from verifier.web.security import limit

routes = web.RouteTableDef()

CONTENT_DIGEST = "Content-Digest"
_SHA256 = re.compile(r"(?:^|,)\s*sha-256=:([A-Za-z0-9+/]{43}=):\s*(?:,|$)")
_CHUNK_BYTES = 64 * 1024
_REVIEWERS = (StaffRole.REVIEWER, StaffRole.APPEAL_REVIEWER)


@routes.put("/join/stills/{id}")
@join_only
async def receive(request: web.Request, principal: FreelancerPrincipal) -> web.Response:
    """The picture that the page was asked to take."""
    limit(request, "still", request.app[SETTINGS].still_rate, principal.session_hash)
    if request.content_type not in {JPEG, PNG}:
        raise InvalidInput("Send the picture as image/jpeg or image/png.", field="content-type")
    sha256 = _digest(request)
    sent = await _received(request)
    still = await request.app[SERVICES].stills.receive(principal, request.match_info["id"], sha256, sent)
    return answer({"still_id": still.id, "usable": still.usable, "problems": list(still.problems)})


@routes.get("/staff/evidence/{id}")
@staff_only(*_REVIEWERS)
async def for_staff(request: web.Request, principal: StaffPrincipal) -> web.StreamResponse:
    """A still for a reviewer."""
    shown = await request.app[SERVICES].showing.to_staff(principal, _id(request), preview=False)
    return await _shown(request, shown)


@routes.get("/staff/evidence/{id}/preview")
@staff_only(StaffRole.INTERVIEWER, *_REVIEWERS)
async def preview_for_staff(request: web.Request, principal: StaffPrincipal) -> web.StreamResponse:
    """Its small picture, also for the interviewer while the call goes on."""
    shown = await request.app[SERVICES].showing.to_staff(principal, _id(request), preview=True)
    return await _shown(request, shown)


@routes.get("/case/evidence/{id}")
@case_only
async def for_freelancer(request: web.Request, principal: FreelancerPrincipal) -> web.StreamResponse:
    """A still of one's own case."""
    shown = await request.app[SERVICES].showing.to_freelancer(principal, _id(request), preview=False)
    return await _shown(request, shown)


@routes.get("/case/evidence/{id}/preview")
@case_only
async def preview_for_freelancer(request: web.Request, principal: FreelancerPrincipal) -> web.StreamResponse:
    """Its small picture."""
    shown = await request.app[SERVICES].showing.to_freelancer(principal, _id(request), preview=True)
    return await _shown(request, shown)


def _id(request: web.Request) -> StillId:
    return StillId(request.match_info["id"])


def _digest(request: web.Request) -> str:
    """SHA-256 of the body as the header names it, 64 hexadecimal digits.

    Raises:
        InvalidInput: the header is missing or names no SHA-256.
    """
    found = _SHA256.search(request.headers.get(CONTENT_DIGEST, ""))
    if found is None:
        raise InvalidInput("Send the picture's SHA-256 as Content-Digest: sha-256=:…:", field="content-digest")
    return base64.b64decode(found[1]).hex()


async def _received(request: web.Request) -> bytes:
    """The body.

    Raises:
        TooLarge: more bytes than a still may have.
        InvalidInput: it did not come in time.
    """
    if (request.content_length or 0) > MAX_BYTES:
        raise TooLarge(f"A picture may have at most {MAX_BYTES // 1024 // 1024} MiB.")
    received = bytearray()
    try:
        async with asyncio.timeout(request.app[SETTINGS].upload_timeout_s):
            async for chunk in request.content.iter_chunked(_CHUNK_BYTES):
                received += chunk
                if len(received) > MAX_BYTES:
                    raise TooLarge(f"A picture may have at most {MAX_BYTES // 1024 // 1024} MiB.")
    except TimeoutError:
        raise InvalidInput("The picture did not arrive in time. Please send it again.", field="timeout") from None
    return bytes(received)


async def _shown(request: web.Request, shown: ShownPicture) -> web.StreamResponse:
    """The picture; nothing is answered before its first chunk has been proven."""
    first = await anext(shown.content)
    response = web.StreamResponse(headers={hdrs.CACHE_CONTROL: "no-store", hdrs.CONTENT_DISPOSITION: "inline"})
    response.content_type = shown.media_type
    await response.prepare(request)
    await response.write(first)
    async for chunk in shown.content:
        await response.write(chunk)
    await response.write_eof()
    return response
