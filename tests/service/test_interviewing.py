"""What people say and press during a call, and what each side is shown of it."""

from __future__ import annotations

import asyncio
import json

import pytest

from tests.service.stage import F, I, Stage, code_of, item_of
from verifier.core.messages import Checklist, LogMessage
from verifier.core.model import Answer, EndCause, FlagKind, InterviewId, RunId
from verifier.core.samples import ConnectionState
from verifier.errors import Conflict, IllegalState, InvalidInput, NotAllowed, NotFound
from verifier.service.calls import LiveCall, interview_topic


@pytest.fixture
async def call(stage: Stage) -> LiveCall:
    """A call that both have just entered."""
    anna = await stage.interviewer()
    await stage.waits()
    return await stage.live(anna)


async def runs_of(stage: Stage, call: LiveCall) -> list[tuple[str, Answer | None, bool]]:
    async with stage.units(read_only=True) as unit:
        rows = await unit.runs.of_interview(call.interview.id)
    return [(run.item_key, run.answer, run.ended_ms is not None) for run in rows]


async def flags_of(stage: Stage, call: LiveCall) -> list[FlagKind]:
    async with stage.units(read_only=True) as unit:
        return [flag.kind for flag in await unit.flags.of_interview(call.interview.id)]


async def begin(stage: Stage, call: LiveCall, key: str) -> RunId:
    await stage.interviewing.start_run(call.interview.id, key)
    assert call.open_run is not None
    return call.open_run.id


# ---------------------------------------------------------------- runs


async def test_an_asking_is_stored_with_its_window_and_its_answer(stage: Stage, call: LiveCall) -> None:
    run = await begin(stage, call, "identity.city")
    assert await runs_of(stage, call) == [("identity.city", None, False)]
    stage.clock.advance(s=3)
    await stage.interviewing.answer_run(call.interview.id, run, Answer.CONSISTENT)
    assert await runs_of(stage, call) == [("identity.city", Answer.CONSISTENT, True)]
    assert call.runs[0].ended_ms == call.runs[0].started_ms + 3_000


async def test_a_second_asking_ends_the_open_one_without_an_answer(stage: Stage, call: LiveCall) -> None:
    await begin(stage, call, "identity.city")
    stage.clock.advance(s=1)
    await begin(stage, call, "identity.city")
    assert await runs_of(stage, call) == [("identity.city", None, True), ("identity.city", None, False)]
    assert [run.number for run in call.runs] == [1, 2]


async def test_an_answer_to_a_run_that_is_over_or_unknown_writes_nothing(stage: Stage, call: LiveCall) -> None:
    id_ = call.interview.id
    first = await begin(stage, call, "identity.city")
    await stage.interviewing.answer_run(id_, first, Answer.INCONSISTENT)
    for run in (first, "run_unknown"):
        with pytest.raises(Conflict):
            await stage.interviewing.answer_run(id_, run, Answer.CONSISTENT)
    second = await begin(stage, call, "face.present")
    with pytest.raises(Conflict):
        await stage.interviewing.answer_run(id_, first, Answer.CONSISTENT)
    assert call.open_run is not None and call.open_run.id == second
    assert (await runs_of(stage, call))[0] == ("identity.city", Answer.INCONSISTENT, True)


async def test_of_two_answers_at_once_one_counts(stage: Stage, call: LiveCall) -> None:
    run = await begin(stage, call, "identity.city")
    answers = (Answer.CONSISTENT, Answer.INCONSISTENT)
    outcomes = await asyncio.gather(
        *(stage.interviewing.answer_run(call.interview.id, run, answer) for answer in answers), return_exceptions=True
    )
    assert [type(one) for one in outcomes] == [type(None), Conflict]
    assert await runs_of(stage, call) == [("identity.city", Answer.CONSISTENT, True)]


async def test_only_planned_items_can_be_asked(stage: Stage, call: LiveCall) -> None:
    with pytest.raises(NotFound):
        await stage.interviewing.start_run(call.interview.id, "identity.address")
    assert await runs_of(stage, call) == []


