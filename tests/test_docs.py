"""Documents that are generated from code are fresh."""

from __future__ import annotations

import re
import runpy
from pathlib import Path

from verifier.core import appeal, interview, notice, proposal, verification
from verifier.storage import guards
from verifier.storage.tables import METADATA

ROOT = Path(__file__).parents[1]
TABLES = {
    **interview.TRANSITIONS,
    **verification.TRANSITIONS,
    **proposal.TRANSITIONS,
    **appeal.TRANSITIONS,
    **notice.TRANSITIONS,
}


def test_the_drawn_states_are_those_of_the_tables() -> None:
    diagrams = runpy.run_path(str(ROOT / "scripts" / "diagrams.py"), run_name="diagrams")
    assert (ROOT / "docs" / "states.md").read_text() == diagrams["page"](), "run scripts/diagrams.py"


def test_the_matrix_of_who_may_do_what_is_that_of_the_code() -> None:
    access = runpy.run_path(str(ROOT / "scripts" / "access.py"), run_name="access")
    assert (ROOT / "docs" / "access.md").read_text() == access["page"](), "run .venv/bin/python -m scripts.access"


def test_every_transition_is_drawn() -> None:
    text = (ROOT / "docs" / "states.md").read_text()
    for (state, event), after in TABLES.items():
        if event is not interview.InterviewEvent.ENDED:
            assert f"    {state} --> {after}: {event}\n" in text


def test_every_table_stands_in_the_privacy_page_once_and_what_can_be_erased_apart_from_what_stays() -> None:
    page = (ROOT / "docs" / "privacy.md").read_text()
    erasable, rest = page.split("## What can be erased")[1].split("## How long")
    rows = re.compile(r"^\| (`[a-z_`, ]+`) \|", re.MULTILINE)

    def named(text: str) -> list[str]:
        return sorted(name for row in rows.findall(text) for name in re.findall(r"[a-z_]+", row))

    assert named(erasable) == sorted(guards.PERSONAL)
    assert named(rest.split("## What stays")[1]) == sorted(set(METADATA.tables) - guards.PERSONAL)


def test_the_list_of_invariants_names_tests_that_exist_and_is_fresh() -> None:
    listed = runpy.run_path(str(ROOT / "scripts" / "invariants.py"), run_name="invariants")
    assert (ROOT / "docs" / "invariants.md").read_text() == listed["page"](), "run scripts/invariants.py"
    for tests in listed["collected"]().values():
        for test in tests:
            path, name = test.split("::")
            assert f"def {name}(" in (ROOT / path).read_text(), test
