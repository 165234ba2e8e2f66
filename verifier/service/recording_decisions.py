"""The one place where a decision version is written. One rule: version, case and event are one transaction."""

from __future__ import annotations

from dataclasses import replace

from verifier.core import events
from verifier.core.model import Verification
from verifier.core.verdicts import Decision
from verifier.core.webhook import EventType
from verifier.ports import Clock, Entropy, UnitOfWork
from verifier.service.publishing import publish


async def record(
    unit: UnitOfWork, verification: Verification, decision: Decision, clock: Clock, entropy: Entropy
) -> Verification:
    """The case with the result of ``decision``, everything saved and the event in the outbox.

    Args:
        unit: the open unit of work, in which ``verification`` has its status after the decision already.
        verification: the case.
        decision: the next version, from core/decision.
        clock: gives the event its time.
        entropy: gives it its id.

    Raises:
        Conflict: that version exists already, or the case was changed by somebody else.
    """
    await unit.decisions.append(decision)
    decided = replace(verification, result=decision.result)
    return await publish(unit, decided, EventType.VERIFICATION_DECIDED, events.decided(decision), clock, entropy)
