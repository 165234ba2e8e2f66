"""Password and one-time code, recovery codes, one-use links, sessions: what lets somebody in, and for how long."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Any

import pytest
from argon2 import PasswordHasher
from structlog.testing import capture_logs

from tests.contract.examples import person
from tests.web.account import RECOVERY, SECRET, WRONG, Account, account
from tests.web.house import CHEAP, PASSWORD, House, open_house
from verifier.core.access import SecondFactor
from verifier.core.model import StaffRole
from verifier.service.second_factor import STEP_MS
from verifier.service.signing_in import IDLE_MS, SETUP_VALID_MS, TOUCH_EVERY_MS

QUEUE = ("/staff/queue.json", "application/json")


async def test_password_and_code_open_a_session(house: House) -> None:
    anna = await account(house)
    browser = house.browser()
    answer = await browser.post("/staff/sign-in", anna.typed(email=" Per_Anna@example.ORG "))
    assert (answer.status, answer.json) == (200, {"next": "/staff/queue"})
    cookie = answer.cookies["__Host-vi_staff"]
    assert cookie["httponly"] and cookie["secure"] and cookie["samesite"] == "Strict" and cookie["path"] == "/"
    assert int(cookie["max-age"]) == 12 * 3_600
    assert (await browser.get(*QUEUE)).status == 200
    page = await browser.get("/staff")
    assert page.status == 200 and '"start_url": "/staff/queue"' in page.text, "a link in the fragment comes first"


@pytest.mark.parametrize(
    ("role", "start"),
    [
        (StaffRole.INTERVIEWER, "/staff/queue"),
        (StaffRole.REVIEWER, "/staff/reviews"),
        (StaffRole.APPEAL_REVIEWER, "/staff/appeals"),
        (StaffRole.ADMINISTRATOR, "/staff/settings/people"),
    ],
)
async def test_everybody_begins_where_his_work_is(house: House, role: StaffRole, start: str) -> None:
    anna = await account(house, "per_anna", role)
    browser = house.browser()
    assert (await anna.sign_in(browser)).json == {"next": start}
    assert (await browser.get(start)).status == 200


async def _disabled(house: House) -> Account:
    anna = await account(house)
    await house.services.accounts.people.disable(anna.person.id)
    return anna


async def _without_authenticator(house: House) -> Account:
    anna = await account(house)
    async with house.units() as unit:
        await unit.second_factors.remove(anna.person.id)
    return anna


async def _pending_authenticator(house: House) -> Account:
    anna = await account(house)
    async with house.units() as unit:
        await unit.second_factors.put(SecondFactor(anna.person.id, pending=SECRET, pending_ms=house.clock.now_ms()))
    return anna


async def _without_password(house: House) -> Account:
    anna = await account(house)
    async with house.units() as unit:
        await unit.people.set_password(anna.person.id, None)
    return anna


async def _nobody(house: House) -> Account:
    return Account(house, person("per_nobody"))


@pytest.mark.parametrize(
    ("made", "typed"),
    [
        (account, {"password": "not this one at all"}),
        (account, {"code": "000000"}),
        (account, {"code": "wxyz-wxyz-wxyz-wxyz"}),
        (account, {"password": "not this one at all", "code": "000000"}),
        (account, {"code": "\u0661" * 6}),
        (_nobody, {}),
        (_disabled, {}),
        (_without_authenticator, {}),
        (_pending_authenticator, {}),
        (_without_password, {}),
    ],
)
async def test_whatever_is_wrong_looks_the_same(house: House, made: Any, typed: dict[str, str]) -> None:
    anna = await made(house)
    answer = await anna.sign_in(**typed)
    assert (answer.status, answer.json["detail"], answer.json["code"]) == (401, WRONG, "not_authenticated")
    assert not answer.cookies and not house.units.state.sessions


async def test_whatever_is_wrong_costs_one_hash_and_no_write(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody measures from outside which of the three was right."""
    hashes: list[int] = []
    verify = PasswordHasher.verify

    def counted(*given: Any) -> bool:
        hashes.append(1)
        return verify(*given)

    anna = await account(house)
    monkeypatch.setattr(PasswordHasher, "verify", counted)
    before = house.units.state
    for number, typed in enumerate(
        ({"email": "nobody@example.org"}, {"password": "wrong wrong wrong"}, {"code": "000000"}, {"code": "abcd-wrong"})
    ):
        assert (await anna.sign_in(**typed)).status == 401
        assert len(hashes) == number + 1 and house.units.state is before


