"""Nothing of SQLAlchemy or SQLite reaches a caller, and a busy or broken database is said so in words."""

from __future__ import annotations

import traceback
from pathlib import Path

import pytest
from sqlalchemy import text

from tests.contract import examples
from tests.storage.databases import fresh_database
from tests.storage.worlds import by_hand
from verifier.errors import InvalidInput, OurError
from verifier.storage import Store
from verifier.storage.database import checked_url, readers, writer


async def test_a_database_held_by_another_process_is_a_clear_error_and_readers_go_on(tmp_path: Path) -> None:
    url = fresh_database(tmp_path)
    async with await Store.open(url, busy_timeout_ms=1) as store:
        with by_hand(url) as other:
            other.execute("BEGIN IMMEDIATE")
            with pytest.raises(OurError, match="held by another process"):
                async with store.units():
                    pass
            async with store.units(read_only=True) as uow:
                assert await uow.people.all() == ()
            other.execute("ROLLBACK")
        async with store.units() as uow:
            await examples.add_case(uow)


@pytest.mark.parametrize("packets", [2**63, -(2**70)])
async def test_a_number_too_large_for_a_column_is_the_senders_fault(tmp_path: Path, packets: int) -> None:
    async with await Store.open(fresh_database(tmp_path)) as store, store.units() as uow:
        await examples.add_call(uow)
        with pytest.raises(InvalidInput):
            await uow.samples.add([examples.server_sample(sent_audio_packets=packets)], [], [])
        assert (await uow.samples.rows(examples.CALL)).server == ()


async def test_an_error_does_not_tell_what_the_row_held(tmp_path: Path) -> None:
    async with await Store.open(fresh_database(tmp_path)) as store, store.units() as uow:
        await examples.add_call(uow)
        stray = examples.interview("int_9", verification_id="nobody's case"[::-1])
        with pytest.raises(OurError) as refused:
            await uow.interviews.add(stray, [])
        told = "".join(traceback.format_exception(refused.value))
        assert "FOREIGN KEY" in told and str(stray.verification_id) not in told


async def test_text_that_is_no_unicode_is_the_senders_fault(tmp_path: Path) -> None:
    async with await Store.open(fresh_database(tmp_path)) as store, store.units() as uow:
        with pytest.raises(InvalidInput):
            await uow.verifications.add(examples.verification(legal_name="\ud800"))
        assert await uow.verifications.page(test=False, before=None, limit=1) == ()


async def test_a_message_that_is_no_json_is_refused_whole(tmp_path: Path) -> None:
    async with await Store.open(fresh_database(tmp_path)) as store, store.units() as uow:
        await examples.add_call(uow)
        with pytest.raises(OurError):
            await uow.log.append(examples.CALL, 1, "chat", None, {"text": object()})
        assert await uow.log.since(examples.CALL, 0) == ()


async def test_every_connection_is_durable_and_checks_foreign_keys(tmp_path: Path) -> None:
    url = checked_url(fresh_database(tmp_path))
    for engine, query_only in ((writer(url, 77), 0), (readers(url, 77, 2), 1)):
        async with engine.connect() as connection:
            found = {
                name: (await connection.execute(text(f"PRAGMA {name}"))).scalar_one()
                for name in ("foreign_keys", "journal_mode", "synchronous", "busy_timeout", "query_only")
            }
        await engine.dispose()
        assert found == {
            "foreign_keys": 1,
            "journal_mode": "wal",
            "synchronous": 2,
            "busy_timeout": 77,
            "query_only": query_only,
        }
