"""Text frames: what is unknown, too long, not finite or hostile is refused with a typed error."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.core.rows import PROPERTY
from verifier.core import messages
from verifier.core.messages import Chat, SdpAnswer, Stats, Ticket, to_wire
from verifier.core.samples import BrowserAudio, BrowserSource, BrowserVideo
from verifier.errors import InvalidInput, TooLarge, VerifierError
from verifier.web import frames

STATS = to_wire(Stats(1, 1, 1.5, BrowserAudio(ssrc=5), BrowserVideo(frames_decoded=3), BrowserSource()))


def changed(path: str, value: Any) -> str:
    """The stats message with one field (dotted) set."""
    body = json.loads(json.dumps(STATS))
    *parents, leaf = path.split(".")
    part = body
    for name in parents:
        part = part[name]
    part[leaf] = value
    return json.dumps(body)


def test_every_kind_of_message_survives_the_wire() -> None:
    for message in (Ticket("t", 4), SdpAnswer(2, "v=0\r\n"), Chat("zwölf\n„drei“")):
        assert frames.parse(json.dumps(to_wire(message))) == message
    assert frames.parse(json.dumps(STATS)) == Stats(
        1, 1, 1.5, BrowserAudio(ssrc=5), BrowserVideo(frames_decoded=3), BrowserSource()
    )


@pytest.mark.parametrize(
    "frame",
    [
        "",
        "null",
        "[]",
        "{",
        '"chat"',
        "{}",
        '{"type":7}',
        '{"type":"unknown"}',
        '{"type":"welcome"}',
        '{"type":"chat"}',
        '{"type":"chat","text":7}',
        '{"type":"chat","text":["a"]}',
        '{"type":"chat","text":"a","more":1}',
        '{"type":"chat","text":"\\u0000"}',
        '{"type":"chat","text":"\\ud800"}',
        '{"type":"ticket","ticket":"line\\nbreak"}',
        '{"type":"answer","generation":"1","sdp":"v=0"}',
        '{"type":"answer","generation":1.5,"sdp":"v=0"}',
        '{"type":"answer","generation":true,"sdp":"v=0"}',
        '{"type":"flag","kind":"failed"}',
        '{"type":"run_answer","run_id":"r","answer":"failed"}',
        '{"type":"pong","nonce":1e999}',
        '{"type":"pong","nonce":NaN}',
        '{"type":"pong","nonce":-Infinity}',
        '{"type":"pong","nonce":9007199254740994}',
        '{"type":"pong","nonce":' + "9" * 5_000 + "}",
        '{"type":"pong","nonce":' + "9" * 60_000 + "}",
    ],
)
def test_a_frame_that_is_not_a_message_is_refused(frame: str) -> None:
    with pytest.raises(InvalidInput):
        frames.parse(frame)
    assert frames.type_of(frame) in {None, *(cls.type for cls in frames._CLASSES.values())}


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("client_ms", float("nan")),
        ("client_ms", float("inf")),
        ("client_ms", 10**17),
        ("audio.concealed_samples", float("nan")),
        ("audio.concealed_samples", 10**400),
        ("audio.concealed_samples", "12"),
        ("audio.concealed_samples", True),
        ("audio.jitter_buffer_delay_s", "NaN"),
        ("audio.unknown", 1),
        ("audio", None),
        ("audio", []),
        ("video.frames_decoded", 1.5),
        ("source.audio_track", "loud"),
        ("source.quality_limitation", "x" * 201),
        ("source.page_visible", 1),
    ],
)
def test_figures_that_are_no_figures_are_refused(path: str, value: Any) -> None:
    with pytest.raises(InvalidInput):
        frames.parse(changed(path, value))


@pytest.mark.parametrize("depth", [10, 400, 700, 850, 900, 950, 990, 1_500, 10_000])
def test_deep_nesting_is_refused_at_every_depth(depth: int) -> None:
    for opening, closing in (('{"a":', "}"), ("[", "]")):
        frame = '{"type":"chat","text":' + opening * depth + "1" + closing * depth + "}"
        with pytest.raises((InvalidInput, TooLarge)):
            frames.parse(frame)
        frames.type_of(frame)


def test_more_than_64_kib_is_too_large_and_is_not_looked_at() -> None:
    with pytest.raises(TooLarge):
        frames.parse('{"type":"chat","text":"' + "ä" * messages.MAX_MESSAGE_BYTES + '"}')
    with pytest.raises(InvalidInput, match="too long"):
        frames.parse('{"type":"chat","text":"' + "a" * (messages.MAX_CHAT_CHARACTERS + 1) + '"}')
    assert frames.parse('{"type":"chat","text":"' + "a" * messages.MAX_CHAT_CHARACTERS + '"}')


def test_a_refusal_never_quotes_more_than_a_little_of_what_was_sent() -> None:
    with pytest.raises(InvalidInput) as refused:
        frames.parse(json.dumps({"type": "chat", "x" * 5_000: 1}))
    assert len(refused.value.detail) < 120


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=20,
)
_KNOWN = st.sampled_from(sorted({field for cls in frames._CLASSES.values() for field in cls.__annotations__}))


@given(st.sampled_from(sorted(frames._CLASSES)), st.dictionaries(_KNOWN | st.text(), _JSON, max_size=5))
@PROPERTY
def test_nothing_but_typed_errors_comes_out_of_any_json(name: str, body: dict[str, Any]) -> None:
    try:
        message = frames.parse(json.dumps({**body, "type": name}))
    except VerifierError as error:
        assert error.http_status < 500
    else:
        json.dumps(to_wire(message), allow_nan=False)
