"""Nobody knocks without end at a door that asks for no session; who is refused learns when to come back."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.fakes import ManualClock
from tests.web.house import House, open_house
from verifier.errors import RateLimited
from verifier.web import security
from verifier.web.access import Door, rules
from verifier.web.doors import COUNTED_BEHIND, FREE, KNOCKS, Crowd, Knock, rate_of
from verifier.web.keys import SETTINGS, Rate
from verifier.web.security import Limits

OPEN = frozenset({Door.PUBLIC, Door.NETWORK, Door.TICKET})


def test_every_door_that_asks_for_no_session_has_a_rate(house: House) -> None:
    asked = {(method, path) for method, path, rule in rules(house.client.app) if rule.door in OPEN}
    assert asked - {(method, path) for method, path in asked if path in FREE} <= set(KNOCKS) | COUNTED_BEHIND
    assert set(KNOCKS) - {("GET", "/ws")} <= asked, "no rate for a route that is not there"


def test_every_knock_has_a_rate_that_refills(house: House) -> None:
    for knock in Knock:
        rate = rate_of(knock, house.client.app[SETTINGS])
        assert rate.burst >= 1 and 0 < rate.refill_ms <= 60_000


@pytest.mark.parametrize(("method", "path"), [door for door in KNOCKS if door[1] != "/ws"])
async def test_every_open_door_closes_for_a_while_after_too_many_knocks(
    aiohttp_client: Any, method: str, path: str
) -> None:
    rate = Rate(burst=2, refill_ms=5_000)
    house = await open_house(aiohttp_client, page_rate=rate, link_rate=rate)
    browser = house.browser()

    async def knock() -> Any:
        return await (browser.post(path) if method == "POST" else browser.get(path, "application/json"))

    assert [(await knock()).status == 429 for _ in range(3)] == [False, False, True]
    refused = await knock()
    assert (refused.status, refused.json["code"]) == (429, "rate_limited")
    assert refused.headers["Retry-After"] == "5"
    house.clock.advance(ms=4_999)
    assert (await knock()).status == 429
    house.clock.advance(ms=1)
    assert (await knock()).status != 429


async def test_a_person_gets_a_page_and_the_time_to_wait(aiohttp_client: Any) -> None:
    house = await open_house(aiohttp_client, page_rate=Rate(burst=1, refill_ms=7_000))
    await house.browser().get("/")
    page = await house.browser().get("/nowhere")
    assert page.status == 429 and page.headers["Retry-After"] == "7" and 'data-kind="too_many"' in page.text


async def test_static_files_are_free(aiohttp_client: Any) -> None:
    house = await open_house(aiohttp_client, page_rate=Rate(burst=1, refill_ms=60_000))
    assert {(await house.browser().get("/static/css/base.css")).status for _ in range(20)} == {200}


async def test_neighbours_of_one_network_share_a_rate_and_others_do_not(aiohttp_client: Any) -> None:
    rate = Rate(burst=1, refill_ms=60_000)
    house = await open_house(aiohttp_client, link_rate=rate, trusted_proxies=("127.0.0.1",))

    async def from_(address: str) -> int:
        return (await house.browser().post("/join/exchange", {"token": "x" * 43}, X_Forwarded_For=address)).status

    assert [await from_("2001:db8::1"), await from_("2001:db8::2"), await from_("[2001:db8::3]:1")] == [410, 429, 429]
    assert [await from_("2001:db8:0:1::1"), await from_("198.51.100.7:1"), await from_("198.51.100.7:2")] == [
        410,
        410,
        429,
    ]
    assert await from_("6.6.6.6, 198.51.100.7") == 429, "what stands further left is not believed"


async def test_one_session_gets_no_end_of_tickets_and_others_still_get_theirs(aiohttp_client: Any) -> None:
    house = await open_house(aiohttp_client, ticket_rate=Rate(burst=2, refill_ms=9_000))
    await house.case()
    first = await house.freelancer()
    answers = [await first.post("/join/ticket") for _ in range(3)]
    assert [answer.status for answer in answers] == [200, 200, 429] and answers[2].headers["Retry-After"] == "9"
    await house.case("join-token-of-another", id_="ver_2", external_id="other")
    second = await house.freelancer("join-token-of-another")
    assert (await second.post("/join/ticket")).status == 200


async def test_wrong_keys_are_slowed_down_and_never_shut_out_a_right_one(aiohttp_client: Any) -> None:
    house = await open_house(aiohttp_client, key_rate=Rate(burst=2, refill_ms=3_000))
    key = await house.api_key()
    wrong = f"Bearer vi_live_{'x' * 43}"

    async def ask(authorization: str) -> int:
        return (await house.browser().get("/api/v1/verifications", "*/*", Authorization=authorization)).status

    assert [await ask(wrong) for _ in range(4)] == [401, 401, 429, 429]
    assert await ask(f"Bearer {key}") == 200


# ---------------------------------------------------------------- the buckets


def _allowed(limits: Limits, rate: Rate, who: str = "somebody") -> bool:
    try:
        limits.take("link", who, rate)
    except RateLimited:
        return False
    return True


def test_a_bucket_refills_with_time_and_never_beyond_its_size() -> None:
    clock = ManualClock()
    limits, rate = Limits(clock), Rate(burst=2, refill_ms=1_000)
    assert [_allowed(limits, rate) for _ in range(3)] == [True, True, False]
    clock.advance(ms=999)
    assert not _allowed(limits, rate)
    clock.advance(ms=1)
    assert _allowed(limits, rate) and not _allowed(limits, rate)
    clock.advance(hours=1)
    assert [_allowed(limits, rate) for _ in range(3)] == [True, True, False]


@given(
    rate=st.builds(Rate, burst=st.integers(1, 50), refill_ms=st.integers(1, 60_000)),
    pauses=st.lists(st.integers(0, 30_000), max_size=40),
)
def test_the_time_to_wait_is_true(rate: Rate, pauses: list[int]) -> None:
    clock = ManualClock()
    limits = Limits(clock)
    for pause in [*pauses, *[0] * (rate.burst + 1)]:
        clock.advance(ms=pause)
        try:
            limits.take("link", "somebody", rate)
        except RateLimited as refused:
            assert 1 <= refused.retry_after_s <= rate.refill_ms / 1_000 + 1
            clock.advance(ms=refused.retry_after_s * 1_000)
            assert _allowed(limits, rate)


def test_memory_is_bounded_and_the_idle_are_forgotten_first(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(security, "_MOST_BUCKETS", 100)
    limits, rate = Limits(ManualClock()), Rate(burst=1, refill_ms=60_000)
    assert _allowed(limits, rate, "busy")
    for number in range(1_000):
        assert _allowed(limits, rate, f"somebody {number}")
        assert not _allowed(limits, rate, "busy"), "who keeps knocking is not forgotten"
    assert len(limits) == 100


def test_a_crowd_is_bounded_in_all_and_for_each() -> None:
    crowd = Crowd(most=3, most_of_one=2)
    with crowd.inside("a"), crowd.inside("a"):
        with pytest.raises(RateLimited), crowd.inside("a"):
            pass
        with crowd.inside("b"), pytest.raises(RateLimited) as refused, crowd.inside("c"):
            pass
        assert refused.value.retry_after_s >= 1
    with crowd.inside("a"), crowd.inside("b"), crowd.inside("c"):
        pass
