"""A proposed failure and the freelancer: no time runs before he was reached, and none after he has answered (I4)."""

from __future__ import annotations

import asyncio

import pytest

from tests.contract.failed_case import CASE
from tests.core import failures
from tests.service.redress_stage import DAY_MS, FREELANCER, HOUR_MS, Redress
from verifier.core.model import ProposalId, VerificationStatus
from verifier.core.notice import NoticeKind, Outcome
from verifier.core.policy import SHIPPED
from verifier.core.proposal import DeliveredBy, ProposalState, Ruling, RulingOutcome
from verifier.errors import CallerError, Conflict, IllegalState, InvalidInput

WORDS = "I moved to Zagreb last month; the marketplace still has my old address."
S = VerificationStatus


async def state(redress: Redress) -> ProposalState:
    return (await redress.record()).state(redress.clock.now_ms())


# ---------------------------------------------------------------- reached


async def test_i4_nothing_runs_before_he_was_reached(redress: Redress) -> None:
    await redress.proposed()
    redress.clock.advance(ms=30 * DAY_MS)
    assert await redress.responding.tick() == 0
    assert (await state(redress), (await redress.case()).status) == (ProposalState.NOTIFYING, S.AWAITING_RESPONSE)


async def test_i4_the_acceptance_of_the_mail_opens_a_whole_window(redress: Redress) -> None:
    notice = await redress.proposed()
    redress.clock.advance(ms=HOUR_MS)
    await redress.mail(notice.id, Outcome.ACCEPTED)
    (window,) = (await redress.record()).windows
    assert (window.number, window.delivered_by) == (1, DeliveredBy.MAIL_ACCEPTED)
    assert (window.opened_ms, window.closes_ms - window.opened_ms) == (
        redress.clock.now_ms(),
        SHIPPED.response_window_ms,
    )
    assert "response.window_opened" in await redress.actions()


async def test_i4_a_file_accepts_nothing(redress: Redress) -> None:
    notice = await redress.proposed()
    await redress.mail(notice.id, Outcome.FILED)
    assert (await redress.record()).windows == ()


async def test_i4_the_page_opens_the_window_once_whatever_is_opened_later(redress: Redress) -> None:
    notice = await redress.proposed()
    await redress.responding.page_opened(FREELANCER)
    opened_ms = redress.clock.now_ms()
    redress.clock.advance(ms=HOUR_MS)
    await redress.responding.page_opened(FREELANCER)
    await redress.mail(notice.id, Outcome.ACCEPTED)
    record = await redress.record()
    assert [(each.delivered_by, each.opened_ms) for each in record.windows] == [(DeliveredBy.PAGE_OPENED, opened_ms)]
    assert record.shown_ms == opened_ms
    assert (await redress.actions()).count("proposal.shown") == 1


async def test_a_page_without_anything_new_writes_nothing(redress: Redress) -> None:
    await redress.reviewed()
    before = await redress.chain()
    await redress.responding.page_opened(FREELANCER)
    assert await redress.chain() == before


# ---------------------------------------------------------------- came back


async def test_i4_a_message_that_comes_back_stops_the_window_and_the_next_one_is_whole(redress: Redress) -> None:
    notice = await redress.proposed()
    await redress.mail(notice.id, Outcome.ACCEPTED)
    redress.clock.advance(ms=2 * DAY_MS)
    await redress.mail(notice.id, Outcome.RETURNED)
    assert await state(redress) is ProposalState.NOTIFYING
    redress.clock.advance(ms=DAY_MS)
    await redress.responding.page_opened(FREELANCER)
    window = (await redress.record()).window
    assert window is not None
    assert (window.number, window.closes_ms) == (2, redress.clock.now_ms() + SHIPPED.response_window_ms)


async def test_i4_a_message_that_comes_back_late_takes_the_case_out_of_the_hands_of_the_second_reviewer(
    redress: Redress,
) -> None:
    notice = await redress.proposed()
    await redress.mail(notice.id, Outcome.ACCEPTED)
    redress.clock.advance(ms=SHIPPED.response_window_ms + 1)
    assert await redress.responding.tick() == 1
    assert ((await redress.case()).status, await state(redress)) == (S.IN_REVIEW, ProposalState.TO_CONFIRM)
    await redress.mail(notice.id, Outcome.RETURNED)
    assert ((await redress.case()).status, await state(redress)) == (S.AWAITING_RESPONSE, ProposalState.NOTIFYING)


async def test_a_return_changes_nothing_once_he_has_read_the_proposal(redress: Redress) -> None:
    notice = await redress.proposed()
    await redress.mail(notice.id, Outcome.ACCEPTED)
    await redress.responding.page_opened(FREELANCER)
    await redress.mail(notice.id, Outcome.RETURNED)
    assert await state(redress) is ProposalState.WINDOW_OPEN


async def test_a_return_changes_nothing_once_he_has_answered(redress: Redress) -> None:
    notice = await redress.proposed()
    await redress.mail(notice.id, Outcome.ACCEPTED)
    await redress.responding.respond(FREELANCER, failures.PROPOSAL, WORDS)
    await redress.mail(notice.id, Outcome.RETURNED)
    assert (await state(redress), (await redress.record()).stops) == (ProposalState.TO_CONFIRM, ())


