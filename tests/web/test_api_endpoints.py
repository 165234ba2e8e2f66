"""Endpoints, events and deliveries, through the real application."""

from __future__ import annotations

import base64
from collections.abc import AsyncIterator

import pytest

from tests.web.platform_stage import TEST, Stage

HOOK = {"url": "https://hooks.example.com/verifier"}


@pytest.fixture
async def stage() -> AsyncIterator[Stage]:
    async with Stage() as opened:
        yield opened


async def test_the_secret_is_told_once_and_has_the_standard_form(stage: Stage) -> None:
    created = await stage.json("POST", "/webhook-endpoints", HOOK, status=201)
    kind, _, encoded = created["secret"].partition("_")
    assert kind == "whsec"
    assert 24 <= len(base64.b64decode(encoded, validate=True)) <= 64
    read = await stage.json("GET", f"/webhook-endpoints/{created['id']}")
    assert read == {name: value for name, value in created.items() if name != "secret"}
    assert (await stage.json("GET", "/webhook-endpoints"))["data"] == [read]


@pytest.mark.parametrize("url", ["http://hooks.example.com/", "https://127.0.0.1/", "https://localhost/", "no", ""])
async def test_an_address_that_may_not_be_sent_to_cannot_be_registered(stage: Stage, url: str) -> None:
    response = await stage.call("POST", "/webhook-endpoints", {"url": url})
    assert (response.status, (await response.json(content_type=None))["field"]) == (400, "/url")
    created = await stage.json("POST", "/webhook-endpoints", HOOK, status=201)
    assert (await stage.call("PATCH", f"/webhook-endpoints/{created['id']}", {"url": url})).status == 400


async def test_an_endpoint_receives_only_what_it_subscribed_to_and_its_own_mode(stage: Stage) -> None:
    some = {**HOOK, "events": ["verification.cancelled"]}
    chosen = await stage.json("POST", "/webhook-endpoints", some, status=201)
    every = await stage.json("POST", "/webhook-endpoints", HOOK, status=201)
    await stage.json("POST", "/webhook-endpoints", HOOK, key=TEST, status=201)
    created = await stage.created()
    await stage.json("POST", f"/verifications/{created['id']}/cancel")
    rows = (await stage.json("GET", "/deliveries"))["data"]
    assert sorted((row["endpoint_id"], row["event_type"]) for row in rows) == sorted(
        [
            (chosen["id"], "verification.cancelled"),
            (every["id"], "verification.created"),
            (every["id"], "verification.cancelled"),
        ]
    )
    assert (await stage.json("GET", "/deliveries", key=TEST))["data"] == []


async def test_an_unknown_event_type_is_refused(stage: Stage) -> None:
    response = await stage.call("POST", "/webhook-endpoints", {**HOOK, "events": ["verification.failed"]})
    assert (response.status, (await response.json(content_type=None))["field"]) == (400, "/events/0")


async def test_a_disabled_endpoint_receives_nothing_until_it_is_enabled(stage: Stage) -> None:
    hook = await stage.json("POST", "/webhook-endpoints", HOOK, status=201)
    path = f"/webhook-endpoints/{hook['id']}"
    assert (await stage.json("POST", path + "/disable"))["enabled"] is False
    await stage.created("while-disabled")
    assert (await stage.call("POST", path + "/test")).status == 409
    assert (await stage.json("PATCH", path, {"enabled": True}))["disabled_at"] is None
    await stage.created("afterwards")
    assert len((await stage.json("GET", "/deliveries"))["data"]) == 1


async def test_a_change_keeps_what_it_does_not_name(stage: Stage) -> None:
    hook = await stage.json("POST", "/webhook-endpoints", {**HOOK, "events": ["effect.mismatch"]}, status=201)
    changed = await stage.json("PATCH", f"/webhook-endpoints/{hook['id']}", {"url": "https://other.example.com/"})
    assert (changed["url"], changed["events"]) == ("https://other.example.com/", ["effect.mismatch"])
    assert (await stage.json("PATCH", f"/webhook-endpoints/{hook['id']}", {"events": []}))["events"] == []


async def test_a_rotation_has_two_secrets_until_the_older_is_retired(stage: Stage) -> None:
    hook = await stage.json("POST", "/webhook-endpoints", HOOK, status=201)
    path = f"/webhook-endpoints/{hook['id']}"
    rotated = await stage.json("POST", path + "/rotate-secret")
    assert (rotated["secrets"], rotated["secret"] != hook["secret"]) == (2, True)
    assert (await stage.json("POST", path + "/rotate-secret"))["secrets"] == 2, "never more than two"
    assert (await stage.json("POST", path + "/retire-secret"))["secrets"] == 1
    leaked = await stage.json("POST", path + "/rotate-secret", {"keep_previous": False})
    assert leaked["secrets"] == 1


async def test_a_test_event_is_a_delivery_that_can_be_followed_and_replayed(stage: Stage) -> None:
    hook = await stage.json("POST", "/webhook-endpoints", {**HOOK, "events": ["effect.mismatch"]}, status=201)
    sent = await stage.json("POST", f"/webhook-endpoints/{hook['id']}/test", status=202)
    assert (sent["event_type"], sent["state"], sent["attempts_left"]) == ("endpoint.test", "pending", 10)
    detail = await stage.json("GET", f"/deliveries/{sent['id']}")
    assert detail == {**sent, "attempts": []}
    stage.clock.advance(s=5)
    again = await stage.json("POST", f"/deliveries/{sent['id']}/replay", status=202)
    assert again["id"] == sent["id"] and again["next_attempt_at"] > sent["next_attempt_at"]
    assert (await stage.call("POST", f"/deliveries/{sent['id']}/replay", key=TEST)).status == 404
    assert (await stage.call("GET", f"/deliveries/{sent['id']}", key=TEST)).status == 404


async def test_there_is_a_limit_of_enabled_endpoints(stage: Stage) -> None:
    for _ in range(20):
        hook = await stage.json("POST", "/webhook-endpoints", HOOK, status=201)
    assert (await stage.call("POST", "/webhook-endpoints", HOOK)).status == 409
    await stage.json("POST", f"/webhook-endpoints/{hook['id']}/disable")
    await stage.json("POST", "/webhook-endpoints", HOOK, status=201)


async def test_events_are_read_on_from_the_cursor(stage: Stage) -> None:
    for number in range(3):
        await stage.created(f"case-{number}")
    first = await stage.json("GET", "/events?limit=2")
    second = await stage.json("GET", f"/events?limit=2&cursor={first['next_cursor']}")
    nothing = await stage.json("GET", f"/events?limit=2&cursor={second['next_cursor']}")
    await stage.created("later")
    later = await stage.json("GET", f"/events?limit=2&cursor={nothing['next_cursor']}")
    ids = [event["payload"]["data"]["external_id"] for page in (first, second, later) for event in page["data"]]
    assert ids == ["case-0", "case-1", "case-2", "later"]
    assert nothing["data"] == []
