"""Conclusive or not, and why. One rule: computed from rows, runs and flags alone; nobody can choose otherwise.

``verdict`` runs everything from raw rows: at the end of a call, in ``verifier audit`` and ``verifier rescore``.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from verifier.core.findings import AdmissibleFinding, admissible, admit, quality_of
from verifier.core.model import Answer, EndCause, Flag, FlagKind, Interview, ItemKind, ItemRun, PlannedItem, Role
from verifier.core.policy import Policy
from verifier.core.quality.attribution import NOTHING_BAD
from verifier.core.quality.perception import perceive
from verifier.core.quality.timeline import SECOND_MS, Timeline
from verifier.core.quality.window import media_reasons_of
from verifier.core.reasons import ReasonCode, weightiest_first
from verifier.core.samples import InterviewRows
from verifier.core.shares import Held, Share, blame_of, live_share, relied_share, run_order
from verifier.core.verdicts import Assessment, Blame, Fault, Finding, Polarity

_TAIL_MS = 2 * SECOND_MS
"""Rows may end this much after the call: the last window's padding lies there."""
_IDENTIFYING = frozenset({ItemKind.IDENTITY, ItemKind.DOCUMENT, ItemKind.FACE})
"""Only these can contradict a claim: a code is about hearing, a skill answer never decides identity."""

_END_REASON = {
    EndCause.TECHNICAL_ABORT: ReasonCode.MEDIA_DISCONNECTED,
    EndCause.SERVER_LOST: ReasonCode.SERVER_FAULT,
}


def verdict(
    interview: Interview,
    plan: Sequence[PlannedItem],
    runs: Sequence[ItemRun],
    flags: Sequence[Flag],
    rows: InterviewRows,
    policy: Policy,
) -> tuple[tuple[Finding, ...], Assessment]:
    """A finding for every run, in the order of their beginning, and the assessment of the interview.

    Rows, runs and flags of another interview are left out; their order does not matter.
    """
    findings, assessment, _ = derived(interview, plan, runs, flags, rows, policy)
    return findings, assessment


def adverse_findings(
    interview: Interview,
    plan: Sequence[PlannedItem],
    runs: Sequence[ItemRun],
    flags: Sequence[Flag],
    rows: InterviewRows,
    policy: Policy,
) -> tuple[Assessment, tuple[AdmissibleFinding, ...]]:
    """The assessment, derived from the raw rows again, and every finding that could carry a failure.

    Such a finding is admissible, in scope and adverse, and its item was contradicted and never confirmed; relied on for
    its item, it leaves the share of bad seconds within the limit. There is none when the interview is inconclusive.
    """
    _, assessment, admitted = derived(interview, plan, runs, flags, rows, policy)
    return assessment, admitted


def derived(
    interview: Interview,
    plan: Sequence[PlannedItem],
    runs: Sequence[ItemRun],
    flags: Sequence[Flag],
    rows: InterviewRows,
    policy: Policy,
) -> tuple[tuple[Finding, ...], Assessment, tuple[AdmissibleFinding, ...]]:
    """What ``verdict`` gives and what ``adverse_findings`` gives, looking at the rows once."""
    own_rows = _of_interview(interview, rows)
    own_runs = [run for run in runs if run.interview_id == interview.id]
    own_flags = [flag for flag in flags if flag.interview_id == interview.id]
    timeline = timeline_of(interview, own_rows, policy)
    findings = find(plan, own_runs, own_flags, timeline, own_rows, policy)
    assessment = assess(interview, plan, own_runs, findings, timeline, own_flags, policy)
    items = {item.key: item for item in plan if item.key in assessment.adverse_items}
    adverse = {found.run_id for found in findings if found.polarity is Polarity.ADVERSE}
    held = Held(interview, tuple(plan), tuple(own_runs), _by_run(findings), timeline, tuple(own_flags), policy)
    admitted = []
    for run in sorted(own_runs, key=run_order):
        if not assessment.conclusive or run.id not in adverse or run.item_key not in items or run.ended_ms is None:
            continue
        if relied_share(held, run).share > policy.max_bad_share_relied:
            continue
        item = items[run.item_key]
        quality = quality_of(run, item, own_flags, timeline, own_rows, policy)
        finding = admissible(run, item, quality, own_flags, policy)
        admitted += [finding] if finding else []
    return findings, assessment, tuple(admitted)


def timeline_of(interview: Interview, rows: InterviewRows, policy: Policy) -> Timeline:
    """The seconds of the call from its first live one; none when both legs were never connected or it has not ended."""
    if interview.live_ms is None or interview.ended_ms is None:
        return perceive(rows, interview.created_ms, interview.created_ms, policy)
    return perceive(rows, interview.live_ms, interview.ended_ms + policy.window_padding_ms + _TAIL_MS, policy)


def find(
    plan: Sequence[PlannedItem],
    runs: Sequence[ItemRun],
    flags: Sequence[Flag],
    timeline: Timeline,
    rows: InterviewRows,
    policy: Policy,
) -> tuple[Finding, ...]:
    """A finding for every run of a planned item, in the order of their beginning."""
    items = {item.key: item for item in plan}
    findings = []
    for run in sorted(runs, key=run_order):
        item = items.get(run.item_key)
        if item is None:
            continue
        quality = quality_of(run, item, flags, timeline, rows, policy)
        findings.append(admit(run, item, quality, flags, policy))
    return tuple(findings)


