"""Results, interviews, quality rows and account effects, through the real application."""

from __future__ import annotations

import csv
import io
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime

import pytest
import standardwebhooks

from tests.web.decided import decide_verified
from tests.web.platform_stage import TEST, Stage
from verifier.core import events
from verifier.core.events import Redress
from verifier.core.webhook import EventType
from verifier.service.publishing import publish

HOOK = {"url": "https://hooks.example.com/verifier"}


@pytest.fixture
async def stage() -> AsyncIterator[Stage]:
    async with Stage() as opened:
        yield opened


async def test_the_pulled_result_is_the_webhook_byte_for_byte_with_the_same_id(stage: Stage) -> None:
    endpoint = await stage.json("POST", "/webhook-endpoints", HOOK, status=201)
    created = await stage.created()
    await decide_verified(stage, created["id"])
    stage.clock.advance(hours=3)

    response = await stage.call("GET", f"/verifications/{created['id']}/result")
    body = await response.text()

    async with stage.units(read_only=True) as unit:
        deliveries = await unit.outbox.deliveries(test=False, limit=10)
    told = next(each for each in deliveries if each.event.type == "verification.decided")
    assert body == told.event.body
    assert response.headers["webhook-id"] == told.message_id
    at = datetime.fromtimestamp(int(response.headers["webhook-timestamp"]), UTC)
    assert at.timestamp() == stage.clock.now_ms() // 1_000
    expected = standardwebhooks.Webhook(endpoint["secret"]).sign(told.message_id, at, body)
    assert response.headers["webhook-signature"] == expected


async def test_the_pulled_result_is_the_newest_version(stage: Stage) -> None:
    await stage.json("POST", "/webhook-endpoints", HOOK, status=201)
    created = await stage.created()
    await decide_verified(stage, created["id"])
    async with stage.units() as unit:
        case = await unit.verifications.get(created["id"])
        first = await unit.decisions.current(created["id"])
        assert first is not None
        data = events.decided(replace(first, version=2), Redress("https://verify.example.org/case", 1))
        await publish(unit, case, EventType.VERIFICATION_DECIDED, data, stage.clock, stage.entropy)
    told = (await stage.json("GET", f"/verifications/{created['id']}/result"))["data"]
    assert (told["decision_version"], told["sequence"]) == (2, 3)


async def test_page_api_and_webhook_state_the_same_decision(stage: Stage) -> None:
    await stage.json("POST", "/webhook-endpoints", HOOK, status=201)
    created = await stage.created()
    await decide_verified(stage, created["id"])
    case = await stage.json("GET", f"/verifications/{created['id']}")
    told = (await stage.json("GET", f"/verifications/{created['id']}/result"))["data"]
    shown = case["decision"]
    assert (case["result"], shown["result"], told["result"]) == ("verified",) * 3
    assert (shown["version"], told["decision_version"]) == (1, 1)
    for name in (
        "adverse",
        "reason_codes",
        "next_action",
        "recommended_account_effect",
        "policy_version",
        "decided_at",
    ):
        assert shown[name] == told[name], name
    assert told["recommended_account_effect"] == "keep_current"
    assert (told["statement_url"], told["appeal_url"], told["appeal_deadline"]) == (None, None, None)


async def test_there_is_no_result_before_the_decision_and_none_without_a_secret(stage: Stage) -> None:
    created = await stage.created()
    assert (await stage.call("GET", f"/verifications/{created['id']}/result")).status == 404
    await decide_verified(stage, created["id"])
    response = await stage.call("GET", f"/verifications/{created['id']}/result")
    assert (response.status, (await response.json(content_type=None))["code"]) == (409, "illegal_state")


async def test_the_result_can_be_signed_for_one_of_several_endpoints(stage: Stage) -> None:
    first = await stage.json("POST", "/webhook-endpoints", HOOK, status=201)
    second = await stage.json("POST", "/webhook-endpoints", HOOK, status=201)
    created = await stage.created()
    await decide_verified(stage, created["id"])
    path = f"/verifications/{created['id']}/result"
    ids = [
        (await stage.call("GET", f"{path}?endpoint_id={each['id']}")).headers["webhook-id"] for each in (first, second)
    ]
    assert ids[0] != ids[1]
    await stage.json("POST", f"/webhook-endpoints/{second['id']}/disable")
    assert (await stage.call("GET", f"{path}?endpoint_id={second['id']}")).status == 404


