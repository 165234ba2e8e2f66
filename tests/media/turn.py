"""A real coturn on loopback, with the configuration that docs/operation.md gives, for the tests of relayed calls.

async with turn_server(tmp_path, secret="shared") as url: ...
"""

from __future__ import annotations

import asyncio
import shutil
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
LOOPBACK = "127.0.0.1"
START_TIMEOUT_S = 10.0
_TRANSACTION = b"\x00\x01\x00\x00\x21\x12\xa4\x42" + b"verifier-tst"
"""A STUN Binding request (RFC 8489 6): whoever answers it is up."""


@asynccontextmanager
async def turn_server(folder: Path, secret: str) -> AsyncIterator[str]:
    """A TURN server with credentials made from ``secret``; its ``turn:`` URL. Stopped at the end of the block."""
    program = shutil.which("turnserver")
    assert program, "coturn is missing: scripts/install-test-tools.sh installs it"
    port = free_udp_port()
    (folder / "turnserver.conf").write_text(_configuration(port, secret))
    process = await asyncio.create_subprocess_exec(
        program,
        *_options(folder),
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.DEVNULL,
    )
    try:
        await asyncio.wait_for(_answering(port), START_TIMEOUT_S)
        yield f"turn:{LOOPBACK}:{port}?transport=udp"
    finally:
        process.terminate()
        await process.wait()


def free_udp_port() -> int:
    """A UDP port of loopback that nobody listens at."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind((LOOPBACK, 0))
        port: int = probe.getsockname()[1]
        return port


def documented() -> list[str]:
    """The lines of turnserver.conf in docs/operation.md."""
    after = (ROOT / "docs/operation.md").read_text().split("`/etc/turnserver.conf`:\n\n")[1]
    return [line.strip() for line in after.split("\n\n")[0].splitlines()]


def _configuration(port: int, secret: str) -> str:
    """What is documented, at this address instead, and without a certificate."""
    ours = {"static-auth-secret": secret, "listening-port": str(port), "allowed-peer-ip": LOOPBACK}
    lines = []
    for line in documented():
        name, _, value = line.partition("=")
        if name not in {"tls-listening-port", "cert", "pkey"}:
            lines.append(f"{name}={ours.get(name, value)}" if value else name)
    return "\n".join([*lines, f"listening-ip={LOOPBACK}", f"relay-ip={LOOPBACK}", "allow-loopback-peers", ""])


def _options(folder: Path) -> list[str]:
    return [
        "-c",
        str(folder / "turnserver.conf"),
        "--no-tls",
        "--no-dtls",
        "--no-tcp",
        f"--log-file={folder / 'turn.log'}",
        "--simple-log",
        f"--pidfile={folder / 'turn.pid'}",
        f"--userdb={folder / 'turn.sqlite3'}",
    ]


async def _answering(port: int) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.setblocking(False)
        loop = asyncio.get_running_loop()
        while True:
            await loop.sock_sendto(probe, _TRANSACTION, (LOOPBACK, port))
            try:
                await asyncio.wait_for(loop.sock_recv(probe, 512), 0.2)
            except (TimeoutError, ConnectionRefusedError):
                await asyncio.sleep(0.05)
            else:
                return
