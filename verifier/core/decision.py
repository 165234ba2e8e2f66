"""From an assessment to a decision version. One rule: a decision states only what a stored assessment allows.

This version of the product knows two decisions, ``Verified`` and ``Inconclusive``; no adverse one exists. Called by
service/deciding; ``audit`` in service/auditing calls the same functions on stored rows.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from verifier.core.model import Flag, FlagKind, PersonId, Result, Role, VerificationId
from verifier.core.verdicts import AccountEffect, Assessment, Decision
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
    return AccountEffect.KEEP_CURRENT if result is not Result.NONE else AccountEffect.NONE


def effect_mismatches(result: Result, effect: AccountEffect) -> bool:
    """Whether the platform's report contradicts the decision: no result of this version supports a suspension."""
    return effect is AccountEffect.SUSPEND
