"""Both stores behind one fixture: ``units`` is the fake in one run of a test and the real SQLite store in the other."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.fakes import FakeUnits
from tests.storage.databases import SEALER, fresh_database
from verifier.ports import UnitOfWorkFactory
from verifier.storage import Store


@pytest.fixture(params=["fake", "sqlite"])
async def units(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[UnitOfWorkFactory]:
    if request.param == "fake":
        yield FakeUnits()
        return
    async with await Store.open(fresh_database(tmp_path), SEALER) as store:
        yield store.units
