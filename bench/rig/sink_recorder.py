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
_HOLE_MS = 8.0
"""By less, stamps are inexact."""
_PATIENCE_PARTS = 50
"""Half a second in which every stamp is late: nothing catches up any more."""


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

    @property
    def holes_ms(self) -> float:
        """Sound that was played and is not there, since the page was too busy to hand it over."""
        missing = 0.0
        for _, those in itertools.groupby(self._parts, key=lambda part: part.stream):
            stream = list(those)
            missing += _moments(stream)[-1] - sum(_length_ms(part) for part in stream[:-1])
        return missing

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
        as inexact; so lengths count, the earliest comer fixes where a stream lies, and a hole is only where all stamps
        for some time are later than lengths would have it.
        """
        placed: list[tuple[_Part, float]] = []
        for _, those in itertools.groupby(self._parts, key=lambda part: part.stream):
            stream = list(those)
            into_ms = _moments(stream)
            begin_ms = min(part.at_ms - into for part, into in zip(stream, into_ms, strict=True))
            placed += [(part, begin_ms + into) for part, into in zip(stream, into_ms, strict=True)]
        return placed

    def _hear(self, taken: dict[str, Any]) -> None:
        samples, at = np.frombuffer(base64.b64decode(taken["samples"]), "<i2"), 0
        for part in taken["parts"]:
            if part["rate"] != SAMPLE_RATE_HZ:
                raise ValueError(f"sound at {part['rate']} Hz")
            own, at = samples[at : at + part["count"]], at + part["count"]
            self._parts.append(_Part(part["stream"], part["at_ms"], part["media_us"] / 1_000, own))


def _moments(stream: list[_Part]) -> list[float]:
    """When each part of one stream was played, in ms since its first."""
    into = np.cumsum([0.0, *(_length_ms(part) for part in stream[:-1])])
    late = np.array([part.media_ms for part in stream]) - stream[0].media_ms - into
    least = np.lib.stride_tricks.sliding_window_view(
        np.pad(late, (0, _PATIENCE_PARTS - 1), mode="edge"), _PATIENCE_PARTS
    )
    moments, missing = [], 0.0
    for place, floor in enumerate(least.min(axis=1)):
        if floor - missing > _HOLE_MS:
            missing = float(floor)
        moments.append(float(into[place]) + missing)
    return moments


def _length_ms(part: _Part) -> float:
    return 1_000 * len(part.samples) / SAMPLE_RATE_HZ
