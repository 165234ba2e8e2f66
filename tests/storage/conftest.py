"""Every test that asks for ``home``, ``fresh`` or ``url`` runs on SQLite and on PostgreSQL."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.storage.databases import Home, PostgresqlHome, SqliteHome, fresh_database
from tests.storage.postgres import Cluster
from tests.storage.worlds import fill


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def home(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Home:
    if request.param == "sqlite":
        return SqliteHome(tmp_path_factory.mktemp("home"))
    return PostgresqlHome(request.getfixturevalue("cluster"))


@pytest.fixture
def fresh(home: Home) -> Iterator[str]:
    """An empty database of the newest schema."""
    made = home.fresh()
    yield made
    home.drop(made)


@pytest.fixture(scope="module")
def filled(home: Home) -> Iterator[str]:
    """A database with a row in every table, to be copied; used itself where every statement is refused."""
    made = home.fresh()
    asyncio.run(fill(made))
    yield made
    home.drop(made)


@pytest.fixture
def url(home: Home, filled: str) -> Iterator[str]:
    """A copy of ``filled``."""
    made = home.copy(filled)
    yield made
    home.drop(made)


@pytest.fixture
def sqlite(tmp_path: Path) -> str:
    """An empty SQLite database of the newest schema, for what is said of SQLite alone."""
    return fresh_database(tmp_path)


@pytest.fixture
def postgresql(cluster: Cluster) -> Iterator[str]:
    """An empty PostgreSQL database of the newest schema, for what is said of PostgreSQL alone."""
    made = cluster.create(cluster.migrated)
    yield made
    cluster.drop(made)
