"""Everything around live calls, over either store: people, cases in the waiting room, calls driven second by second."""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

from tests.contract.examples import person, verification
from tests.core.rows import Call
from tests.fakes import FakeUnits, ManualClock, RecordingBus, SeededEntropy
from tests.fakes.evidence import JPEG_BYTES, FakeDecoder, FakeEvidence
from tests.fakes.media import FakeMediaEngine
from tests.storage.databases import SEALER, fresh_database
from verifier.core import checklist
from verifier.core.evidence import Still
from verifier.core.messages import Stats
from verifier.core.model import (
    Answer,
    Claim,
    ClaimId,
    ClaimKind,
    DeviceCheck,
    Interview,
    InterviewId,
    ItemKind,
    PersonId,
    PlannedItem,
    Role,
    RunId,
    Training,
    Verification,
    VerificationId,
    VerificationStatus,
)
from verifier.core.policy import PolicyBook
from verifier.core.principal import FreelancerPrincipal, StaffPrincipal
from verifier.core.samples import ConnectionState
from verifier.core.verdicts import Assessment, Finding
from verifier.core.webhook import Event
from verifier.media.muxing import mux
from verifier.ports import UnitOfWorkFactory
from verifier.ports.storage import Consent
from verifier.service.auditing import Auditing, Difference
from verifier.service.calls import Calls, LiveCall, interview_topic, verification_topic
from verifier.service.concluding import Concluding
from verifier.service.connecting import Connecting
from verifier.service.deciding import Deciding
from verifier.service.interviewing import Interviewing
from verifier.service.measuring import Measuring
from verifier.service.playing import Playing
from verifier.service.recording import Recordings
from verifier.service.recording_decisions import Recorder
from verifier.service.reviewing import Reviewing
from verifier.service.safekeeping import Safekeeping
from verifier.service.showing import Showing
from verifier.service.stills import Stills
from verifier.service.taking import Taking
from verifier.service.telling import Telling
from verifier.service.waiting import WaitingRoom
from verifier.storage import Store

F, I = Role.FREELANCER, Role.INTERVIEWER  # noqa: E741
CASE = VerificationId("ver_1")
CASE_URL = "https://verify.example.org/case"
TRAINED_MS = 365 * 86_400_000
ASK_S = 10
"""Seconds of one asking: both people speak within it."""
FIRST_S = 6
"""Live seconds before the first asking, so that nothing is settling."""
CLAIMS = (
    Claim(ClaimId("clm_city"), ClaimKind.IDENTITY, "city", "Köln"),
    Claim(ClaimId("clm_go"), ClaimKind.SKILL, "skill", "Go"),
)


