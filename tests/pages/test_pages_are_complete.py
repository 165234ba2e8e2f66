"""What page scripts and journeys rely on: documented test ids, no inline script or style, styled states."""

from __future__ import annotations

import re
from html import unescape
from pathlib import Path

import pytest

from tests.pages import preview
from tests.pages.samples import SHOTS
from verifier.core.messages import STILL_FAILURES
from verifier.core.model import Answer, FlagKind, ItemKind, Result, VerificationStatus
from verifier.core.quality.still import Problem
from verifier.core.verdicts import Fault
from verifier.service.join_state import next_step
from verifier.wording.reasons import REASONS

ROOT = Path(__file__).parents[2]
_ENVIRONMENT = preview.environment()
RENDERED = {shot.name: _ENVIRONMENT.get_template(shot.template).render(shot.context) for shot in SHOTS}
DIFFERENT = list({page: name for name, page in RENDERED.items()}.values())
"""Shots whose printed page differs; the others differ only by what a script sets."""


def _ids() -> set[str]:
    return {found for page in RENDERED.values() for found in re.findall(r'data-testid="([^"]+)"', page)}


def test_every_test_id_is_documented_and_every_documented_one_exists() -> None:
    text = (ROOT / "docs/automation.md").read_text().split("## On every page")[1]
    documented = {name for name in re.findall(r"`([a-z][a-z0-9-]*)`", text) if name.removeprefix("data-") == name}
    assert _ids() - documented == set()
    assert documented - _ids() == set()


@pytest.mark.parametrize("name", DIFFERENT)
def test_no_page_carries_script_or_style_of_its_own(name: str) -> None:
    page = RENDERED[name]
    assert not re.search(r"\sstyle=|<style|\son[a-z]+=|javascript:", page)
    for opening in re.findall(r"<script[^>]*>", page):
        assert 'type="application/json"' in opening or 'src="/static/js/' in opening


@pytest.mark.parametrize("name", DIFFERENT)
def test_ids_are_unique_and_labels_point_at_something(name: str) -> None:
    page = re.sub(r"<template.*?</template>", "", RENDERED[name], flags=re.S)
    ids = re.findall(r'\sid="([^"]+)"', page)
    assert len(ids) == len(set(ids))
    pointed = " ".join(re.findall(r'(?:\sfor|aria-labelledby|aria-describedby|aria-controls)="([^"]+)"', page))
    assert set(pointed.split()) <= set(ids)


def test_every_icon_that_a_page_uses_is_in_the_sprite() -> None:
    sprite = (ROOT / "static/img/icons.svg").read_text()
    used = {found for page in RENDERED.values() for found in re.findall(r"icons\.svg#([a-z-]+)", page)}
    assert used - set(re.findall(r'<symbol id="([^"]+)"', sprite)) == set()


def test_every_state_that_shows_something_has_its_style_rule() -> None:
    styles = (ROOT / "static/css/states.css").read_text()
    shown = {pair for page in RENDERED.values() for pair in re.findall(r'(data-show-[a-z]+)="([^"]+)"', page)}
    assert {pair for pair in shown if f'[{pair[0]}="{pair[1]}"]' not in styles} == set()


@pytest.mark.parametrize("name", [name for name in DIFFERENT if 'data-role="sign-out"' in RENDERED[name]])
def test_every_page_with_a_sign_out_button_has_the_script_for_it(name: str) -> None:
    scripts = re.findall(r'<script type="module" src="/(static/js/pages/[a-z_]+\.js)"', RENDERED[name])
    assert any("wireSignOut(document" in (ROOT / script).read_text() for script in scripts)


@pytest.mark.parametrize("audience", ["freelancer", "interviewer"])
def test_every_fault_has_a_sentence_in_the_call(audience: str) -> None:
    page = RENDERED["join-call-good" if audience == "freelancer" else "interview-asking"]
    banner = re.search(r'data-testid="fault-banner".*?</div>\s*</div>', page, re.S)
    assert banner and set(re.findall(r'data-case="([^"]+)"', banner[0])) == set(Fault)


def test_every_way_in_which_a_case_can_stand_has_its_words_after_the_call() -> None:
    panel = re.search(r'data-testid="result".*?data-testid="reasons"', RENDERED["join-result-failed"], re.S)
    after = {status.value for status in VerificationStatus if next_step(status, None) == "result"}
    results = {result.value for result in Result if result is not Result.NONE}
    worded = set(re.findall(r'data-case="([^"]+)"', panel[0] if panel else ""))
    assert (after - {VerificationStatus.COMPLETED}) | results <= worded


def test_every_answer_kind_and_flag_has_its_word() -> None:
    call, replay = RENDERED["interview-asking"], RENDERED["review-ready"]
    assert {f"answer.{answer}" for answer in Answer} <= set(re.findall(r'data-word="([^"]+)"', call))
    assert {f"kind.{kind}" for kind in ItemKind} <= set(re.findall(r'data-word="([^"]+)"', call))
    assert {f"event.{kind}" for kind in FlagKind} <= set(re.findall(r'data-word="([^"]+)"', replay))


def test_every_reason_that_a_script_may_show_is_printed_for_its_reader() -> None:
    for name, reader in (("join-call-good", "freelancer"), ("interview-asking", "staff")):
        holder = re.search(r'<template data-template="reasons">.*?</template>', RENDERED[name], re.S)
        printed = dict(re.findall(r'data-case="([^"]+)">([^<]+)<', holder[0] if holder else ""))
        assert set(printed) == {*REASONS, "other"}
        assert (
            unescape(printed["media.audio_freelancer_uplink"])
            == REASONS["media.audio_freelancer_uplink"][reader == "staff"]
        )


def test_every_state_of_a_checklist_line_is_told() -> None:
    for name in ("join-call-good", "interview-asking"):
        told = set(re.findall(r'data-show-state="([^"]+)"', RENDERED[name]))
        assert {"open", "asking", "settling", "admissible", "ask_again"} <= told


def test_everything_that_can_become_of_a_still_is_told_to_both_sides() -> None:
    for name, choice in (("join-call-good", "still"), ("interview-asking", "still-failure")):
        told = re.search(rf'data-choose="{choice}".*?</div>\s*</div>', RENDERED[name], re.S)
        words = re.search(r'<template data-template="still-problems">.*?</template>', RENDERED[name], re.S)
        assert set(STILL_FAILURES) <= set(re.findall(r'data-case="([^"]+)"', told[0] if told else ""))
        assert set(re.findall(r'data-word="([^"]+)"', words[0] if words else "")) == set(Problem)
