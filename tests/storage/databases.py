"""Databases for tests, of each kind; the migrations run once per process and kind and are copied after that."""

from __future__ import annotations

import itertools
import shutil
import tempfile
from functools import cache
from pathlib import Path
from typing import Protocol

from tests.storage.postgres import Cluster, name_of
from verifier.storage import Sealer, upgrade

SEALER = Sealer((b"a key that is 32 bytes for tests",))


@cache
def _migrated() -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "migrated.db"
        upgrade(f"sqlite:///{file}")
        return file.read_bytes()


def fresh_database(folder: Path) -> str:
    """URL of a new, empty SQLite database of the newest schema in ``folder``."""
    file = folder / "verifier.db"
    file.write_bytes(_migrated())
    return f"sqlite:///{file}"


def file_of(url: str) -> Path:
    """The file behind a URL of a SQLite database."""
    return Path(url.removeprefix("sqlite:///"))


class Home(Protocol):
    """Where a test module's databases of one kind live; each is named by its URL."""

    def empty(self) -> str:
        """A database that was never migrated, or the place for one."""
        ...

    def fresh(self) -> str:
        """An empty database of the newest schema."""
        ...

    def copy(self, url: str) -> str:
        """One like another that nobody has open."""
        ...

    def drop(self, url: str) -> None:
        """Remove one."""
        ...


class SqliteHome:
    """A folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._numbers = itertools.count(1)

    def empty(self) -> str:
        return f"sqlite:///{self._folder / f'{next(self._numbers)}.db'}"

    def fresh(self) -> str:
        url = self.empty()
        file_of(url).write_bytes(_migrated())
        return url

    def copy(self, url: str) -> str:
        copied = self.empty()
        shutil.copyfile(file_of(url), file_of(copied))
        return copied

    def drop(self, url: str) -> None:
        file_of(url).unlink()


class PostgresqlHome:
    """A server."""

    def __init__(self, cluster: Cluster) -> None:
        self._cluster = cluster

    def empty(self) -> str:
        return self._cluster.create()

    def fresh(self) -> str:
        return self._cluster.create(self._cluster.migrated)

    def copy(self, url: str) -> str:
        return self._cluster.create(name_of(url))

    def drop(self, url: str) -> None:
        self._cluster.drop(url)
