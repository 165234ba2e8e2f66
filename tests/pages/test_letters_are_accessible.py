"""Every letter as HTML passes axe in a real Chromium, fits the narrowest phone and fetches nothing when opened."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.pages.test_pages_are_accessible import AXE, SMALL_TARGETS, TAGS, VIOLATIONS
from tests.wording.samples import LETTERS
from verifier.wording.letters import Letters

if TYPE_CHECKING:
    from playwright.sync_api import Page

LETTERHEAD = Letters(Path(__file__).parents[2] / "templates")


@pytest.mark.parametrize("name", sorted(LETTERS))
def test_letter_is_accessible_fits_and_fetches_nothing(page: Page, name: str) -> None:
    fetched: list[str] = []
    page.on("request", lambda request: fetched.append(request.url))
    page.set_content(LETTERHEAD.words(LETTERS[name]).html)
    page.evaluate(AXE.read_text())
    assert page.evaluate(VIOLATIONS, TAGS) == []
    assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
    assert page.evaluate(SMALL_TARGETS) == []
    assert fetched == []