async def test_nothing_can_be_asked_before_both_are_connected(stage: Stage) -> None:
    anna = await stage.interviewer()
    await stage.waits()
    call = await stage.taken(anna)
    await stage.connected(call, I)
    with pytest.raises(IllegalState):
        await stage.interviewing.start_run(call.interview.id, "identity.city")
    with pytest.raises(IllegalState):
        await stage.interviewing.complete(call.interview.id)


async def test_after_completing_nothing_is_asked_or_answered(stage: Stage, call: LiveCall) -> None:
    run = await begin(stage, call, "identity.city")
    stage.clock.advance(s=2)
    await stage.interviewing.complete(call.interview.id)
    with pytest.raises(IllegalState):
        await stage.interviewing.answer_run(call.interview.id, run, Answer.CONSISTENT)
    with pytest.raises(IllegalState):
        await stage.interviewing.start_run(call.interview.id, "face.present")
    with pytest.raises(IllegalState):
        await stage.interviewing.complete(call.interview.id)
    assert await runs_of(stage, call) == [("identity.city", None, True)]


# ---------------------------------------------------------------- codes


async def test_a_code_is_answered_by_typing_it_and_by_nothing_else(stage: Stage, call: LiveCall) -> None:
    id_, item = call.interview.id, item_of(call, "comprehension.hear_interviewer")
    run = await begin(stage, call, item.key)
    for answer in (Answer.CONSISTENT, Answer.INCONSISTENT, Answer.UNABLE):
        with pytest.raises(IllegalState):
            await stage.interviewing.answer_run(id_, run, answer)
    with pytest.raises(NotAllowed):
        await stage.interviewing.type_code(id_, I, run, code_of(call, item))
    await stage.interviewing.type_code(id_, F, run, " ".join(code_of(call, item)))
    assert await runs_of(stage, call) == [(item.key, Answer.CONSISTENT, True)]


async def test_a_wrong_code_is_not_heard_and_never_adverse(stage: Stage, call: LiveCall) -> None:
    id_, item = call.interview.id, item_of(call, "comprehension.hear_freelancer")
    for number, typed in enumerate(("", "12", "not digits", "00000"), start=1):
        run = await begin(stage, call, item.key)
        await stage.interviewing.type_code(id_, I, run, typed)
        assert (await runs_of(stage, call))[number - 1] == (item.key, Answer.NOT_HEARD, True)
    with pytest.raises(Conflict):
        await stage.interviewing.type_code(id_, I, run, code_of(call, item, 4))


async def test_a_code_that_the_interviewer_gives_up_is_not_heard(stage: Stage, call: LiveCall) -> None:
    run = await begin(stage, call, "comprehension.hear_interviewer")
    await stage.interviewing.answer_run(call.interview.id, run, Answer.NOT_HEARD)
    assert (await runs_of(stage, call))[0][1] is Answer.NOT_HEARD
    await stage.interviewing.abort(call.interview.id)
    assert await stage.differences() == []


async def test_every_asking_of_a_code_has_new_digits_and_the_old_ones_do_not_count(
    stage: Stage, call: LiveCall
) -> None:
    item = item_of(call, "comprehension.hear_interviewer")
    await begin(stage, call, item.key)
    run = await begin(stage, call, item.key)
    assert code_of(call, item, 1) != code_of(call, item, 2)
    await stage.interviewing.type_code(call.interview.id, F, run, code_of(call, item, 1))
    assert call.runs[-1].answer is Answer.NOT_HEARD


async def test_a_question_without_a_code_refuses_one(stage: Stage, call: LiveCall) -> None:
    run = await begin(stage, call, "identity.city")
    with pytest.raises(IllegalState):
        await stage.interviewing.type_code(call.interview.id, F, run, "1234")


async def test_the_digits_go_to_the_speaking_side_alone(stage: Stage, call: LiveCall) -> None:
    for begin_of, typist in (("comprehension.hear_interviewer", F), ("comprehension.hear_freelancer", I)):
        item = item_of(call, begin_of)
        await begin(stage, call, item.key)
        digits = code_of(call, item)
        assert digits in json.dumps(stage.told(call, typist.other, "checklist"))
        assert f'"{digits}"' not in json.dumps(stage.bus.on(interview_topic(call.interview.id, typist)))
        again = await stage.interviewing.attach(call.interview.id, typist, 0)
        assert f'"{digits}"' not in repr(again).replace("'", '"')


