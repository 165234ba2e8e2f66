"""What every answer tells the browser. One rule: no answer leaves without these headers, whoever made it.

Set by a signal of the application on its own answers, by web/runner on what the HTTP library answers by itself.
"""

from __future__ import annotations

from collections.abc import MutableMapping

from aiohttp import hdrs
from yarl import URL

OWN = ("camera", "microphone", "autoplay", "speaker-selection", "screen-wake-lock", "fullscreen", "clipboard-write")
"""Features that our own pages may use; none of them is handed to anybody else."""
NEVER = (
    "accelerometer",
    "browsing-topics",
    "clipboard-read",
    "display-capture",
    "encrypted-media",
    "geolocation",
    "gyroscope",
    "hid",
    "idle-detection",
    "local-fonts",
    "magnetometer",
    "midi",
    "payment",
    "picture-in-picture",
    "serial",
    "usb",
    "window-management",
    "xr-spatial-tracking",
)
HSTS = "max-age=31536000"
TRUSTED_TYPES_POLICY = "verifier-worker"
"""The only policy of our scripts: it knows the address of the one worker (static/js/ticker.js)."""


def security_headers(public_url: str) -> dict[str, str]:
    """The headers of every answer, errors included."""
    origin = URL(public_url)
    result = {
        "Content-Security-Policy": content_security_policy(public_url),
        "Permissions-Policy": ", ".join([*(f"{name}=(self)" for name in OWN), *(f"{name}=()" for name in NEVER)]),
        "X-Content-Type-Options": "nosniff",
        "Referrer-Policy": "no-referrer",
        "Cross-Origin-Opener-Policy": "same-origin",
        "Cross-Origin-Embedder-Policy": "require-corp",
        "Cross-Origin-Resource-Policy": "same-origin",
        "Server": "verifier",
    }
    if origin.scheme == "https":
        result["Strict-Transport-Security"] = HSTS
    return result


def content_security_policy(public_url: str) -> str:
    """Everything from here, nothing inline, no string that becomes code.

    ``connect-src`` names the socket as well: not every browser counts it to ``'self'``.
    """
    origin = URL(public_url)
    socket = origin.with_scheme("wss" if origin.scheme == "https" else "ws").origin()
    return "; ".join(
        [
            "default-src 'none'",
            "script-src 'self'",
            "style-src 'self'",
            "img-src 'self' blob:",
            "font-src 'self'",
            f"connect-src 'self' {socket}",
            "media-src 'self' blob:",
            "worker-src 'self'",
            "form-action 'self'",
            "base-uri 'none'",
            "frame-ancestors 'none'",
            "require-trusted-types-for 'script'",
            f"trusted-types {TRUSTED_TYPES_POLICY}",
        ]
    )


def harden(answer: MutableMapping[str, str], headers: dict[str, str]) -> None:
    """Put the headers on an answer; one that says nothing about caching is never kept."""
    answer.update(headers)
    answer.setdefault(hdrs.CACHE_CONTROL, "no-store")
