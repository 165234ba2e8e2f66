"""The checklist as each side may see it."""

from __future__ import annotations

from dataclasses import replace

from tests.core.test_checklist import CLAIMS
from verifier.core import checklist
from verifier.core.checklist_view import Settled, checklist_for
from verifier.core.messages import ChecklistItem
from verifier.core.model import Answer, InterviewId, ItemKind, ItemRun, Role, RunId
from verifier.core.policy import SHIPPED

SEED = 11
PLAN = checklist.draw(SEED, CLAIMS, SHIPPED)
RUN = ItemRun(RunId("r1"), InterviewId("i"), "identity.city", 1, 1_000)
DONE = replace(RUN, ended_ms=9_000, answer=Answer.CONSISTENT)
GOOD: Settled = {"r1": (True, ())}


def line(role: Role, *runs: ItemRun, settled: Settled | None = None, key: str = "identity.city") -> ChecklistItem:
    view = checklist_for(role, SEED, PLAN, runs, settled or {})
    return next(item for item in view.items if item.key == key)


def test_an_item_goes_from_open_to_admissible() -> None:
    assert line(Role.INTERVIEWER).status == "open"
    assert line(Role.INTERVIEWER, RUN).status == "asking"
    assert line(Role.INTERVIEWER, DONE).status == "settling"
    assert line(Role.INTERVIEWER, DONE, settled=GOOD).status == "admissible"


def test_an_asking_that_did_not_count_says_why() -> None:
    bad = line(Role.INTERVIEWER, DONE, settled={"r1": (False, ("media.light",))})
    assert (bad.status, bad.reasons) == ("ask_again", ("media.light",))
    unheard = line(Role.INTERVIEWER, replace(DONE, answer=Answer.NOT_HEARD), settled=GOOD)
    assert (unheard.status, unheard.reasons) == ("ask_again", ("answer.not_heard",))
    assert line(Role.INTERVIEWER, replace(DONE, answer=None), settled=GOOD).status == "ask_again"


def test_an_asking_that_counted_stays_whatever_a_later_one_was() -> None:
    later = replace(DONE, id=RunId("r2"), number=2)
    both: Settled = {**GOOD, "r2": (False, ("media.light",))}
    assert line(Role.INTERVIEWER, DONE, later, settled=both).status == "admissible"


def test_the_freelancer_sees_neither_expectation_nor_answer() -> None:
    for item in PLAN:
        run = replace(DONE, item_key=item.key, answer=Answer.INCONSISTENT)
        shown = line(Role.FREELANCER, run, settled=GOOD, key=item.key)
        assert shown.answer is None
        if item.kind is not ItemKind.PROFILE:
            assert shown.claim is None
    assert line(Role.INTERVIEWER, DONE).claim == "Köln" and line(Role.INTERVIEWER, DONE).answer is Answer.CONSISTENT


def test_a_code_is_shown_to_the_speaker_while_it_is_asked() -> None:
    for item in checklist.comprehension(1):
        typist = checklist.hearing_side(item)
        run = replace(RUN, item_key=item.key, number=3)
        digits = checklist.code(SEED, item.key, 3)
        assert line(typist.other, run, key=item.key).claim == digits
        assert line(typist, run, key=item.key).claim is None and line(typist, run, key=item.key).types_code
        over = replace(run, ended_ms=9_000, answer=Answer.NOT_HEARD)
        assert line(typist.other, over, key=item.key).claim is None


def test_the_open_run_is_the_current_one() -> None:
    view = checklist_for(Role.FREELANCER, SEED, PLAN, [replace(DONE, id=RunId("r0")), RUN], {})
    assert (view.current, view.run_id) == ("identity.city", "r1")
    assert checklist_for(Role.FREELANCER, SEED, PLAN, [DONE], {}).current is None
