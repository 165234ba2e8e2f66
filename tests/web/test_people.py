"""An administrator manages people and decides nothing, least of all about himself; what he changes holds at once."""

from __future__ import annotations

import re
from typing import Any

import pytest

from tests.contract.examples import CASE, interview, item, person, verification
from tests.web.account import account
from tests.web.house import Browser, House
from verifier.core.access import fingerprint
from verifier.core.model import PersonId, Role, StaffRole, trained
from verifier.core.principal import StaffPrincipal
from verifier.core.staffing import Change
from verifier.errors import NotAllowed
from verifier.service.calls import LiveCall
from verifier.service.joining import session_topic
from verifier.service.people import People

PEOPLE = "/staff/settings/people"
ANNA = f"{PEOPLE}/per_anna"
QUEUE = ("/staff/queue.json", "application/json")
ROSA = {"name": "Rosa", "email": "rosa@example.org", "pseudonym": "R.", "languages": "en, bs", "roles": ["interviewer"]}


@pytest.fixture
async def boss(house: House) -> Browser:
    """A signed-in administrator."""
    return (await house.staff("per_boss", StaffRole.ADMINISTRATOR))[0]


async def refused(browser: Browser, path: str, body: Any = None) -> str:
    answer = await browser.post(path, body)
    assert answer.status >= 400, path
    return str(answer.json["code"])


# ---------------------------------------------------------------- adding, roles, trainings


async def test_an_administrator_adds_somebody_and_gets_a_link_once(house: House, boss: Browser) -> None:
    answer = await boss.post(PEOPLE, ROSA)
    assert answer.status == 200 and answer.json["link"].startswith("https://verify.example.org/staff#")
    token = answer.json["link"].partition("#")[2]
    assert (await house.browser().post("/staff/link", {"token": token})).json == {"next": "/staff/enrol"}
    page = await boss.get(PEOPLE)
    assert "Rosa" in page.text and token not in page.text and "not set up yet" in page.text
    async with house.units(read_only=True) as unit:
        rosa = await unit.people.get(PersonId(answer.json["id"]))
    assert rosa.languages == ("en", "bs") and rosa.roles == {StaffRole.INTERVIEWER}


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"roles": []}, "roles"),
        ({"roles": ["administrator", "reviewer"]}, "roles"),
        ({"roles": ["judge"]}, "/roles/0"),
        ({"email": "no address"}, "email"),
        ({"email": "a b@example.org"}, "email"),
        ({"email": "per_boss@example.org"}, "email"),
        ({"name": " "}, "name"),
        ({"languages": " , "}, "name"),
    ],
)
async def test_what_is_no_person_is_refused_and_nothing_is_stored(
    house: House, boss: Browser, changes: dict[str, Any], field: str
) -> None:
    answer = await boss.post(PEOPLE, ROSA | changes)
    assert answer.status in {400, 409} and answer.json["field"] == field
    assert set(house.units.state.people) == {"per_boss"}


async def test_roles_hold_from_the_next_request_on(house: House, boss: Browser) -> None:
    browser, _ = await house.staff("per_anna", StaffRole.INTERVIEWER)
    assert (await browser.get(*QUEUE)).status == 200 and (await browser.get("/staff/reviews")).status == 403
    assert (await boss.post(f"{ANNA}/roles", {"roles": ["reviewer"]})).status == 200
    assert (await browser.get(*QUEUE)).status == 403 and (await browser.get("/staff/reviews")).status == 200
    assert await refused(boss, f"{ANNA}/roles", {"roles": ["reviewer", "administrator"]}) == "invalid_input"


