"""What was recorded stays as it was, whoever holds the file or the password."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.contract import examples
from tests.fakes.runtime import START_MS
from tests.storage.databases import file_of
from tests.storage.hands import Hand, RefusedError, by_hand, overwriting, unguarding
from verifier.core.erased import ERASED, LOCALE, TIME_ZONE
from verifier.errors import ConfigurationInvalid
from verifier.storage import Store, guards, head_is_current, upgrade
from verifier.storage.repositories import erasures
from verifier.storage.tables import METADATA

MUST_BE_APPEND_ONLY = {
    "server_samples",
    "browser_samples",
    "frame_samples",
    "findings",
    "assessments",
    "decisions",
    "flags",
    "interview_log",
    "effects",
    "attempts",
    "events",
    "claims",
    "planned_items",
    "consents",
    "device_checks",
    "notice_attempts",
    "disownments",
    "trainings",
    "stills",
    "recordings",
    "proposals",
    "proposal_facts",
    "response_windows",
    "window_stops",
    "shown_proposals",
    "shown_decisions",
    "responses",
    "views",
    "rulings",
    "flag_resolutions",
    "failed_decisions",
    "appeals",
    "appeal_answers",
    "escalations",
    "audit_entries",
    "sample_tombstones",
    "legal_holds",
    "conflicts_of_interest",
    "staff_changes",
}
"""Written down once more on purpose: removing a table from the guards must not remove its test."""


def test_the_example_world_has_a_row_in_every_table(url: str) -> None:
    with by_hand(url) as connection:
        empty = [name for name in METADATA.tables if not _count(connection, name)]
    assert empty == []


def test_every_table_is_in_exactly_one_list_of_guards() -> None:
    lists = [guards.APPEND_ONLY, guards.PERSONAL, set(guards.PINNED), guards.MUTABLE]
    assert sorted(name for one in lists for name in one) == sorted(METADATA.tables)
    assert MUST_BE_APPEND_ONLY <= guards.APPEND_ONLY


@pytest.mark.parametrize("table", sorted(MUST_BE_APPEND_ONLY | guards.APPEND_ONLY))
def test_an_append_only_row_can_be_neither_changed_nor_deleted_nor_replaced(filled: str, table: str) -> None:
    columns = [column.name for column in METADATA.tables[table].columns]
    with by_hand(filled) as connection:
        before = connection.execute(f'SELECT * FROM "{table}"')
        for column in columns:
            with pytest.raises(RefusedError, match="append-only"):
                connection.execute(f'UPDATE "{table}" SET "{column}" = "{column}"')
        with pytest.raises(RefusedError, match="append-only"):
            connection.execute(f'DELETE FROM "{table}"')
        _try(connection, overwriting(filled, table))
        assert connection.execute(f'SELECT * FROM "{table}"') == before


@pytest.mark.parametrize("table", sorted(guards.SAMPLES))
def test_raw_rows_may_be_deleted_where_a_tombstone_of_their_interview_stands_and_nowhere_else(
    url: str, table: str
) -> None:
    with by_hand(url) as connection:
        with pytest.raises(RefusedError, match="append-only"):
            connection.execute(f"DELETE FROM {table}")
        connection.execute("INSERT INTO sample_tombstones SELECT 'int_1', 9, 9, 1, 1, 1, sha256 FROM sample_tombstones")
        with pytest.raises(RefusedError, match="append-only"):
            connection.execute(f"UPDATE {table} SET interview_id = 'int_2'")
        connection.execute(f"DELETE FROM {table}")
        assert _count(connection, table) == 0


@pytest.mark.parametrize(
    ("column", "value"), [("at_ms", "not_before_ms - 1"), ("server_rows", "-1"), ("sha256", "'short'")]
)
def test_a_tombstone_that_is_too_early_or_not_whole_is_refused(url: str, column: str, value: str) -> None:
    columns = [each.name for each in METADATA.tables["sample_tombstones"].columns]
    chosen = ", ".join({"interview_id": "'int_1'", column: value}.get(name, name) for name in columns)
    with by_hand(url) as connection, pytest.raises(RefusedError, match=r"(?i)check"):
        connection.execute(f"INSERT INTO sample_tombstones SELECT {chosen} FROM sample_tombstones")


@pytest.mark.parametrize(("number", "placed"), [(2, "TRUE"), (3, "FALSE"), (0, "FALSE")])
def test_holds_are_placed_and_released_in_turn(url: str, number: int, placed: str) -> None:
    with by_hand(url) as connection, pytest.raises(RefusedError, match=r"(?i)check"):
        connection.execute(
            f"INSERT INTO legal_holds SELECT verification_id, {number}, {placed}, at_ms, text_length, text_sha256"
            " FROM legal_holds"
        )


def test_redaction_knows_the_way_to_every_personal_table() -> None:
    assert sorted(table.name for table in {*erasures.OF_A_CASE, *erasures.OF_STAFF}) == sorted(guards.PERSONAL)


def test_replacing_a_decision_by_another_row_of_its_version_is_refused(url: str) -> None:
    columns = [column.name for column in METADATA.tables["decisions"].columns]
    values = ", ".join("'[\"x\"]'" if name == "reason_codes" else name for name in columns)
    with by_hand(url) as connection, pytest.raises(RefusedError):
        connection.execute(overwriting(url, "decisions", f"SELECT {values} FROM decisions"))


@pytest.mark.parametrize("table", sorted(guards.SAMPLES))
def test_a_repeated_sample_is_left_alone_without_an_error(filled: str, table: str) -> None:
    with by_hand(filled) as connection:
        connection.execute(f'INSERT INTO "{table}" SELECT * FROM "{table}"')
        assert _count(connection, table) == 1


@pytest.mark.parametrize("table", sorted(guards.PERSONAL))
def test_personal_rows_are_written_once_and_can_be_deleted(url: str, table: str) -> None:
    column = next(column.name for column in METADATA.tables[table].columns if not column.primary_key)
    with by_hand(url) as connection:
        with pytest.raises(RefusedError, match="written once"):
            connection.execute(f'UPDATE "{table}" SET "{column}" = "{column}"')
        _try(connection, overwriting(url, table), refused=True)
        connection.execute(f'DELETE FROM "{table}"')
        assert _count(connection, table) == 0


@pytest.mark.parametrize("table", sorted(guards.PINNED))
def test_cases_calls_and_runs_are_never_deleted(filled: str, table: str) -> None:
    with by_hand(filled) as connection, pytest.raises(RefusedError, match="never deleted"):
        connection.execute(f'DELETE FROM "{table}"')


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE item_runs SET answer = 'inconsistent' WHERE id = 'run_1'",
        "UPDATE item_runs SET ended_ms = ended_ms + 1 WHERE id = 'run_1'",
        "UPDATE item_runs SET started_ms = started_ms - 1 WHERE id = 'run_open'",
        "UPDATE item_runs SET item_key = 'profile.clm_go' WHERE id = 'run_open'",
        "UPDATE interviews SET state = 'live', ended_ms = NULL, end_cause = NULL WHERE id = 'int_1'",
        "UPDATE interviews SET policy_version = 'looser' WHERE id = 'int_2'",
        "UPDATE interviews SET seed = 1 WHERE id = 'int_2'",
        "UPDATE verifications SET external_id = 'somebody else'",
        f"UPDATE verifications SET external_id = '{ERASED}'",
        "UPDATE verifications SET external_id = 'somebody else', redacted_ms = 1",
        "UPDATE verifications SET time_zone = 'UTC'",
        "UPDATE verifications SET test = TRUE",
    ],
)
def test_what_is_closed_or_pinned_does_not_move(filled: str, statement: str) -> None:
    with by_hand(filled) as connection, pytest.raises(RefusedError, match="closed or pinned"):
        connection.execute(statement)


def test_the_platforms_reference_is_erased_once_and_never_comes_back(url: str) -> None:
    words = f"external_id = '{ERASED}', locale = '{LOCALE}', time_zone = '{TIME_ZONE}'"
    with by_hand(url) as connection:
        connection.execute(f"UPDATE verifications SET {words}, redacted_ms = 7 WHERE id = 'ver_1'")
        for again in ("external_id = 'freelancer-1'", "redacted_ms = 8", "redacted_ms = NULL", "locale = 'de'"):
            with pytest.raises(RefusedError, match="closed or pinned"):
                connection.execute(f"UPDATE verifications SET {again} WHERE id = 'ver_1'")
        connection.execute("UPDATE verifications SET sequence = sequence + 1 WHERE id = 'ver_1'")


def test_an_open_run_may_end_by_hand_too_but_only_once(url: str) -> None:
    ending = f"UPDATE item_runs SET ended_ms = {START_MS + 9_000}, answer = 'not_heard' WHERE id = 'run_open'"
    with by_hand(url) as connection:
        connection.execute(ending)
        with pytest.raises(RefusedError, match="closed or pinned"):
            connection.execute(ending)


async def test_redaction_leaves_status_and_verdict_readable(url: str) -> None:
    with by_hand(url) as connection:
        for table in guards.PERSONAL:
            connection.execute(f'DELETE FROM "{table}"')
    async with await Store.open(url) as store, store.units(read_only=True) as uow:
        case = await uow.verifications.get(examples.CASE)
        assert (case.legal_name, case.email, case.result) == (ERASED, "", "verified")
        assert {claim.value for claim in case.claims} == {ERASED}
        assert {item.expected for item in await uow.interviews.plan(examples.CALL)} == {ERASED}
        assert {event.body for event in await uow.outbox.events_of(examples.CASE)} == {""}
        check = await uow.device_checks.latest_of_person(examples.ANNA)
        assert check is not None and (check.passed, check.figures) == (True, {})
        assert (await uow.runs.of_interview(examples.CALL))[-1].typed is None
        assert [flag.note for flag in await uow.flags.of_interview(examples.CALL)] == [""]
        assert [entry.body for entry in await uow.log.since(examples.CALL, 0)] == [{}]
        assert await uow.verdicts.findings(examples.CALL) == (examples.finding(),)


async def test_a_database_without_one_of_its_guards_is_not_opened(url: str) -> None:
    with by_hand(url) as connection:
        connection.execute(unguarding(url, "guard_decisions_update", "decisions"))
    assert not head_is_current(url)
    with pytest.raises(ConfigurationInvalid, match="guard_decisions_update"):
        await Store.open(url)
    upgrade(url)
    assert head_is_current(url)
    with by_hand(url) as connection, pytest.raises(RefusedError, match="append-only"):
        connection.execute("UPDATE decisions SET result = 'inconclusive'")


def _count(connection: Hand, table: str) -> int:
    count: int = connection.execute(f'SELECT count(*) FROM "{table}"')[0][0]
    return count


def _try(connection: Hand, statement: str, refused: bool = False) -> None:
    """Run a statement that must change nothing; some tables ignore it and some refuse it."""
    try:
        connection.execute(statement)
    except RefusedError:
        return
    assert not refused


def test_copies_are_of_closed_databases(filled: str) -> None:
    assert not Path(f"{file_of(filled)}-wal").exists()
