"""Setting an account up after a one-use link, and changing one's own password, authenticator, codes and sessions."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

import pyotp
import pytest
from structlog.testing import capture_logs

from tests.contract.examples import person
from tests.web.account import RECOVERY, SECRET, Account, account
from tests.web.house import PASSWORD, Browser, House
from verifier.core.access import fingerprint
from verifier.core.model import Person, StaffRole
from verifier.core.principal import STEP_UP_MS, StaffPrincipal
from verifier.errors import SecondFactorNeeded
from verifier.service.enrolling import PENDING_VALID_MS
from verifier.service.joining import session_topic
from verifier.service.second_factor import RECOVERY_CODES, STEP_MS

NEW = "a longer and better password"
QUEUE = ("/staff/queue.json", "application/json")


async def newcomer(house: House) -> tuple[Browser, Person]:
    """A new interviewer's browser after his one-use link."""
    people = house.services.accounts.people
    rosa = await people.add("Rosa Luz", "rosa@example.org", "R.", {StaffRole.INTERVIEWER})
    return await by_link(house, rosa), rosa


async def by_link(house: House, somebody: Person, **how: Any) -> Browser:
    browser = house.browser()
    token = await house.services.accounts.people.mint_link(somebody.id, **how)
    assert (await browser.post("/staff/link", {"token": token})).json == {"next": "/staff/enrol"}
    return browser


async def shown_secret(browser: Browser) -> str:
    """The key on the page."""
    page = await browser.get("/staff/enrol")
    assert page.status == 200 and page.headers["Cache-Control"] == "no-store"
    found = re.search(r'data-testid="totp-secret">([A-Z2-7 ]+)<', page.text)
    assert found
    return found[1].replace(" ", "")


