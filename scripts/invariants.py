"""Writes docs/invariants.md: I1-I11 by door, with the tests that show each; a test fails when the file is stale.

.venv/bin/python scripts/invariants.py

A test belongs to an invariant by its name (``test_i4_…``), to a door by where it stands; ``NAMED`` holds those that
prove more than one thing and so have another name.
"""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
TARGET = ROOT / "docs" / "invariants.md"
DOORS = ("core", "type checker", "service", "page", "API", "SQLite and PostgreSQL", "audit")
INVARIANTS = {
    1: "failed ⇒ a conclusive assessment and an adverse, admissible, in-scope finding with evidence, of that interview",
    2: "interviewer, proposer and confirmer are three different people whose trainings are current",
    3: "failed ⇒ a complete statement of reasons",
    4: "failed ⇒ the response window is closed and the confirmer has opened the cited evidence",
    5: "samples, runs, findings, assessments, decisions and the chain are append-only; retention leaves a tombstone",
    6: "a question is in the identity bank or about a claim of the snapshot",
    7: "every statement of a result rests on a decision version; there is one current version",
    8: "an appeal closes only with an outcome, an individual text and an uninvolved reviewer",
    9: "findings never span interviews",
    10: "the policy version is pinned at the start of the interview and only ever tighter than the shipped one",
    11: "a decision stays appealable for six months after its notice was delivered",
}
FOLDERS = {
    "tests/core/": "core",
    "tests/typing/": "type checker",
    "tests/service/": "service",
    "tests/web/test_api_": "API",
    "tests/web/": "page",
    "tests/storage/": "SQLite and PostgreSQL",
    "tests/contract/": "SQLite and PostgreSQL",
}
_AUDIT = "tests/service/test_auditing_histories.py::test_what_was_changed_by_hand_is_named"
_TYPES = "tests/typing/test_examples.py::test_i1_i2_i3_the_type_checker_refuses_every_other_way_to_failed"
_REDACTED = "tests/web/test_api_redaction.py::test_a_redacted_case_says_what_was_decided_and_nothing_of_anybody"
_EXPIRED = (
    "tests/service/test_retaining.py::test_thirty_days_after_the_appeal_window_stills_and_rows_go_and_a_tombstone_stays"
)
_GUARDS = (
    "tests/storage/test_guards.py::test_an_append_only_row_can_be_neither_changed_nor_deleted_nor_replaced",
    "tests/storage/test_guards.py::test_raw_rows_may_be_deleted_where_a_tombstone_of_their_interview_stands_and_nowhere_else",
    "tests/storage/test_guards.py::test_a_tombstone_that_is_too_early_or_not_whole_is_refused",
)
NAMED: dict[tuple[int, str], tuple[str, ...]] = {
    (1, "type checker"): (_TYPES,),
    (2, "type checker"): (_TYPES,),
    (3, "type checker"): (_TYPES,),
    (5, "service"): (_EXPIRED,),
    (5, "API"): (_REDACTED,),
    (5, "SQLite and PostgreSQL"): _GUARDS,
    (6, "core"): (
        "tests/core/test_findings.py::test_a_question_from_elsewhere_is_out_of_scope",
        "tests/core/test_checklist.py::test_without_claimed_skills_no_skill_is_asked_about",
    ),
    (6, "SQLite and PostgreSQL"): (
        "tests/storage/test_constraints.py::test_a_question_is_in_the_bank_or_about_a_claim_of_this_case",
    ),
    (7, "page"): ("tests/web/test_one_truth.py::test_i7_everybody_is_told_the_same_after_every_step",),
    (7, "SQLite and PostgreSQL"): (
        "tests/storage/test_two_deciders.py::test_of_two_deciders_who_saw_the_same_case_one_decides_and_one_is_told",
    ),
    (9, "service"): ("tests/service/test_deciding.py::test_findings_of_two_calls_never_add_up",),
    **{(number, "audit"): (_AUDIT,) for number in (1, 2, 3, 4, 5, 7, 8, 9, 11)},
}
TAIL = """
Over all of them at once, proved from a ledger of its own: `tests/machine/test_machine.py` and
`python -m bench reliability`.

## What only the audit guards

- **I1** findings and assessments that do not follow from the raw rows but agree with each other; a later interview
  left out; a still whose key was destroyed before the decision.
- **I2** conflicts of interest.
- **I3** what the facts after the first rest on; words against their digest.
- **I4** bounces and stopped windows; whether a mail server or the page really opened the window; views of every fact;
  an answer outside of its window.
- **I5** tombstones that are false or too early; rows or words that are missing without one; a legal hold that was
  ignored.
- **I7** webhook bodies against decisions, the status against its history.
- **I8, I11** an answer against the version that follows from it; an appeal outside of its time.

Not even the audit can show rows and chain that were forged together by somebody who holds the store and the master key,
or a chain that was cut off after its last provable row; both show against an earlier signed export (`verifier export`).
"""


def page() -> str:
    """The whole text of docs/invariants.md."""
    found = collected()
    lines = [
        "# Invariants, and the doors that guard them",
        "",
        "Generated by `scripts/invariants.py` from the names of the tests.",
        "",
    ]
    lines += ["| | " + " | ".join(DOORS) + " |", "|" + "---|" * (len(DOORS) + 1)]
    for number in INVARIANTS:
        cells = [str(len(found[number, door])) if (number, door) in found else "" for door in DOORS]
        lines.append(f"| I{number} | " + " | ".join(cells) + " |")
    lines += [
        "",
        "A number is how many tests show it; an empty cell: no test at that door names it.",
    ]
    for number, meaning in INVARIANTS.items():
        lines += ["", f"## I{number}: {meaning}", ""]
        for door in DOORS:
            lines += [f"- {door}: `{test}`" for test in found.get((number, door), ())]
    return "\n".join(lines) + "\n" + TAIL


def collected() -> dict[tuple[int, str], tuple[str, ...]]:
    """Tests by invariant and door, sorted."""
    found: dict[tuple[int, str], set[str]] = {key: set(tests) for key, tests in NAMED.items()}
    for path in sorted((ROOT / "tests").rglob("test_*.py")):
        where = str(path.relative_to(ROOT))
        door = next((door for folder, door in FOLDERS.items() if where.startswith(folder)), None)
        for name, number in re.findall(r"^(?:async )?def (test_i(\d+)_\w+)", path.read_text(), re.MULTILINE):
            if door is not None:
                found.setdefault((int(number), door), set()).add(f"{where}::{name}")
    return {key: tuple(sorted(tests)) for key, tests in found.items()}


if __name__ == "__main__":
    TARGET.write_text(page())
