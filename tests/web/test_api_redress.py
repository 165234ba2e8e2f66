"""What the platform reads of proposals, failures and appeals: the pages' truth, and no more than it needs."""

from __future__ import annotations

from typing import Any

import pytest

from tests.contract.failed_case import ANSWER, CASE
from tests.core import failures
from tests.web.house import Answer, House
from tests.web.redress_house import WORDS, appealed, at, failed, freelancer, proposed
from verifier.core.appeal import AppealOutcome
from verifier.core.events import timestamp
from verifier.core.model import AppealId
from verifier.core.notice import NoticeKind
from verifier.core.policy import SHIPPED
from verifier.core.principal import StaffPrincipal
from verifier.service.appealing import Answering
from verifier.web.api.answers import VerificationAnswer


async def asked(house: House, path: str, body: Any = None) -> Answer:
    """An answer to the platform's program."""
    key = {"Authorization": f"Bearer {await house.api_key()}"}
    browser = house.browser()
    if body is None:
        return await browser.get(f"/api/v1{path}", "application/json", **key)
    return await browser.post(f"/api/v1{path}", body, **key)


async def read(house: House) -> dict[str, Any]:
    """The case, which fits its model."""
    answer = await asked(house, f"/verifications/{CASE}")
    assert answer.status == 200
    VerificationAnswer.model_validate(answer.json)
    found: dict[str, Any] = answer.json
    return found


async def close(house: House, appeal_id: str, outcome: AppealOutcome) -> None:
    """The appeal answered by somebody uninvolved."""
    async with house.units(read_only=True) as unit:
        person = await unit.people.get(failures.PersonId("per_c"))
    sent = Answering(outcome, ANSWER, 1)
    await house.services.redress.appealing.answer(StaffPrincipal(person, "session"), AppealId(appeal_id), sent)


async def report(house: House, version: int, effect: str) -> Answer:
    """The platform says what it did."""
    said = {"verification_id": CASE, "decision_version": version, "account_effect": effect}
    return await asked(house, "/webhooks/verification-result", said)


async def test_of_a_proposal_the_platform_reads_a_status_and_a_clock(house: House) -> None:
    await proposed(house)
    await (await freelancer(house)).get("/case")
    found = await read(house)
    assert (found["status"], found["result"], found["decision"], found["appeal"]) == (
        "awaiting_response",
        "none",
        None,
        None,
    )
    now_ms = house.clock.now_ms()
    assert found["clocks"] == [
        {
            "kind": "respond",
            "started_at": timestamp(now_ms),
            "due_at": timestamp(now_ms + SHIPPED.response_window_ms),
            "overdue": False,
        }
    ]
    assert found["protect_work_in_flight"] is True


async def test_a_failure_recommends_and_an_open_appeal_protects(house: House) -> None:
    appeal_id = await appealed(house)
    found = await read(house)
    assert (found["result"], found["decision"]["version"]) == ("failed", 1)
    assert found["decision"]["recommended_account_effect"] == "suspend" and found["decision"]["adverse"] is True
    assert found["protect_work_in_flight"] is True
    due = timestamp(house.clock.now_ms() + SHIPPED.appeal_answer_within_ms)
    assert found["appeal"] == {
        "id": appeal_id,
        "decision_version": 1,
        "opened_at": timestamp(house.clock.now_ms()),
        "answer_due_at": due,
        "outcome": None,
        "answered_at": None,
    }
    assert WORDS not in str(found), "what he wrote is not the platform's to read"
    at(house, house.clock.now_ms() + SHIPPED.appeal_answer_within_ms + 1)
    late = [clock for clock in (await read(house))["clocks"] if clock["kind"] == "answer_appeal"]
    assert [clock["overdue"] for clock in late] == [True]


async def test_i7_after_an_overturned_appeal_every_answer_states_the_new_version(house: House) -> None:
    appeal_id = await appealed(house)
    await close(house, appeal_id, AppealOutcome.OVERTURNED)
    found = await read(house)
    assert (found["result"], found["decision"]["version"], found["appeal"]["outcome"]) == ("verified", 2, "overturned")
    assert found["appeal"]["answer_due_at"] is None and found["protect_work_in_flight"] is False
    assert [clock["kind"] for clock in found["clocks"]] == ["reinstate"]
    hook = {"url": "https://hooks.example.com/"}
    assert (await asked(house, "/webhook-endpoints", hook)).status == 201
    signed = (await asked(house, f"/verifications/{CASE}/result")).json
    assert (signed["type"], signed["data"]["decision_version"]) == ("decision.superseded", 2)
    listed = (await asked(house, "/verifications")).json["data"]
    assert [each for each in listed if each["id"] == CASE] == [found]


async def test_the_platform_reports_the_reinstatement_and_the_clock_stops(house: House) -> None:
    appeal_id = await appealed(house)
    assert (await report(house, 1, "suspend")).json["mismatch"] is False
    await close(house, appeal_id, AppealOutcome.OVERTURNED)
    assert (await report(house, 2, "keep_current")).json["mismatch"] is False
    assert [clock["kind"] for clock in (await read(house))["clocks"]] == ["reinstate"]
    assert (await report(house, 2, "reinstate")).status == 201
    assert (await read(house))["clocks"] == []


@pytest.mark.parametrize("version", [0, 1])
async def test_a_suspension_on_an_outdated_version_is_a_mismatch_that_staff_are_told(
    house: House, version: int
) -> None:
    appeal_id = await appealed(house)
    await close(house, appeal_id, AppealOutcome.OVERTURNED)
    assert (await report(house, version, "suspend")).json["mismatch"] is True
    last = (await asked(house, "/events")).json["data"][-1]["payload"]
    assert (last["type"], last["data"]["awaited_account_effect"]) == ("effect.mismatch", "reinstate")
    async with house.units(read_only=True) as unit:
        told = await unit.notices.of_verification(CASE)
    assert [notice.person_id for notice in told if notice.kind is NoticeKind.EFFECT_MISMATCH] == ["per_c"]


async def test_a_suspension_while_a_failure_is_only_proposed_is_a_mismatch(house: House) -> None:
    await proposed(house)
    assert (await report(house, 0, "suspend")).json["mismatch"] is True
    page = await (await freelancer(house)).get("/case")
    assert "No decision here supports that" in page.text


async def test_the_story_of_an_appeal_is_told_in_order(house: House) -> None:
    await failed(house)
    browser = await freelancer(house)
    await browser.post("/case/appeal", {"decision_version": 1, "text": WORDS})
    async with house.units(read_only=True) as unit:
        (appeal,) = await unit.appeals.open()
    await close(house, appeal.id, AppealOutcome.NEW_INTERVIEW)
    told = [event["payload"] for event in (await asked(house, "/events")).json["data"]]
    assert [event["type"] for event in told] == [
        "verification.decided",
        "appeal.opened",
        "decision.superseded",
        "appeal.decided",
        "verification.new_interview",
    ]
    assert [event["data"]["sequence"] for event in told] == [1, 2, 3, 4, 5]
    assert [event["data"]["result"] for event in told if "result" in event["data"]] == ["failed", "none", "none"]
