"""Appeals: opened by private link, acknowledged at once, closed only by the answer of somebody uninvolved.

One rule: whoever was told of a decision is told of the version that replaces it, in the transaction that writes it.
Called by the case page and the staff's appeals page.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from verifier.core import decision, events
from verifier.core.appeal import (
    APPEALABLE,
    SENTENCES,
    Appeal,
    AppealAnswer,
    AppealOutcome,
    Hindrance,
    appealable_until_ms,
    hindrance,
)
from verifier.core.chain import FREELANCER, text_digest
from verifier.core.model import AppealId, FlagKind, StaffRole, Verification
from verifier.core.notice import NoticeKind
from verifier.core.policy import PolicyBook
from verifier.core.principal import FreelancerPrincipal, StaffPrincipal
from verifier.core.verdicts import Assessment, Decision
from verifier.core.verification import VerificationEvent, next_status
from verifier.core.webhook import EventType
from verifier.errors import Conflict, IllegalState, RecordsDiffer
from verifier.ports import Clock, Entropy, UnitOfWork, UnitOfWorkFactory
from verifier.service.case_clocks import delivered_ms
from verifier.service.chronicling import by_staff, chronicle
from verifier.service.deciding import open_flags
from verifier.service.entitling import require_entitled
from verifier.service.noticing import tell
from verifier.service.publishing import publish
from verifier.service.recording_decisions import Recorder
from verifier.service.scenes import Scenes


@dataclass(frozen=True, slots=True)
class Answering:
    """What an appeal reviewer sends."""

    outcome: AppealOutcome
    text: str
    decision_version: int
    """The version that the page showed."""


class Appealing:
    """Opening and answering appeals."""

    def __init__(
        self,
        units: UnitOfWorkFactory,
        clock: Clock,
        entropy: Entropy,
        policies: PolicyBook,
        recorder: Recorder,
        scenes: Scenes,
        notify: Callable[[], None] = lambda: None,
    ) -> None:
        self._units = units
        self._clock = clock
        self._entropy = entropy
        self._policies = policies
        self._recorder = recorder
        self._scenes = scenes
        self._notify = notify

    # ------------------------------------------------------------ opened

    async def open(self, principal: FreelancerPrincipal, version: int, text: str) -> Appeal:
        """The freelancer's appeal against the decision that his page shows; stored, acknowledged, told.

        Raises:
            InvalidInput: no words, or too many.
            IllegalState: nothing is decided, the decision speaks against nobody, or the six months are over.
            Conflict: an appeal is open already, or another decision has taken the place of the one he read.
        """
        now_ms = self._clock.now_ms()
        async with self._units() as unit:
            case = await unit.verifications.get(principal.verification_id)
            current = await self._appealable(unit, case, version, now_ms)
            number = len(await unit.appeals.of_verification(case.id)) + 1
            appeal = Appeal(AppealId(self._entropy.new_id("apl")), case.id, number, version, now_ms, text)
            await unit.appeals.add(appeal)
            facts = {"appeal_id": appeal.id, "decision_version": version, "text_sha256": text_digest(text)}
            await chronicle(unit, case.id, self._clock, "appeal.opened", FREELANCER, **facts)
            due_ms = now_ms + self._policies.promised(current.policy_version).appeal_answer_within_ms
            data = events.appeal_opened(appeal, due_ms)
            await publish(unit, case, EventType.APPEAL_OPENED, data, self._clock, self._entropy)
            await tell(unit, NoticeKind.APPEAL_RECEIVED, appeal.id, self._clock, self._entropy, case=case.id)
        self._notify()
        return appeal

    async def _appealable(self, unit: UnitOfWork, case: Verification, version: int, now_ms: int) -> Decision:
        current = await unit.decisions.current(case.id)
        if current is None:
            raise IllegalState("Nothing is decided yet, so there is nothing to appeal against.", field="undecided")
        if current.version != version:
            raise Conflict("Another decision has taken the place of the one that you read.", field="changed")
        if current.result not in APPEALABLE:
            raise IllegalState("This decision does not speak against you.", field="not_adverse")
        if any(answer is None for _, answer in await unit.appeals.of_verification(case.id)):
            raise Conflict("Your appeal has arrived already and is being looked at.", field="open")
        window_ms = self._policies.promised(current.policy_version).appeal_window_ms
        until_ms = appealable_until_ms(current.at_ms, await delivered_ms(unit, current), window_ms)
        if until_ms is not None and now_ms > until_ms:
            raise IllegalState("The six months in which this decision could be appealed are over.", field="over")
        return current

    # ------------------------------------------------------------ answered

    async def answer(self, principal: StaffPrincipal, id_: AppealId, sent: Answering) -> AppealAnswer:
        """Close an appeal. An answer that changes something writes the next decision version and corrects everybody.

        Raises:
            NotFound: no such appeal.
            NotAllowed: another role, no current training, a conflict of interest, or a part in the case.
            SecondFactorNeeded: his second factor was given too long ago.
            InvalidInput: no words of its own.
            Conflict: it is answered already, these very words answered another one, or the decision was changed.
            IllegalState: the rules do not allow this outcome.
            RecordsDiffer: it is to be overturned, and what is stored does not follow from the raw rows.
        """
        principal.require(StaffRole.APPEAL_REVIEWER)
        principal.require_fresh(self._clock.now_ms())
        answer = AppealAnswer(id_, principal.person.id, sent.outcome, self._clock.now_ms(), sent.text)
        assessment = await self._assessment(principal, answer)
        async with self._units() as unit:
            appeal = await _unanswered(unit, id_)
            case = await unit.verifications.get(appeal.verification_id)
            await require_entitled(unit, principal, case.id, answer.at_ms)
            current = await _current(unit, appeal, sent.decision_version)
            hindered = await hindrances(unit, case, assessment)
            if (why := hindered[sent.outcome]) is not None:
                raise IllegalState(SENTENCES[why], field=why)
            await unit.appeals.answer(answer, current)
            facts = {"appeal_id": id_, "outcome": answer.outcome, "text_sha256": text_digest(answer.text)}
            await chronicle(unit, case.id, self._clock, "appeal.answered", by_staff(principal), **facts)
            if answer.outcome is AppealOutcome.UPHELD:
                await self._told(unit, case, appeal, answer)
            else:
                await self._supersede(unit, case, (current, assessment), appeal, answer)
            await tell(unit, NoticeKind.APPEAL_ANSWERED, id_, self._clock, self._entropy, case=case.id)
        self._notify()
        return answer

    async def _supersede(
        self,
        unit: UnitOfWork,
        case: Verification,
        decided: tuple[Decision, Assessment],
        appeal: Appeal,
        answer: AppealAnswer,
    ) -> None:
        current, assessment = decided
        flags = await open_flags(unit, current.interview_id)
        about = decision.Case(case.id, answer.at_ms)
        after = decision.superseding(assessment, flags, current, appeal, answer, about)
        if answer.outcome is AppealOutcome.NEW_INTERVIEW:
            moved = replace(case, status=next_status(case.status, VerificationEvent.NEW_INTERVIEW_ORDERED))
            await unit.verifications.save(moved, case.status)
            case = moved
        case = await self._recorder.record(unit, case, after)
        case = await self._told(unit, case, appeal, answer)
        if answer.outcome is AppealOutcome.NEW_INTERVIEW:
            kind, data = EventType.VERIFICATION_NEW_INTERVIEW, events.new_interview(answer)
            await publish(unit, case, kind, data, self._clock, self._entropy)
        version = str(after.version)
        await tell(unit, NoticeKind.DECISION_SUPERSEDED, version, self._clock, self._entropy, case=case.id)

    async def _told(self, unit: UnitOfWork, case: Verification, appeal: Appeal, answer: AppealAnswer) -> Verification:
        data = events.appeal_decided(appeal, answer, case.result)
        return await publish(unit, case, EventType.APPEAL_DECIDED, data, self._clock, self._entropy)

    async def _assessment(self, principal: StaffPrincipal, answer: AppealAnswer) -> Assessment:
        """Of the interview that was decided: as stored, but from the raw rows where it is to carry a ``verified``."""
        async with self._units(read_only=True) as unit:
            appeal = await _unanswered(unit, answer.appeal_id)
            await require_entitled(unit, principal, appeal.verification_id, answer.at_ms)
            decisions = await unit.decisions.all(appeal.verification_id)
            decided = next(each for each in decisions if each.version == appeal.decision_version)
            stored = await unit.verdicts.assessment(decided.interview_id)
        if stored is None:
            raise RecordsDiffer("A decision rests on an interview without an assessment.")
        if answer.outcome is AppealOutcome.OVERTURNED and stored.conclusive:
            return (await self._scenes.derive(decided.interview_id)).assessment
        return stored


async def hindrances(
    unit: UnitOfWork, case: Verification, assessment: Assessment
) -> dict[AppealOutcome, Hindrance | None]:
    """For every outcome why the rules do not allow it in this case now; None for those that are on offer."""
    other = await unit.verifications.open_of(case.external_id, test=case.test)
    flags = await open_flags(unit, assessment.interview_id)
    return {
        outcome: hindrance(
            outcome,
            conclusive=assessment.conclusive,
            fraud_flagged=any(flag.kind is FlagKind.FRAUD for flag in flags),
            other_case=other is not None and other.id != case.id,
        )
        for outcome in AppealOutcome
    }


async def _unanswered(unit: UnitOfWork, id_: AppealId) -> Appeal:
    appeal, answer = await unit.appeals.get(id_)
    if answer is not None:
        raise Conflict("This appeal is answered already.", field="answered")
    return appeal


async def _current(unit: UnitOfWork, appeal: Appeal, version: int) -> Decision:
    current = await unit.decisions.current(appeal.verification_id)
    if current is None or not appeal.decision_version == version == current.version:
        raise Conflict("The decision was changed meanwhile. Please load the page again.", field="changed")
    return current
