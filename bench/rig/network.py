"""An impaired network for real browsers, one connection per participant, steered live from the test.

    with open_network("freelancer", "interviewer", seed=7) as network:
        ...  # the server listens on network.server_address; browsers start at network.place("freelancer")
        network.impair("freelancer", up=Impairment(loss=0.3, delay_ms=80))

`open_network` takes namespaces joined by a TUN relay where they are permitted and a UDP proxy otherwise;
`network.kind` says which. Used by tests/journey and by the benchmarks.
"""

from __future__ import annotations

import json
import os
import shlex
import shutil
import socket
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Literal, Self

from bench.rig.impairment import PERFECT, Counts, Impairment, to_plain
from bench.rig.netns import entered

if TYPE_CHECKING:
    from playwright.async_api import BrowserContext

Kind = Literal["namespaces", "proxy"]

_ROOT = Path(__file__).resolve().parents[2]
_REROUTE = Path(__file__).with_name("reroute.js")
_REPLY_TIMEOUT_S = 20.0
_STOP_TIMEOUT_S = 5.0


class RigError(Exception):
    """The rig could not be set up or does not answer."""


@dataclass(frozen=True, slots=True)
class Traffic:
    """What a participant's connection did so far, per direction."""

    up: Counts
    down: Counts


class Network:
    """The impaired connections of some participants; a context manager that leaves nothing behind."""

    kind: Kind
    module: str

    def __init__(self, participants: tuple[str, ...], seed: int) -> None:
        """Start the relay process.

        Raises:
            RigError: it is not permitted here.
        """
        self.participants = participants
        self._connection, theirs = socket.socketpair()
        self._connection.settimeout(_REPLY_TIMEOUT_S)
        self._replies = self._connection.makefile("rb")
        with theirs:
            self._process = subprocess.Popen(
                [sys.executable, "-m", self.module, str(theirs.fileno()), str(seed), *participants],
                pass_fds=(theirs.fileno(),),
                cwd=_ROOT,
                # An interrupt from the keyboard is for the test, which then closes the network in order.
                start_new_session=True,
            )
        try:
            self._setup = self._reply()
        except RigError:
            self.close()
            raise
        self.server_address: str = self._setup["server"]

    def impair(self, name: str, *, up: Impairment | None = None, down: Impairment | None = None) -> None:
        """Change the participant's connection from now on; a direction that is not given stays as it is.

        Raises:
            RigError: there is no such participant, or the relay is gone.
        """
        request: dict[str, Any] = {"do": "impair", "name": name}
        for direction, impairment in (("up", up), ("down", down)):
            if impairment is not None:
                request[direction] = to_plain(impairment)
        self._ask(request)

    def restore(self, name: str) -> None:
        """Make the participant's connection perfect again, in both directions."""
        self.impair(name, up=PERFECT, down=PERFECT)

    def counts(self, name: str) -> Traffic:
        """What the participant's connection did so far; subtract two of them to state a period.

        Raises:
            RigError: there is no such participant, or the relay is gone.
        """
        reply = self._ask({"do": "counts", "name": name})
        return Traffic(up=Counts(**reply["up"]), down=Counts(**reply["down"]))

    def let_participants_meet(self) -> None:
        """Carry packets from one participant to another too: up the one's connection, down the other's.

        Raises:
            RigError: this kind of network has no way between participants.
        """
        self._ask({"do": "meet"})

    def move(self, name: str) -> None:
        """Give the participant another address, at once: what is sent to the one before reaches nobody.

        Raises:
            RigError: there is no such participant, or this kind of network gives no addresses.
        """
        moved = self._ask({"do": "move", "name": name})
        self._setup["addresses"][name] = moved["address"]

    def place(self, name: str) -> Place:
        """Where the participant's browser is to be started.

        Raises:
            RigError: there is no such participant.
        """
        if name not in self.participants:
            raise RigError(f"no participant {name!r} in this network")
        return Place(self, name)

    def close(self) -> None:
        """End the relay process; idempotent."""
        self._replies.close()
        self._connection.close()
        try:
            self._process.wait(_STOP_TIMEOUT_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def __enter__(self) -> Self:
        """The network itself."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close the network."""
        self.close()

    def _ask(self, request: dict[str, Any]) -> dict[str, Any]:
        try:
            self._connection.sendall(json.dumps(request).encode() + b"\n")
        except OSError as error:
            raise RigError(f"the relay process is gone: {error}") from error
        return self._reply()

    def _reply(self) -> dict[str, Any]:
        try:
            line = self._replies.readline()
        except OSError as error:
            raise RigError(f"the relay process does not answer: {error}") from error
        if not line:
            raise RigError("the relay process ended")
        reply: dict[str, Any] = json.loads(line)
        if "error" in reply:
            raise RigError(str(reply["error"]))
        return reply


class NamespaceNetwork(Network):
    """Each participant in a network namespace of its own; everything between it and the server is impaired."""

    kind: Kind = "namespaces"
    module = "bench.rig.tun_relay"

    def __init__(self, participants: tuple[str, ...], seed: int) -> None:
        """Start the relay, which makes the devices and the namespaces.

        Raises:
            RigError: namespaces or TUN devices are not permitted here.
        """
        super().__init__(participants, seed)
        self.namespaces: dict[str, str] = self._setup["namespaces"]
        self.addresses: dict[str, str] = self._setup["addresses"]
        self._launchers = Path(self._setup["launchers"])

    def launcher(self, name: str, executable: str) -> str:
        """The path of a script that runs `executable` inside the participant's namespace.

        Raises:
            RigError: nsenter, of util-linux, is missing.
        """
        nsenter = shutil.which("nsenter")
        if nsenter is None:
            raise RigError("nsenter (package util-linux) is missing")
        script = self._launchers / f"{name}-{Path(executable).name}"
        command = shlex.join([nsenter, f"--net={self.namespaces[name]}", "--", executable])
        script.write_text(f'#!/bin/sh\nexec {command} "$@"\n')
        script.chmod(0o700)
        return os.fspath(script)


class ProxyNetwork(Network):
    """Each participant's media through a UDP proxy in front of the server; nothing else is impaired."""

    kind: Kind = "proxy"
    module = "bench.rig.udp_proxy"

    def forward(self, name: str, host: str, port: int) -> int | None:
        """The proxy's port for the participant at the server's endpoint; None for IPv6, which has no proxy.

        Raises:
            RigError: the proxy cannot listen at `host`.
        """
        if ":" in host:
            return None
        return int(self._ask({"do": "forward", "name": name, "host": host, "port": port})["port"])


@dataclass(frozen=True, slots=True)
class Place:
    """Where one participant's browser runs: what to start, and what its pages need."""

    network: Network
    name: str

    def launcher(self, executable: str) -> str:
        """The path to start instead of `executable`, with the same arguments."""
        if isinstance(self.network, NamespaceNetwork):
            return self.network.launcher(self.name, executable)
        return executable

    def open_socket(self, family: int, kind: int, protocol: int) -> socket.socket:
        """A socket of the participant's own network, for what talks with a browser there without being its call.

        Raises:
            OSError: the network is gone.
        """
        if not isinstance(self.network, NamespaceNetwork):
            return socket.socket(family, kind, protocol)
        with entered(self.network.namespaces[self.name]):
            return socket.socket(family, kind, protocol)

    async def prepare(self, context: BrowserContext) -> None:
        """Make the context's pages send their media through the network; needed before the first page."""
        if not isinstance(self.network, ProxyNetwork):
            return
        network = self.network

        def forward(host: str, port: int) -> int | None:
            return network.forward(self.name, host, port)

        await context.expose_function("verifierRigForward", forward)
        await context.add_init_script(path=_REROUTE)


def open_network(*participants: str, seed: int = 1, kind: Kind | None = None) -> NamespaceNetwork | ProxyNetwork:
    """The network of the given kind, or of the best kind permitted here; all connections are perfect at first.

    Raises:
        RigError: the kind asked for is not permitted here.
    """
    if kind == "proxy":
        return ProxyNetwork(participants, seed)
    try:
        return NamespaceNetwork(participants, seed)
    except RigError:
        if kind == "namespaces":
            raise
        return ProxyNetwork(participants, seed)
