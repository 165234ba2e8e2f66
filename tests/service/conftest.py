"""Fixtures of the service tests."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.service.keeping_stage import Keeping, keeping_stage
from tests.service.redress_stage import Redress, redressed
from tests.service.stage import Stage, staged


@pytest.fixture(params=["fake", "sqlite"])
async def stage(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Stage]:
    """Live calls over the fake store in one run of a test and over SQLite in the other."""
    async with staged(request.param, tmp_path) as built:
        yield built


@pytest.fixture
async def memory(tmp_path: Path) -> AsyncIterator[Stage]:
    """Live calls over the fake store alone, for what does not depend on the store."""
    async with staged("fake", tmp_path) as built:
        yield built


@pytest.fixture(params=["fake", "sqlite"])
async def redress(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Redress]:
    """A contradicted call and what follows from it, over either store."""
    async with redressed(request.param, tmp_path) as built:
        yield built


@pytest.fixture(params=["fake", "sqlite"])
async def keeping(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Keeping]:
    """A failed case and what may delete of it, over either store."""
    async with keeping_stage(request.param, tmp_path) as built:
        yield built
