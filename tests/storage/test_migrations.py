"""Migrations lead from nothing to the tables in the code, keep every guard, and happen whole or not at all."""

from __future__ import annotations

import multiprocessing
from pathlib import Path

import pytest
from alembic.migration import MigrationContext
from alembic.operations import Operations
from sqlalchemy import Connection, Text

from tests.storage.carrying import carry_over
from tests.storage.databases import Home, file_of
from tests.storage.hands import RefusedError, by_hand, rows_of
from tests.storage.schemas import schema, standing
from verifier.errors import ConfigurationInvalid, OurError
from verifier.storage import Store, guards, head_is_current, migrating, upgrade
from verifier.storage.dialects import database, dialect
from verifier.storage.tables import METADATA


def test_the_migrations_build_exactly_the_tables_of_the_code(home: Home, fresh: str) -> None:
    declared = home.empty()
    database(declared).run(_declare, writes=True)
    assert schema(fresh) == schema(declared)
    assert set(METADATA.tables) <= set(schema(fresh))


@pytest.mark.parametrize("revision", migrating.revisions())
def test_after_every_migration_every_table_has_its_guards(home: Home, revision: str) -> None:
    url = home.empty()
    upgrade(url, revision)
    tables = set(schema(url)) & set(METADATA.tables)
    assert tables
    assert standing(url) == _needed(url, tables)


def test_a_rebuilt_table_gets_its_guards_and_rows_back(url: str) -> None:
    if url.startswith("sqlite"):
        database(url).run(_rebuild_decisions, writes=True)
        assert not head_is_current(url)
    upgrade(url)
    assert head_is_current(url)
    with by_hand(url) as connection, pytest.raises(RefusedError, match="append-only"):
        connection.execute("DELETE FROM decisions")


def test_words_that_moved_to_side_tables_are_all_there(home: Home) -> None:
    url = home.empty()
    upgrade(url, "r0011")
    with by_hand(url) as connection:
        connection.execute("INSERT INTO events VALUES (1, 'evt_1', 'endpoint.test', NULL, 0, 5, '{\"a\":1}', FALSE)")
        connection.execute("INSERT INTO endpoints VALUES ('end_1', 'https://example.org', '[]', '[]', FALSE, 5, NULL)")
        connection.execute(
            "INSERT INTO deliveries VALUES (1, 'msg_1', 'evt_1', 'end_1', NULL, 0, 'pending', 2, 9, NULL)"
        )
        connection.execute("INSERT INTO attempts VALUES (1, 'msg_1', 1, 6, 5, 500, 'http_status', 'not me')")
        connection.execute("INSERT INTO attempts VALUES (2, 'msg_1', 2, 7, 5, NULL, 'timeout', '')")
        connection.execute("INSERT INTO device_checks VALUES (1, 5, TRUE, '{\"rtt_ms\": 20.0}', NULL, NULL)")
    upgrade(url)
    with by_hand(url) as connection:
        assert connection.execute("SELECT * FROM event_bodies") == [("evt_1", '{"a":1}')]
        assert connection.execute("SELECT * FROM attempt_answers") == [(1, "not me")]
        assert connection.execute("SELECT * FROM check_figures") == [(1, '{"rtt_ms": 20.0}')]
        assert connection.execute("SELECT position, number, error FROM attempts") == [
            (1, 1, "http_status"),
            (2, 2, "timeout"),
        ]


BEFORE_THE_NARROWER_DOORS = "r0018"


def test_failures_of_an_earlier_version_are_completed_from_the_rows_they_repeat(home: Home, filled: str) -> None:
    url = home.empty()
    upgrade(url, BEFORE_THE_NARROWER_DOORS)
    carry_over(filled, url)
    upgrade(url)
    assert head_is_current(url)
    with by_hand(filled) as whence, by_hand(url) as whither:
        for table in ("failed_decisions", "proposal_facts", "decisions", "findings", "appeal_answers"):
            assert rows_of(whither, table) == rows_of(whence, table) != []


