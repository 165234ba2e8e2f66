"""What a browser calls itself, in a few words for people. One rule: nothing is decided by it.

Only known names come out, so that nobody writes a text of his own into somebody's list of sessions.
"""

from __future__ import annotations

from aiohttp import hdrs, web

_BROWSERS = (("Edg/", "Edge"), ("OPR/", "Opera"), ("Firefox/", "Firefox"), ("Chrome/", "Chrome"), ("Safari/", "Safari"))
"""First match wins: everybody claims to be the ones further down."""
_SYSTEMS = (
    ("Android", "Android"),
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Windows", "Windows"),
    ("Mac OS X", "macOS"),
    ("Linux", "Linux"),
)


def agent(request: web.Request) -> str | None:
    """E.g. ``Firefox on Linux``; None for what nobody knows."""
    said = request.headers.get(hdrs.USER_AGENT, "")
    browser = next((name for sign, name in _BROWSERS if sign in said), None)
    system = next((name for sign, name in _SYSTEMS if sign in said), None)
    return f"{browser} on {system}" if browser and system else browser or system
