""" "This wasn't me": somebody has a message that was not meant for him. One rule: one press, and nothing of the case.

The address is not used any more, every link that went to it is dead, and no time runs against the freelancer before he
is reached in another way. Called by the page of that link.
"""

from __future__ import annotations

from collections.abc import Callable

from verifier.core.access import Audience, fingerprint
from verifier.core.chain import SYSTEM
from verifier.core.model import StaffRole, Verification
from verifier.core.notice import NoticeKind
from verifier.errors import LinkRefused
from verifier.ports import Clock, Entropy, UnitOfWork, UnitOfWorkFactory
from verifier.service.chronicling import chronicle
from verifier.service.escalating import tell_staff
from verifier.service.responding import Responding, open_proposal


class Disowning:
    """Taking back what was sent to a wrong address."""

    def __init__(
        self,
        units: UnitOfWorkFactory,
        clock: Clock,
        entropy: Entropy,
        responding: Responding,
        notify: Callable[[], None] = lambda: None,
    ) -> None:
        self._units = units
        self._clock = clock
        self._entropy = entropy
        self._responding = responding
        self._notify = notify

    async def report(self, token: str) -> None:
        """The holder of this link is not the freelancer; saying it twice changes nothing.

        Raises:
            LinkRefused: the link is not known here.
        """
        now_ms = self._clock.now_ms()
        async with self._units() as unit:
            link = await unit.links.by_hash(fingerprint(token))
            if link is None or link.audience is not Audience.NOT_ME or link.verification_id is None:
                raise LinkRefused("This link is not known here. Was it copied whole?", field="unknown")
            await unit.links.mark_used(link.token_hash, now_ms)
            if await unit.notices.disown(link.verification_id, now_ms):
                await self._take_back(unit, await unit.verifications.get(link.verification_id), now_ms)
        self._notify()

    async def _take_back(self, unit: UnitOfWork, case: Verification, now_ms: int) -> None:
        await unit.links.revoke_mailed(case.id, now_ms)
        await unit.sessions.revoke_of_verification(case.id, Audience.CASE, now_ms)
        await chronicle(unit, case.id, self._clock, "message.disowned", SYSTEM)
        record = await open_proposal(unit, case, now_ms)
        if record is not None:
            await self._responding.stop(unit, record, now_ms)
        kind, role = NoticeKind.NOT_ME_REPORTED, StaffRole.REVIEWER
        await tell_staff(unit, kind, case.id, role, self._clock, self._entropy, case=case.id)
