"""Guessing is slowed down, and nobody's guessing slows down the owner. Both directions, by a manual clock."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from tests.contract.examples import person
from tests.web.account import Account, account
from tests.web.house import Browser, House, open_house
from verifier.service.second_factor import STEP_MS
from verifier.service.throttling import ADDRESS, DEVICE, STRANGER

DAY_MS = 86_400_000
HERE, ELSEWHERE = "198.51.100.7", "203.0.113.9"


@pytest.fixture
async def house(aiohttp_client: Any) -> House:
    """A house behind a proxy, so that tries may come from anywhere."""
    return await open_house(aiohttp_client, trusted_proxies=("127.0.0.1",))


async def guess(anna: Account, address: str = HERE, browser: Browser | None = None, **typed: str) -> int:
    wrong = {"password": "a guess of twelve"} | typed
    return (await anna.sign_in(browser, X_Forwarded_For=address, **wrong)).status


async def guesses_within(anna: Account, milliseconds: int, address: str = HERE, **typed: str) -> int:
    """How many guesses are looked at within this time when somebody never rests and always waits as told."""
    looked_at, clock = 0, anna.house.clock
    end_ms = clock.now_ms() + milliseconds
    while clock.now_ms() < end_ms:
        wrong = {"password": "a guess of twelve"} | typed
        answer = await anna.sign_in(X_Forwarded_For=address, **wrong)
        looked_at += answer.status == 401
        if answer.status == 429:
            clock.advance(s=int(answer.headers["Retry-After"]))
    return looked_at


async def owner(anna: Account, browser: Browser | None = None, address: str = HERE) -> int:
    """The owner, with the next code."""
    anna.house.clock.advance(ms=STEP_MS)
    return (await anna.sign_in(browser, X_Forwarded_For=address)).status


# ---------------------------------------------------------------- the attacker is slowed down


async def test_an_attacker_gets_a_hundred_guesses_a_day_at_one_account(house: House) -> None:
    anna = await account(house)
    assert await guesses_within(anna, DAY_MS) <= STRANGER.free + 10 + DAY_MS // STRANGER.longest_ms


async def test_an_attacker_at_many_accounts_is_slowed_down_by_his_address(house: House) -> None:
    anna = await account(house)
    looked_at = [await guess(anna, email=f"person{number}@example.org") for number in range(2 * ADDRESS.free)]
    assert looked_at.count(401) == ADDRESS.free and set(looked_at[ADDRESS.free :]) == {429}
    assert await guess(anna, ELSEWHERE) == 401


async def test_addresses_of_one_network_are_one_attacker(house: House) -> None:
    anna = await account(house)
    statuses = [await guess(anna, f"2001:db8::{number:x}") for number in range(1, 10)]
    assert statuses == [401] * STRANGER.free + [429] * (9 - STRANGER.free)


async def test_many_guesses_at_once_gain_nothing(house: House) -> None:
    anna = await account(house)
    statuses = await asyncio.gather(*(guess(anna) for _ in range(20)))
    assert statuses.count(401) <= STRANGER.free


async def test_signing_in_to_ones_own_account_between_guesses_gains_nothing(house: House) -> None:
    mallory = await account(house, "per_mallory")
    anna = Account(house, person("per_anna"))
    looked_at = 0
    for number in range(3 * ADDRESS.free):
        looked_at += await guess(anna, email=f"person{number}@example.org") == 401
        house.clock.advance(ms=STEP_MS // 100)
        if number % 5 == 0:
            await mallory.sign_in(X_Forwarded_For=HERE)
    assert looked_at <= ADDRESS.free + 8


async def test_a_forged_or_foreign_device_cookie_is_no_way_round(house: House) -> None:
    anna, bert = await account(house), await account(house, "per_bert")
    known = house.browser()
    assert await owner(bert, known) == 200
    name, value = next(pair for pair in known.cookies.items() if "known" in pair[0])
    annas = house.browser()
    assert await owner(anna, annas, ELSEWHERE) == 200
    annas_name = next(name for name in annas.cookies if "known" in name)
    nonce, since, signature = value.split(".")
    for forged in (value, f"{'x' * 43}.{since}.{signature}", f"{nonce}.9{since}.{signature}", f"{nonce}.{since}.", "é"):
        browser = house.browser()
        browser.cookies = {name: value, annas_name: forged}
        await guess(anna, browser=browser)
    assert await guess(anna) == 429, "each of them was counted as a stranger of this address"


async def test_a_known_browser_that_guesses_is_slowed_down_as_well(house: House) -> None:
    anna = await account(house)
    browser = house.browser()
    assert await owner(anna, browser) == 200
    statuses = [await guess(anna, browser=browser) for _ in range(2 * DEVICE.free)]
    assert statuses == [401] * DEVICE.free + [429] * DEVICE.free


async def test_an_unknown_account_is_slowed_down_alike(house: House) -> None:
    anna, nobody = await account(house), Account(house, person("per_nobody"))
    known = [await guess(anna) for _ in range(8)]
    unknown = [await guess(nobody, ELSEWHERE) for _ in range(8)]
    assert known == unknown == [401] * STRANGER.free + [429] * (8 - STRANGER.free)


async def test_codes_cannot_be_guessed_behind_a_known_password(house: House) -> None:
    anna = await account(house)
    assert await guesses_within(anna, DAY_MS, password=anna.password, code="000000") < 150


# ---------------------------------------------------------------- and the owner gets in meanwhile


async def test_an_attacker_elsewhere_never_locks_out_the_owner(house: House) -> None:
    anna = await account(house)
    for _ in range(50):
        await guess(anna, ELSEWHERE)
    assert await guess(anna, ELSEWHERE) == 429
    assert await owner(anna, address=HERE) == 200, "even in a browser that nobody knows"


async def test_an_attacker_at_the_same_address_never_locks_out_a_known_browser(house: House) -> None:
    anna = await account(house)
    known = house.browser()
    assert await owner(anna, known) == 200
    await guesses_within(anna, 3_600_000)
    await guesses_within(anna, 3_600_000, email="somebody@example.org")
    assert [await guess(anna) for _ in range(2)] == [401, 429]
    assert (await anna.sign_in(X_Forwarded_For=HERE)).status == 429, "as anybody from here whom nobody knows"
    del known.cookies["__Host-vi_staff"]
    assert await owner(anna, known) == 200


async def test_hammering_with_the_owners_code_in_hand_does_not_use_it_up(house: House) -> None:
    anna = await account(house)
    for _ in range(4):
        assert await guess(anna, ELSEWHERE, code=anna.code()) == 401
    assert (await anna.sign_in(X_Forwarded_For=HERE)).status == 200


async def test_hashing_for_strangers_never_keeps_a_known_browser_waiting(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Strangers hash one after the other and queue only so long; who is known has a place of his own."""
    anna = await account(house)
    known = house.browser()
    assert await owner(anna, known) == 200
    passwords = house.services.accounts.signing_in._passwords
    await passwords._strangers.acquire()
    crowd = [
        asyncio.ensure_future(guess(anna, f"192.0.2.{number}", email=f"p{number}@example.org")) for number in range(40)
    ]
    while sum(task.done() for task in crowd) < 40 - 16:  # noqa: ASYNC110  the server has no event to wait on
        await asyncio.sleep(0)
    assert {task.result() for task in crowd if task.done()} == {429}
    assert await owner(anna, known) == 200
    passwords._strangers.release()
    assert (await asyncio.gather(*crowd)).count(401) == 16


