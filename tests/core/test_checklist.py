"""The drawing of a checklist: reproducible, from two sources only, codes that cannot be guessed from each other."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.core.rows import PROPERTY
from verifier.core import checklist
from verifier.core.evidence import StillKind
from verifier.core.findings import is_in_scope
from verifier.core.model import Answer, Claim, ClaimId, ClaimKind, ItemKind, Role
from verifier.core.policy import SHIPPED

SEEDS = st.integers(0, 2**63 - 1)
CLAIMS = (
    Claim(ClaimId("c1"), ClaimKind.IDENTITY, "city", "Köln"),
    Claim(ClaimId("c2"), ClaimKind.IDENTITY, "country", "Germany"),
    Claim(ClaimId("c3"), ClaimKind.IDENTITY, "shoe_size", "44"),
    *(Claim(ClaimId(f"s{n}"), ClaimKind.SKILL, "skill", name) for n, name in enumerate(("Go", "{claim}", "C#", "SQL"))),
    Claim(ClaimId("l1"), ClaimKind.LANGUAGE, "language", "German"),
)
HEAR, SPEAK = checklist.comprehension(1)


@given(SEEDS)
@PROPERTY
def test_the_same_seed_gives_the_same_plan_and_every_question_has_a_source(seed: int) -> None:
    plan = checklist.draw(seed, CLAIMS, SHIPPED)
    assert plan == checklist.draw(seed, CLAIMS, SHIPPED)
    assert all(is_in_scope(item) and item.question for item in plan)
    assert [item.kind for item in plan[:2]] == [ItemKind.COMPREHENSION] * 2
    assert len({item.key for item in plan}) == len(plan) == len({item.position for item in plan})
    assert {item.claim_id for item in plan if item.kind is ItemKind.IDENTITY} == {"c1", "c2"}


@given(SEEDS)
@PROPERTY
def test_profile_questions_ask_about_claimed_skills_and_are_never_mandatory(seed: int) -> None:
    asked = [item for item in checklist.draw(seed, CLAIMS, SHIPPED) if item.kind is ItemKind.PROFILE]
    assert len(asked) == SHIPPED.profile_questions and not any(item.mandatory for item in asked)
    assert all(item.expected is not None and item.expected in item.question for item in asked)
    assert not any(item.question.startswith("You told us that you work with PHP") for item in asked)


def test_without_claimed_skills_no_skill_is_asked_about() -> None:
    assert not [item for item in checklist.draw(7, CLAIMS[:2], SHIPPED) if item.kind is ItemKind.PROFILE]


@given(SEEDS)
@PROPERTY
def test_the_document_is_always_planned_in_one_go_and_required_only_by_a_stricter_policy(seed: int) -> None:
    strict = replace(SHIPPED, version="strict", document_mandatory=True)
    for policy, required in ((SHIPPED, False), (strict, True)):
        plan = checklist.draw(seed, CLAIMS, policy)
        begin = next(place for place, item in enumerate(plan) if item.kind is ItemKind.DOCUMENT)
        asked = plan[begin : begin + 3]
        assert [item.key for item in asked] == ["document.front", "document.back", "document.tilt"]
        assert {item.mandatory for item in asked} == {required} and {item.claim_id for item in asked} == {None}


def test_a_still_shows_what_its_item_asks_for_and_no_other_item_has_one() -> None:
    kinds = {item.key: checklist.still_of(item) for item in checklist.draw(7, CLAIMS, SHIPPED)}
    assert {key: kind for key, kind in kinds.items() if kind} == {
        "document.front": StillKind.DOCUMENT_FRONT,
        "document.back": StillKind.DOCUMENT_BACK,
        "document.tilt": StillKind.DOCUMENT_TILT,
        "face.present": StillKind.FACE,
        "face.liveness": StillKind.FACE,
    }


def test_the_order_and_the_challenge_vary_with_the_seed() -> None:
    plans = [checklist.draw(seed, CLAIMS, SHIPPED) for seed in range(60)]
    assert len({tuple(item.key for item in plan) for plan in plans}) > 30
    challenges = {item.question for plan in plans for item in plan if item.key == "face.liveness"}
    assert challenges == set(checklist.LIVENESS_CHALLENGES)


@given(SEEDS, st.integers(1, 50))
@PROPERTY
def test_a_code_is_four_digits_without_equal_neighbours(seed: int, number: int) -> None:
    code = checklist.code(seed, HEAR.key, number)
    assert len(code) == 4 and code.isdecimal()
    assert all(one != two for one, two in pairwise(code))


def test_codes_differ_between_askings_items_and_interviews() -> None:
    codes = [checklist.code(seed, key, n) for seed in range(10) for key in (HEAR.key, SPEAK.key) for n in range(1, 11)]
    assert len(set(codes)) > 180


@given(SEEDS, st.text(max_size=12))
@PROPERTY
def test_only_the_right_digits_are_understood_and_nothing_is_adverse(seed: int, typed: str) -> None:
    right = checklist.code(seed, HEAR.key, 1)
    answer = checklist.code_answer(seed, HEAR.key, 1, typed)
    assert answer is (Answer.CONSISTENT if typed.replace(" ", "").replace("-", "") == right else Answer.NOT_HEARD)


@pytest.mark.parametrize("write", ["{0}{1}{2}{3}", "{0} {1} {2} {3}", " {0}{1}-{2}{3} "])
def test_spaces_and_dashes_do_not_matter(write: str) -> None:
    assert checklist.code_matches("4071", write.format(*"4071"))


def test_who_hears_types() -> None:
    assert (checklist.hearing_side(HEAR), checklist.hearing_side(SPEAK)) == (Role.FREELANCER, Role.INTERVIEWER)


def test_later_rounds_have_keys_and_codes_of_their_own() -> None:
    keys = [item.key for number in (1, 2, 3) for item in checklist.comprehension(number)]
    assert len(set(keys)) == 6
    assert checklist.code(1, keys[0], 1) != checklist.code(1, keys[2], 1)
