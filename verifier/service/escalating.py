"""Promises that were not kept, and reports that contradict a decision: told to people until somebody sets them right.

One rule: a clock that runs out is told once and shown until it is met. Ticked by app/serving; ``alarms`` is what the
last tick found, shown on every staff page.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import StrEnum

from verifier.core import events
from verifier.core.chain import SYSTEM
from verifier.core.clocks import ESCALATED, Clock, ClockKind
from verifier.core.decision import contradiction
from verifier.core.model import (
    AppealId,
    InterviewId,
    Person,
    StaffRole,
    Verification,
    VerificationId,
    VerificationStatus,
)
from verifier.core.notice import NoticeKind
from verifier.core.policy import PolicyBook
from verifier.core.proposal import ProposalState
from verifier.core.webhook import EventType
from verifier.ports import Clock as ServerClock
from verifier.ports import Entropy, UnitOfWork, UnitOfWorkFactory
from verifier.service.case_clocks import running
from verifier.service.chronicling import chronicle
from verifier.service.noticing import tell
from verifier.service.publishing import publish
from verifier.service.responding import open_proposal

_REVIEWED = (VerificationStatus.IN_REVIEW, VerificationStatus.AWAITING_RESPONSE)
CONCERNED: dict[ClockKind, StaffRole] = {
    ClockKind.DECIDE: StaffRole.REVIEWER,
    ClockKind.REACH_FREELANCER: StaffRole.REVIEWER,
    ClockKind.CONFIRM: StaffRole.REVIEWER,
    ClockKind.ANSWER_APPEAL: StaffRole.APPEAL_REVIEWER,
    ClockKind.REINSTATE: StaffRole.APPEAL_REVIEWER,
}
"""Whose work a clock is; administrators are told of every one."""


class AlarmKind(StrEnum):
    """What is wrong."""

    CLOCK = "clock"
    """A promise was not kept in time."""
    EFFECT = "effect"
    """The platform suspended an account without a decision that supports it."""
    DISOWNED = "disowned"
    """The message about a proposed failure went to somebody else, and the freelancer has not been reached since."""


@dataclass(frozen=True, slots=True)
class Alarm:
    """Something that somebody has to set right."""

    kind: AlarmKind
    clock: ClockKind | None
    """Which promise, of a clock."""
    verification_id: VerificationId
    reference: str
    """The platform's own id of the case."""
    test: bool
    since_ms: int
    appeal_id: AppealId | None
    """Where it is set right: the case's newest appeal."""
    interview_id: InterviewId | None
    """And its last interview."""

    @property
    def concerns(self) -> frozenset[StaffRole]:
        """Roles that it is shown to."""
        match self.kind:
            case AlarmKind.EFFECT:
                own = StaffRole.APPEAL_REVIEWER
            case AlarmKind.DISOWNED:
                own = StaffRole.REVIEWER
            case AlarmKind.CLOCK:
                own = CONCERNED[self.clock] if self.clock else StaffRole.REVIEWER
        return frozenset({own, StaffRole.ADMINISTRATOR})


