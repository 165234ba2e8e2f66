"""A document counts when it could be read on a still of its own asking, and never because somebody says so."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.core.interviews import BACK, FIRST_S, FRONT, PLAN, RUN_S, SECONDS, decide, interview, run, runs, still
from tests.core.rows import T0, VERDICT_PROPERTY, Call, F, I
from verifier.core.evidence import Still
from verifier.core.model import Answer, InterviewId, ItemRun, PlannedItem, RunId
from verifier.core.policy import SHIPPED
from verifier.core.quality.perception import perceive
from verifier.core.quality.window import Standing, preview
from verifier.core.reasons import ReasonCode
from verifier.core.samples import InterviewRows
from verifier.core.verdicts import Assessment, Finding, Polarity

BEGIN = FIRST_S + RUN_S * len(PLAN)
ASKED = run(FRONT, BEGIN, BEGIN + RUN_S - 1)
SHARP = still(FRONT, BEGIN + 4)
BLURRED = replace(SHARP, sharpness=0.01, usable=False, problems=("blurred",))
WITH_DOCUMENT = (*PLAN, FRONT, BACK)


def call() -> Call:
    return Call(SECONDS + 2 * RUN_S)


CLEAN = call().rows()
LOSSY = {loss: call().downlink_loss(F, 0, SECONDS + 2 * RUN_S, loss).rows() for loss in (0.3, 0.6, 1.0)}


def judged(
    *stills: Still,
    asked: ItemRun = ASKED,
    source: InterviewRows = CLEAN,
    plan: tuple[PlannedItem, ...] = WITH_DOCUMENT,
) -> tuple[Finding, Assessment]:
    rows = replace(source, stills=stills)
    findings, assessment = decide(rows, (*runs(), asked), plan=plan, about=interview(SECONDS + 2 * RUN_S))
    return findings[asked.id], assessment


def test_a_document_with_a_readable_still_counts_with_every_figure_behind_it() -> None:
    finding, assessment = judged(SHARP)
    assert finding.admissible and finding.in_scope and assessment.all_consistent
    figures = {figure.test: figure for figure in finding.figures}
    assert figures["document_still"].value == 1.0 and figures["still_sharpness"].value == SHARP.sharpness
    assert {"still_dark", "still_bright", "still_width", "still_glare", "audio_concealment"} <= set(figures)


def test_a_document_without_a_still_does_not_count() -> None:
    finding, assessment = judged()
    assert not finding.admissible and finding.reasons == (ReasonCode.MEDIA_STILL_MISSING,)
    assert assessment.conclusive and assessment.all_consistent, "it is informative unless the policy asks for it"


def test_a_document_that_cannot_be_read_does_not_count() -> None:
    finding, _ = judged(BLURRED)
    assert not finding.admissible and finding.reasons == (ReasonCode.MEDIA_STILL_UNUSABLE,)
    failed = {figure.test for figure in finding.figures if not figure.passed}
    assert failed == {"document_still", "still_sharpness"}


def test_one_readable_still_among_others_is_enough() -> None:
    assert judged(BLURRED, SHARP)[0].admissible and judged(SHARP, BLURRED)[0].admissible


def test_a_still_is_judged_by_its_figures_and_not_by_what_was_noted_beside_them() -> None:
    claimed = replace(BLURRED, usable=True, problems=())
    assert not judged(claimed)[0].admissible
    assert judged(replace(SHARP, usable=False, problems=("blurred",)))[0].admissible


@pytest.mark.parametrize(
    "other",
    [
        replace(SHARP, run_id=RunId("run_document.front_2")),
        replace(SHARP, kind=still(BACK, BEGIN).kind),
        replace(SHARP, interview_id=InterviewId("int_other")),
        replace(SHARP, at_ms=T0 + 1_000 * (BEGIN - 1)),
        replace(SHARP, at_ms=T0 + 1_000 * (BEGIN + RUN_S)),
    ],
    ids=["another asking", "another side", "another interview", "before the asking", "after the asking"],
)
def test_a_still_of_something_else_proves_nothing(other: Still) -> None:
    assert judged(other)[0].reasons == (ReasonCode.MEDIA_STILL_MISSING,)


def test_a_readable_still_does_not_make_up_for_a_question_that_could_not_be_heard() -> None:
    finding, _ = judged(SHARP, source=call().downlink_loss(F, BEGIN, BEGIN + RUN_S, 0.4).rows())
    assert not finding.admissible
    assert all(figure.passed for figure in finding.figures if figure.test.startswith("still_"))


def test_the_picture_of_the_call_may_be_bad_while_a_document_is_shown() -> None:
    assert judged(SHARP, source=call().set(I, BEGIN, BEGIN + RUN_S, fps_cap=1.0).rows())[0].admissible


def test_an_operator_may_require_the_document() -> None:
    strict = tuple(replace(item, mandatory=item.mandatory or item is FRONT) for item in WITH_DOCUMENT)
    assert judged(SHARP, plan=strict)[1].conclusive
    _, without = judged(BLURRED, plan=strict)
    assert not without.conclusive and ReasonCode.MEDIA_STILL_UNUSABLE in without.reasons


def test_only_a_readable_document_can_contradict() -> None:
    contradicted = replace(ASKED, answer=Answer.INCONSISTENT)
    finding, assessment = judged(SHARP, asked=contradicted)
    assert finding.polarity is Polarity.ADVERSE and assessment.adverse_items == ("document.front",)
    for stills in ((), (BLURRED,)):
        assert judged(*stills, asked=contradicted)[1].adverse_items == ()


@VERDICT_PROPERTY
@given(
    st.floats(0, 255),
    st.floats(0, 1),
    st.floats(0, 1),
    st.none() | st.integers(0, 3_000),
    st.sampled_from(sorted(LOSSY)),
)
def test_no_still_makes_a_bad_link_count(
    mean: float, glare: float, sharp: float, width: int | None, loss: float
) -> None:
    measured = replace(SHARP, mean_luma=mean, glare_share=glare, sharpness=sharp, card_width_px=width)
    finding, assessment = judged(measured, asked=replace(ASKED, answer=Answer.INCONSISTENT), source=LOSSY[loss])
    assert not finding.admissible and not assessment.conclusive and assessment.adverse_items == ()


def test_while_it_is_asked_a_missing_or_bad_still_may_still_come() -> None:
    until_ms = T0 + 1_000 * (BEGIN + 9)
    timeline = perceive(CLEAN, T0, until_ms, SHIPPED)
    standings = [
        preview(timeline, ASKED.started_ms, until_ms, FRONT.needs, (), CLEAN.frames, SHIPPED, stills).standing
        for stills in ((), (BLURRED,), (BLURRED, SHARP))
    ]
    assert standings == [Standing.TOO_EARLY, Standing.TOO_EARLY, Standing.GOOD_SO_FAR]
