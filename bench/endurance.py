"""Whether the relay is the same after a thousand calls as after ten, and while sixteen go on and a stranger floods it.

    python -m bench endurance [--quick]

The engine runs in a process of its own and says what it holds: memory, tasks, descriptors. First short calls, four at a
time, one after another; then sixteen at once, half of the time with garbage of every kind from an address that belongs
to nobody. Prints one JSON object a line.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import gc
import json
import multiprocessing
import multiprocessing.connection
import os
import platform
import random
import re
import resource
import socket
import statistics
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import structlog
import uvloop

from bench.relay.client import Client
from bench.relay.figures import own_address
from bench.relay.recording import Recording, record
from tests.media.room import MonotonicClock, NoFaces
from verifier.core.model import InterviewId, Role
from verifier.media import EmbeddedMediaEngine, MediaSettings

CALLS, QUICK_CALLS, AT_A_TIME, CALL_S = 1_000, 40, 4, 0.5
AT_ONCE, HOLD_S, QUICK_HOLD_S, STEP_S = 16, 600.0, 20.0, 5.0
FLOOD_PER_S, FLOOD_STEP_S = 2_000, 0.01
_FIRST_OCTETS = (0, 1, 2, 20, 22, 63, 64, 128, 144, 191, 255)
"""Of STUN, DTLS, TURN channels, RTP and nothing at all."""

Connection = multiprocessing.connection.Connection


@dataclass(frozen=True, slots=True)
class Holdings:
    """What the server's process holds."""

    memory_mb: float
    """Resident."""
    tasks: int
    descriptors: int


# ------------------------------------------------------------------ the server's process


async def _serve(wire: Connection, address: str) -> None:
    loop = asyncio.get_running_loop()
    engine = EmbeddedMediaEngine(MonotonicClock(), MediaSettings(announced_address=address), NoFaces())
    while (request := await loop.run_in_executor(None, wire.recv)) is not None:
        match request:
            case ("offer", call, role):
                offered = await engine.open_leg(InterviewId(call), Role(role), lambda _event: None)
                wire.send((offered.generation, offered.sdp))
            case ("answer", call, role, generation, sdp):
                await engine.accept_answer(InterviewId(call), Role(role), generation, sdp)
                wire.send(None)
            case ("close", call):
                await engine.close_call(InterviewId(call))
                wire.send(None)
            case _:
                wire.send(_held())
    await engine.close()


def _held() -> Holdings:
    # What Python will free when it next looks for cycles is no leak.
    gc.collect()
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    opened = sum(1 for _ in Path("/proc/self/fd").iterdir())
    return Holdings(pages * resource.getpagesize() / 1e6, len(asyncio.all_tasks()), opened)


def _process(wire: Connection, address: str) -> None:
    structlog.configure(
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        wrapper_class=structlog.make_filtering_bound_logger(40),
    )
    uvloop.run(_serve(wire, address))


class Server:
    """The engine behind a pipe; one request at a time."""

    def __init__(self, address: str) -> None:
        """Start it."""
        self._address, self._asking = address, asyncio.Lock()
        context = multiprocessing.get_context("spawn")
        self._wire, theirs = context.Pipe()
        self._process = context.Process(target=_process, args=(theirs, address), daemon=True)
        self._process.start()

    async def join(self, call: str, recording: Recording) -> tuple[list[Client], list[int]]:
        """Both participants of a new call, connected, and the server's ports."""
        clients, ports = [], []
        for role in Role:
            client = Client(recording, self._address)
            generation, offer = await self.ask("offer", call, role.value)
            ports += [int(port) for port in re.findall(r"a=candidate:\S+ 1 udp \d+ \S+ (\d+)", offer, re.IGNORECASE)]
            answer = await client.answer(offer)
            connecting = asyncio.create_task(client.connect(offer, offered=False))
            await self.ask("answer", call, role.value, generation, answer)
            await connecting
            clients.append(client)
        return clients, ports

    async def ask(self, *request: object) -> Any:
        """The answer to one request."""
        async with self._asking:
            self._wire.send(request)
            return await asyncio.to_thread(self._wire.recv)

    async def close(self) -> None:
        """End it."""
        self._wire.send(None)
        await asyncio.to_thread(self._process.join, 10)


# ------------------------------------------------------------------ what is done to it


