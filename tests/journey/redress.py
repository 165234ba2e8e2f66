"""What a freelancer does on the private page, and what reviewers do after a call, through the pages' test ids alone."""

from __future__ import annotations

from dataclasses import dataclass

from playwright.async_api import Page, expect

from tests.journey.people import SECOND_MS, enrol


@dataclass
class CaseReader:
    """The freelancer in front of the private page."""

    page: Page

    async def open(self, case_url: str) -> None:
        """Follow the private link of a message."""
        await self.page.goto(case_url)
        await expect(self.page.get_by_test_id("case-headline")).to_be_visible(timeout=15 * SECOND_MS)

    async def sees(self, status: str, result: str) -> None:
        """What the page says of the case, loaded anew."""
        await self.page.reload()
        await expect(self.page.get_by_test_id("case-status")).to_have_attribute("data-status", status)
        await expect(self.page.get_by_test_id("case-result")).to_have_attribute("data-result", result)

    async def answer(self, text: str) -> None:
        """Answer what was proposed."""
        await self.page.get_by_test_id("write-answer").click()
        await self._write("answer", text)
        await self.page.get_by_test_id("dialog-send-confirm").click()
        await self._is_back()
        await expect(self.page.get_by_test_id("response")).to_contain_text(text)

    async def appeal(self, text: str) -> None:
        """Appeal against the decision."""
        await self.page.get_by_test_id("write-appeal").click()
        await self._write("appeal", text)
        await self._is_back()
        await expect(self.page.get_by_test_id("appeal-open")).to_be_visible()

    async def _write(self, form: str, text: str) -> None:
        await self.page.get_by_test_id(f"{form}-form-text").fill(text)
        await self.page.get_by_test_id(f"{form}-form-send").click()

    async def _is_back(self) -> None:
        await expect(self.page.get_by_test_id("step-case")).to_be_visible(timeout=15 * SECOND_MS)


@dataclass
class Reviewer:
    """A reviewer in front of the replay."""

    page: Page
    origin: str

    async def sign_in(self, link: str) -> None:
        """Set the account up by a one-use link."""
        await enrol(self.page, link)
        await self.page.wait_for_url("**/staff/reviews", timeout=15 * SECOND_MS)

    async def open(self, interview: str) -> None:
        """The replay of a call, with its figures drawn."""
        await self.page.goto(f"{self.origin}/staff/reviews/{interview}")
        await expect(self.page.get_by_test_id("timeline-card")).to_have_attribute("data-timeline", "ready")

    async def propose(self, text: str) -> str:
        """Propose a failure about the one asking that contradicts a claim, with its still and its first seconds.

        Answers the proposal's id.
        """
        await self.page.get_by_test_id("propose-open").locator("summary").click()
        await self.page.get_by_test_id("propose-ground").first.check()
        await self.page.get_by_test_id("fact-run").select_option(index=1)
        await self.page.get_by_test_id("show-finding").first.click()
        await self.page.keyboard.press("[")
        for _ in range(2):
            await self.page.keyboard.press("ArrowRight")
        await self.page.keyboard.press("]")
        await self.page.get_by_test_id("fact-still").locator("visible=true").first.check()
        await self.page.get_by_test_id("fact-text").fill(text)
        await self.page.get_by_test_id("propose-check").click()
        await self.page.get_by_test_id("propose-send").click()
        proposal = self.page.get_by_test_id("proposal")
        await expect(proposal).to_contain_text(text)
        return await proposal.get_attribute("data-proposal") or ""

    async def watch(self) -> None:
        """Open the cited still and watch the cited stretch to its end."""
        await self.page.get_by_test_id("open-cited-still").click()
        await expect(self.page.get_by_test_id("cited-fact")).to_have_attribute("data-opened", "yes")
        await self.page.get_by_test_id("close-still").click()
        await self.page.get_by_test_id("watch").click()
        fact = self.page.get_by_test_id("cited-fact")
        await expect(fact).to_have_attribute("data-watched", "yes", timeout=30 * SECOND_MS)

    async def confirm(self) -> None:
        """Confirm the failure."""
        await self.page.get_by_test_id("confirm-failure").click()
        await self.page.get_by_test_id("dialog-confirm-failure-confirm").click()
        await expect(self.page.get_by_test_id("confirm-failure")).to_have_count(0)


@dataclass
class AppealReviewer:
    """An appeal reviewer in front of the appeals."""

    page: Page
    origin: str

    async def sign_in(self, link: str) -> None:
        """Set the account up by a one-use link."""
        await enrol(self.page, link)
        await expect(self.page.get_by_test_id("nav-appeals")).to_be_visible(timeout=15 * SECOND_MS)

    async def open(self) -> None:
        """The first open appeal."""
        await self.page.goto(f"{self.origin}/staff/appeals")
        await self.page.get_by_test_id("open-appeal").first.click()
        await expect(self.page.get_by_test_id("appeal-page")).to_be_visible()

    async def close(self, outcome: str, text: str) -> None:
        """Press "close the appeal" with this outcome and these words, which need not be enough."""
        await self.page.get_by_test_id(f"outcome-{outcome}").check()
        await self.page.get_by_test_id("answer-text").fill(text)
        await self.page.get_by_test_id("answer-send").click()

    async def confirm(self) -> None:
        """Mean it; the page shows the answer."""
        await self.page.get_by_test_id("dialog-answer-confirm").click()
        await expect(self.page.get_by_test_id("answered")).to_be_visible(timeout=15 * SECOND_MS)
