"""From an assessment to a decision version. One rule: a decision states only what the raw rows allow.

``failed`` takes a core/failure.Failed, which only ``failure.confirm`` can make. Called by service/deciding,
service/confirming and service/appealing; ``audit`` in service/auditing calls the same functions on stored rows.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from itertools import pairwise

from verifier.core.appeal import SENTENCES, Appeal, AppealAnswer, AppealOutcome, hindrance
from verifier.core.failure import Failed
from verifier.core.model import EndCause, Flag, FlagKind, Interview, PersonId, Result, Role, VerificationId
from verifier.core.proposal import Ruling, RulingOutcome
from verifier.core.verdicts import AccountEffect, AccountEffectReport, Assessment, Decision
from verifier.errors import IllegalState


class Verdict(StrEnum):
    """What the rules allow after a call has ended."""

    MAY_VERIFY = "may_verify"
    TO_REVIEW = "to_review"
    RETRY = "retry"
    EXHAUSTED = "exhausted"


@dataclass(frozen=True, slots=True)
class Allowed:
    """What may happen next and, in reason codes, why nothing else may."""

    verdict: Verdict
    reasons: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Case:
    """Which case is decided, and when."""

    verification_id: VerificationId
    at_ms: int


def allowed(assessment: Assessment, flags: tuple[Flag, ...], inconclusive_by_freelancer: int, most: int) -> Allowed:
    """What the rules allow for an ended interview.

    Args:
        assessment: the stored assessment of that interview.
        flags: every flag of that interview.
        inconclusive_by_freelancer: inconclusive interviews of the case caused by the freelancer's side, this one
            included.
        most: after this many of them the case goes to the alternative route.
    """
    if not assessment.conclusive:
        exhausted = assessment.blame.side is Role.FREELANCER and inconclusive_by_freelancer >= most
        return Allowed(Verdict.EXHAUSTED if exhausted else Verdict.RETRY, assessment.reasons)
    if any(flag.kind is FlagKind.FRAUD for flag in flags):
        return Allowed(Verdict.TO_REVIEW, ("review.fraud_flag",))
    if assessment.adverse_items:
        return Allowed(Verdict.TO_REVIEW, ("review.contradicted",))
    if assessment.disputed_items:
        return Allowed(Verdict.TO_REVIEW, ("review.answers_differ",))
    if not assessment.all_consistent:
        return Allowed(Verdict.TO_REVIEW, ("review.not_all_consistent",))
    return Allowed(Verdict.MAY_VERIFY, ())


def counts_against_link(interview: Interview, assessment: Assessment | None) -> bool:
    """Whether a call is one of those after which another way is offered, because this freelancer's side is too bad.

    A call that the interviewer left says nothing about the other's link, however its last seconds were.
    """
    if assessment is None or assessment.conclusive or interview.end_cause is EndCause.INTERVIEWER_LEFT:
        return False
    return assessment.blame.side is Role.FREELANCER


def verified(
    assessment: Assessment, permission: Allowed, current: Decision | None, decided_by: PersonId, case: Case
) -> Decision:
    """The next decision version, ``verified``.

    Raises:
        IllegalState: the assessment or the flags do not allow it.
    """
    if permission.verdict is not Verdict.MAY_VERIFY or not (assessment.conclusive and assessment.all_consistent):
        raise IllegalState("This interview does not allow the result verified.")
    return _next(assessment, current, Result.VERIFIED, decided_by, case)


def inconclusive(assessment: Assessment, current: Decision | None, case: Case) -> Decision:
    """The next decision version, ``inconclusive``; the system's own.

    Raises:
        IllegalState: the interview was conclusive.
    """
    if assessment.conclusive:
        raise IllegalState("A conclusive interview cannot be decided as inconclusive.")
    return _next(assessment, current, Result.INCONCLUSIVE, None, case)


def ruled_verified(
    assessment: Assessment, open_flags: tuple[Flag, ...], current: Decision | None, ruling: Ruling, case: Case
) -> Decision:
    """The next decision version, ``verified``, by a reviewer's ruling on a conclusive interview.

    Raises:
        IllegalState: the interview was inconclusive, a fraud flag is open, or the ruling says something else.
    """
    if not assessment.conclusive or ruling.interview_id != assessment.interview_id:
        raise IllegalState("Only a conclusive interview can be decided.")
    if any(flag.kind is FlagKind.FRAUD for flag in open_flags):
        raise IllegalState("Resolve every fraud flag of the interview first.")
    if ruling.outcome is not RulingOutcome.VERIFIED:
        raise IllegalState("This ruling does not say verified.")
    decided = _next(assessment, current, Result.VERIFIED, ruling.person_id, case)
    return replace(decided, proposal_id=ruling.proposal_id)


def failed(outcome: Failed, current: Decision | None) -> Decision:
    """The next decision version, ``failed``: what ``failure.confirm`` allowed, under the ground of its statement."""
    proposal = outcome.record.proposal
    case = Case(proposal.verification_id, outcome.at_ms)
    decided = _next(outcome.assessment, current, Result.FAILED, outcome.confirmer_id, case)
    return replace(decided, reason_codes=(f"ground.{proposal.statement.ground}",), proposal_id=proposal.id)


def superseding(
    assessment: Assessment,
    open_flags: tuple[Flag, ...],
    current: Decision,
    appeal: Appeal,
    answer: AppealAnswer,
    case: Case,
) -> Decision:
    """The next decision version after an appeal that changed something.

    Overturned: ``verified``, which needs a conclusive interview without an open fraud flag as any other. New interview:
    ``none``, so that nothing that was decided before is stated any more.

    Raises:
        IllegalState: the appeal was upheld, is about another version, or the rules do not allow ``verified``.
    """
    if appeal.decision_version != current.version or appeal.id != answer.appeal_id:
        raise IllegalState("The decision was changed meanwhile; the appeal is about an earlier version.")
    fraud_flagged = any(flag.kind is FlagKind.FRAUD for flag in open_flags)
    hindered = hindrance(
        answer.outcome, conclusive=assessment.conclusive, fraud_flagged=fraud_flagged, other_case=False
    )
    if hindered is not None:
        raise IllegalState(SENTENCES[hindered])
    match answer.outcome:
        case AppealOutcome.UPHELD:
            raise IllegalState("An appeal that is upheld changes no decision.")
        case AppealOutcome.OVERTURNED:
            result = Result.VERIFIED
        case AppealOutcome.NEW_INTERVIEW:
            result = Result.NONE
    decided = _next(assessment, current, result, answer.reviewer_id, case)
    return replace(decided, reason_codes=(f"appeal.{answer.outcome}",), appeal_id=appeal.id)


def _next(
    assessment: Assessment, current: Decision | None, result: Result, decided_by: PersonId | None, case: Case
) -> Decision:
    return Decision(
        verification_id=case.verification_id,
        version=(current.version if current else 0) + 1,
        result=result,
        interview_id=assessment.interview_id,
        decided_by=decided_by,
        reason_codes=assessment.reasons,
        policy_version=assessment.policy_version,
        at_ms=case.at_ms,
    )


def recommended_effect(result: Result) -> AccountEffect:
    """What we recommend the platform to do with the account: nothing but a failure may recommend an action."""
    match result:
        case Result.FAILED:
            return AccountEffect.SUSPEND
        case Result.VERIFIED | Result.INCONCLUSIVE:
            return AccountEffect.KEEP_CURRENT
        case Result.NONE:
            return AccountEffect.NONE


def effect_mismatches(current: Decision | None, version: int, effect: AccountEffect) -> bool:
    """Whether the platform's report contradicts the current decision: only a failure that stands supports a suspension.

    Args:
        current: the current decision; None before any.
        version: the version that the platform says it acted on; 0: none.
        effect: what it did.
    """
    stands = current is not None and current.result is Result.FAILED and current.version == version
    return effect is AccountEffect.SUSPEND and not stands


def suspended_by(reports: Sequence[AccountEffectReport]) -> AccountEffectReport | None:
    """The report after which the account is out of use, as far as the platform has said; None when it is in use.

    Only ``reinstate`` ends a suspension: whoever keeps a suspended account as it is keeps it suspended.
    """
    told = [each for each in reports if each.effect in {AccountEffect.SUSPEND, AccountEffect.REINSTATE}]
    return told[-1] if told and told[-1].effect is AccountEffect.SUSPEND else None


def contradiction(current: Decision | None, reports: Sequence[AccountEffectReport]) -> AccountEffectReport | None:
    """The report of a suspension that no decision supports and that still holds; None when there is none."""
    suspended = suspended_by(reports)
    if suspended is None or not suspended.mismatch:
        return None
    return None if current is not None and current.result is Result.FAILED else suspended


def awaits_reinstatement(decisions: Sequence[Decision], reports: Sequence[AccountEffectReport]) -> int | None:
    """Since when the platform owes a report that the account is in use again; None when it owes none.

    It owes one from the version that took a failure back: ``reinstate``, or, when it never reported a suspension, that
    nothing was changed.
    """
    taken_back = [
        after
        for before, after in pairwise(sorted(decisions, key=lambda each: each.version))
        if before.result is Result.FAILED and after.result is not Result.FAILED
    ]
    if not taken_back:
        return None
    since = taken_back[-1]
    restored = {AccountEffect.REINSTATE}
    if suspended_by(reports) is None:
        restored |= {AccountEffect.KEEP_CURRENT, AccountEffect.NONE}
    done = any(each.decision_version >= since.version and each.effect in restored for each in reports)
    return None if done else since.at_ms
