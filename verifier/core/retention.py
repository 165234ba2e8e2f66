"""What of a case may be deleted, and from when on. One rule: never before the last appeal window is over, and longer.

``terms`` gives the term of everything that a case holds; ``due`` what has run out. Nothing of a case goes while it is
held, while an appeal is open, and, apart from stills of calls that say nothing, while it is open. Source: domain.md,
"Retention" and I5. Called by service/retaining, and by service/auditing on stored tombstones.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum

from verifier.core.appeal import APPEALABLE, appealable_until_ms
from verifier.core.model import EndCause, Interview, Result, Verification
from verifier.core.policy import Policy
from verifier.core.verdicts import Decision
from verifier.core.verification import CLOSED


class Kept(StrEnum):
    """What a case holds that goes some day."""

    EVIDENCE = "evidence"
    """Stills of one call, with the key that opens them."""
    SAMPLES = "samples"
    """The raw rows of one call, and what was said and typed in it; a tombstone takes their place."""
    PERSON = "person"
    """Who the case is about, and every word of it: what redaction erases."""


class Rule(StrEnum):
    """Why something is kept for as long as it is."""

    HELD = "held"
    APPEALED = "appealed"
    OPEN = "open"
    NOT_REACHED = "not_reached"
    NOT_REINSTATED = "not_reinstated"
    ABORTED = "aborted"
    INCONCLUSIVE = "inconclusive"
    VERIFIED = "verified"
    AFTER_APPEAL = "after_appeal"
    RECORD = "record"


@dataclass(frozen=True, slots=True)
class KeptCall:
    """One call of a case and what is still there of it."""

    interview: Interview
    conclusive: bool
    policy: Policy
    """The one pinned by the interview."""
    evidence: bool
    samples: bool


@dataclass(frozen=True, slots=True)
class KeptDecision:
    """One decision version and its appeal window."""

    decision: Decision
    delivered_ms: int | None
    """When the freelancer was told of it."""
    appeal_window_ms: int

    @property
    def until_ms(self) -> int | None:
        """Last moment for an appeal; the decision itself when there is nothing to appeal; None: he was not reached."""
        if self.decision.result not in APPEALABLE:
            return self.decision.at_ms
        return appealable_until_ms(self.decision.at_ms, self.delivered_ms, self.appeal_window_ms)


@dataclass(frozen=True, slots=True)
class KeptCase:
    """What the terms of a case follow from."""

    verification: Verification
    closed_ms: int
    """When something last happened in it; of a closed case that is when it was closed."""
    decisions: tuple[KeptDecision, ...]
    """By version."""
    calls: tuple[KeptCall, ...]
    appealed: bool
    """An appeal is open."""
    awaits_reinstatement: bool
    held: bool
    policy: Policy
    """The one that new interviews get: for what belongs to no call."""


@dataclass(frozen=True, slots=True)
class Term:
    """Until when one thing is kept, and why."""

    what: Kept
    subject_id: str
    """Id of the interview or the case."""
    rule: Rule
    not_before_ms: int | None
    """From then on it may go; None while that cannot be said."""


def terms(case: KeptCase) -> tuple[Term, ...]:
    """The term of everything that the case still holds, in the order of its calls."""
    block = _block(case)
    found = [*(term for call in case.calls for term in _of_call(case, call)), *_of_person(case)]
    if block is None:
        return tuple(found)
    return tuple(Term(term.what, term.subject_id, block, None) for term in found)


def due(found: Iterable[Term], now_ms: int) -> tuple[Term, ...]:
    """Those whose time has come."""
    return tuple(term for term in found if term.not_before_ms is not None and term.not_before_ms <= now_ms)


def last_appeal_ms(case: KeptCase) -> int | None:
    """When the last appeal window of a closed case ended or will end; None while it is open, or nobody was reached.

    Only the current version can be appealed against; windows of earlier ones that were longer still count.
    """
    if case.verification.status not in CLOSED:
        return None
    if not case.decisions:
        return case.closed_ms
    current = case.decisions[-1].until_ms
    if current is None:
        return None
    return max([case.closed_ms, current, *(each.until_ms or 0 for each in case.decisions)])


def _block(case: KeptCase) -> Rule | None:
    """What forbids deleting anything at all."""
    if case.held:
        return Rule.HELD
    return Rule.APPEALED if case.appealed else None


def _of_call(case: KeptCase, call: KeptCall) -> Iterator[Term]:
    if call.evidence:
        yield Term(Kept.EVIDENCE, call.interview.id, *_evidence(case, call))
    if call.samples:
        yield Term(Kept.SAMPLES, call.interview.id, *_after_appeal(case, call.policy.keep_after_appeal_ms))


def _evidence(case: KeptCase, call: KeptCall) -> tuple[Rule, int | None]:
    ended_ms, policy = call.interview.ended_ms, call.policy
    if ended_ms is None:
        return Rule.OPEN, None
    if not call.conclusive:
        aborted = call.interview.end_cause is EndCause.TECHNICAL_ABORT
        rule, time_ms = (
            (Rule.ABORTED, policy.keep_aborted_ms) if aborted else (Rule.INCONCLUSIVE, policy.keep_inconclusive_ms)
        )
        return rule, ended_ms + time_ms
    if case.verification.status not in CLOSED:
        return Rule.OPEN, None
    match case.verification.result:
        case Result.FAILED:
            return _after_appeal(case, policy.keep_after_appeal_ms)
        case Result.VERIFIED:
            return Rule.VERIFIED, case.closed_ms + policy.keep_verified_ms
        case Result.INCONCLUSIVE | Result.NONE:
            return Rule.INCONCLUSIVE, case.closed_ms + policy.keep_inconclusive_ms


def _after_appeal(case: KeptCase, time_ms: int) -> tuple[Rule, int | None]:
    until_ms = last_appeal_ms(case)
    if until_ms is None:
        return Rule.NOT_REACHED if case.verification.status in CLOSED else Rule.OPEN, None
    return Rule.AFTER_APPEAL, until_ms + time_ms


def _of_person(case: KeptCase) -> Iterator[Term]:
    if case.verification.redacted_ms is not None:
        return
    rule, not_before_ms = _after_appeal(case, 0)
    if not_before_ms is None:
        yield Term(Kept.PERSON, case.verification.id, rule, None)
    elif case.awaits_reinstatement:
        yield Term(Kept.PERSON, case.verification.id, Rule.NOT_REINSTATED, None)
    else:
        record_ms = case.closed_ms + case.policy.keep_record_ms
        yield Term(Kept.PERSON, case.verification.id, Rule.RECORD, max(not_before_ms, record_ms))
