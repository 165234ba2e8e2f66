"""What is deleted stays provable, and digests of what stays say nothing of a person."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.core.failures import CALL, ROWS, RUNS
from tests.core.interviews import PLAN
from verifier.core.model import Flag, FlagId, FlagKind, Role
from verifier.core.proof import askings_digest, rows_digest
from verifier.core.samples import InterviewRows
from verifier.core.tombstone import tombstone
from verifier.errors import IllegalState

FLAG = Flag(FlagId("flg_1"), CALL.id, FlagKind.FRAUD, 1_000, Role.INTERVIEWER, "a hat")


def test_a_tombstone_counts_the_rows_and_proves_them() -> None:
    made = tombstone(CALL.id, ROWS, 10, 10)
    assert (made.server_rows, made.browser_rows, made.frame_rows) == tuple(
        len(rows) for rows in (ROWS.server, ROWS.browser, ROWS.frames)
    )
    assert made.sha256 == rows_digest(ROWS) == rows_digest(InterviewRows(ROWS.server, ROWS.browser, ROWS.frames))


def test_one_changed_figure_changes_the_digest() -> None:
    other = replace(ROWS, server=(replace(ROWS.server[0], loop_lag_ms=9.5), *ROWS.server[1:]))
    assert rows_digest(other) != rows_digest(ROWS)


def test_nothing_goes_before_its_time() -> None:
    with pytest.raises(IllegalState, match="appeal window"):
        tombstone(CALL.id, ROWS, 9, 10)


def test_the_digest_of_the_askings_does_not_depend_on_words_or_order() -> None:
    wordless = [replace(item, question="?", expected="?") for item in reversed(PLAN)]
    typed = [replace(run, typed="4711") for run in reversed(RUNS)]
    known = askings_digest(PLAN, RUNS, (FLAG,))
    assert known == askings_digest(wordless, typed, (replace(FLAG, note=""),))


def test_the_digest_of_the_askings_changes_with_every_answer_and_flag() -> None:
    first, *rest = RUNS
    moved = [replace(first, started_ms=first.started_ms + 1), *rest]
    digests = {askings_digest(PLAN, RUNS, ()), askings_digest(PLAN, moved, ()), askings_digest(PLAN, RUNS, (FLAG,))}
    assert len({*digests, askings_digest(PLAN[1:], RUNS, ())}) == 4
