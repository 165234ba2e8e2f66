"""The staff's door: signing in, the queue, and whose interview it is."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.contract.examples import CASE, ended, interview, item, verification
from tests.web.house import PASSWORD, House
from verifier.core.model import (
    DeviceCheck,
    PersonId,
    Role,
    StaffRole,
    VerificationId,
    VerificationStatus,
)
from verifier.core.policy import SHIPPED
from verifier.errors import Conflict, InvalidInput


async def test_the_right_password_opens_a_session(house: House) -> None:
    await house.services.staff.add_person("Anna", "Anna@Example.org ", "A.", {StaffRole.INTERVIEWER}, password=PASSWORD)
    browser = house.browser()
    answer = await browser.post("/staff/sign-in", {"email": "anna@example.ORG", "password": PASSWORD})
    assert (answer.status, answer.json) == (200, {"next": "/staff/queue"})
    cookie = answer.cookies["__Host-vi_staff"]
    assert cookie["httponly"] and cookie["secure"] and cookie["samesite"] == "Strict" and cookie["path"] == "/"
    page = await browser.get("/staff")
    assert page.status == 200 and '"start_url": "/staff/queue"' in page.text, "a link in the fragment comes first"


@pytest.mark.parametrize("email", ["anna@example.org", "nobody@example.org", "link-only@example.org"])
async def test_wrong_address_wrong_password_and_no_password_look_the_same(house: House, email: str) -> None:
    staff = house.services.staff
    await staff.add_person("Anna", "anna@example.org", "A.", {StaffRole.INTERVIEWER}, password=PASSWORD)
    await staff.add_person("Lina", "link-only@example.org", "L.", {StaffRole.INTERVIEWER})
    answer = await house.browser().post("/staff/sign-in", {"email": email, "password": "not this one at all"})
    assert (answer.status, answer.json["detail"]) == (401, "The address or the password is not right.")
    assert not answer.cookies and not house.units.state.sessions


async def test_guessing_passwords_is_slowed_down_per_account(house: House) -> None:
    await house.services.staff.add_person("Anna", "anna@example.org", "A.", {StaffRole.INTERVIEWER}, password=PASSWORD)
    guesses = [
        (await house.browser().post("/staff/sign-in", {"email": "anna@example.org", "password": "guess"})).status
        for _ in range(11)
    ]
    assert guesses == [401] * 10 + [429]
    right = await house.browser().post("/staff/sign-in", {"email": "ANNA@example.org", "password": PASSWORD})
    assert right.status == 429 and right.headers["Retry-After"] == "12"


async def test_a_short_password_and_a_taken_address_are_refused(house: House) -> None:
    staff = house.services.staff
    with pytest.raises(InvalidInput):
        await staff.add_person("Anna", "a@example.org", "A.", {StaffRole.REVIEWER}, password="short")
    await staff.add_person("Anna", "a@example.org", "A.", {StaffRole.REVIEWER})
    with pytest.raises(Conflict):
        await staff.add_person("Other", "A@example.org", "O.", {StaffRole.REVIEWER})


async def test_a_sign_in_link_works_once_and_only_by_post(house: House) -> None:
    person = await house.services.staff.add_person("Rosa", "rosa@example.org", "R.", {StaffRole.REVIEWER})
    token = await house.services.staff.mint_link(person.id)
    scanner = house.browser()
    assert (await scanner.get("/staff")).status == 200
    first = await house.browser().post("/staff/link", {"token": token})
    assert (first.status, first.json) == (200, {"next": "/staff/reviews"})
    again = await house.browser().post("/staff/link", {"token": token})
    assert (again.status, again.json["field"]) == (410, "used")


async def test_a_sign_in_link_runs_out_and_a_join_link_is_none(house: House) -> None:
    await house.case()
    person = await house.services.staff.add_person("Rosa", "rosa@example.org", "R.", {StaffRole.REVIEWER})
    token = await house.services.staff.mint_link(person.id, valid_ms=1_000)
    house.clock.advance(ms=1_000)
    late = await house.browser().post("/staff/link", {"token": token})
    assert (late.status, late.json["field"]) == (410, "expired")
    assert (await house.browser().post("/staff/link", {"token": "join-token-of-the-case"})).json["field"] == "unknown"


async def test_signing_out_ends_the_session_at_the_server(house: House) -> None:
    browser, _ = await house.staff()
    kept = dict(browser.cookies)
    answer = await browser.post("/staff/sign-out")
    assert answer.status == 200 and not browser.cookies
    browser.cookies = kept
    assert (await browser.get("/staff/queue.json", "application/json")).status == 401


async def test_a_staff_session_ends_after_twelve_hours(house: House) -> None:
    browser, _ = await house.staff()
    house.clock.advance(hours=12)
    assert (await browser.get("/staff/queue.json", "application/json")).status == 401


async def test_a_reviewer_has_no_queue_and_an_interviewer_no_reviews(house: House) -> None:
    reviewer, _ = await house.staff("per_r", StaffRole.REVIEWER)
    interviewer, _ = await house.staff("per_i", StaffRole.INTERVIEWER)
    for path in ("/staff/queue", "/staff/queue.json", "/staff/check"):
        assert (await reviewer.get(path, "application/json")).json["code"] == "not_allowed"
    for path in ("/staff/take", "/staff/check/start"):
        assert (await reviewer.post(path)).status == 403
    assert (await interviewer.get("/staff/reviews", "application/json")).json["code"] == "not_allowed"


async def test_the_queue_shows_who_is_present_in_the_order_of_taking(house: House) -> None:
    now = house.clock.now_ms()
    async with house.units() as unit:
        for id_, locale, waited, name in (
            ("ver_1", "en", 60_000, "Zoë Müller"),
            ("ver_2", "es-MX", 90_000, "Juan Pérez"),
            ("ver_3", "de", 30_000, "Ada Lovelace"),
            ("ver_4", "en", 99_000, "Went Away"),
        ):
            status, since = VerificationStatus.WAITING, now - waited
            await unit.verifications.add(
                verification(id_, status=status, locale=locale, legal_name=name, waiting_since_ms=since)
            )
            if id_ != "ver_4":
                house.calls.freelancer_arrived(VerificationId(id_))
    browser, _ = await house.staff(checked=True)
    answer = (await browser.get("/staff/queue.json", "application/json")).json
    assert [(row["legal_name_initials"], row["position"], row["match"]) for row in answer["waiting"]] == [
        ("Z. M.", 1, True),
        ("A. L.", 2, True),
        ("J. P.", 3, False),
    ]
    first = answer["waiting"][0]
    assert first["wait_ms"] == 60_000 and first["interview_number"] == 1 and first["languages"] == ["en"]
    assert answer["in_call"] is None and answer["server_ms"] == now and "Müller" not in str(answer["waiting"])


@pytest.mark.parametrize(
    ("check", "age_ms", "state"),
    [
        (None, 0, "not_checked"),
        (DeviceCheck(0, True, {"words": "good"}), 0, "valid"),
        (DeviceCheck(0, True, {}), SHIPPED.check_valid_ms + 1, "expired"),
        (DeviceCheck(0, False, {"words": "poor"}), 0, "failed"),
        (DeviceCheck(0, False, {"withdrawn_after_interview": "int_1"}), 0, "after_fault"),
    ],
)
async def test_only_a_fresh_passed_check_opens_the_gate(
    house: House, check: DeviceCheck | None, age_ms: int, state: str
) -> None:
    browser, person = await house.staff()
    if check:
        at_ms = house.clock.now_ms() - age_ms
        async with house.units() as unit:
            await unit.device_checks.add(replace(check, at_ms=at_ms, person_id=person.id))
    answer = (await browser.get("/staff/queue.json", "application/json")).json
    assert answer["gate"] == state
    assert (answer["check"] or {}).get("valid", False) is (state == "valid")
    assert house.calls.interviewers_present(house.clock.now_ms()) == (1 if state == "valid" else 0)
    taken = await browser.post("/staff/take")
    assert taken.json["code"] == ("conflict" if state == "valid" else "not_allowed"), "and then nobody is waiting"


async def test_taking_a_call_gives_its_page_and_its_ticket(house: House) -> None:
    await house.case()
    await house.freelancer()
    async with house.units() as unit:
        case = await unit.verifications.get(CASE)
        waiting = replace(case, status=VerificationStatus.WAITING, waiting_since_ms=house.clock.now_ms())
        await unit.verifications.save(waiting, case.status)
    house.calls.freelancer_arrived(CASE)
    browser, person = await house.staff(checked=True)
    taken = (await browser.post("/staff/take")).json
    assert taken["url"] == f"/staff/interviews/{taken['interview_id']}"
    page = await browser.get(taken["url"])
    assert page.status == 200 and "Zoë Müller" in page.text and "Köln" in page.text
    ticket = (await browser.post(f"{taken['url']}/ticket")).json
    grant = next(iter(house.units.state.tickets.values()))
    assert ticket["url"] == "/ws" and (grant.role, grant.interview_id, grant.person_id) == (
        Role.INTERVIEWER,
        taken["interview_id"],
        person.id,
    )
    assert (await browser.get("/staff/queue.json", "application/json")).json["in_call"] == taken["interview_id"]


async def test_nobody_else_gets_into_an_interview(house: House) -> None:
    browser, _ = await house.staff()
    colleague, _ = await house.staff("per_other", StaffRole.INTERVIEWER)
    reviewer, _ = await house.staff("per_r", StaffRole.REVIEWER)
    async with house.units() as unit:
        await unit.verifications.add(verification())
        await unit.interviews.add(interview(interviewer_id=PersonId("per_anna")), [item()])
    here = "/staff/interviews/int_1"
    assert (await browser.post(f"{here}/ticket")).status == 200
    assert (await colleague.post(f"{here}/ticket")).json["code"] == "not_found"
    assert (await colleague.get(here, "application/json")).json["code"] == "not_found"
    assert (await colleague.get(f"{here}/outcome", "application/json")).json["code"] == "not_found"
    assert (await colleague.post(f"{here}/verify")).json["code"] == "not_found"
    assert (await reviewer.post(f"{here}/ticket")).json["code"] == "not_allowed"
    assert (await browser.post("/staff/interviews/int_none/ticket")).json["code"] == "not_found"
    async with house.units() as unit:
        call = await unit.interviews.get(interview().id)
        await unit.interviews.save(ended(call))
    assert (await browser.post(f"{here}/ticket")).json["code"] == "illegal_state"
