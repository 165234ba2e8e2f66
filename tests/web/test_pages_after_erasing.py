"""What was erased is shown as erased: no page and no answer breaks, and none says what is gone."""

from __future__ import annotations

from typing import Any

import pytest

from tests.service.histories import Histories
from tests.web.house import House, open_house
from verifier.core.chain import OPERATOR
from verifier.core.erased import ERASED
from verifier.core.model import InterviewId, StaffRole, VerificationId

WORDS = ("Zoë", "Müller", "zoe@example.org", "Köln", "Zagreb", "I moved", "You sent the registration", "ext-ver_")


@pytest.fixture
async def house(aiohttp_client: Any) -> House:
    return await open_house(aiohttp_client)


async def erased(house: House, *, failed: bool) -> tuple[VerificationId, InterviewId]:
    """A case that was redacted and whose rows have expired, moved into the house."""
    histories = Histories(house.units)
    await histories.world.fill()
    if failed:
        await histories.failed_and_upheld()
        histories.days(300)
        assert [one async for one in histories.retaining.run()]
        await histories.redacting.redact(histories.cases["upheld"], OPERATOR)
    else:
        await histories.verified_and_long_gone()
    house.clock.advance(ms=histories.world.clock.now_ms() - house.clock.now_ms())
    (case,) = histories.cases.values()
    return case, histories.calls[0]


@pytest.mark.parametrize("failed", [False, True], ids=["verified", "failed"])
async def test_staff_pages_show_bars_and_no_figures(house: House, failed: bool) -> None:
    _, call = await erased(house, failed=failed)
    browser, _ = await house.staff("per_new", StaffRole.REVIEWER, StaffRole.APPEAL_REVIEWER)
    for path in ("/staff/reviews", f"/staff/reviews/{call}"):
        page = await browser.get(path)
        assert page.status == 200 and ERASED in page.text
        assert not [word for word in WORDS if word in page.text]
    replay = await browser.get(f"/staff/reviews/{call}/replay.json", accept="application/json")
    assert replay.status == 200 and not [word for word in WORDS if word in replay.text]
    assert {second["band"] for stream in replay.json["streams"].values() for second in stream} == {"unknown"}
    assert (await browser.get(f"/staff/reviews/{call}/samples.csv")).status == 200
    samples = await browser.get(f"/staff/reviews/{call}/samples.json", accept="application/json")
    assert samples.json["server"] == []


async def test_the_appeals_page_shows_that_words_were_erased(house: House) -> None:
    case, _ = await erased(house, failed=True)
    browser, _ = await house.staff("per_new", StaffRole.APPEAL_REVIEWER)
    async with house.units(read_only=True) as unit:
        ((appeal, _),) = await unit.appeals.of_verification(case)
    for path in ("/staff/appeals", f"/staff/appeals/{appeal.id}"):
        page = await browser.get(path)
        assert page.status == 200 and not [word for word in WORDS if word in page.text]


async def test_the_platform_reads_that_the_rows_have_expired(house: House) -> None:
    case, _ = await erased(house, failed=True)
    headers = {"Authorization": f"Bearer {await house.api_key()}"}
    browser = house.browser()
    answers = [
        await browser.get(f"/api/v1/verifications/{case}{rest}", accept="application/json", **headers)
        for rest in ("", "/interviews", "/interviews/1", "/interviews/1/quality")
    ]
    assert [answer.status for answer in answers] == [200] * 4
    assert not [word for answer in answers for word in WORDS if word in answer.text]
    about, _, interview, quality = (answer.json for answer in answers)
    assert (about["result"], about["external_id"]) == ("failed", None)
    assert interview["rows_expired_at"] is not None and interview["assessment"]["conclusive"] is True
    assert quality["server"] == []
