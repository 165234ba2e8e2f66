"""What a reviewer decides without proposing a failure reaches the freelancer, in the reviewer's words (F5)."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from typing import Any

import pytest

from tests.contract.failed_case import CASE
from tests.core import failures
from tests.web.contradicted import PAGE, REASON, Contradicted, contradicted
from tests.web.house import Browser
from tests.web.redress_house import TOKEN, freelancer
from tests.web.test_case_redress import said
from verifier.core.access import Audience, Link, fingerprint

WORDS = {
    "verified": "You are verified.",
    "new_interview": "You get another call.",
    "alternative_route": "You get another way of being verified.",
}


@pytest.fixture
async def case(aiohttp_client: Any) -> AsyncIterator[Contradicted]:
    made = await contradicted(aiohttp_client)
    async with made.house.units() as unit:
        await unit.links.add(Link(fingerprint(TOKEN), Audience.CASE, made.house.clock.now_ms(), None, CASE))
    yield made


async def ruled(case: Contradicted, outcome: str, text: str = REASON) -> Browser:
    """A reviewer decides; the freelancer's browser in front of his page."""
    body = {"outcome": outcome, "text": text, "seen": await case.standing()}
    assert (await (await case.browser(failures.A)).post(f"{PAGE}/ruling", body)).status == 200
    return await freelancer(case.house)


@pytest.mark.parametrize("outcome", WORDS)
async def test_a_ruling_stands_on_the_private_page_with_its_reason(case: Contradicted, outcome: str) -> None:
    page = (await (await ruled(case, outcome)).get("/case")).text
    assert page.count('data-testid="ruling"') == 1 and f'data-outcome="{outcome}"' in page
    assert "A reviewer, who was not your interviewer, looked at call 1." in said(page)
    assert WORDS[outcome] in page and REASON in page
    assert 'data-testid="rejected"' not in page, "nothing was proposed"


@pytest.mark.parametrize(
    ("outcome", "message"),
    [
        ("verified", "Message about the decision"),
        ("new_interview", "Message about what comes after your call"),
        ("alternative_route", "Message about what comes after your call"),
    ],
)
async def test_the_page_lists_the_message_that_told_of_it(case: Contradicted, outcome: str, message: str) -> None:
    page = (await (await ruled(case, outcome)).get("/case")).text
    assert page.count(message) == 1


async def test_before_anybody_ruled_there_is_no_such_section(case: Contradicted) -> None:
    page = (await (await freelancer(case.house)).get("/case")).text
    assert 'data-testid="ruling' not in page


async def test_a_rejected_proposal_is_told_once_and_as_such(case: Contradicted) -> None:
    id_ = await case.proposed()
    body = {"outcome": "new_interview", "text": REASON, "seen": await case.standing()}
    assert (await (await case.browser(failures.B)).post(f"/staff/proposals/{id_}/reject", body)).status == 200
    browser = await freelancer(case.house)
    page = (await browser.get("/case")).text
    assert page.count(REASON) == 1 and 'data-testid="rejected"' in page and 'data-testid="ruling"' not in page
    assert json.loads((await browser.get("/case/export.json")).text)["rulings"] == []


async def test_the_reviewers_words_are_text_and_never_markup(case: Contradicted) -> None:
    page = (
        await (await ruled(case, "new_interview", "<b>The document</b> was not readable on the picture.")).get("/case")
    ).text
    assert "&lt;b&gt;The document&lt;/b&gt; was not readable" in page


async def test_the_download_holds_rulings_and_not_who_gave_them(case: Contradicted) -> None:
    export = await (await ruled(case, "alternative_route")).get("/case/export.json")
    (ruling,) = json.loads(export.text)["rulings"]
    assert (ruling["outcome"], ruling["text"], ruling["by"]) == ("alternative_route", REASON, "reviewer")
    assert ruling["interview_id"] == failures.CALL.id and ruling["at_ms"] > 0
    assert not {"person_id", "proposal_id"} & set(ruling)
    async with case.house.units(read_only=True) as unit:
        for person in await unit.people.all():
            assert person.name not in export.text and person.id not in json.dumps(ruling)
