"""From one asking to a finding. One rule: ``admit`` is the only way to a finding that counts.

Called by core/assessment; service/interviewing and ``verifier audit`` come through there.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import InitVar, dataclass

from verifier.core.checklist import COMPREHENSION, DOCUMENT_BANK, FACE_BANK, IDENTITY_BANK, PROFILE_BANK, still_of
from verifier.core.evidence import Still
from verifier.core.model import Answer, Flag, FlagKind, ItemKind, ItemRun, PlannedItem
from verifier.core.policy import Policy
from verifier.core.quality.attribution import NOTHING_BAD
from verifier.core.quality.timeline import Timeline
from verifier.core.quality.window import WindowQuality, judge
from verifier.core.reasons import ReasonCode, weightiest_first
from verifier.core.samples import InterviewRows
from verifier.core.verdicts import Figure, Finding, Polarity

_POLARITY = {Answer.CONSISTENT: Polarity.SUPPORTING, Answer.INCONSISTENT: Polarity.ADVERSE}

_SEAL = object()


@dataclass(frozen=True, slots=True)
class AdmissibleFinding:
    """A finding that counts. Only ``admissible`` makes one, and only from what ``admit`` admitted."""

    finding: Finding
    seal: InitVar[object] = None

    def __post_init__(self, seal: object) -> None:
        """Refuse to exist without this module's seal.

        Raises:
            TypeError: made elsewhere, or from an inadmissible finding.
        """
        if seal is not _SEAL or not (self.finding.admissible and self.finding.in_scope):
            raise TypeError("An admissible finding comes from findings.admissible alone.")


def admit(
    run: ItemRun, item: PlannedItem, quality: WindowQuality | None, flags: Sequence[Flag], policy: Policy
) -> Finding:
    """The finding of one asking, admissible only if nothing at all speaks against it.

    Args:
        run: the asking.
        item: the item it asked, from the same interview's plan.
        quality: the verdict on the run's own window, None when there is no window to judge.
        flags: every flag of the interview.
        policy: the version pinned by the interview.
    """
    in_scope = is_in_scope(item)
    reasons = Counter(_objections(run, item, quality, flags, policy))
    duration = _duration(run, policy)
    if not duration.passed:
        reasons[ReasonCode.RUN_TOO_SHORT] += 1
    if not in_scope:
        reasons[ReasonCode.QUESTION_OUT_OF_SCOPE] += 1
    return Finding(
        run_id=run.id,
        interview_id=run.interview_id,
        item_key=run.item_key,
        admissible=not reasons,
        in_scope=in_scope,
        polarity=Polarity.NEUTRAL if run.answer is None else _POLARITY.get(run.answer, Polarity.NEUTRAL),
        reasons=weightiest_first(reasons),
        figures=(*quality.figures, duration) if quality else (duration,),
        blame=quality.blame if quality else NOTHING_BAD,
        policy_version=policy.version,
    )


def admissible(
    run: ItemRun, item: PlannedItem, quality: WindowQuality | None, flags: Sequence[Flag], policy: Policy
) -> AdmissibleFinding | None:
    """The finding of one asking when it counts, None when it does not; same arguments as ``admit``."""
    finding = admit(run, item, quality, flags, policy)
    return AdmissibleFinding(finding, _SEAL) if finding.admissible else None


def quality_of(
    run: ItemRun, item: PlannedItem, flags: Sequence[Flag], timeline: Timeline, rows: InterviewRows, policy: Policy
) -> WindowQuality | None:
    """The verdict on the window of one asking, None while it is open; also that of a run that has just ended."""
    if run.ended_ms is None:
        return None
    stills = stills_of(run, item, rows)
    return judge(timeline, run.started_ms, run.ended_ms, item.needs, flags, rows.frames, policy, stills)


def stills_of(run: ItemRun, item: PlannedItem, rows: InterviewRows) -> tuple[Still, ...]:
    """The stills that were taken within one asking and show what its item asks for."""
    return tuple(still for still in rows.stills if still.run_id == run.id and still.kind is still_of(item))


def is_in_scope(item: PlannedItem) -> bool:
    """Whether the question comes from the identity bank or asks about a claim of the snapshot."""
    match item.kind:
        case ItemKind.IDENTITY:
            field = item.question_id.removeprefix("identity.")
            return field in IDENTITY_BANK and item.claim_id is not None
        case ItemKind.FACE:
            return item.question_id in FACE_BANK
        case ItemKind.COMPREHENSION:
            return item.question_id in COMPREHENSION
        case ItemKind.PROFILE:
            bank = {f"profile.{which}" for which in range(len(PROFILE_BANK))}
            return item.question_id in bank and item.claim_id is not None
        case ItemKind.DOCUMENT:
            return item.question_id in DOCUMENT_BANK


def _objections(
    run: ItemRun, item: PlannedItem, quality: WindowQuality | None, flags: Sequence[Flag], policy: Policy
) -> list[ReasonCode]:
    objections = []
    if run.ended_ms is None or run.answer is None:
        objections.append(ReasonCode.RUN_UNANSWERED)
    if run.answer is Answer.NOT_HEARD:
        objections.append(ReasonCode.COMPREHENSION_NOT_HEARD)
    if any(_voids(flag, run, policy) for flag in flags):
        objections.append(ReasonCode.COMPREHENSION_REPORTED)
    if any(flag.kind is FlagKind.TELEMETRY for flag in flags):
        objections.append(ReasonCode.METRICS_DISPUTED)
    if quality is None or not _is_of(quality, run, item, policy):
        objections.append(ReasonCode.METRICS_MISSING)
    elif not quality.admissible:
        objections += [ReasonCode(reason) for reason in quality.reasons] or [ReasonCode.METRICS_MISSING]
    return objections


def _duration(run: ItemRun, policy: Policy) -> Figure:
    """How long the asking took, in ms."""
    took_ms = None if run.ended_ms is None else float(run.ended_ms - run.started_ms)
    passed = took_ms is not None and took_ms >= policy.min_asking_ms
    return Figure("duration", None, took_ms, float(policy.min_asking_ms), passed)


def _is_of(quality: WindowQuality, run: ItemRun, item: PlannedItem, policy: Policy) -> bool:
    """Whether the quality was judged on this run's window, for what this item needs, under this policy."""
    window = (quality.start_ms, quality.end_ms) == (run.started_ms, run.ended_ms)
    return (
        window
        and run.item_key == item.key
        and set(quality.needs) == set(item.needs)
        and quality.policy_version == policy.version
    )


def _voids(flag: Flag, run: ItemRun, policy: Policy) -> bool:
    """Whether "can't hear / understand" was pressed within the run's padded window."""
    if flag.kind is not FlagKind.CANT_HEAR or flag.at_ms < run.started_ms - policy.window_padding_ms:
        return False
    return run.ended_ms is None or flag.at_ms <= run.ended_ms + policy.window_padding_ms
