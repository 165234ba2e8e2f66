"""The first reviewer's verb: proposing a failure. One rule: it decides nothing, and the freelancer answers it first.

Proposal, status, event, notice and chain entry are one transaction. The account stays as it is meanwhile.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from verifier.core import events
from verifier.core.chain import digest_of, text_digest
from verifier.core.failure import require_proposable
from verifier.core.model import InterviewId, ProposalId, RunId, StillId
from verifier.core.notice import NoticeKind
from verifier.core.principal import StaffPrincipal
from verifier.core.proposal import Proposal
from verifier.core.review import Act, Docket, reasons_against, require, require_standing
from verifier.core.statement import Fact, Ground, StatementOfReasons
from verifier.core.verification import VerificationEvent, next_status
from verifier.core.webhook import EventType
from verifier.errors import InvalidInput
from verifier.ports import Clock, Entropy, UnitOfWork, UnitOfWorkFactory
from verifier.service.chronicling import by_staff, chronicle
from verifier.service.noticing import tell
from verifier.service.publishing import publish
from verifier.service.recording_decisions import Recorder
from verifier.service.scenes import Scenes, reviewer_of


@dataclass(frozen=True, slots=True)
class WrittenFact:
    """One fact as a reviewer wrote it; which item it is about follows from the asking."""

    run_id: RunId
    still_id: StillId
    from_ms: int
    to_ms: int
    text: str


class Proposing:
    """Proposes failures."""

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

    async def propose(
        self, principal: StaffPrincipal, id_: InterviewId, ground: Ground, facts: tuple[WrittenFact, ...], seen: str
    ) -> Proposal:
        """The proposal, stored; the freelancer is told and the platform keeps the account as it is.

        Args:
            principal: the reviewer.
            id_: the interview that it is about.
            ground: what was contradicted.
            facts: at least one, each with every field.
            seen: ``Docket.standing`` of the page that it was written on.

        Raises:
            NotAllowed: this person may not.
            SecondFactorNeeded: the one-time code was given too long ago.
            IllegalState: nobody may, with this statement; ``field`` names what is to blame in it.
            Conflict: something happened in the case meanwhile.
            InvalidInput: the statement lacks something; ``field`` names it.
            RecordsDiffer: what is stored does not follow from the raw rows.
            SecondFactorNeeded: the second factor was given too long ago.
        """
        principal.require_fresh(self._clock.now_ms())
        derived = await self._scenes.derive(id_)
        async with self._units() as unit:
            docket = await self._scenes.docket(unit, derived)
            reviewer = await reviewer_of(unit, principal.person.id, docket.case.id)
            now_ms = self._clock.now_ms()
            require_standing(docket, seen)
            require(reasons_against(Act.PROPOSE, docket, reviewer, now_ms))
            statement = _statement(docket, ground, facts)
            require_proposable(docket.scene, reviewer, statement, now_ms)
            proposal = Proposal(
                id=ProposalId(self._entropy.new_id("prp")),
                verification_id=docket.case.id,
                interview_id=id_,
                number=len(docket.records) + 1,
                interviewer_id=docket.scene.interview.interviewer_id,
                proposer_id=reviewer.id,
                at_ms=now_ms,
                statement=statement,
            )
            await self._write(unit, docket, proposal, principal)
        self._notify()
        return proposal

    async def _write(self, unit: UnitOfWork, docket: Docket, proposal: Proposal, principal: StaffPrincipal) -> None:
        case = docket.case
        await unit.proposals.add(proposal)
        await chronicle(unit, case.id, self._clock, "failure.proposed", by_staff(principal), **_entry(proposal))
        moved = replace(case, status=next_status(case.status, VerificationEvent.FAILURE_PROPOSED))
        await unit.verifications.save(moved, case.status)
        data = events.failure_proposed(proposal, self._recorder.redress(proposal.statement.policy_version))
        await publish(unit, moved, EventType.VERIFICATION_FAILURE_PROPOSED, data, self._clock, self._entropy)
        await tell(unit, NoticeKind.FAILURE_PROPOSED, proposal.id, self._clock, self._entropy, case=case.id)


def _statement(docket: Docket, ground: Ground, facts: tuple[WrittenFact, ...]) -> StatementOfReasons:
    """The statement of reasons, with what the case itself says about it.

    Raises:
        InvalidInput: something is missing; ``field`` names it.
    """
    items = {run.id: run.item_key for run in docket.scene.runs}
    whole = tuple(
        Fact(
            number=number,
            run_id=fact.run_id if fact.run_id in items else RunId(""),
            item_key=items.get(fact.run_id, ""),
            still_id=fact.still_id,
            from_ms=fact.from_ms,
            to_ms=fact.to_ms,
            text=fact.text.strip(),
        )
        for number, fact in enumerate(facts, start=1)
    )
    policy = docket.scene.policy
    match whole:
        case (first, *rest):
            return StatementOfReasons(
                ground, (first, *rest), policy.version, policy.response_window_ms, policy.appeal_window_ms
            )
        case _:
            raise InvalidInput("State at least one fact.", field="/facts")


def _entry(proposal: Proposal) -> Mapping[str, object]:
    """What the chain keeps of a proposal: who and what by id, the words by their digest."""
    statement = proposal.statement
    return {
        "proposal_id": proposal.id,
        "interview_id": proposal.interview_id,
        "number": proposal.number,
        "ground": statement.ground,
        "facts": [
            {
                "run_id": fact.run_id,
                "still_id": fact.still_id,
                "from_ms": fact.from_ms,
                "to_ms": fact.to_ms,
                "text_sha256": text_digest(fact.text),
            }
            for fact in statement.facts
        ],
        "sha256": digest_of(proposal),
    }
