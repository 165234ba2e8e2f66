"""What a freelancer and an interviewer do in their browsers, step by step, through the pages' test ids alone."""

from __future__ import annotations

import re
from contextlib import suppress
from dataclasses import dataclass

import pyotp
from playwright.async_api import Page, TimeoutError, expect

SECOND_MS = 1_000
STAFF_PASSWORD = "a password of the journeys"


@dataclass
class Freelancer:
    """At the join page."""

    page: Page

    async def open(self, join_url: str) -> None:
        """Follow the link and read what will happen."""
        await self.page.goto(join_url)
        await expect(self.page.get_by_test_id("step-explain")).to_be_visible(timeout=15 * SECOND_MS)

    async def consent(self, *, recording: bool = False) -> None:
        """Agree to the interview."""
        await self.page.get_by_test_id("explain-continue").click()
        await self.page.get_by_test_id("consent-interview").check()
        if recording:
            await self.page.get_by_test_id("consent-recording").check()
        await self.page.get_by_test_id("consent-continue").click()
        await expect(self.page.get_by_test_id("step-green-room")).to_be_visible()

    async def check(self, *, network: bool = True) -> None:
        """Allow camera and microphone, and let the connection be measured."""
        await allow_devices(self.page)
        if network:
            await self.page.get_by_test_id("start-network").click()
            await expect(self.page.get_by_test_id("network")).to_have_attribute("data-network", "done", timeout=60_000)

    async def wait(self) -> None:
        """Into the waiting room."""
        await self.page.get_by_test_id("green-room-continue").click()
        await expect(self.page.get_by_test_id("step-waiting-room")).to_be_visible()

    async def arrive(self, join_url: str, *, network: bool = True, recording: bool = False) -> None:
        """From the link to the waiting room."""
        await self.open(join_url)
        await self.consent(recording=recording)
        await self.check(network=network)
        await self.wait()

    async def in_call(self) -> None:
        """The interviewer's picture plays."""
        await expect(self.page.get_by_test_id("step-call")).to_be_visible(timeout=30 * SECOND_MS)
        await expect(self.page.get_by_test_id("stage")).to_have_attribute("data-stage", "playing", timeout=30_000)

    async def type_code(self, code: str) -> None:
        """Type what the interviewer read out."""
        await self.page.get_by_test_id("code-input").fill(code)
        await self.page.get_by_test_id("code-submit").click()

    async def retry(self) -> None:
        """Take the retry that the result page offers, on the same link, into the waiting room."""
        await self.page.get_by_test_id("retry").click()
        either = '[data-testid="step-waiting-room"]:visible, [data-testid="step-green-room"]:visible'
        await expect(self.page.locator(either)).to_be_visible(timeout=15 * SECOND_MS)
        if await self.page.get_by_test_id("step-green-room").is_visible():
            await self.check(network=False)
            await self.wait()

    async def sees_result(self, case: str) -> None:
        """The result page shows this case of the result, now or when it changes."""
        await expect(self.page.get_by_test_id("step-result")).to_be_visible(timeout=30 * SECOND_MS)
        shown = self.page.get_by_test_id("result").locator(f'[data-case="{case}"]')
        await expect(shown).to_be_visible(timeout=30 * SECOND_MS)


