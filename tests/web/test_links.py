"""Private links: looked at without being spent, revoked at once, and never of another case."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from tests.contract.examples import CASE
from tests.web.house import Browser, House, open_house
from verifier.core.access import Audience, fingerprint
from verifier.core.chain import ActorKind
from verifier.core.model import VerificationId, VerificationStatus
from verifier.errors import IllegalState, NotFound
from verifier.service.join_state import INTERVIEW_AHEAD
from verifier.service.linking import STARTING_VALID_MS
from verifier.web.keys import Rate

JOIN = {"token": "join-token-of-the-case"}


def token_of(url: str) -> dict[str, str]:
    return {"token": url.split("#")[1]}


async def reader(house: House, freelancer: Browser) -> Browser:
    """A browser with a case session, by the link that the freelancer's page shows."""
    state = (await freelancer.get("/join/state", "application/json")).json
    browser = house.browser()
    assert (await browser.post("/case/exchange", token_of(state["case_url"]))).status == 200
    return browser


async def inside(browser: Browser, path: str = "/case/state") -> bool:
    return (await browser.get(path, "application/json")).status == 200


SCANNERS = ["GET", "HEAD", "OPTIONS"]


@pytest.mark.parametrize("method", SCANNERS)
async def test_a_scanner_that_follows_every_link_spends_none(house: House, method: str) -> None:
    await house.case()
    _, person = await house.staff()
    staff_token = await house.services.accounts.people.mint_link(person.id)
    for path in ("/join", "/case", "/staff"):
        async with house.client.request(method, path, headers={"Accept": "text/html"}) as answer:
            assert answer.status < 406 and "Set-Cookie" not in answer.headers
    for token in (JOIN["token"], staff_token):
        assert house.units.state.links[fingerprint(token)].used_ms is None
    assert (await house.browser().post("/staff/link", {"token": staff_token})).status == 200


async def test_a_link_opens_its_own_case_alone(house: House) -> None:
    await house.case()
    await house.case("join-token-of-another", id_="ver_2", external_id="other", legal_name="Somebody Else")
    other = await house.freelancer("join-token-of-another")
    state = await other.get("/join/state", "application/json")
    assert state.json["legal_name"] == "Somebody Else" and "Zoë" not in state.text


async def test_signing_out_all_other_browsers_keeps_this_one_and_the_link(house: House) -> None:
    await house.case()
    freelancer = await house.freelancer()
    mine, stolen = await reader(house, freelancer), await reader(house, freelancer)
    ended = await mine.post("/case/sessions/end")
    assert ended.json == {"ended": 2}
    assert await inside(mine) and not await inside(stolen) and not await inside(freelancer, "/join/state")
    told = [topic for topic, message in house.bus.published if message.get("code") == "taken_over"]
    assert len(told) == 2 and all(topic.startswith("session:") for topic in told), "their sockets close"
    assert (await house.browser().post("/join/exchange", JOIN)).status == 200
    assert (await mine.post("/case/sessions/end")).json == {"ended": 1}


async def test_the_interview_in_the_same_browser_is_not_another_browser(house: House) -> None:
    await house.case()
    freelancer = await house.freelancer()
    mine = await reader(house, freelancer)
    mine.cookies |= freelancer.cookies
    assert (await mine.post("/case/sessions/end")).json == {"ended": 0}
    assert await inside(mine, "/join/state")


async def test_a_foreign_cookie_keeps_nobody_in(house: House) -> None:
    await house.case()
    await house.case("join-token-of-another", id_="ver_2", external_id="other")
    mine = await reader(house, await house.freelancer())
    other = await house.freelancer("join-token-of-another")
    mine.cookies |= other.cookies
    assert (await mine.post("/case/sessions/end")).json == {"ended": 1}
    assert await inside(other, "/join/state"), "another case is not touched"