async def test_an_interview_says_what_counted_and_why(stage: Stage) -> None:
    created = await stage.created()
    await decide_verified(stage, created["id"])
    (listed,) = (await stage.json("GET", f"/verifications/{created['id']}/interviews"))["data"]
    one = await stage.json("GET", f"/verifications/{created['id']}/interviews/1")
    assert one == listed
    assert one["assessment"]["conclusive"] is True
    assert one["assessment"]["fault_side"] == "none"
    (run,) = one["runs"]
    assert (run["item_key"], run["answer"], run["admissible"]) == ("identity.city", "consistent", True)
    for number in ("2", "0", "x", "-1", "1e9", "99999999999999999999"):
        assert (await stage.call("GET", f"/verifications/{created['id']}/interviews/{number}")).status == 404


async def test_the_rows_are_the_same_as_json_and_as_csv(stage: Stage) -> None:
    created = await stage.created()
    await decide_verified(stage, created["id"])
    path = f"/verifications/{created['id']}/interviews/1/quality"
    rows = (await stage.json("GET", path))["server"]
    response = await stage.call("GET", path + "?format=csv")
    assert response.content_type == "text/csv"
    lines = list(csv.DictReader(io.StringIO(await response.text())))
    assert (
        [int(line["audio.received"]) for line in lines] == [row["audio"]["received"] for row in rows] == [50, 100, 150]
    )
    assert {line["rtt_ms"] for line in lines} == {""}, "what was not measured is empty, not zero"
    assert rows[0]["rtt_ms"] is None
    empty = await stage.call("GET", path + "?format=csv&origin=frames")
    assert (empty.status, (await empty.text()).strip()) == (200, "")


@pytest.mark.parametrize("effect", ["none", "keep_current", "reinstate"])
async def test_an_effect_that_follows_from_the_decision_raises_nothing(stage: Stage, effect: str) -> None:
    created = await stage.created()
    await decide_verified(stage, created["id"])
    said = {"verification_id": created["id"], "decision_version": 1, "account_effect": effect}
    assert (await stage.json("POST", "/webhooks/verification-result", said, status=201))["mismatch"] is False
    assert "effect.mismatch" not in await _types(stage)


async def test_a_suspension_after_verified_raises_the_alarm_on_the_webhook(stage: Stage) -> None:
    created = await stage.created()
    await decide_verified(stage, created["id"])
    said = {"verification_id": created["id"], "decision_version": 1, "account_effect": "suspend"}
    assert (await stage.json("POST", "/webhooks/verification-result", said, status=201))["mismatch"] is True
    last = (await stage.json("GET", "/events"))["data"][-1]["payload"]
    assert (last["type"], last["data"]["sequence"]) == ("effect.mismatch", 3)
    assert (last["data"]["result"], last["data"]["reported_account_effect"]) == ("verified", "suspend")


async def test_a_suspension_before_any_decision_is_a_mismatch_as_well(stage: Stage) -> None:
    created = await stage.created()
    said = {"verification_id": created["id"], "decision_version": 0, "account_effect": "suspend"}
    assert (await stage.json("POST", "/webhooks/verification-result", said, status=201))["mismatch"] is True
    last = (await stage.json("GET", "/events"))["data"][-1]["payload"]["data"]
    assert last["protect_work_in_flight"] is True


async def test_an_effect_for_a_version_that_never_was_is_refused(stage: Stage) -> None:
    created = await stage.created()
    said = {"verification_id": created["id"], "decision_version": 1, "account_effect": "none"}
    response = await stage.call("POST", "/webhooks/verification-result", said)
    assert (response.status, (await response.json(content_type=None))["field"]) == (400, "/decision_version")
    for bad in (
        {**said, "account_effect": "ban"},
        {**said, "decision_version": "1"},
        {**said, "verification_id": "a/b"},
    ):
        assert (await stage.call("POST", "/webhooks/verification-result", bad)).status == 400
    assert (await stage.call("POST", "/webhooks/verification-result", said, key=TEST)).status == 404


async def _types(stage: Stage) -> list[str]:
    return [event["type"] for event in (await stage.json("GET", "/events"))["data"]]
