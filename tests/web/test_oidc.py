"""Staff sign in by their organisation's provider: who is let in, what binds it to one browser, and every refusal."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import pytest
from structlog.testing import capture_logs
from yarl import URL

from tests.fakes import ManualClock
from tests.identity.issuer import CLIENT_ID, CLIENT_SECRET, REDIRECT, Issuer, running
from tests.web.account import account
from tests.web.house import Answer, Browser, House, open_house
from verifier.core.identity import Refusal
from verifier.core.model import PersonId, StaffRole
from verifier.core.staffing import Change
from verifier.identity.provider import OidcProvider, ProviderSettings
from verifier.service.federating import UNDER_WAY_MS, RoleMap

QUEUE = ("/staff/queue.json", "application/json")
COOKIE = "__Host-vi_oidc"
UNKNOWN, FAILED = "/staff?error=unknown_person", "/staff?error=provider"


@dataclass
class Organisation:
    """A house whose staff sign in at an issuer."""

    house: House
    issuer: Issuer

    async def departed(self, browser: Browser) -> URL:
        """The browser is on its way to the provider; the address it was sent to."""
        answer = await browser.get("/staff/oidc")
        assert answer.status == 303 and COOKIE in browser.cookies
        return URL(answer.headers["Location"])

    async def come_back(self, browser: Browser, address: URL, **changes: str) -> Answer:
        """Signed in there, the browser brings the answer back."""
        query = {"state": address.query["state"], "code": self.issuer.code_for(str(address))} | changes
        return await browser.get(str(URL("/staff/oidc/callback").with_query(query)))

    async def sign_in(self, browser: Browser) -> Answer:
        """There and back."""
        return await self.come_back(browser, await self.departed(browser))


@pytest.fixture
async def organisation(aiohttp_client: Any) -> AsyncIterator[Organisation]:
    async with opened(aiohttp_client) as made:
        yield made


@asynccontextmanager
async def opened(aiohttp_client: Any, **by: Any) -> AsyncIterator[Organisation]:
    clock = ManualClock()
    async with running(clock) as issuer:
        settings = ProviderSettings(issuer.url, CLIENT_ID, CLIENT_SECRET, REDIRECT)
        async with OidcProvider(settings, clock) as provider:
            found = {"provider": provider, **by}
            yield Organisation(await open_house(aiohttp_client, clock=clock, by=found, oidc_name="Acme"), issuer)


async def refused(organisation: Organisation, answer: Answer, browser: Browser, where: str = FAILED) -> None:
    """Back at the form, without a session."""
    assert (answer.status, answer.headers["Location"]) == (303, where)
    assert COOKIE not in browser.cookies and "__Host-vi_staff" not in browser.cookies
    assert not organisation.house.units.state.sessions


# ---------------------------------------------------------------- there and back


async def test_whoever_is_staff_already_signs_in(organisation: Organisation) -> None:
    await account(organisation.house)
    browser = organisation.house.browser()
    assert 'href="/staff/oidc"' in (await browser.get("/staff")).text
    assert "Sign in with Acme" in (await browser.get("/staff")).text
    answer = await organisation.sign_in(browser)
    assert answer.status == 200 and '"next": "/staff/queue"' in answer.text, "a page of ours, no redirect"
    staff = answer.cookies["__Host-vi_staff"]
    assert staff["samesite"] == "Strict" and staff["httponly"] and staff["secure"] and COOKIE not in browser.cookies
    assert (await browser.get(*QUEUE)).status == 200
    (session,) = organisation.house.units.state.sessions.values()
    assert session.second_factor_ms == organisation.house.clock.now_ms()


async def test_the_cookie_of_a_sign_in_under_way_is_lax_short_and_bound_to_the_host(organisation: Organisation) -> None:
    answer = await organisation.house.browser().get("/staff/oidc")
    cookie = answer.cookies[COOKIE]
    assert cookie["samesite"] == "Lax" and cookie["httponly"] and cookie["secure"] and cookie["path"] == "/"
    assert int(cookie["max-age"]) * 1_000 == UNDER_WAY_MS
    address = URL(answer.headers["Location"])
    assert cookie.value not in str(address) and len(set(address.query.values())) == len(address.query)


async def test_nobody_becomes_staff_by_the_provider(organisation: Organisation) -> None:
    browser = organisation.house.browser()
    await refused(organisation, await organisation.sign_in(browser), browser, UNKNOWN)
    assert not organisation.house.units.state.people
    assert "there is no account for you here" in (await browser.get(UNKNOWN)).text


async def test_a_disabled_person_and_an_unverified_address_are_nobody(organisation: Organisation) -> None:
    anna = await account(organisation.house)
    browser = organisation.house.browser()
    organisation.issuer.claims = {"email_verified": False}
    await refused(organisation, await organisation.sign_in(browser), browser, UNKNOWN)
    organisation.issuer.claims = {}
    await organisation.house.services.accounts.people.disable(anna.person.id)
    await refused(organisation, await organisation.sign_in(browser), browser, UNKNOWN)


# ---------------------------------------------------------------- bound to one browser, once


async def test_an_answer_is_good_once(organisation: Organisation) -> None:
    await account(organisation.house)
    browser = organisation.house.browser()
    address = await organisation.departed(browser)
    kept = dict(browser.cookies)
    code = organisation.issuer.code_for(str(address))
    query = {"state": address.query["state"], "code": code}
    assert (await organisation.come_back(browser, address, **query)).status == 200
    replayed = organisation.house.browser()
    replayed.cookies = kept
    organisation.issuer.codes[code] = dict(address.query)
    answer = await organisation.come_back(replayed, address, **query)
    assert answer.headers["Location"] == FAILED and len(organisation.house.units.state.sessions) == 1


async def test_an_answer_in_another_browser_is_refused(organisation: Organisation) -> None:
    """Login CSRF: an attacker's code and state in the victim's browser sign nobody in."""
    await account(organisation.house)
    attacker, victim = organisation.house.browser(), organisation.house.browser()
    address = await organisation.departed(attacker)
    await refused(organisation, await organisation.come_back(victim, address), victim)
    await organisation.departed(victim)
    await refused(organisation, await organisation.come_back(victim, address), victim)


@pytest.mark.parametrize("changes", [{"state": ""}, {"state": "another"}, {"code": ""}, {"error": "access_denied"}])
async def test_an_answer_that_is_not_the_awaited_one_ends_the_sign_in(
    organisation: Organisation, changes: dict[str, str]
) -> None:
    await account(organisation.house)
    browser = organisation.house.browser()
    address = await organisation.departed(browser)
    kept = dict(browser.cookies)
    await refused(organisation, await organisation.come_back(browser, address, **changes), browser)
    browser.cookies = kept
    await refused(organisation, await organisation.come_back(browser, address), browser)


async def test_a_sign_in_that_takes_too_long_is_over(organisation: Organisation) -> None:
    await account(organisation.house)
    browser = organisation.house.browser()
    address = await organisation.departed(browser)
    organisation.house.clock.advance(ms=UNDER_WAY_MS)
    await refused(organisation, await organisation.come_back(browser, address), browser)


async def test_an_answer_of_another_provider_is_refused(organisation: Organisation) -> None:
    await account(organisation.house)
    browser = organisation.house.browser()
    address = await organisation.departed(browser)
    await refused(organisation, await organisation.come_back(browser, address, iss="https://mixed.up"), browser)


@pytest.mark.parametrize(
    ("lie", "why"),
    [
        ({"nonce": "x"}, Refusal.NONCE),
        ({"aud": "x"}, Refusal.AUDIENCE),
        ({"exp": 1}, Refusal.EXPIRED),
        ({"iss": "https://x.example"}, Refusal.ISSUER),
    ],
)
async def test_why_is_in_the_log_and_never_in_the_browser(
    organisation: Organisation, lie: dict[str, Any], why: Refusal
) -> None:
    await account(organisation.house)
    browser = organisation.house.browser()
    organisation.issuer.claims = lie
    address = await organisation.departed(browser)
    with capture_logs() as logs:
        answer = await organisation.come_back(browser, address)
    await refused(organisation, answer, browser)
    assert [entry["reason"] for entry in logs if entry["event"] == "identity_refused"] == [why]
    for secret in (address.query["state"], address.query["nonce"], "code-0"):
        assert secret not in str(logs)


async def test_a_provider_that_is_away_leads_back_to_the_form(organisation: Organisation) -> None:
    organisation.issuer.document = {"issuer": "https://elsewhere.example"}
    answer = await organisation.house.browser().get("/staff/oidc")
    assert (answer.status, answer.headers["Location"]) == (303, FAILED)


async def test_without_a_provider_there_is_no_such_door(house: House) -> None:
    assert "/staff/oidc" not in (await house.browser().get("/staff")).text
    for path in ("/staff/oidc", "/staff/oidc/callback?code=x&state=y"):
        answer = await house.browser().get(path)
        assert (answer.status, answer.headers["Location"]) == (303, "/staff")


# ---------------------------------------------------------------- roles from groups

GROUPS = RoleMap(
    "groups", {"v-int": StaffRole.INTERVIEWER, "v-rev": StaffRole.REVIEWER, "v-adm": StaffRole.ADMINISTRATOR}
)


@pytest.mark.parametrize(
    ("groups", "roles"),
    [
        (["v-rev", "others"], {StaffRole.REVIEWER}),
        (["v-int", "v-rev"], {StaffRole.INTERVIEWER, StaffRole.REVIEWER}),
        ("v-int", {StaffRole.INTERVIEWER}),
        ([], None),
        (["others"], None),
        (None, None),
        (["v-adm", "v-rev"], None),
    ],
)
async def test_groups_give_the_roles_where_they_are_mapped(
    aiohttp_client: Any, groups: object, roles: set[StaffRole] | None
) -> None:
    async with opened(aiohttp_client, role_map=GROUPS) as organisation:
        anna = await account(organisation.house)
        browser = organisation.house.browser()
        organisation.issuer.claims = {"groups": groups}
        answer = await organisation.sign_in(browser)
        async with organisation.house.units(read_only=True) as unit:
            found = await unit.people.get(PersonId(anna.person.id))
            changes = await unit.staff_changes.of_person(found.id)
        if roles is None:
            await refused(organisation, answer, browser, UNKNOWN)
            assert found.roles == anna.person.roles and not changes
        else:
            assert answer.status == 200 and found.roles == roles
            same = roles == anna.person.roles
            assert [one.what for one in changes] == ([] if same else [Change.ROLES])
