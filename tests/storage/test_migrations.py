"""Migrations lead from nothing to the tables in the code, keep every guard, and happen whole or not at all."""

from __future__ import annotations

import multiprocessing
import re
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from alembic.migration import MigrationContext
from alembic.operations import Operations
from sqlalchemy import Table, Text, create_engine
from sqlalchemy.dialects import postgresql
from sqlalchemy.schema import CreateTable

from tests.storage.databases import file_of, fresh_database
from tests.storage.worlds import by_hand, fill
from verifier.errors import ConfigurationInvalid
from verifier.storage import Store, guards, head_is_current, migrating, upgrade
from verifier.storage.database import checked_url, migrator
from verifier.storage.tables import METADATA


def test_the_migrations_build_exactly_the_tables_of_the_code(tmp_path: Path) -> None:
    engine = create_engine(f"sqlite:///{tmp_path / 'declared.db'}")
    METADATA.create_all(engine)
    engine.dispose()
    migrated = _schema(file_of(fresh_database(tmp_path)))
    assert migrated == _schema(tmp_path / "declared.db")


@pytest.mark.parametrize("revision", migrating.revisions())
def test_after_every_migration_every_table_has_its_guards(tmp_path: Path, revision: str) -> None:
    url = f"sqlite:///{tmp_path / 'some.db'}"
    upgrade(url, revision)
    with closing(sqlite3.connect(tmp_path / "some.db")) as connection:
        rows = connection.execute("SELECT type, name, sql FROM sqlite_master").fetchall()
    tables = {name for kind, name, _ in rows if kind == "table"} & set(METADATA.tables)
    triggers = {name: sql for kind, name, sql in rows if kind == "trigger"}
    assert tables
    assert triggers == dict(guards.guards(tables))


async def test_a_rebuilt_table_gets_its_guards_and_rows_back(tmp_path: Path) -> None:
    url = fresh_database(tmp_path)
    await fill(url)
    engine = migrator(checked_url(url))
    with engine.connect() as connection, connection.begin():
        operations = Operations(MigrationContext.configure(connection))
        with operations.batch_alter_table("decisions", recreate="always") as batch:
            batch.alter_column("policy_version", existing_type=Text(), nullable=False)
        assert "guard_decisions_update" in guards.missing(connection)
    engine.dispose()
    upgrade(url)
    assert head_is_current(url)
    with by_hand(url) as connection, pytest.raises(sqlite3.IntegrityError, match="append-only"):
        connection.execute("DELETE FROM decisions")


def test_words_that_moved_to_side_tables_are_all_there(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'some.db'}"
    upgrade(url, "r0011")
    with by_hand(url) as connection:
        connection.execute("INSERT INTO events VALUES (1, 'evt_1', 'endpoint.test', NULL, 0, 5, '{\"a\":1}', 0)")
        connection.execute("INSERT INTO endpoints VALUES ('end_1', 'https://example.org', '[]', '[]', 0, 5, NULL)")
        connection.execute(
            "INSERT INTO deliveries VALUES (1, 'msg_1', 'evt_1', 'end_1', NULL, 0, 'pending', 2, 9, NULL)"
        )
        connection.execute("INSERT INTO attempts VALUES (1, 'msg_1', 1, 6, 5, 500, 'http_status', 'not me')")
        connection.execute("INSERT INTO attempts VALUES (2, 'msg_1', 2, 7, 5, NULL, 'timeout', '')")
        connection.execute("INSERT INTO device_checks VALUES (1, 5, 1, '{\"rtt_ms\": 20.0}', NULL, NULL)")
    upgrade(url)
    with by_hand(url) as connection:
        assert connection.execute("SELECT * FROM event_bodies").fetchall() == [("evt_1", '{"a":1}')]
        assert connection.execute("SELECT * FROM attempt_answers").fetchall() == [(1, "not me")]
        assert connection.execute("SELECT * FROM check_figures").fetchall() == [(1, '{"rtt_ms": 20.0}')]
        assert connection.execute("SELECT position, number, error FROM attempts").fetchall() == [
            (1, 1, "http_status"),
            (2, 2, "timeout"),
        ]


def test_upgrading_twice_changes_nothing(tmp_path: Path) -> None:
    url = fresh_database(tmp_path)
    before = _schema(file_of(url))
    upgrade(url)
    assert _schema(file_of(url)) == before


def test_two_processes_may_upgrade_at_once(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'shared.db'}"
    context = multiprocessing.get_context("spawn")
    workers = [context.Process(target=upgrade, args=(url,)) for _ in range(2)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert [worker.exitcode for worker in workers] == [0, 0]
    assert head_is_current(url)


def test_a_failed_migration_leaves_the_database_as_it_was(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'some.db'}"
    upgrade(url, "r0002")
    before = _schema(tmp_path / "some.db")
    with closing(sqlite3.connect(tmp_path / "some.db")) as connection:
        connection.execute("CREATE TABLE decisions (in_the_way)")
    with pytest.raises(Exception, match="decisions already exists"):
        upgrade(url)
    after = _schema(tmp_path / "some.db")
    del after["decisions"]
    assert after == before


async def test_a_missing_database_is_not_created_by_opening_it(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationInvalid, match="verifier db upgrade"):
        await Store.open(f"sqlite:///{tmp_path / 'none.db'}")
    assert not file_of(f"sqlite:///{tmp_path / 'none.db'}").exists()


async def test_an_empty_or_older_database_is_not_opened(tmp_path: Path) -> None:
    (tmp_path / "empty.db").touch()
    with pytest.raises(ConfigurationInvalid, match="empty"):
        await Store.open(f"sqlite:///{tmp_path / 'empty.db'}")
    upgrade(f"sqlite:///{tmp_path / 'old.db'}", "r0001")
    with pytest.raises(ConfigurationInvalid, match="another schema"):
        await Store.open(f"sqlite:///{tmp_path / 'old.db'}")


async def test_a_file_that_is_no_database_is_named_in_the_error(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("This is not a database. " * 99)
    with pytest.raises(ConfigurationInvalid, match=r"notes\.txt"):
        await Store.open(f"sqlite:///{tmp_path / 'notes.txt'}")


@pytest.mark.parametrize("url", ["", "nonsense", "sqlite://", "sqlite:///:memory:", "postgresql://localhost/verifier"])
async def test_an_url_that_names_no_file_is_refused(url: str) -> None:
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


def _schema(file: Path) -> dict[str, list[str]]:
    """Lines of every table and index, sorted and without quotes: a migration may list constraints in another order."""
    with closing(sqlite3.connect(file)) as connection:
        rows = connection.execute(
            "SELECT name, sql FROM sqlite_master WHERE type <> 'trigger' AND tbl_name <> 'alembic_version'"
        ).fetchall()
    return {
        name: sorted(re.sub(r"\s+", " ", line.replace('"', "")).strip(" ,") for line in (sql or "").split("\n"))
        for name, sql in rows
    }


@pytest.mark.parametrize("table", METADATA.sorted_tables, ids=lambda table: table.name)
def test_every_table_can_be_written_for_postgresql_too(table: Table) -> None:
    statement = str(CreateTable(table).compile(dialect=postgresql.dialect()))
    assert "IN (0, 1)" not in statement
