"""Bring a database to the newest schema, or say what is wrong with it. One rule: a migration is whole or not at all.

Called by ``verifier db upgrade``, by the embedded default at start and by tests; synchronous, before any event loop.
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
from verifier.storage.database import checked_url, file_of, migrator

_SCRIPTS = Path(__file__).parent / "migrations"


def upgrade(url: str, revision: str = "head") -> None:
    """Create the database if need be and run every migration up to ``revision``.

    Raises:
        ConfigurationInvalid: the URL does not name a SQLite file, or its folder cannot be made.
        OurError: a migration failed; the database is as it was before.
    """
    parsed = checked_url(url)
    _make_folder(file_of(parsed).parent)
    engine = migrator(parsed)
    try:
        with engine.connect() as connection:
            config = _config()
            config.attributes["connection"] = connection
            command.upgrade(config, revision)
    except SQLAlchemyError as error:
        raise OurError(f"The database could not be migrated: {error}") from error
    finally:
        engine.dispose()


def head_is_current(url: str) -> bool:
    """Whether the database exists, has the newest schema and all of its guards."""
    return defect(url) is None


def defect(url: str) -> str | None:
    """What keeps this version from using the database, in words for its operator; None when nothing does.

    Raises:
        ConfigurationInvalid: the URL does not name a SQLite file.
    """
    parsed = checked_url(url)
    if not file_of(parsed).is_file():
        return f"There is no database at {file_of(parsed)}. Run `verifier db upgrade`."
    engine = migrator(parsed)
    try:
        with engine.connect() as connection:
            return _defect(connection)
    except SQLAlchemyError as error:
        return f"The file {file_of(parsed)} cannot be read as a database: {error.__cause__ or error}"
    finally:
        engine.dispose()


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


def _make_folder(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ConfigurationInvalid(
            f"The folder {folder} cannot be made: {error.strerror}.", field="database_url"
        ) from None


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(_SCRIPTS).replace("%", "%%"))
    return config
