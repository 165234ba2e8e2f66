"""Killed at any instant, nothing acknowledged is lost and no chain is broken."""

from __future__ import annotations

import random
import subprocess
import sys
from pathlib import Path

import pytest

from tests.contract import examples
from tests.storage.databases import fresh_database
from tests.storage.hands import by_hand
from verifier.storage import Store

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("seed", range(2))
async def test_everything_acknowledged_before_a_kill_is_there_after_it(tmp_path: Path, seed: int) -> None:
    url = fresh_database(tmp_path)
    async with await Store.open(url) as store, store.units() as uow:
        await examples.add_assessed_call(uow)
    chance = random.Random(seed)
    for _ in range(2):
        acknowledged = _write_until_killed(url, chance.randint(1, 25))
        async with await Store.open(url) as store, store.units(read_only=True) as uow:
            entries = await uow.log.since(examples.CALL, 0)
            rows = (await uow.samples.rows(examples.CALL)).server
            versions = [decision.version for decision in await uow.decisions.all(examples.CASE)]
            events = [event.sequence for event in await uow.outbox.events_of(examples.CASE)]
        # The last unit of work may have been committed without a chance to say so; nothing else may differ.
        assert len(entries) in (acknowledged, acknowledged + 1)
        expected = list(range(1, len(entries) + 1))
        assert [entry.sequence for entry in entries] == versions == events == expected
        assert [row.sequence for row in rows] == expected
        with by_hand(url) as connection:
            assert connection.execute("PRAGMA integrity_check") == [("ok",)]
            assert connection.execute("PRAGMA foreign_key_check") == []


def _write_until_killed(url: str, acknowledgements: int) -> int:
    """The last number the writer acknowledged; it is killed while it works on a later one."""
    with subprocess.Popen(
        [sys.executable, "-m", "tests.storage.acknowledging_writer", url], stdout=subprocess.PIPE, cwd=ROOT, text=True
    ) as writer:
        assert writer.stdout is not None
        last = 0
        for _ in range(acknowledgements):
            last = int(writer.stdout.readline())
        writer.kill()
        numbers = writer.stdout.read().split()
    return int(numbers[-1]) if numbers else last
