"""Who has to wait before the next guess. One rule: nobody's failures make the owner of a known browser wait.

After OWASP's "Slow Down Online Guessing Attacks with Device Cookies": a browser that signed in to an account before is
counted by itself; every other browser by its address, and by its address together with the account it tries. There is
no bucket that all strangers to one account share, so hammering an account slows the hammer alone. Spreading guesses
over many addresses gains little: one guess must hit a password of twelve characters and a six-digit code at once.

The buckets live in this process: a restart forgets them. Called by signing_in, enrolling and settings.
"""

from __future__ import annotations

import math
from collections import OrderedDict
from collections.abc import Iterable

from verifier.core.throttle import Pace, Tries, answered, tried, wait_ms
from verifier.errors import RateLimited
from verifier.ports import Clock

DEVICE = Pace(free=10, first_ms=2_000, longest_ms=5 * 60_000)
"""A browser that is known to the account."""
STRANGER = Pace(free=5, first_ms=2_000, longest_ms=15 * 60_000)
"""An address that tries one account."""
ADDRESS = Pace(free=30, first_ms=2_000, longest_ms=15 * 60_000)
"""An address, whatever it tries; a whole office may share one."""
SESSION = Pace(free=5, first_ms=2_000, longest_ms=5 * 60_000)
"""A signed-in browser that must prove the password or the code once more."""
_MOST_BUCKETS = 50_000

Bucket = tuple[str, Pace]
"""Name and pace."""


class Throttle:
    """Buckets by name. Bounded: the one that was not used for the longest time is forgotten first."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._tries: OrderedDict[str, Tries] = OrderedDict()

    def begin(self, buckets: Iterable[Bucket]) -> None:
        """Count one try in each bucket, before it is known whether it is right: many at once gain nothing.

        Raises:
            RateLimited: one of them has to wait; nothing is counted.
        """
        now_ms = self._clock.now_ms()
        kept = list(buckets)
        wait = max((wait_ms(self._tries.get(name, Tries()), pace, now_ms) for name, pace in kept), default=0)
        if wait:
            seconds = math.ceil(wait / 1_000)
            raise RateLimited("Too many tries. Please wait, then try again.", retry_after_s=seconds)
        for name, pace in kept:
            self._tries[name] = tried(self._tries.pop(name, Tries()), pace, now_ms)
        while len(self._tries) > _MOST_BUCKETS:
            self._tries.popitem(last=False)

    def succeeded(self, forget: Iterable[Bucket], keep: Iterable[Bucket] = ()) -> None:
        """The try was right: ``forget`` these buckets; of those to ``keep`` only this try is taken back.

        Whoever owns one account must not be able to clear his address by signing in between guesses at another.
        """
        for name, _ in forget:
            self._tries.pop(name, None)
        for name, _ in keep:
            if name in self._tries:
                self._tries[name] = answered(self._tries[name])