def test_upgrading_twice_changes_nothing(fresh: str) -> None:
    before = schema(fresh), standing(fresh)
    upgrade(fresh)
    assert (schema(fresh), standing(fresh)) == before


def test_a_guard_that_no_list_asks_for_any_more_is_taken_down(fresh: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(guards, "MUTABLE", guards.MUTABLE | {"decisions"})
    upgrade(fresh)
    assert not [name for name in standing(fresh) if name.startswith("guard_decisions_")]
    monkeypatch.undo()
    upgrade(fresh)
    assert head_is_current(fresh)


def test_two_processes_may_upgrade_at_once(home: Home) -> None:
    url = home.empty()
    context = multiprocessing.get_context("spawn")
    workers = [context.Process(target=upgrade, args=(url,)) for _ in range(2)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert [worker.exitcode for worker in workers] == [0, 0]
    assert head_is_current(url)


def test_a_failed_migration_leaves_the_database_as_it_was(home: Home) -> None:
    url = home.empty()
    upgrade(url, "r0002")
    before = schema(url), standing(url)
    with by_hand(url) as connection:
        connection.execute("CREATE TABLE decisions (in_the_way TEXT)")
    with pytest.raises(OurError, match=r"decisions.* already exists"):
        upgrade(url)
    after = schema(url), standing(url)
    del after[0]["decisions"]
    assert after == before


async def test_a_missing_database_is_not_created_by_opening_it(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationInvalid, match="verifier db upgrade"):
        await Store.open(f"sqlite:///{tmp_path / 'none.db'}")
    assert not file_of(f"sqlite:///{tmp_path / 'none.db'}").exists()


async def test_an_empty_or_older_database_is_not_opened(home: Home, tmp_path: Path) -> None:
    (tmp_path / "empty.db").touch()
    empty = home.empty()
    with pytest.raises(ConfigurationInvalid, match="empty"):
        await Store.open(f"sqlite:///{tmp_path / 'empty.db'}" if empty.startswith("sqlite") else empty)
    upgrade(empty, "r0001")
    with pytest.raises(ConfigurationInvalid, match="another schema"):
        await Store.open(empty)


async def test_a_file_that_is_no_database_is_named_in_the_error(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("This is not a database. " * 99)
    with pytest.raises(ConfigurationInvalid, match=r"notes\.txt"):
        await Store.open(f"sqlite:///{tmp_path / 'notes.txt'}")


@pytest.mark.parametrize(
    "url",
    [
        "",
        "nonsense",
        "sqlite://",
        "sqlite:///:memory:",
        "mysql://localhost/verifier",
        "postgresql://localhost",
        "postgresql+psycopg2://localhost/verifier",
        "postgresql://localhost/verifier?connect_timeout=3",
    ],
)
async def test_an_url_that_names_no_database_of_ours_is_refused(url: str) -> None:
    with pytest.raises(ConfigurationInvalid):
        await Store.open(url)
    with pytest.raises(ConfigurationInvalid):
        upgrade(url)


def test_upgrading_makes_the_folder(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'new' / 'deep' / 'some.db'}"
    upgrade(url)
    assert head_is_current(url)


def test_a_folder_that_cannot_be_made_is_a_clear_error(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(ConfigurationInvalid, match="cannot be made"):
        upgrade(f"sqlite:///{tmp_path / 'file' / 'some.db'}")


def _declare(connection: Connection) -> None:
    with connection.begin():
        METADATA.create_all(connection)


def _needed(url: str, tables: set[str]) -> dict[str, str]:
    def read(connection: Connection) -> dict[str, str]:
        worded = {guard.name: dialect(connection).wording(guard) for guard in guards.guards(tables)}
        return {name: wording for name, wording in worded.items() if wording is not None}

    return database(url).run(read, writes=False)


def _rebuild_decisions(connection: Connection) -> None:
    with connection.begin():
        operations = Operations(MigrationContext.configure(connection))
        with operations.batch_alter_table("decisions", recreate="always") as batch:
            batch.alter_column("policy_version", existing_type=Text(), nullable=False)
