"""The private page's doors: what is proposed is answered, what is decided is appealed against, by nobody else."""

from __future__ import annotations

import json
import re

import pytest

from tests.contract import examples, failed_case
from tests.contract.failed_case import CASE
from tests.core import failures
from tests.web.house import House
from tests.web.redress_house import (
    DAY_MS,
    NOT_ME,
    WORDS,
    appealed,
    at,
    failed,
    freelancer,
    proposed,
    reviewed,
    staff,
)
from tests.web.test_doors_pages import is_page
from verifier.core.access import Audience, Link, fingerprint
from verifier.core.model import Flag, FlagId, FlagKind, Result, Role, VerificationId, VerificationStatus
from verifier.core.policy import SHIPPED
from verifier.core.proposal import DeliveredBy, ProposalState
from verifier.ports.redress import FlagResolution

OTHER = VerificationId("ver_other")
ANSWER = {"proposal_id": failures.PROPOSAL, "text": WORDS}


async def state(house: House) -> ProposalState:
    async with house.units(read_only=True) as unit:
        return (await unit.proposals.record(failures.PROPOSAL)).state(house.clock.now_ms())


async def stored(house: House) -> tuple[object, ...]:
    """What an answer or an appeal would have changed."""
    async with house.units(read_only=True) as unit:
        record = await unit.proposals.record(failures.PROPOSAL)
        return record.response, await unit.appeals.of_verification(CASE), await unit.decisions.all(CASE)


def said(text: str) -> str:
    """The words of a page, without markup."""
    return " ".join(re.sub(r"<[^>]+>", " ", text).split())


# ---------------------------------------------------------------- what is proposed


async def test_i4_opening_the_page_opens_the_window(house: House) -> None:
    await proposed(house)
    browser = await freelancer(house)
    assert await state(house) is ProposalState.NOTIFYING
    page = await browser.get("/case")
    is_page(page, "Your case")
    async with house.units(read_only=True) as unit:
        (window,) = (await unit.proposals.record(failures.PROPOSAL)).windows
    assert (window.delivered_by, window.opened_ms) == (DeliveredBy.PAGE_OPENED, house.clock.now_ms())
    assert 'data-state="window_open"' in page.text


async def test_the_page_says_that_nothing_is_decided_before_what_is_proposed_and_why(house: House) -> None:
    await proposed(house)
    text = (await (await freelancer(house)).get("/case")).text
    assert text.index("Nothing is decided") < text.index("What is proposed") < text.index("What was observed")
    words = said(text)
    for told in (
        "thinks that the call contradicts what was claimed about your identity. That is the view of one person.",
        "The city on the document is Zagreb; the claim says Sarajevo.",
        f"policy {SHIPPED.version}, call 1",
        "A verification fails when a call over a good connection contradicts what was claimed",
        "into the call, for 5 seconds",
        "Work that you have begun is protected",
        "7 days left",
        "The interviewer heard you",
    ):
        assert told in words, told
    assert f'src="/case/evidence/{failures.STILL}/preview"' in text
    assert 'data-result="none"' in text and "has failed" not in words and "p_1" not in text and "per_a" not in text


async def test_the_answer_is_written_sent_once_and_shown(house: House) -> None:
    await proposed(house)
    browser = await freelancer(house)
    form = await browser.get("/case/answer")
    data = is_page(form, "Your answer")
    assert data["draft"] == f"answer:{failures.PROPOSAL}" and failures.PROPOSAL in form.text
    assert (await browser.post("/case/respond", ANSWER)).json == {"next": "/case"}
    page = await browser.get("/case")
    assert "Your answer has arrived" in page.text and WORDS in page.text and "write-answer" not in page.text
    assert (await browser.get("/case/answer")).status == 303
    again = await browser.post("/case/respond", {**ANSWER, "text": "Something else."})
    assert (again.status, again.json["field"]) == (409, "answered")
    assert "Something else." not in (await browser.get("/case")).text


