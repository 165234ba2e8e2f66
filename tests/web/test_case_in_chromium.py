"""The private page and the interview's in a real Chromium: from one to the other by a press, whatever link was opened.

The house of the other web tests, at an address of its own.
"""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator
from dataclasses import replace

import pytest
from playwright.async_api import Page, async_playwright, expect

from tests.contract.examples import CASE
from tests.web.at_address import clients_at, free_origin
from tests.web.house import House, open_house
from verifier.core.access import Audience
from verifier.core.model import VerificationId, VerificationStatus
from verifier.ports.storage import Consent


@pytest.fixture
async def origin() -> str:
    """Where the house will be; a browser keeps its cookies for localhost."""
    return free_origin()


@pytest.fixture
async def house(origin: str) -> AsyncIterator[House]:
    async with clients_at(origin) as client:
        made = await open_house(client, public_url=origin, demo=True)
        await made.case()
        yield made


@pytest.fixture
async def page() -> AsyncIterator[Page]:
    """A freelancer's phone."""
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=shutil.which("chromium"),
            args=["--no-sandbox", "--disable-gpu", "--no-first-run", "--use-fake-device-for-media-stream"],
        )
        context = await browser.new_context(viewport={"width": 390, "height": 844})
        opened = await context.new_page()
        opened.set_default_timeout(15_000)
        yield opened
        await browser.close()


async def stands(house: House, status: VerificationStatus) -> None:
    """The case as it is after an earlier call: consented to, and in this status."""
    async with house.units() as unit:
        case = await unit.verifications.get(CASE)
        await unit.verifications.save(replace(case, status=status), case.status)
        await unit.consents.add(Consent(VerificationId(CASE), True, False, house.clock.now_ms()))


async def opened_by_private_link(house: House, page: Page) -> None:
    await page.goto(await house.services.linking.add(VerificationId(CASE), Audience.CASE))
    await expect(page.get_by_test_id("case-headline")).to_be_visible()


async def test_who_has_only_the_private_link_starts_a_new_call_with_one_press(house: House, page: Page) -> None:
    await stands(house, VerificationStatus.RETRY_OFFERED)
    await opened_by_private_link(house, page)
    await page.get_by_test_id("retry").click()
    await page.wait_for_url("**/join")
    await expect(page.get_by_test_id("step-green-room")).to_be_visible()
    await page.reload()
    await expect(page.get_by_test_id("step-result")).to_be_visible()
    await expect(page.get_by_test_id("retry")).to_be_visible()


async def test_who_has_only_the_private_link_comes_to_his_first_call(house: House, page: Page) -> None:
    await opened_by_private_link(house, page)
    await page.get_by_test_id("start-call").click()
    await expect(page.get_by_test_id("step-explain")).to_be_visible()


@pytest.mark.parametrize("status", [VerificationStatus.COMPLETED, VerificationStatus.ALTERNATIVE_ROUTE])
async def test_the_invitation_leads_to_the_private_page_once_the_interview_is_over(
    house: House, page: Page, origin: str, status: VerificationStatus
) -> None:
    await stands(house, status)
    await page.goto(f"{origin}/join#join-token-of-the-case")
    for _ in range(2):
        await expect(page.get_by_role("heading", name="The interview is over")).to_be_visible()
        await page.reload()
    await page.get_by_test_id("over-case-url").click()
    await expect(page.get_by_test_id("case-status")).to_have_attribute("data-status", status)


async def test_a_revoked_invitation_shows_nothing_of_a_closed_case(house: House, page: Page, origin: str) -> None:
    await stands(house, VerificationStatus.COMPLETED)
    await house.services.linking.revoke(VerificationId(CASE))
    await page.goto(f"{origin}/join#join-token-of-the-case")
    await expect(page.get_by_test_id("link-problem").locator('[data-case="revoked"]')).to_be_visible()
    await expect(page.get_by_test_id("over-case-url")).to_be_hidden()
    assert await page.get_by_test_id("over-case-url").get_attribute("href") == "/case"


async def test_a_call_that_cannot_be_started_any_more_is_said_on_the_page(house: House, page: Page) -> None:
    await stands(house, VerificationStatus.RETRY_OFFERED)
    await opened_by_private_link(house, page)
    await stands(house, VerificationStatus.CANCELLED)
    await page.get_by_test_id("retry").click()
    problem = page.get_by_test_id("start-problem")
    await expect(problem).to_contain_text("No call can be started now.")
    await problem.get_by_role("link").click()
    await expect(page.get_by_test_id("case-headline")).to_have_text("This verification was cancelled")
