"""Migrated databases for tests; the migrations run once per process and are copied after that."""

from __future__ import annotations

import shutil
import tempfile
from functools import cache
from pathlib import Path

from verifier.storage import Sealer, upgrade

SEALER = Sealer((b"a key that is 32 bytes for tests",))


@cache
def _migrated() -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "migrated.db"
        upgrade(f"sqlite:///{file}")
        return file.read_bytes()


def fresh_database(folder: Path) -> str:
    """URL of a new, empty database of the newest schema in ``folder``."""
    file = folder / "verifier.db"
    file.write_bytes(_migrated())
    return f"sqlite:///{file}"


def file_of(url: str) -> Path:
    """The file behind a URL of ``fresh_database``."""
    return Path(url.removeprefix("sqlite:///"))


def copy_of(url: str, folder: Path) -> str:
    """URL of a copy that nothing else has open; the original must be closed."""
    file = folder / "copy.db"
    shutil.copyfile(file_of(url), file)
    return f"sqlite:///{file}"