async def test_a_code_is_good_once_and_only_around_its_half_minute(house: House) -> None:
    anna = await account(house)
    for steps, status in ((-2, 401), (2, 401), (-1, 200), (-1, 401), (0, 200), (0, 401), (-1, 401), (1, 200), (0, 401)):
        assert (await anna.sign_in(code=anna.code(steps))).status == status, steps
    house.clock.advance(ms=2 * STEP_MS)
    assert (await anna.sign_in(code=f"{anna.code()[:3]} {anna.code()[3:]}")).status == 200, "as apps show it"


async def test_one_code_typed_in_two_browsers_at_once_opens_one(house: House) -> None:
    anna = await account(house)
    answers = await asyncio.gather(*(anna.sign_in() for _ in range(3)))
    assert sorted(answer.status for answer in answers) == [200, 401, 401]


async def test_a_recovery_code_replaces_a_code_once(house: House) -> None:
    anna = await account(house)
    assert (await anna.sign_in(code=RECOVERY.upper().replace("-", " "))).status == 200
    assert (await anna.sign_in(code=RECOVERY)).status == 401


async def test_a_hash_of_older_parameters_is_made_anew(house: House) -> None:
    older = PasswordHasher(time_cost=1, memory_cost=16, parallelism=1)
    anna = await account(house, hasher=older)
    stored = house.units.state.people["per_anna"][1]
    assert (await anna.sign_in()).status == 200
    newer = house.units.state.people["per_anna"][1]
    assert newer != stored and newer is not None and not CHEAP.check_needs_rehash(newer) and "argon2id" in newer
    house.clock.advance(ms=STEP_MS)
    assert (await anna.sign_in()).status == 200


async def test_nothing_secret_reaches_the_log(house: House) -> None:
    anna = await account(house)
    browser = house.browser()
    with capture_logs() as logs:
        await anna.sign_in(browser)
        await anna.sign_in(code=RECOVERY)
        await anna.sign_in(password="another wrong password")
    for secret in (PASSWORD, SECRET, anna.code(), RECOVERY, "another wrong", *browser.cookies.values()):
        assert secret not in str(logs)


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"email": "a@example.org", "password": "x"},
        {"email": "a@example.org", "password": "x" * 1_001, "code": "123456"},
        {"email": "a@example.org", "password": "x", "code": "1" * 41},
        {"email": "a@example.org", "password": "x", "code": 123456},
        {"email": "a@example.org", "password": "x", "code": "123456", "demo": True},
    ],
)
async def test_what_is_no_sign_in_is_refused_with_a_clear_error(house: House, body: dict[str, Any]) -> None:
    answer = await house.browser().post("/staff/sign-in", body)
    assert (answer.status, answer.json["code"]) == (400, "invalid_input")


# ---------------------------------------------------------------- one-use links


async def test_a_link_works_once_and_only_by_post(house: House) -> None:
    people = house.services.accounts.people
    rosa = await people.add("Rosa", "rosa@example.org", "R.", {StaffRole.REVIEWER})
    token = await people.mint_link(rosa.id)
    scanner = house.browser()
    assert (await scanner.get("/staff")).status == 200
    browser = house.browser()
    first = await browser.post("/staff/link", {"token": token})
    assert (first.status, first.json) == (200, {"next": "/staff/enrol"})
    assert int(first.cookies["__Host-vi_staff"]["max-age"]) * 1_000 == SETUP_VALID_MS
    again = await house.browser().post("/staff/link", {"token": token})
    assert (again.status, again.json["field"]) == (410, "used")


async def test_a_link_runs_out_is_replaced_by_a_newer_one_and_a_join_link_is_none(house: House) -> None:
    await house.case()
    people = house.services.accounts.people
    rosa = await people.add("Rosa", "rosa@example.org", "R.", {StaffRole.REVIEWER})
    older, newer = await people.mint_link(rosa.id), await people.mint_link(rosa.id, valid_ms=1_000)
    assert (await house.browser().post("/staff/link", {"token": older})).json["field"] == "revoked"
    house.clock.advance(ms=1_000)
    late = await house.browser().post("/staff/link", {"token": newer})
    assert (late.status, late.json["field"]) == (410, "expired")
    assert (await house.browser().post("/staff/link", {"token": "join-token-of-the-case"})).json["field"] == "unknown"