# ---------------------------------------------------------------- the cookie


async def test_the_device_cookie_is_bound_kept_from_scripts_and_says_nothing(house: House) -> None:
    anna = await account(house)
    browser = house.browser()
    answer = await anna.sign_in(browser)
    name, cookie = next(pair for pair in answer.cookies.items() if "known" in pair[0])
    assert name.startswith("__Host-") and cookie["httponly"] and cookie["secure"] and cookie["samesite"] == "Strict"
    assert int(cookie["max-age"]) == 180 * 86_400
    assert anna.person.email not in name + cookie.value and anna.person.id not in name + cookie.value
    del browser.cookies["__Host-vi_staff"]
    assert (await browser.get("/staff/queue.json", "application/json")).status == 401, "it opens nothing"


async def test_signing_out_keeps_the_browser_known_and_half_a_year_does_not(house: House) -> None:
    anna = await account(house)
    browser = house.browser()
    assert await owner(anna, browser) == 200
    assert (await browser.post("/staff/sign-out")).status == 200
    for _ in range(STRANGER.free + 1):
        await guess(anna)
    assert await owner(anna, browser) == 200
    house.clock.advance(days=180)
    for _ in range(STRANGER.free):
        assert await guess(anna) == 401
    assert await guess(anna, browser=browser) == 429, "a stranger again"
