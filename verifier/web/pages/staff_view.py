"""What the reviewers' pages share: moments, lengths, clocks and reasons in words. One rule: formats, never judges."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from verifier.core.clocks import Clock
from verifier.core.review import Reason, sentence
from verifier.wording.catalogue import Catalogue
from verifier.wording.dates import clock, left, moment
from verifier.wording.redress import CLOCKS

Shown = dict[str, Any]
_NEAR_MS = 4 * 3_600_000
"""A clock of which less than this is left is marked."""
_FOR_STAFF = 1


@dataclass(frozen=True, slots=True)
class View:
    """What everything on one page is formatted for."""

    zone: str
    catalogue: Catalogue
    start_ms: int
    """Where the replay's axis begins."""
    now_ms: int

    def say(self, text: str, **values: object) -> str:
        """In the reader's language."""
        return self.catalogue.translate(text, **values)

    def at(self, at_ms: int) -> dict[str, str]:
        """A moment."""
        return moment(at_ms, self.zone, self.catalogue.language)

    def into_call(self, at_ms: int) -> str:
        """A position on the replay's axis as ``m:ss``."""
        return clock(at_ms - self.start_ms)

    def second(self, at_ms: int) -> float:
        """The same in seconds."""
        return (at_ms - self.start_ms) / 1_000

    def length(self, milliseconds: int) -> str:
        """A length of time."""
        return left(milliseconds, self.catalogue.language)


def clocks(running: Iterable[Clock], view: View) -> list[Shown]:
    """Every running clock, the nearest first."""
    return [
        {
            "kind": each.kind.value,
            "name": view.say(CLOCKS[each.kind][_FOR_STAFF]),
            "due": view.at(each.due_ms),
            "left": view.length(abs(each.due_ms - view.now_ms)),
            "over": each.breached(view.now_ms),
            "band": "poor"
            if each.breached(view.now_ms)
            else "fair"
            if each.due_ms - view.now_ms < _NEAR_MS
            else "unknown",
        }
        for each in running
    ]


def sentences(reasons: Iterable[Reason], view: View) -> list[str]:
    """Each reason in words."""
    return [view.say(sentence(each)) for each in reasons]
