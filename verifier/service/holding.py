"""Legal holds of cases. One rule: placed and released by the operator alone, for a reason, and logged in the chain."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from verifier.core.chain import OPERATOR, text_digest
from verifier.core.hold import LegalHold, place, release
from verifier.core.model import VerificationId
from verifier.ports import Clock, UnitOfWorkFactory
from verifier.service.chronicling import chronicle

_Make = Callable[[VerificationId, Sequence[LegalHold], int, str], LegalHold]


class Holding:
    """Places and releases holds; each verb opens one unit of work."""

    def __init__(self, units: UnitOfWorkFactory, clock: Clock) -> None:
        self._units = units
        self._clock = clock

    async def place(self, id_: VerificationId, reason: str) -> LegalHold:
        """Nothing of the case is deleted from now on.

        Raises:
            NotFound: no such case.
            InvalidInput: the reason is too short or too long.
            IllegalState: it is held already.
        """
        return await self._add(id_, place, reason)

    async def release(self, id_: VerificationId, reason: str) -> LegalHold:
        """The terms of the case run again.

        Raises:
            NotFound: no such case.
            InvalidInput: the reason is too short or too long.
            IllegalState: it is not held.
        """
        return await self._add(id_, release, reason)

    async def _add(self, id_: VerificationId, make: _Make, reason: str) -> LegalHold:
        async with self._units() as unit:
            case = await unit.verifications.get(id_)
            hold = make(case.id, await unit.holds.of_verification(case.id), self._clock.now_ms(), reason)
            await unit.holds.add(hold)
            action = "hold.placed" if hold.placed else "hold.released"
            facts = {"number": hold.number, "text_sha256": text_digest(hold.reason)}
            await chronicle(unit, case.id, self._clock, action, OPERATOR, **facts)
        return hold
