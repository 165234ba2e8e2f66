"""Promises: each is a clock, one that runs out is told once to those concerned and shown until it is met."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import replace

import pytest

from tests.contract.failed_case import CASE, C
from tests.core import failures
from tests.service.redress_stage import ADMINISTRATOR, DAY_MS, FREELANCER, HOUR_MS, Redress, answering
from verifier.core.appeal import AppealOutcome
from verifier.core.clocks import Clock, ClockKind
from verifier.core.model import PersonId, StaffRole
from verifier.core.notice import NoticeKind, Outcome
from verifier.core.policy import SHIPPED
from verifier.core.verdicts import AccountEffect, AccountEffectReport
from verifier.core.webhook import EventType
from verifier.service.case_clocks import running
from verifier.service.escalating import AlarmKind

REVIEWERS = {failures.A, failures.B, ADMINISTRATOR}
APPEALS = {C, ADMINISTRATOR}
WORDS = "I moved to Zagreb last month."


async def _to_decide(redress: Redress) -> None:
    await redress.reviewed()
    redress.at(failures.ENDED_MS + SHIPPED.decide_within_ms)


async def _to_reach(redress: Redress) -> None:
    await redress.proposed()
    redress.clock.advance(ms=SHIPPED.confirm_within_ms)


async def _to_confirm(redress: Redress) -> None:
    await redress.proposed()
    await redress.responding.respond(FREELANCER, failures.PROPOSAL, WORDS)
    redress.clock.advance(ms=SHIPPED.confirm_within_ms)


async def _to_answer(redress: Redress) -> None:
    await redress.appealed()
    redress.clock.advance(ms=SHIPPED.appeal_answer_within_ms)


async def _to_reinstate(redress: Redress) -> None:
    appeal = await redress.appealed()
    await redress.appealing.answer(await redress.staff(), appeal.id, answering(AppealOutcome.OVERTURNED))
    redress.clock.advance(ms=SHIPPED.reinstate_within_ms)


PROMISES = [
    (ClockKind.DECIDE, _to_decide, REVIEWERS),
    (ClockKind.REACH_FREELANCER, _to_reach, REVIEWERS),
    (ClockKind.CONFIRM, _to_confirm, REVIEWERS),
    (ClockKind.ANSWER_APPEAL, _to_answer, APPEALS),
    (ClockKind.REINSTATE, _to_reinstate, APPEALS),
]


async def clocks(redress: Redress) -> dict[ClockKind, Clock]:
    async with redress.units(read_only=True) as unit:
        found = await running(unit, await unit.verifications.get(CASE), redress.book, redress.clock.now_ms())
    return {clock.kind: clock for clock in found}


async def told(redress: Redress) -> set[PersonId | None]:
    return {notice.person_id for notice in await redress.notices(NoticeKind.CLOCK_BREACHED)}


async def shown(redress: Redress, id_: PersonId) -> list[ClockKind | None]:
    return [alarm.clock for alarm in redress.escalating.alarms((await redress.staff(id_)).person)]


@pytest.mark.parametrize(("kind", "reach", "concerned"), PROMISES, ids=[str(kind) for kind, _, _ in PROMISES])
async def test_a_promise_that_was_not_kept_is_told_once_to_those_concerned_and_shown(
    redress: Redress, kind: ClockKind, reach: Callable[[Redress], Awaitable[None]], concerned: set[PersonId]
) -> None:
    await reach(redress)
    await redress.escalating.tick()
    assert await told(redress) == set() and await shown(redress, ADMINISTRATOR) == []
    redress.clock.advance(ms=1)
    for _ in range(2):
        await redress.escalating.tick()
    notices = await redress.notices(NoticeKind.CLOCK_BREACHED)
    assert {notice.person_id for notice in notices} == concerned and len(notices) == len(concerned)
    assert {notice.subject_id for notice in notices} == {(await clocks(redress))[kind].name}
    assert (await redress.actions()).count("clock.breached") == 1
    for id_ in REVIEWERS | APPEALS | {failures.INTERVIEWER}:
        assert await shown(redress, id_) == ([kind] if id_ in concerned else [])


async def test_an_alarm_goes_when_the_promise_is_met(redress: Redress) -> None:
    appeal = await redress.appealed()
    redress.clock.advance(ms=SHIPPED.appeal_answer_within_ms + 1)
    await redress.escalating.tick()
    (alarm,) = redress.escalating.alarms((await redress.staff()).person)
    assert (alarm.appeal_id, alarm.reference, alarm.interview_id) == (appeal.id, "failed-case", failures.CALL.id)
    await redress.appealing.answer(await redress.staff(), appeal.id, answering())
    await redress.escalating.tick()
    assert redress.escalating.alarms((await redress.staff()).person) == ()


async def test_the_freelancers_own_clocks_alarm_nobody(redress: Redress) -> None:
    await redress.failed()
    await redress.responding.page_opened(FREELANCER)
    redress.clock.advance(ms=2 * SHIPPED.appeal_window_ms)
    await redress.escalating.tick()
    assert await told(redress) == set() and await shown(redress, ADMINISTRATOR) == []


async def test_a_disabled_account_is_told_nothing(redress: Redress) -> None:
    await _to_answer(redress)
    async with redress.units() as unit:
        await unit.people.save(replace(await unit.people.get(C), disabled_ms=1))
    redress.clock.advance(ms=1)
    await redress.escalating.tick()
    assert await told(redress) == {ADMINISTRATOR}


async def test_every_clock_follows_from_what_happened(redress: Redress) -> None:
    notice = await redress.proposed()
    assert set(await clocks(redress)) == {ClockKind.REACH_FREELANCER}
    await redress.mail(notice.id, Outcome.ACCEPTED)
    assert set(await clocks(redress)) == {ClockKind.RESPOND}
    redress.clock.advance(ms=SHIPPED.response_window_ms)
    assert set(await clocks(redress)) == {ClockKind.CONFIRM}


# ---------------------------------------------------------------- the account


async def test_a_reinstatement_that_is_not_reported_in_time_is_an_effect_mismatch(redress: Redress) -> None:
    await _to_reinstate(redress)
    redress.clock.advance(ms=1)
    for _ in range(2):
        await redress.escalating.tick()
    mismatches = [data for type_, data in await redress.events() if type_ is EventType.EFFECT_MISMATCH]
    assert [(each["decision_version"], each["result"]) for each in mismatches] == [(2, "verified")]
    assert (mismatches[0]["reported_account_effect"], mismatches[0]["awaited_account_effect"]) == (None, "reinstate")


@pytest.mark.parametrize(
    ("effect", "met"),
    [(AccountEffect.REINSTATE, True), (AccountEffect.KEEP_CURRENT, False), (AccountEffect.SUSPEND, False)],
)
async def test_after_a_suspension_only_a_reinstatement_meets_the_clock(
    redress: Redress, effect: AccountEffect, met: bool
) -> None:
    await redress.failed()
    async with redress.units() as unit:
        await unit.effects.add(AccountEffectReport(CASE, 1, AccountEffect.SUSPEND, redress.clock.now_ms(), False))
    redress.clock.advance(ms=HOUR_MS)
    appeal = await redress.appealing.open(FREELANCER, 1, WORDS)
    await redress.appealing.answer(await redress.staff(), appeal.id, answering(AppealOutcome.OVERTURNED))
    async with redress.units() as unit:
        mismatch = effect is AccountEffect.SUSPEND
        await unit.effects.add(AccountEffectReport(CASE, 2, effect, redress.clock.now_ms(), mismatch))
    assert (ClockKind.REINSTATE not in await clocks(redress)) is met


async def test_a_suspension_that_no_decision_supports_is_shown_until_the_account_is_back(redress: Redress) -> None:
    await redress.reviewed()
    async with redress.units() as unit:
        await unit.effects.add(AccountEffectReport(CASE, 0, AccountEffect.SUSPEND, redress.clock.now_ms(), True))
    redress.clock.advance(ms=DAY_MS // 2)
    await redress.escalating.tick()
    (alarm,) = redress.escalating.alarms((await redress.staff()).person)
    assert (alarm.kind, alarm.since_ms) == (AlarmKind.EFFECT, failures.PROPOSED_MS)
    assert StaffRole.ADMINISTRATOR in alarm.concerns
    async with redress.units() as unit:
        await unit.effects.add(AccountEffectReport(CASE, 0, AccountEffect.REINSTATE, redress.clock.now_ms(), False))
    await redress.escalating.tick()
    assert redress.escalating.alarms((await redress.staff()).person) == ()
