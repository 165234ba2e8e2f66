"""A failed case with stills, rows and words, its windows over, and the services that may delete them."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

from tests.contract.failed_case import CALL, CASE
from tests.fakes.keeping import ErasedFiles
from tests.service.redress_stage import DAY_MS, Redress, redressed
from verifier.core.access import Audience, Link, Session
from verifier.core.model import DeviceCheck, Role
from verifier.core.policy import SHIPPED
from verifier.core.samples import InterviewRows
from verifier.core.verdicts import Decision
from verifier.service.holding import Holding
from verifier.service.redacting import Redacting
from verifier.service.retaining import Gone, Retaining, Swept

APPEAL_MS = SHIPPED.appeal_window_ms
WHY = "A court asked for the case on 3 May."


@dataclass
class Keeping:
    """Use with ``kept``."""

    redress: Redress
    files: ErasedFiles = field(default_factory=ErasedFiles)
    told_ms: int = 0

    def __post_init__(self) -> None:
        there = self.redress
        self.units, self.clock = there.units, there.clock
        self.redacting = Redacting(there.units, there.clock, there.entropy, there.book, self.files, there._wake)
        self.retaining = Retaining(there.units, there.clock, there.book, self.redacting, self.files)
        self.holding = Holding(there.units, there.clock)

    async def failed(self) -> Decision:
        """Failed by the rules, the freelancer told at once; he has a link, a session and a device check."""
        decided = await self.redress.failed()
        self.told_ms = now_ms = self.clock.now_ms()
        async with self.units() as unit:
            assert await unit.decisions.show(decided, now_ms)
            await unit.links.add(Link("link", Audience.CASE, now_ms, None, CASE))
            await unit.sessions.add(Session("session", Audience.CASE, now_ms, now_ms + 999 * DAY_MS, CASE))
            await unit.device_checks.add(DeviceCheck(now_ms, True, {"rtt_ms": 20.0}, verification_id=CASE))
            await unit.log.append(CALL, now_ms, "chat", Role.FREELANCER, {"text": "I live in Zagreb"})
        return decided

    def over(self, days: int = 0) -> None:
        """The appeal window is over since this many days."""
        self.redress.at(self.told_ms + APPEAL_MS + days * DAY_MS)

    async def ran(self, *, dry: bool = False) -> list[Gone | Swept]:
        """What went, or would go; without kinds of leftovers of which there are none."""
        found = [one async for one in self.retaining.run(dry=dry)]
        return [one for one in found if not (isinstance(one, Swept) and not one.count)]

    async def went(self, *, dry: bool = False) -> list[tuple[str, str | None]]:
        """Of the case, as (what, problem)."""
        ran = await self.ran(dry=dry)
        return [(one.term.what.value if one.term else "-", one.problem) for one in ran if isinstance(one, Gone)]

    async def rows(self) -> InterviewRows:
        """The raw rows of the call."""
        async with self.units(read_only=True) as unit:
            return await unit.samples.rows(CALL)

    async def key_is_whole(self) -> bool:
        """Whether the call's stills can be opened."""
        async with self.units(read_only=True) as unit:
            key = await unit.evidence_keys.of_interview(CALL)
        return key is not None and key.wrapped is not None


@asynccontextmanager
async def keeping_stage(kind: str, folder: Path) -> AsyncIterator[Keeping]:
    """Over the fake store or over SQLite."""
    async with redressed(kind, folder) as redress:
        yield Keeping(redress)
