"""Honest histories of every kind, made by the services alone: what the audit must find nothing in.

Each case is named for what happened in it. Made once for a test module and copied, since it takes seconds.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from tests.fakes.keeping import ErasedFiles
from tests.machine.calls import Script, hold
from tests.machine.world import World
from verifier.core.appeal import AppealOutcome
from verifier.core.chain import OPERATOR
from verifier.core.model import Answer, FlagKind, InterviewId, VerificationId
from verifier.core.notice import NoticeKind, NoticeState, Outcome, Reply
from verifier.core.proposal import ProposalRecord, RulingOutcome
from verifier.core.statement import Ground
from verifier.core.verdicts import AccountEffect
from verifier.ports import UnitOfWorkFactory
from verifier.service.appealing import Answering
from verifier.service.holding import Holding
from verifier.service.proposing import WrittenFact
from verifier.service.redacting import Redacting
from verifier.service.retaining import Retaining
from verifier.service.scenes import Scenes

DAY_MS = 24 * 3_600_000
CONTRADICTED = Script(answers=(("identity", Answer.INCONSISTENT),))
FLAGGED = Script(answers=(("identity", Answer.INCONSISTENT),), flags=(FlagKind.FRAUD,))
TEXT = "The city on the document is Zagreb; the claim says Sarajevo."
REASON = "The document that was sent afterwards shows that the claim was right."
WORDS = "You sent the registration of your address; it was issued before the call, so you were right. This is about {}."


@dataclass
class Histories:
    """Tells one history after the other in one store."""

    units: UnitOfWorkFactory
    cases: dict[str, VerificationId] = field(default_factory=dict)
    calls: list[InterviewId] = field(default_factory=list)

    def __post_init__(self) -> None:
        world = self.world = World(self.units)
        book, ports = world.stage.book, (self.units, world.clock, world.entropy)
        files = ErasedFiles()
        self.redacting = Redacting(*ports, book, files)
        self.retaining = Retaining(self.units, world.clock, book, self.redacting, files)
        self.holding = Holding(self.units, world.clock)
        self.scenes = Scenes(self.units, book)

    async def tell(self) -> None:
        """All of them."""
        await self.world.fill()
        await self.verified_and_long_gone()
        await self.verified()
        await self.inconclusive_and_appealed()
        await self.failed_and_overturned()
        await self.failed_and_upheld()
        await self.flagged_and_called_again()
        await self.proposed_and_rejected()

    # ------------------------------------------------------------ the histories

    async def verified(self) -> None:
        """Everything consistent, decided by the interviewer."""
        await self.case("verified")
        call = await self.call(Script())
        await self.world.stage.deciding.verify(await self.world.who("per_ines"), call)

    async def verified_and_long_gone(self) -> None:
        """Verified, its rows expired, redacted under the eyes of a hold that was released."""
        case = await self.case("gone")
        call = await self.call(Script())
        await self.world.stage.deciding.verify(await self.world.who("per_ines"), call)
        await self.holding.place(case, "A court asked for the case.")
        self.days(40)
        await self.holding.release(case, "The court has decided.")
        assert [one async for one in self.retaining.run()]
        await self.redacting.redact(case, OPERATOR)

    async def inconclusive_and_appealed(self) -> None:
        """A bad link, no retry wanted; the appeal against it brings a new interview."""
        case = await self.case("inconclusive")
        await self.call(Script("freelancer_uplink"))
        await self.world.stage.deciding.decline_retry(self.world.freelancer(case))
        await self.world.responding.page_opened(self.world.freelancer(case))
        await self.appealed(case, AppealOutcome.NEW_INTERVIEW)

    async def failed_and_overturned(self) -> None:
        """Proposed, bounced, shown, answered, confirmed, appealed against, taken back, reinstated."""
        case = await self.case("overturned")
        record = await self.proposed(await self.call(CONTRADICTED))
        await self.mail(record, Outcome.ACCEPTED)
        self.days(1)
        await self.mail(record, Outcome.RETURNED)
        await self.world.responding.page_opened(self.world.freelancer(case))
        await self.world.responding.respond(
            self.world.freelancer(case), record.proposal.id, "I moved to Zagreb last month."
        )
        await self.confirmed(record)
        await self.world.responding.page_opened(self.world.freelancer(case))
        await self.world.results.report_effect(self.world.platform, case, 1, AccountEffect.SUSPEND)
        await self.appealed(case, AppealOutcome.OVERTURNED)
        await self.world.results.report_effect(self.world.platform, case, 2, AccountEffect.REINSTATE)

    async def failed_and_upheld(self) -> None:
        """Proposed, not answered, confirmed too late (which is told), appealed against in vain."""
        case = await self.case("upheld")
        record = await self.proposed(await self.call(CONTRADICTED))
        await self.mail(record, Outcome.ACCEPTED)
        self.days(8)
        await self.world.responding.tick()
        self.days(1)
        await self.world.escalating.tick()
        await self.confirmed(record)
        await self.world.responding.page_opened(self.world.freelancer(case))
        await self.appealed(case, AppealOutcome.UPHELD)

    async def flagged_and_called_again(self) -> None:
        """A fraud flag that was resolved, a new interview that was ordered, verified in the end."""
        case = await self.case("flagged")
        call = await self.call(FLAGGED)
        rita = await self.world.who("per_rita")
        async with self.units(read_only=True) as unit:
            (flag,) = await unit.flags.of_interview(call)
        await self.world.rulings.resolve(rita, call, flag.id, REASON, await self.world.standing(call))
        seen = await self.world.standing(call)
        await self.world.rulings.rule(rita, call, RulingOutcome.NEW_INTERVIEW, REASON, seen)
        await self.world.stage.waiting.arrive(case)
        again = await self.call(Script(), "per_ivan")
        await self.world.stage.deciding.verify(await self.world.who("per_ivan"), again)

    async def proposed_and_rejected(self) -> None:
        """A proposal that the second reviewer does not confirm."""
        await self.case("rejected")
        record = await self.proposed(await self.call(CONTRADICTED))
        rolf, id_ = await self.world.who("per_rolf"), record.proposal.id
        seen = await self.world.standing(record.proposal.interview_id)
        await self.world.confirming.reject(rolf, id_, RulingOutcome.VERIFIED, REASON, seen)

    # ------------------------------------------------------------ their steps

    async def case(self, name: str) -> VerificationId:
        """A case whose freelancer waits."""
        self.days(1)
        self.cases[name] = await self.world.new_case()
        return self.cases[name]

    async def call(self, script: Script, name: str = "per_ines") -> InterviewId:
        """The call of the case that waits."""
        who = await self.world.who(name)
        await self.world.stage.check(who.person.id)
        held = await hold(self.world.stage, who, script)
        self.calls.append(held.id)
        return held.id

    async def proposed(self, call: InterviewId) -> ProposalRecord:
        """A proposes a failure."""
        async with self.units(read_only=True) as unit:
            run = next(r for r in await unit.runs.of_interview(call) if r.answer is Answer.INCONSISTENT)
            (still,) = await unit.stills.of_interview(call)
        fact = WrittenFact(run.id, still.id, run.started_ms, run.started_ms + 2_000, TEXT)
        rita, seen = await self.world.who("per_rita"), await self.world.standing(call)
        ground = Ground.IDENTITY_CONTRADICTED
        proposal = await self.world.proposing.propose(rita, call, ground, (fact,), seen)
        async with self.units(read_only=True) as unit:
            return await unit.proposals.record(proposal.id)

    async def mail(self, record: ProposalRecord, outcome: Outcome) -> None:
        """What became of the message about a proposal."""
        async with self.units(read_only=True) as unit:
            notices = await unit.notices.of_verification(record.proposal.verification_id)
        (notice,) = (one for one in notices if one.kind is NoticeKind.FAILURE_PROPOSED)
        await self.world.noticing.record(notice.id, Reply(outcome, "250", "queued"), self.world.clock.now_ms())
        assert notice.state is not NoticeState.FAILED

    async def confirmed(self, record: ProposalRecord) -> None:
        """B opens the still, watches the stretch and confirms."""
        rolf, proposal = await self.world.who("per_rolf"), record.proposal
        fact = proposal.statement.facts[0]
        await self.world.opened(proposal.verification_id, rolf.person.id, fact.still_id)
        begun = await self.world.watching.begin(rolf, proposal.id, 1)
        for second in range(1, 4):
            self.world.clock.advance(ms=1_000)
            told = await self.world.watching.beat(rolf, begun.watch_id, fact.from_ms + 1_000 * second)
            if told.complete:
                break
        seen = await self.world.standing(proposal.interview_id)
        await self.world.confirming.confirm(rolf, proposal.id, seen)

    async def appealed(self, case: VerificationId, outcome: AppealOutcome) -> None:
        """An appeal, answered two days later."""
        appeal = await self.world.appealing.open(self.world.freelancer(case), 1, "I moved before the call.")
        self.days(2)
        alma = await self.world.who("per_alma")
        sent = Answering(outcome, WORDS.format(appeal.id), appeal.decision_version)
        await self.world.appealing.answer(alma, appeal.id, sent)

    def days(self, days: int) -> None:
        """Let days pass."""
        self.world.clock.advance(ms=days * DAY_MS)
