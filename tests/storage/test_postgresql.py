"""What is particular to PostgreSQL: its guards cannot be got round, its errors are told, its connections recover."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from typing import Any

import asyncpg
import pytest
from sqlalchemy import text

from tests.contract import examples
from tests.storage.databases import PostgresqlHome
from tests.storage.hands import RefusedError, by_hand
from tests.storage.postgres import Cluster, name_of
from verifier.errors import ConfigurationInvalid, Conflict, InvalidInput, OurError
from verifier.storage import Store, guards, head_is_current, upgrade
from verifier.storage.dialects import postgresql as dialect

GUARDED = sorted(guards.APPEND_ONLY | guards.PERSONAL | set(guards.PINNED))
USING = "UPDATE links SET used_ms = 1 WHERE token_hash = '{}'"
PASSING = "RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'"


@pytest.fixture(scope="module")
def home(cluster: Cluster) -> PostgresqlHome:
    return PostgresqlHome(cluster)


@pytest.fixture
def latin(cluster: Cluster) -> Iterator[str]:
    """A database whose encoding is not ours."""
    cluster.control("CREATE DATABASE latin ENCODING 'LATIN1' LOCALE 'C' TEMPLATE template0")
    yield cluster.url("latin")
    cluster.control("DROP DATABASE latin")


@pytest.mark.parametrize("table", GUARDED)
def test_no_recorded_table_is_emptied_at_once(filled: str, table: str) -> None:
    with by_hand(filled) as connection:
        for statement in (f'TRUNCATE "{table}" CASCADE', "TRUNCATE people CASCADE"):
            with pytest.raises(RefusedError, match="never emptied"):
                connection.execute(statement)


def test_guards_stand_in_a_session_that_skips_ordinary_triggers(url: str) -> None:
    with by_hand(url) as connection:
        connection.execute("SET session_replication_role = replica")
        for statement in ("UPDATE decisions SET result = 'inconclusive'", "DELETE FROM findings"):
            with pytest.raises(RefusedError, match="append-only"):
                connection.execute(statement)


@pytest.mark.parametrize(
    "statement",
    [
        "DROP FUNCTION guard_decisions_update() CASCADE",
        "DROP TRIGGER guard_decisions_update ON decisions",
        "ALTER TABLE decisions DISABLE TRIGGER guard_decisions_update",
        "ALTER TABLE decisions ENABLE TRIGGER guard_decisions_update",
        "ALTER TABLE decisions ENABLE REPLICA TRIGGER guard_decisions_update",
        f"CREATE OR REPLACE FUNCTION guard_decisions_update() {PASSING}",
        "CREATE OR REPLACE TRIGGER guard_decisions_update BEFORE UPDATE ON decisions FOR EACH ROW WHEN (false)"
        " EXECUTE FUNCTION guard_decisions_update()",
    ],
)
def test_a_weakened_guard_is_noticed_and_put_right(url: str, statement: str) -> None:
    with by_hand(url) as connection:
        connection.execute(statement)
    assert not head_is_current(url)
    upgrade(url)
    assert head_is_current(url)
    with by_hand(url) as connection, pytest.raises(RefusedError, match="append-only"):
        connection.execute("UPDATE decisions SET result = 'inconclusive'")


def test_every_text_sorts_by_code_point(url: str) -> None:
    query = (
        "SELECT table_name, column_name, collation_name FROM information_schema.columns"
        " WHERE table_schema = 'public' AND data_type = 'text'"
    )
    with by_hand(url) as connection:
        rows = connection.execute(query)
    assert len(rows) > 50
    assert [row for row in rows if row[2] != "C"] == []


def test_no_figure_is_other_than_a_number(url: str) -> None:
    query = (
        "SELECT c.table_name, c.column_name FROM information_schema.columns c"
        " WHERE table_schema = 'public' AND data_type = 'double precision' AND NOT EXISTS"
        " (SELECT 1 FROM pg_constraint k WHERE k.conrelid = c.table_name::regclass AND k.contype = 'c'"
        " AND pg_get_constraintdef(k.oid) LIKE '%' || c.column_name || '% <> ''NaN''%')"
    )
    with by_hand(url) as connection:
        assert connection.execute(query) == []
        with pytest.raises(RefusedError, match="check constraint"):
            connection.execute(
                "INSERT INTO assessments SELECT 'int_2', conclusive, all_consistent, adverse_items, disputed_items,"
                " reasons, blame_fault, 'NaN', blame_side, bad_share_relied, bad_share_live, live_seconds,"
                " policy_version FROM assessments"
            )


@pytest.mark.parametrize(
    ("state", "told"),
    [
        ("40001", Conflict),
        ("40P01", Conflict),
        ("23505", Conflict),
        ("23514", OurError),
        ("22003", InvalidInput),
        ("22021", InvalidInput),
        ("55P03", OurError),
        ("25006", OurError),
        ("P0001", OurError),
        ("XX000", OurError),
    ],
)
async def test_every_refusal_is_told_in_our_words(postgresql: str, state: str, told: type[Exception]) -> None:
    raising = text(f"DO $$ BEGIN RAISE SQLSTATE '{state}' USING MESSAGE = 'no', DETAIL = 'Zoë Secret'; END $$")
    async with await Store.open(postgresql) as store:
        with pytest.raises(told) as refused:
            async with store.units() as uow:
                await uow._connection.run(raising)
        assert type(refused.value) is told
        assert "Secret" not in str(refused.value)
        async with store.units(read_only=True) as uow:
            assert await uow.people.all() == ()


async def test_a_deadlock_with_somebody_past_the_turn_is_a_conflict(postgresql: str) -> None:
    async with await Store.open(postgresql) as store:
        async with store.units() as uow:
            await examples.add_case(uow)
            await uow.links.add(examples.link("one"))
            await uow.links.add(examples.link("two"))
        past = await asyncpg.connect(postgresql, server_settings={"deadlock_timeout": "1h"})
        async with past.transaction():
            await past.execute(USING.format("one"))
            with pytest.raises(Conflict):
                async with store.units() as uow:
                    await uow.links.mark_used("two", 2)
                    crossing = asyncio.create_task(
                        past.execute("UPDATE links SET used_ms = 1 WHERE token_hash = 'two'")
                    )
                    await _until_one_waits(postgresql)
                    await uow.links.mark_used("one", 2)
            await crossing
        await past.close()
        async with store.units(read_only=True) as uow:
            found = [await uow.links.by_hash(hash_) for hash_ in ("one", "two")]
        assert [link.used_ms for link in found if link] == [1, 1]


async def test_a_decision_that_somebody_past_the_turn_commits_first_is_a_conflict(postgresql: str) -> None:
    async with await Store.open(postgresql) as store:
        async with store.units() as uow:
            await examples.add_assessed_call(uow)
        async with _past_the_turn(postgresql) as past:
            await past.execute(
                "INSERT INTO decisions (verification_id, version, result, conclusive, interview_id, decided_by,"
                " reason_codes, policy_version, at_ms)"
                " VALUES ('ver_1', 1, 'verified', TRUE, 'int_1', 'per_anna', '[]', 'p1', 1)"
            )
            deciding = asyncio.create_task(_decide(store))
            await _until_one_waits(postgresql)
        with pytest.raises(Conflict):
            await deciding
        async with store.units(read_only=True) as uow:
            assert [decision.at_ms for decision in await uow.decisions.all(examples.CASE)] == [1]


async def test_a_writer_that_falls_silent_loses_its_turn(postgresql: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dialect, "IDLE_WRITER_MS", 50)
    async with await Store.open(postgresql) as silent, await Store.open(postgresql) as other:
        with pytest.raises(OurError):
            async with silent.units() as lost:
                await examples.add_case(lost)
                async with other.units() as uow:
                    assert await uow.people.all() == ()
                await lost.people.all()
        async with silent.units() as uow:
            await examples.add_case(uow)


async def test_connections_that_the_server_closed_are_replaced(cluster: Cluster, postgresql: str) -> None:
    async with await Store.open(postgresql) as store:
        for read_only in (True, False):
            async with store.units(read_only=read_only) as uow:
                assert await uow.people.all() == ()
        with pytest.raises(OurError):
            async with store.units() as uow:
                await examples.add_case(uow)
                cluster.control(
                    f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name_of(postgresql)}'"
                )
        for read_only in (True, False):
            async with store.units(read_only=read_only) as uow:
                assert await uow.people.all() == ()


async def test_readiness_does_not_wait_for_a_writer(postgresql: str) -> None:
    async with await Store.open(postgresql) as store, store.units():
        assert head_is_current(postgresql)


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://verifier:hunter2@127.0.0.1:1/verifier",
        "postgresql://verifier:hunter2@/verifier?host=/nowhere",
        "postgresql://verifier:hunter2@no-such-host.invalid/verifier?sslmode=require",
    ],
)
async def test_a_server_that_cannot_be_reached_is_a_clear_error_without_the_password(url: str) -> None:
    with pytest.raises(ConfigurationInvalid, match="verifier cannot be reached") as refused:
        upgrade(url)
    assert "hunter2" not in str(refused.value)
    with pytest.raises(ConfigurationInvalid, match="verifier cannot be reached"):
        await Store.open(url)
    assert not head_is_current(url)


def test_a_database_that_is_not_there_is_named(cluster: Cluster) -> None:
    with pytest.raises(ConfigurationInvalid, match='"nowhere" does not exist'):
        upgrade(cluster.url("nowhere"))


def test_a_database_of_another_encoding_is_refused(latin: str) -> None:
    with pytest.raises(ConfigurationInvalid, match="LATIN1"):
        upgrade(latin)


async def _decide(store: Store) -> None:
    async with store.units() as uow:
        await uow.decisions.append(examples.decision())


@asynccontextmanager
async def _past_the_turn(url: str, **settings: str) -> AsyncIterator[asyncpg.Connection[Any]]:
    """A transaction of somebody who takes no turn; committed at the end."""
    connection = await asyncpg.connect(url, server_settings=settings)
    try:
        async with connection.transaction():
            yield connection
    finally:
        await connection.close()


async def _until_one_waits(url: str) -> None:
    """Return when a session of the database waits for a row of another one."""
    watching = await asyncpg.connect(url)
    waits = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
    while not await watching.fetchval(waits):
        pass
    await watching.close()
