"""What may be decided after a call: only what the stored assessment allows, by those who may, once."""

from __future__ import annotations

import asyncio
import json

import pytest

from tests.core.rows import Call
from tests.service.stage import CASE, F, I, Stage
from verifier.core.model import Answer, Flag, FlagId, FlagKind, Need, Result, StaffRole, Training, VerificationStatus
from verifier.core.principal import FreelancerPrincipal
from verifier.core.samples import ConnectionState
from verifier.core.webhook import EventType
from verifier.errors import Conflict, IllegalState, NotAllowed, NotFound

FREELANCER = FreelancerPrincipal(CASE, "session")


async def test_the_interviewer_verifies_a_conclusive_consistent_call(stage: Stage) -> None:
    anna = await stage.interviewer(roles=frozenset({StaffRole.INTERVIEWER}))
    await stage.waits()
    call = await stage.whole(anna)
    outcome = await stage.deciding.outcome(anna, call.interview.id)
    assert (outcome["conclusive"], outcome["next"], outcome["decided"]) == (True, "may_verify", None)
    outcome = await stage.deciding.verify(anna, call.interview.id)
    assert outcome["decided"] == {"version": 1, "result": Result.VERIFIED}
    case = await stage.case()
    assert (case.status, case.result) == (VerificationStatus.COMPLETED, Result.VERIFIED)
    last = (await stage.events())[-1]
    assert last.type is EventType.VERIFICATION_DECIDED and json.loads(last.body)["data"]["result"] == "verified"
    with pytest.raises(IllegalState):
        await stage.deciding.verify(anna, call.interview.id)
    assert await stage.differences() == []


async def test_of_two_presses_at_once_one_decides(stage: Stage) -> None:
    anna = await stage.interviewer()
    await stage.waits()
    call = await stage.whole(anna)
    both = await asyncio.gather(
        *(stage.deciding.verify(anna, call.interview.id) for _ in range(2)), return_exceptions=True
    )
    assert sum(isinstance(one, (IllegalState, Conflict)) for one in both) == 1
    async with stage.units(read_only=True) as unit:
        assert [one.version for one in await unit.decisions.all(CASE)] == [1]


async def test_the_outcome_names_items_that_were_never_asked(memory: Stage) -> None:
    anna = await memory.interviewer()
    await memory.waits()
    call = await memory.live(anna)
    await memory.seconds(call, 6)
    asked = next(item for item in call.plan if item.mandatory)
    await memory.ask(call, asked)
    await memory.interviewing.abort(call.interview.id)
    outcome = await memory.deciding.outcome(anna, call.interview.id)
    lines = outcome["items"]
    assert isinstance(lines, list)
    assert {line["key"] for line in lines} == {item.key for item in call.plan}
    never = [line for line in lines if line["run"] == 0]
    assert len(never) == len(call.plan) - 1
    assert not any(line["admissible"] for line in never), "what was not asked counts for nothing"


async def test_nobody_else_verifies(stage: Stage) -> None:
    anna = await stage.interviewer(roles=frozenset({StaffRole.INTERVIEWER}))
    await stage.waits()
    call = await stage.whole(anna)
    for name, role, error in (
        ("per_ben", StaffRole.INTERVIEWER, NotFound),
        ("per_admin", StaffRole.ADMINISTRATOR, NotAllowed),
        ("per_appeal", StaffRole.APPEAL_REVIEWER, NotAllowed),
    ):
        other = await stage.interviewer(name, roles=frozenset({role}))
        for verb in (stage.deciding.verify, stage.deciding.outcome):
            with pytest.raises(error):
                await verb(other, call.interview.id)
    rita = await stage.interviewer("per_rita", roles=frozenset({StaffRole.REVIEWER}), trained=False)
    with pytest.raises(NotAllowed, match="training"):
        await stage.deciding.verify(rita, call.interview.id)
    async with stage.units() as unit:
        now_ms = stage.clock.now_ms()
        await unit.trainings.add(Training(rita.person.id, StaffRole.REVIEWER, now_ms, now_ms + 1))
    assert (await stage.deciding.verify(rita, call.interview.id))["decided"]


async def test_a_call_that_goes_on_cannot_be_decided(stage: Stage) -> None:
    anna = await stage.interviewer()
    await stage.waits()
    call = await stage.live(anna)
    await stage.seconds(call, 6)
    await stage.ask_all(call)
    assert await stage.deciding.outcome(anna, call.interview.id) == {"ended": False}
    with pytest.raises(IllegalState):
        await stage.deciding.verify(anna, call.interview.id)
    await stage.interviewing.complete(call.interview.id)
    with pytest.raises(IllegalState):
        await stage.deciding.verify(anna, call.interview.id)
    assert (await stage.case()).result is Result.NONE


