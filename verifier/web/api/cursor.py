"""Opaque cursors of lists. One rule: a caller passes them back as they are; what they hold may change."""

from __future__ import annotations

import base64
import binascii

from verifier.errors import InvalidInput


def encode(*parts: int | str) -> str:
    """URL-safe text that ``decode`` turns back into the parts."""
    return base64.urlsafe_b64encode(":".join(str(part) for part in parts).encode()).decode().rstrip("=")


def position(cursor: str | None) -> int:
    """The position of an event cursor; 0, before everything, without one.

    Raises:
        InvalidInput: not a cursor of ours.
    """
    return 0 if cursor is None else _number(_decode(cursor))


def last_row(cursor: str | None) -> tuple[int, str] | None:
    """(created_ms, id) of the last row that was seen.

    Raises:
        InvalidInput: not a cursor of ours.
    """
    if cursor is None:
        return None
    created, _, id_ = _decode(cursor).partition(":")
    return _number(created), id_


def _decode(cursor: str) -> str:
    try:
        return base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True).decode("ascii")
    except (binascii.Error, ValueError):
        raise _refused() from None


def _number(text: str) -> int:
    if not text.isdigit() or len(text) > 18:
        raise _refused()
    return int(text)


def _refused() -> InvalidInput:
    return InvalidInput("This cursor is not one of ours.", field="?cursor")