async def in_a_row(server: Server, recording: Recording, calls: int) -> list[Holdings]:
    """Hold short calls, four at a time; what is held after each tenth of them, when none is open."""
    found = []
    step = max(AT_A_TIME, calls // 10)
    for first in range(0, calls, step):
        for number in range(first, min(calls, first + step), AT_A_TIME):
            await asyncio.gather(*(_short(server, recording, f"int_{number}_{one}") for one in range(AT_A_TIME)))
        await asyncio.sleep(1.0)
        found.append(await server.ask("state"))
        print(f"{min(calls, first + step):,} of {calls:,} calls", file=sys.stderr, flush=True)
    return found


async def _short(server: Server, recording: Recording, call: str) -> None:
    clients, _ = await server.join(call, recording)
    await asyncio.sleep(CALL_S)
    for client in clients:
        await client.close()
    await server.ask("close", call)


async def at_once(server: Server, recording: Recording, seconds: float) -> tuple[list[Holdings], float, int]:
    """Hold sixteen calls, flooded in the second half: what is held, the worst share that arrived, datagrams sent."""
    joined = [await server.join(f"int_at_once_{number}", recording) for number in range(AT_ONCE)]
    clients = [client for pair, _ in joined for client in pair]
    ports = [port for _, of in joined for port in of]
    found, shares, began = [], [], time.monotonic()
    flood: asyncio.Task[int] | None = None
    before = _counted(clients)
    while time.monotonic() - began < seconds:
        if flood is None and time.monotonic() - began > seconds / 2:
            flood = asyncio.create_task(_flood(server._address, ports))
        await asyncio.sleep(STEP_S)
        now = _counted(clients)
        shares.append((now[1] - before[1]) / max(1, now[0] - before[0]))
        before = now
        found.append(await server.ask("state"))
    sent = await _stopped(flood)
    for client in clients:
        await client.close()
    return found, min(shares), sent


async def _flood(address: str, ports: Sequence[int]) -> int:
    """Send garbage to every port until cancelled; how much."""
    chance, sent = random.Random(1), 0
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as stranger, contextlib.suppress(asyncio.CancelledError):
        stranger.setblocking(False)
        while True:
            for _ in range(round(FLOOD_PER_S * FLOOD_STEP_S)):
                garbage = bytes([chance.choice(_FIRST_OCTETS)]) + chance.randbytes(chance.randrange(0, 1_200))
                with contextlib.suppress(BlockingIOError):
                    stranger.sendto(garbage, (address, chance.choice(ports)))
                    sent += 1
            await asyncio.sleep(FLOOD_STEP_S)
    return sent


async def _stopped(flood: asyncio.Task[int] | None) -> int:
    if flood is None:
        return 0
    flood.cancel()
    return await flood


def _counted(clients: Sequence[Client]) -> tuple[int, int]:
    players = [client.player for client in clients if client.player is not None]
    listeners = [client.listener for client in clients if client.listener is not None]
    return (
        sum(each.audio_packets + each.frames for each in players),
        sum(each.audio_packets + each.frames for each in listeners),
    )


# ------------------------------------------------------------------ figures


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the benchmark and print its figures."""
    parser = argparse.ArgumentParser(prog="python -m bench endurance")
    parser.add_argument("--quick", action="store_true", help="fewer calls, a shorter time")
    parser.add_argument("--calls", type=int, help="calls in a row")
    parser.add_argument("--seconds", type=float, help="of the calls at once")
    chosen = parser.parse_args(arguments)
    calls = chosen.calls or (QUICK_CALLS if chosen.quick else CALLS)
    seconds = chosen.seconds or (QUICK_HOLD_S if chosen.quick else HOLD_S)
    asyncio.run(_run(calls, seconds))


async def _run(calls: int, seconds: float) -> None:
    recording = record()
    server = Server(own_address())
    try:
        held = await in_a_row(server, recording, calls)
        _print_held("calls_in_a_row", held, calls)
        during, share, flooded = await at_once(server, recording, seconds)
        _print_held("calls_at_once", during, round(seconds))
        _print("endurance.worst_share_arrived", round(share, 4), "1", len(during), flood_datagrams=flooded)
    finally:
        await server.close()


def _print_held(name: str, held: Sequence[Holdings], n: int) -> None:
    """The second half against the first, so that what is built once is not called a leak."""
    middle = len(held) // 2
    for what, unit in (("memory_mb", "MB"), ("tasks", "count"), ("descriptors", "count")):
        first = statistics.median(getattr(each, what) for each in held[:middle] or held)
        last = statistics.median(getattr(each, what) for each in held[middle:])
        more = {"first_half": round(first, 1), "last": round(getattr(held[-1], what), 1)}
        _print(f"endurance.{name}.{what}_grown", round(last - first, 2), unit, n, **more)


def _print(figure: str, value: float, unit: str, n: int, **more: object) -> None:
    machine = f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}"
    print(json.dumps({"figure": figure, "value": value, "unit": unit, "n": n, "machine": machine, **more}), flush=True)


if __name__ == "__main__":
    main()
