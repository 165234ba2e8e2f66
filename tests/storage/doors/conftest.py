"""One world for all doors of a database: what is refused leaves it as it is."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.storage.databases import Home, PostgresqlHome, SqliteHome
from tests.storage.doors import world as worlds
from tests.storage.doors.world import CASE, Failure
from tests.storage.hands import by_hand, inserting, together


@pytest.fixture(scope="session", params=["sqlite", "postgresql"])
def home(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Home:
    if request.param == "sqlite":
        return SqliteHome(tmp_path_factory.mktemp("doors"))
    return PostgresqlHome(request.getfixturevalue("cluster"))


@pytest.fixture(scope="session")
def world(home: Home) -> Iterator[str]:
    """Nothing is decided yet."""
    made = home.fresh()
    worlds.build(made)
    yield made
    home.drop(made)


@pytest.fixture(scope="session")
def legitimate(home: Home) -> Failure:
    """What a failure consists of."""
    return worlds.legitimate(home)


@pytest.fixture(scope="session")
def failed(home: Home, world: str, legitimate: Failure) -> Iterator[str]:
    """The case after its failure, with two appeals that wait for an answer."""
    made = home.copy(world)
    with by_hand(made) as hand:
        together(hand, legitimate.statements())
        hand.execute(inserting("results", {"verification_id": CASE, "decision_version": 1, "result": "failed"}))
        for number in (1, 2):
            hand.execute(inserting("appeals", worlds.APPEAL | {"id": f"apl_{number}", "number": number}))
    yield made
    home.drop(made)


@pytest.fixture
def copy(home: Home, world: str) -> Iterator[str]:
    """For what is accepted."""
    made = home.copy(world)
    yield made
    home.drop(made)


@pytest.fixture
def failed_copy(home: Home, failed: str) -> Iterator[str]:
    """For what is accepted after a failure."""
    made = home.copy(failed)
    yield made
    home.drop(made)
