"""Render every page template in every state with sample data, look at it in Chromium, and save pictures.

The one rule: a state is shown only by what page scripts may use too (docs/automation.md): the `hidden` attribute,
data attributes, `data-bind` text and `data-list` templates. Called by the accessibility
tests and, for pictures, from the command line:

    python -m tests.pages.preview /tmp/pictures [page-or-state ...]
"""

from __future__ import annotations

import functools
import http.server
import json
import shutil
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jinja2 import Environment

from tests.pages.samples import SHOTS, Shot
from verifier.web.headers import security_headers
from verifier.wording import pages
from verifier.wording.catalogue import SOURCE, Catalogue

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

ROOT = Path(__file__).parents[2]
HEADERS = security_headers("http://127.0.0.1")
VIEWPORTS = {"phone": (390, 844), "desktop": (1280, 800)}
TYPES = {
    ".css": "text/css",
    ".svg": "image/svg+xml",
    ".js": "text/javascript",
    ".woff2": "font/woff2",
}
"""What every still shows."""


def environment() -> Environment:
    """The environment of the pages, with English words."""
    return pages.environment(ROOT / "templates", Catalogue(SOURCE, {}))


@dataclass(frozen=True, slots=True)
class Site:
    """A running preview server."""

    origin: str

    def address(self, shot: Shot) -> str:
        """Where this shot's page is served."""
        return f"{self.origin}/shot/{shot.name}"


class _Handler(http.server.BaseHTTPRequestHandler):
    def __init__(self, pages: dict[str, bytes], *rest: Any) -> None:
        self._pages = pages
        super().__init__(*rest)

    def do_GET(self) -> None:
        path = self.path.split("?")[0]
        if path.startswith("/shot/"):
            self._send(self._pages[path.removeprefix("/shot/")], "text/html; charset=utf-8")
        elif path.startswith(("/case/evidence/", "/staff/evidence/")):
            self._send((ROOT / "verifier/demo/assets/face.jpg").read_bytes(), "image/jpeg")
        elif path.startswith("/static/js/"):
            self._send(b"", TYPES[".js"])
        else:
            file = ROOT / path.lstrip("/")
            if file.is_file():
                self._send(file.read_bytes(), TYPES[file.suffix])
            else:
                self.send_error(404)

    def _send(self, body: bytes, kind: str) -> None:
        self.send_response(200)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        for name, value in HEADERS.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        """Stay quiet."""


@contextmanager
def serve(port: int = 0) -> Iterator[Site]:
    """Serve every shot and the static files, with the product's headers."""
    rendered = environment()
    printed = {shot.name: rendered.get_template(shot.template).render(shot.context).encode() for shot in SHOTS}
    server = http.server.ThreadingHTTPServer(("127.0.0.1", port), functools.partial(_Handler, printed))
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield Site(f"http://127.0.0.1:{server.server_address[1]}")
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@contextmanager
def chromium() -> Iterator[Browser]:
    """The system's Chromium when there is one, else Playwright's own."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as play:
        browser = play.chromium.launch(
            executable_path=shutil.which("chromium"), args=["--no-sandbox", "--disable-gpu", "--no-first-run"]
        )
        try:
            yield browser
        finally:
            browser.close()


def apply(page: Page, shot: Shot) -> None:
    """Bring the page into the shot's state and wait until its fonts are there."""
    page.evaluate((Path(__file__).parent / "preview.js").read_text(), json.loads(json.dumps(shot.state)))
    page.evaluate("() => document.fonts.ready.then(() => null)")


def photograph(folder: Path, wanted: list[str]) -> None:
    """Save one picture for each shot, viewport and colour scheme."""
    folder.mkdir(parents=True, exist_ok=True)
    with serve() as site, chromium() as browser:
        for scheme in ("light", "dark"):
            for size, (width, height) in VIEWPORTS.items():
                page = browser.new_page(
                    viewport={"width": width, "height": height}, color_scheme=scheme, reduced_motion="reduce"
                )
                page.on("console", lambda message: print(message.text) if message.type == "error" else None)
                for shot in SHOTS:
                    if wanted and not any(shot.name.startswith(name) for name in wanted):
                        continue
                    page.goto(site.address(shot))
                    apply(page, shot)
                    page.screenshot(path=folder / f"{shot.name}.{size}.{scheme}.png", full_page=True)
                page.close()


if __name__ == "__main__":
    photograph(Path(sys.argv[1]), sys.argv[2:])
