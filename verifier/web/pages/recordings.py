"""Recordings over HTTP, any stretch of them. One rule: what is read is never kept, and proven before it is sent.

A player asks for ranges; only the chunks that hold them are decrypted. Nothing of a range is answered before its first
chunk has been proven, and the reading stands in the chain of the case before that.
"""

from __future__ import annotations

from contextlib import suppress

from aiohttp import hdrs, web

from verifier.core.model import RecordingId, StaffRole
from verifier.core.principal import FreelancerPrincipal, StaffPrincipal
from verifier.service.playing import ShownRecording
from verifier.web.access import case_only, staff_only
from verifier.web.keys import SERVICES
from verifier.web.ranges import Unsatisfiable, wanted

routes = web.RouteTableDef()


@routes.get("/staff/recordings/{id}")
@staff_only(StaffRole.REVIEWER, StaffRole.APPEAL_REVIEWER)
async def for_staff(request: web.Request, principal: StaffPrincipal) -> web.StreamResponse:
    """The recording of one person in one call, for a reviewer."""
    return await _played(request, await request.app[SERVICES].playing.to_staff(principal, _id(request)))


@routes.get("/case/recordings/{id}")
@case_only
async def for_freelancer(request: web.Request, principal: FreelancerPrincipal) -> web.StreamResponse:
    """What was recorded of oneself."""
    return await _played(request, await request.app[SERVICES].playing.to_freelancer(principal, _id(request)))


def _id(request: web.Request) -> RecordingId:
    return RecordingId(request.match_info["id"])


async def _played(request: web.Request, shown: ShownRecording) -> web.StreamResponse:
    size, etag = shown.size_bytes, f'"{shown.sha256}"'
    headers = {
        hdrs.CACHE_CONTROL: "no-store",
        hdrs.CONTENT_DISPOSITION: "inline",
        hdrs.ACCEPT_RANGES: "bytes",
        hdrs.ETAG: etag,
    }
    asked = request.headers.get(hdrs.RANGE) if request.method == hdrs.METH_GET else None
    try:
        part = wanted(asked, request.headers.get(hdrs.IF_RANGE), etag, size)
    except Unsatisfiable:
        return web.Response(status=416, headers={**headers, hdrs.CONTENT_RANGE: f"bytes */{size}"})
    start, stop = part or (0, size)
    if part is not None:
        headers[hdrs.CONTENT_RANGE] = f"bytes {start}-{stop - 1}/{size}"
    response = web.StreamResponse(status=200 if part is None else 206, headers=headers)
    response.content_type, response.content_length = "video/webm", stop - start
    await _sent(request, response, shown, start, stop)
    return response


async def _sent(
    request: web.Request, response: web.StreamResponse, shown: ShownRecording, start: int, stop: int
) -> None:
    chunks = shown.between(start, stop)
    first = await anext(chunks)
    await response.prepare(request)
    if request.method == hdrs.METH_HEAD:
        return
    with suppress(ConnectionError):  # a player that has enough hangs up
        await response.write(first)
        async for chunk in chunks:
            await response.write(chunk)
        await response.write_eof()