async def test_a_training_opens_the_gate_until_its_last_day_is_over(house: House, boss: Browser) -> None:
    people = house.services.accounts.people
    anna = await people.add("Anna", "anna@example.org", "A.", {StaffRole.INTERVIEWER})
    browser = house.browser()
    await house.sign_in(browser, anna)
    assert (await browser.get(*QUEUE)).json["gate"] == "untrained"
    assert "none that is current" in (await boss.get(PEOPLE)).text
    until = {"role": "interviewer", "valid_until": "2027-01-31"}
    assert (await boss.post(f"{PEOPLE}/{anna.id}/trainings", until)).status == 200
    assert (await browser.get(*QUEUE)).json["gate"] == "not_checked"
    async with house.units(read_only=True) as unit:
        trainings = await unit.trainings.of_person(anna.id)
    last_ms = trainings[0].valid_until_ms
    assert trained(trainings, StaffRole.INTERVIEWER, last_ms) and not trained(
        trainings, StaffRole.INTERVIEWER, last_ms + 1
    )
    assert (last_ms + 1) % 86_400_000 == 0, "the whole day, UTC"
    assert await refused(boss, f"{PEOPLE}/{anna.id}/trainings", until) == "conflict"
    page = await boss.get(f"{PEOPLE}/{anna.id}")
    assert page.text.count('data-testid="training"') == 1 and "31 Jan 2027" in page.text


@pytest.mark.parametrize("day", ["2020-01-01", "2999-01-01", "31.1.2027", "", "2027-02-30"])
async def test_a_training_that_cannot_be_is_refused(house: House, boss: Browser, day: str) -> None:
    await house.staff("per_anna")
    answer = await boss.post(f"{ANNA}/trainings", {"role": "interviewer", "valid_until": day})
    assert (answer.status, answer.json["field"]) == (400, "valid_until")


# ---------------------------------------------------------------- nobody changes himself


@pytest.mark.parametrize(
    ("verb", "body"),
    [
        ("roles", {"roles": ["reviewer"]}),
        ("trainings", {"role": "reviewer", "valid_until": "2027-01-31"}),
        ("link", {"forget_authenticator": True}),
        ("link", {}),
        ("end-sessions", {}),
        ("disable", {}),
        ("enable", {}),
    ],
)
async def test_an_administrator_changes_nothing_about_himself(
    house: House, boss: Browser, verb: str, body: dict[str, Any]
) -> None:
    before = house.units.state
    assert await refused(boss, f"{PEOPLE}/per_boss/{verb}", body) == "not_allowed"
    assert house.units.state is before
    page = (await boss.get(f"{PEOPLE}/per_boss")).text
    assert 'data-testid="own-account"' in page
    assert not [name for name in ("roles-form", "training-form", "disable", "link-form") if f'"{name}"' in page]


@pytest.mark.parametrize("role", [StaffRole.INTERVIEWER, StaffRole.REVIEWER, StaffRole.APPEAL_REVIEWER])
async def test_nobody_else_manages_people_not_even_by_the_service(house: House, role: StaffRole) -> None:
    browser, somebody = await house.staff("per_other", role)
    await house.staff("per_anna")
    assert await refused(browser, f"{ANNA}/disable") == "not_allowed"
    assert (await browser.get(PEOPLE, "application/json")).status == 403
    administering = house.services.accounts.administering
    with pytest.raises(NotAllowed):
        await administering.set_roles(StaffPrincipal(somebody, "hash"), PersonId("per_anna"), {role})
    with pytest.raises(NotAllowed):
        await administering.everybody(StaffPrincipal(somebody, "hash"))


# ---------------------------------------------------------------- ending access


async def test_a_disabled_person_is_out_at_once_and_comes_back_by_a_new_link(house: House, boss: Browser) -> None:
    anna = await account(house)
    browser = await anna.signed_in()
    token = await house.services.accounts.people.mint_link(anna.person.id)
    assert (await boss.post(f"{ANNA}/disable")).status == 200
    assert (await browser.get(*QUEUE)).status == 401 and (await browser.get("/staff")).status == 200
    assert (await anna.sign_in()).status == 401
    assert (await house.browser().post("/staff/link", {"token": token})).json["field"] == "revoked"
    later = await house.services.accounts.people.mint_link(anna.person.id)
    assert (await house.browser().post("/staff/link", {"token": later})).json["field"] == "revoked"
    told = house.bus.on(session_topic(fingerprint(browser.cookies["__Host-vi_staff"])))
    assert told[-1]["code"] == "taken_over", "open sockets are closed"
    assert (await boss.post(f"{ANNA}/enable")).status == 200
    house.clock.advance(s=30)
    assert (await anna.sign_in()).status == 200 and (await browser.get(*QUEUE)).status == 401


