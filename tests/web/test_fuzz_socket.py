"""Whatever is sent over the WebSocket, as its first frame or in a call: a typed refusal, never our fault, no hang."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

import pytest
from aiohttp import ClientWebSocketResponse
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.service.stage import F, I
from tests.web.test_signalling import Door, end_of, opened, until
from verifier.core.messages import BrowserMessage
from verifier.core.model import Role
from verifier.web import frames, signalling

SHARED = settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
ENDING = frozenset({"leave", "abort", "complete"})
"""What rightly ends a call is not sent at random."""
TYPES = sorted(set(frames._CLASSES) - ENDING)
FIELDS = sorted({name for cls in frames._CLASSES.values() for name in cls.__dataclass_fields__})
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=40),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(FIELDS) | st.text(max_size=9), inner),
    max_leaves=8,
)
MESSAGES = st.tuples(st.sampled_from(TYPES), st.dictionaries(st.sampled_from(FIELDS), VALUES, max_size=5)).map(
    lambda made: json.dumps({**made[1], "type": made[0]})
)
FRAMES = MESSAGES | st.text(max_size=80) | st.binary(max_size=40)


@pytest.fixture
async def door(aiohttp_client: Any, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Door]:
    """A live call whose sockets may send as fast as they like."""
    monkeypatch.setattr("verifier.web.dispatch.MESSAGES_PER_SECOND", 1e9)
    async with opened(aiohttp_client) as built:
        yield built


async def send(ws: ClientWebSocketResponse, frame: str | bytes) -> None:
    if isinstance(frame, bytes):
        await ws.send_bytes(frame)
    else:
        await ws.send_str(frame.encode("utf-8", "replace").decode())


@pytest.mark.parametrize("role", [F, I])
@SHARED
@given(sent=st.lists(FRAMES, min_size=1, max_size=8), word=st.uuids())
async def test_no_frame_is_too_strange_for_a_call(door: Door, role: Role, sent: list[str | bytes], word: Any) -> None:
    async with asyncio.timeout(20):
        ws = await door.enter(role)
        await until(ws, "checklist")
        for frame in sent:
            await send(ws, frame)
        await ws.send_json({"type": "chat", "text": str(word)})
        while (message := await ws.receive_json()).get("body") != {"text": str(word)}:
            assert message.get("code") != "internal_error", (sent, message)
        await ws.close()


@SHARED
@given(first=FRAMES)
async def test_no_first_frame_is_too_strange_and_none_lets_anybody_in(door: Door, first: str | bytes) -> None:
    async with asyncio.timeout(20):
        ws = await door.client.ws_connect("/ws", headers={"Origin": "https://verify.example.org"})
        await send(ws, first)
        message = await ws.receive_json()
        assert (message["type"], message["code"] in {"invalid_input", "ticket_refused", "too_large"}) == ("error", True)
        assert await end_of(ws) == signalling.CLOSE_REFUSED


def test_every_message_is_tried() -> None:
    assert {cls.type for cls in BrowserMessage.__args__} == set(TYPES) | ENDING  # type: ignore[attr-defined]