@dataclass
class Stage:
    """The services of live calls with their ports in a test's hands."""

    units: UnitOfWorkFactory
    book: PolicyBook = field(default_factory=PolicyBook)
    file: Path | None = None
    clock: ManualClock = field(default_factory=ManualClock)
    entropy: SeededEntropy = field(default_factory=SeededEntropy)
    bus: RecordingBus = field(default_factory=RecordingBus)
    calls: Calls = field(default_factory=Calls)

    def __post_init__(self) -> None:
        self.media = FakeMediaEngine(self.clock)
        self.evidence, self.decoder = FakeEvidence(), FakeDecoder()
        self.start_process()

    def start_process(self) -> None:
        """Build every service; what a former process remembered is gone."""
        units, clock, entropy, policy = self.units, self.clock, self.entropy, self.book.current
        self.calls, telling = Calls(), Telling(self.bus)
        recorder = Recorder(clock, entropy, self.book, CASE_URL)
        self.concluding = Concluding(units, clock, entropy, self.media, self.calls, telling, self.book, recorder)
        self.recordings = Recordings(units, clock, entropy, self.media, self.calls, telling, self.evidence, mux)
        record = self.recordings.begin
        self.connecting = Connecting(units, clock, entropy, self.media, self.calls, telling, policy, record=record)
        self.interviewing = Interviewing(units, clock, entropy, self.calls, telling, self.concluding)
        self.measuring = Measuring(units, clock, self.media, self.calls, telling, self.concluding, policy)
        self.taking = Taking(units, clock, entropy, self.bus, self.calls, policy)
        self.deciding = Deciding(units, clock, self.book, recorder)
        self.waiting = WaitingRoom(units, clock, self.bus, self.calls)
        self.reviewing = Reviewing(units, clock, self.book)
        self.auditing = Auditing(units, self.book)
        stores = (self.evidence, self.decoder)
        self.stills = Stills(units, clock, entropy, self.calls, telling, *stores, self.book)
        self.showing = Showing(units, clock, self.evidence)
        self.playing = Playing(units, clock, self.evidence)
        self.safekeeping = Safekeeping(units, self.evidence, self.scrub)

    async def scrub(self) -> None:
        """Take what was overwritten out of the database's files, if it has any."""

    async def destroy(self, id_: InterviewId, safekeeping: Safekeeping | None = None) -> None:
        """Erase the evidence of an interview as retention does: its key, then every copy of it, then the files."""
        async with self.units() as unit:
            await unit.evidence_keys.destroy(id_, self.clock.now_ms())
        await (safekeeping or self.safekeeping).erase_files(id_)

    # ------------------------------------------------------------ people and cases

    async def interviewer(
        self, name: str = "per_anna", *, checked: bool = True, trained: bool = True, **changes: object
    ) -> StaffPrincipal:
        """A new interviewer and reviewer, trained for both, with a passed check."""
        somebody, now_ms = person(name, **changes), self.clock.now_ms()
        async with self.units() as unit:
            await unit.people.add(somebody, None)
            for role in sorted(somebody.roles) if trained else ():
                await unit.trainings.add(Training(somebody.id, role, now_ms, now_ms + TRAINED_MS))
        if checked:
            await self.check(somebody.id)
        return StaffPrincipal(somebody, f"session-{name}")

    async def check(self, id_: PersonId, *, passed: bool = True) -> None:
        """A device check made now."""
        async with self.units() as unit:
            await unit.device_checks.add(DeviceCheck(self.clock.now_ms(), passed, {"words": "good"}, id_))

    async def waits(self, id_: str = "ver_1", **changes: object) -> VerificationId:
        """A case whose freelancer sits in the waiting room from now on."""
        made = verification(id_, status=VerificationStatus.AWAITING_FREELANCER, claims=CLAIMS, **changes)
        async with self.units() as unit:
            await unit.verifications.add(made)
            await unit.consents.add(Consent(made.id, True, True, self.clock.now_ms()))
        await self.waiting.arrive(made.id)
        return made.id

    # ------------------------------------------------------------ one call

    async def live(self, by: StaffPrincipal, script: Call | None = None) -> LiveCall:
        """Taken, both sides connected, first live millisecond now."""
        call = await self.taken(by)
        self.media.script(call.interview.id, script or Call(300), self.clock.now_ms())
        for role in Role:
            await self.connected(call, role)
        return call

    async def taken(self, by: StaffPrincipal) -> LiveCall:
        """Taken, and the freelancer's page has left the waiting room for it."""
        call = self.calls.get(await self.taking.take_next(by))
        self.waiting.depart(call.verification.id)
        return call

    async def connected(self, call: LiveCall, role: Role) -> None:
        """The page asks for an offer, answers it and connects."""
        id_ = call.interview.id
        await self.connecting.ready(id_, role)
        await self.connecting.answer(id_, role, call.generations[role], "v=0 answer")
        await self.leg(call, role, ConnectionState.CONNECTED)

    async def leg(self, call: LiveCall, role: Role, state: ConnectionState, generation: int | None = None) -> None:
        """The engine reports a change of a leg, and the service has taken it."""
        self.media.change(call.interview.id, role, state, generation)
        while not self.connecting._events.empty():
            await self.connecting.take(self.connecting._events.get_nowait())

    async def seconds(self, call: LiveCall, count: int = 1, *, withheld: tuple[Role, ...] = ()) -> None:
        """Let seconds pass: both browsers report, then the pulse."""
        for _ in range(count):
            for step_ms in (130, 350, 520):
                since_ms = self.clock.now_ms()
                self.clock.advance(ms=step_ms)
                self._report(call, since_ms, withheld)
            await self.measuring.tick()

    def _report(self, call: LiveCall, since_ms: int, withheld: tuple[Role, ...]) -> None:
        if call.ended_by is not None:
            return
        for row in self.media.browser_rows(call.interview.id, since_ms):
            if row.leg not in withheld:
                generation = call.generations.get(row.leg, 0)
                stats = Stats(generation, row.sequence, row.client_ms, row.audio, row.video, row.source)
                self.measuring.take_stats(call.interview.id, row.leg, stats)

    async def ask(
        self, call: LiveCall, item: PlannedItem, answer: Answer | None = Answer.CONSISTENT, seconds: int = ASK_S
    ) -> RunId:
        """One whole asking; codes are typed right when the answer is consistent, else wrong."""
        id_ = call.interview.id
        await self.interviewing.start_run(id_, item.key)
        run = call.open_run
        assert run is not None
        await self.seconds(call, seconds)
        if item.kind is ItemKind.COMPREHENSION:
            right = checklist.code(call.interview.seed, item.key, run.number)
            typed = right if answer is Answer.CONSISTENT else "0000"
            await self.interviewing.type_code(id_, checklist.hearing_side(item), run.id, typed)
        elif answer is not None:
            await self.interviewing.answer_run(id_, run.id, answer)
        return run.id

    async def whole(
        self, by: StaffPrincipal, script: Call | None = None, *, answers: dict[str, Answer] | None = None
    ) -> LiveCall:
        """A call in which every mandatory item is asked once, completed and concluded."""
        call = await self.live(by, script)
        await self.seconds(call, FIRST_S)
        await self.ask_all(call, answers or {})
        await self.interviewing.complete(call.interview.id)
        await self.seconds(call, 4)
        return call

    async def capture(self, call: LiveCall, sent: bytes = JPEG_BYTES) -> Still:
        """A still of what the open run asks for: asked, taken and sent."""
        run = call.open_run
        assert run is not None
        id_ = await self.asked_still(call, run.id)
        await self.stills.taken(call.interview.id, id_)
        return await self.stills.receive(self.freelancer_of(call), id_, hashlib.sha256(sent).hexdigest(), sent)

    async def asked_still(self, call: LiveCall, run_id: str) -> str:
        """The id under which the freelancer's page is to send a still."""
        await self.stills.ask(call.interview.id, run_id)
        return str(self.told(call, Role.FREELANCER, "still_take")[-1]["still_id"])

    def freelancer_of(self, call: LiveCall) -> FreelancerPrincipal:
        """The browser of a call's freelancer."""
        return FreelancerPrincipal(call.verification.id, "session-freelancer")

    async def ask_all(self, call: LiveCall, answers: dict[str, Answer] | None = None) -> None:
        """Every mandatory item once, a second in between."""
        for item in [item for item in call.plan if item.mandatory]:
            await self.ask(call, item, (answers or {}).get(item.key, Answer.CONSISTENT))
            await self.seconds(call)

    # ------------------------------------------------------------ what came of it

    async def case(self, id_: VerificationId = CASE) -> Verification:
        """As stored."""
        async with self.units(read_only=True) as unit:
            return await unit.verifications.get(id_)

    async def interview(self, id_: InterviewId) -> Interview:
        """As stored."""
        async with self.units(read_only=True) as unit:
            return await unit.interviews.get(id_)

    async def assessment(self, id_: InterviewId) -> Assessment:
        """As stored; there is one."""
        async with self.units(read_only=True) as unit:
            found = await unit.verdicts.assessment(id_)
        assert found is not None
        return found

    async def findings(self, id_: InterviewId) -> dict[str, Finding]:
        """As stored, by run."""
        async with self.units(read_only=True) as unit:
            return {one.run_id: one for one in await unit.verdicts.findings(id_)}

    async def events(self, id_: VerificationId = CASE) -> tuple[Event, ...]:
        """What waits in the outbox of a case."""
        async with self.units(read_only=True) as unit:
            return await unit.outbox.events_of(id_)

    async def differences(self) -> list[str]:
        """What an audit names."""
        found = [one async for one in self.auditing.audit() if isinstance(one, Difference)]
        return [f"{one.subject}: {one.what}" for one in found]

    def told(self, call: LiveCall, role: Role, kind: str) -> list[dict[str, object]]:
        """Messages of one type that one side of a call was sent."""
        return [one for one in self.bus.on(interview_topic(call.interview.id, role)) if one["type"] == kind]

    def told_waiting(self, id_: VerificationId, kind: str) -> list[dict[str, object]]:
        """Messages of one type that a waiting freelancer was sent."""
        return [one for one in self.bus.on(verification_topic(id_)) if one["type"] == kind]


@asynccontextmanager
async def staged(kind: str, folder: Path, book: PolicyBook | None = None) -> AsyncIterator[Stage]:
    """A stage over the fake store or over SQLite."""
    known = book or PolicyBook()
    if kind == "fake":
        yield Stage(FakeUnits(), known)
        return
    url = fresh_database(folder)
    async with await Store.open(url, SEALER) as store:
        yield Stage(store.units, known, Path(url.removeprefix("sqlite:///")))


def code_of(call: LiveCall, item: PlannedItem, number: int = 1) -> str:
    """The digits that one asking has."""
    return checklist.code(call.interview.seed, item.key, number)


def item_of(call: LiveCall, begin: str) -> PlannedItem:
    """The first planned item whose key begins so."""
    return next(item for item in call.plan if item.key.startswith(begin))


def damaged(call: Call, **changes: object) -> Call:
    """The same call with fields of the script changed."""
    return replace(call, **changes)