def code(house: House, secret: str, steps: int = 0) -> str:
    return pyotp.TOTP(secret).generate_otp(house.clock.now_ms() // STEP_MS + steps)


# ---------------------------------------------------------------- setting up


async def test_a_newcomer_sets_his_account_up_and_may_act(house: House) -> None:
    browser, rosa = await newcomer(house)
    secret = await shown_secret(browser)
    old = browser.cookies["__Host-vi_staff"]
    answer = await browser.post("/staff/enrol", {"password": NEW, "code": code(house, secret)})
    assert answer.status == 200 and answer.json["next"] == "/staff/queue"
    assert len(set(answer.json["recovery_codes"])) == RECOVERY_CODES
    assert all(re.fullmatch(r"[a-z2-7]{4}(-[a-z2-7]{4}){3}", one) for one in answer.json["recovery_codes"])
    assert browser.cookies["__Host-vi_staff"] != old, "more rights, another secret"
    assert (await browser.get(*QUEUE)).status == 200
    thief = house.browser()
    thief.cookies = {"__Host-vi_staff": old}
    assert (await thief.get(*QUEUE)).status == 401
    house.clock.advance(ms=STEP_MS)
    rosas = Account(house, rosa, NEW, secret)
    assert (await rosas.sign_in()).status == 200
    assert (await rosas.sign_in(code=answer.json["recovery_codes"][3])).status == 200


async def test_the_key_is_shown_as_text_and_as_a_code_to_scan_until_it_is_proven(house: House) -> None:
    browser, _ = await newcomer(house)
    secret = await shown_secret(browser)
    assert await shown_secret(browser) == secret, "a page that is loaded again shows the same"
    page = (await browser.get("/staff/enrol")).text
    assert re.search(r'<svg class="qr"[^>]* viewBox="0 0 (\d+) \1"[^>]*><path d="M', page)
    await browser.post("/staff/enrol", {"password": NEW, "code": code(house, secret)})
    for path in ("/staff/enrol", "/staff/settings"):
        after = await browser.get(path)
        assert secret not in after.text.replace(" ", "") and 'd="M' not in after.text
    assert (await browser.get("/staff/enrol")).status == 303


async def test_what_is_scanned_names_the_account_and_makes_the_same_codes(house: House) -> None:
    browser, rosa = await newcomer(house)
    secret = await shown_secret(browser)
    principal = await house.services.accounts.signing_in.principal(browser.cookies["__Host-vi_staff"])
    offer = await house.services.accounts.enrolling.offer(principal)
    address = urlsplit(offer.address)
    assert (address.scheme, address.netloc) == ("otpauth", "totp") and offer.secret == secret
    assert unquote(address.path) == f"/verifier:{rosa.email}" and parse_qs(address.query)["secret"] == [secret]
    assert pyotp.parse_uri(offer.address).generate_otp(7) == pyotp.TOTP(secret).generate_otp(7)


@pytest.mark.parametrize(
    ("password", "field"),
    [
        ("short", "password"),
        ("aaaabbbbaaaabbbb", "password"),
        ("rosa@example.org", "password"),
        ("Rosa Luz Rosa Luz", "password"),
        (NEW, "code"),
    ],
)
async def test_a_weak_password_or_a_wrong_code_changes_nothing(house: House, password: str, field: str) -> None:
    browser, rosa = await newcomer(house)
    secret = await shown_secret(browser)
    typed = "000000" if field == "code" else code(house, secret)
    answer = await browser.post("/staff/enrol", {"password": password, "code": typed})
    assert (answer.status, answer.json["field"]) == (400, field)
    assert house.units.state.people[rosa.id][1] is None and not house.units.state.recovery_codes
    assert (await browser.get(*QUEUE)).json["code"] == "second_factor_needed"
    assert (await browser.post("/staff/enrol", {"password": NEW, "code": code(house, secret)})).status == 200


async def test_a_key_that_nobody_proves_within_an_hour_is_drawn_anew(house: House) -> None:
    browser, rosa = await newcomer(house)
    secret = await shown_secret(browser)
    house.clock.advance(ms=PENDING_VALID_MS)
    later = await by_link(house, rosa)
    assert (await later.post("/staff/enrol", {"password": NEW, "code": code(house, secret)})).status == 409
    assert await shown_secret(later) != secret


async def test_codes_cannot_be_guessed_while_setting_up(house: House) -> None:
    browser, _ = await newcomer(house)
    secret = await shown_secret(browser)
    statuses = [
        (await browser.post("/staff/enrol", {"password": NEW, "code": f"00000{number}"})).status for number in range(6)
    ]
    assert statuses == [400] * 5 + [429]
    assert (await browser.post("/staff/enrol", {"password": NEW, "code": code(house, secret)})).status == 429


# ---------------------------------------------------------------- a lost password, a lost authenticator


async def test_a_link_replaces_the_password_and_never_the_authenticator(house: House) -> None:
    anna = await account(house)
    other = await anna.signed_in()
    browser = await by_link(house, anna.person)
    page = (await browser.get("/staff/enrol")).text
    assert "Choose a new password" in page and "totp-secret" not in page
    assert (await browser.post("/staff/enrol", {"password": NEW, "code": "000000"})).json["field"] == "code"
    house.clock.advance(ms=STEP_MS)
    answer = await browser.post("/staff/enrol", {"password": NEW, "code": anna.code()})
    assert answer.json == {"next": "/staff/queue", "recovery_codes": []}
    assert (await other.get(*QUEUE)).status == 401, "every other browser is signed out"
    house.clock.advance(ms=STEP_MS)
    assert (await anna.sign_in()).status == 401 and (await anna.sign_in(password=NEW)).status == 200


async def test_a_recovery_code_stands_for_the_authenticator_there_too(house: House) -> None:
    anna = await account(house)
    browser = await by_link(house, anna.person)
    assert (await browser.post("/staff/enrol", {"password": NEW, "code": RECOVERY})).status == 200


async def test_a_lost_authenticator_is_removed_by_somebody_else_and_set_up_anew(house: House) -> None:
    anna = await account(house)
    signed_in = await anna.signed_in()
    browser = await by_link(house, anna.person, forget_factor=True)
    assert (await signed_in.get(*QUEUE)).status == 401
    assert (await anna.sign_in(code=RECOVERY)).status == 401
    secret = await shown_secret(browser)
    assert secret != SECRET
    assert (await browser.post("/staff/enrol", {"password": NEW, "code": anna.code()})).status == 400
    assert (await browser.post("/staff/enrol", {"password": NEW, "code": code(house, secret)})).status == 200


# ---------------------------------------------------------------- one's own settings


async def test_the_settings_show_ones_own_account(house: House) -> None:
    anna = await account(house, "per_anna", StaffRole.INTERVIEWER)
    browser = await anna.signed_in()
    page = await browser.get("/staff/settings")
    assert page.status == 200 and "Interviewer until" in page.text and "1 not used yet" in page.text
    assert page.text.count('data-testid="session"') == 1 and 'data-own="true"' in page.text
    assert SECRET not in page.text
    assert 'data-testid="password-form"' not in (await (await house.staff("per_x"))[0].get("/staff/settings")).text


async def test_a_new_password_needs_the_old_one_and_ends_every_other_session(house: House) -> None:
    anna = await account(house)
    here, there = await anna.signed_in(), await anna.signed_in()
    wrong = await here.post("/staff/settings/password", {"current": "not this one at all", "password": NEW})
    assert (wrong.status, wrong.json["field"]) == (400, "current")
    weak = await here.post("/staff/settings/password", {"current": PASSWORD, "password": "short"})
    assert (weak.status, weak.json["field"]) == (400, "password")
    assert (await there.get(*QUEUE)).status == 200
    assert (await here.post("/staff/settings/password", {"current": PASSWORD, "password": NEW})).status == 200
    assert (await here.get(*QUEUE)).status == 200 and (await there.get(*QUEUE)).status == 401
    house.clock.advance(ms=STEP_MS)
    assert (await anna.sign_in()).status == 401 and (await anna.sign_in(password=NEW)).status == 200


async def test_the_current_password_cannot_be_guessed_in_an_open_session(house: House) -> None:
    browser = await (await account(house)).signed_in()
    statuses = [(await browser.post("/staff/settings/recovery-codes", {"current": "a guess"})).status for _ in range(7)]
    assert statuses == [400] * 5 + [429] * 2
    assert (await browser.post("/staff/settings/recovery-codes", {"current": PASSWORD})).status == 429


async def test_another_authenticator_is_in_force_once_it_is_proven(house: House) -> None:
    anna = await account(house)
    here, there = await anna.signed_in(), await anna.signed_in()
    assert (await here.post("/staff/settings/authenticator/offer", {"current": "wrong"})).json["field"] == "current"
    offer = (await here.post("/staff/settings/authenticator/offer", {"current": PASSWORD})).json
    assert offer["qr_path"].startswith("M4 4h1v1h-1z") and offer["qr_size"] > 30
    newer = Account(house, anna.person, secret=offer["secret"].replace(" ", ""))
    house.clock.advance(ms=STEP_MS)
    assert (await anna.sign_in()).status == 200 and (await newer.sign_in()).status == 401, "not proven yet"
    refused = await here.post("/staff/settings/authenticator", {"code": anna.code()})
    assert (refused.status, refused.json["field"]) == (400, "code")
    taken = await here.post("/staff/settings/authenticator", {"code": newer.code()})
    assert taken.status == 200 and len(taken.json["recovery_codes"]) == RECOVERY_CODES
    assert (await here.get(*QUEUE)).status == 200 and (await there.get(*QUEUE)).status == 401
    house.clock.advance(ms=STEP_MS)
    assert (await anna.sign_in()).status == 401 and (await newer.sign_in()).status == 200
    assert (await newer.sign_in(code=RECOVERY)).status == 401, "former recovery codes are gone"


async def test_an_authenticator_that_was_never_offered_cannot_be_taken_over(house: House) -> None:
    browser = await (await account(house)).signed_in()
    assert (await browser.post("/staff/settings/authenticator", {"code": "123456"})).status == 409


async def test_new_recovery_codes_replace_the_old(house: House) -> None:
    anna = await account(house)
    browser = await anna.signed_in()
    codes = (await browser.post("/staff/settings/recovery-codes", {"current": PASSWORD})).json["recovery_codes"]
    assert (await anna.sign_in(code=RECOVERY)).status == 401 and (await anna.sign_in(code=codes[0])).status == 200
    stored = str(house.units.state.recovery_codes)
    assert not any(one in stored or one.replace("-", "") in stored for one in codes)


async def test_a_person_sees_his_sessions_and_ends_them(house: House) -> None:
    anna = await account(house)
    here, there = await anna.signed_in(), house.browser()
    house.clock.advance(ms=STEP_MS)
    phone = "Mozilla/5.0 (Android 15; Mobile; rv:140.0) Gecko/140.0 Firefox/140.0"
    assert (await anna.sign_in(there, User_Agent=phone)).status == 200
    hashed = fingerprint(there.cookies["__Host-vi_staff"])
    page = (await here.get("/staff/settings")).text
    assert "Firefox on Android" in page and page.count('data-testid="session"') == 2 and hashed not in page
    reference = re.findall(r'name="session" value="([^"]+)"', page)
    assert (await here.post("/staff/settings/sessions/end", {"session": reference[0]})).status == 200
    assert (await there.get(*QUEUE)).status == 401 and (await here.get(*QUEUE)).status == 200
    assert house.bus.on(session_topic(hashed))[-1]["code"] == "taken_over", "its sockets are told"
    gone = await here.post("/staff/settings/sessions/end", {"session": reference[0]})
    assert gone.status == 404


async def test_nobody_ends_somebody_elses_session(house: House) -> None:
    anna, bert = await account(house), await account(house, "per_bert")
    annas, berts = await anna.signed_in(), await bert.signed_in()
    reference = fingerprint(berts.cookies["__Host-vi_staff"])[:16]
    assert (await annas.post("/staff/settings/sessions/end", {"session": reference})).status == 404
    assert (await annas.post("/staff/settings/sessions/end-others")).status == 200
    assert (await berts.get(*QUEUE)).status == 200 and (await annas.get(*QUEUE)).status == 200


async def test_signing_out_everywhere_else_keeps_this_browser(house: House) -> None:
    anna = await account(house)
    here, there = await anna.signed_in(), await anna.signed_in()
    assert (await here.post("/staff/settings/sessions/end-others")).status == 200
    assert (await here.get(*QUEUE)).status == 200 and (await there.get(*QUEUE)).status == 401


async def test_no_secret_of_ones_own_account_reaches_the_log(house: House) -> None:
    with capture_logs() as logs:
        browser, _ = await newcomer(house)
        secret = await shown_secret(browser)
        answer = await browser.post("/staff/enrol", {"password": NEW, "code": code(house, secret)})
        await browser.post("/staff/settings/password", {"current": NEW, "password": PASSWORD})
    for word in (secret, NEW, PASSWORD, *answer.json["recovery_codes"], *browser.cookies.values()):
        assert word not in str(logs)


# ---------------------------------------------------------------- a recent second factor


async def test_what_ends_a_case_asks_for_a_recent_second_factor(house: House) -> None:
    now_ms = house.clock.now_ms()
    fresh = StaffPrincipal(person(), "hash", second_factor_ms=now_ms - STEP_UP_MS)
    fresh.require_fresh(now_ms)
    StaffPrincipal(person(), "hash").require_fresh(now_ms)
    with pytest.raises(SecondFactorNeeded):
        StaffPrincipal(person(), "hash", second_factor_ms=now_ms - STEP_UP_MS - 1).require_fresh(now_ms)


async def test_the_second_factor_is_given_once_more_under_a_new_secret(house: House) -> None:
    anna = await account(house)
    browser = await anna.signed_in()
    old = browser.cookies["__Host-vi_staff"]
    house.clock.advance(hours=1)
    assert (await browser.post("/staff/settings/second-factor", {"code": "000000"})).json["field"] == "code"
    assert (await browser.post("/staff/settings/second-factor", {"code": anna.code()})).status == 200
    principal = await house.services.accounts.signing_in.principal(browser.cookies["__Host-vi_staff"])
    assert principal.second_factor_ms == house.clock.now_ms() and browser.cookies["__Host-vi_staff"] != old
    browser.cookies["__Host-vi_staff"] = old
    assert (await browser.get(*QUEUE)).status == 401
