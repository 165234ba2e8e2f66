"""Every page in every state passes axe (WCAG 2.2 A and AA), light on a desktop and dark on the narrowest phone.

In a real Chromium. Controls are 24 px high, 44 px on a phone, and nothing scrolls sideways. The pages are served with
the product's content security policy; a page that breaks it fails here too.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.pages import preview
from tests.pages.samples import SHOTS, Shot

if TYPE_CHECKING:
    from playwright.sync_api import Page

AXE = Path(__file__).parents[2] / "node_modules/axe-core/axe.min.js"
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
VIOLATIONS = """tags => axe.run({runOnly: tags, resultTypes: ['violations']}).then(done => done.violations.map(one =>
    one.id + ': ' + one.nodes.map(node => node.target.join(' ') + ' ' + (node.any[0]?.message ?? '')).join(' | ')))"""
SMALL_TARGETS = """() => [...document.querySelectorAll('button, .button, select, input, summary')]
    .filter(one => one.checkVisibility() && !['checkbox', 'radio'].includes(one.type))
    .map(one => [one.dataset.testid ?? one.textContent.trim(), one.getBoundingClientRect()])
    .filter(([, box]) => box.height < (innerWidth < 640 ? 44 : 24) || box.width < 24)
    .map(([name, box]) => `${name} ${box.width}x${box.height}`)"""


@pytest.fixture(scope="module")
def site() -> Iterator[preview.Site]:
    with preview.serve() as running:
        yield running


def _open(page: Page, site: preview.Site, shot: Shot) -> list[str]:
    """Console errors while the page loads and comes into its state."""
    complaints: list[str] = []

    def listen(message: Any) -> None:
        if message.type == "error":
            complaints.append(message.text)

    page.on("console", listen)
    page.goto(site.address(shot))
    preview.apply(page, shot)
    page.remove_listener("console", listen)
    return complaints


@pytest.mark.parametrize("shot", SHOTS, ids=lambda shot: shot.name)
def test_page_is_accessible_fits_and_has_large_targets(page: Page, site: preview.Site, shot: Shot) -> None:
    complaints = _open(page, site, shot)
    page.evaluate(AXE.read_text())
    assert page.evaluate(VIOLATIONS, TAGS) == []
    assert complaints == []
    assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
    assert page.evaluate(SMALL_TARGETS) == []