# ---------------------------------------------------------------- what the freelancer must not see


async def test_the_freelancer_never_sees_what_is_expected_or_noted(stage: Stage, call: LiveCall) -> None:
    run = await begin(stage, call, "identity.city")
    await stage.interviewing.answer_run(call.interview.id, run, Answer.INCONSISTENT)
    sent = json.dumps(stage.bus.on(interview_topic(call.interview.id, F)), ensure_ascii=False)
    assert "Köln" not in sent and "inconsistent" not in sent
    shown = repr(await stage.interviewing.attach(call.interview.id, F, 0))
    assert "Köln" not in shown and "inconsistent" not in shown
    assert "Köln" in json.dumps(stage.told(call, I, "checklist"), ensure_ascii=False)


async def test_a_fraud_flag_stays_between_interviewer_and_reviewer(stage: Stage, call: LiveCall) -> None:
    id_ = call.interview.id
    await stage.interviewing.raise_flag(id_, I, FlagKind.FRAUD, "another face in the mirror")
    assert await flags_of(stage, call) == [FlagKind.FRAUD]
    assert "fraud" not in json.dumps(stage.bus.on(interview_topic(id_, F)))
    assert "fraud" not in repr(await stage.interviewing.attach(id_, F, 0))
    assert "another face" in json.dumps(stage.told(call, I, "log"))
    assert "another face" in repr(await stage.interviewing.attach(id_, I, 0))


# ---------------------------------------------------------------- flags and chat


async def test_both_sides_can_say_that_they_cannot_hear(stage: Stage, call: LiveCall) -> None:
    for role in (F, I):
        await stage.interviewing.raise_flag(call.interview.id, role, FlagKind.CANT_HEAR, "")
    assert await flags_of(stage, call) == [FlagKind.CANT_HEAR, FlagKind.CANT_HEAR]
    assert [one["by"] for one in stage.told(call, F, "log") if one["kind"] == "flag"] == ["freelancer", "interviewer"]


async def test_nobody_raises_a_flag_that_is_not_his(stage: Stage, call: LiveCall) -> None:
    for role, kind in ((F, FlagKind.FRAUD), (F, FlagKind.TELEMETRY), (I, FlagKind.TELEMETRY)):
        with pytest.raises(NotAllowed):
            await stage.interviewing.raise_flag(call.interview.id, role, kind, "")
    assert await flags_of(stage, call) == []


async def test_a_press_within_the_last_padding_still_voids_the_asking_of_a_completed_call(stage: Stage) -> None:
    await stage.interviewer()
    anna = await stage.interviewer("per_ben")
    await stage.waits()
    call = await stage.live(anna)
    await stage.seconds(call, 6)
    await stage.ask_all(call)
    last = await stage.ask(call, item_of(call, "identity.city"))
    first = next(run for run in call.runs if run.item_key == "identity.city")
    await stage.interviewing.complete(call.interview.id)
    stage.clock.advance(ms=400)
    await stage.interviewing.raise_flag(call.interview.id, F, FlagKind.CANT_HEAR, "")
    stage.clock.advance(ms=600)
    await stage.measuring.tick()
    await stage.seconds(call, 4)
    findings = await stage.findings(call.interview.id)
    assert not findings[last].admissible and "comprehension.reported" in findings[last].reasons
    assert findings[first.id].admissible


async def test_a_line_of_chat_is_stored_before_both_see_it(stage: Stage, call: LiveCall) -> None:
    await stage.interviewing.chat(call.interview.id, F, "  the line crackles \n")
    for role in (F, I):
        assert stage.told(call, role, "log")[-1]["body"] == {"text": "the line crackles"}
    with pytest.raises(InvalidInput):
        await stage.interviewing.chat(call.interview.id, F, " \n\t ")


# ---------------------------------------------------------------- coming back


