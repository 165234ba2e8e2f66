"""The freelancer's door: who gets in, what he is given, what can never be held against him."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from tests.contract.examples import CASE
from tests.web.house import House
from verifier.core.access import Audience, Link, fingerprint
from verifier.core.model import Role, VerificationStatus
from verifier.core.verification import CLOSED
from verifier.core.webhook import EventType

TOKEN = {"token": "join-token-of-the-case"}


async def test_looking_at_the_link_spends_nothing_and_exchanging_it_twice_works(house: House) -> None:
    await house.case()
    browser = house.browser()
    for _ in range(3):
        assert (await browser.get("/join")).status == 200
    assert house.units.state.links[fingerprint(TOKEN["token"])].used_ms is None
    assert (await browser.post("/join/exchange", TOKEN)).status == 200
    assert (await house.browser().post("/join/exchange", TOKEN)).status == 200


async def test_the_session_cookie_is_bound_to_this_host_and_hidden_from_scripts(house: House) -> None:
    await house.case()
    answer = await house.browser().post("/join/exchange", TOKEN)
    cookie = answer.cookies["__Host-vi_join"]
    assert cookie["httponly"] and cookie["secure"] and cookie["samesite"] == "Strict"
    assert cookie["path"] == "/" and not cookie["domain"]
    assert fingerprint(cookie.value) in house.units.state.sessions, "only the hash is stored"


async def test_the_state_tells_what_will_be_asked_and_never_a_code(house: House) -> None:
    await house.case()
    state = (await house.browser().post("/join/exchange", TOKEN)).json
    assert state["status"] == "awaiting_freelancer" and state["next"] == "explain" and state["consent"] is None
    kinds = {"comprehension", "identity", "face", "document", "profile"}
    assert {row["kind"] for row in state["checklist_preview"]} == kinds
    assert all(set(row) == {"kind", "question", "optional"} for row in state["checklist_preview"])
    assert {row["kind"] for row in state["checklist_preview"] if row["optional"]} == {"document"}
    assert {"kind": "skill", "field": "skill", "value": "Go"} in state["claims"]
    assert state["case_url"].startswith("https://verify.example.org/case#") and 5 <= state["minutes"] <= 15


async def test_a_key_rotation_keeps_the_case_link_of_whoever_is_signed_in(house: House) -> None:
    await house.case()
    browser = house.browser()
    before = (await browser.post("/join/exchange", TOKEN)).json["case_url"]
    principal = await house.services.joining.principal(browser.cookies["__Host-vi_join"], Audience.FREELANCER)

    async def link(*keys: bytes) -> object:
        return (await house.joining(*keys).state(principal))["case_url"]

    assert await link(b"n" * 32, b"k" * 32) == before
    assert await link(b"n" * 32) == "https://verify.example.org/case", "rather none than one that does not work"


async def test_a_newer_browser_takes_over_and_the_older_one_is_told(house: House) -> None:
    await house.case()
    first = await house.freelancer()
    ticket = (await first.post("/join/ticket")).json
    grant = house.units.state.tickets[fingerprint(ticket["ticket"])]
    assert grant.role is Role.FREELANCER and grant.verification_id == CASE and ticket["url"] == "/ws"
    second = await house.freelancer(consented=False)
    told = house.bus.on(f"session:{grant.session_hash}")
    assert [message["code"] for message in told] == ["taken_over"]
    assert (await first.get("/join/state", "application/json")).status == 401
    assert (await second.get("/join/state", "application/json")).json["consent"] == {
        "interview": True,
        "recording": False,
    }


@pytest.mark.parametrize("why", ["unknown", "revoked", "expired"])
@pytest.mark.parametrize("status", [VerificationStatus.AWAITING_FREELANCER, VerificationStatus.COMPLETED])
async def test_a_link_that_does_not_work_says_why_and_opens_nothing(
    house: House, why: str, status: VerificationStatus
) -> None:
    await house.case(token="another-token-of-the-case", status=status)
    async with house.units() as unit:
        link = Link(fingerprint(TOKEN["token"]), Audience.FREELANCER, 0, house.clock.now_ms() + 1_000, CASE)
        if why != "unknown":
            await unit.links.add(replace(link, revoked_ms=1 if why == "revoked" else None))
    house.clock.advance(ms=1_000 if why == "expired" else 999)
    answer = await house.browser().post("/join/exchange", TOKEN)
    assert (answer.status, answer.json["code"], answer.json["field"]) == (410, "link_refused", why)
    assert answer.json["reason"] == ("incomplete" if why == "unknown" else why), "the page chooses its words by it"
    assert not answer.cookies and not house.units.state.sessions


@pytest.mark.parametrize("status", sorted(CLOSED))
async def test_the_invitation_of_a_closed_case_leads_to_its_private_page(
    house: House, status: VerificationStatus
) -> None:
    await house.case(status=status)
    browser = house.browser()
    found = await browser.post("/join/exchange", TOKEN)
    assert found.status == 200 and set(found.json) == {"next", "case_url"} and found.json["next"] == "over"
    assert not found.cookies and not house.units.state.sessions, "nothing is opened by it"
    assert (await browser.get("/join/state", "application/json")).status == 401
    token = found.json["case_url"].removeprefix("https://verify.example.org/case#")
    assert (await browser.post("/case/exchange", {"token": token})).status == 200
    assert f'data-status="{status}"' in (await browser.get("/case")).text


async def test_the_invitation_of_a_closed_case_makes_one_link_however_often_it_is_opened(house: House) -> None:
    await house.case(status=VerificationStatus.COMPLETED)
    urls = {(await house.browser().post("/join/exchange", TOKEN)).json["case_url"] for _ in range(3)}
    assert len(urls) == 1 and len(house.units.state.links) == 2


async def test_the_page_that_an_invitation_led_to_falls_with_every_other_link(house: House) -> None:
    await house.case(status=VerificationStatus.COMPLETED)
    token = (await house.browser().post("/join/exchange", TOKEN)).json["case_url"].split("#")[1]
    await house.services.linking.revoke(CASE)
    for path, given in (("/join/exchange", TOKEN["token"]), ("/case/exchange", token)):
        refused = await house.browser().post(path, {"token": given})
        assert (refused.status, refused.json["reason"]) == (410, "revoked") and "case_url" not in refused.json


async def test_a_case_link_does_not_open_the_interview_nor_the_other_way_round(house: House) -> None:
    await house.case()
    freelancer = await house.freelancer()
    case_token = (await freelancer.get("/join/state", "application/json")).json["case_url"].split("#")[1]
    assert (await house.browser().post("/join/exchange", {"token": case_token})).status == 410
    assert (await house.browser().post("/case/exchange", TOKEN)).status == 410
    reader = house.browser()
    assert (await reader.post("/case/exchange", {"token": case_token})).status == 200
    assert list(reader.cookies) == ["__Host-vi_case"]
    assert (await reader.get("/case/state", "application/json")).status == 200
    assert (await reader.get("/join/state", "application/json")).status == 401
    assert (await freelancer.get("/case/state", "application/json")).status == 401


async def test_a_cookie_of_one_audience_opens_no_other_door(house: House) -> None:
    await house.case()
    freelancer = await house.freelancer()
    secret = freelancer.cookies["__Host-vi_join"]
    thief = house.browser()
    thief.cookies = {"__Host-vi_case": secret, "__Host-vi_staff": secret}
    assert (await thief.get("/case/state", "application/json")).status == 401
    assert (await thief.get("/staff/queue.json", "application/json")).status == 401


async def test_a_session_ends_after_a_day(house: House) -> None:
    await house.case()
    freelancer = await house.freelancer()
    house.clock.advance(hours=24, ms=-1)
    assert (await freelancer.get("/join/state", "application/json")).status == 200
    house.clock.advance(ms=1)
    assert (await freelancer.get("/join/state", "application/json")).status == 401


async def test_nobody_gets_a_ticket_without_consent(house: House) -> None:
    await house.case()
    freelancer = await house.freelancer(consented=False)
    answer = await freelancer.post("/join/ticket")
    assert (answer.status, answer.json["code"]) == (403, "not_allowed") and not house.units.state.tickets


async def test_declining_the_interview_opens_another_way_and_the_platform_hears_nothing_adverse(house: House) -> None:
    await house.case()
    freelancer = await house.freelancer(consented=False)
    state = (await freelancer.post("/join/consent", {"interview": False, "recording": True})).json
    assert (state["status"], state["result"], state["next"]) == ("alternative_route", "none", "result")
    assert state["consent"] == {"interview": False, "recording": False}
    await _expect_alternative(house, "consent_declined")
    assert (await freelancer.post("/join/consent", {"interview": True, "recording": False})).status == 409


async def test_asking_for_another_way_twice_changes_nothing(house: House) -> None:
    await house.case()
    freelancer = await house.freelancer(consented=False)
    for _ in range(2):
        assert (await freelancer.post("/join/alternative")).json["status"] == "alternative_route"
    await _expect_alternative(house, "requested")


async def test_a_link_of_a_case_in_review_gives_no_ticket(house: House) -> None:
    await house.case()
    freelancer = await house.freelancer()
    async with house.units() as unit:
        case = await unit.verifications.get(CASE)
        await unit.verifications.save(replace(case, status=VerificationStatus.IN_REVIEW), case.status)
    answer = await freelancer.post("/join/ticket")
    assert (answer.status, answer.json["code"]) == (409, "illegal_state")


async def test_a_retry_that_was_not_offered_cannot_be_declined(house: House) -> None:
    await house.case()
    freelancer = await house.freelancer()
    assert (await freelancer.post("/join/decline-retry")).status == 409
    assert not house.units.state.decisions


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"{", 400),
        (b'{"interview": "yes", "recording": false}', 400),
        (b'{"interview": true, "recording": false, "result": "verified"}', 400),
        (b'{"interview": true}', 400),
        (b"[]", 400),
        (b'{"interview": true, "recording": false, "x": "' + b"x" * 300_000 + b'"}', 413),
    ],
)
async def test_a_malformed_consent_writes_nothing(house: House, body: bytes, status: int) -> None:
    await house.case()
    freelancer = await house.freelancer(consented=False)
    answer = await freelancer.post_raw("/join/consent", body)
    assert answer.status == status and answer.headers["Content-Type"].startswith("application/problem+json")
    assert not house.units.state.consents


async def test_a_body_of_another_type_is_refused(house: House) -> None:
    await house.case()
    freelancer = await house.freelancer(consented=False)
    body = json.dumps({"interview": True, "recording": True}).encode()
    assert (await freelancer.post_raw("/join/consent", body, "text/plain")).status == 400


async def test_too_many_exchanges_from_one_address_are_slowed_down(house: House) -> None:
    await house.case()
    statuses = [(await house.browser().post("/join/exchange", {"token": "x" * 40})).status for _ in range(21)]
    assert statuses == [410] * 20 + [429]
    house.clock.advance(ms=6_000)
    assert (await house.browser().post("/join/exchange", TOKEN)).status == 200


async def _expect_alternative(house: House, reason: str) -> None:
    async with house.units(read_only=True) as unit:
        events = await unit.outbox.events_of(CASE)
    assert [event.type for event in events] == [EventType.VERIFICATION_ALTERNATIVE_ROUTE]
    data = json.loads(events[0].body)["data"]
    assert data["reason"] == reason and data["adverse"] is False and data["protect_work_in_flight"] is True
