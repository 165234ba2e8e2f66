"""Staff in a real browser: setting an account up, signing in, one's own settings; and by a provider at another site."""

from __future__ import annotations

import re
import time
from pathlib import Path

import pyotp
import pytest
from playwright.async_api import Page, Playwright, expect

from tests.identity.panva import CLIENT_ID, CLIENT_SECRET, free_port, panva
from tests.journey.browsers import PHONE, person
from tests.journey.people import SECOND_MS, STAFF_PASSWORD, enrol
from tests.journey.server import serving

pytestmark = [pytest.mark.journey, pytest.mark.timeout(300)]

WORK = re.compile(r"/staff/(queue|check)$")
ANNA = ("--name", "Anna", "--email", "per_anna@example.org", "--pseudonym", "Ann", "--role", "interviewer")


async def sign_in(page: Page, origin: str, password: str, code: str) -> None:
    """Fill in the form and send it."""
    await page.goto(f"{origin}/staff")
    await page.get_by_test_id("sign-in-email").fill("per_anna@example.org")
    await page.get_by_test_id("sign-in-password").fill(password)
    await page.get_by_test_id("sign-in-otp").fill(code)
    await page.get_by_test_id("sign-in-submit").click()


async def test_an_account_is_set_up_signed_in_to_and_changed(playwright: Playwright, tmp_path: Path) -> None:
    async with serving(tmp_path) as server, person(playwright, name="anna", screen=PHONE) as page:
        await page.goto(await server.command("user", "add", *ANNA))
        secret = (await page.get_by_test_id("totp-secret").inner_text(timeout=15 * SECOND_MS)).replace(" ", "")
        totp = pyotp.TOTP(secret)
        await page.get_by_test_id("enrol-submit").click()
        await expect(page.get_by_test_id("error-summary")).to_be_visible()
        await page.get_by_test_id("enrol-password").fill("short")
        await page.get_by_test_id("enrol-code").fill(totp.now())
        await page.get_by_test_id("enrol-submit").click()
        await expect(page.get_by_test_id("error-summary")).to_contain_text("Choose another password")
        await page.get_by_test_id("enrol-password").fill(STAFF_PASSWORD)
        await page.get_by_test_id("enrol-submit").click()
        await expect(page.get_by_test_id("recovery-code")).to_have_count(10)
        codes = await page.get_by_test_id("recovery-code").all_inner_texts()
        await page.get_by_test_id("codes-kept").click()
        await page.wait_for_url(WORK)

        await page.get_by_test_id("person-name").click()
        await page.get_by_test_id("password-current").fill("not this one at all")
        await page.get_by_test_id("password-password").fill("another password of hers")
        await page.get_by_test_id("password-submit").click()
        await expect(page.get_by_test_id("error-summary")).to_contain_text("not your current password")
        await page.get_by_test_id("password-current").fill(STAFF_PASSWORD)
        await page.get_by_test_id("password-password").fill("another password of hers")
        await page.get_by_test_id("password-submit").click()
        await expect(page.get_by_test_id("done")).to_contain_text("Your password is changed")
        await page.get_by_test_id("sign-out").click()
        await page.wait_for_url("**/staff")

        await sign_in(page, server.origin, STAFF_PASSWORD, totp.at(int(time.time()) + 30))
        await expect(page.get_by_test_id("error-summary")).to_contain_text("is not right")
        await page.get_by_test_id("no-device").locator("summary").click()
        await page.get_by_test_id("sign-in-otp").fill("")
        await page.get_by_test_id("sign-in-recovery").fill(codes[0])
        await page.get_by_test_id("sign-in-password").fill("another password of hers")
        await page.get_by_test_id("sign-in-submit").click()
        await page.wait_for_url(WORK)


