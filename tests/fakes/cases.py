"""Fakes of Verifications, Decisions, Effects, Consents, DeviceChecks, People, ApiKeys."""

from __future__ import annotations

from dataclasses import replace

from tests.fakes.state import Lent, found, pinned, put, refers, require
from verifier.core.access import ApiKey
from verifier.core.model import DeviceCheck, Person, Result, Verification, VerificationId, VerificationStatus
from verifier.core.verdicts import AccountEffectReport, Decision
from verifier.core.verification import CLOSED
from verifier.errors import Conflict
from verifier.ports.storage import Consent


class FakeVerifications:
    def __init__(self, lent: Lent) -> None:
        self._lent = lent

    async def add(self, verification: Verification) -> None:
        state = self._lent.changed
        same = (verification.external_id, verification.test)
        clash = any((v.external_id, v.test) == same and v.status not in CLOSED for v in state.verifications.values())
        if verification.status not in CLOSED and clash:
            raise Conflict("This is stored already; somebody else was first.")
        if len({claim.id for claim in verification.claims}) < len(verification.claims):
            raise Conflict("This is stored already; somebody else was first.")
        put(state.verifications, verification.id, replace(verification, metadata=dict(verification.metadata)))
        self._point(verification)

    async def get(self, id_: str) -> Verification:
        return found(self._lent.seen.verifications, id_)

    async def save(self, verification: Verification, expected: VerificationStatus) -> None:
        state = self._lent.changed
        stored = found(state.verifications, verification.id)
        if stored.status is not expected:
            raise Conflict(f"The verification is {stored.status} by now, not {expected}.")
        other = await self.open_of(stored.external_id, test=stored.test)
        if verification.status not in CLOSED and other is not None and other.id != stored.id:
            raise Conflict("This is stored already; somebody else was first.")
        state.verifications[verification.id] = replace(
            stored,
            status=verification.status,
            result=verification.result,
            waiting_since_ms=verification.waiting_since_ms,
            sequence=verification.sequence,
        )
        self._point(verification)

    async def page(self, *, test: bool, before: tuple[int, str] | None, limit: int) -> tuple[Verification, ...]:
        rows = [v for v in self._lent.seen.verifications.values() if v.test is test]
        rows.sort(key=lambda v: (v.created_ms, v.id), reverse=True)
        return tuple(v for v in rows if before is None or (v.created_ms, v.id) < before)[:limit]

    async def waiting(self) -> tuple[Verification, ...]:
        rows = [v for v in self._lent.seen.verifications.values() if v.status is VerificationStatus.WAITING]
        return tuple(sorted(rows, key=lambda v: (v.waiting_since_ms is not None, v.waiting_since_ms or 0, v.id)))

    async def in_status(self, *statuses: VerificationStatus) -> tuple[Verification, ...]:
        rows = [v for v in self._lent.seen.verifications.values() if v.status in statuses]
        return tuple(sorted(rows, key=lambda v: (v.created_ms, v.id)))

    async def open_of(self, external_id: str, *, test: bool) -> Verification | None:
        same = (external_id, test)
        rows = self._lent.seen.verifications.values()
        return next((v for v in rows if (v.external_id, v.test) == same and v.status not in CLOSED), None)

    def _point(self, verification: Verification) -> None:
        state = self._lent.changed
        if verification.result is Result.NONE:
            state.results.pop(verification.id, None)
            return
        versions = [version for id_, version in state.decisions if id_ == verification.id]
        newest = max(versions, default=0)
        stated = newest and state.decisions[verification.id, newest].result is verification.result
        state.results[verification.id] = (newest if stated else newest + 1, verification.result)


class FakeDecisions:
    def __init__(self, lent: Lent) -> None:
        self._lent = lent

    async def append(self, decision: Decision) -> None:
        state = self._lent.changed
        before = await self.current(decision.verification_id)
        newest = before.version if before else 0
        if 1 <= decision.version <= newest:
            raise Conflict("This is stored already; somebody else was first.")
        concluded = decision.result in {Result.VERIFIED, Result.FAILED}
        withdrawn = decision.result is Result.NONE
        interview = state.interviews.get(decision.interview_id)
        assessment = state.assessments.get(decision.interview_id)
        require(decision.version == newest + 1, "versions without holes")
        require(not withdrawn or (decision.version > 1 and decision.appeal_id is not None), "none by appeal alone")
        answer = state.appeal_answers.get(decision.appeal_id or "")
        own = answer is not None and answer.reviewer_id == decision.decided_by
        require(decision.appeal_id is None or own, "superseded by the answer to an appeal")
        require(interview is not None and interview.verification_id == decision.verification_id, "own interview")
        fits = assessment is not None and (withdrawn or assessment.conclusive is concluded)
        require(fits, "verified or failed if and only if conclusive")
        require(not concluded or decision.decided_by is not None, "a person decides verified and failed")
        pinned(state, decision.interview_id, decision.policy_version)
        refers(state.people, decision.decided_by)
        state.decisions[decision.verification_id, decision.version] = decision
        shown = state.results.get(decision.verification_id)
        if shown is not None and shown[1] is decision.result:
            state.results[decision.verification_id] = (decision.version, decision.result)

    async def current(self, id_: str) -> Decision | None:
        return next(reversed(await self.all(id_)), None)

    async def all(self, id_: str) -> tuple[Decision, ...]:
        rows = [decision for decision in self._lent.seen.decisions.values() if decision.verification_id == id_]
        return tuple(sorted(rows, key=lambda decision: decision.version))

    async def show(self, decision: Decision, at_ms: int) -> bool:
        key = (decision.verification_id, decision.version)
        refers(self._lent.changed.decisions, key)
        if key in self._lent.changed.shown:
            return False
        self._lent.changed.shown[key] = at_ms
        return True

    async def shown_ms(self, decision: Decision) -> int | None:
        return self._lent.seen.shown.get((decision.verification_id, decision.version))

    async def taken_back(self) -> tuple[VerificationId, ...]:
        rows = self._lent.seen.decisions
        failed = [one for one in rows.values() if one.result is Result.FAILED]
        return tuple(sorted({one.verification_id for one in failed if (one.verification_id, one.version + 1) in rows}))


