"""A browser for the tests that look: light on a desktop and dark on the narrowest phone."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

from tests.pages import preview

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with preview.chromium() as running:
        yield running


@pytest.fixture(scope="module", params=[("light", 1280, 800), ("dark", 360, 740)], ids=["light-desktop", "dark-phone"])
def page(request: pytest.FixtureRequest, browser: Browser) -> Iterator[Page]:
    scheme, width, height = request.param
    opened = browser.new_page(viewport={"width": width, "height": height}, color_scheme=scheme, reduced_motion="reduce")
    yield opened
    opened.close()
