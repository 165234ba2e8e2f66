"""The pulse of the calls: rows are stored before anything is shown, and one call's trouble stays its own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest

from tests.core.rows import Call
from tests.service.stage import F, I, Stage, item_of
from verifier.core.messages import Stats
from verifier.core.model import Answer, EndCause, InterviewId, InterviewState, Role, VerificationId
from verifier.core.samples import (
    BrowserAudio,
    BrowserSample,
    BrowserSource,
    BrowserVideo,
    ConnectionState,
    FrameSample,
    InterviewRows,
    ServerSample,
)
from verifier.errors import NotFound, OurError
from verifier.ports import UnitOfWork
from verifier.service.calls import LiveCall
from verifier.service.measuring import COMPLETE_TIMEOUT_MS, KEEP_UNSAVED


@pytest.fixture
async def call(stage: Stage) -> LiveCall:
    """A call that both have just entered."""
    anna = await stage.interviewer()
    await stage.waits()
    return await stage.live(anna)


async def rows_of(stage: Stage, id_: InterviewId) -> InterviewRows:
    async with stage.units(read_only=True) as unit:
        return await unit.samples.rows(id_)


def stats(sequence: int, generation: int = 1) -> Stats:
    return Stats(generation, sequence, 1_000.0 * sequence, BrowserAudio(), BrowserVideo(), BrowserSource())


# ---------------------------------------------------------------- rows


async def test_every_second_of_both_legs_and_both_browsers_is_stored(stage: Stage, call: LiveCall) -> None:
    await stage.seconds(call, 5)
    rows = await rows_of(stage, call.interview.id)
    for role in Role:
        assert len([row for row in rows.server if row.leg is role]) == 5
        assert len([row for row in rows.browser if row.leg is role]) == 5
    assert len(rows.frames) == 21, "four a second, the first at once"
    assert rows.server == tuple(call.rows.server) and len(rows.browser) == len(call.rows.browser)


async def test_both_sides_are_shown_the_same_quality(stage: Stage, call: LiveCall) -> None:
    await stage.seconds(call, 12)
    freelancer, interviewer = (stage.told(call, role, "quality") for role in (F, I))
    assert freelancer == interviewer and len(freelancer) == 12
    assert freelancer[-1]["fault"] is None
    assert set(freelancer[-1]["indicators"].values()) == {"good"}  # type: ignore[attr-defined]


async def test_stats_of_another_generation_are_dropped(stage: Stage, call: LiveCall) -> None:
    for generation in (0, 2, -1):
        stage.measuring.take_stats(call.interview.id, F, stats(1, generation))
    assert call.unsaved_browser == []
    await stage.connected(call, F)
    stage.measuring.take_stats(call.interview.id, F, stats(2, 1))
    assert call.unsaved_browser == []
    stage.measuring.take_stats(call.interview.id, F, stats(3, 2))
    assert [row.generation for row in call.unsaved_browser] == [2]


async def test_a_repeated_row_never_replaces_the_first(stage: Stage, call: LiveCall) -> None:
    stage.measuring.take_stats(call.interview.id, F, replace(stats(1), client_ms=1.0))
    await stage.measuring.tick()
    stage.measuring.take_stats(call.interview.id, F, replace(stats(1), client_ms=2.0))
    await stage.measuring.tick()
    assert [row.client_ms for row in (await rows_of(stage, call.interview.id)).browser] == [1.0]


async def test_a_flood_of_stats_is_kept_within_bounds(stage: Stage, call: LiveCall) -> None:
    for number in range(KEEP_UNSAVED + 50):
        stage.measuring.take_stats(call.interview.id, F, stats(number))
    assert len(call.unsaved_browser) == KEEP_UNSAVED


async def test_stats_for_a_call_that_is_over_are_refused(stage: Stage, call: LiveCall) -> None:
    await stage.interviewing.leave(call.interview.id, I)
    with pytest.raises(NotFound):
        stage.measuring.take_stats(call.interview.id, F, stats(1))


class SickUnits:
    """Units of work in which the samples of one interview cannot be stored."""

    def __init__(self, stage: Stage, sick: InterviewId) -> None:
        self._units, self._sick, self.cured = stage.units, sick, False

    def __call__(self, *, read_only: bool = False) -> UnitOfWork:
        unit = self._units(read_only=read_only)
        add = unit.samples.add

        async def add_unless_sick(
            server: Sequence[ServerSample], browser: Sequence[BrowserSample], frames: Sequence[FrameSample]
        ) -> None:
            if not self.cured and any(row.interview_id == self._sick for row in (*server, *browser, *frames)):
                raise OurError("The database refused rows that the rules forbid.")
            await add(server, browser, frames)

        unit.samples.add = add_unless_sick  # type: ignore[method-assign]
        return unit


async def test_rows_of_one_call_that_cannot_be_stored_do_not_cost_another_call_its_second(stage: Stage) -> None:
    anna, ben = [await stage.interviewer(name) for name in ("per_anna", "per_ben")]
    await stage.waits("ver_1")
    sick = await stage.live(anna)
    await stage.waits("ver_2")
    well = await stage.live(ben)
    stage.measuring._units = SickUnits(stage, sick.interview.id)
    await stage.seconds(well, 3)
    assert len((await rows_of(stage, well.interview.id)).server) == 6
    assert len(stage.told(well, F, "quality")) == 3
    assert stage.told(sick, F, "quality") == [], "nothing is shown that is not stored"
    assert sick.rows.server == [], "nothing is judged live that is not stored"


async def test_a_call_whose_showing_fails_does_not_stop_the_others(stage: Stage) -> None:
    anna, ben = [await stage.interviewer(name) for name in ("per_anna", "per_ben")]
    await stage.waits("ver_1")
    sick = await stage.live(anna)
    await stage.waits("ver_2")
    well = await stage.live(ben)
    sick.plan = ()
    run = next(iter(well.plan))
    await stage.interviewing.start_run(well.interview.id, run.key)
    sick.runs.append(replace(well.runs[0], item_key="nowhere"))
    await stage.seconds(well, 2)
    assert len(stage.told(well, I, "quality")) == 2
    assert len((await rows_of(stage, sick.interview.id)).server) == 4


async def test_a_call_that_cannot_be_measured_or_ended_does_not_stop_the_others(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    anna, ben = [await stage.interviewer(name) for name in ("per_anna", "per_ben")]
    await stage.waits("ver_1")
    sick = await stage.live(anna)
    await stage.waits("ver_2")
    well = await stage.live(ben)
    sample, again = stage.media.sample, stage.concluding.again

    def sample_unless_sick(id_: InterviewId) -> tuple[ServerSample, ...]:
        if id_ == sick.interview.id:
            raise RuntimeError("no figures")
        return sample(id_)

    async def again_unless_sick(call: LiveCall) -> None:
        if call is sick:
            raise RuntimeError("no end")
        await again(call)

    monkeypatch.setattr(stage.media, "sample", sample_unless_sick)
    monkeypatch.setattr(stage.concluding, "again", again_unless_sick)
    await stage.seconds(well, 2)
    assert len(stage.told(well, I, "quality")) == 2
    assert len((await rows_of(stage, well.interview.id)).server) == 4
    assert (await rows_of(stage, sick.interview.id)).server == (), "missing, and so bad"


# ---------------------------------------------------------------- how an asking stands


async def test_an_asking_settles_when_its_padded_window_is_covered(stage: Stage, call: LiveCall) -> None:
    await stage.seconds(call, 6)
    run = await stage.ask(call, item_of(call, "identity.city"))
    await stage.seconds(call, 2)
    assert run not in call.settled
    assert stage.told(call, I, "checklist")[-1]["items"] != []
    await stage.seconds(call)
    assert call.settled[run] == (True, ())
    line = next(one for one in stage.told(call, I, "checklist")[-1]["items"] if one["key"] == "identity.city")  # type: ignore[attr-defined]
    assert line["status"] == "admissible"


async def test_the_live_word_on_an_asking_is_the_verdicts_word(stage: Stage) -> None:
    anna = await stage.interviewer()
    await stage.waits()
    call = await stage.live(anna, Call(120).uplink_loss(F, 6, 30, 0.5))
    await stage.seconds(call, 6)
    await stage.ask_all(call)
    await stage.interviewing.complete(call.interview.id)
    await stage.seconds(call, 4)
    findings = await stage.findings(call.interview.id)
    assert {run: word[0] for run, word in call.settled.items()} == {run: f.admissible for run, f in findings.items()}
    assert False in {f.admissible for f in findings.values()}


async def test_the_open_asking_is_said_to_be_lost_while_it_runs(stage: Stage) -> None:
    anna = await stage.interviewer()
    await stage.waits()
    call = await stage.live(anna, Call(60).uplink_loss(F, 8, 30, 0.5))
    await stage.seconds(call, 6)
    await stage.interviewing.start_run(call.interview.id, "identity.city")
    await stage.seconds(call, 8)
    shown = stage.told(call, I, "quality")[-1]
    assert shown["run_admissible"] is False and shown["run_reasons"]


async def test_frames_are_watched_while_a_face_item_is_open(stage: Stage, call: LiveCall) -> None:
    watched = []
    for key in ("identity.city", "face.present", "face.liveness", "comprehension.hear_interviewer"):
        await stage.interviewing.start_run(call.interview.id, key)
        await stage.seconds(call)
        watched.append(stage.media.calls[call.interview.id].every_frame)
    assert watched == [False, True, True, False]


async def test_trouble_of_a_few_seconds_makes_the_call_impaired_and_a_few_good_ones_heal_it(stage: Stage) -> None:
    anna = await stage.interviewer()
    await stage.waits()
    call = await stage.live(anna, Call(60).uplink_loss(I, 4, 14, 0.5))
    seen = []
    for _ in range(30):
        await stage.seconds(call)
        seen.append(call.interview.state)
    assert seen[0] is InterviewState.LIVE and InterviewState.IMPAIRED in seen and seen[-1] is InterviewState.LIVE
    assert {one["body"]["state"] for one in stage.told(call, F, "log") if one["kind"] == "state"} == {  # type: ignore[index]
        "impaired",
        "live",
    }


# ---------------------------------------------------------------- the end of the checklist


async def test_completing_waits_for_the_last_padded_window(stage: Stage, call: LiveCall) -> None:
    await stage.seconds(call, 6)
    run = await stage.ask(call, item_of(call, "identity.city"))
    await stage.interviewing.complete(call.interview.id)
    await stage.seconds(call, 2)
    assert call.ended_by is None
    await stage.seconds(call, 1)
    assert call.ended_by is EndCause.COMPLETED
    assert (await stage.findings(call.interview.id))[run].admissible


async def test_completing_without_an_open_question_ends_at_once(stage: Stage, call: LiveCall) -> None:
    await stage.interviewing.complete(call.interview.id)
    await stage.seconds(call)
    assert call.ended_by is EndCause.COMPLETED
    assert "checklist.incomplete" in (await stage.assessment(call.interview.id)).reasons


async def test_a_window_that_cannot_settle_does_not_hold_the_call_for_ever(stage: Stage, call: LiveCall) -> None:
    await stage.interviewing.start_run(call.interview.id, "identity.city")
    await stage.interviewing.complete(call.interview.id)
    call.runs[0] = replace(call.runs[0], ended_ms=stage.clock.now_ms() + 60_000)
    await stage.seconds(call, COMPLETE_TIMEOUT_MS // 1_000)
    assert call.ended_by is None
    await stage.seconds(call)
    assert call.ended_by is EndCause.COMPLETED


async def test_a_break_while_completing_asks_for_codes_that_nobody_can_answer_any_more(
    stage: Stage, call: LiveCall
) -> None:
    await stage.seconds(call, 6)
    await stage.ask_all(call)
    await stage.ask(call, item_of(call, "identity.city"))
    await stage.interviewing.complete(call.interview.id)
    await stage.leg(call, F, ConnectionState.DISCONNECTED)
    stage.clock.advance(ms=3_001)
    await stage.connected(call, F)
    await stage.seconds(call, 2)
    assert call.ended_by is EndCause.COMPLETED
    assert not (await stage.assessment(call.interview.id)).conclusive


async def test_an_end_that_could_not_be_stored_is_tried_again(stage: Stage, call: LiveCall) -> None:
    await stage.seconds(call, 2)
    sick = SickUnits(stage, call.interview.id)
    stage.concluding._units = sick
    with pytest.raises(OurError):
        await stage.interviewing.abort(call.interview.id)
    assert (await stage.interview(call.interview.id)).state is not InterviewState.ENDED
    ended_ms = stage.clock.now_ms()
    stage.clock.advance(s=20)
    sick.cured = True
    await stage.measuring.tick()
    stored = await stage.interview(call.interview.id)
    assert (stored.end_cause, stored.ended_ms) == (EndCause.QUALITY_ABORT, ended_ms), "as and when it was meant to end"
    assert stage.calls.all() == () and len(stage.told(call, F, "ended")) == 1
    assert (await stage.case(VerificationId("ver_1"))).status == "retry_offered"


async def test_an_answer_right_before_the_end_is_in_the_verdict(stage: Stage, call: LiveCall) -> None:
    await stage.seconds(call, 6)
    await stage.interviewing.start_run(call.interview.id, "identity.city")
    await stage.seconds(call, 10)
    run = call.runs[0].id
    await stage.interviewing.answer_run(call.interview.id, run, Answer.INCONSISTENT)
    await stage.interviewing.leave(call.interview.id, F)
    finding = (await stage.findings(call.interview.id))[run]
    assert not finding.admissible, "the second after it was never measured"
