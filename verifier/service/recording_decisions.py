"""The one place where a decision version is written. One rule: version, case, event and chain are one transaction."""

from __future__ import annotations

from dataclasses import replace

from verifier.core import events
from verifier.core.canonical import plain
from verifier.core.chain import SYSTEM, Actor, ActorKind
from verifier.core.events import Redress
from verifier.core.failure import Failed
from verifier.core.model import Result, Verification
from verifier.core.policy import PolicyBook
from verifier.core.verdicts import Decision
from verifier.core.webhook import EventType
from verifier.errors import OurError
from verifier.ports import Clock, Entropy, UnitOfWork
from verifier.ports.redress import FourEyesTrainings
from verifier.service.publishing import publish


class Recorder:
    """Writes decision versions."""

    def __init__(self, clock: Clock, entropy: Entropy, policies: PolicyBook, case_url: str) -> None:
        self._clock = clock
        self._entropy = entropy
        self._policies = policies
        self._case_url = case_url

    def redress(self, policy_version: str) -> Redress:
        """What events say about statements and appeals under a policy.

        Raises:
            PolicyInvalid: nobody has that version any more.
        """
        return Redress(self._case_url, self._policies.pinned(policy_version).appeal_window_ms)

    async def record(
        self,
        unit: UnitOfWork,
        verification: Verification,
        decision: Decision,
        failed: tuple[Failed, FourEyesTrainings] | None = None,
    ) -> Verification:
        """The case with the result of ``decision``, everything saved, the event in the outbox.

        Args:
            unit: the open unit of work, in which ``verification`` has its status after the decision already.
            verification: the case.
            decision: the next version, from core/decision.
            failed: what a failed decision rests on; given if and only if it is one.

        Raises:
            Conflict: that version exists already, or the case was changed by somebody else.
            OurError: a failure without what it rests on, or anything else with it.
        """
        if (failed is not None) is not (decision.result is Result.FAILED):
            raise OurError("A failed decision, and no other, is stored with its four eyes.")
        before = await unit.decisions.current(verification.id)
        await unit.decisions.append(decision)
        if failed is not None:
            await unit.proposals.fail(failed[0], decision, failed[1])
        actor = Actor(ActorKind.STAFF, decision.decided_by) if decision.decided_by else SYSTEM
        await unit.audit.append(verification.id, decision.at_ms, "decision.made", actor, plain(decision))
        decided = replace(verification, result=decision.result)
        redress = self.redress(decision.policy_version)
        if before is None:
            kind, data = EventType.VERIFICATION_DECIDED, events.decided(decision, redress)
        else:
            kind, data = EventType.DECISION_SUPERSEDED, events.superseded(before, decision, redress)
        return await publish(unit, decided, kind, data, self._clock, self._entropy)
