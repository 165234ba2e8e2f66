"""The appeals pages: read by appeal reviewers, answered by somebody uninvolved, once, in words of their own (I8)."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.contract import examples
from tests.contract.failed_case import ANSWER, CASE, C
from tests.core import failures
from tests.web.house import Answer, Browser, House
from tests.web.redress_house import WORDS, appealed, freelancer, proposed, staff
from tests.web.test_doors_pages import is_page
from verifier.core.access import fingerprint
from verifier.core.model import Flag, FlagId, FlagKind, PersonId, Result, Role, StaffRole, VerificationStatus
from verifier.core.policy import SHIPPED
from verifier.ports.credentials import ConflictOfInterest

SENT = {"outcome": "upheld", "text": ANSWER, "decision_version": 1}


async def answered(browser: Browser, appeal_id: str, **changes: object) -> Answer:
    return await browser.post(f"/staff/appeals/{appeal_id}/answer", {**SENT, **changes})


async def stored(house: House) -> tuple[object, ...]:
    """What an answer would have changed."""
    async with house.units(read_only=True) as unit:
        return await unit.appeals.of_verification(CASE), await unit.decisions.all(CASE), await unit.appeals.open()


async def promoted(house: House, id_: PersonId) -> Browser:
    """Somebody who works here and may answer appeals too, trained for it."""
    async with house.units() as unit:
        person = await unit.people.get(id_)
        await unit.people.save(replace(person, roles=person.roles | {StaffRole.APPEAL_REVIEWER}))
        await unit.trainings.add(failures.training(id_, StaffRole.APPEAL_REVIEWER))
    return await staff(house, id_)


async def test_the_list_shows_every_open_appeal_with_its_clock(house: House) -> None:
    appeal_id = await appealed(house)
    browser = await staff(house)
    page = await browser.get("/staff/appeals")
    is_page(page, "Appeals")
    assert f'href="/staff/appeals/{appeal_id}"' in page.text and "14 days left" in page.text
    assert "may answer" in page.text and 'aria-current="page"' in page.text
    assert (await answered(browser, appeal_id)).status == 200
    page = await browser.get("/staff/appeals")
    assert 'data-testid="appeals-empty"' in page.text and "Upheld: the decision stands" in page.text


async def test_the_page_puts_the_appeal_beside_the_statement_and_says_who_had_which_part(house: House) -> None:
    appeal_id = await appealed(house)
    page = await (await staff(house)).get(f"/staff/appeals/{appeal_id}")
    data = is_page(page, "Appeal failed-case")
    assert data["draft"] == f"appeal-answer:{appeal_id}"
    for told in (
        WORDS,
        "The city on the document is Zagreb",
        "did not answer before it was decided",
        f'href="/staff/reviews/{failures.CALL.id}"',
        "held an interview",
        "proposed the failure",
        "made a decision",
        "Freelancer hears",
        f'src="/staff/evidence/{failures.STILL}/preview"',
    ):
        assert told in page.text, told
    for outcome in ("upheld", "overturned", "new-interview"):
        assert f'data-testid="outcome-{outcome}"' in page.text
    assert 'data-testid="why-not"' not in page.text


async def test_that_the_case_was_read_stands_in_its_log_before_it_is_read(house: House) -> None:
    appeal_id = await appealed(house)
    await (await staff(house)).get(f"/staff/appeals/{appeal_id}")
    async with house.units(read_only=True) as unit:
        entry = (await unit.audit.of_verification(CASE))[-1]
    assert (entry.action, entry.actor_id, entry.facts) == ("case.read", C, {"appeal_id": appeal_id})


async def test_outcomes_that_the_rules_forbid_are_not_on_offer_and_the_page_says_why(house: House) -> None:
    appeal_id = await appealed(house)
    flag = Flag(FlagId("flg_f"), failures.CALL.id, FlagKind.FRAUD, failures.ASKED.started_ms, Role.INTERVIEWER)
    async with house.units() as unit:
        await unit.flags.add(flag)
        await unit.verifications.add(examples.verification("ver_other", external_id="failed-case"))
    browser = await staff(house)
    page = await browser.get(f"/staff/appeals/{appeal_id}")
    assert page.text.count('data-testid="why-not"') == 2
    assert "A fraud flag of the interview is open" in page.text and "Another verification of this" in page.text
    before = await stored(house)
    for outcome, field in (("overturned", "fraud_flag"), ("new_interview", "other_case")):
        refused = await answered(browser, appeal_id, outcome=outcome)
        assert (refused.status, refused.json["field"]) == (409, field)
    assert await stored(house) == before


# ---------------------------------------------------------------- the wrong person


@pytest.mark.parametrize("id_", [failures.INTERVIEWER, failures.A, failures.B])
async def test_i8_whoever_had_a_part_reads_why_he_cannot_answer_and_is_refused(house: House, id_: PersonId) -> None:
    appeal_id = await appealed(house)
    browser = await promoted(house, id_)
    page = await browser.get(f"/staff/appeals/{appeal_id}")
    assert 'data-testid="may-not-answer"' in page.text and "You had a part in this case" in page.text
    assert 'data-testid="appeal-answer"' not in page.text
    before = await stored(house)
    refused = await answered(browser, appeal_id)
    assert (refused.status, refused.json["code"]) == (403, "not_allowed")
    assert await stored(house) == before


@pytest.mark.parametrize("role", [StaffRole.INTERVIEWER, StaffRole.REVIEWER, StaffRole.ADMINISTRATOR])
async def test_i8_no_other_role_reads_or_answers(house: House, role: StaffRole) -> None:
    appeal_id = await appealed(house)
    browser, _ = await house.staff("per_x", role)
    assert (await browser.get("/staff/appeals")).status == 403
    assert (await browser.get(f"/staff/appeals/{appeal_id}")).status == 403
    assert (await answered(browser, appeal_id)).status == 403


async def test_i8_without_a_current_training_the_page_says_so_and_the_door_is_shut(house: House) -> None:
    appeal_id = await appealed(house)
    async with house.units() as unit:
        await unit.people.add(examples.person("per_x", roles=frozenset({StaffRole.APPEAL_REVIEWER})), None)
    browser = await staff(house, PersonId("per_x"))
    page = await browser.get(f"/staff/appeals/{appeal_id}")
    assert "Your training as an appeal reviewer is not current." in page.text
    assert (await answered(browser, appeal_id)).status == 403


async def test_i8_who_has_a_conflict_of_interest_reads_nothing_of_the_case(house: House) -> None:
    appeal_id = await appealed(house)
    async with house.units() as unit:
        await unit.conflicts.add(ConflictOfInterest(CASE, C, 1))
    browser = await staff(house)
    page = await browser.get(f"/staff/appeals/{appeal_id}")
    assert page.status == 403 and WORDS not in page.text
    listing = await browser.get("/staff/appeals")
    assert "You have a conflict of interest in this case." in listing.text
    assert (await answered(browser, appeal_id)).status == 403


async def test_the_freelancer_answers_no_appeal_and_reads_no_staff_page(house: House) -> None:
    appeal_id = await appealed(house)
    browser = await freelancer(house)
    assert (await browser.get(f"/staff/appeals/{appeal_id}")).status == 401
    assert (await answered(browser, appeal_id)).status == 401


# ---------------------------------------------------------------- the wrong words, the wrong time


@pytest.mark.parametrize(
    "body",
    [
        {},
        {**SENT, "text": ""},
        {**SENT, "text": "Rejected."},
        {**SENT, "text": "x" * 10_001},
        {**SENT, "text": ANSWER + "\0"},
        {**SENT, "outcome": "dismissed"},
        {**SENT, "decision_version": "1"},
        {"text": ANSWER, "decision_version": 1},
        {**SENT, "reviewer_id": "per_x"},
    ],
)
async def test_i8_an_answer_that_lacks_something_closes_nothing(house: House, body: object) -> None:
    appeal_id = await appealed(house)
    before = await stored(house)
    assert (await (await staff(house)).post(f"/staff/appeals/{appeal_id}/answer", body)).status == 400
    assert await stored(house) == before


async def test_i8_a_second_answer_and_a_stale_page_are_refused(house: House) -> None:
    appeal_id = await appealed(house)
    browser = await staff(house)
    stale = await answered(browser, appeal_id, decision_version=2)
    assert (stale.status, stale.json["field"]) == (409, "changed")
    assert (await answered(browser, appeal_id)).json == {"next": f"/staff/appeals/{appeal_id}"}
    again = await answered(browser, appeal_id, text=ANSWER + " Once more.")
    assert (again.status, again.json["field"]) == (409, "answered")
    page = await browser.get(f"/staff/appeals/{appeal_id}")
    assert (
        'data-testid="answered" data-outcome="upheld"' in page.text and 'data-testid="appeal-answer"' not in page.text
    )


async def test_i8_a_pasted_answer_is_refused_and_the_appeal_stays_open(house: House) -> None:
    appeal_id = await appealed(house)
    assert (await answered(await staff(house), appeal_id)).status == 200
    browser = await freelancer(house)
    assert (await browser.post("/case/appeal", {"decision_version": 1, "text": WORDS})).status == 200
    async with house.units() as unit:
        (appeal,) = await unit.appeals.open()
        await unit.people.add(examples.person("per_x", email="x@example.org", roles=frozenset()), None)
    other = await promoted(house, PersonId("per_x"))
    pasted = await answered(other, appeal.id, text=ANSWER.upper())
    assert (pasted.status, pasted.json["field"]) == (409, "/text")
    async with house.units(read_only=True) as unit:
        assert await unit.appeals.open() == (appeal,)


async def test_no_such_appeal_is_not_found(house: House) -> None:
    await proposed(house)
    browser = await staff(house)
    assert (await browser.get("/staff/appeals/apl_none")).status == 404
    assert (await answered(browser, "apl_none")).status == 404


# ---------------------------------------------------------------- what comes of it


async def test_i7_after_overturning_everybody_reads_the_same(house: House) -> None:
    appeal_id = await appealed(house)
    staff_browser = await staff(house)
    assert (await answered(staff_browser, appeal_id, outcome="overturned")).status == 200
    page = await staff_browser.get(f"/staff/appeals/{appeal_id}")
    assert 'data-testid="awaiting-reinstatement"' in page.text and 'data-version="2"' in page.text
    own = await (await freelancer(house)).get("/case")
    assert "You are verified" in own.text and 'data-result="verified"' in own.text
    assert "has failed" not in own.text and 'data-testid="awaiting-reinstatement"' in own.text
    assert ANSWER.split(".")[0] in own.text
    async with house.units(read_only=True) as unit:
        assert (await unit.verifications.get(CASE)).result is Result.VERIFIED


async def test_a_new_interview_opens_the_join_link_again(house: House) -> None:
    appeal_id = await appealed(house)
    async with house.units() as unit:
        await unit.links.add(examples.link(fingerprint("join-link-of-the-case"), verification_id=CASE))
    closed = await house.browser().post("/join/exchange", {"token": "join-link-of-the-case"})
    assert (closed.status, closed.json["next"]) == (200, "over") and not closed.cookies
    assert (await answered(await staff(house), appeal_id, outcome="new_interview")).status == 200
    opened = await house.browser().post("/join/exchange", {"token": "join-link-of-the-case"})
    assert opened.status == 200 and opened.json["retry"] is True
    own = await (await freelancer(house)).get("/case")
    assert "You get another call" in own.text and "After your appeal" in own.text
    assert "your work go on unchanged" not in own.text, "the account may still be suspended"
    assert 'data-testid="retry"' in own.text
    async with house.units(read_only=True) as unit:
        assert (await unit.verifications.get(CASE)).status is VerificationStatus.RETRY_OFFERED


async def test_a_promise_that_was_not_kept_stands_on_every_page_until_it_is_met(house: House) -> None:
    appeal_id = await appealed(house)
    house.clock.advance(ms=SHIPPED.appeal_answer_within_ms + 1)
    await house.services.redress.escalating.tick()
    browser = await staff(house)
    for path in ("/staff/appeals", f"/staff/appeals/{appeal_id}", "/staff/reviews"):
        page = await browser.get(path)
        assert 'data-testid="alarm"' in page.text and "An appeal has not been answered." in page.text
        assert f'href="/staff/appeals/{appeal_id}"' in page.text
    assert 'data-testid="alarm"' not in (await (await staff(house, failures.A)).get("/staff/reviews")).text
    assert (await answered(browser, appeal_id)).status == 200
    await house.services.redress.escalating.tick()
    assert 'data-testid="alarm"' not in (await browser.get("/staff/appeals")).text
