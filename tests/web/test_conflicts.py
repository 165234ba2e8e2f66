"""“I know this person”: said on the queue, in the call or at the replay, and from then on somebody else decides."""

from __future__ import annotations

from tests.contract.examples import CASE, verification
from tests.web.house import House
from tests.web.test_doors_pages import CALL, lived_through, reviewer
from verifier.core.model import StaffRole, VerificationId, VerificationStatus


async def test_a_case_disappears_from_the_queue_of_whoever_knows_the_person(house: House) -> None:
    async with house.units() as unit:
        for id_ in (CASE, "ver_2"):
            await unit.verifications.add(
                verification(id_, status=VerificationStatus.WAITING, waiting_since_ms=house.clock.now_ms())
            )
            house.calls.freelancer_arrived(VerificationId(id_))
    anna, _ = await house.staff("per_anna", checked=True)
    bert, _ = await house.staff("per_bert", checked=True)
    rows = (await anna.get("/staff/queue.json", "application/json")).json["waiting"]
    assert [row["id"] for row in rows] == [CASE, "ver_2"]
    assert (await anna.post(f"/staff/cases/{CASE}/conflict")).status == 200
    rows = (await anna.get("/staff/queue.json", "application/json")).json["waiting"]
    assert [(row["id"], row["position"]) for row in rows] == [("ver_2", 1)]
    assert len((await bert.get("/staff/queue.json", "application/json")).json["waiting"]) == 2


async def test_the_replay_shows_that_it_was_declared_and_nothing_can_be_decided(house: House) -> None:
    browser = await reviewer(house)
    await lived_through(house, conclusive=True, status=VerificationStatus.IN_REVIEW)
    page = (await browser.get(f"/staff/reviews/{CALL}")).text
    assert 'data-testid="declare-conflict"' in page and "conflict-declared" not in page
    assert (await browser.post(f"/staff/cases/{CASE}/conflict")).status == 200
    page = (await browser.get(f"/staff/reviews/{CALL}")).text
    assert 'data-testid="declare-conflict"' not in page and "You said that you know this person" in page
    refused = await browser.post(f"/staff/interviews/{CALL}/verify")
    assert (refused.status, refused.json["code"]) == (403, "not_allowed")


async def test_a_declaration_about_nothing_is_refused(house: House) -> None:
    browser, _ = await house.staff("per_r", StaffRole.REVIEWER)
    assert (await browser.post("/staff/cases/ver_none/conflict")).status == 404
    assert (await browser.post(f"/staff/cases/{CASE}/conflict", {"why": "none of your business"})).status == 400