async def test_signing_somebody_out_everywhere_leaves_the_account(house: House, boss: Browser) -> None:
    anna = await account(house)
    browser = await anna.signed_in()
    assert (await boss.post(f"{ANNA}/end-sessions")).status == 200
    assert (await browser.get(*QUEUE)).status == 401
    house.clock.advance(s=30)
    assert (await anna.sign_in()).status == 200


@pytest.mark.parametrize("how", ["disable", "end_sessions", "set_roles"])
async def test_the_call_of_somebody_who_may_not_hold_it_any_more_ends(house: House, how: str) -> None:
    left: list[tuple[str, Role]] = []

    async def leave(id_: str, role: Role) -> None:
        left.append((id_, role))

    anna = await account(house)
    accounts = house.services.accounts
    people = People(house.units, house.clock, house.entropy, accounts.sessions, house.calls, leave)
    house.calls.add(LiveCall(interview(), verification(), "A.", (item(),)))
    if how == "set_roles":
        await people.set_roles(anna.person.id, {StaffRole.INTERVIEWER})
        assert not left, "still an interviewer"
        await people.set_roles(anna.person.id, {StaffRole.REVIEWER})
    else:
        await getattr(people, how)(anna.person.id)
    assert left == [(interview().id, Role.INTERVIEWER)]


async def test_every_change_is_recorded_with_who_made_it(house: House, boss: Browser) -> None:
    anna = await account(house)
    for verb, body in (
        ("roles", {"roles": ["reviewer"]}),
        ("link", {"forget_authenticator": True}),
        ("end-sessions", {}),
        ("disable", {}),
        ("disable", {}),
        ("enable", {}),
    ):
        assert (await boss.post(f"{ANNA}/{verb}", body)).status == 200
    await house.services.accounts.people.disable(anna.person.id)
    async with house.units(read_only=True) as unit:
        record = await unit.staff_changes.of_person(anna.person.id)
    assert [(one.what, one.by_id) for one in reversed(record)] == [
        (Change.ROLES, "per_boss"),
        (Change.SECOND_FACTOR_REMOVED, "per_boss"),
        (Change.LINK, "per_boss"),
        (Change.SESSIONS_ENDED, "per_boss"),
        (Change.DISABLED, "per_boss"),
        (Change.ENABLED, "per_boss"),
        (Change.DISABLED, None),
    ]
    page = (await boss.get(ANNA)).text
    assert "roles changed (Reviewer), by Anna Berg" in re.sub(r"\s+", " ", page)
    assert "by the operator at the server" in page


async def test_somebody_who_is_not_there_is_not_found(house: House, boss: Browser) -> None:
    for verb in ("disable", "enable", "end-sessions", "link"):
        assert await refused(boss, f"{PEOPLE}/per_none/{verb}") == "not_found"
    assert await refused(boss, f"{PEOPLE}/per_none/roles", {"roles": ["reviewer"]}) == "not_found"
    assert (await boss.get(f"{PEOPLE}/per_none", "application/json")).status == 404


async def test_an_administrator_sees_no_case_anywhere(house: House, boss: Browser) -> None:
    await house.staff("per_anna")
    async with house.units() as unit:
        await unit.verifications.add(verification())
        await unit.interviews.add(interview(), [item()])
    for path in ("/staff/queue", "/staff/reviews", f"/staff/reviews/{interview().id}", f"/staff/interviews/{CASE}"):
        assert (await boss.get(path, "application/json")).status == 403
    assert "Müller" not in (await boss.get(PEOPLE)).text + (await boss.get(ANNA)).text + person().name
