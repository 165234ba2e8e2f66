"""Everybody and everything that the machine moves: people, services over one store, and a ledger apart from the store.

The ledger notes what the machine itself did (which link it imposed, when a message arrived, who watched what). What is
proved afterwards is proved against the ledger, not against what the services wrote.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from tests.contract.examples import person
from tests.fakes import ManualClock
from tests.machine.calls import Held
from tests.service.stage import CASE_URL, Stage
from verifier.core.access import ApiKey, Scope
from verifier.core.chain import Actor, ActorKind
from verifier.core.model import (
    InterviewId,
    KeyId,
    Person,
    PersonId,
    ProposalId,
    StaffRole,
    Training,
    VerificationId,
)
from verifier.core.notice import NoticeKind
from verifier.core.principal import FreelancerPrincipal, PlatformPrincipal, StaffPrincipal
from verifier.ports import UnitOfWorkFactory
from verifier.service.appealing import Appealing
from verifier.service.confirming import Confirming
from verifier.service.escalating import Escalating
from verifier.service.noticing import Followers, Noticing
from verifier.service.proposing import Proposing
from verifier.service.recording_decisions import Recorder
from verifier.service.responding import Responding
from verifier.service.results import Results
from verifier.service.ruling import Rulings
from verifier.service.scenes import Scenes
from verifier.service.watching import STILL_READ, Watching

R = StaffRole
PEOPLE: dict[str, frozenset[StaffRole]] = {
    "per_ines": frozenset({R.INTERVIEWER}),
    "per_ivan": frozenset({R.INTERVIEWER, R.REVIEWER}),
    "per_rita": frozenset({R.REVIEWER}),
    "per_rolf": frozenset({R.REVIEWER}),
    "per_rosa": frozenset({R.REVIEWER, R.APPEAL_REVIEWER}),
    "per_alma": frozenset({R.APPEAL_REVIEWER}),
    "per_axel": frozenset({R.APPEAL_REVIEWER, R.INTERVIEWER}),
    "per_adam": frozenset({R.ADMINISTRATOR}),
    "per_nora": frozenset(),
}
"""Some hold several roles, so that nobody is kept apart by his role alone."""
YEAR_MS = 365 * 24 * 3_600_000


@dataclass
class Ledger:
    """What really happened, as the machine did it."""

    held: dict[InterviewId, Held] = field(default_factory=dict)
    reached: dict[ProposalId, list[int]] = field(default_factory=dict)
    """When a proposal's message arrived, or its page was opened."""
    shown: dict[ProposalId, int] = field(default_factory=dict)
    """When its page was first opened: from then on a message that comes back takes nothing from him."""
    lost: dict[ProposalId, list[int]] = field(default_factory=dict)
    """When its message came back."""
    answered: dict[ProposalId, int] = field(default_factory=dict)
    watched: dict[tuple[ProposalId, int, PersonId], int] = field(default_factory=dict)
    """Longest time that a person really watched a fact's stretch, in ms."""
    erased: dict[InterviewId, int] = field(default_factory=dict)
    """When the pictures of a call were erased."""
    trained: dict[PersonId, list[tuple[StaffRole, int, int]]] = field(default_factory=dict)
    steps: int = 0
    refused: int = 0
    failed: int = 0
    verified: int = 0
    overturned: int = 0


@dataclass
class World:
    """The services, the people, the ledger."""

    units: UnitOfWorkFactory
    stage: Stage = field(init=False)
    shared_clock: ManualClock | None = None
    """The clock of a server that runs over the same store; None: one of its own."""

    def __post_init__(self) -> None:
        self.stage = Stage(self.units, clock=self.shared_clock or ManualClock())
        self.ledger = Ledger()
        stage = self.stage
        self.clock, self.entropy = stage.clock, stage.entropy
        recorder = Recorder(self.clock, self.entropy, stage.book, CASE_URL)
        self.scenes = Scenes(self.units, stage.book)
        ports = (self.units, self.clock, self.entropy, self.scenes, recorder)
        notify: Callable[[], None] = lambda: None  # noqa: E731
        self.rulings = Rulings(*ports, notify)
        self.proposing = Proposing(*ports, notify)
        self.confirming = Confirming(*ports, self.rulings, notify)
        self.watching = Watching(self.units, self.clock, self.entropy)
        self.responding = Responding(self.units, self.clock, self.entropy)
        self.appealing = Appealing(self.units, self.clock, self.entropy, stage.book, recorder, self.scenes)
        self.escalating = Escalating(self.units, self.clock, self.entropy, stage.book)
        self.results = Results(self.units, self.clock, self.entropy, notify)
        follow = Followers(
            {NoticeKind.FAILURE_PROPOSED: self.responding.mail_accepted},
            {NoticeKind.FAILURE_PROPOSED: self.responding.mail_returned},
        )
        url = "https://verify.example.org"
        self.noticing = Noticing(self.units, self.clock, self.entropy, stage.book, url, follow)
        self.cases: list[VerificationId] = []
        key = ApiKey(KeyId("key_1"), "Shop", "vi_live_ab", "hash", False, frozenset(Scope), self.clock.now_ms())
        self.platform = PlatformPrincipal(key)

    async def fill(self) -> None:
        """Everybody works here, trained for a year."""
        for name, roles in PEOPLE.items():
            async with self.units() as unit:
                await unit.people.add(person(name, email=f"{name}@example.org", roles=roles), None)
            for role in sorted(roles):
                await self.train(PersonId(name), role, YEAR_MS)

    async def train(self, id_: PersonId, role: StaffRole, lasts_ms: int) -> None:
        """A training that is completed now."""
        now_ms = self.clock.now_ms()
        async with self.units() as unit:
            await unit.trainings.add(Training(id_, role, now_ms, now_ms + lasts_ms))
        self.ledger.trained.setdefault(id_, []).append((role, now_ms, now_ms + lasts_ms))

    async def who(self, name: str) -> StaffPrincipal:
        """Somebody, signed in."""
        async with self.units(read_only=True) as unit:
            found: Person = await unit.people.get(PersonId(name))
        return StaffPrincipal(found, f"session-{name}")

    def freelancer(self, case: VerificationId) -> FreelancerPrincipal:
        """The freelancer of a case, at his page."""
        return FreelancerPrincipal(case, f"session-{case}")

    async def new_case(self) -> VerificationId:
        """A case whose freelancer waits."""
        id_ = await self.stage.waits(f"ver_{len(self.cases) + 1}", external_id=f"case-{len(self.cases) + 1}")
        self.cases.append(id_)
        return id_

    async def standing(self, id_: InterviewId) -> str:
        """What a review page that is opened now carries."""
        derived = await self.scenes.derive(id_)
        async with self.units(read_only=True) as unit:
            return (await self.scenes.docket(unit, derived)).standing

    async def opened(self, case: VerificationId, by: PersonId, still: str) -> None:
        """Somebody opened a still, as the chain shows."""
        async with self.units() as unit:
            actor = Actor(ActorKind.STAFF, by)
            facts = {"still": still, "preview": False}
            await unit.audit.append(case, self.clock.now_ms(), STILL_READ, actor, facts)

    def trained(self, id_: PersonId, role: StaffRole, at_ms: int) -> bool:
        """Whether somebody was trained for a role at a moment, by the ledger."""
        known = self.ledger.trained.get(id_, [])
        return any(kind is role and begin <= at_ms <= end for kind, begin, end in known)
