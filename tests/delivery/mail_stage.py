"""A proposed failure, the desk of notices over the in-memory units, and a worker."""

from __future__ import annotations

from pathlib import Path

from tests.contract import failed_case
from tests.core import failures
from tests.fakes import FakeUnits, ManualClock, SeededEntropy
from verifier.core.notice import Notice, NoticeAttempt, NoticeKind
from verifier.core.policy import PolicyBook
from verifier.delivery.mail import letterhead
from verifier.delivery.mail_worker import MailWorker, MailWorkerSettings
from verifier.delivery.smtp import Mailer
from verifier.ports import UnitOfWork
from verifier.service.noticing import Followers, Noticing, tell
from verifier.wording.letters import Letters

KEY = b"k" * 32
HEAD = letterhead("verifier <verify@verifier.test>", "", "bounces@verifier.test", KEY)
LETTERS = Letters(Path(__file__).parents[2] / "templates")
SETTINGS = MailWorkerSettings(poll_s=0.01)


class MailStage:
    """Everything that mail needs apart from a mail server."""

    def __init__(self, mailer: Mailer, settings: MailWorkerSettings = SETTINGS) -> None:
        self.units = FakeUnits()
        self.clock = ManualClock(failures.PROPOSED_MS)
        self.entropy = SeededEntropy()
        self.followed: list[str] = []

        async def follow(_unit: UnitOfWork, notice: Notice, _at_ms: int) -> None:
            self.followed.append(notice.state.value)

        kinds = dict.fromkeys(NoticeKind, follow)
        self.noticing = Noticing(
            self.units, self.clock, self.entropy, PolicyBook(), "https://verifier.example", Followers(kinds, kinds)
        )
        self.worker = self.process(mailer, settings)

    def process(self, mailer: Mailer, settings: MailWorkerSettings = SETTINGS) -> MailWorker:
        """A worker of another process over the same store."""
        return MailWorker(self.noticing, LETTERS, mailer, HEAD, self.clock, settings)

    async def begin(self) -> None:
        """The case and its proposal."""
        async with self.units() as unit:
            await failed_case.add_conclusive_call(unit)
            await unit.proposals.add(failures.proposal())

    async def tell(self) -> Notice:
        """One more notice of the proposal."""
        async with self.units() as unit:
            return await tell(
                unit, NoticeKind.FAILURE_PROPOSED, failures.PROPOSAL, self.clock, self.entropy, case=failed_case.CASE
            )

    async def stored(self, notice: Notice) -> Notice:
        async with self.units(read_only=True) as unit:
            return await unit.notices.get(notice.id)

    async def history(self, notice: Notice) -> tuple[NoticeAttempt, ...]:
        async with self.units(read_only=True) as unit:
            return await unit.notices.attempts(notice.id)
