"""What happens around every handler: a request id, one log line, errors turned into answers, foreign posts refused.

One rule: clients see only what the error tree wrote for them; everything else is a 500 with an id to quote. The log
has no tokens: they live in fragments, bodies and cookies, and neither these nor queries nor strange paths are logged.
"""

from __future__ import annotations

import json
import re
from collections.abc import Awaitable, Callable

import structlog
from aiohttp import hdrs, web

from verifier.errors import LinkRefused, Misdirected, OurError, RateLimited, SecondFactorNeeded, TooLarge, VerifierError
from verifier.web import problem
from verifier.web.addresses import client_address, forwarded_by_stranger
from verifier.web.hosts import refuse_other_sites, require_own_host
from verifier.web.keys import METRICS, REQUEST_ID, SERVICES
from verifier.web.rendering import render
from verifier.web.security import SAFE_METHODS, require_own_page

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

API_PREFIX = "/api/v1/"
"""Programs with a bearer key: no cookies, so nothing to forge; inside a network they know us by any name."""
PROBES = frozenset({"/healthz", "/readyz"})
"""Asked by whatever watches the server, by any name; they say the same to everybody."""
_ID = re.compile(r"[a-z]{2,8}_[a-z2-7]{26}")
"""As ports.Entropy makes them."""
_PRIVATE = ("/case", "/join")
"""Pages that are opened by a private link and need no account."""
_KINDS = {401: "signed_out", 403: "forbidden", 410: "expired", 429: "too_many"}

_log = structlog.get_logger(__name__)


@web.middleware
async def observed(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Give the request an id and write one line about it when it is answered."""
    services = request.app[SERVICES]
    request[REQUEST_ID] = services.entropy.new_id("req")
    started_ms = services.clock.now_ms()
    response = await handler(request)
    took_ms = services.clock.now_ms() - started_ms
    resource = request.match_info.route.resource
    route = resource.canonical if resource else "unknown"
    request.app[METRICS].answered(request.method, route, response.status, took_ms)
    _log.info(
        "request",
        request_id=request[REQUEST_ID],
        method=request.method,
        route=route,
        path=_shown_path(request, response.status),
        status=response.status,
        took_ms=took_ms,
        address=client_address(request),
        **({"forwarded_by_stranger": True} if forwarded_by_stranger(request) else {}),
    )
    return response


@web.middleware
async def errors_answered(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Turn every error into problem+json, or into a page when a person navigates."""
    try:
        return await handler(request)
    except VerifierError as error:
        if isinstance(error, OurError):
            _log.error("our_error", request_id=request[REQUEST_ID], code=error.public_code, exc_info=error)
            error = _internal(request)
        return _refused(request, error)
    except web.HTTPRequestEntityTooLarge:
        return _refused(request, TooLarge())
    except web.HTTPException as error:
        if error.status < 400:
            return web.Response(status=error.status, headers=error.headers)
        return _page(request, error.status) if navigates(request) else problem.http_error(error)
    except ConnectionResetError:
        raise
    except Exception as error:
        _log.error("unexpected_error", request_id=request[REQUEST_ID], exc_info=error)
        return _refused(request, _internal(request))


@web.middleware
async def sites_guarded(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Refuse what is meant for another site or comes from one, and changes that none of our pages asked for."""
    refuse_other_sites(request)
    program = request.path.startswith(API_PREFIX)
    if not program and request.path not in PROBES:
        require_own_host(request)
    if not program and request.method not in SAFE_METHODS:
        require_own_page(request)
    return await handler(request)


def _shown_path(request: web.Request, status: int) -> str | None:
    """The path as it came, for the log; None when it led nowhere and is not made of our ids: it may hold a secret that
    somebody put there by mistake.
    """
    found = request.match_info.route.resource is not None
    ours = found and all(_ID.fullmatch(part) for part in request.match_info.values())
    return request.rel_url.raw_path if ours or (found and status < 400) else None


def navigates(request: web.Request) -> bool:
    """Whether a person's browser asks for a page."""
    return (
        request.method in {hdrs.METH_GET, hdrs.METH_HEAD}
        and not request.path.startswith(API_PREFIX)
        and "text/html" in request.headers.get(hdrs.ACCEPT, "")
    )


def _internal(request: web.Request) -> VerifierError:
    return VerifierError(f"Please quote this reference: {request[REQUEST_ID]}")


def _refused(request: web.Request, error: VerifierError) -> web.Response:
    if navigates(request) and isinstance(error, SecondFactorNeeded):
        return web.Response(status=303, headers={hdrs.LOCATION: "/staff/enrol"})
    headers = _headers(request, error)
    if navigates(request) and not isinstance(error, Misdirected):
        page = _page(request, error.http_status)
        page.headers.update(headers)
        return page
    response = problem.response(error, headers)
    further = _further(request, error)
    if further:
        response.text = json.dumps({**problem.document(error), **further}, ensure_ascii=False)
    return response


def _headers(request: web.Request, error: VerifierError) -> dict[str, str]:
    """When to come back, and for programs how to say who they are."""
    if isinstance(error, RateLimited):
        return {hdrs.RETRY_AFTER: str(error.retry_after_s)}
    if error.http_status == 401 and request.path.startswith(API_PREFIX):
        return {hdrs.WWW_AUTHENTICATE: "Bearer"}
    return {}


def _further(request: web.Request, error: VerifierError) -> dict[str, str]:
    """Extension members of the problem document: what the pages choose their words by, what people may quote."""
    if isinstance(error, LinkRefused):
        return {"reason": "incomplete" if error.field in {None, "unknown"} else str(error.field)}
    return {"reference": request[REQUEST_ID]} if error.http_status >= 500 else {}


def _page(request: web.Request, status: int) -> web.Response:
    kind = _KINDS.get(status, "server" if status >= 500 else "not_found")
    if kind == "signed_out" and request.path.startswith(_PRIVATE):
        kind = "private_link"
    reference = request[REQUEST_ID] if status >= 500 else ""
    return render(request, "error.html", status, kind=kind, reference=reference)