async def test_a_page_that_comes_back_is_sent_what_it_missed_in_order(stage: Stage, call: LiveCall) -> None:
    id_ = call.interview.id
    for text in ("one", "two", "three"):
        await stage.interviewing.chat(id_, I, text)
    everything = await stage.interviewing.attach(id_, F, 0)
    welcome, *log, view = everything
    assert isinstance(view, Checklist)
    entries = [entry for entry in log if isinstance(entry, LogMessage)]
    assert [entry.sequence for entry in entries] == list(range(1, len(entries) + 1))
    assert welcome.sequence == entries[-1].sequence  # type: ignore[union-attr]
    later = await stage.interviewing.attach(id_, F, entries[-2].sequence)
    assert [entry.body for entry in later if isinstance(entry, LogMessage)] == [{"text": "three"}]
    assert len(await stage.interviewing.attach(id_, F, 10_000)) == 2


async def test_a_call_that_is_over_cannot_be_entered(stage: Stage, call: LiveCall) -> None:
    await stage.interviewing.leave(call.interview.id, F)
    with pytest.raises(NotFound):
        await stage.interviewing.attach(call.interview.id, F, 0)
    with pytest.raises(NotFound):
        await stage.interviewing.attach(InterviewId("int_unknown"), F, 0)


async def test_the_button_that_was_pressed_is_the_cause(stage: Stage) -> None:
    anna = await stage.interviewer()
    presses = (
        (lambda id_: stage.interviewing.leave(id_, F), EndCause.FREELANCER_LEFT),
        (lambda id_: stage.interviewing.leave(id_, I), EndCause.INTERVIEWER_LEFT),
        (stage.interviewing.abort, EndCause.QUALITY_ABORT),
    )
    for number, (press, cause) in enumerate(presses):
        await stage.waits(f"ver_{number}")
        call = await stage.live(anna)
        await press(call.interview.id)
        stored = await stage.interview(call.interview.id)
        assert stored.end_cause is cause
        assert not (await stage.assessment(call.interview.id)).conclusive


# ---------------------------------------------------------------- commands that come while the call is being judged


async def test_what_comes_while_the_call_is_judged_is_refused_and_changes_no_verdict(stage: Stage) -> None:
    anna = await stage.interviewer()
    await stage.waits()
    call = await stage.live(anna)
    id_ = call.interview.id
    await stage.seconds(call, 6)
    await stage.ask_all(call)
    run = await begin(stage, call, "identity.city")
    await stage.seconds(call, 2)
    late = (
        stage.interviewing.answer_run(id_, run, Answer.INCONSISTENT),
        stage.interviewing.start_run(id_, "identity.city"),
        stage.interviewing.raise_flag(id_, F, FlagKind.CANT_HEAR, "late"),
        stage.interviewing.raise_flag(id_, I, FlagKind.FRAUD, "late"),
        stage.interviewing.chat(id_, F, "late"),
        stage.interviewing.complete(id_),
        stage.connecting.ready(id_, F),
    )
    outcomes = await asyncio.gather(stage.interviewing.abort(id_), *late, return_exceptions=True)
    assert outcomes[0] is None
    assert all(isinstance(one, (IllegalState, NotFound)) for one in outcomes[1:]), outcomes
    assert await flags_of(stage, call) == []
    assert len(await runs_of(stage, call)) == len(call.runs)
    assert id_ not in stage.media.calls, "nothing reopens the media of a call that is over"
    assert await stage.differences() == []


async def test_a_run_begun_before_a_break_and_answered_after_it_does_not_count(stage: Stage) -> None:
    from tests.core.rows import Call

    anna = await stage.interviewer()
    await stage.waits()
    call = await stage.live(anna, Call(60).reconnect(F, 10, 16))
    await stage.seconds(call, 8)
    run = await begin(stage, call, "identity.city")
    await stage.seconds(call, 2)
    await stage.leg(call, F, ConnectionState.DISCONNECTED)
    await stage.seconds(call, 6)
    await stage.connected(call, F)
    await stage.seconds(call, 8)
    await stage.interviewing.answer_run(call.interview.id, run, Answer.CONSISTENT)
    await stage.seconds(call, 4)
    assert call.settled[run][0] is False
    await stage.interviewing.abort(call.interview.id)
    assert not (await stage.findings(call.interview.id))[run].admissible
