"""Stills as the variables of macros/stills.html. One rule: what was found in a picture is told, no picture is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from verifier.wording import case as words
from verifier.wording.catalogue import Catalogue
from verifier.wording.dates import clock, moment

_Row = Mapping[str, Any]


def of_call(rows: Sequence[_Row], start_ms: int, catalogue: Catalogue) -> list[dict[str, object]]:
    """For staff, each at its time in the call."""
    return [
        {
            **_common(row, catalogue),
            "at": clock(row["at_ms"] - start_ms),
            "problems": list(row["problems"]),
            "size": f"{row['width']} × {row['height']}",
        }
        for row in rows
    ]


def of_case(rows: Sequence[_Row], zone: str, catalogue: Catalogue) -> list[dict[str, object]]:
    """For the freelancer, each at its time of day."""
    return [{**_common(row, catalogue), "at": moment(row["at_ms"], zone, catalogue.language)["text"]} for row in rows]


def _common(row: _Row, catalogue: Catalogue) -> dict[str, object]:
    return {
        "id": row["id"],
        "name": words.item(row["item_key"], row["item_key"], catalogue.translate),
        "usable": row["usable"],
        "erased": row["erased"],
    }
