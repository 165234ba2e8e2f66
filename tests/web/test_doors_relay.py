"""TURN servers through the real application: credentials for a try, and a word about those that fail."""

from __future__ import annotations

from typing import Any

import pytest

from tests.web.house import House, open_house
from verifier.core.model import StaffRole
from verifier.web.ice import IceSettings

ICE = IceSettings((), ("turn:turn.example.org",), "shared", relay_only=True)


async def figures(house: House) -> str:
    """What /metrics says about relays."""
    text = (await house.browser().get("/metrics")).text
    return "\n".join(line for line in text.splitlines() if line.startswith("verifier_relay_unusable_total"))


async def test_each_side_gets_credentials_of_its_own(aiohttp_client: Any) -> None:
    house = await open_house(aiohttp_client, ice=ICE)
    await house.case()
    staff, _ = await house.staff()
    names = set()
    for browser, prefix in ((await house.freelancer(), "/join"), (staff, "/staff"), (staff, "/staff")):
        made = (await browser.post(f"{prefix}/relay")).json
        assert made["relay_only"] is True and made["ice_servers"][0]["urls"] == ["turn:turn.example.org"]
        names.add(made["ice_servers"][0]["username"])
    assert len(names) == 3


async def test_what_failed_is_counted_by_code_and_nothing_else(house: House) -> None:
    await house.case()
    freelancer, (staff, _) = await house.freelancer(), await house.staff()
    assert (await freelancer.post("/join/relay")).json == {"ice_servers": [], "relay_only": False}
    for browser, prefix, code in ((freelancer, "/join", "401"), (staff, "/staff", "401"), (freelancer, "/join", "x")):
        body = {"code": code, "during": "check"}
        assert (await browser.post(f"{prefix}/relay/unusable", body)).json == {}
    shown = await figures(house)
    assert 'verifier_relay_unusable_total{code="401",during="check"} 2.0' in shown
    assert 'verifier_relay_unusable_total{code="other",during="check"} 1.0' in shown


@pytest.mark.parametrize("body", [{}, {"code": 401, "during": "check"}, {"code": "401", "during": "lunch"}])
async def test_an_odd_word_is_refused_and_not_counted(house: House, body: dict[str, Any]) -> None:
    staff, _ = await house.staff()
    assert (await staff.post("/staff/relay/unusable", body)).status == 400
    assert await figures(house) == ""


async def test_words_are_slowed_down_and_reviewers_have_none(house: House) -> None:
    staff, _ = await house.staff()
    body = {"code": "701", "during": "call"}
    assert [(await staff.post("/staff/relay/unusable", body)).status for _ in range(21)][-1] == 429
    reviewer, _ = await house.staff("per_other", StaffRole.REVIEWER)
    assert (await reviewer.post("/staff/relay")).status == 403