class FakeEffects:
    def __init__(self, lent: Lent) -> None:
        self._lent = lent

    async def add(self, report: AccountEffectReport) -> None:
        state = self._lent.changed
        refers(state.verifications, report.verification_id)
        if report.decision_version:
            refers(state.decisions, (report.verification_id, report.decision_version))
        state.effects.append(report)

    async def of_verification(self, id_: str) -> tuple[AccountEffectReport, ...]:
        return tuple(report for report in self._lent.seen.effects if report.verification_id == id_)

    async def mismatched(self) -> tuple[VerificationId, ...]:
        return tuple(sorted({report.verification_id for report in self._lent.seen.effects if report.mismatch}))


class FakeConsents:
    def __init__(self, lent: Lent) -> None:
        self._lent = lent

    async def add(self, consent: Consent) -> None:
        refers(self._lent.changed.verifications, consent.verification_id)
        self._lent.changed.consents.append(consent)

    async def latest(self, id_: str) -> Consent | None:
        rows = [consent for consent in self._lent.seen.consents if consent.verification_id == id_]
        return max(reversed(rows), key=lambda consent: consent.at_ms, default=None)


class FakeDeviceChecks:
    def __init__(self, lent: Lent) -> None:
        self._lent = lent

    async def add(self, check: DeviceCheck) -> None:
        refers(self._lent.changed.people, check.person_id)
        refers(self._lent.changed.verifications, check.verification_id)
        self._lent.changed.device_checks.append(replace(check, figures=dict(check.figures)))

    async def latest_of_person(self, id_: str) -> DeviceCheck | None:
        return self._latest([check for check in self._lent.seen.device_checks if check.person_id == id_])

    async def latest_of_verification(self, id_: str) -> DeviceCheck | None:
        return self._latest([check for check in self._lent.seen.device_checks if check.verification_id == id_])

    def _latest(self, rows: list[DeviceCheck]) -> DeviceCheck | None:
        return max(reversed(rows), key=lambda check: check.at_ms, default=None)


class FakePeople:
    def __init__(self, lent: Lent) -> None:
        self._lent = lent

    async def add(self, person: Person, password_hash: str | None) -> None:
        if await self.by_email(person.email) is not None:
            raise Conflict("There is a person with this e-mail address already.", field="email")
        put(self._lent.changed.people, person.id, (person, password_hash))

    async def get(self, id_: str) -> Person:
        return found(self._lent.seen.people, id_)[0]

    async def by_email(self, email: str) -> tuple[Person, str | None] | None:
        key = email.strip().lower()
        rows = self._lent.seen.people.values()
        return next((row for row in rows if row[0].email.strip().lower() == key), None)

    async def save(self, person: Person) -> None:
        stored, password_hash = found(self._lent.changed.people, person.id)
        self._lent.changed.people[person.id] = (replace(person, email=stored.email), password_hash)

    async def set_password(self, id_: str, password_hash: str | None) -> None:
        self._lent.changed.people[id_] = (found(self._lent.changed.people, id_)[0], password_hash)

    async def all(self) -> tuple[Person, ...]:
        rows = (person for person, _ in self._lent.seen.people.values())
        return tuple(sorted(rows, key=lambda person: (person.name, person.id)))


class FakeApiKeys:
    def __init__(self, lent: Lent) -> None:
        self._lent = lent

    async def add(self, key: ApiKey) -> None:
        state = self._lent.changed
        if any(other.secret_hash == key.secret_hash for other in state.api_keys.values()):
            raise Conflict("This is stored already; somebody else was first.")
        put(state.api_keys, key.id, key)

    async def by_hash(self, secret_hash: str) -> ApiKey | None:
        return next((key for key in self._lent.seen.api_keys.values() if key.secret_hash == secret_hash), None)

    async def all(self) -> tuple[ApiKey, ...]:
        return tuple(sorted(self._lent.seen.api_keys.values(), key=lambda key: (key.created_ms, key.id)))
