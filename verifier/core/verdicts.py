"""What was concluded from the rows: bands, figures, blame, findings, assessments, decisions.

One rule: every value here was computed by a pure function and carries the policy version that it rests on.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from verifier.core.model import AppealId, InterviewId, PersonId, ProposalId, Result, Role, RunId, VerificationId
from verifier.core.samples import Stream


class Band(StrEnum):
    """How well one stream reached its sink in one second."""

    GOOD = "good"
    FAIR = "fair"
    POOR = "poor"
    BAD = "bad"
    UNKNOWN = "unknown"
    """No evidence for this second: counts as bad."""
    SETTLING = "settling"
    """Within the first seconds after a connect: not blamed, not admissible."""
    QUIET = "quiet"
    """Audio only: nobody spoke at the source, so there was nothing to hear."""


class Fault(StrEnum):
    """Whose leg, device or part was to blame."""

    FREELANCER_UPLINK = "freelancer_uplink"
    FREELANCER_DOWNLINK = "freelancer_downlink"
    INTERVIEWER_UPLINK = "interviewer_uplink"
    INTERVIEWER_DOWNLINK = "interviewer_downlink"
    FREELANCER_DEVICE = "freelancer_device"
    INTERVIEWER_DEVICE = "interviewer_device"
    SOURCE = "source"
    SERVER = "server"
    BOTH = "both"
    UNCLEAR = "unclear"


@dataclass(frozen=True, slots=True)
class Blame:
    """The side at fault and the share of bad seconds it explains (0..1). ``fault`` is None when nothing was bad."""

    fault: Fault | None
    explained: float
    side: Role | None = None
    """The participant whose leg or device it is; None for server, both and unclear."""


@dataclass(frozen=True, slots=True)
class Figure:
    """One test of a window: what was measured against which limit."""

    test: str
    """Wire name of the test, one of ``Policy.tests``, e.g. ``coverage`` or ``audio_concealment``."""
    stream: Stream | None
    value: float | None
    """None: nothing was measured, which never passes."""
    limit: float
    passed: bool


class Polarity(StrEnum):
    """What an answer says about the claim."""

    SUPPORTING = "supporting"
    ADVERSE = "adverse"
    NEUTRAL = "neutral"


@dataclass(frozen=True, slots=True)
class Finding:
    """The stored outcome of admission for one run, with every figure behind it."""

    run_id: RunId
    interview_id: InterviewId
    item_key: str
    admissible: bool
    in_scope: bool
    polarity: Polarity
    reasons: tuple[str, ...]
    """Why it is inadmissible, as reason codes; empty when admissible."""
    figures: tuple[Figure, ...]
    blame: Blame
    policy_version: str


@dataclass(frozen=True, slots=True)
class Assessment:
    """Conclusive or not, and why; computed, never chosen."""

    interview_id: InterviewId
    conclusive: bool
    all_consistent: bool
    """Every mandatory item has an admissible consistent run and nothing contradicts it."""
    adverse_items: tuple[str, ...]
    """Items with an admissible inconsistent run and no consistent run at all."""
    disputed_items: tuple[str, ...]
    """Items whose runs disagree."""
    reasons: tuple[str, ...]
    """Reason codes for inconclusive, most weighty first; empty when conclusive."""
    blame: Blame
    bad_share_relied: float
    """Bad seconds in the windows relied on, 0..1."""
    bad_share_live: float
    """Bad seconds over the live time, 0..1."""
    live_seconds: int
    policy_version: str


@dataclass(frozen=True, slots=True)
class Decision:
    """One version of the truth about a case. Append-only; the highest version is the current one."""

    verification_id: VerificationId
    version: int
    result: Result
    interview_id: InterviewId
    decided_by: PersonId | None
    """None: the system, which by itself may set only inconclusive."""
    reason_codes: tuple[str, ...]
    policy_version: str
    at_ms: int
    proposal_id: ProposalId | None = None
    """The confirmed proposal of a failure, or the one whose rejection led here."""
    appeal_id: AppealId | None = None
    """The appeal whose answer superseded the version before."""


class AccountEffect(StrEnum):
    """What the platform says it did with the freelancer's account."""

    NONE = "none"
    KEEP_CURRENT = "keep_current"
    SUSPEND = "suspend"
    REINSTATE = "reinstate"


@dataclass(frozen=True, slots=True)
class AccountEffectReport:
    """One report of the platform about its account; ``mismatch`` when it contradicts the decision."""

    verification_id: VerificationId
    decision_version: int
    effect: AccountEffect
    at_ms: int
    mismatch: bool
