"""The review page in a real Chromium: proposed by keyboard and mouse, watched in real time, confirmed by somebody else.

The house of the other web tests, at an address of its own; its clock runs while the browsers do.
"""

from __future__ import annotations

import asyncio
import shutil
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import BrowserContext, Page, async_playwright, expect

from tests.contract.failed_case import CASE
from tests.core import failures
from tests.web.at_address import clients_at, free_origin
from tests.web.contradicted import PAGE, TEXT, Contradicted, contradicted
from verifier.core.model import PersonId, ProposalId, Result

ROOT = Path(__file__).parents[2]
PICTURE = ROOT / "verifier/demo/assets/document.jpg"


@asynccontextmanager
async def running(case: Contradicted) -> AsyncIterator[None]:
    """Let the house's clock run as fast as the world's."""

    async def run() -> None:
        before = time.monotonic()
        while True:
            await asyncio.sleep(0.05)
            now = time.monotonic()
            case.house.clock.advance(s=now - before)
            before = now

    task = asyncio.create_task(run())
    try:
        yield
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


@pytest.fixture
async def origin() -> str:
    """Where the house will be; a browser keeps its cookies for localhost."""
    return free_origin()


@pytest.fixture
async def case(origin: str) -> AsyncIterator[Contradicted]:
    async with clients_at(origin) as client:
        made = await contradicted(client, picture=PICTURE.read_bytes(), public_url=origin, demo=True)
        async with running(made):
            yield made


@pytest.fixture
async def chromium() -> AsyncIterator[Any]:
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=["--no-sandbox", "--disable-gpu", "--no-first-run"]
        )
        yield browser
        await browser.close()


async def signed_in(chromium: Any, case: Contradicted, origin: str, who: PersonId) -> Page:
    """A reviewer's browser in front of the call; whatever it complains about fails the test at its end."""
    context: BrowserContext = await chromium.new_context(viewport={"width": 1280, "height": 800})
    page = await context.new_page()
    page.set_default_timeout(15_000)
    token = await case.house.services.accounts.people.mint_link(who)
    await page.goto(f"{origin}/staff#{token}")
    await page.wait_for_url("**/staff/reviews")
    if others := await page.get_by_test_id("others").all():
        await others[0].locator("summary").click()
    await page.get_by_test_id("open-task").first.click()
    await page.wait_for_url(f"**{PAGE}")
    await expect(page.get_by_test_id("timeline-card")).to_have_attribute("data-timeline", "ready")
    return page


async def fill_in(page: Page) -> None:
    """A whole proposal: asking and stretch by keyboard, the rest by mouse."""
    await page.get_by_test_id("propose-open").locator("summary").click()
    await page.get_by_test_id("propose-ground").first.check()
    await page.get_by_test_id("fact-run").select_option(failures.ASKED.id)
    await expect(page.get_by_test_id("fact-from")).not_to_have_value("")
    await page.get_by_test_id("show-finding").click()
    await page.keyboard.press("[")
    marked = await page.get_by_test_id("fact-from").input_value()
    for _ in range(2):
        await page.keyboard.press("ArrowRight")
    await page.keyboard.press("]")
    minutes, seconds = (int(part) for part in marked.split(":"))
    end = 60 * minutes + seconds + 3
    await expect(page.get_by_test_id("fact-to")).to_have_value(f"{end // 60}:{end % 60:02d}")
    await page.get_by_test_id("fact-still").first.check()


