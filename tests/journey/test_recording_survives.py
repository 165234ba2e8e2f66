"""A real server is killed in the middle of a recorded call: what it had flushed is kept at the next start, and plays.

Two synthetic people (verifier/demo) hold the call; a reviewer fetches the recording as the replay page does.
"""

from __future__ import annotations

import asyncio
import io
import os
import re
import signal
import socket
import sys
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
import av
from yarl import URL

from verifier.demo.calls import STORIES, _Call
from verifier.demo.door import Door
from verifier.demo.participant import Participant

ROOT = Path(__file__).resolve().parents[2]
SPOKEN_S = 8
LOST_MS = 1_100
"""A block is a second of media, and is on the disk a moment later."""
CLOSE_MS = 100


class Recorded(_Call):
    """A call of the demo, whose freelancer agrees to be recorded, held until it is broken off."""

    async def until(self, api_key: str, link: str, killed: Any) -> str:
        """The interview's id; ``killed`` is awaited in the middle of it."""
        async with AsyncExitStack() as stack:
            platform, joining, staff = [
                await stack.enter_async_context(Door(self._url, bearer=bearer)) for bearer in (api_key, None, None)
            ]
            created = await self._create(platform)
            await asyncio.gather(self._join(joining, created["join_url"]), self._sign_in(staff, link))
            people = Participant(joining, "Freelancer", "slt"), Participant(staff, "Interviewer", "rms")
            for person in people:
                stack.push_async_callback(person.leave)
            interview_id = await self._meet(*people)
            for person in people:
                await person.say("ask-address")
            await killed()
            return interview_id


@asynccontextmanager
async def demo(folder: Path, port: int) -> AsyncIterator[tuple[asyncio.subprocess.Process, str]]:
    """A demo server as its own process, and what it printed."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("VERIFIER_")}
    environment |= {"VERIFIER_DATA_DIR": str(folder / "var"), "VERIFIER_PORT": str(port)}
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "verifier", "serve", "--demo", env=environment, cwd=ROOT, stdout=asyncio.subprocess.PIPE
    )
    assert process.stdout is not None
    greeting = ""
    while "verifier demo" not in greeting:
        line = await asyncio.wait_for(process.stdout.readline(), 40)
        assert line, greeting
        greeting += line.decode()
    try:
        yield process, greeting
    finally:
        if process.returncode is None:
            process.terminate()
        await process.communicate()


def printed(greeting: str, who: str) -> str:
    found = re.search(rf"{who}\s+(\S+)", greeting)
    assert found
    return found[1]


async def replay(greeting: str, origin: str, interview_id: str) -> tuple[dict[str, Any], list[bytes]]:
    """The call as a reviewer is given it, and both recordings, fetched in ranges; waits until they are made."""
    jar = aiohttp.CookieJar(unsafe=True, treat_as_secure_origin=[URL(origin)])
    async with aiohttp.ClientSession(cookie_jar=jar, headers={"Origin": origin, "X-Verifier": "1"}) as http:
        token = URL(printed(greeting, "Reviewer")).fragment
        async with http.post(f"{origin}/staff/link", json={"token": token}) as answer:
            assert answer.status == 200
        deadline = time.monotonic() + 20
        while True:
            async with http.get(f"{origin}/staff/reviews/{interview_id}/replay.json") as answer:
                found = await answer.json()
            if found["recording"] == "kept" or time.monotonic() > deadline:
                break
            await asyncio.sleep(0.2)
        return found, [await fetched(http, f"{origin}/staff/recordings/{one['id']}") for one in found["recordings"]]


async def fetched(http: aiohttp.ClientSession, url: str) -> bytes:
    content, size = b"", 1
    while len(content) < size:
        async with http.get(url, headers={"Range": f"bytes={len(content)}-{len(content) + 99_999}"}) as answer:
            assert answer.status == 206
            size = int(answer.headers["Content-Range"].rpartition("/")[2])
            content += await answer.read()
    return content


async def test_a_killed_server_loses_the_last_second_of_a_recording_and_no_more(tmp_path: Path) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    origin, killed_ms = f"http://localhost:{port}", 0
    async with demo(tmp_path, port) as (process, greeting):

        async def kill() -> None:
            nonlocal killed_ms
            await asyncio.sleep(SPOKEN_S)
            process.send_signal(signal.SIGKILL)
            killed_ms = time.time_ns() // 1_000_000

        call = Recorded(origin, STORIES[0], 0, print)
        interview_id = await call.until(printed(greeting, "API key"), printed(greeting, "Interviewer"), kill)
    async with demo(tmp_path, port) as (_, greeting):
        found, films = await replay(greeting, origin, interview_id)
    assert found["recording"] == "kept"
    assert found["interview"]["end_cause"] == "server_lost"
    assert len(films) == 2
    for about, film in zip(found["recordings"], films, strict=True):
        assert not about["whole"]
        end_ms = about["begin_ms"] + about["duration_ms"]
        assert killed_ms - LOST_MS <= end_ms <= killed_ms + CLOSE_MS
        assert abs(about["begin_ms"] - found["interview"]["live_ms"]) < 1_500
        with av.open(io.BytesIO(film)) as container:
            pictures = sum(1 for _ in container.decode(video=0))
        with av.open(io.BytesIO(film)) as container:
            sound_s = sum(frame.samples / frame.sample_rate for frame in container.decode(audio=0))
        assert pictures > 10 * (about["duration_ms"] / 1_000 - 1)
        assert abs(sound_s - about["duration_ms"] / 1_000) < 1.2
