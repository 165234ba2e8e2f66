"""The second reviewer's verbs: confirming a proposed failure, or deciding something else. One rule: everything again.

Interview, record, roles and trainings are loaded at the moment of the act; ``failure.confirm`` alone gives the failure.
Decision version, status, event, notice and chain entry are one transaction.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from verifier.core import decision, failure
from verifier.core.failure import Failed, Reviewer
from verifier.core.model import InterviewId, ProposalId, StaffRole, Training, trained
from verifier.core.notice import NoticeKind
from verifier.core.principal import StaffPrincipal
from verifier.core.proposal import ProposalRecord, Ruling, RulingOutcome
from verifier.core.review import Act, Docket, reasons_against, require, require_standing
from verifier.core.verdicts import Decision
from verifier.core.verification import VerificationEvent, next_status
from verifier.errors import Conflict, RecordsDiffer
from verifier.ports import Clock, Entropy, UnitOfWork, UnitOfWorkFactory
from verifier.ports.redress import FourEyesTrainings
from verifier.service.noticing import tell
from verifier.service.recording_decisions import Recorder
from verifier.service.responding import close_elapsed
from verifier.service.ruling import Rulings
from verifier.service.scenes import Derived, Scenes, reviewer_of


class Confirming:
    """Confirms and rejects proposals."""

    def __init__(
        self,
        units: UnitOfWorkFactory,
        clock: Clock,
        entropy: Entropy,
        scenes: Scenes,
        recorder: Recorder,
        rulings: Rulings,
        notify: Callable[[], None],
    ) -> None:
        self._units = units
        self._clock = clock
        self._entropy = entropy
        self._scenes = scenes
        self._recorder = recorder
        self._rulings = rulings
        self._notify = notify

    async def confirm(self, principal: StaffPrincipal, id_: ProposalId, seen: str) -> Decision:
        """The failed decision, stored; the freelancer and the platform are told.

        Args:
            principal: the second reviewer.
            id_: the proposal.
            seen: ``Docket.standing`` of the page that it was confirmed on.

        Raises:
            NotFound: no such proposal.
            NotAllowed: this person may not.
            SecondFactorNeeded: the one-time code was given too long ago.
            IllegalState: nobody may, now.
            Conflict: somebody has decided it, or something else happened in the case meanwhile.
            RecordsDiffer: what is stored does not follow from the raw rows.
            SecondFactorNeeded: the second factor was given too long ago.
        """
        principal.require_fresh(self._clock.now_ms())
        derived = await self._scenes.derive(await self._interview_of(id_))
        async with self._units() as unit:
            docket, reviewer = await self._allowed(unit, Act.CONFIRM, derived, principal, id_, seen)
            record, now_ms = _undecided(docket, id_), self._clock.now_ms()
            outcome = failure.confirm(docket.scene, record, reviewer, now_ms)
            decided = decision.failed(outcome, await unit.decisions.current(docket.case.id))
            trainings = await _trainings(unit, docket, outcome, reviewer)
            before = await close_elapsed(unit, docket.case, self._clock)
            case = replace(before, status=next_status(before.status, VerificationEvent.FAILURE_CONFIRMED))
            await unit.verifications.save(case, before.status)
            await self._recorder.record(unit, case, decided, (outcome, trainings))
            version = str(decided.version)
            await tell(unit, NoticeKind.DECIDED, version, self._clock, self._entropy, case=case.id)
        self._notify()
        return decided

    async def reject(
        self, principal: StaffPrincipal, id_: ProposalId, outcome: RulingOutcome, text: str, seen: str
    ) -> Ruling:
        """The proposal is off: verified, a new interview or the alternative route, for a reason the freelancer reads.

        Args:
            principal: the second reviewer.
            id_: the proposal.
            outcome: what is decided instead.
            text: why.
            seen: ``Docket.standing`` of the page that it was written on.

        Raises:
            NotFound: no such proposal.
            NotAllowed: this person may not.
            SecondFactorNeeded: the one-time code was given too long ago.
            IllegalState: nobody may, now.
            InvalidInput: the reason is too short or too long.
            Conflict: somebody has decided it, or something else happened in the case meanwhile.
        """
        principal.require_fresh(self._clock.now_ms())
        derived = await self._scenes.standing(await self._interview_of(id_))
        async with self._units() as unit:
            docket, _ = await self._allowed(unit, Act.REJECT, derived, principal, id_, seen)
            ruling = await self._rulings.write(unit, docket, principal, outcome, text, id_)
        self._notify()
        return ruling

    async def _interview_of(self, id_: ProposalId) -> InterviewId:
        async with self._units(read_only=True) as unit:
            return (await unit.proposals.record(id_)).proposal.interview_id

    async def _allowed(
        self, unit: UnitOfWork, act: Act, derived: Derived, principal: StaffPrincipal, id_: ProposalId, seen: str
    ) -> tuple[Docket, Reviewer]:
        """The docket and this person, once he may act on it and has seen how it stands."""
        docket = await self._scenes.docket(unit, derived)
        reviewer = await reviewer_of(unit, principal.person.id, docket.case.id)
        _undecided(docket, id_)
        require_standing(docket, seen)
        require(reasons_against(act, docket, reviewer, self._clock.now_ms()))
        return docket, reviewer


def _undecided(docket: Docket, id_: ProposalId) -> ProposalRecord:
    """The proposal, once it is sure that nobody has confirmed or rejected it.

    Raises:
        Conflict: somebody has.
    """
    (record,) = (each for each in docket.records if each.proposal.id == id_)
    if record.confirmed_ms is not None:
        raise Conflict("Somebody has confirmed this proposal already. What you wrote was not stored.")
    if record.ruling is not None:
        raise Conflict("Somebody has rejected this proposal already. What you wrote was not stored.")
    return record


async def _trainings(unit: UnitOfWork, docket: Docket, outcome: Failed, confirmer: Reviewer) -> FourEyesTrainings:
    """The training that each of the three acted under."""
    proposal, interview = outcome.record.proposal, docket.scene.interview
    proposers = await unit.trainings.of_person(proposal.proposer_id)
    return FourEyesTrainings(
        _found(trained(docket.scene.interviewer_trainings, StaffRole.INTERVIEWER, interview.ended_ms or 0)),
        _found(trained(proposers, StaffRole.REVIEWER, proposal.at_ms)),
        _found(trained(confirmer.trainings, StaffRole.REVIEWER, outcome.at_ms)),
    )


def _found(training: Training | None) -> Training:
    """The training.

    Raises:
        RecordsDiffer: there is none, although nobody may act without one.
    """
    if training is None:
        raise RecordsDiffer("Somebody acted in this case without a training that is stored.")
    return training
