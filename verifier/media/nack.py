"""Asking for lost packets again. One rule: ask until repaired or too old to be of use, never flood.

Source: RFC 4585 6.2.1; the retry interval of 1.2 round trips was measured (docs of the design, media).
"""

from __future__ import annotations

_TOO_OLD_S = 2.0
"""Later than this a repaired frame helps nobody: the browser has asked for a key frame."""
_TRIES = 10
_INTERVAL_MIN_S = 0.04
_INTERVAL_ROUND_TRIPS = 1.2
_GAP_MAX = 300
"""A longer gap is an outage: a key frame is cheaper than its packets."""
_HOPELESS_S, _HOPELESS_ROUND_TRIPS, _HOPELESS_COUNT = 0.4, 3.0, 60
"""What is missing for longer, or as many as this, is not coming back soon: a link that overflowed drops repairs too.
Browsers wait three seconds before they ask for a key frame of their own accord; the picture would stand as long."""


class MissingPackets:
    """The skipped numbers of one video stream, unwrapped."""

    __slots__ = ("_highest", "_missing", "fresh", "requested")

    def __init__(self) -> None:
        self._highest: int | None = None
        self._missing: dict[int, list[float]] = {}
        """Number to [noticed, last asked, times asked]."""
        self.fresh = False
        """Whether some were noticed that have not been asked for yet."""
        self.requested = 0
        """Numbers asked for so far, repetitions included."""

    def __bool__(self) -> bool:
        return bool(self._missing)

    def arrived(self, number: int, now_s: float) -> bool:
        """Note an arrival or a repair; true when the gap before it is too long to be repaired packet by packet."""
        highest = self._highest
        if highest is None or number == highest + 1:
            self._highest = number
            return False
        if number <= highest:
            self._missing.pop(number, None)
            return False
        self._highest = number
        if number - highest > _GAP_MAX:
            self._missing.clear()
            return True
        for skipped in range(highest + 1, number):
            self._missing[skipped] = [now_s, 0.0, 0]
            self.fresh = True
        return False

    def hopeless(self, now_s: float, round_trip_s: float) -> bool:
        """Whether a key frame will sooner bring the picture back than what is missing."""
        if not self._missing:
            return False
        oldest = next(iter(self._missing.values()))[0]
        patience = max(_HOPELESS_S, _HOPELESS_ROUND_TRIPS * round_trip_s)
        return now_s - oldest > patience or len(self._missing) > _HOPELESS_COUNT

    def forget(self, before: int | None = None) -> None:
        """Ask no more for numbers below ``before``, or for any: a key frame has made them useless, or will."""
        if before is None:
            self._missing.clear()
        else:
            self._missing = {number: entry for number, entry in self._missing.items() if number >= before}

    def due(self, now_s: float, round_trip_s: float) -> list[int]:
        """16-bit numbers to ask for now, ascending; those too old or asked for too often are given up."""
        self.fresh = False
        interval = max(_INTERVAL_MIN_S, _INTERVAL_ROUND_TRIPS * round_trip_s)
        ask, given_up = [], []
        for number, entry in self._missing.items():
            noticed, asked, times = entry
            if now_s - noticed > _TOO_OLD_S or times >= _TRIES:
                given_up.append(number)
            elif not times or now_s - asked >= interval:
                entry[1], entry[2] = now_s, times + 1
                ask.append(number)
        for number in given_up:
            del self._missing[number]
        self.requested += len(ask)
        return [number & 0xFFFF for number in ask]
