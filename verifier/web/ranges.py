"""Which bytes of a file a request asks for. One rule: what is not one plain range of bytes is ignored, not refused.

Source: RFC 9110 14.1.2 (bytes ranges), 14.2 (Range), 13.1.5 (If-Range), 15.5.17 (416).
"""

from __future__ import annotations

import re

_ONE = re.compile(r"bytes=\s*(\d{0,18})-(\d{0,18})\s*", re.IGNORECASE)


class Unsatisfiable(ValueError):
    """The range begins behind the end."""


def wanted(header: str | None, if_range: str | None, etag: str, size: int) -> tuple[int, int] | None:
    """First byte and the one behind the last; None: all of it.

    Args:
        header: ``Range``.
        if_range: ``If-Range``; a range of anything but this very file is a range of nothing.
        etag: strong, with its quotes.
        size: bytes.

    Raises:
        Unsatisfiable: none of these bytes are there.
    """
    found = _ONE.fullmatch(header or "")
    if found is None or (if_range is not None and if_range.strip() != etag) or found.groups() == ("", ""):
        return None
    first, last = found.groups()
    if not first:
        start, stop = max(0, size - int(last)), size
    else:
        start, stop = int(first), min(size, int(last) + 1) if last else size
        if last and int(last) < start:
            return None
    if start >= size:
        raise Unsatisfiable
    return start, stop