class Escalating:
    """Watches every clock of every case that has one."""

    def __init__(
        self,
        units: UnitOfWorkFactory,
        clock: ServerClock,
        entropy: Entropy,
        policies: PolicyBook,
        notify: Callable[[], None] = lambda: None,
    ) -> None:
        self._units = units
        self._clock = clock
        self._entropy = entropy
        self._policies = policies
        self._notify = notify
        self._alarms: tuple[Alarm, ...] = ()

    def alarms(self, person: Person) -> tuple[Alarm, ...]:
        """What this person has to see, the oldest first, as of the last tick."""
        return tuple(alarm for alarm in self._alarms if alarm.concerns & person.roles)

    async def tick(self) -> None:
        """Look at every case with a clock of ours or a contradiction, and tell what is new."""
        found: list[Alarm] = []
        for id_ in await self._watched():
            found += await self._look(id_)
        self._alarms = tuple(sorted(found, key=lambda alarm: (alarm.since_ms, alarm.verification_id)))

    async def _watched(self) -> Iterable[VerificationId]:
        async with self._units(read_only=True) as unit:
            ids = [case.id for case in await unit.verifications.in_status(*_REVIEWED)]
            ids += [appeal.verification_id for appeal in await unit.appeals.open()]
            ids += [*await unit.decisions.taken_back(), *await unit.effects.mismatched()]
        return dict.fromkeys(ids)

    async def _look(self, id_: VerificationId) -> list[Alarm]:
        now_ms = self._clock.now_ms()
        async with self._units(read_only=True) as unit:
            case = await unit.verifications.get(id_)
            clocks = await running(unit, case, self._policies, now_ms)
            late = [clock for clock in clocks if clock.kind in ESCALATED and clock.breached(now_ms)]
            known = {clock.name for clock in await unit.escalations.of_verification(id_)}
            alarms = await _alarms(unit, case, late, now_ms)
        for clock in late:
            if clock.name not in known:
                await self._escalate(id_, clock)
        return alarms

    async def _escalate(self, id_: VerificationId, clock: Clock) -> None:
        async with self._units() as unit:
            if not await unit.escalations.add(clock, id_, self._clock.now_ms()):
                return
            case = await unit.verifications.get(id_)
            facts = {"promise": clock.kind, "subject_id": clock.subject_id, "due_ms": clock.due_ms}
            await chronicle(unit, id_, self._clock, "clock.breached", SYSTEM, **facts)
            if clock.kind is ClockKind.REINSTATE:
                await self._demand_reinstatement(unit, case)
            kind, role = NoticeKind.CLOCK_BREACHED, CONCERNED[clock.kind]
            await tell_staff(unit, kind, clock.name, role, self._clock, self._entropy, case=id_)
        self._notify()

    async def _demand_reinstatement(self, unit: UnitOfWork, case: Verification) -> None:
        current = await unit.decisions.current(case.id)
        reports = await unit.effects.of_verification(case.id)
        if current is not None:
            data = events.reinstatement_overdue(current, reports[-1] if reports else None)
            await publish(unit, case, EventType.EFFECT_MISMATCH, data, self._clock, self._entropy)


async def tell_staff(
    unit: UnitOfWork,
    kind: NoticeKind,
    subject_id: str,
    role: StaffRole,
    clock: ServerClock,
    entropy: Entropy,
    *,
    case: VerificationId,
) -> None:
    """A notice to everybody who holds ``role`` and to every administrator, each by a message of his own."""
    for person in await unit.people.all():
        if person.disabled_ms is None and person.roles & {role, StaffRole.ADMINISTRATOR}:
            await tell(unit, kind, subject_id, clock, entropy, case=case, person=person.id)


async def _alarms(unit: UnitOfWork, case: Verification, late: Iterable[Clock], now_ms: int) -> list[Alarm]:
    appeals = await unit.appeals.of_verification(case.id)
    interviews = await unit.interviews.of_verification(case.id)
    appeal_id = appeals[-1][0].id if appeals else None
    interview_id = interviews[-1].id if interviews else None

    def alarm(kind: AlarmKind, clock: ClockKind | None, since_ms: int) -> Alarm:
        return Alarm(kind, clock, case.id, case.external_id, case.test, since_ms, appeal_id, interview_id)

    found = [alarm(AlarmKind.CLOCK, clock.kind, clock.due_ms) for clock in late]
    report = contradiction(await unit.decisions.current(case.id), await unit.effects.of_verification(case.id))
    if report is not None:
        found.append(alarm(AlarmKind.EFFECT, None, report.at_ms))
    disowned_ms = await unit.notices.disowned_ms(case.id)
    record = await open_proposal(unit, case, now_ms)
    if disowned_ms is not None and record is not None and record.state(now_ms) is ProposalState.NOTIFYING:
        found.append(alarm(AlarmKind.DISOWNED, None, disowned_ms))
    return found
