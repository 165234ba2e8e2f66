"""A reviewer's word on a conclusive call and on its fraud flags. One rule: nothing without a reason in words.

Verified, a new interview or the alternative route; never a failure. Ruling, decision version or event, notice and chain
entry are one transaction. Rejecting a proposal is such a word too: service/confirming writes it with ``write``.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from verifier.core import decision, events
from verifier.core.chain import text_digest
from verifier.core.events import AlternativeReason
from verifier.core.model import FlagId, InterviewId, ProposalId, Verification
from verifier.core.notice import NoticeKind
from verifier.core.principal import StaffPrincipal
from verifier.core.proposal import RULING_MAX_CHARACTERS, RULING_MIN_CHARACTERS, Ruling, RulingOutcome
from verifier.core.review import (
    Act,
    Docket,
    Obstacle,
    reasons_against,
    reasons_against_outcome,
    require,
    require_standing,
    sentence,
)
from verifier.core.verification import VerificationEvent, next_status
from verifier.core.webhook import EventType
from verifier.errors import IllegalState, InvalidInput
from verifier.ports import Clock, Entropy, UnitOfWork, UnitOfWorkFactory
from verifier.ports.redress import FlagResolution
from verifier.service.chronicling import by_staff, chronicle
from verifier.service.noticing import tell
from verifier.service.publishing import publish
from verifier.service.recording_decisions import Recorder
from verifier.service.scenes import Derived, Scenes, reviewer_of

_STATUS_EVENT = {
    RulingOutcome.VERIFIED: VerificationEvent.DECIDED_VERIFIED,
    RulingOutcome.NEW_INTERVIEW: VerificationEvent.NEW_INTERVIEW_ORDERED,
    RulingOutcome.ALTERNATIVE_ROUTE: VerificationEvent.ALTERNATIVE_DECIDED,
}


class Rulings:
    """Decides what is not all consistent, and resolves fraud flags."""

    def __init__(
        self,
        units: UnitOfWorkFactory,
        clock: Clock,
        entropy: Entropy,
        scenes: Scenes,
        recorder: Recorder,
        notify: Callable[[], None],
    ) -> None:
        self._units = units
        self._clock = clock
        self._entropy = entropy
        self._scenes = scenes
        self._recorder = recorder
        self._notify = notify

    async def rule(
        self, principal: StaffPrincipal, id_: InterviewId, outcome: RulingOutcome, text: str, seen: str
    ) -> Ruling:
        """Decide a conclusive interview that is not all consistent.

        Args:
            principal: the reviewer.
            id_: the interview.
            outcome: what is decided.
            text: why, in words that the freelancer reads.
            seen: ``Docket.standing`` of the page that it was written on.

        Raises:
            NotFound: no such interview.
            NotAllowed: this person may not.
            SecondFactorNeeded: the one-time code was given too long ago.
            IllegalState: nobody may, now.
            InvalidInput: the reason is too short or too long.
            Conflict: something happened in the case meanwhile.
        """
        principal.require_fresh(self._clock.now_ms())
        derived = await self._scenes.standing(id_)
        async with self._units() as unit:
            docket = await self._allowed(unit, Act.RULE, derived, principal, seen)
            ruling = await self.write(unit, docket, principal, outcome, text)
        self._notify()
        return ruling

    async def resolve(self, principal: StaffPrincipal, id_: InterviewId, flag_id: FlagId, text: str, seen: str) -> None:
        """Say what became of a fraud flag, so that it does not stand in the way of ``verified`` any more.

        Raises:
            NotFound: no such interview.
            NotAllowed: this person may not.
            IllegalState: the interview has no such open fraud flag, or its case is not in review.
            InvalidInput: the reason is too short or too long.
            Conflict: something happened in the case meanwhile.
            RecordsDiffer: what is stored does not follow from the raw rows.
        """
        derived = await self._scenes.derive(id_)
        async with self._units() as unit:
            docket = await self._allowed(unit, Act.RESOLVE, derived, principal, seen)
            if flag_id not in {flag.id for flag in docket.open_flags}:
                raise IllegalState(sentence(Obstacle.NO_OPEN_FLAG))
            said = _reason(text)
            resolution = FlagResolution(flag_id, id_, principal.person.id, self._clock.now_ms(), said)
            await unit.rulings.resolve(resolution, docket.scene.interview)
            facts = {"flag_id": flag_id, "interview_id": id_, "text_sha256": text_digest(said)}
            await chronicle(unit, docket.case.id, self._clock, "flag.resolved", by_staff(principal), **facts)

    async def write(
        self,
        unit: UnitOfWork,
        docket: Docket,
        principal: StaffPrincipal,
        outcome: RulingOutcome,
        text: str,
        proposal_id: ProposalId | None = None,
    ) -> Ruling:
        """The ruling, stored within ``unit`` with everything that follows; who may give it was asked before.

        Raises:
            IllegalState: the outcome is not possible now.
            InvalidInput: the reason is too short or too long.
        """
        require(reasons_against_outcome(outcome, docket))
        ruling = Ruling(
            id=self._entropy.new_id("rul"),
            verification_id=docket.case.id,
            interview_id=docket.scene.interview.id,
            person_id=principal.person.id,
            outcome=outcome,
            at_ms=self._clock.now_ms(),
            text=_reason(text),
            proposal_id=proposal_id,
        )
        await unit.rulings.add(ruling, docket.scene.interview)
        action = "failure.rejected" if proposal_id else "ruling.given"
        facts = {
            "ruling_id": ruling.id,
            "interview_id": ruling.interview_id,
            "proposal_id": proposal_id,
            "outcome": outcome,
            "text_sha256": text_digest(ruling.text),
            **({"records_differ": True} if docket.differs else {}),
        }
        await chronicle(unit, docket.case.id, self._clock, action, by_staff(principal), **facts)
        await self._follow(unit, docket, ruling)
        return ruling

    async def _follow(self, unit: UnitOfWork, docket: Docket, ruling: Ruling) -> None:
        """Move the case, tell the platform and the freelancer."""
        before = docket.case
        case = replace(before, status=next_status(before.status, _STATUS_EVENT[ruling.outcome]))
        await unit.verifications.save(case, before.status)
        match ruling.outcome:
            case RulingOutcome.VERIFIED:
                await self._verify(unit, docket, case, ruling)
            case RulingOutcome.NEW_INTERVIEW:
                data = events.new_interview(ruling)
                await publish(unit, case, EventType.VERIFICATION_NEW_INTERVIEW, data, self._clock, self._entropy)
            case RulingOutcome.ALTERNATIVE_ROUTE:
                data = events.alternative_route(AlternativeReason.REVIEWED)
                await publish(unit, case, EventType.VERIFICATION_ALTERNATIVE_ROUTE, data, self._clock, self._entropy)
        if ruling.proposal_id is not None:
            kind, subject = NoticeKind.PROPOSAL_REJECTED, str(ruling.proposal_id)
            await tell(unit, kind, subject, self._clock, self._entropy, case=case.id)
        elif ruling.outcome is not RulingOutcome.VERIFIED:
            await tell(unit, NoticeKind.RULED, ruling.id, self._clock, self._entropy, case=case.id)

    async def _verify(self, unit: UnitOfWork, docket: Docket, case: Verification, ruling: Ruling) -> None:
        current = await unit.decisions.current(case.id)
        about = decision.Case(case.id, ruling.at_ms)
        decided = decision.ruled_verified(docket.scene.assessment, docket.open_flags, current, ruling, about)
        await self._recorder.record(unit, case, decided)
        if ruling.proposal_id is None:
            kind, subject = NoticeKind.DECIDED, str(decided.version)
            await tell(unit, kind, subject, self._clock, self._entropy, case=case.id)

    async def _allowed(
        self, unit: UnitOfWork, act: Act, derived: Derived, principal: StaffPrincipal, seen: str
    ) -> Docket:
        """The docket, once this person may act on it and has seen how it stands."""
        docket = await self._scenes.docket(unit, derived)
        reviewer = await reviewer_of(unit, principal.person.id, docket.case.id)
        require_standing(docket, seen)
        require(reasons_against(act, docket, reviewer, self._clock.now_ms()))
        return docket


def _reason(text: str) -> str:
    """The reason without what surrounds it.

    Raises:
        InvalidInput: it is too short or too long.
    """
    said = text.strip()
    if not RULING_MIN_CHARACTERS <= len(said) <= RULING_MAX_CHARACTERS:
        raise InvalidInput(
            f"Give the reason in {RULING_MIN_CHARACTERS} to {RULING_MAX_CHARACTERS} characters.", field="/text"
        )
    return said
