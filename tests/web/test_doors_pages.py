"""Every page of the server, rendered by the real application from realistic rows."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from typing import Any

import pytest

from tests.contract import examples
from tests.contract.examples import CALL, CASE
from tests.fakes.runtime import START_MS
from tests.web.house import Answer, Browser, House
from verifier.core import model
from verifier.core.access import Audience, Link, fingerprint
from verifier.core.model import ClaimId, InterviewState, Result, Role, StaffRole, VerificationStatus
from verifier.core.policy import SHIPPED

CASE_TOKEN = "token-of-the-case-page"


async def lived_through(house: House, conclusive: bool = False, decided: bool = False, **case: Any) -> None:
    """A case with one ended call: a run that does not count, two flags, rows, and a link to its page."""
    verification = examples.verification(
        **({"status": VerificationStatus.RETRY_OFFERED, "legal_name": "Zoë <b>Müller</b>"} | case)
    )
    call = replace(
        examples.interview(policy_version=SHIPPED.version),
        state=InterviewState.ENDED,
        live_ms=START_MS + 1_000,
        ended_ms=START_MS + 61_000,
        end_cause=examples.EndCause.COMPLETED,
    )
    async with house.units() as unit:
        await unit.verifications.add(verification)
        await unit.interviews.add(
            replace(call, state=InterviewState.CREATED, live_ms=None, ended_ms=None, end_cause=None),
            [examples.item(), examples.profile_item()],
        )
        await unit.runs.add(examples.run())
        await unit.runs.end(replace(examples.run(), ended_ms=START_MS + 9_000, answer=model.Answer.CONSISTENT))
        await unit.flags.add(examples.flag())
        await unit.samples.add(
            [examples.server_sample(n, leg=leg) for leg in Role for n in range(60)],
            [examples.browser_sample(n) for n in range(60)],
            [examples.frame_sample(START_MS + 500)],
        )
        await unit.interviews.save(call)
        pinned = {"policy_version": SHIPPED.version}
        found = examples.finding(admissible=conclusive, reasons=() if conclusive else ("media.delay",), **pinned)
        await unit.verdicts.add([found], examples.assessment(conclusive, **pinned))
        if decided:
            await unit.decisions.append(examples.decision(policy_version=SHIPPED.version))
        await unit.links.add(Link(fingerprint(CASE_TOKEN), Audience.CASE, START_MS, None, CASE))


async def reviewer(house: House) -> Browser:
    """The interviewer of that call, who is a reviewer too."""
    browser, _ = await house.staff("per_anna", StaffRole.INTERVIEWER, StaffRole.REVIEWER, checked=True)
    return browser


def is_page(answer: Answer, title: str) -> dict[str, Any]:
    """Check what every page has; the page's data."""
    assert answer.status == 200 and answer.headers["Content-Type"] == "text/html; charset=utf-8"
    assert answer.headers["Cache-Control"] == "no-store"
    assert f"<title>{title}" in answer.text.replace("\n", ""), re.findall("<title>.*", answer.text)
    for wrong in ("Undefined", "undefined", "None<", "StrEnum", "Status.", "<script>", "%(", "style="):
        assert wrong not in answer.text, wrong
    data = re.search(r'<script type="application/json" id="page-data">(.*?)</script>', answer.text)
    assert data, "every page carries its data"
    found: dict[str, Any] = json.loads(data[1])
    return found


@pytest.mark.parametrize(
    ("path", "title"),
    [
        ("/", "Verification that a bad connection cannot fail"),
        ("/join", "Your interview"),
        ("/case", "Your case"),
        ("/staff", "Staff sign-in"),
        ("/api/docs", "API documentation"),
    ],
)
async def test_the_pages_that_anybody_may_see(house: House, path: str, title: str) -> None:
    is_page(await house.browser().get(path), title)


async def test_the_join_page_starts_from_addresses_and_no_case(house: House) -> None:
    data = is_page(await house.browser().get("/join"), "Your interview")
    assert data["exchange_url"] == "/join/exchange" and data["platform_name"] == "the platform"


