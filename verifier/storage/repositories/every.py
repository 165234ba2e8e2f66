"""Every repository over one connection. One rule: each gets the same connection and knows of no other repository."""

from __future__ import annotations

from verifier.storage.connection import Connection
from verifier.storage.repositories.appeals import SqlAppeals, SqlEscalations
from verifier.storage.repositories.chain import SqlAuditTrail
from verifier.storage.repositories.checks import SqlConsents, SqlDeviceChecks
from verifier.storage.repositories.credentials import (
    SqlConflictsOfInterest,
    SqlRecoveryCodes,
    SqlSecondFactors,
    SqlStaffChanges,
)
from verifier.storage.repositories.decisions import SqlDecisions, SqlEffects
from verifier.storage.repositories.erasures import SqlErasures
from verifier.storage.repositories.evidence import SqlEvidenceKeys, SqlRecordings, SqlStills
from verifier.storage.repositories.idempotency import SqlIdempotency
from verifier.storage.repositories.interviews import SqlInterviews
from verifier.storage.repositories.keeping import SqlLegalHolds, SqlTombstones
from verifier.storage.repositories.links import SqlLinks
from verifier.storage.repositories.notices import SqlNotices
from verifier.storage.repositories.outbox import SqlOutbox
from verifier.storage.repositories.redress import SqlProposals
from verifier.storage.repositories.rulings import SqlRulings
from verifier.storage.repositories.runs import SqlFlags, SqlInterviewLog, SqlRuns
from verifier.storage.repositories.samples import SqlSamples
from verifier.storage.repositories.sessions import SqlSessions, SqlTickets
from verifier.storage.repositories.staff import SqlApiKeys, SqlPeople, SqlTrainings
from verifier.storage.repositories.verdicts import SqlVerdicts
from verifier.storage.repositories.verifications import SqlVerifications
from verifier.storage.sealing import Sealer


class _Cases:
    def __init__(self, connection: Connection, sealer: Sealer | None) -> None:
        self.verifications = SqlVerifications(connection)
        self.interviews = SqlInterviews(connection)
        self.runs = SqlRuns(connection)
        self.flags = SqlFlags(connection)
        self.log = SqlInterviewLog(connection)
        self.samples = SqlSamples(connection)
        self.verdicts = SqlVerdicts(connection)
        self.decisions = SqlDecisions(connection)
        self.effects = SqlEffects(connection)
        self.links = SqlLinks(connection)
        self.sessions = SqlSessions(connection)
        self.tickets = SqlTickets(connection)
        self.people = SqlPeople(connection)
        self.api_keys = SqlApiKeys(connection)
        self.device_checks = SqlDeviceChecks(connection)
        self.consents = SqlConsents(connection)
        self.idempotency = SqlIdempotency(connection)
        self.outbox = SqlOutbox(connection, sealer)
        self.notices = SqlNotices(connection)


class SqlRepositories(_Cases):
    """What a unit of work offers: cases and calls, then staff, review, redress and what is deleted."""

    def __init__(self, connection: Connection, sealer: Sealer | None) -> None:
        super().__init__(connection, sealer)
        self.second_factors = SqlSecondFactors(connection, sealer)
        self.recovery_codes = SqlRecoveryCodes(connection)
        self.staff_changes = SqlStaffChanges(connection)
        self.conflicts = SqlConflictsOfInterest(connection)
        self.trainings = SqlTrainings(connection)
        self.stills = SqlStills(connection)
        self.recordings = SqlRecordings(connection)
        self.evidence_keys = SqlEvidenceKeys(connection)
        self.proposals = SqlProposals(connection)
        self.rulings = SqlRulings(connection)
        self.appeals = SqlAppeals(connection)
        self.escalations = SqlEscalations(connection)
        self.audit = SqlAuditTrail(connection)
        self.tombstones = SqlTombstones(connection)
        self.holds = SqlLegalHolds(connection)
        self.erasures = SqlErasures(connection)
