"""What an interviewer sees before a call, and whose interview it is."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.contract.examples import CASE, ended, interview, item, verification
from tests.web.house import House
from verifier.core.model import (
    DeviceCheck,
    PersonId,
    Role,
    StaffRole,
    VerificationId,
    VerificationStatus,
)
from verifier.core.policy import SHIPPED


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
