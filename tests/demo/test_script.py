"""What the synthetic interviewer asks next, and with which words."""

from __future__ import annotations

from typing import Any

import pytest

from verifier.core import checklist
from verifier.core.checklist_view import checklist_for
from verifier.core.messages import to_wire
from verifier.core.model import Answer, Claim, ClaimId, ClaimKind, InterviewId, ItemKind, ItemRun, Role, RunId
from verifier.core.policy import SHIPPED
from verifier.demo import script
from verifier.demo.media import ASSETS, SAMPLE_RATE_HZ, speech

_CLAIMS = (
    Claim(ClaimId("c1"), ClaimKind.IDENTITY, "legal_name", "Alex Morgan"),
    Claim(ClaimId("c2"), ClaimKind.IDENTITY, "address", "12 Harbour Street"),
    Claim(ClaimId("c3"), ClaimKind.IDENTITY, "city", "Lisbon"),
    Claim(ClaimId("c4"), ClaimKind.IDENTITY, "country", "PT"),
    Claim(ClaimId("c5"), ClaimKind.SKILL, "skill", "Go"),
)
_PLAN = checklist.draw(5, _CLAIMS, SHIPPED)


def _run(number: int, key: str) -> ItemRun:
    return ItemRun(RunId(f"{key}{number}"), InterviewId("i"), key, number, 0, 1_000, Answer.CONSISTENT)


def _view(runs: list[ItemRun], settled: dict[str, tuple[bool, tuple[str, ...]]]) -> dict[str, Any]:
    return to_wire(checklist_for(Role.INTERVIEWER, 5, _PLAN, runs, settled))


def test_every_item_of_a_real_checklist_has_words_in_both_voices() -> None:
    for item in to_wire(checklist_for(Role.INTERVIEWER, 5, _PLAN, [], {}))["items"]:  # type: ignore[attr-defined]
        if item["kind"] == ItemKind.COMPREHENSION:
            continue
        words = script.exchange(item)
        assert all((ASSETS / "speech" / "rms" / f"{name}.opus").exists() for name in words.asked)
        assert all((ASSETS / "speech" / "slt" / f"{name}.opus").exists() for name in words.answered)


def test_the_first_item_is_the_first_of_the_checklist() -> None:
    item = script.next_item(_view([], {}), askings=3)
    assert item is not None and item["key"] == _PLAN[0].key


def test_items_not_asked_come_before_those_that_did_not_count() -> None:
    first, second = _PLAN[0].key, _PLAN[1].key
    item = script.next_item(_view([_run(1, first)], {f"{first}1": (False, ("media.delay",))}), askings=3)
    assert item is not None and item["key"] == second


@pytest.mark.parametrize(("askings", "again"), [(1, False), (2, True)])
def test_an_item_that_did_not_count_is_asked_as_often_as_allowed(askings: int, again: bool) -> None:
    runs = [_run(1, item.key) for item in _PLAN]
    settled: dict[str, tuple[bool, tuple[str, ...]]] = {run.id: (True, ()) for run in runs}
    settled[runs[3].id] = (False, ("media.delay",))
    item = script.next_item(_view(runs, settled), askings)
    assert (item is not None) is again
    assert item is None or item["key"] == _PLAN[3].key


def test_a_verdict_that_is_still_to_come_is_waited_for() -> None:
    runs = [_run(1, item.key) for item in _PLAN]
    assert script.settling(_view(runs, {}))
    assert not script.settling(_view(runs, {run.id: (True, ()) for run in runs}))


def test_a_code_is_spelt_digit_by_digit() -> None:
    assert script.digits("4071") == ("digit-4", "digit-0", "digit-7", "digit-1")


def test_speech_is_real_sound_at_48_khz() -> None:
    samples = speech("slt", "digit-4")
    assert 0.5 < len(samples) / SAMPLE_RATE_HZ < 1.5
    assert int(abs(samples).max()) > 3_000
