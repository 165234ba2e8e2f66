"""The start page and the API's description for people: the same for everyone."""

from __future__ import annotations

from aiohttp import web

from verifier.web.access import public
from verifier.web.rendering import render

routes = web.RouteTableDef()


@routes.get("/")
@public
async def home(request: web.Request) -> web.Response:
    """What this is, and one path for each person."""
    return render(request, "home.html")


@routes.get("/api/docs")
@public
async def api_docs(request: web.Request) -> web.Response:
    """The OpenAPI document, readable."""
    return render(request, "api_docs.html", openapi_url="/api/v1/openapi.json")
