"""Nothing of SQLAlchemy or a driver reaches a caller, and a busy or broken database is said so in words."""

from __future__ import annotations

import traceback

import pytest
from sqlalchemy import text

from tests.contract import examples
from verifier.core.model import Verification
from verifier.errors import Conflict, InvalidInput, OurError
from verifier.storage import Store
from verifier.storage.dialects import database


async def test_a_database_held_by_another_process_is_a_clear_error_and_readers_go_on(fresh: str) -> None:
    async with await Store.open(fresh, busy_timeout_ms=1) as store, await Store.open(fresh) as other:
        async with other.units():
            with pytest.raises(OurError, match="held by another process"):
                async with store.units():
                    pass
            async with store.units(read_only=True) as uow:
                assert await uow.people.all() == ()
        async with store.units() as uow:
            await examples.add_case(uow)


@pytest.mark.parametrize("packets", [2**63, -(2**70)])
async def test_a_number_too_large_for_a_column_is_the_senders_fault(fresh: str, packets: int) -> None:
    async with await Store.open(fresh) as store, store.units() as uow:
        await examples.add_call(uow)
        with pytest.raises(InvalidInput):
            await uow.samples.add([examples.server_sample(sent_audio_packets=packets)], [], [])
        assert (await uow.samples.rows(examples.CALL)).server == ()


@pytest.mark.parametrize("name", ["\ud800", "Zoë\0Müller"])
async def test_text_that_cannot_be_stored_is_the_senders_fault(fresh: str, name: str) -> None:
    async with await Store.open(fresh) as store, store.units() as uow:
        with pytest.raises(InvalidInput):
            await uow.verifications.add(examples.verification(legal_name=name))
        assert await uow.verifications.page(test=False, before=None, limit=1) == ()


async def test_a_message_that_is_no_json_is_refused_whole(fresh: str) -> None:
    async with await Store.open(fresh) as store, store.units() as uow:
        await examples.add_call(uow)
        with pytest.raises(OurError):
            await uow.log.append(examples.CALL, 1, "chat", None, {"text": object()})
        assert await uow.log.since(examples.CALL, 0) == ()


async def test_a_unit_of_work_goes_on_after_a_refused_row(fresh: str) -> None:
    async with await Store.open(fresh) as store:
        async with store.units() as uow:
            await examples.add_call(uow)
            with pytest.raises(Conflict):
                await uow.people.add(examples.person(), None)
            with pytest.raises(OurError, match="rules forbid"):
                await uow.links.add(examples.link(verification_id="ver_9"))
            await uow.links.add(examples.link())
        async with store.units(read_only=True) as uow:
            assert await uow.links.by_hash("hash_link") == examples.link()


async def test_what_is_refused_at_the_end_was_never_there_and_the_next_one_is_served(fresh: str) -> None:
    async with await Store.open(fresh) as store:
        with pytest.raises(OurError, match="rules forbid"):
            async with store.units() as uow:
                await uow.verifications.add(examples.verification(result="verified"))
        async with store.units() as uow:
            assert await uow.verifications.page(test=False, before=None, limit=1) == ()


async def test_an_error_does_not_tell_what_the_row_held(fresh: str) -> None:
    async with await Store.open(fresh) as store, store.units() as uow:
        await examples.add_call(uow)
        stray = examples.interview("int_9", verification_id="nobody's case"[::-1])
        with pytest.raises(OurError) as refused:
            await uow.interviews.add(stray, [])
        told = "".join(traceback.format_exception(refused.value))
        assert "foreign key" in told.lower() and str(stray.verification_id) not in told


async def test_no_error_quotes_the_row_that_was_refused(fresh: str) -> None:
    personal = examples.verification("ver_2", legal_name="Zoë Secret", external_id="ext-ver_1")
    async with await Store.open(fresh) as store, store.units() as uow:
        await examples.add_case(uow)
        for adding in (_claims_twice(personal), personal):
            with pytest.raises((Conflict, OurError)) as refused:
                await uow.verifications.add(adding)
            assert refused.value.__cause__ is None and refused.value.__suppress_context__
            assert "Secret" not in str(refused.value) and "ext-" not in str(refused.value)


async def test_every_sqlite_connection_is_durable_and_checks_foreign_keys(sqlite: str) -> None:
    named = database(sqlite)
    for engine, query_only in ((named.writer(77), 0), (named.readers(77, 2), 1)):
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


async def test_every_postgresql_connection_is_durable_and_a_reader_reads_one_state(postgresql: str) -> None:
    named = database(postgresql)
    expected = {
        "transaction_isolation": "read committed",
        "transaction_read_only": "off",
        "synchronous_commit": "on",
        "lock_timeout": "77ms",
        "idle_in_transaction_session_timeout": "30s",
    }
    reading = {"transaction_isolation": "repeatable read", "transaction_read_only": "on"}
    reading["idle_in_transaction_session_timeout"] = "0"
    for engine, differing in ((named.writer(77), {}), (named.readers(77, 2), reading)):
        async with engine.connect() as connection:
            found = {name: (await connection.execute(text(f"SHOW {name}"))).scalar_one() for name in expected}
        await engine.dispose()
        assert found == expected | differing


def _claims_twice(case: Verification) -> Verification:
    return examples.verification(case.id, legal_name=case.legal_name, claims=(*case.claims, case.claims[0]))
