"""What becomes of one asking."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.core.interviews import CITY, FACE, HEAR, PROFILE, run, without_end
from tests.core.rows import T0, Call, I, cant_hear, telemetry
from verifier.core.findings import AdmissibleFinding, admissible, admit, is_in_scope
from verifier.core.model import Answer, ItemKind, ItemRun, PlannedItem
from verifier.core.policy import SHIPPED, Policy
from verifier.core.quality.perception import perceive
from verifier.core.quality.window import WindowQuality, judge
from verifier.core.reasons import ReasonCode
from verifier.core.verdicts import Polarity

ROWS = Call().rows()
TIMELINE = perceive(ROWS, T0, T0 + 60_000, SHIPPED)
ASKED = run(CITY, 10, 21)


def quality_of(asked: ItemRun, item: PlannedItem = CITY, policy: Policy = SHIPPED) -> WindowQuality:
    assert asked.ended_ms is not None
    return judge(TIMELINE, asked.started_ms, asked.ended_ms, item.needs, (), ROWS.frames, policy)


@pytest.mark.parametrize(
    ("answer", "polarity"),
    [
        (Answer.CONSISTENT, Polarity.SUPPORTING),
        (Answer.INCONSISTENT, Polarity.ADVERSE),
        (Answer.DECLINED, Polarity.NEUTRAL),
        (Answer.UNABLE, Polarity.NEUTRAL),
        (Answer.NOT_CLAIMED, Polarity.NEUTRAL),
    ],
)
def test_only_an_inconsistent_answer_is_adverse(answer: Answer, polarity: Polarity) -> None:
    finding = admit(replace(ASKED, answer=answer), CITY, quality_of(ASKED), (), SHIPPED)
    assert finding.admissible and finding.polarity is polarity and finding.reasons == ()
    assert finding.figures[:-1] == quality_of(ASKED).figures and finding.policy_version == SHIPPED.version


def test_not_heard_voids_its_run() -> None:
    finding = admit(replace(ASKED, answer=Answer.NOT_HEARD), CITY, quality_of(ASKED), (), SHIPPED)
    assert finding.reasons == (ReasonCode.COMPREHENSION_NOT_HEARD,)


@pytest.mark.parametrize(("at", "voided"), [(8.9, False), (9.0, True), (22.0, True), (22.1, False)])
def test_a_flag_in_the_padded_window_voids_the_run(at: float, voided: bool) -> None:
    finding = admit(ASKED, CITY, quality_of(ASKED), (cant_hear(at, I),), SHIPPED)
    assert finding.admissible is not voided


def test_disputed_telemetry_voids_every_run() -> None:
    assert admit(ASKED, CITY, quality_of(ASKED), (telemetry(),), SHIPPED).reasons == (ReasonCode.METRICS_DISPUTED,)


def test_a_run_without_end_or_answer_is_inadmissible() -> None:
    without = admit(without_end(ASKED), CITY, None, (), SHIPPED)
    assert {ReasonCode.RUN_UNANSWERED, ReasonCode.RUN_TOO_SHORT} <= set(without.reasons)
    unanswered = admit(replace(ASKED, answer=None), CITY, quality_of(ASKED), (), SHIPPED)
    assert unanswered.reasons == (ReasonCode.RUN_UNANSWERED,)


def test_an_asking_too_short_for_a_question_and_its_answer_does_not_count() -> None:
    short = replace(ASKED, ended_ms=ASKED.started_ms + SHIPPED.min_asking_ms - 1)
    finding = admit(short, CITY, quality_of(short), (), SHIPPED)
    assert not finding.admissible and ReasonCode.RUN_TOO_SHORT in finding.reasons
    long = replace(ASKED, ended_ms=ASKED.started_ms + SHIPPED.min_asking_ms)
    assert ReasonCode.RUN_TOO_SHORT not in admit(long, CITY, quality_of(long), (), SHIPPED).reasons


def test_a_run_without_a_judged_window_is_inadmissible() -> None:
    assert admit(ASKED, CITY, None, (), SHIPPED).reasons == (ReasonCode.METRICS_MISSING,)


def test_the_quality_of_another_window_need_or_policy_proves_nothing() -> None:
    other_window = quality_of(run(CITY, 11, 21))
    other_need = quality_of(ASKED, FACE)
    other_policy = quality_of(ASKED, policy=replace(SHIPPED, version="other"))
    for quality in (other_window, other_need, other_policy):
        assert admit(ASKED, CITY, quality, (), SHIPPED).reasons == (ReasonCode.METRICS_MISSING,)
    assert not admit(ASKED, HEAR, quality_of(ASKED, HEAR), (), SHIPPED).admissible


@pytest.mark.parametrize(
    "item",
    [
        replace(CITY, question_id="identity.password"),
        replace(CITY, claim_id=None),
        replace(PROFILE, claim_id=None),
        replace(PROFILE, question_id="profile.99"),
        replace(HEAR, question_id="comprehension.riddle"),
        replace(FACE, question_id="face.age"),
        replace(CITY, kind=ItemKind.DOCUMENT),
    ],
)
def test_a_question_from_elsewhere_is_out_of_scope(item: PlannedItem) -> None:
    assert not is_in_scope(item)
    asked = replace(ASKED, item_key=item.key)
    finding = admit(asked, item, quality_of(asked, item), (), SHIPPED)
    assert not finding.admissible and not finding.in_scope
    assert ReasonCode.QUESTION_OUT_OF_SCOPE in finding.reasons


@pytest.mark.parametrize("item", [CITY, HEAR, FACE, PROFILE])
def test_questions_of_the_banks_are_in_scope(item: PlannedItem) -> None:
    assert is_in_scope(item)


def test_an_admissible_finding_is_made_by_admission_alone() -> None:
    made = admissible(ASKED, CITY, quality_of(ASKED), (), SHIPPED)
    assert made is not None and made.finding.admissible
    assert admissible(ASKED, CITY, None, (), SHIPPED) is None
    with pytest.raises(TypeError):
        AdmissibleFinding(made.finding)
    with pytest.raises(TypeError):
        replace(made, finding=made.finding)
