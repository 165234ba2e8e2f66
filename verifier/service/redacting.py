"""Erasing the personal data of a case. One rule: every word goes in one transaction, every fact and proof stays.

Status, result, decisions, figures and the audit chain are kept; names, claims, words, links and the keys of the stills
are not. The pictures themselves are deleted after the transaction: without their key nobody can read them anyway. Asked
for by the platform (API), the operator (command line) and, when its time has come, by service/retaining.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from verifier.core import events
from verifier.core.access import Audience
from verifier.core.chain import Actor
from verifier.core.model import InterviewId, Verification, VerificationId
from verifier.core.policy import PolicyBook
from verifier.core.redaction import require_redactable
from verifier.core.retention import KeptCase
from verifier.core.webhook import EventType
from verifier.errors import NotFound
from verifier.ports import Clock, Entropy, UnitOfWork, UnitOfWorkFactory
from verifier.service.chronicling import chronicle
from verifier.service.kept import kept_case
from verifier.service.publishing import publish

EraseFiles = Callable[[InterviewId], Awaitable[object]]
"""Deletes whatever is kept of an interview's pictures."""


class Redacting:
    """Redacts cases."""

    def __init__(
        self,
        units: UnitOfWorkFactory,
        clock: Clock,
        entropy: Entropy,
        policies: PolicyBook,
        erase_files: EraseFiles,
        notify: Callable[[], None] = lambda: None,
    ) -> None:
        self._units = units
        self._clock = clock
        self._entropy = entropy
        self._policies = policies
        self._erase_files = erase_files
        self._notify = notify

    async def redact(self, id_: VerificationId, actor: Actor, *, test: bool | None = None) -> Verification:
        """The case without personal data; one that was redacted before is left as it is.

        Args:
            id_: the case.
            actor: who asks.
            test: the mode that it has to be of; None: either.

        Raises:
            NotFound: no such case in this mode.
            IllegalState: somebody may still need what it holds; ``field`` is the rule.
            PolicyInvalid: nobody has a policy any more that one of its calls is pinned to.
        """
        async with self._units() as unit:
            case = await unit.verifications.get(id_)
            if test is not None and case.test is not test:
                raise NotFound
            if case.redacted_ms is not None:
                return case
            kept = await kept_case(unit, case, self._policies)
            require_redactable(kept, self._clock.now_ms())
            redacted = await self.erase(unit, kept, actor)
        await self.erase_files(kept)
        self._notify()
        return redacted

    async def erase(self, unit: UnitOfWork, kept: KeptCase, actor: Actor) -> Verification:
        """Erase everything personal within the caller's transaction, who has asked whether it may go."""
        case, now_ms = kept.verification, self._clock.now_ms()
        keys = [call.interview.id for call in kept.calls if await unit.evidence_keys.destroy(call.interview.id, now_ms)]
        erased = await unit.erasures.case(case.id, now_ms)
        await unit.links.revoke_of_verification(case.id, now_ms)
        for audience in (Audience.FREELANCER, Audience.CASE):
            await unit.sessions.revoke_of_verification(case.id, audience, now_ms)
        facts = {"rows": erased, "evidence_keys": keys}
        await chronicle(unit, case.id, self._clock, "case.redacted", actor, **facts)
        # Built from the case as it was: the last event that names the platform's own reference.
        data = events.redacted()
        await publish(unit, case, EventType.VERIFICATION_REDACTED, data, self._clock, self._entropy)
        return await unit.verifications.get(case.id)

    async def erase_files(self, kept: KeptCase) -> None:
        """Delete the pictures of every call, whether or not there are any."""
        for call in kept.calls:
            await self._erase_files(call.interview.id)
