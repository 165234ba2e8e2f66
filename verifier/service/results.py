"""The decision as the platform may read it, and what it says it did. One rule: one decision version is the only source.

Called by web/api through ``Platform.results``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from verifier.core import events
from verifier.core.access import Scope
from verifier.core.decision import effect_mismatches
from verifier.core.model import EndpointId, Result, StaffRole, VerificationId
from verifier.core.notice import NoticeKind
from verifier.core.principal import PlatformPrincipal
from verifier.core.verdicts import AccountEffect, AccountEffectReport
from verifier.core.webhook import Endpoint, EventType, signed_headers
from verifier.errors import IllegalState, InvalidInput, NotFound
from verifier.ports.runtime import Clock, Entropy
from verifier.ports.storage import UnitOfWorkFactory
from verifier.service.chronicling import by_platform
from verifier.service.escalating import tell_staff
from verifier.service.publishing import message_id, publish
from verifier.service.read_log import Reading, ReadLog
from verifier.service.records import own_case

_STATING = frozenset({EventType.VERIFICATION_DECIDED, EventType.DECISION_SUPERSEDED})
"""Events that state a result."""


@dataclass(frozen=True, slots=True)
class SignedResult:
    """The current decision as its webhook said it: the same bytes and id, signed for now."""

    body: str
    headers: Mapping[str, str]


class Results:
    """Pulled results and reported effects; each verb opens one unit of work."""

    def __init__(self, units: UnitOfWorkFactory, clock: Clock, entropy: Entropy, notify: Callable[[], None]) -> None:
        self._units = units
        self._clock = clock
        self._entropy = entropy
        self._notify = notify
        self._reads = ReadLog(units, clock)

    async def signed(
        self, principal: PlatformPrincipal, id_: VerificationId, endpoint_id: EndpointId | None
    ) -> SignedResult:
        """What ``verification.decided`` or ``decision.superseded`` said last, for a platform that missed it.

        Args:
            principal: the key.
            id_: the case.
            endpoint_id: whose secrets sign; None: the oldest enabled endpoint of the mode.

        Raises:
            NotAllowed: the key lacks the scope.
            NotFound: no such case or endpoint in this mode, or nothing is decided yet.
            IllegalState: no enabled endpoint, so there is no secret to sign with, or the case was redacted and what was
                signed is erased.
        """
        principal.require(Scope.VERIFICATIONS_READ)
        async with self._units(read_only=True) as unit:
            await own_case(unit, principal, id_)
            told = [event for event in await unit.outbox.events_of(id_) if event.type in _STATING]
            if not told:
                raise NotFound("Nothing is decided yet.")
            endpoint = _signing(await unit.outbox.endpoints(test=principal.key.test), endpoint_id)
        await self._reads.note([id_], by_platform(principal), Reading.CASE)
        event, at_s = told[-1], self._clock.now_ms() // 1_000
        if not event.body:
            raise IllegalState("This verification was redacted and its signed result erased. Read the verification.")
        id_of_message = message_id(event.id, endpoint.id)
        return SignedResult(event.body, signed_headers(endpoint.secrets, id_of_message, at_s, event.body))

    async def report_effect(
        self, principal: PlatformPrincipal, id_: VerificationId, version: int, effect: AccountEffect
    ) -> AccountEffectReport:
        """What the platform did with the account, stored; a contradiction to the current decision raises the alarm.

        Args:
            principal: the key.
            id_: the case.
            version: the decision version the platform acted on; 0 when it acted before any decision.
            effect: what it did.

        Raises:
            NotAllowed: the key lacks the scope.
            NotFound: no such case in this mode.
            InvalidInput: no such decision version.
        """
        principal.require(Scope.EFFECTS_WRITE)
        async with self._units() as unit:
            verification = await own_case(unit, principal, id_)
            decisions = await unit.decisions.all(id_)
            if version != 0 and version not in {each.version for each in decisions}:
                raise InvalidInput("This verification has no such decision version.", field="/decision_version")
            current = decisions[-1] if decisions else None
            mismatch = effect_mismatches(current, version, effect)
            report = AccountEffectReport(id_, version, effect, self._clock.now_ms(), mismatch)
            await unit.effects.add(report)
            if report.mismatch:
                data = events.effect_mismatch(report, current.result if current else Result.NONE)
                await publish(unit, verification, EventType.EFFECT_MISMATCH, data, self._clock, self._entropy)
                kind, role = NoticeKind.EFFECT_MISMATCH, StaffRole.APPEAL_REVIEWER
                await tell_staff(unit, kind, id_, role, self._clock, self._entropy, case=id_)
        self._notify()
        return report


def _signing(endpoints: tuple[Endpoint, ...], wanted: EndpointId | None) -> Endpoint:
    enabled = [endpoint for endpoint in endpoints if endpoint.disabled_ms is None]
    if wanted is not None:
        enabled = [endpoint for endpoint in enabled if endpoint.id == wanted]
        if not enabled:
            raise NotFound("There is no enabled endpoint of this id.")
    if not enabled:
        raise IllegalState("Create a webhook endpoint first: its secret signs this answer.")
    return min(enabled, key=lambda endpoint: (endpoint.created_ms, endpoint.id))