async def test_new_links_switch_off_every_older_one(house: House) -> None:
    await house.case()
    freelancer = await house.freelancer()
    old = (await freelancer.get("/join/state", "application/json")).json["case_url"]
    mine, stolen = await reader(house, freelancer), await reader(house, freelancer)
    renewed = (await mine.post("/case/links/renew")).json
    assert renewed["ended"] == 2 and await inside(mine) and not await inside(stolen)
    for path, token in (("/join/exchange", JOIN), ("/case/exchange", token_of(old))):
        answer = await house.browser().post(path, token)
        assert (answer.status, answer.json["reason"]) == (410, "revoked")
    assert (await house.browser().post("/case/exchange", token_of(renewed["case_url"]))).status == 200
    again = house.browser()
    state = await again.post("/join/exchange", token_of(renewed["join_url"]))
    assert state.status == 200 and "#" in state.json["case_url"]


async def test_a_page_of_the_interview_does_not_show_a_link_that_was_switched_off(house: House) -> None:
    await house.case()
    freelancer = await house.freelancer()
    mine = await reader(house, freelancer)
    mine.cookies |= freelancer.cookies
    await mine.post("/case/links/renew")
    assert (await mine.get("/join/state", "application/json")).json["case_url"] == "https://verify.example.org/case"


async def test_a_finished_case_has_a_new_page_and_no_new_interview(house: House) -> None:
    await house.case()
    mine = await reader(house, await house.freelancer())
    async with house.units() as unit:
        case = await unit.verifications.get(CASE)
        await unit.verifications.save(replace(case, status=VerificationStatus.CANCELLED), case.status)
    assert (await mine.post("/case/links/renew")).json["join_url"] is None
    with pytest.raises(IllegalState):
        await house.services.linking.add(CASE, Audience.FREELANCER)


async def test_the_operator_switches_everything_off_and_makes_a_new_link(house: House) -> None:
    await house.case()
    freelancer = await house.freelancer()
    mine = await reader(house, freelancer)
    assert await house.services.linking.revoke(CASE) == 2
    assert not await inside(mine) and not await inside(freelancer, "/join/state")
    assert (await house.browser().post("/join/exchange", JOIN)).status == 410
    for audience, path in ((Audience.CASE, "/case/exchange"), (Audience.FREELANCER, "/join/exchange")):
        url = await house.services.linking.add(CASE, audience)
        assert (await house.browser().post(path, token_of(url))).status == 200
    with pytest.raises(NotFound):
        await house.services.linking.revoke(VerificationId("ver_nobody"))


async def test_every_change_of_links_stands_in_the_chain_without_a_secret(house: House) -> None:
    await house.case()
    mine = await reader(house, await house.freelancer())
    await mine.post("/case/sessions/end")
    renewed = (await mine.post("/case/links/renew")).json
    await house.services.linking.revoke(CASE)
    await house.services.linking.add(CASE, Audience.CASE)
    async with house.units(read_only=True) as unit:
        entries = await unit.audit.of_verification(CASE)
    told = [entry.action for entry in entries]
    assert told[-4:] == ["sessions.ended", "links.renewed", "links.revoked", "link.made"]
    assert token_of(renewed["case_url"])["token"] not in str(entries)


async def moved(house: House, status: VerificationStatus) -> None:
    """The case comes to this status."""
    async with house.units() as unit:
        case = await unit.verifications.get(CASE)
        await unit.verifications.save(replace(case, status=status), case.status)


@pytest.mark.parametrize("status", sorted(INTERVIEW_AHEAD))
async def test_a_call_is_started_from_the_private_page_without_any_other_link(
    house: House, status: VerificationStatus
) -> None:
    await house.case()
    mine = await reader(house, await house.freelancer())
    await moved(house, status)
    url = (await mine.post("/case/start")).json["join_url"]
    assert url.startswith("https://verify.example.org/join#")
    joined = await mine.post("/join/exchange", token_of(url))
    assert (joined.status, joined.json["status"]) == (200, status) and await inside(mine, "/join/state")
    assert (await house.browser().post("/join/exchange", JOIN)).status == 200, "the older link still works"
    assert await inside(mine), "and so does the page"


