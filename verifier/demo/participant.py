"""One synthetic participant in a call: socket, peer connection, one report a second. One rule: like any browser.

Messages are those of core/messages. Called by calls and script.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import time
from collections.abc import Callable, Coroutine
from dataclasses import asdict
from typing import Any

import aiohttp

from verifier.core import messages
from verifier.core.messages import BrowserMessage, to_wire
from verifier.demo.door import DemoStopped, Door
from verifier.demo.impaired import Impairment
from verifier.demo.media import Camera, Microphone, Samples, document, speech
from verifier.demo.peer import Peer

_STATS_S = 1.0
State = dict[str, Any]
"""A message of the server as it came."""


class Participant:
    """A person with a voice, a face and a link, inside one call."""

    def __init__(self, door: Door, name: str, voice: str, *, link: Impairment | None = None, seed: int = 0) -> None:
        """``link`` impairs the call's media, never the check before it."""
        self.door, self.name, self.voice = door, name, voice
        self.microphone, self.camera = self._devices(seed)
        self._link, self._seed = link, seed
        self._ws: aiohttp.ClientWebSocketResponse | None = None
        self._peer: Peer | None = None
        self._generation = self._sequence = 0
        self._news = asyncio.Condition()
        self._tasks: list[asyncio.Task[None]] = []
        self.last: dict[str, State] = {}
        """The newest message of each type."""
        self.refusals: list[str] = []
        """Messages that the server refused, with its reason."""

    async def say(self, *sentences: str, gap_s: float = 0.0) -> None:
        """Speak; returns when the last word is out."""
        parts: list[Samples] = []
        for sentence in sentences:
            parts += [speech(self.voice, sentence)]
        await self.microphone.say(*parts)
        await asyncio.sleep(gap_s)

    async def enter(self, ticket: str, path: str) -> None:
        """Open the socket and follow it until ``leave``.

        Raises:
            DemoStopped: not reachable.
        """
        self._ws = await self.door.socket(path)
        await self.send(messages.Ticket(ticket))
        self._tasks = [asyncio.create_task(self._read()), asyncio.create_task(self._report())]

    async def send(self, message: BrowserMessage) -> None:
        """Send one message; a closed socket swallows it, which ``wait_for`` then tells."""
        if self._ws is not None and not self._ws.closed:
            await self._ws.send_str(json.dumps(to_wire(message)))

    async def wait_for(self, what: str, found: Callable[[Participant], bool], within_s: float) -> None:
        """Return once ``found`` is true; it is asked again after every message.

        Raises:
            DemoStopped: not in time, or the socket closed before.
        """
        async with self._news:
            try:
                await asyncio.wait_for(self._news.wait_for(lambda: found(self) or self._over), within_s)
            except TimeoutError:
                raise DemoStopped(f"{self.name}: {what} did not happen within {within_s:.0f} s.{self._why}") from None
        if not found(self):
            raise DemoStopped(f"{self.name}: the server closed the call before {what}.{self._why}")

    async def leave(self) -> None:
        """Close everything."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if self._ws is not None:
            await self._ws.close()
        await self._hang_up()

    async def _hang_up(self) -> None:
        peer, self._peer = self._peer, None
        if peer is not None:
            await peer.close()

    @property
    def ended(self) -> State | None:
        """The server's last word on the call."""
        return self.last.get("ended")

    @property
    def checklist(self) -> State:
        """The checklist as this participant sees it, empty before it came."""
        return self.last.get("checklist", {"items": [], "current": None, "run_id": None})

    @property
    def in_call(self) -> bool:
        """Whether both sides are connected."""
        return self.last.get("banner", {}).get("code") == "recovered"

    @property
    def _over(self) -> bool:
        return self._ws is None or self._ws.closed

    @property
    def _why(self) -> str:
        said = [*self.refusals[-1:], *([f"it ended: {self.ended['cause']}"] if self.ended else [])]
        return f" ({'; '.join(said)})" if said else ""

    def _devices(self, seed: int) -> tuple[Microphone, Camera]:
        return Microphone(seed), Camera(seed, mirrored=self.voice != "slt")

    async def _read(self) -> None:
        assert self._ws is not None  # noqa: S101  started by enter
        async for frame in self._ws:
            if frame.type is not aiohttp.WSMsgType.TEXT:
                continue
            message = json.loads(frame.data)
            await self._take(message)
            async with self._news:
                self.last[message["type"]] = message
                self._news.notify_all()
        async with self._news:
            self._news.notify_all()

    async def _take(self, message: State) -> None:
        kind = message["type"]
        if kind == "ping":
            await self.send(messages.Pong(message["nonce"]))
        elif kind == "offer":
            await self._connect(message)
        elif kind == "still_take":
            await self._photograph(message)
        elif kind == "error":
            self.refusals.append(f"{message['in_reply_to']} refused: {message['detail']}")
        elif kind == "welcome" and message["interview_id"] and self._peer is None:
            await self.send(messages.Ready())

    async def _photograph(self, asked: State) -> None:
        """Send the specimen document, whatever side of it is asked for."""
        await self.send(messages.StillTaken(asked["still_id"]))
        sending = self.door.put(f"/join/stills/{asked['still_id']}", document(), "image/jpeg")
        self._tasks.append(asyncio.create_task(self._send_still(asked["still_id"], sending)))

    async def _send_still(self, still_id: str, sending: Coroutine[Any, Any, State]) -> None:
        try:
            await sending
        except DemoStopped as stopped:
            self.refusals.append(f"still refused: {stopped}")
            await self.send(messages.StillFailed(still_id, "refused"))

    async def _connect(self, offer: State) -> None:
        await self._hang_up()
        if offer["generation"] > 1:
            self.microphone, self.camera = self._devices(self._seed + offer["generation"])
        self._peer = Peer(self.microphone, self.camera, link=self._link, seed=self._seed)
        self._generation, self._sequence = offer["generation"], 0
        await self.send(messages.SdpAnswer(self._generation, await self._peer.answer(offer["sdp"])))

    async def _report(self) -> None:
        due = time.monotonic()
        while True:
            due = max(due + _STATS_S, time.monotonic())
            await asyncio.sleep(due - time.monotonic())
            if self._peer is not None:
                with contextlib.suppress(ConnectionError):
                    await self._report_once(self._peer)

    async def _report_once(self, peer: Peer) -> None:
        if peer.failed:
            await self._hang_up()
            await self.send(messages.Ready())
            return
        source, now_s = await peer.source(), time.monotonic()
        stats = messages.Stats(
            generation=self._generation,
            sequence=self._sequence,
            client_ms=now_s * 1_000,
            audio=peer.audio.report(now_s),
            video=peer.video.report(now_s),
            source=source,
        )
        self._sequence += 1
        await self.send(stats)


