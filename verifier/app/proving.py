"""``verifier audit`` and ``verifier rescore``: proving what is stored. Each command opens the store and closes it."""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass
from typing import TextIO

from verifier.app import policies
from verifier.app.keeping import safekeeping
from verifier.app.runtime import AnchoredClock
from verifier.config import Settings
from verifier.service.auditing import Audited, Auditing, Difference, Expired
from verifier.storage.store import Store

PROGRESS_EVERY = 100
"""Cases between two lines of progress."""


@dataclass
class _Tally:
    cases: int = 0
    differences: int = 0
    expired: int = 0


def audit(settings: Settings, out: TextIO, progress: TextIO) -> int:
    """Print every difference; the exit status is 1 when there is one.

    Args:
        settings: where the store is.
        out: differences, interviews whose rows have expired, and the sum.
        progress: a line for every hundred cases.
    """

    async def run() -> int:
        tally = _Tally()
        async with await Store.open(settings.database) as store:
            async for found in Auditing(store.units, policies.load(settings.policy), AnchoredClock()).audit():
                _tell(found, tally, out, progress)
            async for subject, what in safekeeping(store, settings).astray():
                _tell(Difference(subject, what), tally, out, progress)
        if tally.expired:
            out.write(f"{tally.expired} expired\n")
        out.write(f"{tally.differences} differences\n")
        return 1 if tally.differences else 0

    return asyncio.run(run())


def _tell(found: Difference | Expired | Audited, tally: _Tally, out: TextIO, progress: TextIO) -> None:
    match found:
        case Difference(subject, what):
            tally.differences += 1
            out.write(f"{subject}: {what}\n")
        case Expired(subject):
            tally.expired += 1
            out.write(f"{subject}: expired: the raw rows are gone, their digest stands\n")
        case Audited():
            tally.cases += 1
            if tally.cases % PROGRESS_EVERY == 0:
                progress.write(f"{tally.cases} cases audited, {tally.differences} differences\n")
                progress.flush()


def rescore(settings: Settings, out: TextIO) -> int:
    """Print every verdict, derived again, as one JSON line; the exit status is 1 when one is not byte-equal.

    Of an interview whose raw rows have expired the stored verdict is printed, marked so.
    """

    async def run() -> int:
        unequal = 0
        async with await Store.open(settings.database) as store:
            async for one in Auditing(store.units, policies.load(settings.policy)).rescore():
                mark = {"expired": True} if one.expired else {}
                verdict = json.loads(one.derived)
                out.write(json.dumps({"interview": one.interview_id, "equal": one.equal, **mark, **verdict}) + "\n")
                unequal += not one.equal
        return 1 if unequal else 0

    return asyncio.run(run())