@pytest.mark.parametrize("answer", [Answer.INCONSISTENT, Answer.DECLINED, Answer.UNABLE, Answer.NOT_CLAIMED])
async def test_what_is_not_consistent_goes_to_review_and_stays_there(memory: Stage, answer: Answer) -> None:
    anna = await memory.interviewer()
    await memory.waits()
    call = await memory.whole(anna, answers={"identity.city": answer})
    outcome = await memory.deciding.outcome(anna, call.interview.id)
    assert (outcome["conclusive"], outcome["next"]) == (True, "to_review")
    with pytest.raises(IllegalState):
        await memory.deciding.verify(anna, call.interview.id)
    case = await memory.case()
    assert (case.status, case.result) == (VerificationStatus.IN_REVIEW, Result.NONE)


async def test_an_open_fraud_flag_blocks_verified_and_leaves_the_call_conclusive(memory: Stage) -> None:
    anna = await memory.interviewer()
    await memory.waits()
    call = await memory.live(anna)
    await memory.seconds(call, 6)
    await memory.ask_all(call)
    await memory.interviewing.complete(call.interview.id)
    await memory.interviewing.raise_flag(call.interview.id, I, FlagKind.FRAUD, "a screen before the camera")
    await memory.seconds(call, 4)
    outcome = await memory.deciding.outcome(anna, call.interview.id)
    assert (outcome["conclusive"], outcome["next"], outcome["next_reasons"]) == (
        True,
        "to_review",
        ["review.fraud_flag"],
    )
    with pytest.raises(IllegalState):
        await memory.deciding.verify(anna, call.interview.id)


async def bad(stage: Stage, script: Call) -> str:
    """Everything asked and answered consistently over a link that was not good enough; the reasons."""
    anna = await stage.interviewer()
    await stage.waits()
    call = await stage.whole(anna, script)
    assessment = await stage.assessment(call.interview.id)
    assert not assessment.conclusive and not assessment.all_consistent
    with pytest.raises(IllegalState):
        await stage.deciding.verify(anna, call.interview.id)
    assert (await stage.case()).status is VerificationStatus.RETRY_OFFERED
    assert await stage.differences() == []
    return " ".join(assessment.reasons)


async def test_consistent_answers_over_a_bad_link_verify_nothing(memory: Stage) -> None:
    assert "freelancer" in await bad(memory, Call(120).uplink_loss(F, 0, 120, 0.4))


async def test_an_interviewer_whose_browser_withholds_its_figures_verifies_nothing(memory: Stage) -> None:
    assert await bad(memory, Call(120).withhold(I, 0, 120))


async def test_a_freelancer_whose_browser_withholds_its_figures_is_not_verified(memory: Stage) -> None:
    assert await bad(memory, Call(120).withhold(F, 0, 120))


async def test_forged_figures_of_a_silent_line_verify_nothing(memory: Stage) -> None:
    """The freelancer's browser claims a perfect sink while the server knows that nothing was forwarded to it."""
    honest, forged = Call(120).uplink_loss(I, 0, 120, 1.0), Call(120)
    anna = await memory.interviewer()
    await memory.waits()
    call = await memory.live(anna, honest)
    shift = memory.clock.now_ms()
    rows = {(row.leg, row.sequence): row for row in forged.rows().browser}
    truthful = memory.media.browser_rows

    def lies(id_: object, after_ms: int) -> object:
        assert shift
        return tuple(
            row.__class__(
                **{
                    **{name: getattr(row, name) for name in row.__slots__},
                    "audio": rows[row.leg, row.sequence].audio,
                    "video": rows[row.leg, row.sequence].video,
                }
            )
            for row in truthful(call.interview.id, after_ms)
        )

    memory.media.browser_rows = lies  # type: ignore[method-assign, assignment]
    await memory.seconds(call, 6)
    await memory.ask_all(call)
    await memory.interviewing.complete(call.interview.id)
    await memory.seconds(call, 4)
    assert not (await memory.assessment(call.interview.id)).conclusive
    heard = {item.key for item in call.plan if Need.AUDIO_ASK in item.needs}
    findings = (await memory.findings(call.interview.id)).values()
    assert heard and not any(one.admissible for one in findings if one.item_key in heard)


# ---------------------------------------------------------------- several calls of one case


