"""Deriving everything again: an honest store has no difference, and whatever is changed by hand is named."""

from __future__ import annotations

import sqlite3
from collections.abc import AsyncIterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from tests.core.rows import Call
from tests.service.stage import F, Stage, staged
from verifier.core.policy import SHIPPED, PolicyBook

made: set[Path] = set()


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the database of one verified case, one inconclusive one and one that waits is kept, made once."""
    return tmp_path_factory.mktemp("audited") / "filled.db"


@pytest.fixture
async def stage(kept: Path, tmp_path: Path) -> AsyncIterator[Stage]:
    async with staged("sqlite", tmp_path) as built:
        assert built.file is not None
        if kept in made:
            copy(kept, built.file)
        else:
            made.add(kept)
            await fill(built)
            copy(built.file, kept)
        yield built


async def fill(stage: Stage) -> None:
    anna = await stage.interviewer()
    await stage.waits("ver_1")
    good = await stage.whole(anna)
    await stage.deciding.verify(anna, good.interview.id)
    await stage.waits("ver_2")
    bad = await stage.live(anna, Call(40).uplink_loss(F, 0, 40, 0.4))
    await stage.seconds(bad, 12)
    await stage.interviewing.abort(bad.interview.id)
    await stage.waits("ver_3")


def copy(source: Path, target: Path) -> None:
    with closing(sqlite3.connect(source)) as whence, closing(sqlite3.connect(target)) as whither:
        whence.backup(whither)


def tamper(stage: Stage, *statements: str) -> None:
    """As somebody with the file, who has dropped every guard, would."""
    assert stage.file is not None
    with closing(sqlite3.connect(stage.file, isolation_level=None)) as connection:
        connection.execute("PRAGMA foreign_keys=OFF")
        connection.execute("PRAGMA ignore_check_constraints=ON")
        for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
            connection.execute(f"DROP TRIGGER {name}")
        changed = [connection.execute(statement).rowcount for statement in statements]
    assert all(changed), "a statement that changes nothing proves nothing"


async def test_an_honest_store_has_no_difference_and_rescores_byte_for_byte(stage: Stage) -> None:
    assert await stage.differences() == []
    rescored = [one async for one in stage.auditing.rescore()]
    assert len(rescored) == 2 and all(one.equal and one.stored == one.derived for one in rescored)


TAMPERED = {
    "a second of loss removed": (
        "UPDATE server_samples SET audio_received = audio_expected, video_received = video_expected",
    ),
    "samples deleted": ("DELETE FROM browser_samples WHERE sequence % 2",),
    "a finding made admissible": ("UPDATE findings SET reasons = '[\"media.light\"]'",),
    "an assessment's share changed": ("UPDATE assessments SET bad_share_live = 0.123",),
    "an assessment made conclusive": ("UPDATE assessments SET conclusive = NOT conclusive",),
    "an answer changed": ("UPDATE item_runs SET answer = 'inconsistent' WHERE item_key = 'identity.city'",),
    "a typed code changed": ("UPDATE run_notes SET typed = '0000'",),
    "an asking made longer": ("UPDATE item_runs SET started_ms = started_ms - 4000",),
    "a flag removed or added": (
        "INSERT INTO flags (id, interview_id, kind, at_ms) SELECT id || 'x', id, 'telemetry', live_ms FROM interviews",
    ),
    "a checklist item made optional": ("UPDATE planned_items SET mandatory = 0 WHERE kind = 'identity'",),
    "the checklist removed": ("DELETE FROM planned_items",),
    "a seed changed": ("UPDATE interviews SET seed = seed + 1",),
    "the live moment moved": ("UPDATE interviews SET live_ms = live_ms + 9000",),
    "an ended call reopened": (
        "UPDATE interviews SET state = 'live', ended_ms = NULL, end_cause = NULL WHERE verification_id = 'ver_1'",
    ),
    "another policy named": ("UPDATE interviews SET policy_version = 'loose'",),
    "the decision reversed": ("UPDATE decisions SET result = 'inconclusive'",),
    "the decision's reasons changed": ("UPDATE decisions SET reason_codes = '[\"media.light\"]'",),
    "the decision attributed to the system": ("UPDATE decisions SET decided_by = NULL",),
    "the decision resting on another case's call": (
        "UPDATE decisions SET interview_id = (SELECT id FROM interviews WHERE verification_id = 'ver_2')",
    ),
    "the decision removed": ("DELETE FROM decisions",),
    "a version skipped": ("UPDATE decisions SET version = 2",),
    "the event's statement changed": (
        "UPDATE event_bodies SET body = replace(body, '\"verified\"', '\"inconclusive\"') "
        "WHERE event_id = (SELECT id FROM events WHERE type = 'verification.decided')",
    ),
    "the event's reasons changed": (
        'UPDATE event_bodies SET body = replace(body, \'"reason_codes":[]\', \'"reason_codes":["x"]\') '
        "WHERE event_id = (SELECT id FROM events WHERE type = 'verification.decided')",
    ),
    "an event removed": ("DELETE FROM events WHERE type = 'interview.inconclusive'",),
    "the result of a case without any call set": (
        "INSERT INTO results (verification_id, decision_version, result) VALUES ('ver_3', 1, 'verified')",
    ),
}


@pytest.mark.parametrize("statements", TAMPERED.values(), ids=TAMPERED.keys())
async def test_what_was_changed_by_hand_is_named(stage: Stage, statements: tuple[str, ...]) -> None:
    tamper(stage, *statements)
    assert await stage.differences() != []


async def test_an_interview_under_a_policy_that_nobody_has_is_named_and_the_rest_is_audited(stage: Stage) -> None:
    tamper(stage, "UPDATE interviews SET policy_version = 'lost' WHERE verification_id = 'ver_2'")
    found = await stage.differences()
    assert any("policy" in one for one in found)


async def test_a_newer_policy_revives_nothing_and_changes_no_old_verdict(stage: Stage) -> None:
    stage.book = PolicyBook(replace(SHIPPED, version="tight-1", audio_window_max=0.01), (SHIPPED,))
    stage.start_process()
    assert await stage.differences() == []
