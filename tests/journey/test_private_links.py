"""Private links in a real browser: cut, in two tabs, replaced; and no page breaks the rules that its headers state."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from playwright.async_api import ConsoleMessage, Page, Playwright, expect

from tests.journey.browsers import person
from tests.journey.people import Freelancer
from tests.journey.server import serving

pytestmark = [pytest.mark.journey, pytest.mark.timeout(300)]

FIRST, SECOND = "Goran Petrović", "Somebody Else"


TICKS = """import('/static/js/ticker.js').then(({ tickerWorker }) => Promise.all([1, 2].map(() => new Promise(
  (done) => {
    const worker = tickerWorker();
    worker.onmessage = () => done('ticks');
    worker.postMessage(10);
}))))"""
CASE_URL = "fetch('/join/state').then(answer => answer.json()).then(state => state.case_url)"


async def sees(page: Page, case: str, *never: str) -> None:
    """The page shows this problem of the link, and none of these names."""
    await expect(page.get_by_test_id("step-link-problem")).to_be_visible()
    await expect(page.get_by_test_id("link-problem").locator(f'[data-case="{case}"]')).to_be_visible()
    for name in never:
        await expect(page.get_by_text(name).locator("visible=true")).to_have_count(0)


def cut(url: str, length: int) -> str:
    """The address with this much of its token."""
    address, _, token = url.partition("#")
    return f"{address}#{token[:length]}"


async def test_a_cut_link_shows_no_other_case_and_a_tab_keeps_to_its_own(
    playwright: Playwright, tmp_path: Path
) -> None:
    async with serving(tmp_path) as server, person(playwright, name="freelancer") as page:
        first = await server.create_verification()
        second = await server.create_verification(legal_name=SECOND)
        await page.goto(first["join_url"])
        await expect(page.get_by_test_id("claim-list")).to_contain_text(FIRST)
        case_url = await page.evaluate(
            "fetch('/join/state').then(answer => answer.json()).then(state => state.case_url)"
        )

        other = await page.context.new_page()
        for length in (3, 12, 30, 42):
            await other.goto("about:blank")
            await other.goto(cut(second["join_url"], length))
            await sees(other, "incomplete", FIRST, SECOND)
            await other.reload()
            await sees(other, "incomplete", FIRST, SECOND)

        await other.goto(case_url)
        await expect(other.get_by_test_id("case-headline")).to_be_visible()
        for length in (3, 30):
            await other.goto("about:blank")
            await other.goto(cut(case_url, length))
            await sees(other, "incomplete", FIRST)

        await other.goto(second["join_url"])
        await expect(other.get_by_test_id("claim-list")).to_contain_text(SECOND)
        await page.get_by_test_id("explain-continue").click()
        await page.get_by_test_id("consent-decline").click()
        await page.get_by_test_id("dialog-decline-confirm").click()
        await sees(page, "used_elsewhere", SECOND)
        for case in (first, second):
            status = (await server.api("GET", f"/verifications/{case['id']}"))["status"]
            assert status == "awaiting_freelancer", "nothing was declined for anybody"


async def test_a_link_is_replaced_on_the_case_page(playwright: Playwright, tmp_path: Path) -> None:
    async with (
        serving(tmp_path) as server,
        person(playwright, name="freelancer") as page,
        person(playwright, name="thief") as thief,
    ):
        case = await server.create_verification()
        await page.goto(case["join_url"])
        await expect(page.get_by_test_id("claim-list")).to_be_visible()
        case_url = await page.evaluate(
            "fetch('/join/state').then(answer => answer.json()).then(state => state.case_url)"
        )
        for reader in (page, thief):
            await reader.goto(case_url)
            await expect(reader.get_by_test_id("case-headline")).to_be_visible()
        await page.get_by_test_id("end-sessions").click()
        await expect(page.get_by_test_id("sessions-ended")).to_have_text("1")
        await thief.reload()
        await sees(thief, "missing", FIRST)
        await thief.goto(case_url)
        await expect(thief.get_by_test_id("case-headline")).to_be_visible()

        await page.get_by_test_id("renew-links").click()
        await page.get_by_test_id("dialog-renew-links-confirm").click()
        await expect(page.get_by_test_id("new-case-url")).to_have_attribute("href", re.compile(r"/case#[\w-]{43}$"))
        renewed = await page.get_by_test_id("new-join-url").get_attribute("href")
        await thief.goto("about:blank")
        await thief.goto(case_url)
        await sees(thief, "revoked", FIRST)
        await thief.goto(case["join_url"])
        await sees(thief, "revoked", FIRST)
        await page.get_by_test_id("new-case-url").click()
        await expect(page.get_by_test_id("case-headline")).to_be_visible()
        await page.goto(str(renewed))
        await expect(page.get_by_test_id("claim-list")).to_contain_text(FIRST)


async def test_no_page_breaks_the_rules_of_its_headers(playwright: Playwright, tmp_path: Path) -> None:
    """Content security policy, Trusted Types and cross-origin isolation, up to the waiting room with its worker."""
    said: list[str] = []

    def listen(message: ConsoleMessage) -> None:
        if message.type in {"error", "warning"}:
            said.append(f"{message.page.url if message.page else ''}: {message.text}")

    async with serving(tmp_path) as server, person(playwright, name="freelancer") as page:
        page.context.on("console", listen)
        for path in ("/", "/api/docs", "/staff", "/join", "/case"):
            await page.goto(server.origin + path)
            await page.wait_for_load_state("networkidle")
        assert [line for line in said if "401" not in line] == []
        case = await server.create_verification()
        freelancer = Freelancer(page)
        await freelancer.arrive(case["join_url"])
        await expect(page.get_by_test_id("step-waiting-room")).to_be_visible()
        assert [line for line in said if "401" not in line] == []
        assert await page.evaluate("crossOriginIsolated && isSecureContext") is True
        injected = "try { document.body.innerHTML = '<b>x</b>'; 'taken' } catch (error) { error.name }"
        assert await page.evaluate(injected) == "TypeError", "no string becomes markup"
        assert await page.evaluate(TICKS) == ["ticks", "ticks"], "the one worker is allowed, as often as it is needed"
