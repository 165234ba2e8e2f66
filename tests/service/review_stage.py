"""A conclusive, contradicted call before its reviewers, over either store: people, services, a clock to be moved."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

from tests.contract.examples import person
from tests.contract.failed_case import CALL, CASE, add_conclusive_call
from tests.core import failures
from tests.fakes import FakeUnits, ManualClock, SeededEntropy
from tests.storage.databases import SEALER, fresh_database
from verifier.core.chain import Actor, ActorKind, AuditEntry
from verifier.core.model import (
    Flag,
    FlagId,
    FlagKind,
    Person,
    PersonId,
    ProposalId,
    Role,
    StaffRole,
    Verification,
)
from verifier.core.notice import Notice
from verifier.core.policy import PolicyBook
from verifier.core.principal import FreelancerPrincipal, StaffPrincipal
from verifier.core.proposal import Proposal, ProposalRecord
from verifier.core.samples import InterviewRows
from verifier.core.statement import Ground
from verifier.core.verdicts import Decision
from verifier.core.webhook import Event
from verifier.ports import UnitOfWorkFactory
from verifier.service.confirming import Confirming
from verifier.service.proposing import Proposing, WrittenFact
from verifier.service.recording_decisions import Recorder
from verifier.service.responding import Responding
from verifier.service.ruling import Rulings
from verifier.service.scenes import Scenes
from verifier.service.watching import STILL_READ, Watched, Watching
from verifier.storage import Store

A, B, INTERVIEWER = failures.A, failures.B, failures.INTERVIEWER
FREELANCER = FreelancerPrincipal(CASE, "session-freelancer")
TEXT = "The city on the document is Zagreb; the claim says Sarajevo."
REASON = "The document that was sent afterwards shows that the claim was right."


@dataclass
class ReviewStage:
    """The services of review with their ports in a test's hands."""

    units: UnitOfWorkFactory
    file: Path | None = None
    clock: ManualClock = field(default_factory=lambda: ManualClock(failures.PROPOSED_MS))
    entropy: SeededEntropy = field(default_factory=SeededEntropy)
    notified: list[int] = field(default_factory=list)

    def __post_init__(self) -> None:
        book = PolicyBook()
        self.recorder = Recorder(self.clock, self.entropy, book, "https://verify.example.org/case")
        self.scenes = Scenes(self.units, book)
        ports = (self.units, self.clock, self.entropy, self.scenes, self.recorder)
        notify = lambda: self.notified.append(self.clock.now_ms())  # noqa: E731
        self.rulings = Rulings(*ports, notify)
        self.proposing = Proposing(*ports, notify)
        self.confirming = Confirming(*ports, self.rulings, notify)
        self.responding = Responding(self.units, self.clock, self.entropy, notify)
        self.watching = Watching(self.units, self.clock, self.entropy)

    # ------------------------------------------------------------ people

    async def fill(self, rows: InterviewRows = failures.ROWS) -> None:
        """The case, its call with every raw row, and who works here."""
        async with self.units() as unit:
            await add_conclusive_call(unit)
            await unit.samples.add(rows.server, rows.browser, rows.frames)

    async def who(self, id_: PersonId) -> StaffPrincipal:
        """Somebody who works here, signed in."""
        async with self.units(read_only=True) as unit:
            return StaffPrincipal(await unit.people.get(id_), f"session-{id_}")

    async def another(self, id_: str, *roles: StaffRole, trained: bool = True) -> StaffPrincipal:
        """Somebody else who works here."""
        other = person(id_, roles=frozenset(roles))
        async with self.units() as unit:
            await unit.people.add(other, None)
            for role in roles if trained else ():
                await unit.trainings.add(failures.training(other.id, role))
        return StaffPrincipal(other, f"session-{id_}")

    async def changed(self, principal: StaffPrincipal, **other: object) -> None:
        """What an administrator changes about a person while he is signed in."""
        now: Person = replace(principal.person, **other)  # type: ignore[arg-type]
        async with self.units() as unit:
            await unit.people.save(now)

    # ------------------------------------------------------------ steps

    async def standing(self) -> str:
        """What a page that is opened now carries."""
        derived = await self.scenes.derive(CALL)
        async with self.units(read_only=True) as unit:
            return (await self.scenes.docket(unit, derived)).standing

    async def propose(
        self,
        by: PersonId = A,
        *facts: WrittenFact,
        ground: Ground = Ground.IDENTITY_CONTRADICTED,
        seen: str | None = None,
    ) -> Proposal:
        """A failure proposed on a fresh page."""
        seen = await self.standing() if seen is None else seen
        return await self.proposing.propose(await self.who(by), CALL, ground, facts or (written(),), seen)

    async def delivered(self) -> None:
        """The freelancer opens his page now: the window begins."""
        await self.responding.page_opened(FREELANCER)

    async def answered(self, id_: ProposalId) -> None:
        """The freelancer answers now."""
        await self.responding.respond(FREELANCER, id_, "I moved to Zagreb last month.")

    async def opened(self, by: PersonId = B, still: str = failures.STILL, *, preview: bool = False) -> None:
        """Somebody opened a still, as the chain shows."""
        async with self.units() as unit:
            facts = {"still": still, "interview": CALL, "preview": preview}
            await unit.audit.append(CASE, self.clock.now_ms(), STILL_READ, Actor(ActorKind.STAFF, by), facts)

    async def watched(self, id_: ProposalId, by: PersonId = B, fact: int = 1) -> Watched:
        """Somebody opens the cited still and watches the whole cited stretch in real time."""
        await self.opened(by)
        who = await self.who(by)
        watch = await self.watching.begin(who, id_, fact)
        position_ms = watch.from_ms
        while not watch.complete:
            self.clock.advance(ms=1_000)
            position_ms += 1_000
            watch = await self.watching.beat(who, watch.watch_id, position_ms)
        return watch

    async def ready(self) -> Proposal:
        """Proposed by A, delivered, answered, watched by B: nothing but his word is missing."""
        proposal = await self.propose()
        self.clock.advance(minutes=1)
        await self.delivered()
        self.clock.advance(hours=1)
        await self.answered(proposal.id)
        await self.watched(proposal.id)
        self.clock.advance(minutes=1)
        return proposal

    async def fraud_flag(self, id_: str = "flg_1") -> FlagId:
        """The interviewer raised a fraud flag in the call."""
        flag = Flag(FlagId(id_), CALL, FlagKind.FRAUD, failures.ENDED_MS - 10_000, Role.INTERVIEWER, "a second voice")
        async with self.units() as unit:
            await unit.flags.add(flag)
        return flag.id

    # ------------------------------------------------------------ what came of it

    async def case(self) -> Verification:
        """As stored."""
        async with self.units(read_only=True) as unit:
            return await unit.verifications.get(CASE)

    async def record(self, id_: ProposalId) -> ProposalRecord:
        """As stored."""
        async with self.units(read_only=True) as unit:
            return await unit.proposals.record(id_)

    async def decisions(self) -> tuple[Decision, ...]:
        """As stored."""
        async with self.units(read_only=True) as unit:
            return await unit.decisions.all(CASE)

    async def events(self) -> tuple[Event, ...]:
        """What the platform is told."""
        async with self.units(read_only=True) as unit:
            return await unit.outbox.events_of(CASE)

    async def notices(self) -> list[tuple[str, str]]:
        """Kind and subject of what the freelancer is told."""
        async with self.units(read_only=True) as unit:
            found: tuple[Notice, ...] = await unit.notices.of_verification(CASE)
            return [(notice.kind.value, notice.subject_id) for notice in found]

    async def chain(self) -> tuple[AuditEntry, ...]:
        """The audit chain of the case."""
        async with self.units(read_only=True) as unit:
            return await unit.audit.of_verification(CASE)

    async def snapshot(self) -> tuple[object, ...]:
        """Everything that a refused act must leave as it was."""
        return await self.case(), await self.decisions(), await self.events(), await self.notices(), await self.chain()


def written(**other: object) -> WrittenFact:
    """The fact as reviewer A writes it."""
    fact = failures.fact()
    return replace(WrittenFact(fact.run_id, fact.still_id, fact.from_ms, fact.to_ms, TEXT), **other)  # type: ignore[arg-type]


@asynccontextmanager
async def staged(kind: str, folder: Path) -> AsyncIterator[ReviewStage]:
    """A stage over the fake store or over SQLite, filled."""
    if kind == "fake":
        stage = ReviewStage(FakeUnits())
        await stage.fill()
        yield stage
        return
    url = fresh_database(folder)
    async with await Store.open(url, SEALER) as store:
        stage = ReviewStage(store.units, Path(url.removeprefix("sqlite:///")))
        await stage.fill()
        yield stage