async def test_an_answer_is_printed_as_it_was_written_and_never_as_markup(house: House) -> None:
    await proposed(house)
    browser = await freelancer(house)
    assert (await browser.post("/case/respond", {**ANSWER, "text": "<b>Look:</b>\n1 < 2"})).status == 200
    assert "&lt;b&gt;Look:&lt;/b&gt;\n1 &lt; 2" in (await browser.get("/case")).text


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"proposal_id": failures.PROPOSAL},
        {"proposal_id": failures.PROPOSAL, "text": ""},
        {"proposal_id": failures.PROPOSAL, "text": "  \n"},
        {"proposal_id": failures.PROPOSAL, "text": "x" * 10_001},
        {"proposal_id": failures.PROPOSAL, "text": "x" * 30_000},
        {"proposal_id": failures.PROPOSAL, "text": "a\0b"},
        {"proposal_id": failures.PROPOSAL, "text": 7},
        {"proposal_id": failures.PROPOSAL, "text": WORDS, "result": "verified"},
    ],
)
async def test_an_answer_that_lacks_something_is_refused_and_changes_nothing(house: House, body: object) -> None:
    await proposed(house)
    browser = await freelancer(house)
    await browser.get("/case")
    before = await stored(house)
    assert (await browser.post("/case/respond", body)).status == 400
    assert await stored(house) == before


async def test_a_late_answer_is_refused_with_what_is_left_to_do(house: House) -> None:
    await proposed(house)
    browser = await freelancer(house)
    await browser.get("/case")
    house.clock.advance(ms=SHIPPED.response_window_ms)
    browser = await freelancer(house)
    late = await browser.post("/case/respond", ANSWER)
    assert (late.status, late.json["field"]) == (409, "late") and "you can appeal" in late.json["detail"]
    page = await browser.get("/case")
    assert "The time to answer is over" in page.text and 'data-testid="late"' in page.text
    assert (await browser.get("/case/answer")).status == 303


# ---------------------------------------------------------------- what is decided


async def test_a_failure_is_told_with_its_statement_and_the_way_to_appeal(house: House) -> None:
    await failed(house)
    page = await (await freelancer(house)).get("/case")
    is_page(page, "Your case")
    words = said(page.text)
    assert "Your verification has failed" in words and "Two reviewers agree that" in words
    assert "The city on the document is Zagreb" in words and "183 days left" not in words
    assert 'data-result="failed"' in page.text and 'data-testid="write-appeal"' in page.text
    assert "184 days left" in words, "the six months begin with this reading (I11)"


async def test_the_appeal_is_written_acknowledged_and_shown_with_its_clock(house: House) -> None:
    await failed(house)
    browser = await freelancer(house)
    data = is_page(await browser.get("/case/appeal"), "Your appeal")
    assert data["draft"] == f"appeal:{CASE}/1"
    sent = await browser.post("/case/appeal", {"decision_version": 1, "text": WORDS})
    assert sent.json == {"next": "/case"}
    page = await browser.get("/case")
    assert 'data-testid="appeal-open"' in page.text and WORDS in page.text and "14 days left" in said(page.text)
    assert (await browser.get("/case/appeal")).status == 303
    again = await browser.post("/case/appeal", {"decision_version": 1, "text": WORDS})
    assert (again.status, again.json["field"]) == (409, "open")


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({}, 400),
        ({"decision_version": 1, "text": ""}, 400),
        ({"decision_version": 0, "text": WORDS}, 400),
        ({"decision_version": "1", "text": WORDS}, 400),
        ({"decision_version": 2, "text": WORDS}, 409),
    ],
)
async def test_an_appeal_that_lacks_something_or_is_about_another_version_changes_nothing(
    house: House, body: object, status: int
) -> None:
    await failed(house)
    browser = await freelancer(house)
    await browser.get("/case")
    before = await stored(house)
    assert (await browser.post("/case/appeal", body)).status == status
    assert await stored(house) == before


