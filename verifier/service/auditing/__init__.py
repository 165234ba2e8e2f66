"""Deriving everything again from the raw rows. One rule: what does not follow from them is a difference.

``audit`` proves what no constraint of the database can express; ``rescore`` prints each verdict as canonical JSON. Each
case is loaded once (``record``) and given to the checks: ``calls``, ``decisions``, ``failures``, ``told``,
``standing``, ``keeping``, ``chain``. What rests on raw rows that have expired is told as expired, not as a difference.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass

from verifier.core.model import InterviewId, InterviewState, Verification
from verifier.core.policy import PolicyBook
from verifier.errors import VerifierError
from verifier.ports import Clock, UnitOfWorkFactory
from verifier.service.auditing.calls import call_problems, verdict_text
from verifier.service.auditing.chain import chain_problems
from verifier.service.auditing.decisions import decision_problems
from verifier.service.auditing.failures import proposal_problems
from verifier.service.auditing.keeping import keeping_problems
from verifier.service.auditing.record import CaseRecord, load, load_call
from verifier.service.auditing.standing import standing_problems
from verifier.service.auditing.told import told_problems

__all__ = ["Audited", "Auditing", "Difference", "Expired", "Rescored"]

EVERY = 2**31 - 1
PAGE = 500


@dataclass(frozen=True, slots=True)
class Difference:
    """Something stored that does not follow from what it rests on."""

    subject: str
    """Id of the interview or case."""
    what: str


@dataclass(frozen=True, slots=True)
class Expired:
    """An interview whose raw rows have expired: its verdict is proved by digests alone."""

    subject: str


@dataclass(frozen=True, slots=True)
class Audited:
    """One case was looked at."""

    subject: str


@dataclass(frozen=True, slots=True)
class Rescored:
    """One interview's verdict, derived again."""

    interview_id: InterviewId
    stored: str
    """Canonical JSON of the stored findings and assessment; empty when there is none."""
    derived: str
    """The same from the raw rows; what is stored once they have expired."""
    expired: bool = False

    @property
    def equal(self) -> bool:
        """Whether both are the same bytes."""
        return self.stored == self.derived


class Auditing:
    """Checks of the whole store."""

    def __init__(self, units: UnitOfWorkFactory, policies: PolicyBook, clock: Clock | None = None) -> None:
        """Without ``clock`` nothing is said of promises that are still to be kept."""
        self._units = units
        self._policies = policies
        self._clock = clock

    async def rescore(self) -> AsyncIterator[Rescored]:
        """Every ended interview, oldest first.

        Raises:
            PolicyInvalid: nobody has the policy any more that one is pinned to.
        """
        async with self._units(read_only=True) as unit:
            interviews = [one for one in await unit.interviews.recent(EVERY) if one.state is InterviewState.ENDED]
        for interview in reversed(interviews):
            self._policies.pinned(interview.policy_version)
            async with self._units(read_only=True) as unit:
                call = await load_call(unit, interview, self._policies)
            stored = verdict_text(call.findings, call.assessment) if call.assessment else ""
            derived = stored if call.derived is None else verdict_text(*call.derived[:2])
            yield Rescored(interview.id, stored, derived, expired=call.tombstone is not None)

    async def audit(self) -> AsyncIterator[Difference | Expired | Audited]:
        """Every difference found, every interview whose rows have expired, and after each case that it is done."""
        async for case in self._cases():
            for one in await self.case(case):
                yield one
            yield Audited(case.id)

    async def case(self, case: Verification) -> list[Difference | Expired]:
        """Every difference of one case, and its interviews whose rows have expired."""
        try:
            async with self._units(read_only=True) as unit:
                record = await load(unit, case, self._policies)
            return list(self._found(record))
        except (VerifierError, LookupError, TypeError, ValueError) as error:
            # Rows that no version of this product has written; whatever they break is theirs to answer for.
            return [Difference(case.id, f"what is stored of it cannot be read: {type(error).__name__} {error}")]

    def _found(self, record: CaseRecord) -> Iterator[Difference | Expired]:
        for call in record.calls:
            yield from (Difference(call.interview.id, what) for what in call_problems(record, call))
            if call.tombstone is not None:
                yield Expired(call.interview.id)
        now_ms = self._clock.now_ms() if self._clock else None
        yield from (Difference(record.case.id, what) for what in _of_case(record, self._policies, now_ms))

    async def _cases(self) -> AsyncIterator[Verification]:
        """Every case of both modes, those without any call too, newest first."""
        for test in (False, True):
            before: tuple[int, str] | None = None
            while True:
                async with self._units(read_only=True) as unit:
                    page = await unit.verifications.page(test=test, before=before, limit=PAGE)
                for case in page:
                    yield case
                if len(page) < PAGE:
                    break
                before = page[-1].created_ms, page[-1].id


def _of_case(record: CaseRecord, policies: PolicyBook, now_ms: int | None) -> Iterator[str]:
    yield from decision_problems(record)
    yield from proposal_problems(record)
    yield from told_problems(record, policies)
    yield from standing_problems(record, policies, now_ms)
    yield from keeping_problems(record, policies)
    yield from chain_problems(record)
