"""Every promise of redress as a clock. One rule: a clock follows from rows and is seen by everybody.

The pages of both sides show the same clocks; service/escalating tells a person when one of ours runs out.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from verifier.core.appeal import APPEALABLE, Appeal, AppealAnswer, appealable_until_ms
from verifier.core.decision import awaits_reinstatement
from verifier.core.model import Interview, VerificationStatus
from verifier.core.policy import Policy
from verifier.core.proposal import OPEN, ProposalRecord, ProposalState
from verifier.core.verdicts import AccountEffectReport, Decision


class ClockKind(StrEnum):
    """What was promised."""

    DECIDE = "decide"
    """A conclusive interview is decided, or failure proposed."""
    REACH_FREELANCER = "reach_freelancer"
    """The notice of a proposal has to reach the freelancer before any time counts."""
    RESPOND = "respond"
    """The freelancer's own time to answer; nothing is held against him when it runs out but that others go on."""
    CONFIRM = "confirm"
    ANSWER_APPEAL = "answer_appeal"
    REINSTATE = "reinstate"
    """The platform reports that the account is in use again."""
    APPEAL = "appeal"
    """The freelancer's own time to appeal."""


OURS = frozenset({ClockKind.DECIDE, ClockKind.REACH_FREELANCER, ClockKind.CONFIRM, ClockKind.ANSWER_APPEAL})
"""Promises that we break when they run out."""
ESCALATED = OURS | {ClockKind.REINSTATE}
"""Clocks whose end is told to a person."""


@dataclass(frozen=True, slots=True)
class Clock:
    """One promise: until when, and about what."""

    kind: ClockKind
    subject_id: str
    """Id of the interview, proposal, appeal, or of the case and decision version as ``case/version``."""
    started_ms: int
    due_ms: int

    @property
    def name(self) -> str:
        """What tells it from every other clock, as one word: the subject of a notice about it."""
        return f"{self.kind}:{self.due_ms}:{self.subject_id}"

    def breached(self, now_ms: int) -> bool:
        """Whether it has run out."""
        return now_ms > self.due_ms


@dataclass(frozen=True, slots=True)
class CaseFacts:
    """What the clocks of a case follow from."""

    verification_id: str
    status: VerificationStatus
    last_interview: Interview | None
    conclusive: bool
    """The last interview's assessment."""
    proposals: tuple[ProposalRecord, ...]
    decisions: tuple[Decision, ...]
    appeals: tuple[tuple[Appeal, AppealAnswer | None], ...]
    effects: tuple[AccountEffectReport, ...]
    decision_delivered_ms: int | None
    """When the notice of the current decision was accepted or the page first showed it."""


def clocks(facts: CaseFacts, policy: Policy, now_ms: int) -> tuple[Clock, ...]:
    """The running clocks of a case by their end, the nearest first."""
    found = [*_review(facts, policy, now_ms), *_appeals(facts, policy), *_reinstatement(facts, policy)]
    return tuple(sorted(found, key=lambda clock: (clock.due_ms, clock.kind)))


def _review(facts: CaseFacts, policy: Policy, now_ms: int) -> Iterable[Clock]:
    interview = facts.last_interview
    open_ = [each for each in facts.proposals if each.state(now_ms) in OPEN]
    if open_:
        yield from _proposal(open_[-1], policy, now_ms)
    elif facts.status is VerificationStatus.IN_REVIEW and interview and interview.ended_ms and facts.conclusive:
        yield Clock(ClockKind.DECIDE, interview.id, interview.ended_ms, interview.ended_ms + policy.decide_within_ms)


def _proposal(record: ProposalRecord, policy: Policy, now_ms: int) -> Iterable[Clock]:
    proposal = record.proposal
    match record.state(now_ms):
        case ProposalState.NOTIFYING:
            since_ms = max([proposal.at_ms, *(stop.at_ms for stop in record.stops)])
            yield Clock(ClockKind.REACH_FREELANCER, proposal.id, since_ms, since_ms + policy.confirm_within_ms)
        case ProposalState.WINDOW_OPEN if record.window is not None:
            yield Clock(ClockKind.RESPOND, proposal.id, record.window.opened_ms, record.window.closes_ms)
        case ProposalState.TO_CONFIRM:
            closed_ms = record.window_closed_ms or now_ms
            yield Clock(ClockKind.CONFIRM, proposal.id, closed_ms, closed_ms + policy.confirm_within_ms)


def _appeals(facts: CaseFacts, policy: Policy) -> Iterable[Clock]:
    for appeal, answer in facts.appeals:
        if answer is None:
            due_ms = appeal.opened_ms + policy.appeal_answer_within_ms
            yield Clock(ClockKind.ANSWER_APPEAL, appeal.id, appeal.opened_ms, due_ms)
    current = max(facts.decisions, key=lambda each: each.version, default=None)
    if current is None or current.result not in APPEALABLE:
        return
    until_ms = appealable_until_ms(current.at_ms, facts.decision_delivered_ms, policy.appeal_window_ms)
    if until_ms is not None:
        subject = f"{facts.verification_id}/{current.version}"
        yield Clock(ClockKind.APPEAL, subject, current.at_ms, until_ms)


def _reinstatement(facts: CaseFacts, policy: Policy) -> Iterable[Clock]:
    since_ms = awaits_reinstatement(facts.decisions, facts.effects)
    if since_ms is not None:
        subject = f"{facts.verification_id}/{max(each.version for each in facts.decisions)}"
        yield Clock(ClockKind.REINSTATE, subject, since_ms, since_ms + policy.reinstate_within_ms)
