"""Text frames of the WebSocket into typed messages. One rule: what is unknown, too long or not finite is refused.

The fields stand in core/messages; the limits of their values stand here.
"""

from __future__ import annotations

import json
from dataclasses import fields, is_dataclass
from typing import Any, NoReturn, get_args, get_type_hints

from pydantic import TypeAdapter, ValidationError

from verifier.core import messages
from verifier.core.messages import BrowserMessage
from verifier.errors import InvalidInput, TooLarge

_CLASSES: dict[str, type] = {cls.type: cls for cls in get_args(BrowserMessage)}
_ADAPTERS: dict[str, TypeAdapter[Any]] = {name: TypeAdapter(cls) for name, cls in _CLASSES.items()}

_LARGEST_NUMBER = 2**53
_LONGEST = {
    "ticket": 200,
    "sdp": 32 * 1024,
    "candidate": 2_000,
    "sdp_mid": 64,
    "text": messages.MAX_CHAT_CHARACTERS,
    "note": messages.MAX_NOTE_CHARACTERS,
    "code": 16,
    "item_key": 100,
    "run_id": 100,
    "still_id": 100,
    "problem": 40,
}
_LONGEST_OTHER = 200


def parse(frame: str) -> BrowserMessage:
    """The typed message in a text frame.

    Raises:
        TooLarge: more than 64 KiB.
        InvalidInput: not a JSON object, unknown type or field, wrong type of value, too long, not finite.
    """
    if len(frame.encode()) > messages.MAX_MESSAGE_BYTES:
        raise TooLarge("A message may have at most 64 KiB.")
    body = _object(frame)
    name = body.pop("type", None)
    if not isinstance(name, str) or name not in _CLASSES:
        raise InvalidInput("Unknown message type.", field="type")
    try:
        _check_fields(_CLASSES[name], body)
        _check_values("", body)
        message: BrowserMessage = _ADAPTERS[name].validate_json(json.dumps(body), strict=True)
    except RecursionError:
        raise InvalidInput("A message is not nested that deep.") from None
    except ValidationError as error:
        where = ".".join(str(part) for part in error.errors()[0]["loc"])
        raise InvalidInput(f"The field {where or 'message'} is not valid.", field=where or None) from None
    return message


def type_of(frame: str) -> str | None:
    """The ``type`` of a frame when it can be read at all, for the error answer."""
    try:
        name = _object(frame).get("type")
    except (InvalidInput, RecursionError):
        return None
    return name if isinstance(name, str) and name in _CLASSES else None


def _object(frame: str) -> dict[str, Any]:
    try:
        body = json.loads(frame, parse_constant=_refuse_constant)
    except (ValueError, RecursionError):
        # ValueError: not JSON, or an integer of more digits than Python converts.
        raise InvalidInput("A message is a JSON object.") from None
    if not isinstance(body, dict):
        raise InvalidInput("A message is a JSON object.")
    return body


def _refuse_constant(name: str) -> NoReturn:
    raise InvalidInput(f"{name} is not a JSON number.")


def _check_fields(cls: type, body: dict[str, Any]) -> None:
    hints = get_type_hints(cls)
    known = {field.name for field in fields(cls)}
    for name, value in body.items():
        if name not in known:
            raise InvalidInput(f"Unknown field {name[:60]}.", field=name[:60])
        if is_dataclass(hints[name]) and isinstance(value, dict):
            _check_fields(hints[name], value)


def _check_values(name: str, value: Any) -> None:
    if isinstance(value, dict):
        for key, inner in value.items():
            _check_values(key, inner)
    elif isinstance(value, str):
        if len(value) > _LONGEST.get(name, _LONGEST_OTHER):
            raise InvalidInput(f"The field {name} is too long.", field=name)
        if "\0" in value or (not value.isprintable() and name not in {"sdp", "text", "note"}):
            raise InvalidInput(f"The field {name} has characters that are not allowed.", field=name)
    elif isinstance(value, (int, float)) and not abs(value) <= _LARGEST_NUMBER:
        raise InvalidInput(f"The field {name} is out of range.", field=name)
