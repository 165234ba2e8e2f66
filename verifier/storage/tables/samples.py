"""The raw rows as typed columns. One rule: the columns are the dataclass fields, so a new field needs only a migration.

One row per leg, second and origin. Every table is append-only and its key makes a repeated row recognisable.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Any

from sqlalchemy import BigInteger, Boolean, CheckConstraint, Column, Double, ForeignKeyConstraint, Table, Text

from verifier.core.samples import BrowserSample, FrameSample, ServerSample
from verifier.storage.rows import Leaf, leaves
from verifier.storage.tables.columns import METADATA, one_of

_TYPES: dict[type, Any] = {str: Text, int: BigInteger, float: Double}


def _column(leaf: Leaf, key: bool) -> Column[Any]:
    if leaf.kind is bool:
        kind: Any = Boolean(create_constraint=True, name=leaf.column)
    else:
        kind = Text if issubclass(leaf.kind, StrEnum) else _TYPES[leaf.kind]
    return Column(leaf.column, kind, primary_key=key, nullable=leaf.nullable, autoincrement=False)


def _checks(found: list[Leaf]) -> list[CheckConstraint]:
    return [one_of(leaf.column, leaf.kind) for leaf in found if issubclass(leaf.kind, StrEnum)]


def _rows_of(name: str, kind: type, key: tuple[str, ...]) -> Table:
    found = list(leaves(kind))
    return Table(
        name,
        METADATA,
        *(_column(leaf, leaf.column in key) for leaf in found),
        ForeignKeyConstraint(["interview_id"], ["interviews.id"]),
        *_checks(found),
    )


_BY_LEG = ("interview_id", "leg", "generation", "sequence")

server_samples = _rows_of("server_samples", ServerSample, _BY_LEG)
browser_samples = _rows_of("browser_samples", BrowserSample, _BY_LEG)
frame_samples = _rows_of("frame_samples", FrameSample, ("interview_id", "at_ms"))
