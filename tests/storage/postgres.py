"""A PostgreSQL of the tests' own: a private server on a socket in a temporary folder, gone when the tests end.

``python -m tests.storage.postgres`` prints where the server's programs are, or fails with one line.
"""

from __future__ import annotations

import asyncio
import itertools
import os
import pwd
import shutil
import subprocess
import sys
import sysconfig
import tempfile
import threading
from collections import deque
from collections.abc import Awaitable
from concurrent.futures import ThreadPoolExecutor
from functools import cached_property
from pathlib import Path
from typing import Any, TypeVar

import asyncpg

from verifier.storage import upgrade

T = TypeVar("T")

PROGRAMS = ("initdb", "postgres")
OWNER = "verifier"
SETTINGS = {
    "listen_addresses": "",
    "fsync": "off",
    "full_page_writes": "off",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "autovacuum": "off",
    "shared_buffers": "32MB",
    "max_connections": "60",
    "deadlock_timeout": "50ms",
}
"""A server whose data nobody will miss."""


def programs() -> Path:
    """The folder with the server's programs: Debian's, those on the path, or those of a Python package.

    Raises:
        LookupError: there is none.
    """
    on_path = [Path(found).resolve().parent for found in map(shutil.which, PROGRAMS) if found]
    packaged = Path(sysconfig.get_path("purelib")).glob("*/pginstall/bin")
    for folder in (*sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True), *on_path, *packaged):
        if all((folder / program).exists() for program in PROGRAMS):
            return folder
    raise LookupError("There is no PostgreSQL: scripts/install-test-tools.sh installs one.")


class Beside:
    """An event loop in a thread beside the caller's, so that tests with and without a loop of their own may wait."""

    def __init__(self) -> None:
        self._thread = ThreadPoolExecutor(1)
        self._runner = asyncio.Runner()

    def run(self, work: Awaitable[T]) -> T:
        """What ``work`` returns."""

        async def whole() -> T:
            return await work

        return self._thread.submit(self._runner.run, whole()).result()

    def close(self) -> None:
        """End the loop and the thread."""
        self._thread.submit(self._runner.close).result()
        self._thread.shutdown()


class Cluster:
    """A running server; every database of it is called by a number."""

    def __init__(self) -> None:
        self._folder = Path(tempfile.mkdtemp(prefix="verifier-pg-", dir=_roomy_memory()))
        self._numbers = itertools.count(1)
        self._user = _server_user()
        if self._user is not None:
            os.chown(self._folder, self._user.pw_uid, self._user.pw_gid)
        self._server = self._start()
        self._owner = Beside()
        self._control = self._owner.run(asyncpg.connect(self.url("postgres")))

    def url(self, name: str) -> str:
        """Of a database."""
        return f"postgresql://{OWNER}@/{name}?host={self._folder}"

    def create(self, template: str = "template1") -> str:
        """URL of a new database, made like another one that nobody is connected to."""
        name = f"t{next(self._numbers)}"
        self.control(f"CREATE DATABASE {name} TEMPLATE {template} STRATEGY file_copy")
        return self.url(name)

    def drop(self, url: str) -> None:
        """Remove it, whoever is connected."""
        self.control(f"DROP DATABASE IF EXISTS {name_of(url)} WITH (FORCE)")

    def control(self, statement: str) -> None:
        """Run a statement of the server's owner."""
        self._owner.run(self._control.execute(statement))

    @cached_property
    def migrated(self) -> str:
        """Name of a database of the newest schema, to be copied."""
        url = self.create()
        upgrade(url)
        return name_of(url)

    def close(self) -> None:
        """Stop the server and forget all of it."""
        self._owner.run(self._control.close())
        self._owner.close()
        self._server.communicate()

    def _start(self) -> subprocess.Popen[str]:
        bin_, data = programs(), self._folder / "data"
        identity: dict[str, Any] = {}
        if self._user is not None:
            identity = {"user": self._user.pw_uid, "group": self._user.pw_gid, "extra_groups": []}
        common: dict[str, Any] = {"cwd": self._folder, "text": True, **identity}
        options = ["-A", "trust", "-U", OWNER, "-E", "UTF8", "--locale=C", "--no-sync", "--no-instructions"]
        made = subprocess.run([bin_ / "initdb", "-D", data, *options], capture_output=True, check=False, **common)
        assert made.returncode == 0, made.stderr
        settings = [part for name, value in SETTINGS.items() for part in ("-c", f"{name}={value}")]
        command = [bin_ / "postgres", "-D", data, "-k", self._folder, *settings]
        # The shell outlives us by a moment: when our end of the pipe closes, however that happens, it clears away.
        clearing = '"$@" & exec 2>/dev/null; read -r _; kill -QUIT $!; wait; rm -rf "$0"'
        guarded = ["sh", "-c", clearing, self._folder, *command]
        pipes: dict[str, Any] = {"stdin": subprocess.PIPE, "stderr": subprocess.PIPE, "start_new_session": True}
        server = subprocess.Popen(guarded, **pipes, **common)
        assert server.stderr is not None
        said = []
        for line in server.stderr:
            said.append(line)
            if "ready to accept connections" in line:
                threading.Thread(target=deque, args=(server.stderr, 0), daemon=True).start()
                return server
        raise AssertionError("".join(said))


def name_of(url: str) -> str:
    """The database of a URL."""
    return url.split("?")[0].rsplit("/", 1)[1]


def _roomy_memory() -> Path | None:
    """Where copying a database costs a tenth; None (the usual place) where it is missing or small, as in containers."""
    memory = Path("/dev/shm")
    roomy = memory.is_dir() and os.access(memory, os.W_OK) and shutil.disk_usage(memory).free > 2**30
    return memory if roomy else None


def _server_user() -> pwd.struct_passwd | None:
    """Whom root runs the server as: PostgreSQL refuses to be root."""
    if os.geteuid() != 0:
        return None
    known = {entry.pw_name: entry for entry in pwd.getpwall()}
    return known.get("postgres") or known["nobody"]


if __name__ == "__main__":
    try:
        print(programs())
    except LookupError as error:
        sys.exit(str(error))