@pytest.mark.parametrize("status", sorted(set(VerificationStatus) - INTERVIEW_AHEAD))
async def test_no_call_is_started_where_none_is_ahead(house: House, status: VerificationStatus) -> None:
    await house.case()
    mine = await reader(house, await house.freelancer())
    await moved(house, status)
    known = set(house.units.state.links)
    refused = await mine.post("/case/start")
    assert (refused.status, refused.json["code"]) == (409, "illegal_state")
    assert set(house.units.state.links) == known
    assert 'data-action="start-call"' not in (await mine.get("/case")).text


@pytest.mark.parametrize(
    ("status", "test_id"),
    [
        (VerificationStatus.AWAITING_FREELANCER, "start-call"),
        (VerificationStatus.SCHEDULED, "start-call"),
        (VerificationStatus.RETRY_OFFERED, "retry"),
    ],
)
async def test_the_page_offers_the_call_where_one_is_ahead(
    house: House, status: VerificationStatus, test_id: str
) -> None:
    await house.case()
    mine = await reader(house, await house.freelancer())
    await moved(house, status)
    page = (await mine.get("/case")).text
    assert f'data-action="start-call" data-testid="{test_id}"' in page
    assert 'href="/join" data-testid' not in page, "an address without a token leads nowhere"


async def test_whoever_waits_in_another_window_is_not_called_away_by_the_page(house: House) -> None:
    await house.case()
    mine = await reader(house, await house.freelancer())
    await moved(house, VerificationStatus.WAITING)
    assert 'data-action="start-call"' not in (await mine.get("/case")).text


async def test_a_link_made_to_start_a_call_is_good_for_a_day_and_falls_with_the_others(house: House) -> None:
    await house.case()
    mine = await reader(house, await house.freelancer())
    made = [token_of((await mine.post("/case/start")).json["join_url"]) for _ in range(2)]
    await mine.post("/case/links/renew")
    assert (await house.browser().post("/join/exchange", made[0])).json["reason"] == "revoked"
    late = token_of((await mine.post("/case/start")).json["join_url"])
    house.clock.advance(ms=STARTING_VALID_MS)
    assert (await house.browser().post("/join/exchange", late)).json["reason"] == "expired"


async def test_links_to_start_a_call_are_not_made_without_end(aiohttp_client: Any) -> None:
    house = await open_house(aiohttp_client, words_rate=Rate(burst=2, refill_ms=9_000))
    await house.case()
    mine = await reader(house, await house.freelancer())
    answers = [await mine.post("/case/start") for _ in range(3)]
    assert [answer.status for answer in answers] == [200, 200, 429] and answers[2].headers["Retry-After"] == "9"


async def test_another_site_and_another_session_start_nothing(house: House) -> None:
    await house.case()
    mine = await reader(house, await house.freelancer())
    known = set(house.units.state.links)
    assert (await mine.post("/case/start", Origin="https://evil.example")).status == 403
    assert (await mine.post("/case/start", X_Verifier="")).status == 403
    assert (await mine.post("/case/start", X_Verifier_Session="0" * 16)).status == 401
    assert set(house.units.state.links) == known


async def test_that_a_link_was_made_stands_in_the_chain_without_its_secret(house: House) -> None:
    await house.case()
    mine = await reader(house, await house.freelancer())
    url = (await mine.post("/case/start")).json["join_url"]
    async with house.units(read_only=True) as unit:
        entries = await unit.audit.of_verification(CASE)
    assert (entries[-1].action, entries[-1].actor_kind) == ("link.made", ActorKind.FREELANCER)
    assert token_of(url)["token"] not in str(entries)


@pytest.mark.parametrize("path", ["/case/sessions/end", "/case/links/renew", "/case/start"])
async def test_only_a_case_session_changes_links(house: House, path: str) -> None:
    await house.case()
    freelancer = await house.freelancer()
    staff, _ = await house.staff()
    for browser in (house.browser(), freelancer, staff):
        assert (await browser.post(path)).status == 401
    assert await inside(freelancer, "/join/state")