async def test_a_failure_is_proposed_watched_and_confirmed_in_the_browser(
    chromium: Any, case: Contradicted, origin: str
) -> None:
    anna = await signed_in(chromium, case, origin, failures.A)
    await fill_in(anna)
    await anna.get_by_test_id("fact-text").fill("too short")
    await anna.get_by_test_id("propose-check").click()
    summary = anna.locator('[data-role="propose-form"] [data-testid="error-summary"]')
    await expect(summary).to_be_focused()
    await summary.get_by_role("link").click()
    await expect(anna.get_by_test_id("fact-text")).to_be_focused()
    await anna.get_by_test_id("fact-text").fill(TEXT)
    await anna.reload()
    await expect(anna.get_by_test_id("fact-text")).to_have_value(TEXT)
    await anna.get_by_test_id("propose-check").click()
    await expect(anna.get_by_test_id("propose-summary")).to_contain_text(TEXT)
    await anna.get_by_test_id("propose-send").click()
    await expect(anna.get_by_test_id("proposal")).to_contain_text(TEXT)
    await expect(anna.get_by_test_id("not-on-offer")).to_contain_text("You made this proposal.")
    async with case.house.units(read_only=True) as unit:
        (record,) = await unit.proposals.of_verification(CASE)
    await case.answered(ProposalId(record.proposal.id))

    ben = await signed_in(chromium, case, origin, failures.B)
    await expect(ben.get_by_test_id("response")).to_contain_text("I moved to Zagreb")
    await expect(ben.get_by_test_id("watch")).to_be_hidden()
    await ben.get_by_test_id("open-cited-still").click()
    await expect(ben.get_by_test_id("viewer-picture")).to_be_visible()
    await ben.get_by_test_id("close-still").click()
    began = time.monotonic()
    await ben.get_by_test_id("watch").click()
    await expect(ben.get_by_test_id("watch-progress")).to_be_visible()
    await expect(ben.get_by_test_id("cited-fact")).to_have_attribute("data-watched", "yes", timeout=20_000)
    assert time.monotonic() - began >= 3, "the server's clock, not the page's word"
    await ben.get_by_test_id("confirm-failure").click()
    await ben.get_by_test_id("dialog-confirm-failure-confirm").click()
    await expect(ben.get_by_test_id("decision-title")).to_have_text("This case is closed")
    async with case.house.units(read_only=True) as unit:
        assert (await unit.verifications.get(CASE)).result is Result.FAILED
        decided = await unit.decisions.current(CASE)
    assert decided is not None and decided.decided_by == failures.B


async def test_a_page_that_is_older_than_the_case_keeps_what_was_written(
    chromium: Any, case: Contradicted, origin: str
) -> None:
    anna = await signed_in(chromium, case, origin, failures.A)
    await fill_in(anna)
    await anna.get_by_test_id("fact-text").fill(TEXT)
    await anna.get_by_test_id("propose-check").click()
    await case.proposed(failures.B)
    await anna.get_by_test_id("propose-send").click()
    await expect(anna.get_by_test_id("stale")).to_contain_text("after you opened the page")
    await anna.get_by_test_id("propose-change").click()
    await expect(anna.get_by_test_id("fact-text")).to_have_value(TEXT)
    await anna.get_by_test_id("reload-page").click()
    await expect(anna.get_by_test_id("proposal")).to_be_visible()
    async with case.house.units(read_only=True) as unit:
        (record,) = await unit.proposals.of_verification(CASE)
    assert record.proposal.proposer_id == failures.B
    kept = await anna.evaluate("() => JSON.stringify(Object.values(sessionStorage))")
    assert TEXT in kept


async def test_who_leaves_the_cited_stretch_has_not_watched_it(chromium: Any, case: Contradicted, origin: str) -> None:
    await case.proposed()
    ben = await signed_in(chromium, case, origin, failures.B)
    await ben.get_by_test_id("open-cited-still").click()
    await expect(ben.get_by_test_id("viewer-picture")).to_be_visible()
    await ben.get_by_test_id("close-still").click()
    await ben.get_by_test_id("watch").click()
    await expect(ben.get_by_test_id("watch-progress")).to_be_visible()
    await ben.keyboard.press("Shift+ArrowRight")
    await expect(ben.get_by_test_id("watch-state")).to_contain_text("You moved away")
    await expect(ben.get_by_test_id("cited-fact")).to_have_attribute("data-watched", "no")
