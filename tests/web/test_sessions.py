"""Whose browser it is: cookies that only we can set, sessions that only we choose, pages that know theirs."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from tests.contract.examples import VerificationId
from tests.web.house import Answer, Browser, House
from verifier.core.access import SESSION_AUDIENCES, Audience, Session, fingerprint, session_tag
from verifier.web.security import COOKIES

DAY_S, SETUP_S = 24 * 3_600, 3_600


@dataclass
class Opened:
    """One audience: how it signs in, where that shows, how long it lasts."""

    audience: Audience
    exchange: str
    token: str
    inside: str
    seconds: int

    @property
    def cookie(self) -> str:
        return COOKIES[self.audience]


@pytest.fixture(params=SESSION_AUDIENCES)
async def opened(request: pytest.FixtureRequest, house: House) -> Opened:
    """A link of this audience, not used yet."""
    await house.case()
    match request.param:
        case Audience.FREELANCER:
            return Opened(request.param, "/join/exchange", "join-token-of-the-case", "/join/state", DAY_S)
        case Audience.CASE:
            state = await (await house.freelancer()).get("/join/state", "application/json")
            token = state.json["case_url"].split("#")[1]
            return Opened(request.param, "/case/exchange", token, "/case/state", DAY_S)
        case _:
            _, person = await house.staff()
            token = await house.services.accounts.people.mint_link(person.id)
            return Opened(request.param, "/staff/link", token, "/staff/enrol", SETUP_S)


async def enter(opened: Opened, browser: Browser) -> Answer:
    answer = await browser.post(opened.exchange, {"token": opened.token})
    assert answer.status == 200
    return answer


async def test_every_audience_has_a_cookie_that_only_this_host_can_set_and_no_script_can_read(
    house: House, opened: Opened
) -> None:
    answer = await enter(opened, house.browser())
    cookie = answer.cookies[opened.cookie]
    assert opened.cookie.startswith("__Host-") and cookie["path"] == "/" and not cookie["domain"]
    assert cookie["secure"] and cookie["httponly"] and cookie["samesite"] == "Strict"
    assert int(cookie["max-age"]) == opened.seconds
    assert len(cookie.value) == 43 and fingerprint(cookie.value) in house.units.state.sessions
    assert cookie.value not in answer.text + str({k: v for k, v in answer.headers.items() if k != "Set-Cookie"})


async def test_nobody_chooses_the_session_of_somebody_else(house: House, opened: Opened) -> None:
    victim = house.browser()
    victim.cookies = {opened.cookie: "chosen-by-the-attacker-beforehand-0123456789"}
    await enter(opened, victim)
    assert victim.cookies[opened.cookie] != "chosen-by-the-attacker-beforehand-0123456789"
    attacker = house.browser()
    attacker.cookies = {opened.cookie: "chosen-by-the-attacker-beforehand-0123456789"}
    assert (await attacker.get(opened.inside, "application/json")).status == 401


NEIGHBOURS = [
    "{name}={own}; {name}={other}",
    "{name}={other}; {name}={own}",
    "\u2000{name}={own}",
    "\xa0{name}={own}",
    "{lower}={own}",
    "{bare}={own}",
    "{name} ={own}",
    "{name}={own}{other}",
    "{name}=",
    "{name}",
    '{name}="{own}"',
]


@pytest.mark.parametrize("line", NEIGHBOURS)
async def test_a_neighbours_cookie_does_not_pass_for_ours(house: House, opened: Opened, line: str) -> None:
    browser = house.browser()
    await enter(opened, browser)
    own = browser.cookies[opened.cookie]
    bare = opened.cookie.removeprefix("__Host-")
    names = {"name": opened.cookie, "lower": opened.cookie.lower(), "bare": bare, "own": own, "other": "x" * 43}
    assert (await house.browser().get(opened.inside, "application/json", Cookie=line.format(**names))).status == 401


async def test_other_cookies_do_no_harm(house: House, opened: Opened) -> None:
    browser = house.browser()
    await enter(opened, browser)
    own = browser.cookies[opened.cookie]
    name = f"{opened.cookie}={own}"
    for line in (f"theme=dark; {name}", f'a="b;c"; {name}; =; x', f"{name};"):
        assert (await house.browser().get(opened.inside, "application/json", Cookie=line)).status == 200


async def test_a_session_that_has_run_out_opens_nothing(house: House, opened: Opened) -> None:
    browser = house.browser()
    await enter(opened, browser)
    house.clock.advance(ms=opened.seconds * 1_000 - 1)
    assert (await browser.get(opened.inside, "application/json")).status == 200
    house.clock.advance(ms=1)
    assert (await browser.get(opened.inside, "application/json")).status == 401


async def test_a_revoked_session_opens_nothing(house: House, opened: Opened) -> None:
    browser = house.browser()
    await enter(opened, browser)
    async with house.units() as unit:
        await unit.sessions.revoke(fingerprint(browser.cookies[opened.cookie]), house.clock.now_ms())
    assert (await browser.get(opened.inside, "application/json")).status == 401


# ---------------------------------------------------------------- two tabs


async def test_a_page_of_one_case_does_nothing_to_the_case_of_another_tab(house: House) -> None:
    await house.case("join-token-of-the-case")
    other = await house.case("join-token-of-another", id_="ver_2", external_id="other")
    browser = house.browser()
    first = (await browser.post("/join/exchange", {"token": "join-token-of-the-case"})).json["session"]
    second = (await browser.post("/join/exchange", {"token": "join-token-of-another"})).json["session"]
    assert first != second
    consent = {"interview": False, "recording": False}
    changes = {"/join/consent": consent, "/join/alternative": {}, "/join/ticket": {}, "/join/check/start": {}}
    for path, body in changes.items():
        assert (await browser.post(path, body, X_Verifier_Session=first)).status == 401
    assert (await browser.get("/join/state", "application/json", X_Verifier_Session=first)).status == 401
    assert house.units.state.verifications[VerificationId(other.id)].status == "awaiting_freelancer"
    assert not house.units.state.consents
    assert (await browser.post("/join/consent", consent, X_Verifier_Session=second)).status == 200


async def test_pages_are_printed_with_the_session_they_belong_to(house: House, opened: Opened) -> None:
    browser = house.browser()
    await enter(opened, browser)
    tag = session_tag(fingerprint(browser.cookies[opened.cookie]))
    if opened.audience is Audience.FREELANCER:
        assert (await browser.get("/join/state", "application/json")).json["session"] == tag
    else:
        page = await browser.get("/case" if opened.audience is Audience.CASE else "/staff/enrol")
        assert f'"session": "{tag}"' in page.text
    wrong = await browser.get(opened.inside, "application/json", X_Verifier_Session="0" * 16)
    assert (wrong.status, wrong.json["code"]) == (401, "not_authenticated")


def test_the_tag_of_a_session_is_no_way_in() -> None:
    session = Session(fingerprint("s" * 43), Audience.CASE, 0, 1, VerificationId("ver_1"))
    assert len(session_tag(session.token_hash)) == 16 and session_tag(session.token_hash) != session.token_hash