async def test_an_administrator_adds_and_disables_somebody(playwright: Playwright, tmp_path: Path) -> None:
    async with (
        serving(tmp_path) as server,
        person(playwright, name="boss") as boss,
        person(playwright, name="rosa", screen=PHONE) as rosa,
    ):
        words = ["--name", "Bea", "--email", "bea@example.org", "--pseudonym", "B.", "--role", "administrator"]
        await enrol(boss, await server.command("user", "add", *words))
        await boss.wait_for_url("**/staff/settings/people")
        for name, value in (("name", "Rosa"), ("email", "rosa@example.org"), ("pseudonym", "R."), ("languages", "en")):
            await boss.get_by_test_id(f"add-{name}").fill(value)
        await boss.get_by_test_id("add-submit").click()
        await expect(boss.get_by_test_id("error-summary")).to_contain_text("Choose at least one role")
        await boss.get_by_test_id("add-role-interviewer").check()
        await boss.get_by_test_id("add-submit").click()
        await expect(boss.get_by_test_id("sign-in-link")).to_contain_text("/staff#")
        await enrol(rosa, await boss.get_by_test_id("sign-in-link").inner_text())
        await rosa.wait_for_url(WORK)
        await rosa.goto(f"{server.origin}/staff/queue")
        await expect(rosa.get_by_test_id("see-trainings")).to_be_visible()

        await boss.reload()
        await boss.get_by_test_id("open-person").filter(has_text="Rosa").click()
        await boss.get_by_test_id("training-submit").click()
        await expect(boss.get_by_test_id("done")).to_contain_text("The training is entered")
        await expect(rosa.get_by_test_id("go-to-check")).to_be_visible()
        await boss.get_by_test_id("disable").click()
        await boss.get_by_test_id("dialog-disable-cancel").click()
        await boss.get_by_test_id("disable").click()
        await boss.get_by_test_id("dialog-disable-confirm").click()
        await expect(boss.get_by_test_id("done")).to_contain_text("The account is disabled")
        await rosa.wait_for_url("**/staff", timeout=15 * SECOND_MS)


async def test_a_sign_in_at_another_site_comes_back_with_a_session(playwright: Playwright, tmp_path: Path) -> None:
    """The provider at 127.0.0.1 is another site than we at localhost: our strict cookies do not travel from there."""
    port = free_port()
    issuer = f"http://127.0.0.1:{port}"
    settings = {"OIDC_ISSUER": issuer, "OIDC_CLIENT_ID": CLIENT_ID, "OIDC_CLIENT_SECRET": CLIENT_SECRET}
    async with (
        serving(tmp_path, **settings, OIDC_NAME="Acme") as server,
        panva(f"{server.origin}/staff/oidc/callback", port),
        person(playwright, name="anna") as page,
    ):
        await server.command("user", "add", *ANNA)
        await page.goto(f"{server.origin}/staff")
        await page.get_by_test_id("sign-in-oidc").click()
        await page.wait_for_url(f"{issuer}/**")
        under_way = {cookie["name"]: cookie for cookie in await page.context.cookies(server.origin)}
        assert under_way["__Host-vi_oidc"]["sameSite"] == "Lax" and under_way["__Host-vi_oidc"]["httpOnly"]
        await page.locator("input[name=login]").fill("anna")
        await page.locator("input[name=password]").fill("any")
        await page.locator("button[type=submit]").click()
        await page.locator("button[type=submit]").click()
        await page.wait_for_url(WORK, timeout=15 * SECOND_MS)
        cookies = {cookie["name"]: cookie for cookie in await page.context.cookies(server.origin)}
        assert "__Host-vi_oidc" not in cookies and cookies["__Host-vi_staff"]["sameSite"] == "Strict"
        await page.reload()
        await expect(page.get_by_test_id("person-name")).to_have_text("Anna")
        log = server.log.read_text()
        for secret in (CLIENT_SECRET, cookies["__Host-vi_staff"]["value"], under_way["__Host-vi_oidc"]["value"]):
            assert secret not in log

        await page.goto(issuer)
        await page.evaluate("address => { location.href = address; }", f"{server.origin}/staff/queue")
        await page.wait_for_url("**/staff/queue")
        await expect(page.get_by_test_id("problem")).to_have_attribute("data-kind", "signed_out")