async def test_a_link_alone_lets_nobody_act(house: House) -> None:
    people = house.services.accounts.people
    rosa = await people.add("Rosa", "rosa@example.org", "R.", {StaffRole.INTERVIEWER})
    browser = house.browser()
    await browser.post("/staff/link", {"token": await people.mint_link(rosa.id)})
    refused = await browser.get(*QUEUE)
    assert (refused.status, refused.json["code"]) == (403, "second_factor_needed")
    for path in ("/staff/take", "/staff/settings/password", "/staff/settings/recovery-codes"):
        assert (await browser.post(path)).json["code"] == "second_factor_needed"
    sent_on = await browser.get("/staff/queue")
    assert (sent_on.status, sent_on.headers["Location"]) == (303, "/staff/enrol")
    assert '"start_url": "/staff/enrol"' in (await browser.get("/staff")).text
    house.clock.advance(ms=SETUP_VALID_MS)
    assert (await browser.get(*QUEUE)).status == 401


async def test_in_a_demo_a_link_lets_people_act_at_once_and_the_same_session_nowhere_else(
    aiohttp_client: Any,
) -> None:
    demo = await open_house(aiohttp_client, demo=True)
    people = demo.services.accounts.people
    rosa = await people.add("Rosa", "rosa@example.org", "R.", {StaffRole.INTERVIEWER})
    browser = demo.browser()
    assert (await browser.post("/staff/link", {"token": await people.mint_link(rosa.id)})).json == {
        "next": "/staff/queue"
    }
    assert (await browser.get(*QUEUE)).status == 200
    live = await open_house(aiohttp_client)
    live.units.state = demo.units.state
    outside = live.browser()
    outside.cookies = dict(browser.cookies)
    assert (await outside.get(*QUEUE)).json["code"] == "second_factor_needed"


# ---------------------------------------------------------------- sessions


async def test_signing_out_ends_the_session_at_the_server(house: House) -> None:
    browser, _ = await house.staff()
    kept = dict(browser.cookies)
    answer = await browser.post("/staff/sign-out")
    assert answer.status == 200 and not browser.cookies
    browser.cookies = kept
    assert (await browser.get(*QUEUE)).status == 401


async def test_a_session_ends_after_twelve_hours_however_busy(house: House) -> None:
    browser, _ = await house.staff()
    for _ in range(11):
        house.clock.advance(hours=1)
        assert (await browser.get(*QUEUE)).status == 200
    house.clock.advance(hours=1)
    assert (await browser.get(*QUEUE)).status == 401


async def test_a_session_that_nobody_uses_is_over_sooner(house: House) -> None:
    browser, _ = await house.staff()
    house.clock.advance(ms=IDLE_MS - 1)
    assert (await browser.get(*QUEUE)).status == 200
    house.clock.advance(ms=IDLE_MS)
    assert (await browser.get(*QUEUE)).status == 401


async def test_using_a_session_is_written_down_once_a_minute(house: House) -> None:
    browser, _ = await house.staff()
    before = house.units.state
    house.clock.advance(ms=TOUCH_EVERY_MS - 1)
    assert (await browser.get(*QUEUE)).status == 200 and house.units.state is before
    house.clock.advance(ms=1)
    assert (await browser.get(*QUEUE)).status == 200
    assert [one.seen_ms for one in house.units.state.sessions.values()] == [house.clock.now_ms()]


async def test_a_role_that_was_taken_away_is_gone_at_the_next_request(house: House) -> None:
    browser, anna = await house.staff("per_anna", StaffRole.INTERVIEWER, StaffRole.REVIEWER)
    assert (await browser.get(*QUEUE)).status == 200
    async with house.units() as unit:
        await unit.people.save(replace(anna, roles=frozenset({StaffRole.REVIEWER})))
    assert (await browser.get(*QUEUE)).status == 403 and (await browser.get("/staff/reviews")).status == 200