async def run_check(door: Door, prefix: str, voice: str) -> dict[str, Any]:
    """The verdict of the device and network check: a call with oneself through two peer connections.

    Args:
        door: signed in.
        prefix: ``/join`` or ``/staff``.
        voice: who speaks.

    Raises:
        DemoStopped: refused, or no connection.
    """
    begun = await door.post(f"{prefix}/check/start", {})
    microphone, camera = Microphone(1), Camera(1, mirrored=voice != "slt")
    legs = {"sender": Peer(microphone, camera), "receiver": Peer(None, None)}
    talking: asyncio.Task[None] | None = None
    try:
        for leg, peer in legs.items():
            answer = {"check_id": begun["check_id"], "leg": leg, "sdp": await peer.answer(begun["legs"][leg]["sdp"])}
            await door.post(f"{prefix}/check/answer", answer)
        for peer in legs.values():
            await peer.connected()
        talking = asyncio.create_task(microphone.say(speech(voice, "loop"), speech(voice, "loop")))
        await asyncio.sleep(begun["seconds"])
        now_s, sink = time.monotonic(), legs["receiver"]
        figures = {
            "audio": asdict(sink.audio.report(now_s)),
            "video": asdict(sink.video.report(now_s)),
            "source": asdict(await legs["sender"].source()),
        }
        return await door.post(f"{prefix}/check/finish", {"check_id": begun["check_id"], **figures})
    except TimeoutError:
        raise DemoStopped("The device check could not connect its media within 15 s.") from None
    finally:
        if talking is not None:
            talking.cancel()
        for peer in legs.values():
            await peer.close()
