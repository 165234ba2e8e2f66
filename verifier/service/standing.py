"""A case as the platform is told of it. One rule: what the API answers is what the pages show and the events said.

Made by service/platform inside its unit of work, put into members by web/api/answers.
"""

from __future__ import annotations

from dataclasses import dataclass

from verifier.core.appeal import Appeal, AppealAnswer
from verifier.core.clocks import Clock, ClockKind
from verifier.core.model import Verification
from verifier.core.policy import PolicyBook
from verifier.core.verdicts import Decision
from verifier.ports import UnitOfWork
from verifier.service.case_clocks import running


@dataclass(frozen=True, slots=True)
class Case:
    """A verification with its current decision, its clocks and its newest appeal."""

    verification: Verification
    decision: Decision | None
    clocks: tuple[Clock, ...] = ()
    """Those that run, the nearest first."""
    appeal: tuple[Appeal, AppealAnswer | None] | None = None
    at_ms: int = 0
    """When it stood so."""

    @property
    def appealed(self) -> bool:
        """Whether an appeal is open."""
        return self.appeal is not None and self.appeal[1] is None

    @property
    def answer_due_ms(self) -> int | None:
        """Until when the open appeal is answered; None when none is open."""
        due = (clock.due_ms for clock in self.clocks if clock.kind is ClockKind.ANSWER_APPEAL)
        return next(due, None) if self.appealed else None


async def standing(unit: UnitOfWork, verification: Verification, policies: PolicyBook, now_ms: int) -> Case:
    """How a case stands at this moment."""
    appeals = await unit.appeals.of_verification(verification.id)
    return Case(
        verification=verification,
        decision=await unit.decisions.current(verification.id),
        clocks=await running(unit, verification, policies, now_ms),
        appeal=appeals[-1] if appeals else None,
        at_ms=now_ms,
    )
