"""The machine: any command by anybody at any time. One rule: after every step ``failed`` is proved from the ledger.

A step is one command of a person, of the platform, of the mail or of the clock. Whoever may not do it is refused, and a
refused command has changed nothing. Steps prefer what leads on, so that failures are really reached; nothing keeps them
from being reached wrongly but the product.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any, ClassVar

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule

from tests.fakes import FakeUnits
from tests.machine.calls import BAD, LINKS, Script, hold
from tests.machine.proof import prove, prove_by_audit, prove_chain
from tests.machine.world import PEOPLE, World
from verifier.core.appeal import Appeal, AppealOutcome
from verifier.core.model import (
    Answer,
    EndCause,
    FlagKind,
    InterviewId,
    PersonId,
    Result,
    StaffRole,
    VerificationId,
    VerificationStatus,
)
from verifier.core.notice import NoticeKind, NoticeState, Outcome, Reply
from verifier.core.proposal import OPEN, ProposalRecord, ProposalState, RulingOutcome
from verifier.core.statement import Ground
from verifier.core.verdicts import AccountEffect
from verifier.errors import OurError, VerifierError
from verifier.ports import UnitOfWorkFactory
from verifier.service.appealing import Answering
from verifier.service.proposing import WrittenFact

HOUR_MS = 3_600_000
TEXT = "The city on the document is Zagreb; the claim says Sarajevo."
REASON = "The document that was sent afterwards shows that the claim was right."
_ANYBODY = st.sampled_from(sorted(PEOPLE))
_NUMBER = st.integers(0, 7)
_MOSTLY = st.sampled_from([True, True, True, False])
"""Whether a step is taken by whom and how it should be; one in four is not."""
_ANSWERS = st.sampled_from(
    [
        (("identity", Answer.INCONSISTENT),),
        (("identity", Answer.INCONSISTENT),),
        (("face.present", Answer.INCONSISTENT),),
        (("identity", Answer.INCONSISTENT), ("face", Answer.INCONSISTENT)),
        (("identity", Answer.NOT_HEARD),),
        (("identity", Answer.DECLINED),),
        (("comprehension", Answer.INCONSISTENT),),
        (),
    ]
)
_SCRIPTS = st.builds(
    Script,
    link=st.one_of(st.just("clean"), st.sampled_from(sorted(LINKS))),
    answers=_ANSWERS,
    flags=st.one_of(st.just(()), st.lists(st.sampled_from(FlagKind), max_size=2).map(tuple)),
    stills=st.one_of(st.just((True,)), st.lists(st.booleans(), max_size=2).map(tuple)),
    left_out=st.sampled_from([0, 0, 0, 0, 1]),
    cause=st.sampled_from([EndCause.COMPLETED, EndCause.COMPLETED, EndCause.QUALITY_ABORT, EndCause.TECHNICAL_ABORT]),
)


class Machine(RuleBasedStateMachine):
    """Over the fake store; ``bench reliability`` also runs it over the real ones."""

    totals: ClassVar[dict[str, int]] = {}
    """Steps, refusals and outcomes of every run of this process."""

    def __init__(self) -> None:
        super().__init__()
        self.loop = asyncio.new_event_loop()
        self.world = World(self.units())

    def units(self) -> UnitOfWorkFactory:
        """The store of this run."""
        return FakeUnits()

    # ------------------------------------------------------------ how a step is taken

    def now(self, work: Coroutine[Any, Any, Any]) -> Any:
        """The result of an asynchronous piece of work."""
        return self.loop.run_until_complete(work)

    def step(self, command: Callable[[], Coroutine[Any, Any, Any]]) -> Any:
        """One command: its result, or None when it was refused, which must have changed nothing."""
        self.world.clock.advance(ms=1)
        before = getattr(self.world.units, "state", None)
        self.world.ledger.steps += 1
        try:
            result = self.now(command())
        except OurError:
            raise
        except VerifierError:
            self.world.ledger.refused += 1
            assert getattr(self.world.units, "state", None) is before, "a refused command changed something"
            return None
        self.prove_all()
        return result

    def prove_all(self) -> None:
        """What must hold, for every case."""
        for case in self.world.cases:
            self.now(prove(self.world, case))

    # ------------------------------------------------------------ what is there to act on

    def case(self, number: int) -> VerificationId:
        """One of the cases."""
        return self.world.cases[number % len(self.world.cases)]

    def call(self, number: int) -> InterviewId:
        """One of the held calls, the newest for even numbers."""
        held = list(self.world.ledger.held)
        return held[-1] if number % 2 == 0 else held[number % len(held)]

    def record(self, number: int) -> ProposalRecord | None:
        """An open proposal when there is one, else any."""

        async def found() -> list[ProposalRecord]:
            async with self.world.units(read_only=True) as unit:
                return [one for case in self.world.cases for one in await unit.proposals.of_verification(case)]

        records = self.now(found())
        now_ms = self.world.clock.now_ms()
        live = [one for one in records if one.state(now_ms) in OPEN]
        pool = live if live and number != 7 else records
        return pool[number % len(pool)] if pool else None

    def appeal(self, number: int) -> Appeal | None:
        """An open appeal when there is one, else any."""

        async def found() -> list[tuple[Appeal, bool]]:
            async with self.world.units(read_only=True) as unit:
                pairs = [pair for case in self.world.cases for pair in await unit.appeals.of_verification(case)]
            return [(appeal, answer is None) for appeal, answer in pairs]

        known = self.now(found())
        live = [appeal for appeal, is_open in known if is_open]
        pool = live if live and number != 7 else [appeal for appeal, _ in known]
        return pool[number % len(pool)] if pool else None

    # ------------------------------------------------------------ cases and calls

    @initialize()
    def opens(self) -> None:
        """Everybody works here, and somebody waits."""
        self.now(self.world.fill())
        self.now(self.world.new_case())

    @precondition(lambda self: len(self.world.cases) < 3)
    @rule()
    def another_case(self) -> None:
        self.step(self.world.new_case)

    @rule(number=_NUMBER)
    def freelancer_waits(self, number: int) -> None:
        case = self.case(number)
        self.step(lambda: self.world.stage.waiting.arrive(case))

    @rule(script=_SCRIPTS, name=_ANYBODY, right=_MOSTLY)
    def holds_a_call(self, script: Script, name: str, right: bool) -> None:
        async def held() -> None:
            who = await self.world.who("per_ines" if right else name)
            await self.world.stage.check(who.person.id)
            found = await hold(self.world.stage, who, script)
            self.world.ledger.held[found.id] = found

        before = len(self.world.ledger.held)
        try:
            self.now(held())
        except OurError:
            raise
        except VerifierError:
            self.world.ledger.refused += 1
            assert len(self.world.ledger.held) == before
        self.world.ledger.steps += 1
        self.prove_all()

    @precondition(lambda self: self.world.ledger.held)
    @rule(name=_ANYBODY, number=_NUMBER)
    def verifies(self, name: str, number: int) -> None:
        call = self.call(number)

        async def verified() -> None:
            await self.world.stage.deciding.verify(await self.world.who(name), call)

        self.step(verified)

    @rule(number=_NUMBER)
    def declines_a_retry(self, number: int) -> None:
        who = self.world.freelancer(self.case(number))
        self.step(lambda: self.world.stage.deciding.decline_retry(who))

    # ------------------------------------------------------------ review

    @precondition(lambda self: self.world.ledger.held)
    @rule(
        name=_ANYBODY,
        right=_MOSTLY,
        number=_NUMBER,
        still=_NUMBER,
        stretch=st.sampled_from([2, 2, 2, 30]),
        ground=st.sampled_from(Ground),
    )
    def proposes_a_failure(self, name: str, right: bool, number: int, still: int, stretch: int, ground: Ground) -> None:
        self._propose(self.call(number), name, right, number, still, stretch, ground)

    def _propose(
        self, id_: InterviewId, name: str, right: bool, number: int, still: int, stretch: int, ground: Ground
    ) -> None:
        async def proposed() -> None:
            who = await self.world.who("per_rita" if right else name)
            async with self.world.units(read_only=True) as unit:
                runs = await unit.runs.of_interview(id_)
                stills = [one.id for one in await unit.stills.of_interview(id_)] or ["stl_none"]
            adverse = [run for run in runs if run.answer is Answer.INCONSISTENT] or list(runs)
            run = adverse[0] if right else runs[number % len(runs)]
            fits = Ground.IDENTITY_CONTRADICTED if run.item_key.startswith("identity") else Ground.FACE_MISMATCH
            fact = WrittenFact(
                run.id, stills[still % len(stills)], run.started_ms, run.started_ms + 1_000 * stretch, TEXT
            )
            seen = await self.world.standing(id_)
            await self.world.proposing.propose(who, id_, fits if right else ground, (fact,), seen)

        self.step(proposed)

    @rule(number=_NUMBER, name=_ANYBODY, right=_MOSTLY, seconds=st.sampled_from([1, 2, 3, 40]))
    def watches_a_cited_stretch(self, number: int, name: str, right: bool, seconds: int) -> None:
        record = self.record(number)
        if record is not None:
            self._watch(record, "per_rolf" if right else name, seconds)

    def _watch(self, record: ProposalRecord, name: str, seconds: int) -> None:
        proposal, fact = record.proposal, record.proposal.statement.facts[0]

        async def watched() -> None:
            who = await self.world.who(name)
            await self.world.opened(proposal.verification_id, who.person.id, fact.still_id)
            begun = await self.world.watching.begin(who, proposal.id, 1)
            begun_ms = self.world.clock.now_ms()
            for second in range(1, seconds + 1):
                self.world.clock.advance(ms=1_000)
                told = await self.world.watching.beat(who, begun.watch_id, fact.from_ms + 1_000 * second)
                key = (proposal.id, 1, who.person.id)
                looked_ms = self.world.clock.now_ms() - begun_ms
                self.world.ledger.watched[key] = max(self.world.ledger.watched.get(key, 0), looked_ms)
                if told.complete:
                    return

        self.world.ledger.steps += 1
        try:
            self.now(watched())
        except OurError:
            raise
        except VerifierError:
            self.world.ledger.refused += 1

    @rule(number=_NUMBER, name=_ANYBODY, right=_MOSTLY)
    def confirms_a_failure(self, number: int, name: str, right: bool) -> None:
        record = self.record(number)
        if record is not None:
            self._confirm(record, "per_rolf" if right else name)

    def _confirm(self, record: ProposalRecord, name: str) -> None:
        async def confirmed() -> None:
            who = await self.world.who(name)
            seen = await self.world.standing(record.proposal.interview_id)
            await self.world.confirming.confirm(who, record.proposal.id, seen)
            self.world.ledger.failed += 1

        self.step(confirmed)

    @rule(number=_NUMBER, name=_ANYBODY, outcome=st.sampled_from(RulingOutcome))
    def rejects_a_proposal(self, number: int, name: str, outcome: RulingOutcome) -> None:
        record = self.record(number)
        if record is None or number % 3:
            return

        async def rejected() -> None:
            who = await self.world.who(name)
            seen = await self.world.standing(record.proposal.interview_id)
            await self.world.confirming.reject(who, record.proposal.id, outcome, REASON, seen)

        self.step(rejected)

    @precondition(lambda self: self.world.ledger.held)
    @rule(number=_NUMBER, name=_ANYBODY, outcome=st.sampled_from(RulingOutcome))
    def rules_on_a_call(self, number: int, name: str, outcome: RulingOutcome) -> None:
        call = self.call(number)

        async def ruled() -> None:
            who = await self.world.who(name)
            await self.world.rulings.rule(who, call, outcome, REASON, await self.world.standing(call))

        self.step(ruled)

    @precondition(lambda self: self.world.ledger.held)
    @rule(number=_NUMBER, name=_ANYBODY)
    def resolves_a_flag(self, number: int, name: str) -> None:
        call = self.call(number)

        async def resolved() -> None:
            who = await self.world.who(name)
            async with self.world.units(read_only=True) as unit:
                flags = await unit.flags.of_interview(call)
            for flag in flags:
                await self.world.rulings.resolve(who, call, flag.id, REASON, await self.world.standing(call))
                return

        self.step(resolved)

    @precondition(lambda self: self.world.ledger.held)
    @rule(number=st.integers(0, 20))
    def evidence_is_erased(self, number: int) -> None:
        if number:
            return
        call, now_ms = self.call(number), self.world.clock.now_ms()

        async def erased() -> None:
            async with self.world.units() as unit:
                await unit.evidence_keys.destroy(call, now_ms)
            self.world.ledger.erased.setdefault(call, now_ms)

        self.step(erased)

    # ------------------------------------------------------------ the freelancer and the mail

    @rule(number=_NUMBER)
    def page_is_opened(self, number: int) -> None:
        case, now_ms = self.case(number), self.world.clock.now_ms()
        record = self.record(number)
        self.step(lambda: self.world.responding.page_opened(self.world.freelancer(case)))
        if record is not None and record.proposal.verification_id == case and record.state(now_ms) in OPEN:
            self.world.ledger.shown.setdefault(record.proposal.id, now_ms)
            self.world.ledger.reached.setdefault(record.proposal.id, []).append(now_ms)

    @rule(number=_NUMBER, back=st.sampled_from([False, False, True]))
    def mail_arrives_or_comes_back(self, number: int, back: bool) -> None:
        record = self.record(number)
        if record is not None:
            self._mail(record, back=back)

    def _mail(self, record: ProposalRecord, *, back: bool) -> None:
        id_, now_ms = record.proposal.id, self.world.clock.now_ms()

        async def delivered() -> bool:
            async with self.world.units(read_only=True) as unit:
                notices = await unit.notices.of_verification(record.proposal.verification_id)
            (notice,) = (one for one in notices if (one.kind, one.subject_id) == (NoticeKind.FAILURE_PROPOSED, id_))
            if back:
                return await self.world.noticing.returned(notice.id, Reply(Outcome.RETURNED, "5.1.1"))
            await self.world.noticing.record(notice.id, Reply(Outcome.ACCEPTED, "250"), self.world.clock.now_ms())
            return notice.state is NoticeState.QUEUED

        if self.step(delivered):
            (self.world.ledger.lost if back else self.world.ledger.reached).setdefault(id_, []).append(now_ms)

    @rule(number=_NUMBER)
    def freelancer_answers(self, number: int) -> None:
        record = self.record(number)
        if record is not None:
            self._answer(record)

    def _answer(self, record: ProposalRecord) -> None:
        proposal, now_ms = record.proposal, self.world.clock.now_ms()

        async def answered() -> None:
            who = self.world.freelancer(proposal.verification_id)
            await self.world.responding.respond(who, proposal.id, "I moved to Zagreb last month.")
            self.world.ledger.answered.setdefault(proposal.id, now_ms)

        self.step(answered)

    @rule(number=_NUMBER, version=st.sampled_from([1, 1, 1, 2, 3]))
    def freelancer_appeals(self, number: int, version: int) -> None:
        who = self.world.freelancer(self.case(number))
        self.step(lambda: self.world.appealing.open(who, version, "I moved before the call."))

    @rule(number=_NUMBER, name=_ANYBODY, right=_MOSTLY, outcome=st.sampled_from(AppealOutcome), pasted=st.booleans())
    def answers_an_appeal(self, number: int, name: str, right: bool, outcome: AppealOutcome, pasted: bool) -> None:
        appeal = self.appeal(number)
        if appeal is None:
            return

        async def answered() -> None:
            who = await self.world.who("per_alma" if right else name)
            own = "" if pasted else f" This is about {appeal.id} of {appeal.opened_ms}."
            words = "You sent the registration of your address; it was issued before the call, so you were right." + own
            sent = Answering(outcome, words, appeal.decision_version)
            await self.world.appealing.answer(who, appeal.id, sent)
            self.world.ledger.overturned += outcome is AppealOutcome.OVERTURNED

        self.step(answered)

    # ------------------------------------------------------------ the way to failed and back

    @rule(number=_NUMBER, answers=st.booleans())
    def leads_on(self, number: int, answers: bool) -> None:
        """The next step of a case on the way that a real failure takes, by the right person in the right way."""
        case = self.case(number)
        status, records, current, appeals = self.now(self._standing(case))
        now_ms = self.world.clock.now_ms()
        live = next((one for one in records if one.state(now_ms) in OPEN), None)
        if live is not None:
            self._on_with(live, answers)
        elif status in {VerificationStatus.AWAITING_FREELANCER, VerificationStatus.RETRY_OFFERED}:
            self.freelancer_waits(number)
        elif status is VerificationStatus.WAITING:
            link = sorted(LINKS)[5 * number % len(LINKS)] if number % 2 else "clean"
            self.holds_a_call(Script(link, (("identity", Answer.INCONSISTENT),)), "per_ines", True)
        elif status is VerificationStatus.IN_REVIEW:
            calls = [place for place, held in enumerate(self.world.ledger.held.values()) if held.case == case]
            self._propose(list(self.world.ledger.held)[calls[-1]], "per_rita", True, 0, 0, 2, Ground.FACE_MISMATCH)
        elif current is not None and current.result is Result.FAILED and not appeals:
            self.freelancer_appeals(number, current.version)
        elif any(answer is None for _, answer in appeals):
            self.answers_an_appeal(number, "per_alma", True, AppealOutcome.OVERTURNED, False)

    @rule(number=_NUMBER)
    def leads_on_again(self, number: int) -> None:
        """The same once more, so that it is chosen more often."""
        self.leads_on(number, True)

    @rule(number=_NUMBER)
    def leads_on_in_silence(self, number: int) -> None:
        """The same, and the freelancer says nothing."""
        self.leads_on(number, False)

    async def _standing(self, case: VerificationId) -> tuple[Any, Any, Any, Any]:
        async with self.world.units(read_only=True) as unit:
            return (
                (await unit.verifications.get(case)).status,
                await unit.proposals.of_verification(case),
                await unit.decisions.current(case),
                await unit.appeals.of_verification(case),
            )

    def _on_with(self, record: ProposalRecord, answers: bool) -> None:
        state = record.state(self.world.clock.now_ms())
        watched = any(view.person_id == "per_rolf" for view in record.views)
        if state is ProposalState.NOTIFYING:
            self._mail(record, back=False)
        elif state is ProposalState.WINDOW_OPEN and answers:
            self._answer(record)
        elif state is ProposalState.WINDOW_OPEN:
            self.time_passes(24 * 7)
        elif not watched:
            self._watch(record, "per_rolf", 3)
        else:
            self._confirm(record, "per_rolf")

    # ------------------------------------------------------------ platform, people, time

    @rule(number=_NUMBER, version=st.integers(0, 3), effect=st.sampled_from(AccountEffect))
    def platform_reports(self, number: int, version: int, effect: AccountEffect) -> None:
        case = self.case(number)
        self.step(lambda: self.world.results.report_effect(self.world.platform, case, version, effect))

    @rule(name=_ANYBODY, role=st.sampled_from(StaffRole), days=st.sampled_from([1, 30, 365]))
    def somebody_is_trained(self, name: str, role: StaffRole, days: int) -> None:
        self.step(lambda: self.world.train(PersonId(name), role, days * 24 * HOUR_MS))

    @rule(hours=st.sampled_from([1, 1, 12, 24 * 3, 24 * 7, 24 * 7, 24 * 40, 24 * 190]))
    def time_passes(self, hours: int) -> None:
        """As on a running server, what has become due is seen to before anybody does the next thing."""
        self.world.clock.advance(hours=hours)
        self.step(self.world.responding.tick)
        self.step(self.world.escalating.tick)

    # ------------------------------------------------------------ the end

    def teardown(self) -> None:
        """Every chain is whole, an audit finds no difference, and what happened is counted."""
        for case in self.world.cases:
            self.now(prove_chain(self.world, case))
        self.now(prove_by_audit(self.world))
        self._count()
        self.loop.close()

    def _count(self) -> None:
        async def decided() -> list[tuple[Result, str]]:
            async with self.world.units(read_only=True) as unit:
                made = [one for case in self.world.cases for one in await unit.decisions.all(case)]
            return [(one.result, self.world.ledger.held[one.interview_id].script.link) for one in made]

        ledger, found = self.world.ledger, self.now(decided())
        links = [held.script.link for held in ledger.held.values()]
        for name, count in (
            ("runs", 1),
            ("steps", ledger.steps),
            ("refused", ledger.refused),
            ("calls", len(links)),
            ("calls_on_bad_links", sum(link in BAD for link in links)),
            ("failed", sum(result is Result.FAILED for result, _ in found)),
            ("failed_on_bad_links", sum(result is Result.FAILED and link in BAD for result, link in found)),
            ("verified", sum(result is Result.VERIFIED for result, _ in found)),
            ("verified_on_bad_links", sum(result is Result.VERIFIED and link in BAD for result, link in found)),
            ("overturned", ledger.overturned),
        ):
            self.totals[name] = self.totals.get(name, 0) + count
