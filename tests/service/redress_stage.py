"""A contradicted, conclusive call and what follows from it, over either store: proposed, failed, appealed against."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from tests.contract import failed_case
from tests.contract.examples import endpoint, person
from tests.contract.failed_case import CASE, C
from tests.core import failures
from tests.fakes import FakeUnits, ManualClock, RecordingBus, SeededEntropy
from tests.storage.databases import SEALER, fresh_database
from verifier.core import decision
from verifier.core.access import Audience, Link, fingerprint
from verifier.core.appeal import Appeal, AppealOutcome
from verifier.core.chain import AuditEntry, broken_at
from verifier.core.failure import confirm
from verifier.core.model import NoticeId, Person, PersonId, StaffRole, Training, Verification, VerificationStatus
from verifier.core.notice import Notice, NoticeKind, NoticeState, Outcome, Reply, after_attempt
from verifier.core.policy import PolicyBook
from verifier.core.principal import FreelancerPrincipal, StaffPrincipal
from verifier.core.proposal import ProposalRecord
from verifier.core.verdicts import Decision
from verifier.core.webhook import Event, EventType
from verifier.ports import UnitOfWork, UnitOfWorkFactory
from verifier.service.appealing import Answering, Appealing
from verifier.service.appeals_desk import AppealsDesk
from verifier.service.deciding import Deciding
from verifier.service.disowning import Disowning
from verifier.service.escalating import Escalating
from verifier.service.joining import Joining
from verifier.service.noticing import tell
from verifier.service.own_quality import OwnQuality
from verifier.service.recording_decisions import Recorder
from verifier.service.responding import Responding
from verifier.service.scenes import Scenes
from verifier.storage import Store

SCENE = failures.scene()
"""Derived once: the raw rows are the same in every test."""
FREELANCER = FreelancerPrincipal(CASE, "session")
ORIGIN = "https://verify.example.org"
CASE_URL = f"{ORIGIN}/case"
NOT_ME = "not-me-token-of-the-message"
HOUR_MS, DAY_MS = failures.HOUR_MS, 24 * failures.HOUR_MS
ADMINISTRATOR = PersonId("per_admin")


@dataclass
class Redress:
    """The services of redress with their ports in a test's hands."""

    units: UnitOfWorkFactory
    clock: ManualClock = field(default_factory=lambda: ManualClock(failures.PROPOSED_MS))
    entropy: SeededEntropy = field(default_factory=SeededEntropy)
    book: PolicyBook = field(default_factory=PolicyBook)
    woken: int = 0

    def __post_init__(self) -> None:
        units, clock, entropy = self.units, self.clock, self.entropy
        scenes = Scenes(units, self.book)
        self.own_quality = OwnQuality(units, self.book)
        self.recorder = Recorder(clock, entropy, self.book, CASE_URL)
        self.responding = Responding(units, clock, entropy, self._wake)
        self.appealing = Appealing(units, clock, entropy, self.book, self.recorder, scenes, self._wake)
        deciding = Deciding(units, clock, self.book, self.recorder)
        keys = (b"k" * 32,)
        self.joining = Joining(units, clock, entropy, RecordingBus(), deciding, self.book, ORIGIN, keys, self._wake)
        self.escalating = Escalating(units, clock, entropy, self.book, self._wake)
        self.desk = AppealsDesk(units, clock, self.book)
        self.disowning = Disowning(units, clock, entropy, self.responding, self._wake)

    def _wake(self) -> None:
        self.woken += 1

    # ------------------------------------------------------------ how it came to this

    async def reviewed(self) -> None:
        """The call, contradicted over a clean connection, waits for a reviewer; everybody works here."""
        rows = failures.ROWS
        async with self.units() as unit:
            await failed_case.add_conclusive_call(unit)
            await unit.samples.add(rows.server, rows.browser, rows.frames)
            await unit.people.add(
                person(ADMINISTRATOR, email="admin@example.org", roles=frozenset({StaffRole.ADMINISTRATOR})), None
            )
            await unit.outbox.add_endpoint(endpoint(events=frozenset()))

    async def proposed(self) -> Notice:
        """A proposes a failure; the message about it waits to be sent."""
        await self.reviewed()
        async with self.units() as unit:
            await unit.proposals.add(failures.proposal())
            await self._moves(unit, VerificationStatus.AWAITING_RESPONSE)
            notice = await self.noticed(unit, NoticeKind.FAILURE_PROPOSED, failures.PROPOSAL)
            link = Link(fingerprint(NOT_ME), Audience.NOT_ME, self.clock.now_ms(), None, CASE, notice_id=notice.id)
            await unit.links.add(link)
        return notice

    async def noticed(self, unit: UnitOfWork, kind: NoticeKind, subject: str) -> Notice:
        """A notice to the freelancer."""
        return await tell(unit, kind, subject, self.clock, self.entropy, case=CASE)

    async def failed(self) -> Decision:
        """B confirms after the window ran out; nobody has been told yet."""
        await self.reviewed()
        self.at(failures.DECIDED_MS)
        async with self.units() as unit:
            await failed_case.add_proposal(unit)
            record = await unit.proposals.record(failures.PROPOSAL)
            outcome = confirm(SCENE, record, failures.reviewer(), failures.DECIDED_MS)
            case = await self._moves(unit, VerificationStatus.COMPLETED)
            decided = decision.failed(outcome, None)
            await self.recorder.record(unit, case, decided, (outcome, failed_case.trainings()))
        return decided

    async def appealed(self) -> Appeal:
        """The freelancer appeals an hour after the failure."""
        await self.failed()
        self.clock.advance(ms=HOUR_MS)
        return await self.appealing.open(FREELANCER, 1, "I moved before the call.")

    async def _moves(self, unit: UnitOfWork, status: VerificationStatus) -> Verification:
        case = await unit.verifications.get(CASE)
        moved = replace(case, status=status)
        await unit.verifications.save(moved, case.status)
        return moved

    # ------------------------------------------------------------ time and people

    def at(self, ms: int) -> None:
        """Go to this moment."""
        self.clock.advance(ms=ms - self.clock.now_ms())

    async def staff(self, id_: PersonId = C) -> StaffPrincipal:
        """Somebody who works here, signed in."""
        async with self.units(read_only=True) as unit:
            return StaffPrincipal(await unit.people.get(id_), f"session-{id_}")

    async def colleague(
        self, id_: str, *roles: StaffRole, training: Training | None = None, trained: bool = True
    ) -> StaffPrincipal:
        """A new colleague, trained for appeals unless said otherwise."""
        held = frozenset(roles or {StaffRole.APPEAL_REVIEWER})
        somebody: Person = person(id_, email=f"{id_}@example.org", roles=held)
        async with self.units() as unit:
            await unit.people.add(somebody, None)
            if trained:
                await unit.trainings.add(training or failures.training(somebody.id, StaffRole.APPEAL_REVIEWER))
        return StaffPrincipal(somebody, f"session-{id_}")

    async def mail(self, id_: NoticeId, outcome: Outcome) -> None:
        """A mail server answers."""
        now_ms = self.clock.now_ms()
        async with self.units() as unit:
            before = await unit.notices.get(id_)
            after, attempt = after_attempt(before, Reply(outcome, "250", "queued"), now_ms, 0.0)
            await unit.notices.record(before, after, attempt)
            if after.kind is NoticeKind.FAILURE_PROPOSED and after.state is NoticeState.ACCEPTED:
                await self.responding.mail_accepted(unit, after, now_ms)
            if after.kind is NoticeKind.FAILURE_PROPOSED and after.state is NoticeState.BOUNCED:
                await self.responding.mail_returned(unit, after, now_ms)

    # ------------------------------------------------------------ what came of it

    async def case(self) -> Verification:
        """As stored."""
        async with self.units(read_only=True) as unit:
            return await unit.verifications.get(CASE)

    async def record(self) -> ProposalRecord:
        """The proposal with all that happened to it."""
        async with self.units(read_only=True) as unit:
            return await unit.proposals.record(failures.PROPOSAL)

    async def decisions(self) -> tuple[Decision, ...]:
        """Every version."""
        async with self.units(read_only=True) as unit:
            return await unit.decisions.all(CASE)

    async def notices(self, kind: NoticeKind | None = None) -> tuple[Notice, ...]:
        """What people are told, of one kind or of all."""
        async with self.units(read_only=True) as unit:
            found = await unit.notices.of_verification(CASE)
        return tuple(each for each in found if kind in {None, each.kind})

    async def events(self) -> list[tuple[EventType, dict[str, Any]]]:
        """What the platform was told, in order."""
        async with self.units(read_only=True) as unit:
            told: tuple[Event, ...] = await unit.outbox.events_of(CASE)
        return [(event.type, json.loads(event.body)["data"]) for event in told]

    async def chain(self) -> tuple[AuditEntry, ...]:
        """The case's log, which is whole."""
        async with self.units(read_only=True) as unit:
            entries = await unit.audit.of_verification(CASE)
        assert broken_at(entries) is None
        return entries

    async def actions(self) -> list[str]:
        """What its entries say was done."""
        return [entry.action for entry in await self.chain()]


def answering(
    outcome: AppealOutcome = AppealOutcome.UPHELD, text: str = failed_case.ANSWER, version: int = 1
) -> Answering:
    """What an appeal reviewer sends."""
    return Answering(outcome, text, version)


@asynccontextmanager
async def redressed(kind: str, folder: Path) -> AsyncIterator[Redress]:
    """The services over the fake store or over SQLite."""
    if kind == "fake":
        yield Redress(FakeUnits())
        return
    async with await Store.open(fresh_database(folder), SEALER) as store:
        yield Redress(store.units)
