"""Rows of a database of the newest schema in one of an older one, as an earlier version would have left them."""

from __future__ import annotations

from sqlalchemy import Connection, LargeBinary, inspect

from tests.storage.hands import by_hand, inserting, rows_of
from verifier.storage.dialects import database
from verifier.storage.tables import METADATA


def carry_over(newest: str, older: str) -> None:
    """Write every row of ``newest`` into the tables and columns that ``older`` has, past its foreign keys."""
    known = database(older).run(_columns, writes=False)
    with by_hand(newest) as whence, by_hand(older) as whither:
        whither.execute(
            "PRAGMA foreign_keys=OFF" if older.startswith("sqlite") else "SET session_replication_role = replica"
        )
        for table, columns in known.items():
            for row in rows_of(whence, table, columns):
                whither.execute(inserting(table, row))


def _columns(connection: Connection) -> dict[str, list[str]]:
    """By table; those with binary columns are left out, since nothing refers to them."""
    inspector = inspect(connection)
    found = {}
    for name in inspector.get_table_names():
        table = METADATA.tables.get(name)
        if table is not None and not any(isinstance(column.type, LargeBinary) for column in table.columns):
            found[name] = [column["name"] for column in inspector.get_columns(name) if column["name"] in table.columns]
    return found