def assess(
    interview: Interview,
    plan: Sequence[PlannedItem],
    runs: Sequence[ItemRun],
    findings: Sequence[Finding],
    timeline: Timeline,
    flags: Sequence[Flag],
    policy: Policy,
) -> Assessment:
    """Whether the interview is conclusive, from findings and timeline of this interview alone."""
    held = Held(interview, tuple(plan), tuple(runs), _by_run(findings), timeline, tuple(flags), policy)
    live, relied = live_share(held), relied_share(held)
    disputed = bool(timeline.problems) or any(flag.kind is FlagKind.TELEMETRY for flag in flags)
    conclusive = (
        interview.end_cause is not EndCause.SERVER_LOST
        and not disputed
        and not held.unresolved()
        and live.seconds > 0
        and relied.share <= policy.max_bad_share_relied
        and live.share <= policy.max_bad_share_live
    )
    found = blame_of(held, live, relied) if not conclusive else NOTHING_BAD
    adverse, differing = _adverse(held), _differing(held)
    return Assessment(
        interview_id=interview.id,
        conclusive=conclusive,
        all_consistent=conclusive and not adverse and not differing and _all_supported(held),
        adverse_items=adverse,
        disputed_items=differing,
        reasons=() if conclusive else _reasons(held, live, relied, found, disputed),
        blame=found,
        bad_share_relied=relied.share,
        bad_share_live=live.share,
        live_seconds=live.seconds,
        policy_version=policy.version,
    )


def _by_run(findings: Sequence[Finding]) -> dict[str, Finding]:
    return {finding.run_id: finding for finding in findings}


def _of_interview(interview: Interview, rows: InterviewRows) -> InterviewRows:
    return InterviewRows(
        tuple(row for row in rows.server if row.interview_id == interview.id),
        tuple(row for row in rows.browser if row.interview_id == interview.id),
        tuple(frame for frame in rows.frames if frame.interview_id == interview.id),
        tuple(still for still in rows.stills if still.interview_id == interview.id),
    )


# ---------------------------------------------------------------- answers


def _answers(held: Held, item: PlannedItem) -> set[Answer]:
    """Every answer given to an item, in admissible askings and in others."""
    own = (run for run in held.runs if run.item_key == item.key and run.interview_id == held.interview.id)
    return {run.answer for run in own if run.answer is not None}


def _adverse(held: Held) -> tuple[str, ...]:
    """Items with an admissible inconsistent run and no consistent run at all, admissible or not."""
    return tuple(
        item.key
        for item in held.plan
        if item.kind in _IDENTIFYING
        and Answer.CONSISTENT not in _answers(held, item)
        and any(f.admissible and f.in_scope and f.polarity is Polarity.ADVERSE for _, f in held.askings(item))
    )


def _differing(held: Held) -> tuple[str, ...]:
    """Items that were answered consistently in one run and inconsistently in another, admissible or not."""
    both = {Answer.CONSISTENT, Answer.INCONSISTENT}
    return tuple(item.key for item in held.plan if item.kind in _IDENTIFYING and both <= _answers(held, item))


def _all_supported(held: Held) -> bool:
    return all(any(run.answer is Answer.CONSISTENT for run in held.counting(item)) for item in held.mandatory)


# ---------------------------------------------------------------- reasons


def _reasons(held: Held, live: Share, relied: Share, found: Blame, disputed: bool) -> tuple[str, ...]:
    counts: Counter[ReasonCode] = Counter()
    for item in held.unresolved():
        counts.update(_item_reasons(held, item))
    counts.update(_call_reasons(held, live, found, disputed))
    if relied.seconds and relied.share > held.policy.max_bad_share_relied:
        counts.update(media_reasons_of(held.timeline, relied.bad, held.policy))
    if live.seconds and live.share > held.policy.max_bad_share_live:
        counts.update(media_reasons_of(held.timeline, live.bad, held.policy))
    reasons = weightiest_first(counts or Counter({ReasonCode.CHECKLIST_INCOMPLETE: 1}))
    if found.fault is Fault.SERVER or held.interview.end_cause is EndCause.SERVER_LOST:
        return _first(ReasonCode.SERVER_FAULT, reasons)
    return reasons


def _first(code: ReasonCode, reasons: tuple[str, ...]) -> tuple[str, ...]:
    """The reasons with this one, if it is among them, in front."""
    return tuple(sorted(reasons, key=lambda reason: reason != code))


def _call_reasons(held: Held, live: Share, found: Blame, disputed: bool) -> list[ReasonCode]:
    cause = held.interview.end_cause
    reasons = [_END_REASON[cause]] if cause in _END_REASON else []
    reasons += [ReasonCode.METRICS_DISPUTED] if disputed else []
    reasons += [] if live.seconds else [ReasonCode.MEDIA_NEVER_CONNECTED]
    return reasons + ([ReasonCode.INTERVIEWER_FAULT] if found.side is Role.INTERVIEWER else [])


def _item_reasons(held: Held, item: PlannedItem) -> list[ReasonCode]:
    """Why no run of the item counts."""
    reasons = [ReasonCode.CHECKLIST_INCOMPLETE]
    for _, finding in held.askings(item):
        reasons += [ReasonCode(reason) for reason in finding.reasons]
        if finding.admissible:
            reasons.append(ReasonCode.COMPREHENSION_NOT_HEARD)
    return reasons