@dataclass
class Interviewer:
    """At the staff pages."""

    page: Page

    async def sign_in(self, link: str) -> list[str]:
        """By a one-use link, whoever was signed in before; a new interviewer sets the account up first: its secrets."""
        secrets = await enrol(self.page, link)
        await self.page.wait_for_url(re.compile(r"/staff/(queue|check)$"), timeout=15 * SECOND_MS)
        return secrets

    async def check(self, origin: str) -> None:
        """Pass the device and connection check."""
        await self.page.goto(f"{origin}/staff/check")
        await allow_devices(self.page)
        await self.page.get_by_test_id("start-network").click()
        await expect(self.page.get_by_test_id("network")).to_have_attribute("data-network", "done", timeout=60_000)
        await self.page.get_by_test_id("check-to-queue").click()
        await self.page.wait_for_url("**/staff/queue")

    async def take_next(self) -> str:
        """Take the next call; the interview's id."""
        button = self.page.get_by_test_id("take-next")
        await expect(button).to_be_enabled(timeout=20 * SECOND_MS)
        await button.click()
        await self.page.wait_for_url("**/staff/interviews/*", timeout=15 * SECOND_MS)
        return self.page.url.rsplit("/", 1)[1]

    async def in_call(self) -> None:
        """The freelancer's picture plays."""
        await expect(self.page.get_by_test_id("step-call")).to_be_visible(timeout=30 * SECOND_MS)
        await expect(self.page.get_by_test_id("stage")).to_have_attribute("data-stage", "playing", timeout=30_000)

    async def ask(self, key: str) -> None:
        """Choose an item of the checklist and ask it, as soon as the page lets the interviewer."""
        if await self.item_state(key) != "asking":
            await self.page.locator(f'[data-testid="checklist-item"][data-item="{key}"]').click()
        buttons = ["start-run", "restart-run", "ask-once-more"]
        enabled = ", ".join(f'[data-testid="{name}"]:visible:enabled' for name in buttons)
        await self.page.locator(enabled).first.click(timeout=40 * SECOND_MS)
        begun = re.compile("asking|code|again")
        await expect(self.page.get_by_test_id("ask")).to_have_attribute("data-ask", begun, timeout=20 * SECOND_MS)

    async def code_to_speak(self) -> str:
        """The digits on the own screen."""
        shown = self.page.get_by_test_id("code-to-speak")
        await expect(shown).to_have_text(re.compile(r"\d"), timeout=10 * SECOND_MS)
        return re.sub(r"\D", "", await shown.inner_text())

    async def answer(self, answer: str = "consistent", timeout_s: float = 10) -> None:
        """Record what was answered."""
        await self.page.get_by_test_id(f"answer-{answer.replace('_', '-')}").click(timeout=timeout_s * SECOND_MS)

    async def capture(self, state: str, timeout_s: float = 30) -> None:
        """Ask for a still of what is shown, and wait for what becomes of it: "good", "bad" or "failed"."""
        await self.page.get_by_test_id("capture-still").click(timeout=10 * SECOND_MS)
        await expect(self.page.get_by_test_id("still")).to_have_attribute(
            "data-still", state, timeout=timeout_s * SECOND_MS
        )

    async def must_ask_again(self) -> bool:
        """Whether the page says that this asking will not count."""
        return await self.page.get_by_test_id("ask").get_attribute("data-ask") == "again"

    async def item_state(self, key: str) -> str:
        """State of one line of the checklist."""
        line = self.page.locator(f'[data-testid="checklist-item"][data-item="{key}"]')
        return await line.get_attribute("data-state") or ""

    async def until_item(self, key: str, *states: str, timeout_s: float = 15) -> None:
        """Wait until a line of the checklist has one of the states."""
        line = self.page.locator(f'[data-testid="checklist-item"][data-item="{key}"]')
        await expect(line).to_have_attribute("data-state", re.compile("|".join(states)), timeout=timeout_s * 1_000)

    async def items(self) -> list[str]:
        """Keys of the whole checklist, in order."""
        lines = self.page.get_by_test_id("checklist-item")
        return [await line.get_attribute("data-item") or "" for line in await lines.all()]

    async def finish(self) -> str:
        """End the interview; the case of the end panel."""
        await self.page.get_by_test_id("finish").click()
        confirm = self.page.get_by_test_id("dialog-finish-confirm")
        if await confirm.is_visible():
            await confirm.click()
        await expect(self.page.get_by_test_id("step-end")).to_be_visible(timeout=30 * SECOND_MS)
        return await self.end_case()

    async def end_case(self) -> str:
        """What the end panel says, once it is computed."""
        panel = self.page.get_by_test_id("end").locator("[data-case]:not([hidden])")
        await expect(panel.first).not_to_have_attribute("data-case", "computing", timeout=30 * SECOND_MS)
        return await shown_case(self.page, "end")


async def enrol(page: Page, link: str) -> list[str]:
    """Follow a new staff member's one-use link: choose a password, take over the authenticator, keep the codes.

    Answers every secret of it.
    """
    await page.goto(link)
    await expect(page.get_by_test_id("enrol-form")).to_be_visible(timeout=15 * SECOND_MS)
    secret = (await page.get_by_test_id("totp-secret").inner_text()).replace(" ", "")
    await page.get_by_test_id("enrol-password").fill(STAFF_PASSWORD)
    await page.get_by_test_id("enrol-code").fill(pyotp.TOTP(secret).now())
    await page.get_by_test_id("enrol-submit").click()
    await expect(page.get_by_test_id("recovery-codes")).to_be_visible(timeout=15 * SECOND_MS)
    codes = await page.get_by_test_id("recovery-code").all_inner_texts()
    await page.get_by_test_id("codes-kept").click()
    return [STAFF_PASSWORD, secret, *codes]


async def allow_devices(page: Page) -> None:
    """Turn camera and microphone on; a browser that allows them already does it by itself."""
    with suppress(TimeoutError):
        await page.get_by_test_id("start-devices").click(timeout=2 * SECOND_MS)
    await expect(page.get_by_test_id("devices")).to_have_attribute("data-devices", "ready", timeout=20 * SECOND_MS)


async def shown_case(page: Page, test_id: str) -> str:
    """Which of the prepared cases of an element is visible."""
    shown = page.get_by_test_id(test_id).locator("[data-case]:not([hidden])").first
    return await shown.get_attribute("data-case") or ""
