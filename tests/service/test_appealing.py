"""Appeals: opened without an account, answered by somebody uninvolved (I8), for six months (I11), told to all (I7)."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable
from dataclasses import replace

import pytest

from tests.contract import examples
from tests.contract.failed_case import ANSWER, CASE, C
from tests.core import failures
from tests.service.redress_stage import DAY_MS, FREELANCER, HOUR_MS, Redress, answering
from verifier.core.appeal import AppealOutcome
from verifier.core.model import Flag, FlagId, FlagKind, PersonId, Result, Role, StaffRole, VerificationStatus
from verifier.core.notice import NoticeKind, Outcome
from verifier.core.policy import SHIPPED
from verifier.core.principal import STEP_UP_MS, StaffPrincipal, Stage
from verifier.core.proposal import Ruling, RulingOutcome
from verifier.core.webhook import Attempt, DeliveryState, EventType, NextStep
from verifier.errors import (
    Conflict,
    IllegalState,
    InvalidInput,
    NotAllowed,
    NotFound,
    RecordsDiffer,
    SecondFactorNeeded,
)
from verifier.ports.credentials import ConflictOfInterest
from verifier.ports.redress import FlagResolution

_O = AppealOutcome
WORDS = "I moved before the call; the registration is attached to my account."
OTHER_WORDS = (
    "We read your second letter too. The registration that you name is dated after the call, so it cannot show where "
    "you lived on that day."
)


# ---------------------------------------------------------------- opened


async def test_an_appeal_is_stored_acknowledged_and_told_in_one_go(redress: Redress) -> None:
    appeal = await redress.appealed()
    async with redress.units(read_only=True) as unit:
        assert await unit.appeals.open() == (appeal,)
    assert [each.subject_id for each in await redress.notices(NoticeKind.APPEAL_RECEIVED)] == [appeal.id]
    type_, data = (await redress.events())[-1]
    assert (type_, data["appeal_id"], data["decision_version"]) == (EventType.APPEAL_OPENED, appeal.id, 1)
    assert data["protect_work_in_flight"] is True and data["recommended_account_effect"] == "keep_current"
    assert "appeal.opened" in await redress.actions()
    assert appeal.text not in str(await redress.chain())


async def test_while_an_appeal_is_open_no_second_one_is_opened(redress: Redress) -> None:
    await redress.appealed()
    with pytest.raises(Conflict, match="being looked at") as refused:
        await redress.appealing.open(FREELANCER, 1, WORDS)
    assert refused.value.field == "open"


async def test_of_two_appeals_at_once_one_is_kept(redress: Redress) -> None:
    await redress.failed()
    both = await asyncio.gather(
        *(redress.appealing.open(FREELANCER, 1, f"Appeal {n}.") for n in range(2)), return_exceptions=True
    )
    assert sum(isinstance(one, Conflict) for one in both) == 1
    async with redress.units(read_only=True) as unit:
        assert len(await unit.appeals.of_verification(CASE)) == 1


@pytest.mark.parametrize("text", ["", " \n ", "x" * 10_001])
async def test_an_appeal_without_words_or_without_end_changes_nothing(redress: Redress, text: str) -> None:
    await redress.failed()
    before = await redress.chain()
    with pytest.raises(InvalidInput):
        await redress.appealing.open(FREELANCER, 1, text)
    assert await redress.chain() == before


async def test_without_a_decision_there_is_nothing_to_appeal_against(redress: Redress) -> None:
    await redress.proposed()
    with pytest.raises(IllegalState, match="Nothing is decided") as refused:
        await redress.appealing.open(FREELANCER, 1, WORDS)
    assert refused.value.field == "undecided"


async def test_nobody_appeals_against_verified_or_against_a_version_he_has_not_read(redress: Redress) -> None:
    appeal = await redress.appealed()
    await redress.appealing.answer(await redress.staff(), appeal.id, answering(_O.OVERTURNED))
    with pytest.raises(Conflict, match="taken the place"):
        await redress.appealing.open(FREELANCER, 1, WORDS)
    with pytest.raises(IllegalState, match="does not speak against you"):
        await redress.appealing.open(FREELANCER, 2, WORDS)


async def test_i11_a_decision_is_appealable_for_six_months_after_it_was_delivered(redress: Redress) -> None:
    await redress.failed()
    redress.clock.advance(ms=10 * DAY_MS)
    async with redress.units() as unit:
        notice = await redress.noticed(unit, NoticeKind.DECIDED, "1")
    await redress.mail(notice.id, Outcome.ACCEPTED)
    redress.clock.advance(ms=5 * DAY_MS)
    await redress.responding.page_opened(FREELANCER)
    redress.clock.advance(ms=179 * DAY_MS + 1)
    with pytest.raises(IllegalState, match="six months") as refused:
        await redress.appealing.open(FREELANCER, 1, WORDS)
    assert refused.value.field == "over"


async def test_i11_the_last_moment_counts(redress: Redress) -> None:
    await redress.failed()
    await redress.responding.page_opened(FREELANCER)
    redress.clock.advance(ms=SHIPPED.appeal_window_ms)
    assert (await redress.appealing.open(FREELANCER, 1, WORDS)).number == 1


async def test_i11_a_decision_that_was_never_delivered_stays_appealable(redress: Redress) -> None:
    await redress.failed()
    async with redress.units() as unit:
        notice = await redress.noticed(unit, NoticeKind.DECIDED, "1")
    await redress.mail(notice.id, Outcome.FILED)
    redress.clock.advance(ms=3 * SHIPPED.appeal_window_ms)
    assert (await redress.appealing.open(FREELANCER, 1, WORDS)).number == 1


async def test_i11_a_message_that_came_back_delivered_nothing(redress: Redress) -> None:
    await redress.failed()
    async with redress.units() as unit:
        notice = await redress.noticed(unit, NoticeKind.DECIDED, "1")
    await redress.mail(notice.id, Outcome.ACCEPTED)
    await redress.mail(notice.id, Outcome.RETURNED)
    redress.clock.advance(ms=2 * SHIPPED.appeal_window_ms)
    assert (await redress.appealing.open(FREELANCER, 1, WORDS)).number == 1


# ---------------------------------------------------------------- who may answer


async def _interviewed(redress: Redress, who: StaffPrincipal) -> None:
    async with redress.units() as unit:
        await unit.interviews.add(replace(failures.CALL, id="int_9", number=2, interviewer_id=who.person.id), [])


async def _proposed(redress: Redress, who: StaffPrincipal) -> None:
    facts = failures.statement()
    other = replace(failures.proposal(), id="prp_9", number=2, proposer_id=who.person.id, at_ms=failures.DECIDED_MS + 9)
    async with redress.units() as unit:
        await unit.proposals.add(replace(other, statement=facts))


async def _ruled(redress: Redress, who: StaffPrincipal) -> None:
    ruling = Ruling("rul_9", CASE, failures.CALL.id, who.person.id, RulingOutcome.NEW_INTERVIEW, 1, OTHER_WORDS)
    async with redress.units() as unit:
        await unit.rulings.add(ruling, failures.CALL)


async def _resolved(redress: Redress, who: StaffPrincipal) -> None:
    flag = Flag(FlagId("flg_9"), failures.CALL.id, FlagKind.FRAUD, 1, Role.INTERVIEWER)
    async with redress.units() as unit:
        await unit.flags.add(flag)
        resolution = FlagResolution(flag.id, failures.CALL.id, who.person.id, 2, OTHER_WORDS)
        await unit.rulings.resolve(resolution, failures.CALL)


async def _answered(redress: Redress, who: StaffPrincipal) -> None:
    async with redress.units(read_only=True) as unit:
        (appeal,) = await unit.appeals.open()
    await redress.appealing.answer(who, appeal.id, answering(text=OTHER_WORDS))
    await redress.appealing.open(FREELANCER, 1, WORDS)


PARTS: list[Callable[[Redress, StaffPrincipal], Awaitable[None]]] = [
    _interviewed,
    _proposed,
    _ruled,
    _resolved,
    _answered,
]


@pytest.mark.parametrize("part", PARTS, ids=lambda part: part.__name__.strip("_"))
async def test_i8_whoever_had_any_part_in_the_case_answers_no_appeal_of_it(
    redress: Redress, part: Callable[[Redress, StaffPrincipal], Awaitable[None]]
) -> None:
    await redress.appealed()
    who = await redress.colleague("per_x")
    await part(redress, who)
    await refused(redress, who, "had a part")


@pytest.mark.parametrize("person", [failures.INTERVIEWER, failures.A, failures.B])
async def test_i8_neither_interviewer_nor_proposer_nor_confirmer_answers_even_in_the_role(
    redress: Redress, person: PersonId
) -> None:
    await redress.appealed()
    who = await redress.staff(person)
    roles = frozenset({*who.person.roles, StaffRole.APPEAL_REVIEWER})
    async with redress.units() as unit:
        await unit.trainings.add(failures.training(person, StaffRole.APPEAL_REVIEWER))
    await refused(redress, replace(who, person=replace(who.person, roles=roles)), "had a part")


@pytest.mark.parametrize("role", sorted(set(StaffRole) - {StaffRole.APPEAL_REVIEWER}))
async def test_i8_no_other_role_answers(redress: Redress, role: StaffRole) -> None:
    await redress.appealed()
    await refused(redress, await redress.colleague("per_x", role), "role")


async def test_i8_a_training_that_is_missing_or_ran_out_answers_nothing(redress: Redress) -> None:
    await redress.appealed()
    await refused(redress, await redress.colleague("per_x", trained=False), "training")
    old = failures.training(
        PersonId("per_y"), StaffRole.APPEAL_REVIEWER, valid_until_ms=redress.clock.now_ms() - HOUR_MS
    )
    await refused(redress, await redress.colleague("per_y", training=old), "training")


async def test_i8_an_answer_needs_a_fresh_second_factor(redress: Redress) -> None:
    appeal = await redress.appealed()
    who = await redress.staff()
    old = replace(who, second_factor_ms=redress.clock.now_ms() - STEP_UP_MS - 1)
    for unproven in (old, replace(who, stage=Stage.SECOND_FACTOR)):
        with pytest.raises(SecondFactorNeeded):
            await redress.appealing.answer(unproven, appeal.id, answering())
    await redress.appealing.answer(replace(old, second_factor_ms=redress.clock.now_ms()), appeal.id, answering())


async def test_i8_a_conflict_of_interest_answers_nothing(redress: Redress) -> None:
    await redress.appealed()
    async with redress.units() as unit:
        await unit.conflicts.add(ConflictOfInterest(CASE, C, 1))
    await refused(redress, await redress.staff(), "conflict of interest")


async def refused(redress: Redress, who: StaffPrincipal, why: str) -> None:
    """This person may not answer the open appeal, and trying changes nothing."""
    before = await redress.chain()
    async with redress.units(read_only=True) as unit:
        (appeal,) = await unit.appeals.open()
    for outcome in AppealOutcome:
        with pytest.raises(NotAllowed, match=why):
            await redress.appealing.answer(who, appeal.id, answering(outcome))
    assert await redress.chain() == before
    assert [each.version for each in await redress.decisions()] == [1]


# ---------------------------------------------------------------- what an answer needs


async def test_an_appeal_that_does_not_exist_is_not_found(redress: Redress) -> None:
    await redress.failed()
    with pytest.raises(NotFound):
        await redress.appealing.answer(await redress.staff(), "apl_none", answering())


@pytest.mark.parametrize("text", ["", "We looked at your appeal again and uphold it.", " " * 300])
async def test_i8_an_answer_without_words_of_its_own_closes_nothing(redress: Redress, text: str) -> None:
    appeal = await redress.appealed()
    with pytest.raises(InvalidInput):
        await redress.appealing.answer(await redress.staff(), appeal.id, answering(text=text))
    async with redress.units(read_only=True) as unit:
        assert await unit.appeals.open() == (appeal,)


async def test_i8_a_pasted_answer_closes_nothing(redress: Redress) -> None:
    appeal = await redress.appealed()
    await redress.appealing.answer(await redress.staff(), appeal.id, answering())
    again = await redress.appealing.open(FREELANCER, 1, WORDS)
    other = await redress.colleague("per_x")
    with pytest.raises(Conflict, match="very words"):
        await redress.appealing.answer(other, again.id, answering(text=re.sub(r"\s", "  ", ANSWER.upper()) + "!"))
    async with redress.units(read_only=True) as unit:
        assert await unit.appeals.open() == (again,)


async def test_i8_a_second_answer_is_refused(redress: Redress) -> None:
    appeal = await redress.appealed()
    await redress.appealing.answer(await redress.staff(), appeal.id, answering())
    with pytest.raises(Conflict, match="answered already"):
        await redress.appealing.answer(
            await redress.colleague("per_x"), appeal.id, answering(_O.OVERTURNED, OTHER_WORDS)
        )
    assert [each.version for each in await redress.decisions()] == [1]


async def test_i8_of_two_answers_at_once_one_closes_the_appeal(redress: Redress) -> None:
    appeal = await redress.appealed()
    people = [await redress.staff(), await redress.colleague("per_x")]
    texts = [ANSWER, OTHER_WORDS]
    both = await asyncio.gather(
        *(
            redress.appealing.answer(who, appeal.id, answering(_O.OVERTURNED, text))
            for who, text in zip(people, texts, strict=True)
        ),
        return_exceptions=True,
    )
    assert sum(isinstance(one, (Conflict, NotAllowed)) for one in both) == 1
    assert [each.result for each in await redress.decisions()] == [Result.FAILED, Result.VERIFIED]


async def test_an_answer_from_a_page_that_showed_another_version_is_refused(redress: Redress) -> None:
    appeal = await redress.appealed()
    for version in (0, 2):
        with pytest.raises(Conflict, match="changed meanwhile"):
            await redress.appealing.answer(await redress.staff(), appeal.id, answering(version=version))


# ---------------------------------------------------------------- upheld


async def test_an_upheld_appeal_changes_no_decision_and_tells_everybody(redress: Redress) -> None:
    appeal = await redress.appealed()
    await redress.appealing.answer(await redress.staff(), appeal.id, answering())
    assert [each.version for each in await redress.decisions()] == [1]
    type_, data = (await redress.events())[-1]
    assert (type_, data["outcome"], data["result"]) == (EventType.APPEAL_DECIDED, "upheld", "failed")
    assert data["protect_work_in_flight"] is False
    assert [each.subject_id for each in await redress.notices(NoticeKind.APPEAL_ANSWERED)] == [appeal.id]
    assert not await redress.notices(NoticeKind.DECISION_SUPERSEDED)
    assert (await redress.case()).result is Result.FAILED


async def test_after_an_upheld_appeal_he_may_appeal_again_within_the_six_months(redress: Redress) -> None:
    appeal = await redress.appealed()
    await redress.appealing.answer(await redress.staff(), appeal.id, answering())
    again = await redress.appealing.open(FREELANCER, 1, WORDS)
    assert (again.number, again.decision_version) == (2, 1)


# ---------------------------------------------------------------- overturned


async def test_i7_overturning_writes_the_next_version_and_corrects_everybody_who_was_told(redress: Redress) -> None:
    appeal = await redress.appealed()
    told_before = len(await redress.events())
    await redress.appealing.answer(await redress.staff(), appeal.id, answering(_O.OVERTURNED))
    after = (await redress.decisions())[-1]
    assert (after.version, after.result, after.decided_by, after.appeal_id) == (2, Result.VERIFIED, C, appeal.id)
    case = await redress.case()
    assert (case.status, case.result) == (VerificationStatus.COMPLETED, Result.VERIFIED)
    new = (await redress.events())[told_before:]
    assert [type_ for type_, _ in new] == [EventType.DECISION_SUPERSEDED, EventType.APPEAL_DECIDED]
    assert all(data["result"] == "verified" for _, data in new)
    superseded = new[0][1]
    assert (superseded["superseded_version"], superseded["superseded_result"]) == (1, "failed")
    assert superseded["awaited_account_effect"] == "reinstate"
    assert [each.subject_id for each in await redress.notices(NoticeKind.DECISION_SUPERSEDED)] == ["2"]
    assert [each.subject_id for each in await redress.notices(NoticeKind.APPEAL_ANSWERED)] == [appeal.id]
    assert [action for action in await redress.actions() if action in {"appeal.answered", "decision.made"}][-2:] == [
        "appeal.answered",
        "decision.made",
    ]


async def test_what_was_told_before_never_arrives_after_its_correction(redress: Redress) -> None:
    """Each endpoint is sent one event of a case at a time, in the order of their sequence."""
    appeal = await redress.appealed()
    await redress.appealing.answer(await redress.staff(), appeal.id, answering(_O.OVERTURNED))
    arrived = []
    for _ in await redress.events():
        async with redress.units() as unit:
            (delivery,) = await unit.outbox.due(redress.clock.now_ms() + DAY_MS, 9)
            arrived.append(delivery.event.sequence)
            attempt = Attempt(delivery.message_id, 1, redress.clock.now_ms(), 5, 204, None, "")
            await unit.outbox.record(attempt, NextStep(DeliveryState.DELIVERED, redress.clock.now_ms()))
    assert arrived == [data["sequence"] for _, data in await redress.events()]


async def test_overturning_needs_an_interview_that_still_follows_from_its_raw_rows(redress: Redress) -> None:
    appeal = await redress.appealed()
    flag = Flag(FlagId("flg_t"), failures.CALL.id, FlagKind.TELEMETRY, failures.ASKED.started_ms, None)
    async with redress.units() as unit:
        await unit.flags.add(flag)
    with pytest.raises(RecordsDiffer):
        await redress.appealing.answer(await redress.staff(), appeal.id, answering(_O.OVERTURNED))
    assert [each.version for each in await redress.decisions()] == [1]
    async with redress.units(read_only=True) as unit:
        assert await unit.appeals.open() == (appeal,)


async def test_overturning_needs_every_fraud_flag_resolved(redress: Redress) -> None:
    appeal = await redress.appealed()
    flag = Flag(FlagId("flg_f"), failures.CALL.id, FlagKind.FRAUD, failures.ASKED.started_ms, Role.INTERVIEWER)
    async with redress.units() as unit:
        await unit.flags.add(flag)
    with pytest.raises(IllegalState, match="fraud flag"):
        await redress.appealing.answer(await redress.staff(), appeal.id, answering(_O.OVERTURNED))
    async with redress.units() as unit:
        resolution = FlagResolution(flag.id, failures.CALL.id, failures.A, 2, OTHER_WORDS)
        await unit.rulings.resolve(resolution, failures.CALL)
    await redress.appealing.answer(await redress.staff(), appeal.id, answering(_O.OVERTURNED))
    assert (await redress.case()).result is Result.VERIFIED


# ---------------------------------------------------------------- a new interview


async def test_a_new_interview_takes_the_result_back_and_the_join_link_works_again(redress: Redress) -> None:
    appeal = await redress.appealed()
    told_before = len(await redress.events())
    await redress.appealing.answer(await redress.staff(), appeal.id, answering(_O.NEW_INTERVIEW))
    after = (await redress.decisions())[-1]
    assert (after.version, after.result) == (2, Result.NONE)
    case = await redress.case()
    assert (case.status, case.result) == (VerificationStatus.RETRY_OFFERED, Result.NONE)
    new = (await redress.events())[told_before:]
    assert [type_ for type_, _ in new] == [
        EventType.DECISION_SUPERSEDED,
        EventType.APPEAL_DECIDED,
        EventType.VERIFICATION_NEW_INTERVIEW,
    ]
    assert {data["next_action"] for _, data in new} == {"retry"}
    assert {data["protect_work_in_flight"] for _, data in new} == {True}


async def test_while_another_case_of_the_freelancer_is_open_no_new_interview_is_ordered(redress: Redress) -> None:
    appeal = await redress.appealed()
    other = examples.verification("ver_other", external_id="failed-case")
    async with redress.units() as unit:
        await unit.verifications.add(other)
    with pytest.raises(IllegalState, match="Another verification"):
        await redress.appealing.answer(await redress.staff(), appeal.id, answering(_O.NEW_INTERVIEW))
    async with redress.units(read_only=True) as unit:
        assert await unit.appeals.open() == (appeal,)
    assert [each.version for each in await redress.decisions()] == [1]
    async with redress.units() as unit:
        await unit.verifications.save(replace(other, status=VerificationStatus.CANCELLED), other.status)
    await redress.appealing.answer(await redress.staff(), appeal.id, answering(_O.NEW_INTERVIEW))
    assert (await redress.case()).status is VerificationStatus.RETRY_OFFERED


async def test_an_inconclusive_decision_is_appealed_against_too(redress: Redress) -> None:
    pinned = {"policy_version": SHIPPED.version}
    async with redress.units() as unit:
        await examples.add_case(unit)
        await unit.interviews.add(examples.ended(examples.interview(**pinned)), [examples.item()])
        await unit.verdicts.add([], examples.assessment(False, **pinned))
        await unit.decisions.append(examples.decision(result=Result.INCONCLUSIVE, decided_by=None, **pinned))
        case = await unit.verifications.get(examples.CASE)
        done = replace(case, status=VerificationStatus.COMPLETED, result=Result.INCONCLUSIVE)
        await unit.verifications.save(done, case.status)
    who = await redress.colleague("per_x")
    principal = replace(FREELANCER, verification_id=examples.CASE)
    appeal = await redress.appealing.open(principal, 1, WORDS)
    with pytest.raises(IllegalState, match="new interview"):
        await redress.appealing.answer(who, appeal.id, answering(_O.OVERTURNED))
    await redress.appealing.answer(who, appeal.id, answering(_O.NEW_INTERVIEW))
    async with redress.units(read_only=True) as unit:
        assert (await unit.verifications.get(examples.CASE)).status is VerificationStatus.RETRY_OFFERED