async def test_i11_after_six_months_the_page_and_the_door_say_so(house: House) -> None:
    await failed(house)
    await (await freelancer(house)).get("/case")
    house.clock.advance(ms=SHIPPED.appeal_window_ms + 1)
    browser = await freelancer(house)
    page = await browser.get("/case")
    assert 'data-testid="appeal-over"' in page.text and "write-appeal" not in page.text
    over = await browser.post("/case/appeal", {"decision_version": 1, "text": WORDS})
    assert (over.status, over.json["field"]) == (409, "over")


async def test_without_a_decision_and_after_verified_there_is_no_appeal(house: House) -> None:
    await reviewed(house)
    browser = await freelancer(house)
    assert "write-appeal" not in (await browser.get("/case")).text
    undecided = await browser.post("/case/appeal", {"decision_version": 1, "text": WORDS})
    assert (undecided.status, undecided.json["field"]) == (409, "undecided")


# ---------------------------------------------------------------- who


async def test_nobody_answers_or_appeals_in_another_persons_case(house: House) -> None:
    await failed(house)
    async with house.units() as unit:
        await unit.verifications.add(examples.verification(OTHER, status=VerificationStatus.IN_REVIEW))
        await unit.links.add(Link(fingerprint("token-of-another-page"), Audience.CASE, 1, None, OTHER))
    other = await freelancer(house, "token-of-another-page")
    before = await stored(house)
    assert (await other.post("/case/respond", ANSWER)).status == 409
    assert (await other.post("/case/appeal", {"decision_version": 1, "text": WORDS})).status == 409
    assert await stored(house) == before
    page = await other.get("/case")
    assert "Zagreb" not in page.text and 'data-result="failed"' not in page.text
    assert "Zagreb" not in (await other.get("/case/export.json")).text


@pytest.mark.parametrize("path", ["/case/respond", "/case/appeal"])
async def test_without_the_private_link_nothing_is_answered(house: House, path: str) -> None:
    await failed(house)
    before = await stored(house)
    for browser in (house.browser(), await staff(house), await staff(house, failures.A)):
        assert (await browser.post(path, {**ANSWER, "decision_version": 1})).status in {400, 401}
    assert await stored(house) == before


@pytest.mark.parametrize("path", ["/case/answer", "/case/appeal", "/case/export.json"])
async def test_who_comes_without_a_session_is_told_to_open_the_link(house: House, path: str) -> None:
    await failed(house)
    page = await house.browser().get(path)
    assert page.status == 401 and 'data-kind="private_link"' in page.text


async def test_somebody_elses_site_cannot_answer_for_him(house: House) -> None:
    await proposed(house)
    browser = await freelancer(house)
    assert (await browser.post("/case/respond", ANSWER, Origin="https://evil.example")).status == 403
    assert (await browser.post("/case/respond", ANSWER, X_Verifier="")).status == 403
    assert (await stored(house))[0] is None


# ---------------------------------------------------------------- all of it


async def test_the_download_holds_everything_about_him_and_nobody_elses_name(house: House) -> None:
    await appealed(house)
    answer = await (await freelancer(house)).get("/case/export.json")
    assert answer.status == 200 and answer.headers["Content-Disposition"].startswith("attachment")
    found = json.loads(answer.text)
    assert found["case"]["legal_name"] and found["case"]["claims"]
    assert found["proposals"][0]["statement"]["facts"][0]["text"].startswith("The city on the document")
    assert [each["result"] for each in found["decisions"]] == ["failed"]
    assert found["appeals"][0]["appeal"]["text"] == WORDS
    (call,) = found["interviews"]
    assert call["askings"] and call["questions"] and call["connection"]["server"] and call["stills"]
    assert {row["leg"] for row in call["connection"]["server"]} == {"freelancer"}
    assert [entry["sequence"] for entry in found["log"]] == list(range(1, len(found["log"]) + 1))
    assert found["log"][-1]["action"] == "case.exported"
    async with house.units(read_only=True) as unit:
        for person in await unit.people.all():
            assert person.name not in answer.text and person.email not in answer.text


