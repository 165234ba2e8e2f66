"""What a participant's browser really played and showed, kept from inside of its page (Chromium).

recorder = await SinkRecorder.install(page)     # before the page is opened
...
await recorder.collect()                         # every few seconds, and once before the page is left
sound = recorder.sound(begin_ms, end_ms)         # as it went to the loudspeaker
shown = recorder.pictures                        # every picture with its burnt-in number

Ground truth: nothing of it comes from getStats or from the product. Sound is taken after the jitter buffer, pictures as
they are handed to the page. Times are the page's wall clock, which is this machine's.
"""

from __future__ import annotations

import base64
import itertools
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from playwright.async_api import Page

from bench.rig.sources import SAMPLE_RATE_HZ
from bench.truth.frame_numbers import read
from bench.truth.spoken import Sound

_SCRIPT = Path(__file__).with_name("sink_recorder.js")
_JUMP_MS = 60.0
"""Two parts of sound that lie further apart than they are long leave a hole of their own."""


@dataclass(frozen=True, slots=True)
class ShownPicture:
    """One picture that was handed to the page."""

    at_ms: float
    """On the page's wall clock."""
    number: int | None
    """The frame of the source, 0..4,095; None when no number could be read in it."""
    width: int
    height: int


@dataclass(frozen=True, slots=True)
class _Part:
    """Some 10 ms of sound."""

    stream: int
    at_ms: float
    media_ms: float
    samples: Sound


class SinkRecorder:
    """Keeps what one page plays and shows, over reloads."""

    def __init__(self, page: Page) -> None:
        self._page = page
        self._parts: list[_Part] = []
        self.pictures: list[ShownPicture] = []
        """In the order of their coming."""

    @classmethod
    async def install(cls, page: Page) -> SinkRecorder:
        """A recorder for a page that has not been opened yet."""
        await page.add_init_script(path=_SCRIPT)
        return cls(page)

    async def collect(self) -> None:
        """Take over what the page has kept since the last time; what is not collected is lost with the page."""
        taken = await self._page.evaluate("window.verifierRigTake ? window.verifierRigTake() : null")
        if taken is None:
            return
        self._hear(taken)
        self.pictures += [
            ShownPicture(one["at_ms"], read(one["cells"]), one["width"], one["height"]) for one in taken["pictures"]
        ]

    def sound(self, begin_ms: float, end_ms: float) -> Sound:
        """What was played from one moment to another: int16 of shape (samples,), mono, 48 kHz; zeros where nothing was.

        Args:
            begin_ms: on the page's wall clock.
            end_ms: on the same clock, later.
        """
        played = np.zeros(max(0, round((end_ms - begin_ms) * SAMPLE_RATE_HZ / 1_000)), np.int16)
        for part, at_ms in self._placed():
            start = round((at_ms - begin_ms) * SAMPLE_RATE_HZ / 1_000)
            inside = part.samples[max(0, -start) : max(0, len(played) - start)]
            played[max(0, start) : max(0, start) + len(inside)] = inside
        return played

    def _placed(self) -> list[tuple[_Part, float]]:
        """Every part with the moment it was played at: one after the other, as long as they follow each other.

        A part comes to the page a little later than it is played, by what the page was busy with, and its own stamp is
        off by up to a millisecond; so within a stretch without a hole only lengths count, and the earliest comer fixes
        where the stretch lies.
        """
        placed: list[tuple[_Part, float]] = []
        stretch: list[_Part] = []
        for part in [*self._parts, None]:
            if stretch and (part is None or _apart(stretch[-1], part)):
                placed += _end_to_end(stretch)
                stretch = []
            if part is not None:
                stretch.append(part)
        return placed

    def _hear(self, taken: dict[str, Any]) -> None:
        samples, at = np.frombuffer(base64.b64decode(taken["samples"]), "<i2"), 0
        for part in taken["parts"]:
            if part["rate"] != SAMPLE_RATE_HZ:
                raise ValueError(f"sound at {part['rate']} Hz")
            own, at = samples[at : at + part["count"]], at + part["count"]
            self._parts.append(_Part(part["stream"], part["at_ms"], part["media_us"] / 1_000, own))


def _end_to_end(stretch: list[_Part]) -> list[tuple[_Part, float]]:
    lengths_ms = [1_000 * len(part.samples) / SAMPLE_RATE_HZ for part in stretch]
    into_ms = [0.0, *itertools.accumulate(lengths_ms)]
    begin_ms = min(part.at_ms - into for part, into in zip(stretch, into_ms, strict=False))
    return [(part, begin_ms + into) for part, into in zip(stretch, into_ms, strict=False)]


def _apart(one: _Part, other: _Part) -> bool:
    length_ms = 1_000 * len(one.samples) / SAMPLE_RATE_HZ
    return one.stream != other.stream or abs(other.media_ms - one.media_ms - length_ms) > _JUMP_MS
