"""Fake of UnitOfWork: one writer at a time, a snapshot for readers, nothing kept of a block that fails."""

from __future__ import annotations

import asyncio
from types import TracebackType
from typing import Self

from tests.fakes.access import FakeIdempotency, FakeLinks, FakeSessions, FakeTickets
from tests.fakes.calls import FakeFlags, FakeInterviewLog, FakeInterviews, FakeRuns, FakeSamples, FakeVerdicts
from tests.fakes.cases import (
    FakeApiKeys,
    FakeConsents,
    FakeDecisions,
    FakeDeviceChecks,
    FakeEffects,
    FakePeople,
    FakeVerifications,
)
from tests.fakes.credentials import FakeConflictsOfInterest, FakeRecoveryCodes, FakeSecondFactors, FakeStaffChanges
from tests.fakes.keeping import FakeErasures, FakeLegalHolds, FakeTombstones
from tests.fakes.notices import FakeNotices
from tests.fakes.outbox import FakeOutbox
from tests.fakes.redress import (
    FakeAppeals,
    FakeAuditTrail,
    FakeEscalations,
    FakeEvidenceKeys,
    FakeProposals,
    FakeRecordings,
    FakeRulings,
    FakeStills,
    FakeTrainings,
)
from tests.fakes.state import Lent, State
from verifier.errors import OurError


class FakeUnits:
    """The UnitOfWorkFactory over one in-memory state."""

    def __init__(self) -> None:
        self.state = State()
        """What has been committed; replaced, never changed in place."""
        self.turn = asyncio.Lock()

    def __call__(self, *, read_only: bool = False) -> FakeUnitOfWork:
        """A read-only one does not wait for writers and refuses writes."""
        return FakeUnitOfWork(self, read_only)


class FakeUnitOfWork:
    """Enter it once with ``async with``; afterwards its repositories refuse to work."""

    def __init__(self, units: FakeUnits, read_only: bool) -> None:
        self._units = units
        self._read_only = read_only
        self._used = False
        self._lent = lent = Lent(read_only)
        self.verifications = FakeVerifications(lent)
        self.interviews = FakeInterviews(lent)
        self.runs = FakeRuns(lent)
        self.flags = FakeFlags(lent)
        self.log = FakeInterviewLog(lent)
        self.samples = FakeSamples(lent)
        self.verdicts = FakeVerdicts(lent)
        self.decisions = FakeDecisions(lent)
        self.effects = FakeEffects(lent)
        self.links = FakeLinks(lent)
        self.sessions = FakeSessions(lent)
        self.tickets = FakeTickets(lent)
        self.people = FakePeople(lent)
        self.second_factors = FakeSecondFactors(lent)
        self.recovery_codes = FakeRecoveryCodes(lent)
        self.staff_changes = FakeStaffChanges(lent)
        self.conflicts = FakeConflictsOfInterest(lent)
        self.api_keys = FakeApiKeys(lent)
        self.device_checks = FakeDeviceChecks(lent)
        self.consents = FakeConsents(lent)
        self.idempotency = FakeIdempotency(lent)
        self.outbox = FakeOutbox(lent)
        self.notices = FakeNotices(lent)
        self.trainings = FakeTrainings(lent)
        self.stills = FakeStills(lent)
        self.recordings = FakeRecordings(lent)
        self.evidence_keys = FakeEvidenceKeys(lent)
        self.proposals = FakeProposals(lent)
        self.rulings = FakeRulings(lent)
        self.appeals = FakeAppeals(lent)
        self.escalations = FakeEscalations(lent)
        self.audit = FakeAuditTrail(lent)
        self.tombstones = FakeTombstones(lent)
        self.holds = FakeLegalHolds(lent)
        self.erasures = FakeErasures(lent)

    async def __aenter__(self) -> Self:
        if self._used:
            raise OurError("A unit of work is used once.")
        self._used = True
        if self._read_only:
            self._lent.lend(self._units.state)
        else:
            await self._units.turn.acquire()
            self._lent.lend(self._units.state.copy())
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        state = self._lent.seen
        self._lent.lend(None)
        if self._read_only:
            return
        try:
            if kind is None:
                state.check()
                self._units.state = state
        finally:
            self._units.turn.release()