async def test_the_case_page_tells_everything_in_words_and_escapes_names(house: House) -> None:
    await reviewer(house)
    await lived_through(house)
    browser = house.browser()
    assert (await browser.post("/case/exchange", {"token": CASE_TOKEN})).status == 200
    page = await browser.get("/case")
    is_page(page, "Your case")
    assert "Your last call has no result" in page.text and "cannot count against you" in page.text
    assert "Zoë &lt;b&gt;Müller&lt;/b&gt;" in page.text and "<b>Müller" not in page.text
    assert 'data-status="retry_offered"' in page.text and 'data-fault="interviewer"' in page.text
    assert 'data-action="start-call"' in page.text and 'data-reason="media.audio_interviewer_uplink"' in page.text
    assert "Call 1 began." in page.text and "The verification was asked for by the platform." in page.text
    assert "minutes with A." in page.text
    assert "Anna Berg" not in page.text, "the freelancer knows the interviewer by pseudonym"
    assert "CEST" in page.text, "moments in the reader's own zone"


async def test_f8_after_a_bad_call_the_page_says_that_account_and_work_are_safe(house: House) -> None:
    await reviewer(house)
    await lived_through(house)
    browser = house.browser()
    state = (await browser.post("/case/exchange", {"token": CASE_TOKEN})).json
    assert state["protect_work_in_flight"] is True, "as the API answers"
    page = (await browser.get("/case")).text
    assert "Nothing follows from it for your account." in page
    assert "Work that you have begun is protected" in page and "while your case is open" in page


@pytest.mark.parametrize("status", [VerificationStatus.CANCELLED, VerificationStatus.EXPIRED])
async def test_f8_a_case_that_is_settled_promises_no_protection(house: House, status: VerificationStatus) -> None:
    await reviewer(house)
    await lived_through(house, status=status)
    browser = house.browser()
    await browser.post("/case/exchange", {"token": CASE_TOKEN})
    assert 'data-testid="protected"' not in (await browser.get("/case")).text


async def test_a_verified_case_says_so(house: House) -> None:
    await reviewer(house)
    await lived_through(house, True, True, status=VerificationStatus.COMPLETED, result=Result.VERIFIED)
    browser = house.browser()
    state = (await browser.post("/case/exchange", {"token": CASE_TOKEN})).json
    assert state["decision"]["version"] == 1 and state["decisions"][0]["by"] == "interviewer"
    assert [entry["what"] for entry in state["timeline"]] == ["created", "call_began", "call_completed"]
    page = await browser.get("/case")
    is_page(page, "Your case")
    assert "You are verified" in page.text and 'data-testid="case-reasons"' not in page.text


@pytest.mark.parametrize("status", list(VerificationStatus))
async def test_the_case_page_has_words_for_every_status(house: House, status: VerificationStatus) -> None:
    await house.case(status=status)
    async with house.units() as unit:
        await unit.links.add(Link(fingerprint(CASE_TOKEN), Audience.CASE, START_MS, None, CASE))
    browser = house.browser()
    assert (await browser.post("/case/exchange", {"token": CASE_TOKEN})).status == 200
    page = await browser.get("/case")
    is_page(page, "Your case")
    assert f'data-status="{status}"' in page.text


async def test_the_staff_pages_before_a_call(house: House) -> None:
    browser = await reviewer(house)
    queue = is_page(await browser.get("/staff/queue"), "Queue")
    assert queue["gate"]["state"] == "valid" and queue["take_url"] == "/staff/take"
    assert queue["gate"]["valid_until_ms"] == START_MS + SHIPPED.check_valid_ms
    assert is_page(await browser.get("/staff/check"), "Your check")["check_url"] == "/staff/check"


async def test_the_interview_page_shows_the_claims_to_its_interviewer(house: House) -> None:
    browser = await reviewer(house)
    await lived_through(house)
    page = await browser.get(f"/staff/interviews/{CALL}")
    data = is_page(page, "Interview ext-ver_1")
    assert data["ticket_url"] == f"/staff/interviews/{CALL}/ticket" and "Köln" in page.text


