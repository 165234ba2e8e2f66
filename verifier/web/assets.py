"""Static files with a content hash as their ETag. One rule: only files under the directory, only known types.

Files are read once and again when they change on disk; text is compressed once, because links are poor.
"""

from __future__ import annotations

import gzip
import hashlib
from dataclasses import dataclass
from pathlib import Path

from aiohttp import hdrs, web

from verifier.errors import NotFound
from verifier.web.access import public
from verifier.web.keys import ASSETS

TYPES = {
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".json": "application/json",
    ".svg": "image/svg+xml",
    ".png": "image/png",
    ".ico": "image/x-icon",
    ".woff2": "font/woff2",
    ".txt": "text/plain; charset=utf-8",
    ".map": "application/json",
}
_COMPRESSED = frozenset({".css", ".js", ".json", ".svg", ".txt", ".map"})
_LASTING = frozenset({".woff2", ".png", ".ico"})
"""Kept for a day without asking; everything else is asked for again and mostly answered by 304."""

routes = web.RouteTableDef()


@dataclass(frozen=True, slots=True)
class Asset:
    """One file as it is sent."""

    body: bytes
    compressed: bytes | None
    etag: str
    content_type: str
    cache_control: str
    stamp: tuple[int, int]
    """Modification time in ns and size when it was read."""


class Assets:
    """The files of one directory by their path in it."""

    def __init__(self, root: Path) -> None:
        self._root = root.resolve()
        self._known: dict[Path, Asset] = {}
        """By where a file really is: one file has no end of names."""

    def get(self, name: str) -> Asset:
        """The file.

        Raises:
            NotFound: there is none, it lies outside the directory, or its type is not served.
        """
        try:
            path = (self._root / name).resolve()
            stat = path.stat()
        except (OSError, ValueError):
            raise NotFound from None
        if path.suffix not in TYPES or not path.is_relative_to(self._root) or not path.is_file():
            raise NotFound
        stamp = (stat.st_mtime_ns, stat.st_size)
        asset = self._known.get(path)
        if asset is None or asset.stamp != stamp:
            asset = self._known[path] = _load(path, stamp)
        return asset


def _load(path: Path, stamp: tuple[int, int]) -> Asset:
    body = path.read_bytes()
    return Asset(
        body=body,
        compressed=gzip.compress(body, mtime=0) if path.suffix in _COMPRESSED else None,
        etag=hashlib.sha256(body).hexdigest()[:32],
        content_type=TYPES[path.suffix],
        cache_control="public, max-age=86400" if path.suffix in _LASTING else "no-cache",
        stamp=stamp,
    )


@routes.get("/static/{name:.+}")
@public
async def static_file(request: web.Request) -> web.Response:
    """A static file, 304 when the browser has it already."""
    asset = request.app[ASSETS].get(request.match_info["name"])
    zipped = asset.compressed is not None and "gzip" in request.headers.get(hdrs.ACCEPT_ENCODING, "")
    etag = f'"{asset.etag}{"-z" if zipped else ""}"'
    headers = {hdrs.ETAG: etag, hdrs.CACHE_CONTROL: asset.cache_control, hdrs.VARY: hdrs.ACCEPT_ENCODING}
    if request.headers.get(hdrs.IF_NONE_MATCH, "") == etag:
        return web.Response(status=304, headers=headers)
    headers[hdrs.CONTENT_TYPE] = asset.content_type
    if zipped:
        headers[hdrs.CONTENT_ENCODING] = "gzip"
    return web.Response(body=asset.compressed if zipped else asset.body, headers=headers)
