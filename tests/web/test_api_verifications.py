"""The platform's view of cases, through the real application."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import pytest

from tests.web.platform_stage import ASKED, FREELANCER, TEST, Stage
from verifier.core.access import Scope, fingerprint
from verifier.core.model import VerificationStatus


@pytest.fixture
async def stage() -> AsyncIterator[Stage]:
    async with Stage() as opened:
        yield opened


async def test_a_new_case_has_its_snapshot_its_link_and_its_event(stage: Stage) -> None:
    response = await stage.call("POST", "/verifications", ASKED)
    created = await response.json()
    assert response.status == 201
    assert response.headers["Location"] == f"/api/v1/verifications/{created['id']}"
    assert response.headers["Cache-Control"] == "no-store"
    assert (created["status"], created["result"], created["decision"]) == ("awaiting_freelancer", "none", None)
    assert created["protect_work_in_flight"] is True
    assert created["freelancer"] == {**FREELANCER, "address": None, "date_of_birth": None}
    assert created["claims"] == ASKED["claims"]

    page, _, token = created["join_url"].partition("#")
    assert page == "https://verifier.example/join"
    async with stage.units(read_only=True) as unit:
        link = await unit.links.by_hash(fingerprint(token))
        (event,) = await unit.outbox.events_of(created["id"])
    assert link is not None and link.verification_id == created["id"]
    assert event.type == "verification.created"
    assert token not in event.body
    assert stage.woken == 1


async def test_the_join_link_is_told_once(stage: Stage) -> None:
    created = await stage.created()
    again = await stage.json("GET", f"/verifications/{created['id']}")
    assert "join_url" not in again
    assert {k: v for k, v in created.items() if k != "join_url"} == again


@pytest.mark.parametrize(
    ("pointer", "code", "change"),
    [
        ("/external_id", "missing", {"external_id": ...}),
        ("/external_id", "string_too_short", {"external_id": "  "}),
        ("/external_id", "string_type", {"external_id": 7}),
        ("/external_id", "string_too_long", {"external_id": "x" * 129}),
        ("/surprise", "extra_forbidden", {"surprise": 1}),
        ("/freelancer", "missing", {"freelancer": ...}),
        ("/freelancer/email", "email", {"freelancer": {**FREELANCER, "email": "ana@localhost"}}),
        ("/freelancer/email", "email", {"freelancer": {**FREELANCER, "email": "a@b.c\nBcc: x@y.z"}}),
        ("/freelancer/country", "country", {"freelancer": {**FREELANCER, "country": "ZZ"}}),
        ("/freelancer/country", "country", {"freelancer": {**FREELANCER, "country": "ba"}}),
        ("/freelancer/locale", "language_tag", {"freelancer": {**FREELANCER, "locale": "klingon"}}),
        ("/freelancer/time_zone", "time_zone", {"freelancer": {**FREELANCER, "time_zone": "../etc/passwd"}}),
        ("/freelancer/date_of_birth", "iso_date", {"freelancer": {**FREELANCER, "date_of_birth": "1990-02-30"}}),
        ("/freelancer/date_of_birth", "iso_date", {"freelancer": {**FREELANCER, "date_of_birth": "19900201"}}),
        ("/freelancer/legal_name", "control_character", {"freelancer": {**FREELANCER, "legal_name": "A\u0000na"}}),
        ("/freelancer/legal_name", "control_character", {"freelancer": {**FREELANCER, "legal_name": "A\u202ena"}}),
        ("/claims/skills", "not_distinct", {"claims": {"skills": ["Go", "go"]}}),
        ("/claims/skills", "too_long", {"claims": {"skills": [f"skill {n}" for n in range(51)]}}),
        ("/claims/skills/1", "string_type", {"claims": {"skills": ["Go", None]}}),
        ("/metadata/a~1b", "string_type", {"metadata": {"a/b": 1}}),
    ],
)
async def test_each_refused_field_is_named_and_nothing_is_written(
    stage: Stage, pointer: str, code: str, change: dict[str, Any]
) -> None:
    body = {name: value for name, value in {**ASKED, **change}.items() if value is not ...}
    response = await stage.call("POST", "/verifications", body)
    problem = await response.json(content_type="application/problem+json")
    assert (response.status, problem["type"], problem["code"]) == (400, "/problems/invalid_input", "invalid_input")
    assert [(error["pointer"], error["code"]) for error in problem["errors"]] == [(pointer, code)]
    assert (await stage.json("GET", "/verifications"))["data"] == []


async def test_many_refused_fields_are_counted_in_the_sentence_and_all_named(stage: Stage) -> None:
    response = await stage.call("POST", "/verifications", {f"unknown_{number}": 1 for number in range(4)})
    problem = await response.json(content_type="application/problem+json")
    assert len(problem["errors"]) == 6 and problem["detail"].endswith("; and 3 more in errors")


@pytest.mark.parametrize("raw", [b"", b"{", b"[]", b"null", b"\xff", b'{"external_id": "\\ud800"}', b"[" * 10_000])
async def test_a_malformed_body_is_a_bad_request(stage: Stage, raw: bytes) -> None:
    response = await stage.call("POST", "/verifications", raw)
    assert (response.status, response.content_type) == (400, "application/problem+json")


async def test_an_oversize_body_is_too_large(stage: Stage) -> None:
    response = await stage.call("POST", "/verifications", b" " * 70_000)
    assert (response.status, (await response.json(content_type=None))["code"]) == (413, "too_large")


async def test_another_media_type_is_refused(stage: Stage) -> None:
    response = await stage.call("POST", "/verifications", b"{}", headers={"Content-Type": "text/plain"})
    assert response.status == 400


@pytest.mark.parametrize(
    ("field", "change"),
    [
        ("/freelancer/date_of_birth", {"freelancer": {**FREELANCER, "date_of_birth": "2026-11-23"}}),
        ("/policy", {"policy": "lenient"}),
    ],
)
async def test_what_only_the_service_knows_is_named_too(stage: Stage, field: str, change: dict[str, Any]) -> None:
    response = await stage.call("POST", "/verifications", {**ASKED, **change})
    assert (response.status, (await response.json(content_type=None))["field"]) == (400, field)


async def test_a_second_open_case_with_the_same_external_id_is_a_conflict(stage: Stage) -> None:
    await stage.created()
    assert (await stage.call("POST", "/verifications", ASKED)).status == 409
    await stage.created(key=TEST)


async def test_test_and_live_keys_do_not_see_each_others_cases(stage: Stage) -> None:
    live, test = await stage.created(), await stage.created(key=TEST)
    assert (live["test"], test["test"]) == (False, True)
    for path in ("", "/result", "/interviews", "/interviews/1", "/interviews/1/quality"):
        assert (await stage.call("GET", f"/verifications/{live['id']}{path}", key=TEST)).status == 404
    assert (await stage.call("POST", f"/verifications/{live['id']}/cancel", key=TEST)).status == 404
    assert [row["id"] for row in (await stage.json("GET", "/verifications", key=TEST))["data"]] == [test["id"]]


async def test_pages_cover_every_case_once_newest_first(stage: Stage) -> None:
    ids = []
    for number in range(7):
        ids.append((await stage.created(f"case-{number}"))["id"])
        stage.clock.advance(s=number % 2)
    seen, cursor, pages = [], "", 0
    while pages == 0 or cursor:
        page = await stage.json("GET", f"/verifications?limit=3{cursor}")
        seen += [row["id"] for row in page["data"]]
        cursor = f"&cursor={page['next_cursor']}" if page["next_cursor"] else ""
        pages += 1
    assert (sorted(seen), pages) == (sorted(ids), 3)
    assert seen[0] in ids[-2:]


@pytest.mark.parametrize("query", ["limit=0", "limit=101", "limit=x", "cursor=%00", "cursor=!!", "cursor=YQ", "what=1"])
async def test_a_bad_query_is_refused(stage: Stage, query: str) -> None:
    response = await stage.call("GET", f"/verifications?{query}")
    assert (response.status, (await response.json(content_type=None))["code"]) == (400, "invalid_input")


async def test_a_cancelled_case_is_closed_says_nothing_adverse_and_stays_closed(stage: Stage) -> None:
    created = await stage.created()
    cancelled = await stage.json("POST", f"/verifications/{created['id']}/cancel")
    assert (cancelled["status"], cancelled["result"], cancelled["sequence"]) == ("cancelled", "none", 2)
    assert (await stage.call("POST", f"/verifications/{created['id']}/cancel")).status == 409
    events = (await stage.json("GET", "/events"))["data"]
    assert [(event["type"], event["sequence"]) for event in events] == [
        ("verification.created", 1),
        ("verification.cancelled", 2),
    ]
    assert events[1]["payload"]["data"]["adverse"] is False


async def test_a_case_in_a_call_cannot_be_cancelled(stage: Stage) -> None:
    created = await stage.created()
    async with stage.units() as unit:
        case = await unit.verifications.get(created["id"])
        await unit.verifications.save(replace(case, status=VerificationStatus.IN_INTERVIEW), case.status)
    response = await stage.call("POST", f"/verifications/{created['id']}/cancel")
    assert (response.status, (await response.json(content_type=None))["code"]) == (409, "illegal_state")


async def test_unknown_things_are_not_found(stage: Stage) -> None:
    created = await stage.created()
    for path in ("/verifications/nope", f"/verifications/{created['id']}/interviews/1", "/deliveries/x", "/nowhere"):
        response = await stage.call("GET", path)
        assert (response.status, response.content_type) == (404, "application/problem+json"), path


@pytest.mark.parametrize("key", [None, "", "vi_live_wrong", "vi_test_" + "a" * 43, "x" * 5_000, "vi_live_é"])
async def test_without_a_valid_key_nothing_is_told(stage: Stage, key: str | None) -> None:
    headers = {} if key is None else {"Authorization": f"Bearer {key}".encode().decode("latin-1")}
    response = await stage.call("GET", "/verifications", key=None, headers=headers)
    assert (response.status, (await response.json(content_type=None))["code"]) == (401, "not_authenticated")


async def test_a_revoked_key_is_refused(stage: Stage) -> None:
    await stage.key("vi_live_" + "c" * 43, frozenset(Scope), revoked_ms=1)
    assert (await stage.call("GET", "/verifications", key="vi_live_" + "c" * 43)).status == 401


async def test_only_the_verbs_of_the_scopes_are_allowed(stage: Stage) -> None:
    secret = "vi_live_" + "d" * 43
    await stage.key(secret, frozenset({Scope.VERIFICATIONS_READ}))
    assert (await stage.call("GET", "/verifications", key=secret)).status == 200
    response = await stage.call("POST", "/verifications", ASKED, key=secret)
    assert (response.status, (await response.json(content_type=None))["code"]) == (403, "not_allowed")


async def test_reading_verifications_stands_in_their_chains(stage: Stage) -> None:
    first, second = await stage.created("case-1"), await stage.created("case-2")
    await stage.json("GET", f"/verifications/{first['id']}")
    await stage.json("GET", "/verifications")
    await stage.json("GET", "/verifications")
    for case in (first, second):
        async with stage.units(read_only=True) as unit:
            chain = await unit.audit.of_verification(case["id"])
        assert [entry.action for entry in chain] == ["platform.told", "case.read"]
        assert chain[-1].actor_kind == "platform" and chain[-1].actor_id is not None