@pytest.mark.parametrize("conclusive", [True, False])
async def test_the_end_page_gets_the_limits_of_the_pinned_policy(house: House, conclusive: bool) -> None:
    browser = await reviewer(house)
    await lived_through(house, conclusive)
    outcome = (await browser.get(f"/staff/interviews/{CALL}/outcome", "application/json")).json
    assert outcome["limits"] == {"max_bad_share_relied": 0.1, "max_bad_share_live": 0.3}
    assert [item["mandatory"] for item in outcome["items"] if item["run"]] == [True]


async def test_the_review_list_and_its_filters(house: House) -> None:
    browser = await reviewer(house)
    empty = await browser.get("/staff/reviews")
    is_page(empty, "Reviews")
    assert 'data-testid="reviews-empty"' in empty.text
    await lived_through(house)
    page = await browser.get("/staff/reviews")
    is_page(page, "Reviews")
    assert page.text.count('data-testid="review-row"') == 1 and f"/staff/reviews/{CALL}" in page.text
    assert 'data-testid="review-row"' not in (await browser.get("/staff/reviews?show=verified")).text
    assert 'data-testid="review-row"' in (await browser.get("/staff/reviews?show=inconclusive")).text


@pytest.mark.parametrize("conclusive", [True, False])
async def test_the_replay_page_shows_the_verdict_and_every_asking(house: House, conclusive: bool) -> None:
    browser = await reviewer(house)
    await lived_through(house, conclusive)
    page = await browser.get(f"/staff/reviews/{CALL}")
    data = is_page(page, "Replay ext-ver_1")
    assert data["quality_url"] == f"/staff/reviews/{CALL}/replay.json" and data["duration_s"] >= 60
    assert page.text.count('data-testid="run-row"') == 1 and 'data-testid="flag"' in page.text
    assert f'data-outcome="{"conclusive" if conclusive else "inconclusive"}"' in page.text
    replay = await browser.get(data["quality_url"], "application/json")
    assert len(replay.json["seconds"]) == data["duration_s"] and set(replay.json["legs"]) == set(Role)


async def test_the_raw_rows_can_be_taken_along(house: House) -> None:
    browser = await reviewer(house)
    await lived_through(house)
    rows = await browser.get(f"/staff/reviews/{CALL}/samples.json", "*/*")
    assert len(rows.json["server"]) == 120 and len(rows.json["browser"]) == 60 and len(rows.json["frames"]) == 1
    csv = await browser.get(f"/staff/reviews/{CALL}/samples.csv?origin=browser", "*/*")
    assert csv.headers["Content-Disposition"] == f'attachment; filename="{CALL}-browser.csv"'
    assert len(csv.text.splitlines()) == 61 and "audio.total_samples_received" in csv.text.splitlines()[0]
    assert (await browser.get(f"/staff/reviews/{CALL}/samples.csv?origin=people", "*/*")).status == 400


async def test_an_interviewer_reads_no_foreign_replay(house: House) -> None:
    await reviewer(house)
    await lived_through(house)
    other, _ = await house.staff("per_other", StaffRole.INTERVIEWER)
    for rest in ("", "/replay.json", "/samples.json", "/samples.csv"):
        assert (await other.get(f"/staff/reviews/{CALL}{rest}", "application/json")).json["code"] == "not_found"


async def test_the_claims_of_a_case_are_grouped_for_people(house: House) -> None:
    skills = tuple(
        examples.Claim(ClaimId(f"clm_{name}"), examples.ClaimKind.SKILL, "skill", name) for name in ("Go", "SQL")
    )
    await house.case(claims=skills)
    async with house.units() as unit:
        await unit.links.add(Link(fingerprint(CASE_TOKEN), Audience.CASE, START_MS, None, CASE))
    browser = house.browser()
    await browser.post("/case/exchange", {"token": CASE_TOKEN})
    assert "<dt>Skills</dt><dd>Go, SQL</dd>" in (await browser.get("/case")).text
