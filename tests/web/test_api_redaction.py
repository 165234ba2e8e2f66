"""Redaction as the platform asks for it, through the real application."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from tests.web.decided import decide_verified
from tests.web.platform_stage import LIVE, TEST, Stage
from verifier.core.access import Scope

HOOK = {"url": "https://hooks.example.com/verifier"}


@pytest.fixture
async def stage() -> AsyncIterator[Stage]:
    async with Stage() as opened:
        yield opened


async def decided(stage: Stage) -> str:
    await stage.json("POST", "/webhook-endpoints", HOOK, status=201)
    created = await stage.created()
    await decide_verified(stage, created["id"])
    return str(created["id"])


async def test_a_redacted_case_says_what_was_decided_and_nothing_of_anybody(stage: Stage) -> None:
    id_ = await decided(stage)
    before = await stage.json("GET", f"/verifications/{id_}")
    answer = await stage.json("POST", f"/verifications/{id_}/redact")
    assert (answer["external_id"], answer["freelancer"], answer["claims"], answer["metadata"]) == (None, None, None, {})
    assert answer["redacted_at"] is not None and before["redacted_at"] is None
    assert [answer[name] for name in ("status", "result", "decision")] == [
        before[name] for name in ("status", "result", "decision")
    ]
    assert await stage.json("GET", f"/verifications/{id_}") == answer
    assert (await stage.json("GET", "/verifications"))["data"] == [answer]


async def test_asking_twice_gives_the_same_answer(stage: Stage) -> None:
    id_ = await decided(stage)
    first = await stage.json("POST", f"/verifications/{id_}/redact")
    stage.clock.advance(hours=1)
    assert await stage.json("POST", f"/verifications/{id_}/redact") == first


async def test_calls_and_figures_can_still_be_read(stage: Stage) -> None:
    id_ = await decided(stage)
    await stage.json("POST", f"/verifications/{id_}/redact")
    (interview,) = (await stage.json("GET", f"/verifications/{id_}/interviews"))["data"]
    assert interview["assessment"]["conclusive"] is True
    assert len((await stage.json("GET", f"/verifications/{id_}/interviews/1/quality"))["server"]) == 3


async def test_what_was_told_is_erased_but_for_the_last_word(stage: Stage) -> None:
    id_ = await decided(stage)
    await stage.json("POST", f"/verifications/{id_}/redact")
    *earlier, last = (await stage.json("GET", "/events"))["data"]
    assert {event["payload"] for event in earlier} == {None}
    assert last["type"] == "verification.redacted"
    assert last["payload"]["data"]["external_id"] == "case-1"
    deliveries = (await stage.json("GET", "/deliveries"))["data"]
    assert [each["state"] for each in deliveries] == ["pending", "failed", "failed"]
    for delivery in deliveries[1:]:
        refused = await stage.json("POST", f"/deliveries/{delivery['id']}/replay", status=409)
        assert "redacted" in refused["detail"]
    refused = await stage.json("GET", f"/verifications/{id_}/result", status=409)
    assert "redacted" in refused["detail"]


async def test_the_platform_may_still_report_and_is_told_without_its_reference(stage: Stage) -> None:
    id_ = await decided(stage)
    await stage.json("POST", f"/verifications/{id_}/redact")
    report = {"verification_id": id_, "decision_version": 1, "account_effect": "suspend"}
    await stage.json("POST", "/webhooks/verification-result", report, status=201)
    last = (await stage.json("GET", "/events"))["data"][-1]
    assert (last["type"], last["payload"]["data"]["external_id"]) == ("effect.mismatch", None)


async def test_an_open_case_is_refused_and_says_why(stage: Stage) -> None:
    created = await stage.created()
    refused = await stage.json("POST", f"/verifications/{created['id']}/redact", status=409)
    assert (refused["code"], refused["field"]) == ("illegal_state", "open")
    assert "open" in refused["detail"]


async def test_a_cancelled_case_can_be_redacted(stage: Stage) -> None:
    created = await stage.created()
    await stage.json("POST", f"/verifications/{created['id']}/cancel")
    answer = await stage.json("POST", f"/verifications/{created['id']}/redact")
    assert (answer["status"], answer["external_id"]) == ("cancelled", None)


async def test_only_a_key_that_may_write_redacts_and_only_in_its_own_mode(stage: Stage) -> None:
    id_ = await decided(stage)
    await stage.json("POST", f"/verifications/{id_}/redact", key=TEST, status=404)
    await stage.json("POST", "/verifications/ver_nobody/redact", status=404)
    reader = "vi_live_" + "c" * 43
    await stage.key(reader, frozenset({Scope.VERIFICATIONS_READ}))
    await stage.json("POST", f"/verifications/{id_}/redact", key=reader, status=403)
    assert (await stage.json("GET", f"/verifications/{id_}", key=LIVE))["redacted_at"] is None
