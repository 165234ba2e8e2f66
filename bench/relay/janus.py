"""Janus's videoroom as the yardstick: Debian's package with a configuration of our own, four connections a call.

Source: https://janus.conf.meetecho.com/docs/rest.html (the long-poll API), .../videoroom.html.
"""

from __future__ import annotations

import asyncio
import itertools
import secrets
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import Any

import aiohttp

from bench.relay.client import Client
from bench.relay.recording import Recording
from verifier.core.model import Role

_STOCK = Path("/etc/janus")
_HTTP_PORT = 18401
_RTP_PORTS = "20000-20400"
_CAP_BPS = 4_000_000
_START_PATIENCE_S = 20.0
_NO_SUCH_FEED = 428
"""Janus knows a publisher only when its own side of the handshake is through."""

_MAIN = """
general: {{ debug_level = 1 session_timeout = 0 }}
media: {{ rtp_port_range = "{ports}" }}
nat: {{ nice_debug = false ice_enforce_list = "{address}" }}
plugins: {{ disable = "{plugins}" }}
transports: {{ disable = "{transports}" }}
"""
_HTTP = """
general: {{ json = "compact" base_path = "/janus" http = true port = {port} ip = "127.0.0.1" https = false }}
"""
_OTHER_PLUGINS = ("audiobridge", "duktape", "echotest", "lua", "nosip", "recordplay", "sip", "streaming", "textroom",
                  "videocall", "voicemail")  # fmt: skip
_OTHER_TRANSPORTS = ("mqtt", "nanomsg", "pfunix", "rabbitmq", "websockets")


def installed() -> bool:
    """Whether there is a Janus with its stock configuration to start."""
    return shutil.which("janus") is not None and _STOCK.is_dir()


class Janus:
    """One running Janus."""

    name = "janus"

    def __init__(self, address: str) -> None:
        """Start it on ``address``."""
        self._address = address
        self._folder = tempfile.TemporaryDirectory(prefix="janus-")
        _configure(Path(self._folder.name), address)
        command = ["janus", "-F", self._folder.name, "-o", "-r", _RTP_PORTS]
        self._process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.pid = self._process.pid
        self._http: aiohttp.ClientSession | None = None
        self._rooms = itertools.count(1)

    async def join(self, _call: str, recording: Recording) -> list[Client]:
        """Both participants of a new call, each with a connection to send and one to receive."""
        http = await self._connected()
        room = next(self._rooms)
        feeds: dict[Role, int] = {}
        clients: list[Client] = []
        for role in Role:
            handle = await _Handle.attach(http)
            if not feeds:
                await handle.request({"request": "create", "room": room, "publishers": 2, "bitrate": _CAP_BPS})
            client = Client(recording, self._address, receives=False)
            feeds[role] = await _publish(handle, room, client)
            clients.append(client)
        for role in Role:
            client = Client(recording, self._address, sends=False)
            await _subscribe(await _Handle.attach(http), room, feeds[role], client)
            clients.append(client)
        return clients

    async def close(self) -> None:
        """End the process."""
        if self._http is not None:
            await self._http.close()
        self._process.terminate()
        await asyncio.to_thread(self._process.wait)
        self._folder.cleanup()

    async def _connected(self) -> aiohttp.ClientSession:
        if self._http is None:
            self._http = aiohttp.ClientSession(f"http://127.0.0.1:{_HTTP_PORT}")
            async with asyncio.timeout(_START_PATIENCE_S):
                while not await self._answers(self._http):  # noqa: ASYNC110 asks another process
                    await asyncio.sleep(0.1)
        return self._http

    async def _answers(self, http: aiohttp.ClientSession) -> bool:
        try:
            async with http.get("/janus/info") as response:
                return response.status == 200
        except aiohttp.ClientError:
            return False


def _configure(folder: Path, address: str) -> None:
    for stock in _STOCK.glob("*.jcfg"):
        shutil.copy(stock, folder)
    plugins = ",".join(f"libjanus_{name}.so" for name in _OTHER_PLUGINS)
    transports = ",".join(f"libjanus_{name}.so" for name in _OTHER_TRANSPORTS)
    main = _MAIN.format(ports=_RTP_PORTS, address=address, plugins=plugins, transports=transports)
    (folder / "janus.jcfg").write_text(main)
    (folder / "janus.transport.http.jcfg").write_text(_HTTP.format(port=_HTTP_PORT))
    (folder / "janus.plugin.videoroom.jcfg").write_text("general: { string_ids = false }\n")


async def _publish(handle: _Handle, room: int, client: Client) -> int:
    joined = await handle.request({"request": "join", "ptype": "publisher", "room": room})
    answered = await handle.request({"request": "publish"}, {"type": "offer", "sdp": await client.offer()})
    await client.connect(answered["jsep"]["sdp"], offered=True)
    return int(joined["plugindata"]["data"]["id"])


async def _subscribe(handle: _Handle, room: int, feed: int, client: Client) -> None:
    body = {"request": "join", "ptype": "subscriber", "room": room, "streams": [{"feed": feed}]}
    async with asyncio.timeout(_START_PATIENCE_S):
        while (offered := await handle.ask(body))["plugindata"]["data"].get("error_code") == _NO_SUCH_FEED:  # noqa: ASYNC110 asks another process
            await asyncio.sleep(0.1)
    offer = offered["jsep"]["sdp"]
    # Janus's certificate is RSA and the clients' ciphers want ECDSA from the DTLS server: so the client is the server.
    answer = await client.answer(offer, setup="passive")
    connecting = asyncio.create_task(client.connect(offer, offered=False, setup="passive"))
    await handle.request({"request": "start"}, {"type": "answer", "sdp": answer})
    await connecting


class _Handle:
    """One session of the HTTP API with one videoroom handle."""

    def __init__(self, http: aiohttp.ClientSession, session: str, path: str) -> None:
        self._http, self._session, self._path = http, session, path

    @classmethod
    async def attach(cls, http: aiohttp.ClientSession) -> _Handle:
        """A new session and handle."""
        session = f"/janus/{(await _post(http, '/janus', janus='create'))['data']['id']}"
        attached = await _post(http, session, janus="attach", plugin="janus.plugin.videoroom")
        return cls(http, session, f"{session}/{attached['data']['id']}")

    async def request(self, body: dict[str, Any], jsep: dict[str, str] | None = None) -> dict[str, Any]:
        """The event that answers ``body``, which is no error."""
        reply = await self.ask(body, jsep)
        assert "error" not in reply["plugindata"]["data"], reply
        return reply

    async def ask(self, body: dict[str, Any], jsep: dict[str, str] | None = None) -> dict[str, Any]:
        """The event that answers ``body``."""
        message: dict[str, Any] = {"janus": "message", "body": body, **({"jsep": jsep} if jsep else {})}
        reply = await _post(self._http, self._path, **message)
        while reply["janus"] == "ack" or reply.get("transaction") is None:
            async with self._http.get(self._session) as response:
                reply = await response.json(content_type=None)
        return reply


async def _post(http: aiohttp.ClientSession, path: str, **message: Any) -> dict[str, Any]:
    message["transaction"] = secrets.token_hex(6)
    async with http.post(path, json=message) as response:
        reply: dict[str, Any] = await response.json(content_type=None)
    assert reply["janus"] != "error", reply
    return reply
