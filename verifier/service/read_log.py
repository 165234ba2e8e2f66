"""Who was given what of a case. One rule: the entry stands in the chain before the first word is given, or none is.

One entry for each person, case and thing within five minutes: a page that asks again and again tells nothing new. What
counts as reading a case is being given more of it than a line in a list that staff choose their work from. Called by
service/reviewing, service/platform, service/records, service/results and whatever else shows a case.
"""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum

from verifier.core.canonical import plain
from verifier.core.chain import Actor
from verifier.core.model import VerificationId
from verifier.ports import Clock, UnitOfWork, UnitOfWorkFactory
from verifier.service.chronicling import chronicle

AGAIN_MS = 5 * 60_000
"""A second reading within this time of the first is the same reading."""


class Reading(StrEnum):
    """What was read: actions of the chain."""

    CASE = "case.read"
    """Who the case is about, what was claimed, asked, decided."""
    REPLAY = "replay.read"
    """What was measured and said in one call."""
    EVIDENCE = "evidence.read"
    """A picture."""
    RECORDING = "recording.read"
    """The recording of one person in one call."""
    EXPORT = "export.read"
    """The signed export."""


class ReadLog:
    """Logs reads, each in a unit of work of its own that ends before anything is read."""

    def __init__(self, units: UnitOfWorkFactory, clock: Clock) -> None:
        self._units = units
        self._clock = clock

    async def note(self, cases: Iterable[VerificationId], reader: Actor, what: Reading, **facts: object) -> None:
        """Log that these cases are about to be read; what is logged already is left alone.

        Raises:
            VerifierError: it cannot be logged, so it must not be read.
        """
        wanted = tuple(cases)
        async with self._units(read_only=True) as unit:
            fresh = [id_ for id_ in wanted if not await self._noted(unit, id_, reader, what, facts)]
        if not fresh:
            return
        async with self._units() as unit:
            for id_ in fresh:
                if not await self._noted(unit, id_, reader, what, facts):
                    await chronicle(unit, id_, self._clock, what, reader, **facts)

    async def _noted(
        self, unit: UnitOfWork, id_: VerificationId, reader: Actor, what: Reading, facts: dict[str, object]
    ) -> bool:
        recent = await unit.audit.since(id_, self._clock.now_ms() - AGAIN_MS)
        return any(
            (entry.action, Actor(entry.actor_kind, entry.actor_id), entry.facts) == (what, reader, plain(facts))
            for entry in recent
        )
