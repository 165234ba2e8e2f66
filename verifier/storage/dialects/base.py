"""What a database must offer to the rest of the room. One rule: whatever differs stands in these two Protocols."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum, StrEnum, auto
from typing import Protocol, TypeVar

from sqlalchemy import Connection, Table
from sqlalchemy.engine import URL
from sqlalchemy.ext.asyncio import AsyncEngine

T = TypeVar("T")

BUSY_TIMEOUT_MS = 5_000
"""How long a writer waits for another process that writes before it gives up."""
READERS = 4
"""Connections for read-only units of work."""


class Reason(Enum):
    """Why a database refused."""

    TAKEN = auto()
    """A row with this key exists."""
    OVERTAKEN = auto()
    """Another transaction changed the same rows at the same moment."""
    FORBIDDEN = auto()
    """A constraint or a guard."""
    UNSTORABLE = auto()
    """A number or a text that no column can hold."""
    READ_ONLY = auto()
    BUSY = auto()
    """Another process kept what was needed for too long."""
    UNKNOWN = auto()


class Action(StrEnum):
    """What a guard refuses."""

    UPDATE = "UPDATE"
    DELETE = "DELETE"
    INSERT = "INSERT"
    """One that overwrites a row that is there."""
    TRUNCATE = "TRUNCATE"


@dataclass(frozen=True, slots=True)
class Guard:
    """One thing that may not be done to the rows of a table."""

    table: Table
    action: Action
    message: str
    unless: Sequence[str] | None = None
    """UPDATE only: the columns that it may change; None: no UPDATE at all."""
    closed: str = "FALSE"
    """UPDATE only: SQL over OLD and NEW; true when the row does not take the change, whatever ``unless`` says."""
    allowed: str | None = None
    """DELETE only: SQL over OLD; true when the row may go after all. None: it never may."""
    ignores: bool = False
    """INSERT only: a row whose key is there already is left alone without an error."""

    @property
    def name(self) -> str:
        """Of the trigger; of nothing else in the database."""
        return f"guard_{self.table.name}_{self.action.lower()}"


class Dialect(Protocol):
    """How a database words guards and errors."""

    def wording(self, guard: Guard) -> str | None:
        """What ``stored`` says of this guard when it stands; None when the database needs no such guard."""
        ...

    def create(self, connection: Connection, guard: Guard) -> None:
        """Put the guard up."""
        ...

    def drop(self, connection: Connection, name: str) -> None:
        """Take a guard down."""
        ...

    def stored(self, connection: Connection) -> Mapping[str, str]:
        """The wording of every guard that stands, by name."""
        ...

    def dangling(self, connection: Connection) -> Sequence[str]:
        """Tables with rows whose foreign key leads nowhere."""
        ...

    def reason(self, error: BaseException | None) -> tuple[Reason, str] | None:
        """Why this database's driver raised the error, and words without values; None when it did not raise it."""
        ...


class Database(Protocol):
    """A database that a URL names."""

    def __init__(self, url: URL) -> None: ...

    def writer(self, busy_timeout_ms: int) -> AsyncEngine:
        """An engine with the one connection that writes; a transaction of it begins by taking its turn."""
        ...

    def readers(self, busy_timeout_ms: int, count: int) -> AsyncEngine:
        """An engine whose connections keep to the state that they saw first and refuse every write."""
        ...

    async def scrub(self, writer: AsyncEngine) -> None:
        """Take what was overwritten or deleted out of the database's own files, as far as that can be had."""
        ...

    def prepare(self) -> None:
        """Make what can be made before the first migration."""
        ...

    def absent(self) -> str | None:
        """Why there is nothing to open, in words for the operator; None when there may be something."""
        ...

    def run(self, work: Callable[[Connection], T], *, writes: bool) -> T:
        """Whatever ``work`` returns, called with a connection fit for migrations; may be called inside an event loop.

        Args:
            work: synchronous; begins and ends its own transactions.
            writes: a transaction begins by taking the writers' turn.

        Raises:
            ConfigurationInvalid: the database cannot be reached or read.
        """
        ...
