"""The reviewers' doors: what the page offers and why not more, and what the HTTP door refuses all the same."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from dataclasses import replace
from html import unescape
from typing import Any

import pytest

from tests.contract.examples import person
from tests.contract.failed_case import CALL, CASE, C
from tests.core import failures
from tests.web.contradicted import FREELANCER, PAGE, REASON, Contradicted, contradicted, written
from tests.web.house import Browser
from verifier.core.model import Flag, FlagId, FlagKind, PersonId, Result, Role, StaffRole, VerificationStatus
from verifier.core.policy import SHIPPED
from verifier.ports.credentials import ConflictOfInterest
from verifier.service.responding import Responding

A, B, INTERVIEWER = failures.A, failures.B, failures.INTERVIEWER
RULING = {"outcome": "verified", "text": REASON}


@pytest.fixture
async def case(aiohttp_client: Any) -> AsyncIterator[Contradicted]:
    yield await contradicted(aiohttp_client)


async def page(browser: Browser) -> str:
    answer = await browser.get(PAGE)
    assert answer.status == 200, answer.text
    return unescape(answer.text)


def offered(text: str) -> set[str]:
    """Acts that a page has a control for."""
    controls = {
        "propose": 'data-testid="propose-form"',
        "confirm": 'data-testid="confirm-failure"',
        "reject": 'data-testid="reject-form"',
        "rule": 'data-testid="rule-form"',
        "resolve": 'data-testid="resolve-form"',
        "watch": 'data-testid="watch"',
        "verify": 'data-testid="decide-verified"',
    }
    return {act for act, control in controls.items() if control in text}


def why_not(text: str) -> str:
    """The sentences of "failed is not on offer"."""
    found = re.search(r'data-testid="not-on-offer">(.*?)</ul>', text, re.S)
    return found[1] if found else ""


async def result(case: Contradicted) -> Result:
    async with case.house.units(read_only=True) as unit:
        return (await unit.verifications.get(CASE)).result


async def ready(case: Contradicted) -> tuple[str, Browser]:
    """Proposed, answered, watched by B: nothing but his word is missing."""
    id_ = await case.proposed()
    await case.answered(id_)
    browser = await case.browser(B)
    await case.watched(browser, id_)
    return id_, browser


# ---------------------------------------------------------------- the path through the page


async def test_a_reviewer_finds_the_call_in_the_inbox_and_what_may_be_done_on_its_page(case: Contradicted) -> None:
    browser = await case.browser(A)
    inbox = await browser.get("/staff/reviews")
    assert re.search(r'data-testid="inbox-total">1<', inbox.text) and 'data-task="decide"' in inbox.text
    assert "Decide, or propose a failure" in inbox.text and "hours left" in inbox.text
    text = await page(browser)
    assert offered(text) == {"propose", "rule"}
    assert 'data-testid="finding"' in text and f"/staff/evidence/{failures.STILL}/preview" in text
    assert "<script>" not in text and "onclick" not in text


async def test_the_whole_path_goes_through_the_doors(case: Contradicted) -> None:
    id_ = await case.proposed()
    text = await page(await case.browser(B))
    assert offered(text) == {"reject", "watch"} and "None yet" not in text
    await case.answered(id_)
    browser = await case.browser(B)
    text = await page(browser)
    assert "I moved to Zagreb last month." in text and "Watch every cited stretch" in why_not(text)
    assert 'data-testid="confirm-section" hidden' in text
    await case.watched(browser, id_)
    text = await page(browser)
    assert 'data-testid="confirm-section">' in text and 'data-watched="yes"' in text
    answer = await browser.post(f"/staff/proposals/{id_}/confirm", {"seen": await case.standing()})
    assert answer.json == {"version": 1, "result": "failed"}
    assert await result(case) is Result.FAILED
    text = await page(browser)
    assert offered(text) == set() and "This case is closed" in text and 'data-outcome="failed"' in text
    assert 'data-testid="past-proposal"' in text
    inbox = (await browser.get("/staff/reviews?show=failed")).text
    assert 'data-testid="inbox-empty"' in inbox and inbox.count('data-testid="review-row"') == 1


@pytest.mark.parametrize("outcome", ["verified", "new_interview", "alternative_route"])
async def test_a_proposal_is_rejected_and_the_reason_stays_on_the_page(case: Contradicted, outcome: str) -> None:
    id_, browser = await case.proposed(), await case.browser(B)
    body = RULING | {"outcome": outcome, "seen": await case.standing()}
    assert (await browser.post(f"/staff/proposals/{id_}/reject", body)).json == {"outcome": outcome}
    text = await page(browser)
    assert REASON in text and offered(text) == set()


async def test_a_fraud_flag_is_resolved_on_the_page_before_anything_is_verified(case: Contradicted) -> None:
    flag = Flag(FlagId("flg_1"), CALL, FlagKind.FRAUD, failures.ENDED_MS - 1, Role.INTERVIEWER, "a second voice")
    async with case.house.units() as unit:
        await unit.flags.add(flag)
    browser = await case.browser(A)
    inbox = (await browser.get("/staff/reviews")).text
    assert 'data-task="resolve"' in inbox and "Fraud flags: 1" in inbox
    text = await page(browser)
    assert offered(text) == {"propose", "rule", "resolve"} and 'value="verified"' in text
    assert re.search(r'value="verified"[^>]*disabled', text) and "Resolve every fraud flag first." in text
    refused = await browser.post(f"{PAGE}/ruling", RULING | {"seen": await case.standing()})
    assert (refused.status, refused.json["detail"]) == (409, "Resolve every fraud flag first.")
    short = await browser.post(f"{PAGE}/flags/flg_1/resolution", {"text": "radio", "seen": await case.standing()})
    assert (short.status, short.json["field"]) == (400, "/text")
    said = {"text": "The second voice came from a radio, as he showed.", "seen": await case.standing()}
    assert (await browser.post(f"{PAGE}/flags/flg_1/resolution", said)).status == 200
    text = await page(browser)
    assert said["text"] in text and "resolve" not in offered(text)
    assert (await browser.post(f"{PAGE}/ruling", RULING | {"seen": await case.standing()})).status == 200
    assert await result(case) is Result.VERIFIED


# ---------------------------------------------------------------- I2: the wrong person has no button, and no door


async def test_i2_the_interviewer_sees_why_and_has_no_button_even_with_every_role(case: Contradicted) -> None:
    async with case.house.units() as unit:
        held = await unit.people.get(INTERVIEWER)
        await unit.people.save(replace(held, roles=frozenset(StaffRole)))
        await unit.trainings.add(failures.training(INTERVIEWER, StaffRole.REVIEWER))
    browser = await case.browser(INTERVIEWER)
    text = await page(browser)
    assert offered(text) == set() and "You held this interview. Somebody else reviews it." in why_not(text)
    inbox = (await browser.get("/staff/reviews")).text
    assert 'data-testid="inbox-empty"' in inbox and "You held this interview" in inbox
    answer = await browser.post(f"{PAGE}/proposals", await case.statement())
    assert (answer.status, answer.json["code"]) == (403, "not_allowed")


async def test_i2_the_proposer_sees_why_and_has_no_button(case: Contradicted) -> None:
    id_, _ = await ready(case)
    browser = await case.browser(A)
    text = await page(browser)
    assert offered(text) == set() and "You made this proposal." in why_not(text)
    for act, body in (("confirm", {}), ("reject", RULING)):
        answer = await browser.post(f"/staff/proposals/{id_}/{act}", body | {"seen": await case.standing()})
        assert answer.status == 403, act
    assert (await browser.post(f"/staff/proposals/{id_}/watch", {"fact": 1})).status == 403
    assert await result(case) is Result.NONE


async def test_i2_without_a_current_training_there_is_no_button_and_no_door(case: Contradicted) -> None:
    id_, _ = await ready(case)
    async with case.house.units() as unit:
        await unit.people.add(person("per_new", roles=frozenset({StaffRole.REVIEWER})), None)
    browser = await case.browser(PersonId("per_new"))
    text = await page(browser)
    assert offered(text) == set() and "Your training as a reviewer is not current." in why_not(text)
    answer = await browser.post(f"/staff/proposals/{id_}/confirm", {"seen": await case.standing()})
    assert (answer.status, "training" in answer.json["detail"]) == (403, True)


async def test_i2_who_declared_a_conflict_has_no_button_and_no_door(case: Contradicted) -> None:
    id_, browser = await ready(case)
    async with case.house.units() as unit:
        await unit.conflicts.add(ConflictOfInterest(CASE, B, case.house.clock.now_ms()))
    text = await page(browser)
    assert offered(text) == set() and "You have a conflict of interest in this case." in why_not(text)
    answer = await browser.post(f"/staff/proposals/{id_}/confirm", {"seen": await case.standing()})
    assert answer.status == 403
    assert "You have a conflict of interest in this case." in (await browser.get("/staff/reviews")).text


async def test_i2_an_appeal_reviewer_reads_and_does_nothing(case: Contradicted) -> None:
    id_, _ = await ready(case)
    browser = await case.browser(C)
    text = await page(browser)
    assert offered(text) == set() and "Only a reviewer may do this." in why_not(text)
    answer = await browser.post(f"/staff/proposals/{id_}/confirm", {"seen": await case.standing()})
    assert answer.status == 403


@pytest.mark.parametrize("role", [StaffRole.ADMINISTRATOR, StaffRole.INTERVIEWER])
async def test_i2_administrators_and_interviewers_have_no_door_at_all(case: Contradicted, role: StaffRole) -> None:
    id_, _ = await ready(case)
    browser, _ = await case.house.staff("per_other", role)
    seen = await case.standing()
    assert (await browser.get("/staff/reviews")).status == 403
    assert (await browser.get(PAGE)).status in {403, 404}
    doors: list[tuple[str, dict[str, Any]]] = [
        (f"{PAGE}/proposals", await case.statement()),
        (f"{PAGE}/ruling", RULING | {"seen": seen}),
        (f"{PAGE}/flags/flg_1/resolution", {"text": REASON, "seen": seen}),
        (f"/staff/proposals/{id_}/confirm", {"seen": seen}),
        (f"/staff/proposals/{id_}/reject", RULING | {"seen": seen}),
        (f"/staff/proposals/{id_}/watch", {"fact": 1}),
        ("/staff/watches/wat_1", {"position_ms": 1}),
    ]
    for path, body in doors:
        assert (await browser.post(path, body)).status == 403, path
    for path, body in doors:
        assert (await case.house.browser().post(path, body)).status == 401, path
    assert await result(case) is Result.NONE


# ---------------------------------------------------------------- I1 and I4: bad links, no evidence, too early


async def test_i1_an_inconclusive_call_has_no_button_and_says_why(aiohttp_client: Any) -> None:
    damaged = failures.call().uplink_loss(Role.INTERVIEWER, 20, 60, 0.6)
    case = await contradicted(aiohttp_client, damaged.rows(), judged=True)
    browser = await case.browser(A)
    text = await page(browser)
    assert offered(text) == set()
    assert "The interview is inconclusive. It can never lead to a failure." in why_not(text)
    answer = await browser.post(f"{PAGE}/proposals", await case.statement())
    assert (answer.status, answer.json["code"]) == (409, "illegal_state")
    assert (await browser.post(f"{PAGE}/ruling", RULING | {"seen": await case.standing()})).status == 409


async def test_i1_a_stored_verdict_that_does_not_follow_from_the_rows_decides_nothing(aiohttp_client: Any) -> None:
    damaged = failures.call().uplink_loss(Role.INTERVIEWER, 20, 60, 0.6)
    case = await contradicted(aiohttp_client, damaged.rows())
    browser = await case.browser(A)
    text = await page(browser)
    assert offered(text) == {"rule"} and 'data-testid="differs"' in text
    seen = await case.standing()
    body = {"ground": "identity_contradicted", "facts": [written()], "seen": seen}
    answer = await browser.post(f"{PAGE}/proposals", body)
    assert answer.status == 500
    verified = await browser.post(f"{PAGE}/ruling", RULING | {"outcome": "verified", "seen": seen})
    assert (verified.status, verified.json["code"]) == (409, "illegal_state")
    assert await result(case) is Result.NONE


async def test_nobody_is_left_in_review_because_a_stored_verdict_does_not_hold(aiohttp_client: Any) -> None:
    damaged = failures.call().uplink_loss(Role.INTERVIEWER, 20, 60, 0.6)
    case = await contradicted(aiohttp_client, damaged.rows())
    browser = await case.browser(A)
    another = RULING | {"outcome": "new_interview", "seen": await case.standing()}
    assert (await browser.post(f"{PAGE}/ruling", another)).status == 200
    async with case.house.units(read_only=True) as unit:
        now = await unit.verifications.get(CASE)
        given = [entry for entry in await unit.audit.of_verification(CASE) if entry.action == "ruling.given"]
    assert (now.status, now.result) == (VerificationStatus.RETRY_OFFERED, Result.NONE)
    assert [entry.facts["records_differ"] for entry in given] == [True]


async def test_i1_without_evidence_there_is_no_button_and_no_door(case: Contradicted) -> None:
    statement = await case.statement()
    async with case.house.units() as unit:
        await unit.evidence_keys.destroy(CALL, case.house.clock.now_ms())
    browser = await case.browser(A)
    text = await page(browser)
    assert offered(text) == {"rule"} and "No usable still was kept" in why_not(text)
    assert (await browser.post(f"{PAGE}/proposals", statement)).status == 409


async def test_i4_before_its_time_there_is_no_button_and_no_door(case: Contradicted) -> None:
    id_, browser = await case.proposed(), await case.browser(B)
    await case.watched(browser, id_)
    text = await page(browser)
    assert "confirm" not in offered(text) and "The freelancer can still answer" in why_not(text)
    answer = await browser.post(f"/staff/proposals/{id_}/confirm", {"seen": await case.standing()})
    assert (answer.status, answer.json["code"]) == (409, "illegal_state")


async def test_i4_unwatched_evidence_shows_no_button_and_opens_no_door(case: Contradicted) -> None:
    id_ = await case.proposed()
    await case.answered(id_)
    browser = await case.browser(B)
    watch = await browser.post(f"/staff/proposals/{id_}/watch", {"fact": 1})
    assert (watch.status, watch.json["detail"]) == (409, "Open the still that this fact cites first.")
    assert (await browser.get(f"/staff/evidence/{failures.STILL}/preview", "image/*")).status == 200
    assert (await browser.post(f"/staff/proposals/{id_}/watch", {"fact": 1})).status == 409, (
        "the small one is not enough"
    )
    assert (await browser.get(f"/staff/evidence/{failures.STILL}", "image/*")).status == 200
    begun = (await browser.post(f"/staff/proposals/{id_}/watch", {"fact": 1})).json
    for _ in range(30):
        beat = await browser.post(f"/staff/watches/{begun['watch_id']}", {"position_ms": begun["to_ms"]})
        assert beat.json["complete"] is False, "a flood of beats is no time"
    answer = await browser.post(f"/staff/proposals/{id_}/confirm", {"seen": await case.standing()})
    assert (answer.status, answer.json["detail"]) == (409, "Watch every cited stretch in the replay first.")


# ---------------------------------------------------------------- I3 and bad input: clear words, nothing changed


async def test_i3_what_is_missing_in_a_statement_is_named(case: Contradicted) -> None:
    browser = await case.browser(A)
    for facts, field in (
        ([], "/facts"),
        ([written(text="")], "/facts/0/text"),
        ([written(still_id="")], "/facts/0/still_id"),
        ([written(run_id="run_of_another_case")], "/facts/0/run_id"),
        ([written(), written(from_ms=0)], "/facts/1/to_ms"),
        ([written(to_ms=failures.fact().to_ms + 60_000)], "/facts/0/from_ms"),
    ):
        answer = await browser.post(f"{PAGE}/proposals", await case.statement(facts=facts))
        assert (answer.status, answer.json["field"]) in {(400, field), (409, field)}, answer.text
    for body in ({"ground": "dishonest"}, {"ground": "other"}, {"facts": None}, {"seen": ""}, {"extra": 1}):
        answer = await browser.post(f"{PAGE}/proposals", await case.statement() | body)
        assert answer.status == 400, body
    fact = written()
    del fact["still_id"]
    assert (await browser.post(f"{PAGE}/proposals", await case.statement(facts=[fact]))).status == 400
    assert offered(await page(browser)) == {"propose", "rule"}, "nothing has changed"


async def test_a_stale_page_and_a_double_submit_change_nothing_and_say_so(case: Contradicted) -> None:
    browser, statement = await case.browser(A), await case.statement()
    assert (await browser.post(f"{PAGE}/proposals", statement)).status == 200
    again = await browser.post(f"{PAGE}/proposals", statement)
    assert (again.status, again.json["code"]) == (409, "conflict")
    assert "after you opened the page" in again.json["detail"]
    async with case.house.units(read_only=True) as unit:
        assert len(await unit.proposals.of_verification(CASE)) == 1
        assert (await unit.verifications.get(CASE)).status is VerificationStatus.AWAITING_RESPONSE


async def test_the_second_of_two_deciders_is_told_that_somebody_was_first(case: Contradicted) -> None:
    id_, browser = await ready(case)
    seen = await case.standing()
    assert (await browser.post(f"/staff/proposals/{id_}/confirm", {"seen": seen})).status == 200
    again = await browser.post(f"/staff/proposals/{id_}/confirm", {"seen": seen})
    assert (again.status, again.json["code"]) == (409, "conflict")
    assert again.json["detail"].startswith("Somebody has confirmed this proposal already.")


async def test_what_is_of_no_case_is_not_found(case: Contradicted) -> None:
    browser, seen = await case.browser(B), await case.standing()
    for path, body in (
        ("/staff/reviews/int_none/proposals", await case.statement()),
        ("/staff/reviews/int_none/ruling", RULING | {"seen": seen}),
        ("/staff/proposals/prp_none/confirm", {"seen": seen}),
        ("/staff/proposals/prp_none/reject", RULING | {"seen": seen}),
        ("/staff/proposals/prp_none/watch", {"fact": 1}),
    ):
        assert (await browser.post(path, body)).status == 404, path
    assert (await browser.get("/staff/reviews/int_none")).status == 404
    gone = await browser.post("/staff/watches/wat_none", {"position_ms": 1})
    assert (gone.status, gone.json["code"]) == (409, "conflict")


async def test_another_site_cannot_act_for_a_reviewer(case: Contradicted) -> None:
    browser = await case.browser(A)
    for headers in ({"Origin": "https://evil.example"}, {"X_Verifier": ""}):
        answer = await browser.post(f"{PAGE}/proposals", await case.statement(), **headers)
        assert answer.status == 403, headers
    assert offered(await page(browser)) == {"propose", "rule"}


async def test_a_window_that_ran_out_waits_in_the_inbox_with_its_clock(case: Contradicted) -> None:
    await case.proposed()
    inbox = (await (await case.browser(B)).get("/staff/reviews")).text
    assert 'data-task="reach"' in inbox
    await Responding(case.house.units, case.house.clock, case.house.entropy).page_opened(FREELANCER)
    case.house.clock.advance(ms=SHIPPED.response_window_ms + SHIPPED.confirm_within_ms + 3_600_000)
    inbox = (await (await case.browser(B)).get("/staff/reviews")).text
    assert 'data-task="confirm"' in inbox and "overdue by" in inbox
