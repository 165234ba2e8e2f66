"""Every printed page, read as a browser reads it, keeps the policy of its headers; no string becomes code."""

from __future__ import annotations

import json
import re
from html.parser import HTMLParser
from pathlib import Path

import pytest

from tests.pages import preview
from tests.pages.samples import SHOTS
from verifier.web.headers import TRUSTED_TYPES_POLICY

ROOT = Path(__file__).parents[2]
_ENVIRONMENT = preview.environment()
PAGES = {shot.name: _ENVIRONMENT.get_template(shot.template).render(shot.context) for shot in SHOTS}
DIFFERENT = list({page: name for name, page in PAGES.items()}.values())
LOADING = frozenset(
    {"src", "href", "action", "formaction", "poster", "data", "xlink:href", "srcset", "manifest", "ping"}
)
FORBIDDEN = frozenset({"style", "base", "iframe", "object", "embed", "applet", "frame", "portal", "math"})


class Reader(HTMLParser):
    """Notes everything that the policy would refuse."""

    def __init__(self) -> None:
        super().__init__()
        self.wrong: list[str] = []
        self._data: list[str] | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        named = dict(attrs)
        if tag in FORBIDDEN:
            self.wrong.append(f"<{tag}>")
        if tag == "script":
            self._script(named)
        if tag == "meta" and "http-equiv" in named:
            self.wrong.append("a header by <meta>")
        for name, value in attrs:
            self._attribute(tag, name, value or "")

    def _script(self, named: dict[str, str | None]) -> None:
        if named.get("type") == "application/json":
            self._data = []
        elif named.get("type") != "module" or not str(named.get("src", "")).startswith("/static/js/"):
            self.wrong.append(f"a script that is not ours: {named}")

    def _attribute(self, tag: str, name: str, value: str) -> None:
        if name == "style" or name == "srcdoc" or name.startswith("on") or name == "nonce":
            self.wrong.append(f"<{tag} {name}>")
        if name in LOADING and not re.match(r"^(/(?!/)|#|\?|$|mailto:)", value):
            self.wrong.append(f"<{tag} {name}={value!r}>")

    def handle_data(self, data: str) -> None:
        if self._data is not None:
            self._data.append(data)

    def handle_endtag(self, tag: str) -> None:
        if tag == "script" and self._data is not None:
            json.loads("".join(self._data))
            self._data = None


@pytest.mark.parametrize("name", DIFFERENT)
def test_nothing_on_a_page_is_inline_or_from_elsewhere(name: str) -> None:
    reader = Reader()
    reader.feed(PAGES[name])
    reader.close()
    assert reader.wrong == []


def test_every_template_of_a_page_is_among_the_samples() -> None:
    pages = {
        str(path.relative_to(ROOT / "templates"))
        for path in (ROOT / "templates").rglob("*.html")
        if path.parent.name != "macros" and "{% extends" in path.read_text()
    }
    skeletons = {"public.html", "staff.html"}
    assert pages - skeletons == {shot.template for shot in SHOTS}


HOSTILE = "</script><script>alert(1)</script><img src=x onerror=alert(1)>\u2028'\"&"


def test_data_for_scripts_cannot_leave_its_block() -> None:
    shot = next(shot for shot in SHOTS if shot.template == "home.html")
    page = _ENVIRONMENT.get_template("home.html").render(shot.context | {"page_data": {"text": HOSTILE}})
    reader = Reader()
    reader.feed(page)
    assert reader.wrong == [] and "<img src=x" not in page
    block = re.search(r'id="page-data">(.*?)</script>', page, re.S)
    assert block and json.loads(block[1]) == {"text": HOSTILE}


SINKS = re.compile(
    r"\.(?:inner|outer)HTML\b|insertAdjacentHTML|document\.write|\beval\(|new Function\b|createContextualFragment"
    r"|setHTML|srcdoc|parseFromString|setAttribute\(\s*[\"'](?:on|style|src)|javascript:|set(?:Timeout|Interval)\(\s*[\"'`]"
)
SCRIPTS = sorted((ROOT / "static/js").rglob("*.js"))


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: str(path.relative_to(ROOT / "static/js")))
def test_no_script_makes_markup_or_code_of_a_string(script: Path) -> None:
    assert SINKS.findall(script.read_text()) == []


def test_the_one_policy_of_trusted_types_is_the_one_that_the_headers_name() -> None:
    made = [name for path in SCRIPTS for name in re.findall(r'createPolicy\("([^"]+)"', path.read_text())]
    assert made == [TRUSTED_TYPES_POLICY]


def test_no_style_sheet_loads_anything_from_elsewhere() -> None:
    for path in (ROOT / "static").rglob("*.css"):
        for address in re.findall(r"url\(([^)]*)\)", path.read_text()):
            assert re.fullmatch(r"[\"']?(?!//|[a-z]+:)[\w./-]+[\"']?", address), f"{path.name}: {address}"
        assert "@import" not in path.read_text()
