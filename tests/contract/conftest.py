"""Every store behind one fixture: ``units`` is the fake, SQLite and PostgreSQL in turn."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.fakes import FakeUnits
from tests.storage.databases import SEALER, Home, PostgresqlHome, SqliteHome
from verifier.ports import UnitOfWorkFactory
from verifier.storage import Store


@pytest.fixture(params=["fake", "sqlite", "postgresql"])
async def units(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[UnitOfWorkFactory]:
    if request.param == "fake":
        yield FakeUnits()
        return
    home: Home = SqliteHome(tmp_path)
    if request.param == "postgresql":
        home = PostgresqlHome(request.getfixturevalue("cluster"))
    url = home.fresh()
    async with await Store.open(url, SEALER) as store:
        yield store.units
    home.drop(url)
