"""A real coturn on loopback, as docs/operation.md sets one up, for the tests of relayed calls.

async with turn_server(tmp_path, secret="shared") as url: ...
"""

from __future__ import annotations

import asyncio
import shutil
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

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
    process = await asyncio.create_subprocess_exec(
        program,
        *_options(folder, port, secret),
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


def _options(folder: Path, port: int, secret: str) -> list[str]:
    return [
        "-c",
        "/dev/null",
        f"--listening-port={port}",
        f"--listening-ip={LOOPBACK}",
        f"--relay-ip={LOOPBACK}",
        "--use-auth-secret",
        f"--static-auth-secret={secret}",
        "--realm=verifier.test",
        "--allow-loopback-peers",
        "--no-cli",
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
