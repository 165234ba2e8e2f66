"""The waiting room. One rule: who leaves or loses the connection keeps his place for a while and loses nothing else."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from verifier.core.messages import Waiting as WaitingMessage
from verifier.core.messages import to_wire
from verifier.core.model import Interview, Verification, VerificationId, VerificationStatus
from verifier.core.verification import VerificationEvent, next_status
from verifier.errors import NotAllowed
from verifier.ports import Bus, Clock, UnitOfWork, UnitOfWorkFactory
from verifier.service.calls import Calls, verification_topic

PLACE_KEPT_MS = 30_000
"""How long the place is kept after the page has gone."""
RECENT_INTERVIEWS = 20
"""The estimate rests on the median length of this many last interviews."""


class WaitingRoom:
    """Who waits, in which order, and for how long."""

    def __init__(self, units: UnitOfWorkFactory, clock: Clock, bus: Bus, calls: Calls) -> None:
        self._units = units
        self._clock = clock
        self._bus = bus
        self._calls = calls
        self._gone_ms: dict[VerificationId, int] = {}

    async def arrive(self, id_: VerificationId) -> None:
        """The freelancer's page is in the waiting room.

        Raises:
            NotAllowed: no consent to the interview.
            IllegalState: the case is closed or under review.
        """
        async with self._units() as unit:
            consent = await unit.consents.latest(id_)
            if consent is None or not consent.interview:
                raise NotAllowed("Please agree to the interview first.")
            case = await unit.verifications.get(id_)
            since = case.waiting_since_ms if case.status is VerificationStatus.WAITING else self._clock.now_ms()
            status = next_status(case.status, VerificationEvent.FREELANCER_WAITING)
            await unit.verifications.save(replace(case, status=status, waiting_since_ms=since), case.status)
        self._gone_ms.pop(id_, None)
        self._calls.freelancer_arrived(id_)

    def depart(self, id_: VerificationId) -> None:
        """The page has gone; the place is kept for 30 s."""
        self._calls.freelancer_went(id_)
        self._gone_ms[id_] = self._clock.now_ms()

    async def leave(self, id_: VerificationId) -> None:
        """The freelancer pressed leave; he may come back by the same link at any time."""
        async with self._units() as unit:
            case = await unit.verifications.get(id_)
            if case.status is VerificationStatus.WAITING:
                await self._out(unit, case)

    async def tick(self) -> None:
        """Give up places that were kept long enough and tell everybody who waits where he stands."""
        now_ms = self._clock.now_ms()
        async with self._units(read_only=True) as unit:
            waiting = await unit.verifications.waiting()
            recent = await unit.interviews.recent(RECENT_INTERVIEWS) if waiting else ()
        present = [case for case in waiting if self._calls.is_waiting(case.id)]
        for case in waiting:
            if case not in present and now_ms - self._gone_ms.setdefault(case.id, now_ms) > PLACE_KEPT_MS:
                self._gone_ms.pop(case.id)
                await self.leave(case.id)
        self._tell(present, recent, now_ms)

    def _tell(self, present: Sequence[Verification], recent: Sequence[Interview], now_ms: int) -> None:
        interviewers = self._calls.interviewers_present(now_ms)
        length_s = _median_length_s(recent)
        for position, case in enumerate(present, start=1):
            estimate = round(length_s * position / interviewers) if interviewers and length_s is not None else None
            message = WaitingMessage(position=position, estimate_s=estimate, interviewers=interviewers)
            self._bus.publish(verification_topic(case.id), to_wire(message))

    async def _out(self, unit: UnitOfWork, case: Verification) -> None:
        history = await unit.interviews.of_verification(case.id)
        event = VerificationEvent.RETRY_POSTPONED if history else VerificationEvent.FREELANCER_LEFT_QUEUE
        left = replace(case, status=next_status(case.status, event), waiting_since_ms=None)
        await unit.verifications.save(left, case.status)


def _median_length_s(recent: Sequence[Interview]) -> float | None:
    """Median length of the ended interviews that went live, in seconds; None when there was none."""
    lengths = sorted((one.ended_ms - one.live_ms) / 1_000 for one in recent if one.ended_ms and one.live_ms)
    return lengths[len(lengths) // 2] if lengths else None
