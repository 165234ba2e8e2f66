"""Recordings as variables of the replay page and as what its player needs. One rule: what was not recorded is said.

Times given to the player are seconds; ``begin_s`` is on the page's axis, stretches on the file's own.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

_Row = Mapping[str, Any]


def card(found: _Row, *, shown: bool) -> dict[str, object]:
    """The variable ``recording`` of review.html: ``state`` and, when it may be played, the people's files.

    Args:
        found: as service/reviewing tells.
        shown: whether the reader may watch.
    """
    state = str(found["recording"])
    if state == "kept" and not shown:
        state = "hidden"
    return {"state": state, "tracks": _tracks(found) if state == "kept" else []}


def _tracks(found: _Row) -> list[dict[str, object]]:
    return [
        {
            "leg": str(one["leg"]),
            "url": f"/staff/recordings/{one['id']}",
            "begin_s": (one["begin_ms"] - found["start_ms"]) / 1_000,
            "duration_s": one["duration_ms"] / 1_000,
            "whole": one["whole"],
            "audio": _seconds(one["audio"]),
            "video": _seconds(one["video"]),
        }
        for one in found["recordings"]
    ]


def _seconds(stretches: list[list[int]]) -> list[list[float]]:
    return [[begin / 1_000, end / 1_000] for begin, end in stretches]
