"""Bring a database to the newest schema, or say what is wrong with it. One rule: a migration is whole or not at all.

Called by ``verifier db upgrade``, by the server at start and by tests; synchronous. Two processes may migrate at once:
the transaction begins by taking the writers' turn.
"""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection
from sqlalchemy.exc import SQLAlchemyError

from verifier.errors import ConfigurationInvalid, OurError
from verifier.storage import guards
from verifier.storage.dialects import database

_SCRIPTS = Path(__file__).parent / "migrations"


def upgrade(url: str, revision: str = "head") -> None:
    """Run every migration up to ``revision``; a SQLite file is made if need be.

    Raises:
        ConfigurationInvalid: the URL names no database, or one that cannot be made or reached.
        OurError: a migration failed; the database is as it was before.
    """
    named = database(url)
    named.prepare()

    def run(connection: Connection) -> None:
        config = _config()
        config.attributes["connection"] = connection
        command.upgrade(config, revision)

    try:
        named.run(run, writes=True)
    except SQLAlchemyError as error:
        raise OurError(f"The database could not be migrated: {error}") from error


def head_is_current(url: str) -> bool:
    """Whether the database exists, has the newest schema and all of its guards."""
    return defect(url) is None


def defect(url: str) -> str | None:
    """What keeps this version from using the database, in words for its operator; None when nothing does.

    Raises:
        ConfigurationInvalid: the URL names no database.
    """
    named = database(url)
    absent = named.absent()
    if absent is not None:
        return absent
    try:
        return named.run(_defect, writes=False)
    except ConfigurationInvalid as error:
        return error.detail
    except SQLAlchemyError as error:
        return f"The database cannot be read: {type(error).__name__}."


def revisions() -> tuple[str, ...]:
    """Every revision, oldest first."""
    return tuple(script.revision for script in reversed(list(ScriptDirectory.from_config(_config()).walk_revisions())))


def _defect(connection: Connection) -> str | None:
    found = MigrationContext.configure(connection).get_current_heads()
    if not found:
        return "The database is empty. Run `verifier db upgrade`."
    if found != tuple(ScriptDirectory.from_config(_config()).get_heads()):
        return "The database has another schema than this version. Run `verifier db upgrade`."
    absent = guards.missing(connection)
    if absent:
        return f"The database lacks guards of its append-only tables: {', '.join(sorted(absent))}."
    return None


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(_SCRIPTS).replace("%", "%%"))
    return config
