"""Column and constraint shapes that work alike on SQLite and PostgreSQL. One rule: times are 64-bit milliseconds."""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Double,
    ForeignKeyConstraint,
    Integer,
    MetaData,
    Text,
)

METADATA = MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    }
)
"""Every table of the store; names of constraints are the same on every database."""


def text(name: str, *, key: bool = False, nullable: bool = False) -> Column[Any]:
    """Unicode text."""
    return Column(name, Text, primary_key=key, nullable=nullable)


def integer(name: str, *, key: bool = False, nullable: bool = False) -> Column[Any]:
    """A 64-bit integer that the caller supplies."""
    return Column(name, BigInteger, primary_key=key, nullable=nullable, autoincrement=False)


def real(name: str, *, nullable: bool = False) -> Column[Any]:
    """An IEEE 754 double."""
    return Column(name, Double, nullable=nullable)


def boolean(name: str, *, nullable: bool = False) -> Column[Any]:
    """True or false; a CHECK where the database has no such type."""
    return Column(name, Boolean(create_constraint=True, name=name), nullable=nullable)


def json(name: str) -> Column[Any]:
    """A JSON document, never SQL NULL."""
    return Column(name, JSON, nullable=False)


def position() -> Column[Any]:
    """A number the database counts up: the order in which rows were added."""
    return Column(
        "position", BigInteger().with_variant(Integer(), "sqlite"), primary_key=True, autoincrement=True, nullable=False
    )


def one_of(column: str, values: Iterable[StrEnum]) -> CheckConstraint:
    """The column holds one of these words (or NULL where it may)."""
    words = ", ".join(f"'{value.value}'" for value in values)
    return CheckConstraint(f"{column} IN ({words})", name=f"{column}_known")


def policy_of_interview() -> ForeignKeyConstraint:
    """What is derived from an interview rests on the policy that was pinned when it began (I10)."""
    return ForeignKeyConstraint(["interview_id", "policy_version"], ["interviews.id", "interviews.policy_version"])