async def test_a_flag_is_told_once_something_is_decided_and_its_note_never_is(house: House) -> None:
    await reviewed(house)
    flag = Flag(FlagId("flg_f"), failures.CALL.id, FlagKind.FRAUD, 1, Role.INTERVIEWER, "a screen before the camera")
    async with house.units() as unit:
        await unit.flags.add(flag)
        word = FlagResolution(flag.id, failures.CALL.id, failures.A, 2, "It was a reflection in his glasses.")
        await unit.rulings.resolve(word, failures.CALL)
    browser = await freelancer(house)
    before = await browser.get("/case/export.json")
    assert json.loads(before.text)["interviews"][0]["flags"] == []
    async with house.units() as unit:
        await failed_case.add_proposal(unit)
        decided = await failed_case.add_failure(unit)
    after = await browser.get("/case/export.json")
    (told,) = json.loads(after.text)["interviews"][0]["flags"]
    assert (told["kind"], told["resolution"]["text"]) == ("fraud", word.text) and decided.version == 1
    assert flag.note not in before.text and flag.note not in after.text


async def test_a_call_that_goes_on_is_told_without_what_is_still_to_be_asked(house: House) -> None:
    await house.case(status=VerificationStatus.IN_INTERVIEW)
    async with house.units() as unit:
        await unit.people.add(examples.person(), None)
        await unit.interviews.add(examples.interview(), [examples.item()])
        await unit.links.add(Link(fingerprint("token-of-another-page"), Audience.CASE, 1, None, examples.CASE))
    answer = await (await freelancer(house, "token-of-another-page")).get("/case/export.json")
    (call,) = json.loads(answer.text)["interviews"]
    assert "questions" not in call and "seed" not in call


# ---------------------------------------------------------------- none of it


async def test_not_me_is_one_press_that_shows_nothing_and_stops_the_window(house: House) -> None:
    await proposed(house)
    browser = await freelancer(house)
    await browser.get("/case")
    stranger = house.browser()
    page = await stranger.get("/case/not-me")
    is_page(page, "This wasn&#39;t me")
    assert "Zagreb" not in page.text and "Müller" not in page.text
    assert (await stranger.post("/case/not-me", {"token": NOT_ME})).json == {}
    assert await state(house) is ProposalState.NOTIFYING
    assert (await browser.get("/case/state", "application/json")).status == 401
    assert (await stranger.post("/case/not-me", {"token": NOT_ME})).status == 200
    assert not stranger.cookies


@pytest.mark.parametrize("token", ["token-of-the-private-page", "nobody-knows-this-token"])
async def test_no_other_link_disowns_a_message(house: House, token: str) -> None:
    await proposed(house)
    await (await freelancer(house)).get("/case")
    refused = await house.browser().post("/case/not-me", {"token": token})
    assert (refused.status, refused.json["reason"]) == (410, "incomplete")
    assert await state(house) is ProposalState.WINDOW_OPEN


async def test_a_not_me_link_opens_no_page(house: House) -> None:
    await proposed(house)
    assert (await house.browser().post("/case/exchange", {"token": NOT_ME})).status == 410


async def test_i7_the_page_never_says_failed_before_or_after_it_holds(house: House) -> None:
    await proposed(house)
    browser = await freelancer(house)
    assert "has failed" not in (await browser.get("/case")).text
    at(house, failures.CLOSES_MS + 8 * DAY_MS)
    assert "has failed" not in (await (await freelancer(house)).get("/case")).text
    async with house.units(read_only=True) as unit:
        assert (await unit.verifications.get(CASE)).result is Result.NONE
