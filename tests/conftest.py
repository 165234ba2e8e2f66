"""What every room's tests may ask for."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.storage.postgres import Cluster


@pytest.fixture(scope="session")
def cluster() -> Iterator[Cluster]:
    """A PostgreSQL of our own, started when the first test asks for it."""
    server = Cluster()
    yield server
    server.close()
