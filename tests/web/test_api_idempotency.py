"""One answer for one Idempotency-Key, through the real application."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from aiohttp import web
from aiohttp.streams import EmptyStreamReader
from aiohttp.test_utils import make_mocked_request

from tests.web.platform_stage import ASKED, LIVE, TEST, Stage
from verifier.core.access import fingerprint
from verifier.errors import Conflict, RecordsDiffer
from verifier.service.repeating import IN_FLIGHT_MS
from verifier.web.idempotency import IdempotentAnswers

KEY = {"Idempotency-Key": "order-7"}
OLD, NEW = b"o" * 32, b"n" * 32


@pytest.fixture
async def stage() -> AsyncIterator[Stage]:
    async with Stage() as opened:
        yield opened


async def test_the_same_request_gets_the_first_answer_again(stage: Stage) -> None:
    first = await stage.call("POST", "/verifications", ASKED, headers=KEY)
    again = await stage.call("POST", "/verifications", ASKED, headers=KEY)
    assert (first.status, again.status) == (201, 201)
    assert await first.read() == await again.read()
    assert first.headers["Location"] == again.headers["Location"]
    assert ("Idempotency-Replayed" in first.headers, again.headers["Idempotency-Replayed"]) == (False, "true")
    assert len((await stage.json("GET", "/verifications"))["data"]) == 1


async def test_another_request_with_the_same_key_is_refused(stage: Stage) -> None:
    created = await (await stage.call("POST", "/verifications", ASKED, headers=KEY)).json()
    for path, body in (
        ("/verifications", {**ASKED, "external_id": "x"}),
        (f"/verifications/{created['id']}/cancel", {}),
    ):
        response = await stage.call("POST", path, body, headers=KEY)
        assert (response.status, (await response.json(content_type=None))["code"]) == (422, "idempotency_mismatch")


async def test_keys_of_two_api_keys_do_not_meet(stage: Stage) -> None:
    await stage.call("POST", "/verifications", ASKED, headers=KEY)
    other = await stage.call("POST", "/verifications", ASKED, headers=KEY, key=TEST)
    assert (other.status, "Idempotency-Replayed" in other.headers) == (201, False)


async def test_a_refused_request_may_be_corrected_with_the_same_key(stage: Stage) -> None:
    assert (await stage.call("POST", "/verifications", {}, headers=KEY)).status == 400
    assert (await stage.call("POST", "/verifications", ASKED, headers=KEY)).status == 201


async def test_a_request_in_flight_is_a_conflict_until_its_process_is_taken_for_dead(stage: Stage) -> None:
    begun = await stage.platform.repeating.begin("key", "order-7", "body")
    with pytest.raises(Conflict):
        await stage.platform.repeating.begin("key", "order-7", "body")
    stage.clock.advance(ms=IN_FLIGHT_MS)
    again = await stage.platform.repeating.begin("key", "order-7", "body")
    assert (begun.status, again.status) == (None, None)


async def test_after_a_day_the_key_is_free(stage: Stage) -> None:
    await stage.call("POST", "/webhook-endpoints", {"url": "https://hooks.example.com/"}, headers=KEY)
    stage.clock.advance(hours=24, s=1)
    again = await stage.call("POST", "/webhook-endpoints", {"url": "https://hooks.example.com/"}, headers=KEY)
    assert (again.status, "Idempotency-Replayed" in again.headers) == (201, False)


async def test_stored_answers_do_not_show_the_link(stage: Stage) -> None:
    created = await (await stage.call("POST", "/verifications", ASKED, headers=KEY)).json()
    token = created["join_url"].partition("#")[2]
    async with stage.units(read_only=True) as unit:
        key = await unit.api_keys.by_hash(fingerprint(LIVE))
        assert key is not None
        stored = await unit.idempotency.find(key.id, "order-7")
    assert stored is not None and stored.answer is not None
    assert token.encode() not in stored.answer and b"join" not in stored.answer


@pytest.mark.parametrize("value", ["", "a b", "x" * 256, "\u00e9"])
async def test_an_odd_key_is_refused(stage: Stage, value: str) -> None:
    response = await stage.call("POST", "/verifications", ASKED, headers={"Idempotency-Key": value})
    assert response.status == 400


async def test_after_a_key_rotation_an_older_answer_is_still_given(stage: Stage) -> None:
    async def carry_out() -> web.Response:
        return web.Response(status=201, text="made once")

    async def asked(*keys: bytes) -> str | None:
        request = make_mocked_request("POST", "/api/v1/verifications", headers=KEY, payload=EmptyStreamReader())
        return (await IdempotentAnswers(stage.platform.repeating, keys).once(request, "key", carry_out)).text

    assert await asked(OLD) == await asked(NEW, OLD) == "made once"
    with pytest.raises(RecordsDiffer):
        await asked(NEW)
