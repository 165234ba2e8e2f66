"""The only way to failed: it exists, and every single condition that does not hold closes it (I1 to I4)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.core import failures
from tests.core.interviews import (
    BACK,
    CITY,
    FACE,
    FRONT,
    HEAR,
    PLAN,
    PROFILE,
    RUN_S,
    SECONDS,
    call,
    interview,
    run,
    runs,
    still,
)
from tests.core.rows import T0, VERDICT_PROPERTY, Call
from verifier.core import decision
from verifier.core.assessment import adverse_findings
from verifier.core.evidence import StillKind
from verifier.core.failure import (
    SENTENCES,
    Failed,
    Objection,
    confirm,
    objections_to_confirming,
    objections_to_proposing,
    objections_to_rejecting,
    objections_to_ruling,
    objections_to_statement,
    require_proposable,
)
from verifier.core.model import Answer, EndCause, Flag, FlagId, FlagKind, InterviewId, Result, Role, StaffRole
from verifier.core.policy import SHIPPED
from verifier.core.proposal import ProposalRecord, Ruling, RulingOutcome, WindowStop
from verifier.core.statement import Ground
from verifier.errors import IllegalState, NotAllowed

SCENE = failures.scene()
NOW = failures.DECIDED_MS


def refused(scene: Any = SCENE, record: ProposalRecord | None = None, who: Any = None, now_ms: int = NOW) -> set[str]:
    """Objections to confirming; ``confirm`` must refuse exactly when there is one."""
    record, who = record or failures.record(), who or failures.reviewer()
    found = objections_to_confirming(scene, record, who, now_ms)
    if found:
        with pytest.raises((IllegalState, NotAllowed)):
            confirm(scene, record, who, now_ms)
    else:
        confirm(scene, record, who, now_ms)
    return set(found)


def test_a_failure_can_be_proposed_and_confirmed_when_everything_holds() -> None:
    require_proposable(SCENE, failures.reviewer(failures.A), failures.statement(), failures.PROPOSED_MS)
    assert refused() == set()
    decided = decision.failed(failures.failure(), None)
    assert (decided.result, decided.version, decided.decided_by) == (Result.FAILED, 1, failures.B)
    assert decided.reason_codes == ("ground.identity_contradicted",)
    assert decided.proposal_id == failures.PROPOSAL


def test_an_answer_closes_the_window_before_it_runs_out() -> None:
    answered = failures.answered()
    assert refused(record=answered, now_ms=failures.response().at_ms + 10_000) == set()


def test_every_objection_has_a_sentence_of_its_own() -> None:
    assert set(SENTENCES) == set(Objection)
    assert len(set(SENTENCES.values())) == len(Objection)


# ---------------------------------------------------------------- I1: conclusive, adverse, shown


DAMAGES: dict[str, Callable[[], Call]] = {
    "interviewer uplink": lambda: call().uplink_loss(Role.INTERVIEWER, 0, SECONDS, 0.3),
    "interviewer downlink": lambda: call().downlink_loss(Role.INTERVIEWER, 0, SECONDS, 0.3),
    "freelancer uplink": lambda: call().uplink_loss(Role.FREELANCER, 0, SECONDS, 0.3),
    "freelancer downlink": lambda: call().downlink_loss(Role.FREELANCER, 0, SECONDS, 0.3),
    "interviewer withholds": lambda: call().withhold(Role.INTERVIEWER, 0, SECONDS),
    "freelancer withholds": lambda: call().withhold(Role.FREELANCER, 0, SECONDS),
    "the question was lost": lambda: call().uplink_loss(Role.INTERVIEWER, *_window(), 0.4),
    "the answer was lost": lambda: call().uplink_loss(Role.FREELANCER, *_window(), 0.4),
    "an outage": lambda: call().outage(Role.INTERVIEWER, 5, SECONDS // 2),
    "a muted microphone": lambda: call().mute(Role.FREELANCER, 0, SECONDS),
    "a late server": lambda: call().set(Role.FREELANCER, 0, SECONDS, lag_ms=900.0, down_loss=0.3),
}


def _window() -> tuple[int, int]:
    begin = (failures.ASKED.started_ms - T0) // 1_000
    return begin, begin + RUN_S


@pytest.mark.parametrize("damage", DAMAGES)
def test_i1_a_bad_link_closes_the_way_whatever_was_answered(damage: str) -> None:
    scene = failures.scene(DAMAGES[damage]().rows())
    assert Objection.NO_FINDING in refused(scene)
    with pytest.raises(IllegalState):
        require_proposable(scene, failures.reviewer(failures.A), failures.statement(), failures.PROPOSED_MS)


def test_i1_an_inconclusive_interview_closes_the_way_even_with_a_finding_at_hand() -> None:
    assessment = replace(SCENE.assessment, conclusive=False)
    assert refused(failures.scene(assessment=assessment)) == {Objection.INCONCLUSIVE}


@pytest.mark.parametrize("kind", [FlagKind.TELEMETRY, FlagKind.CANT_HEAR])
def test_i1_disputed_figures_and_cant_hear_close_the_way(kind: FlagKind) -> None:
    flag = Flag(FlagId("flg_1"), failures.CALL.id, kind, failures.ASKED.started_ms + 500, None)
    assert Objection.NO_FINDING in refused(failures.scene(flags=(flag,)))


def test_i1_one_consistent_asking_of_the_item_closes_the_way() -> None:
    again = replace(failures.ASKED, id="run_again", number=2, answer=Answer.CONSISTENT)
    assert Objection.NO_FINDING in refused(failures.scene(runs=(*failures.RUNS, again)))


@pytest.mark.parametrize(
    "answers", [{"0": Answer.INCONSISTENT}, {"hear_interviewer": Answer.INCONSISTENT}, {}], ids=str
)
def test_i1_neither_a_skill_nor_a_code_nor_nothing_at_all_can_fail_anybody(answers: dict[str, Answer]) -> None:
    assert Objection.NO_FINDING in refused(failures.scene(runs=runs(**answers)))


@pytest.mark.parametrize(
    "stills",
    [
        (),
        (failures.still(usable=False, problems=("blurred",)),),
        (failures.still(interview_id=InterviewId("iv_other")),),
    ],
    ids=["none", "unusable", "of another call"],
)
def test_i1_without_a_usable_still_of_that_interview_the_way_is_closed(stills: tuple[Any, ...]) -> None:
    assert {Objection.NO_STILL, Objection.FACT_STILL_UNFIT} <= refused(failures.scene(stills=stills))


def test_i1_a_cited_still_that_is_not_kept_closes_the_way_though_others_are() -> None:
    assert refused(failures.scene(stills=(failures.still("stl_other"),))) == {Objection.FACT_STILL_UNFIT}


def test_i9_a_later_interview_closes_the_way_of_the_earlier_one() -> None:
    assert refused(failures.scene(is_last=False)) == {Objection.NOT_THE_LAST}


def test_i9_a_proposal_about_another_interview_is_not_confirmed_by_this_one() -> None:
    other = failures.proposal(interview_id=InterviewId("iv_other"))
    assert Objection.NOT_THE_LAST in refused(record=failures.record(proposal=other))


def test_i10_a_statement_under_another_policy_than_the_pinned_one_is_refused() -> None:
    other = failures.proposal(statement=failures.statement(policy_version="2026-12-loose"))
    assert refused(record=failures.record(proposal=other)) == {Objection.POLICY_DIFFERS}


# ---------------------------------------------------------------- I2: three people, trained, without conflict


@pytest.mark.parametrize(
    ("who", "objection"),
    [
        (failures.reviewer(failures.INTERVIEWER), Objection.OWN_INTERVIEW),
        (failures.reviewer(failures.A), Objection.OWN_PROPOSAL),
        (failures.reviewer(roles=frozenset()), Objection.NOT_A_REVIEWER),
        (failures.reviewer(roles=frozenset({StaffRole.ADMINISTRATOR})), Objection.NOT_A_REVIEWER),
        (failures.reviewer(roles=frozenset({StaffRole.APPEAL_REVIEWER})), Objection.NOT_A_REVIEWER),
        (failures.reviewer(roles=frozenset({StaffRole.INTERVIEWER})), Objection.NOT_A_REVIEWER),
        (failures.reviewer(trainings=()), Objection.UNTRAINED),
        (
            failures.reviewer(trainings=(failures.training(failures.B, StaffRole.REVIEWER, valid_until_ms=NOW - 1),)),
            Objection.UNTRAINED,
        ),
        (
            failures.reviewer(trainings=(failures.training(failures.B, StaffRole.REVIEWER, completed_ms=NOW + 1),)),
            Objection.UNTRAINED,
        ),
        (failures.reviewer(trainings=(failures.training(failures.B, StaffRole.INTERVIEWER),)), Objection.UNTRAINED),
        (failures.reviewer(conflicted=True), Objection.CONFLICTED),
    ],
)
def test_i2_the_wrong_person_confirms_nothing(who: Any, objection: Objection) -> None:
    assert objection in refused(who=who)
    with pytest.raises(NotAllowed):
        confirm(SCENE, failures.record(), who, NOW)


def test_i2_the_interviewer_proposes_nothing_even_as_a_reviewer() -> None:
    found = objections_to_proposing(SCENE, failures.reviewer(failures.INTERVIEWER), failures.PROPOSED_MS)
    assert found == (Objection.OWN_INTERVIEW,)


def test_i2_an_interviewer_whose_training_had_run_out_leads_nobody_to_failed() -> None:
    expired = failures.training(failures.INTERVIEWER, StaffRole.INTERVIEWER, valid_until_ms=failures.ENDED_MS - 1)
    assert refused(failures.scene(interviewer_trainings=(expired,))) == {Objection.INTERVIEWER_UNTRAINED}


# ---------------------------------------------------------------- I3: the statement holds against the call


@pytest.mark.parametrize(
    ("other", "objection"),
    [
        ({"run_id": f"run_{HEAR.key}_1", "item_key": HEAR.key}, Objection.FACT_NOT_FOUND),
        ({"run_id": f"run_{PROFILE.key}_1", "item_key": PROFILE.key}, Objection.FACT_NOT_FOUND),
        ({"run_id": "run_none"}, Objection.FACT_NOT_FOUND),
        ({"item_key": "face.present"}, Objection.FACT_NOT_FOUND),
        ({"from_ms": failures.ASKED.started_ms - 60_000}, Objection.FACT_OUTSIDE_ASKING),
        ({"to_ms": failures.ASKED.started_ms + 60_000}, Objection.FACT_OUTSIDE_ASKING),
        ({"still_id": "stl_other"}, Objection.FACT_STILL_UNFIT),
    ],
    ids=str,
)
def test_i3_a_fact_that_the_call_does_not_show_is_refused(other: dict[str, Any], objection: Objection) -> None:
    said = failures.statement(facts=(failures.fact(**other),))
    assert objection in objections_to_statement(SCENE, said)
    assert objection in refused(record=failures.record(proposal=failures.proposal(statement=said)))


def test_i3_one_good_fact_carries_no_bad_one() -> None:
    bad = failures.fact(number=2, still_id="stl_other")
    said = failures.statement(facts=(failures.fact(), bad))
    assert objections_to_statement(SCENE, said) == (Objection.FACT_STILL_UNFIT,)


def test_i3_a_fact_about_a_document_cites_a_still_of_that_side_of_it() -> None:
    """Taken in the same call, usable and kept, and yet it shows something else."""
    plan, asked = (*PLAN, FRONT), run(FRONT, SECONDS + 2, SECONDS + 14, Answer.INCONSISTENT)
    front, back = still(FRONT, SECONDS + 6), still(BACK, SECONDS + 8)
    rows = replace(Call(SECONDS + 20).rows(), stills=(front,))
    assessment, adverse = adverse_findings(interview(SECONDS + 20), plan, (*runs(), asked), (), rows, SHIPPED)
    scene = failures.scene(
        interview=interview(SECONDS + 20), plan=plan, runs=(*runs(), asked), assessment=assessment, adverse=adverse
    )
    scene = replace(scene, stills=(front, back))
    about = {"run_id": asked.id, "item_key": FRONT.key, "from_ms": asked.started_ms, "to_ms": asked.started_ms + 5_000}
    for cited, objections in ((front, ()), (back, (Objection.FACT_STILL_UNFIT,))):
        facts = (failures.fact(still_id=cited.id, **about),)
        said = failures.statement(ground=Ground.DOCUMENT_FORGED, facts=facts)
        assert objections_to_statement(scene, said) == objections


@pytest.mark.parametrize("ground", [Ground.DOCUMENT_FORGED, Ground.FACE_MISMATCH, Ground.INJECTED_VIDEO])
def test_i3_a_contradicted_city_carries_no_ground_about_a_face_or_a_document(ground: Ground) -> None:
    assert objections_to_statement(SCENE, failures.statement(ground=ground)) == (Objection.GROUND_UNFIT,)


# ---------------------------------------------------------------- I4: the window closed, the evidence watched


@pytest.mark.parametrize(
    ("record", "now_ms"),
    [
        (failures.record(windows=()), NOW),
        (failures.record(), failures.CLOSES_MS - 1),
        (failures.record(stops=(WindowStop(failures.PROPOSAL, 1, failures.OPENED_MS + 1),)), NOW),
        (failures.record(stops=(WindowStop(failures.PROPOSAL, 1, failures.CLOSES_MS + 1),)), NOW),
        (failures.answered(), failures.response().at_ms - 1),
    ],
    ids=["never delivered", "a millisecond early", "bounced", "bounced late", "before the answer"],
)
def test_i4_before_the_window_has_closed_nobody_confirms(record: ProposalRecord, now_ms: int) -> None:
    assert Objection.WINDOW_NOT_CLOSED in refused(record=record, now_ms=now_ms)


@pytest.mark.parametrize(
    "views",
    [
        (),
        (failures.view(person_id=failures.A),),
        (failures.view(watched_ms=4_999),),
        (failures.view(fact_number=2),),
        (failures.view(proposal_id="prp_other"),),
    ],
    ids=["none", "by somebody else", "too short", "of another fact", "of another proposal"],
)
def test_i4_without_having_watched_every_cited_stretch_nobody_confirms(views: tuple[Any, ...]) -> None:
    assert refused(record=failures.record(views=views)) == {Objection.NOT_WATCHED}


def test_i4_every_fact_is_watched_not_only_the_first() -> None:
    two = failures.statement(facts=(failures.fact(), failures.fact(number=2)))
    record = failures.record(proposal=failures.proposal(statement=two))
    assert refused(record=record) == {Objection.NOT_WATCHED}
    watched = replace(record, views=(failures.view(), failures.view(id="viw_2", fact_number=2)))
    assert refused(record=watched) == set()


def test_a_proposal_that_was_rejected_or_confirmed_is_not_confirmed_again() -> None:
    ruling = Ruling(
        "rul_1",
        failures.CALL.verification_id,
        failures.CALL.id,
        failures.B,
        RulingOutcome.VERIFIED,
        NOW - 1,
        "The document was read again; it says the same.",
        failures.PROPOSAL,
    )
    assert Objection.WINDOW_NOT_CLOSED in refused(record=failures.record(ruling=ruling))
    assert Objection.WINDOW_NOT_CLOSED in refused(record=failures.record(confirmed_ms=NOW - 1))


# ---------------------------------------------------------------- the type itself


def test_a_failure_is_made_by_confirm_alone() -> None:
    made = failures.failure()
    with pytest.raises(TypeError, match="confirm"):
        Failed(made.findings, made.assessment, made.record, made.confirmer_id, made.at_ms)
    with pytest.raises(TypeError, match="confirm"):
        replace(made, at_ms=1)


@given(
    st.lists(
        st.tuples(
            st.sampled_from(["up_loss", "down_loss"]),
            st.sampled_from(list(Role)),
            st.integers(0, SECONDS - 1),
            st.integers(1, SECONDS),
            st.floats(0.15, 1.0),
        ),
        min_size=1,
        max_size=4,
    ),
    st.sampled_from([item.key.split(".")[-1] for item in PLAN if item is not CITY]),
)
@VERDICT_PROPERTY
def test_no_damage_of_the_asking_leads_to_failed(damages: list[Any], other: str) -> None:
    """However else the call is damaged: where the contradicted asking itself was damaged, nothing can be confirmed."""
    damaged = call().uplink_loss(Role.INTERVIEWER, *_window(), 0.4)
    for name, role, begin, seconds, share in damages:
        damaged.set(role, begin, begin + seconds, **{name: share})
    scene = failures.scene(damaged.rows(), runs=runs(**{"city": Answer.INCONSISTENT, other: Answer.CONSISTENT}))
    assert refused(scene)


# ---------------------------------------------------------------- what was found by attack


def proposable(source: Call, asked: tuple[Any, ...] = failures.RUNS, about: Any = failures.CALL) -> bool:
    """Whether the contradicted call, over these links, can be proposed upon."""
    scene = failures.scene(rows=source.rows(), runs=asked, interview=about)
    return not objections_to_proposing(scene, failures.reviewer(failures.A), failures.PROPOSED_MS)


@pytest.mark.parametrize("share", [0.10, 0.12, 0.14])
@pytest.mark.parametrize("noise_dbov", [0.0, -10.0, -30.0])
def test_i1_noise_beside_damaged_words_does_not_mend_their_mean(share: float, noise_dbov: float) -> None:
    damaged = Call(SECONDS).set(Role.INTERVIEWER, 28, 33, concealed=share)
    assert not proposable(damaged)
    assert not proposable(damaged.set(Role.FREELANCER, 33, 38, level_dbov=noise_dbov))


@pytest.mark.parametrize("cause", [EndCause.QUALITY_ABORT, EndCause.TECHNICAL_ABORT, EndCause.LANGUAGE_MISMATCH])
def test_i1_a_call_that_was_stopped_because_of_the_connection_carries_no_failure(cause: EndCause) -> None:
    stopped = failures.scene(interview=replace(failures.CALL, end_cause=cause))
    assert refused(stopped) == {Objection.BROKEN_OFF}
    assert Objection.BROKEN_OFF in objections_to_proposing(stopped, failures.reviewer(failures.A), NOW)
    assert objections_to_ruling(stopped, failures.reviewer(), NOW) == (), "another call can be ordered"


def test_i1_another_asking_does_not_make_room_for_the_bad_one_that_is_cited() -> None:
    """Two of a tenth of all seconds are the limit; asked again and declined, the item is relied on elsewhere."""
    seconds = SECONDS + RUN_S + 1
    about = replace(failures.CALL, ended_ms=(failures.CALL.ended_ms or 0) + 1_000 * (RUN_S + 1))
    bad = (
        Call(seconds)
        .set(Role.INTERVIEWER, 28, 33, concealed=0.08)
        .set(Role.FREELANCER, 33, 38, speech_ms=800.0, level_dbov=-25.0)
    )
    bad.set(Role.INTERVIEWER, 18, 20, concealed=0.08)
    declined = run(CITY, SECONDS, SECONDS + RUN_S - 1, Answer.DECLINED, 2)
    assert not proposable(bad, failures.RUNS, about)
    assessment, adverse = adverse_findings(about, PLAN, (*failures.RUNS, declined), (), bad.rows(), SHIPPED)
    assert assessment.conclusive and CITY.key in assessment.adverse_items
    assert adverse == () and not proposable(bad, (*failures.RUNS, declined), about)


def test_i2_nobody_who_knows_the_freelancer_has_a_part_in_it() -> None:
    known = replace(SCENE, conflicted=frozenset({failures.INTERVIEWER}))
    assert refused(known) == {Objection.INTERVIEWER_CONFLICTED}
    assert objections_to_proposing(known, failures.reviewer(failures.A), NOW) == (Objection.INTERVIEWER_CONFLICTED,)
    own = replace(SCENE, conflicted=frozenset({failures.A}))
    assert refused(own) == {Objection.PROPOSER_CONFLICTED}
    assert objections_to_rejecting(own, failures.record(), failures.reviewer(), NOW) == ()


def test_i3_a_fact_about_a_face_cites_a_still_of_the_face() -> None:
    plan, seen = PLAN, next(each for each in failures.RUNS if each.item_key == FACE.key)
    asked = tuple(replace(each, answer=Answer.INCONSISTENT) if each.id == seen.id else each for each in failures.RUNS)
    scene = failures.scene(plan=plan, runs=asked)
    front, face = failures.still("stl_front"), failures.still("stl_face", kind=StillKind.FACE, item_key=FACE.key)
    scene = replace(scene, stills=(front, face))
    about = {"run_id": seen.id, "item_key": FACE.key, "from_ms": seen.started_ms, "to_ms": seen.started_ms + 5_000}
    for cited, objections in ((face, ()), (front, (Objection.FACT_STILL_UNFIT,))):
        said = failures.statement(ground=Ground.FACE_MISMATCH, facts=(failures.fact(still_id=cited.id, **about),))
        assert objections_to_statement(scene, said) == objections