async def test_only_the_last_call_of_a_case_can_be_decided(memory: Stage) -> None:
    anna = await memory.interviewer()
    await memory.waits()
    first = await memory.whole(anna, Call(120).uplink_loss(F, 0, 120, 0.4))
    await memory.waiting.arrive(CASE)
    second = await memory.whole(anna)
    assert second.interview.number == 2
    with pytest.raises(IllegalState):
        await memory.deciding.verify(anna, first.interview.id)
    assert (await memory.deciding.verify(anna, second.interview.id))["decided"]


async def test_a_good_call_of_another_case_verifies_nobody_else(memory: Stage) -> None:
    anna = await memory.interviewer()
    await memory.waits("ver_1")
    good = await memory.whole(anna)
    await memory.waits("ver_2")
    bad_call = await memory.whole(anna, Call(120).uplink_loss(F, 0, 120, 0.4))
    with pytest.raises(IllegalState):
        await memory.deciding.verify(anna, bad_call.interview.id)
    await memory.deciding.verify(anna, good.interview.id)
    assert (await memory.case(bad_call.verification.id)).result is Result.NONE


async def test_findings_of_two_calls_never_add_up(memory: Stage) -> None:
    anna = await memory.interviewer()
    await memory.waits()
    call = await memory.live(anna)
    await memory.seconds(call, 6)
    items = [item for item in call.plan if item.mandatory]
    for item in items[:-1]:
        await memory.ask(call, item)
        await memory.seconds(call)
    await memory.interviewing.abort(call.interview.id)
    await memory.waiting.arrive(CASE)
    second = await memory.live(anna)
    await memory.seconds(second, 6)
    await memory.ask(second, next(item for item in second.plan if item.key == items[-1].key))
    await memory.seconds(second, 4)
    await memory.interviewing.abort(second.interview.id)
    assert not (await memory.assessment(second.interview.id)).conclusive


# ---------------------------------------------------------------- no further call wanted


async def test_declining_the_retry_decides_inconclusive_once(stage: Stage) -> None:
    anna = await stage.interviewer()
    await stage.waits()
    with pytest.raises(IllegalState):
        await stage.deciding.decline_retry(FREELANCER)
    call = await stage.live(anna)
    with pytest.raises(IllegalState):
        await stage.deciding.decline_retry(FREELANCER)
    await stage.interviewing.leave(call.interview.id, F)
    await stage.deciding.decline_retry(FREELANCER)
    case = await stage.case()
    assert (case.status, case.result) == (VerificationStatus.COMPLETED, Result.INCONCLUSIVE)
    with pytest.raises(IllegalState):
        await stage.deciding.decline_retry(FREELANCER)
    with pytest.raises(IllegalState):
        await stage.deciding.verify(anna, call.interview.id)
    assert await stage.differences() == []


async def test_a_conclusive_call_cannot_be_declined_into_inconclusive(memory: Stage) -> None:
    anna = await memory.interviewer()
    await memory.waits()
    await memory.whole(anna)
    with pytest.raises(IllegalState):
        await memory.deciding.decline_retry(FREELANCER)
    assert (await memory.case()).status is VerificationStatus.IN_REVIEW


async def test_codes_of_the_second_round_are_mandatory_for_verified(memory: Stage) -> None:
    anna = await memory.interviewer()
    await memory.waits()
    call = await memory.live(anna, Call(200).reconnect(F, 1, 6))
    await memory.seconds(call, 1)
    await memory.leg(call, F, ConnectionState.DISCONNECTED)
    await memory.seconds(call, 5)
    await memory.connected(call, F)
    await memory.seconds(call, 5)
    second_round = [item for item in call.plan if item.round == 2]
    for item in [item for item in call.plan if item.mandatory and item.round == 1]:
        await memory.ask(call, item)
        await memory.seconds(call)
    assert len(second_round) == 2
    await memory.interviewing.complete(call.interview.id)
    await memory.seconds(call, 4)
    assessment = await memory.assessment(call.interview.id)
    assert not assessment.conclusive and "checklist.incomplete" in assessment.reasons


async def test_i1_a_stored_verdict_that_does_not_follow_from_the_rows_verifies_nobody(stage: Stage) -> None:
    """Neither for the interviewer: what is good on paper and bad in its rows is no verdict."""
    anna = await stage.interviewer()
    await stage.waits()
    call = await stage.whole(anna)
    async with stage.units() as unit:
        last = max(run.ended_ms or 0 for run in await unit.runs.of_interview(call.interview.id))
        late = Flag(FlagId("flg_late"), call.interview.id, FlagKind.CANT_HEAR, last - 500, F, "")
        await unit.flags.add(late)
    with pytest.raises(IllegalState, match="does not follow"):
        await stage.deciding.verify(anna, call.interview.id)
    assert (await stage.case()).result is Result.NONE
