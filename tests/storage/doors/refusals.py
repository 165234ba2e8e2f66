"""Asserting that a database refuses rows, and for which reason."""

from __future__ import annotations

import re
from collections.abc import Sequence

import pytest

from tests.storage.hands import Hand, RefusedError, Row, by_hand, inserting, row_of, together

ANY_KEY = r"FOREIGN KEY constraint failed|violates foreign key constraint"
"""Several foreign keys at once."""
ANY_TWIN = r"UNIQUE constraint failed|violates unique constraint"


def refused(url: str, statements: Sequence[str], *constraints: str) -> None:
    """Assert that these statements, in one transaction, break one of the constraints and leave nothing behind.

    A constraint is named in full, as ``not_null:COLUMN``, or as one of the patterns above.
    """
    pattern = "|".join(_pattern(url, each) for each in constraints)
    with by_hand(url) as hand, pytest.raises(RefusedError, match=pattern):
        together(hand, statements)


def changed(hand: Hand, table: str, where: str, **changes: object) -> str:
    """The statement that writes a row like another one."""
    return inserting(table, row_of(hand, table, where) | changes)


def refused_like(url: str, table: str, where: str, changes: Row, *constraints: str) -> None:
    """Assert that a row like another one is refused."""
    with by_hand(url) as hand:
        statement = changed(hand, table, where, **changes)
    refused(url, [statement], *constraints)


def _pattern(url: str, name: str) -> str:
    if name in (ANY_KEY, ANY_TWIN):
        return name
    kind, _, column = name.partition(":")
    if not url.startswith("sqlite"):
        return f'null value in column "{column}"' if column else f'"{re.escape(name)}"'
    if column:
        return rf"NOT NULL constraint failed: \w+\.{column}$"
    # SQLite names a check, and only the kind of every other constraint.
    kinds = {"fk": "FOREIGN KEY constraint failed", "uq": "UNIQUE constraint failed", "pk": "UNIQUE constraint failed"}
    return kinds.get(kind.split("_")[0], rf"CHECK constraint failed: {re.escape(name)}$")
