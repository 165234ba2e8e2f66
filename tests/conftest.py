"""What every room's tests may ask for."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import structlog
from hypothesis import settings

from tests.storage.postgres import Cluster

# The same examples on every machine, and no example fails because the machine was busy: a test never times.
settings.register_profile("house", deadline=None, derandomize=True, database=None)
settings.load_profile("house")

# Errors that a test provokes are logged as Python prints them: drawing their frames takes seconds.
structlog.configure(
    processors=[
        structlog.processors.TimeStamper(fmt="iso"),
        structlog.processors.add_log_level,
        structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback),
    ]
)


@pytest.fixture(scope="session")
def cluster() -> Iterator[Cluster]:
    """A PostgreSQL of our own, started when the first test asks for it."""
    server = Cluster()
    yield server
    server.close()