async def test_a_return_changes_nothing_once_the_proposal_is_rejected(redress: Redress) -> None:
    notice = await redress.proposed()
    await redress.mail(notice.id, Outcome.ACCEPTED)
    reason = "The still shows the city that he claimed."
    now_ms = redress.clock.now_ms() + 1
    ruling = Ruling(
        "rul_1", CASE, failures.CALL.id, failures.B, RulingOutcome.NEW_INTERVIEW, now_ms, reason, failures.PROPOSAL
    )
    async with redress.units() as unit:
        await unit.rulings.add(ruling, failures.CALL)
    redress.clock.advance(ms=1)
    await redress.mail(notice.id, Outcome.RETURNED)
    assert (await redress.record()).stops == ()
    await redress.responding.page_opened(FREELANCER)
    with pytest.raises(IllegalState):
        await redress.responding.respond(FREELANCER, failures.PROPOSAL, WORDS)


# ---------------------------------------------------------------- answered


async def test_an_answer_closes_the_window_and_is_acknowledged(redress: Redress) -> None:
    notice = await redress.proposed()
    await redress.mail(notice.id, Outcome.ACCEPTED)
    redress.clock.advance(ms=DAY_MS)
    await redress.responding.respond(FREELANCER, failures.PROPOSAL, WORDS)
    record = await redress.record()
    assert record.response is not None
    assert (record.response.text, record.response.at_ms) == (WORDS, redress.clock.now_ms())
    assert ((await redress.case()).status, await state(redress)) == (S.IN_REVIEW, ProposalState.TO_CONFIRM)
    assert [each.subject_id for each in await redress.notices(NoticeKind.RESPONSE_RECEIVED)] == [failures.PROPOSAL]
    assert WORDS not in str(await redress.chain()) and "response.given" in await redress.actions()
    assert redress.woken == 1


async def test_whoever_answers_has_been_reached(redress: Redress) -> None:
    await redress.proposed()
    await redress.responding.respond(FREELANCER, failures.PROPOSAL, WORDS)
    record = await redress.record()
    assert (len(record.windows), record.shown_ms) == (1, redress.clock.now_ms())
    assert await state(redress) is ProposalState.TO_CONFIRM


@pytest.mark.parametrize("text", ["", "   \n", "x" * 10_001])
async def test_an_answer_without_words_or_without_end_changes_nothing(redress: Redress, text: str) -> None:
    await redress.proposed()
    before = await redress.chain()
    with pytest.raises(InvalidInput):
        await redress.responding.respond(FREELANCER, failures.PROPOSAL, text)
    assert await redress.chain() == before and (await redress.record()).response is None


async def test_a_second_answer_is_refused_and_the_first_stays(redress: Redress) -> None:
    await redress.proposed()
    await redress.responding.respond(FREELANCER, failures.PROPOSAL, WORDS)
    with pytest.raises(Conflict, match="answered already"):
        await redress.responding.respond(FREELANCER, failures.PROPOSAL, "Something else.")
    response = (await redress.record()).response
    assert response is not None and response.text == WORDS


async def test_of_two_answers_at_once_one_is_kept(redress: Redress) -> None:
    await redress.proposed()
    await redress.responding.page_opened(FREELANCER)
    both = await asyncio.gather(
        *(redress.responding.respond(FREELANCER, failures.PROPOSAL, f"Answer {n}.") for n in range(2)),
        return_exceptions=True,
    )
    assert sorted(type(one) for one in both if one is not None) == [Conflict]
    assert (await redress.record()).response is not None


async def test_an_answer_to_another_proposal_than_the_one_that_is_open_is_refused(redress: Redress) -> None:
    await redress.proposed()
    with pytest.raises(Conflict, match="Something else"):
        await redress.responding.respond(FREELANCER, ProposalId("prp_0"), WORDS)
    assert (await redress.record()).response is None


async def test_where_nothing_is_proposed_there_is_nothing_to_answer(redress: Redress) -> None:
    await redress.reviewed()
    with pytest.raises(IllegalState, match="nothing to answer"):
        await redress.responding.respond(FREELANCER, failures.PROPOSAL, WORDS)


@pytest.mark.parametrize("ticked", [False, True])
async def test_a_late_answer_is_refused_with_what_is_left_to_do(redress: Redress, ticked: bool) -> None:
    notice = await redress.proposed()
    await redress.mail(notice.id, Outcome.ACCEPTED)
    redress.clock.advance(ms=SHIPPED.response_window_ms)
    if ticked:
        await redress.responding.tick()
    with pytest.raises(CallerError, match="you can appeal") as refused:
        await redress.responding.respond(FREELANCER, failures.PROPOSAL, WORDS)
    assert refused.value.field == "late"
    assert (await redress.record()).response is None


# ---------------------------------------------------------------- silent


async def test_i4_a_window_that_ran_out_brings_the_case_back_into_review_once(redress: Redress) -> None:
    notice = await redress.proposed()
    await redress.mail(notice.id, Outcome.ACCEPTED)
    redress.clock.advance(ms=SHIPPED.response_window_ms - 1)
    assert await redress.responding.tick() == 0
    redress.clock.advance(ms=1)
    assert [await redress.responding.tick() for _ in range(2)] == [1, 0]
    assert (await redress.case()).status is S.IN_REVIEW
    assert (await redress.actions()).count("response.window_elapsed") == 1
