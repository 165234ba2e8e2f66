"""Interviews, plans, runs, flags, the log, raw rows, findings and assessments."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.contract import examples
from tests.fakes.runtime import START_MS
from verifier.core.model import Answer, ClaimId, InterviewId, InterviewState, ItemKind, Role, RunId
from verifier.errors import Conflict, NotFound, OurError
from verifier.ports import UnitOfWorkFactory


async def test_an_interview_comes_back_with_its_plan_in_asking_order(units: UnitOfWorkFactory) -> None:
    items = [examples.item("b", position=2), examples.item("c", position=1), examples.item("a", position=2)]
    async with units() as uow:
        await examples.add_case(uow)
        await uow.interviews.add(examples.interview(), items)
        assert await uow.interviews.get(examples.CALL) == examples.interview()
        assert await uow.interviews.plan(examples.CALL) == (items[1], items[2], items[0])


async def test_a_plan_can_grow_but_never_change(units: UnitOfWorkFactory) -> None:
    again = examples.item(
        "comprehension.hear.2", kind=ItemKind.COMPREHENSION, claim_id=None, expected=None, round=2, position=99
    )
    async with units() as uow:
        await examples.add_call(uow)
        await uow.interviews.extend_plan(examples.CALL, [again])
        assert (await uow.interviews.plan(examples.CALL))[-1] == again
        with pytest.raises(Conflict):
            await uow.interviews.extend_plan(examples.CALL, [replace(again, question="Something else?")])
        with pytest.raises(NotFound):
            await uow.interviews.extend_plan(InterviewId("int_9"), [again])


@pytest.mark.parametrize(
    "item",
    [
        examples.profile_item(claim_id=None),
        examples.profile_item(claim_id=ClaimId("clm_php")),
        examples.profile_item(mandatory=True),
        examples.item(question_id=""),
        examples.item(claim_id=ClaimId("clm_other")),
    ],
    ids=["unclaimed skill", "claim of nobody", "mandatory profile", "no bank", "foreign identity claim"],
)
async def test_a_question_outside_bank_and_claims_cannot_be_planned(units: UnitOfWorkFactory, item: object) -> None:
    async with units() as uow:
        await examples.add_case(uow)
        with pytest.raises(OurError):
            await uow.interviews.add(examples.interview(), [item])  # type: ignore[list-item]
        with pytest.raises(NotFound):
            await uow.interviews.get(examples.CALL)


async def test_a_claim_of_another_case_cannot_be_asked(units: UnitOfWorkFactory) -> None:
    async with units() as uow:
        await examples.add_case(uow)
        php = replace(examples.verification().claims[1], id=ClaimId("clm_php"), value="PHP")
        await uow.verifications.add(examples.verification("ver_2", claims=(php,)))
        with pytest.raises(OurError):
            await uow.interviews.add(examples.interview(), [examples.profile_item(claim_id=php.id)])


async def test_saving_an_interview_keeps_what_was_pinned_at_its_start(units: UnitOfWorkFactory) -> None:
    async with units() as uow:
        await examples.add_call(uow)
        changed = examples.interview(state=InterviewState.LIVE, live_ms=5, policy_version="looser", seed=1)
        await uow.interviews.save(changed)
        expected = examples.interview(state=InterviewState.LIVE, live_ms=5)
        assert await uow.interviews.get(examples.CALL) == expected


async def test_an_ended_interview_never_comes_back(units: UnitOfWorkFactory) -> None:
    over = examples.ended(examples.interview())
    async with units() as uow:
        await examples.add_call(uow)
        await uow.interviews.save(over)
        for again in (examples.interview(state=InterviewState.LIVE), over):
            with pytest.raises(Conflict):
                await uow.interviews.save(again)
        with pytest.raises(NotFound):
            await uow.interviews.save(replace(over, id=InterviewId("int_9")))
        assert await uow.interviews.get(examples.CALL) == over


async def test_an_interview_ends_with_a_time_and_a_cause(units: UnitOfWorkFactory) -> None:
    async with units() as uow:
        await examples.add_call(uow)
        with pytest.raises(OurError):
            await uow.interviews.save(replace(examples.ended(examples.interview()), end_cause=None))
        with pytest.raises(OurError):
            await uow.interviews.save(examples.interview(ended_ms=START_MS))


async def test_interviews_are_listed_by_case_by_state_and_newest_first(units: UnitOfWorkFactory) -> None:
    async with units() as uow:
        await examples.add_case(uow)
        for number in (2, 1, 3):
            await uow.interviews.add(
                examples.interview(f"int_{number}", number=number, created_ms=START_MS + number), []
            )
        with pytest.raises(Conflict):
            await uow.interviews.add(examples.interview("int_9", number=1), [])
        await uow.interviews.save(examples.ended(await uow.interviews.get(InterviewId("int_2"))))
        assert [one.number for one in await uow.interviews.of_verification(examples.CASE)] == [1, 2, 3]
        assert [one.number for one in await uow.interviews.unfinished()] == [1, 3]
        assert [one.number for one in await uow.interviews.recent(2)] == [3, 2]


async def test_a_run_ends_once(units: UnitOfWorkFactory) -> None:
    done = examples.run(ended_ms=START_MS + 9_000, answer=Answer.CONSISTENT, typed="4711")
    async with units() as uow:
        await examples.add_call(uow)
        await uow.runs.add(examples.run())
        assert await uow.runs.of_interview(examples.CALL) == (examples.run(),)
        await uow.runs.end(replace(done, item_key="ignored", started_ms=START_MS))
        with pytest.raises(Conflict):
            await uow.runs.end(replace(done, answer=Answer.INCONSISTENT, typed=None))
        with pytest.raises(NotFound):
            await uow.runs.end(replace(done, id=RunId("run_9")))
        assert await uow.runs.of_interview(examples.CALL) == (done,)


async def test_a_run_is_of_a_planned_item_and_its_number_is_its_own(units: UnitOfWorkFactory) -> None:
    async with units() as uow:
        await examples.add_call(uow)
        await uow.runs.add(examples.run())
        with pytest.raises(Conflict):
            await uow.runs.add(examples.run("run_2"))
        with pytest.raises(OurError):
            await uow.runs.add(examples.run("run_3", item_key="never.planned"))
        with pytest.raises(OurError):
            await uow.runs.end(examples.run(ended_ms=START_MS - 1))


async def test_flags_come_back_in_time_order(units: UnitOfWorkFactory) -> None:
    later, sooner = examples.flag("flg_a", at_ms=2), examples.flag("flg_b", at_ms=1, raised_by=None, note="")
    async with units() as uow:
        await examples.add_call(uow)
        await uow.flags.add(later)
        await uow.flags.add(sooner)
        assert await uow.flags.of_interview(examples.CALL) == (sooner, later)


async def test_the_log_counts_without_holes_per_interview(units: UnitOfWorkFactory) -> None:
    async with units() as uow:
        await examples.add_call(uow)
        await uow.interviews.add(examples.interview("int_2", number=2), [])
        entries = [
            await uow.log.append(examples.CALL, at_ms, "chat", Role.FREELANCER, {"text": "ä", "n": [1, None]})
            for at_ms in (10, 10, 11)
        ]
        other = await uow.log.append(InterviewId("int_2"), 12, "ended", None, {})
        assert [entry.sequence for entry in entries] == [1, 2, 3]
        assert other.sequence == 1
        assert await uow.log.since(examples.CALL, 1) == tuple(entries[1:])
        assert await uow.log.since(InterviewId("int_2"), 0) == (other,)


async def test_raw_rows_come_back_equal_and_in_time_order(units: UnitOfWorkFactory) -> None:
    server = [examples.server_sample(n) for n in (2, 0, 1)]
    browser = [examples.browser_sample(n) for n in (1, 0)]
    frames = [examples.frame_sample(START_MS + n) for n in (1, 0)]
    async with units() as uow:
        await examples.add_call(uow)
        await uow.samples.add(server, browser, frames)
        rows = await uow.samples.rows(examples.CALL)
        assert rows.server == (server[1], server[2], server[0])
        assert rows.browser == (browser[1], browser[0])
        assert rows.frames == (frames[1], frames[0])
        assert (await uow.samples.rows(InterviewId("int_9"))).server == ()


async def test_a_repeated_row_is_ignored_and_the_first_one_stands(units: UnitOfWorkFactory) -> None:
    first = examples.server_sample(rtt_ms=20.0)
    forged = examples.browser_sample(received_ms=START_MS + 9)
    async with units() as uow:
        await examples.add_call(uow)
        await uow.samples.add([first], [examples.browser_sample()], [examples.frame_sample()])
        await uow.samples.add([examples.server_sample(rtt_ms=1.0)], [forged], [examples.frame_sample(faces=9)])
        await uow.samples.add([examples.server_sample(generation=2), examples.server_sample(generation=2)], [], [])
        rows = await uow.samples.rows(examples.CALL)
        assert rows.server == (first, examples.server_sample(generation=2))
        assert rows.browser == (examples.browser_sample(),)
        assert rows.frames == (examples.frame_sample(),)


async def test_raw_rows_of_no_interview_are_refused(units: UnitOfWorkFactory) -> None:
    async with units() as uow:
        with pytest.raises(OurError):
            await uow.samples.add([examples.server_sample()], [], [])


async def test_i10_what_rests_on_another_policy_than_the_pinned_one_is_refused(units: UnitOfWorkFactory) -> None:
    async with units() as uow:
        await examples.add_call(uow)
        await uow.runs.add(examples.run())
        await uow.interviews.save(examples.ended(examples.interview()))
        for finding, assessment in (
            (examples.finding(policy_version="looser"), examples.assessment()),
            (examples.finding(), examples.assessment(policy_version="looser")),
        ):
            with pytest.raises(OurError):
                await uow.verdicts.add([finding], assessment)
        await uow.verdicts.add([examples.finding()], examples.assessment())
        with pytest.raises(OurError):
            await uow.decisions.append(examples.decision(policy_version="looser"))
        assert await uow.decisions.all(examples.CASE) == ()


async def test_an_interview_is_assessed_once(units: UnitOfWorkFactory) -> None:
    async with units() as uow:
        await examples.add_assessed_call(uow)
        assert await uow.verdicts.findings(examples.CALL) == (examples.finding(),)
        assert await uow.verdicts.assessment(examples.CALL) == examples.assessment()
        with pytest.raises(Conflict):
            await uow.verdicts.add([], examples.assessment(conclusive=False))
        assert await uow.verdicts.assessment(InterviewId("int_9")) is None


async def test_a_finding_never_spans_interviews(units: UnitOfWorkFactory) -> None:
    other = examples.interview("int_2", number=2)
    async with units() as uow:
        await examples.add_call(uow)
        await uow.runs.add(examples.run())
        await uow.interviews.add(other, [examples.item()])
        with pytest.raises(OurError):
            await uow.verdicts.add(
                [examples.finding(interview_id=other.id)], examples.assessment(interview_id=other.id)
            )
        assert await uow.verdicts.assessment(other.id) is None


async def test_a_finding_is_about_the_item_that_was_asked(units: UnitOfWorkFactory) -> None:
    async with units() as uow:
        await examples.add_call(uow)
        await uow.runs.add(examples.run())
        with pytest.raises(OurError):
            await uow.verdicts.add([examples.finding(item_key=examples.SKILL)], examples.assessment())


async def test_an_admissible_finding_is_in_scope(units: UnitOfWorkFactory) -> None:
    async with units() as uow:
        await examples.add_call(uow)
        await uow.runs.add(examples.run())
        with pytest.raises(OurError):
            await uow.verdicts.add([examples.finding(in_scope=False)], examples.assessment())
