"""The freelancer's side of a proposed failure: told, answered, or silent until the time is over.

One rule: a window opens when he has been reached and not before; a message that comes back stops it, unless he has
seen the proposal on his page or answered it. Whatever happens to a window happens to the case in the same transaction.
Called by the case page, by what follows from a notice, and once in a while by app/serving.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from verifier.core.chain import FREELANCER, SYSTEM, text_digest
from verifier.core.model import ProposalId, Verification, VerificationStatus
from verifier.core.notice import Notice, NoticeKind
from verifier.core.principal import FreelancerPrincipal
from verifier.core.proposal import (
    OPEN,
    DeliveredBy,
    ProposalRecord,
    ProposalState,
    Response,
    ResponseWindow,
    WindowStop,
)
from verifier.core.verification import VerificationEvent, next_status
from verifier.errors import Conflict, IllegalState
from verifier.ports import Clock, Entropy, UnitOfWork, UnitOfWorkFactory
from verifier.service.chronicling import chronicle
from verifier.service.noticing import tell

_S = ProposalState


class Responding:
    """Windows and answers."""

    def __init__(
        self,
        units: UnitOfWorkFactory,
        clock: Clock,
        entropy: Entropy,
        notify: Callable[[], None] = lambda: None,
    ) -> None:
        self._units = units
        self._clock = clock
        self._entropy = entropy
        self._notify = notify

    # ------------------------------------------------------------ reached

    async def page_opened(self, principal: FreelancerPrincipal) -> None:
        """The private page is shown: whatever it says of a proposal or a decision has reached the freelancer now.

        Raises:
            Conflict: something else happened to the case at the same moment; try again.
        """
        async with self._units(read_only=True) as unit:
            if not await _news(unit, principal, self._clock.now_ms()):
                return
        async with self._units() as unit:
            case = await unit.verifications.get(principal.verification_id)
            record = await open_proposal(unit, case, self._clock.now_ms())
            if record is not None:
                if await unit.proposals.show(record.proposal.id, self._clock.now_ms()):
                    await self._note(unit, case, "proposal.shown", record)
                await self._open(unit, case, record, DeliveredBy.PAGE_OPENED, self._clock.now_ms())
            current = await unit.decisions.current(case.id)
            if current is not None and await unit.decisions.show(current, self._clock.now_ms()):
                facts = {"version": current.version, "result": current.result}
                await chronicle(unit, case.id, self._clock, "decision.shown", FREELANCER, **facts)

    async def mail_accepted(self, unit: UnitOfWork, notice: Notice, at_ms: int) -> None:
        """A mail server took the message about a proposal: the window opens, if none is open.

        It does not where somebody else has said that the address is his: the freelancer was not reached by it.
        """
        record = await unit.proposals.record(ProposalId(notice.subject_id))
        case = await unit.verifications.get(record.proposal.verification_id)
        if await unit.notices.disowned_ms(case.id) is None:
            await self._open(unit, case, record, DeliveredBy.MAIL_ACCEPTED, at_ms)

    async def mail_returned(self, unit: UnitOfWork, notice: Notice, at_ms: int) -> None:
        """The message about a proposal came back: he was not reached by it, and no time runs against him.

        Nothing changes when he has seen the proposal on his page, has answered, or when it is decided.
        """
        record = await unit.proposals.record(ProposalId(notice.subject_id))
        if record.shown_ms is None:
            await self.stop(unit, record, at_ms)

    async def stop(self, unit: UnitOfWork, record: ProposalRecord, at_ms: int) -> bool:
        """Stop the window of a proposal that is neither answered nor decided; False when there is none to stop."""
        window = record.window
        if record.response is not None or window is None or record.state(at_ms) not in OPEN:
            return False
        case = await unit.verifications.get(record.proposal.verification_id)
        await unit.proposals.stop_window(WindowStop(record.proposal.id, window.number, at_ms))
        await self._note(unit, case, "response.window_stopped", record, number=window.number)
        if case.status is VerificationStatus.IN_REVIEW:
            await _move(unit, case, VerificationEvent.RESPONSE_REOPENED)
        return True

    async def _open(
        self, unit: UnitOfWork, case: Verification, record: ProposalRecord, by: DeliveredBy, at_ms: int
    ) -> None:
        if record.state(at_ms) is not _S.NOTIFYING:
            return
        window = ResponseWindow(
            proposal_id=record.proposal.id,
            number=len(record.windows) + 1,
            opened_ms=at_ms,
            closes_ms=at_ms + record.proposal.statement.response_window_ms,
            delivered_by=by,
        )
        await unit.proposals.open_window(window)
        facts = {"number": window.number, "closes_ms": window.closes_ms, "delivered_by": by}
        await self._note(unit, case, "response.window_opened", record, **facts)

    # ------------------------------------------------------------ answered

    async def respond(self, principal: FreelancerPrincipal, proposal_id: ProposalId, text: str) -> None:
        """The freelancer's answer, which closes the window; a second reviewer reads it before anything is decided.

        Args:
            principal: the freelancer.
            proposal_id: the proposal that his page showed.
            text: in his own words.

        Raises:
            InvalidInput: no words, or too many.
            IllegalState: nothing is proposed, or the time to answer is over.
            Conflict: it is answered already, or another proposal took the place of the one that he read.
        """
        Response(proposal_id, self._clock.now_ms(), text)  # refuses bad words before anything waits
        async with self._units() as unit:
            now_ms = self._clock.now_ms()
            case = await unit.verifications.get(principal.verification_id)
            record = await open_proposal(unit, case, now_ms)
            if record is None:
                raise IllegalState("Nothing is proposed now, so there is nothing to answer.", field="closed")
            if record.proposal.id != proposal_id:
                raise Conflict("Something else is proposed by now. Please read it before you answer.", field="changed")
            record = await self._answerable(unit, case, record)
            # Not before its own window, which may have been opened a line ago.
            await unit.proposals.respond(Response(proposal_id, self._clock.now_ms(), text))
            digest = text_digest(text)
            await chronicle(
                unit, case.id, self._clock, "response.given", FREELANCER, proposal_id=proposal_id, text_sha256=digest
            )
            await _move(unit, case, VerificationEvent.RESPONSE_CLOSED)
            await tell(unit, NoticeKind.RESPONSE_RECEIVED, proposal_id, self._clock, self._entropy, case=case.id)
        self._notify()

    async def _answerable(self, unit: UnitOfWork, case: Verification, record: ProposalRecord) -> ProposalRecord:
        """The proposal with its open window; whoever answers has been reached."""
        now_ms = self._clock.now_ms()
        if record.response is not None:
            raise Conflict("You have answered already. Your answer is on this page.", field="answered")
        if record.state(now_ms) is _S.TO_CONFIRM:
            raise IllegalState(
                "The time to answer is over. A second person decides now. If the decision goes against you, you can "
                "appeal, and what you have to say is read then by somebody who had no part in it.",
                field="late",
            )
        if record.state(now_ms) is _S.NOTIFYING:
            await unit.proposals.show(record.proposal.id, now_ms)
            await self._open(unit, case, record, DeliveredBy.PAGE_OPENED, now_ms)
            record = await unit.proposals.record(record.proposal.id)
        return record

    # ------------------------------------------------------------ silent

    async def tick(self) -> int:
        """Close every window that has run out unanswered; the number of cases that went back into review."""
        now_ms = self._clock.now_ms()
        async with self._units(read_only=True) as unit:
            elapsed = [each for each in await unit.proposals.undecided() if each.state(now_ms) is _S.TO_CONFIRM]
        closed = 0
        for record in elapsed:
            async with self._units() as unit:
                case = await unit.verifications.get(record.proposal.verification_id)
                closed += await self.close_elapsed(unit, case)
        return closed

    async def close_elapsed(self, unit: UnitOfWork, case: Verification) -> bool:
        """Move a case on whose freelancer has let the time run out; False when there is nothing to move on."""
        return await close_elapsed(unit, case, self._clock) is not case

    async def _note(
        self, unit: UnitOfWork, case: Verification, action: str, record: ProposalRecord, **facts: object
    ) -> None:
        proposal_id = record.proposal.id
        await chronicle(unit, case.id, self._clock, action, SYSTEM, proposal_id=proposal_id, **facts)


async def open_proposal(unit: UnitOfWork, case: Verification, now_ms: int) -> ProposalRecord | None:
    """The proposal of a case about which nothing is decided; there is one at most."""
    records = [each for each in await unit.proposals.of_verification(case.id) if each.state(now_ms) in OPEN]
    return records[-1] if records else None


async def close_elapsed(unit: UnitOfWork, case: Verification, clock: Clock) -> Verification:
    """The case as it is once a window that has run out unanswered is closed; the same when there is none."""
    now_ms = clock.now_ms()
    record = await open_proposal(unit, case, now_ms)
    waits = case.status is VerificationStatus.AWAITING_RESPONSE
    if record is None or not waits or record.state(now_ms) is not _S.TO_CONFIRM:
        return case
    moved = await _move(unit, case, VerificationEvent.RESPONSE_CLOSED)
    facts = {"proposal_id": record.proposal.id}
    await chronicle(unit, case.id, clock, "response.window_elapsed", SYSTEM, **facts)
    return moved


async def _news(unit: UnitOfWork, principal: FreelancerPrincipal, now_ms: int) -> bool:
    """Whether the page shows something for the first time, or to somebody who was not reached before."""
    current = await unit.decisions.current(principal.verification_id)
    if current is not None and await unit.decisions.shown_ms(current) is None:
        return True
    records = await unit.proposals.of_verification(principal.verification_id)
    states = [(each.state(now_ms), each.shown_ms) for each in records]
    return any(state is _S.NOTIFYING or (state in OPEN and shown is None) for state, shown in states)


async def _move(unit: UnitOfWork, case: Verification, event: VerificationEvent) -> Verification:
    moved = replace(case, status=next_status(case.status, event))
    await unit.verifications.save(moved, case.status)
    return moved
