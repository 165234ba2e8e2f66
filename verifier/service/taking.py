"""An interviewer takes the next call. One rule: a bad interviewer link never starts an interview.

Order is fair (longest wait first, own languages before others) and nobody can choose whom he gets.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from verifier.core import checklist
from verifier.core.chain import Actor, ActorKind
from verifier.core.gate import GateState, gate
from verifier.core.messages import Banner, to_wire
from verifier.core.model import (
    Interview,
    InterviewId,
    InterviewState,
    Person,
    PersonId,
    Role,
    StaffRole,
    Verification,
    VerificationStatus,
)
from verifier.core.policy import Policy
from verifier.core.principal import StaffPrincipal
from verifier.core.verdicts import Fault
from verifier.core.verification import VerificationEvent, next_status
from verifier.errors import Conflict, NotAllowed
from verifier.ports import Bus, Clock, Entropy, UnitOfWork, UnitOfWorkFactory
from verifier.service.calls import Calls, LiveCall, verification_topic
from verifier.service.chronicling import chronicle
from verifier.service.read_log import Reading


class Taking:
    """Creates interviews from the waiting room."""

    def __init__(
        self, units: UnitOfWorkFactory, clock: Clock, entropy: Entropy, bus: Bus, calls: Calls, policy: Policy
    ) -> None:
        self._units = units
        self._clock = clock
        self._entropy = entropy
        self._bus = bus
        self._calls = calls
        self._policy = policy

    async def take_next(self, principal: StaffPrincipal) -> InterviewId:
        """Create the interview with whoever is next for this interviewer.

        Raises:
            NotAllowed: not an interviewer, no current training, or no valid passed check.
            Conflict: already in a call, or nobody is waiting that this interviewer may take.
        """
        principal.require(StaffRole.INTERVIEWER)
        person = principal.person
        async with self._units() as unit:
            await self._require_free(unit, person.id)
            await self._require_gate(unit, person.id)
            verification, number = await self._next_for(unit, person)
            interview = self._new_interview(verification, number, person, await self._recording(unit, verification))
            plan = checklist.draw(interview.seed, verification.claims, self._policy)
            await unit.interviews.add(interview, plan)
            taken = replace(
                verification,
                status=next_status(verification.status, VerificationEvent.INTERVIEW_STARTED),
                waiting_since_ms=None,
            )
            await unit.verifications.save(taken, VerificationStatus.WAITING)
            reader, facts = Actor(ActorKind.STAFF, person.id), {"interview_id": interview.id}
            await chronicle(unit, taken.id, self._clock, Reading.CASE, reader, **facts)
        self._calls.add(LiveCall(interview, taken, person.pseudonym, plan))
        banner = Banner(code="call_starting", side=Role.INTERVIEWER)
        self._bus.publish(verification_topic(taken.id), to_wire(banner))
        return interview.id

    async def of_person(self, id_: PersonId) -> InterviewId | None:
        """The interview this person is in right now."""
        call = self._calls.of_person(id_)
        return call.interview.id if call else None

    async def _require_free(self, unit: UnitOfWork, id_: PersonId) -> None:
        """Asked of the store inside the taking's own transaction, so that two presses at once cannot both pass."""
        if any(one.interviewer_id == id_ for one in await unit.interviews.unfinished()):
            raise Conflict("You are in a call already.")

    async def _require_gate(self, unit: UnitOfWork, id_: PersonId) -> None:
        check, trainings = await unit.device_checks.latest_of_person(id_), await unit.trainings.of_person(id_)
        match gate(check, trainings, self._clock.now_ms(), self._policy).state:
            case GateState.VALID:
                return
            case GateState.UNTRAINED:
                raise NotAllowed("Your training as an interviewer is not current. Ask an administrator.")
            case GateState.EXPIRED:
                raise NotAllowed("Your device and connection check is too old. Please repeat it.")
            case GateState.NOT_CHECKED | GateState.FAILED | GateState.AFTER_FAULT:
                raise NotAllowed("Please pass the device and connection check before you take a call.")

    async def _next_for(self, unit: UnitOfWork, person: Person) -> tuple[Verification, int]:
        known = await unit.conflicts.of_person(person.id)
        for verification in fair_order(await unit.verifications.waiting(), person.languages):
            if verification.id in known or not self._calls.is_waiting(verification.id):
                continue
            history = await unit.interviews.of_verification(verification.id)
            if not await self._must_be_someone_else(unit, history, person.id):
                return verification, len(history) + 1
        raise Conflict("Nobody is waiting for you right now.")

    async def _must_be_someone_else(self, unit: UnitOfWork, history: Sequence[Interview], id_: PersonId) -> bool:
        """Whether another person takes the next call than held the last one.

        So it is when that failed on the interviewer's or the server's side, and when a reviewer ordered this one: only
        that leads on from a conclusive call, and an appeal that took a decision back from any other.
        """
        if not history or history[-1].interviewer_id != id_:
            return False
        current = await unit.decisions.current(history[-1].verification_id)
        if current is not None and current.appeal_id is not None and current.interview_id == history[-1].id:
            return True
        assessment = await unit.verdicts.assessment(history[-1].id)
        if assessment is None or assessment.conclusive:
            return assessment is not None
        return assessment.blame.side is Role.INTERVIEWER or assessment.blame.fault is Fault.SERVER

    async def _recording(self, unit: UnitOfWork, verification: Verification) -> bool:
        consent = await unit.consents.latest(verification.id)
        if consent is None or not consent.interview:
            raise NotAllowed("The freelancer has not agreed to the interview.")
        return consent.recording

    def _new_interview(self, verification: Verification, number: int, person: Person, recording: bool) -> Interview:
        return Interview(
            id=InterviewId(self._entropy.new_id("int")),
            verification_id=verification.id,
            number=number,
            interviewer_id=person.id,
            state=InterviewState.CREATED,
            seed=self._entropy.seed(),
            policy_version=self._policy.version,
            checklist_version=checklist.VERSION,
            created_ms=self._clock.now_ms(),
            recording_consented=recording,
        )


def fair_order(waiting: Sequence[Verification], languages: Sequence[str]) -> list[Verification]:
    """Longest wait first; cases in a language of the interviewer before all others."""
    spoken = {_language(tag) for tag in languages}
    return sorted(waiting, key=lambda case: (_language(case.locale) not in spoken, case.waiting_since_ms or 0))


def _language(tag: str) -> str:
    """Primary language of a BCP 47 tag, whose case carries no meaning (RFC 5646, 2.1.1)."""
    return tag.split("-")[0].lower()
