"""Conclusive or not, and why. One rule: computed from rows, runs and flags alone; nobody can choose otherwise.

``verdict`` runs everything from raw rows: at the end of a call, in ``verifier audit`` and ``verifier rescore``.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from verifier.core.findings import AdmissibleFinding, admissible, admit, quality_of
from verifier.core.model import Answer, EndCause, Flag, FlagKind, Interview, ItemKind, ItemRun, PlannedItem, Role
from verifier.core.policy import Policy
from verifier.core.quality.attribution import NOTHING_BAD, blame
from verifier.core.quality.perception import perceive
from verifier.core.quality.timeline import SECOND_MS, Timeline
from verifier.core.quality.window import bad_seconds, media_reasons_of, padded, streams_of
from verifier.core.reasons import ReasonCode, weightiest_first
from verifier.core.samples import InterviewRows, Stream
from verifier.core.verdicts import Assessment, Blame, Fault, Finding, Polarity

_TAIL_MS = 2 * SECOND_MS
"""Rows may end this much after the call: the last window's padding lies there."""
_GIVEN_UP_S = 30
"""Seconds before the end in which a link can be why somebody gave up."""

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

    Such a finding is admissible, in scope and adverse, and its item was contradicted and never confirmed; there is none
    when the interview is inconclusive.
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
    admitted = []
    for run in sorted(own_runs, key=_run_order):
        if not assessment.conclusive or run.id not in adverse or run.item_key not in items or run.ended_ms is None:
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
    for run in sorted(runs, key=_run_order):
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
    case = _Case(interview, tuple(plan), tuple(runs), {f.run_id: f for f in findings}, timeline, tuple(flags), policy)
    live, relied = _live(case), _relied(case)
    disputed = bool(timeline.problems) or any(flag.kind is FlagKind.TELEMETRY for flag in flags)
    conclusive = (
        interview.end_cause is not EndCause.SERVER_LOST
        and not disputed
        and not _unresolved(case)
        and live.seconds > 0
        and relied.share <= policy.max_bad_share_relied
        and live.share <= policy.max_bad_share_live
    )
    found = _blame(case, live, relied) if not conclusive else NOTHING_BAD
    adverse, differing = _adverse(case), _differing(case)
    return Assessment(
        interview_id=interview.id,
        conclusive=conclusive,
        all_consistent=conclusive and not adverse and not differing and _all_supported(case),
        adverse_items=adverse,
        disputed_items=differing,
        reasons=() if conclusive else _reasons(case, live, relied, found, disputed),
        blame=found,
        bad_share_relied=relied.share,
        bad_share_live=live.share,
        live_seconds=live.seconds,
        policy_version=policy.version,
    )


def _blame(case: _Case, live: _Share, relied: _Share) -> Blame:
    """Who explains the bad seconds, where these are why the interview is inconclusive.

    A bad second now and then is no reason: nobody is named in a call that ended early over good links. The freelancer
    never is in a call that our side has lost.
    """
    lost = case.interview.end_cause is EndCause.SERVER_LOST
    if not (lost or _spoiled(case, live, relied)):
        return NOTHING_BAD
    found = blame(case.timeline, live.bad, case.policy)
    return Blame(Fault.SERVER, found.explained) if lost and found.side is Role.FREELANCER else found


def _spoiled(case: _Case, live: _Share, relied: _Share) -> bool:
    """Whether bad seconds keep the interview from being conclusive: too many, in an asking, or before the end."""
    most = case.policy.max_bad_share_live
    last = min(live.seconds, _GIVEN_UP_S)
    late = {index for bad in live.bad.values() for index in bad if index >= live.seconds - last}
    return (
        (live.seconds > 0 and live.share > most)
        or (relied.seconds > 0 and relied.share > case.policy.max_bad_share_relied)
        or any(
            found.blame.fault for item in _unresolved(case) for _, found in case.askings(item) if not found.admissible
        )
        or len(late) > most * last
    )


@dataclass(frozen=True, slots=True)
class _Case:
    interview: Interview
    plan: tuple[PlannedItem, ...]
    runs: tuple[ItemRun, ...]
    findings: dict[str, Finding]
    timeline: Timeline
    flags: tuple[Flag, ...]
    policy: Policy

    @property
    def mandatory(self) -> tuple[PlannedItem, ...]:
        return tuple(item for item in self.plan if item.mandatory)

    def askings(self, item: PlannedItem) -> list[tuple[ItemRun, Finding]]:
        """Runs of the item that have a finding of this interview, in the order of their beginning."""
        return [
            (run, finding)
            for run in sorted(self.runs, key=_run_order)
            if run.item_key == item.key
            and (finding := self.findings.get(run.id)) is not None
            and finding.interview_id == run.interview_id == self.interview.id
        ]

    def counting(self, item: PlannedItem) -> list[ItemRun]:
        """Admissible runs of the item; of a code only those in which it was understood."""
        return [
            run
            for run, finding in self.askings(item)
            if finding.admissible and (item.kind is not ItemKind.COMPREHENSION or run.answer is Answer.CONSISTENT)
        ]


class _Share(NamedTuple):
    """Bad seconds within a number of seconds."""

    bad: dict[Stream, tuple[int, ...]]
    bad_seconds: int
    seconds: int

    @property
    def share(self) -> float:
        """0..1; all of it when there is nothing to look at."""
        return self.bad_seconds / self.seconds if self.seconds else 1.0


def _run_order(run: ItemRun) -> tuple[int, str, int, str]:
    return run.started_ms, run.item_key, run.number, run.id


def _of_interview(interview: Interview, rows: InterviewRows) -> InterviewRows:
    return InterviewRows(
        tuple(row for row in rows.server if row.interview_id == interview.id),
        tuple(row for row in rows.browser if row.interview_id == interview.id),
        tuple(frame for frame in rows.frames if frame.interview_id == interview.id),
        tuple(still for still in rows.stills if still.interview_id == interview.id),
    )


# ---------------------------------------------------------------- shares of bad seconds


def _live(case: _Case) -> _Share:
    """Bad seconds of the live time in any direction that a mandatory item needs."""
    begin, end = case.interview.live_ms, case.interview.ended_ms
    seconds = 0 if begin is None or end is None else max(0, (end - begin) // SECOND_MS)
    if not seconds or begin is None:
        return _Share({}, 0, 0)
    streams = streams_of([need for item in case.mandatory for need in item.needs])
    bad = bad_seconds(case.timeline, case.timeline.indices(begin, begin + seconds * SECOND_MS), streams)
    return _Share(bad, _distinct(bad), seconds)


def _relied(case: _Case) -> _Share:
    """Bad seconds of the windows relied on: for each mandatory item its best counting run.

    The best is the one that weighs least against the limit; so the share is within the limit exactly if some choice of
    runs is, and making any run worse can never help.
    """
    merged: dict[Stream, set[int]] = {stream: set() for stream in Stream}
    bad_total = seconds_total = 0
    for item in case.mandatory:
        options = [_window_share(case, item, run) for run in case.counting(item)]
        if options:
            limit = case.policy.max_bad_share_relied
            best = min(options, key=lambda option: option.bad_seconds - limit * option.seconds)
            bad_total, seconds_total = bad_total + best.bad_seconds, seconds_total + best.seconds
            for stream, indices in best.bad.items():
                merged[stream].update(indices)
    return _Share({s: tuple(sorted(i)) for s, i in merged.items() if i}, bad_total, seconds_total)


def _window_share(case: _Case, item: PlannedItem, run: ItemRun) -> _Share:
    indices = padded(case.timeline, run.started_ms, run.ended_ms or run.started_ms, case.policy)
    bad = bad_seconds(case.timeline, indices, streams_of(item.needs))
    return _Share(bad, _distinct(bad), len(indices))


def _distinct(bad: dict[Stream, tuple[int, ...]]) -> int:
    return len(set().union(*bad.values()))


# ---------------------------------------------------------------- answers


def _unresolved(case: _Case) -> list[PlannedItem]:
    """Mandatory items without a run that counts; a checklist without any mandatory item resolves nothing."""
    return [item for item in case.mandatory if not case.counting(item)] or (
        [] if case.mandatory else list(case.plan[:1])
    )


def _answers(case: _Case, item: PlannedItem) -> set[Answer]:
    """Every answer given to an item, in admissible askings and in others."""
    own = (run for run in case.runs if run.item_key == item.key and run.interview_id == case.interview.id)
    return {run.answer for run in own if run.answer is not None}


def _adverse(case: _Case) -> tuple[str, ...]:
    """Items with an admissible inconsistent run and no consistent run at all, admissible or not."""
    return tuple(
        item.key
        for item in case.plan
        if item.kind in _IDENTIFYING
        and Answer.CONSISTENT not in _answers(case, item)
        and any(f.admissible and f.in_scope and f.polarity is Polarity.ADVERSE for _, f in case.askings(item))
    )


def _differing(case: _Case) -> tuple[str, ...]:
    """Items that were answered consistently in one run and inconsistently in another, admissible or not."""
    both = {Answer.CONSISTENT, Answer.INCONSISTENT}
    return tuple(item.key for item in case.plan if item.kind in _IDENTIFYING and both <= _answers(case, item))


def _all_supported(case: _Case) -> bool:
    return all(any(run.answer is Answer.CONSISTENT for run in case.counting(item)) for item in case.mandatory)


# ---------------------------------------------------------------- reasons


def _reasons(case: _Case, live: _Share, relied: _Share, found: Blame, disputed: bool) -> tuple[str, ...]:
    counts: Counter[ReasonCode] = Counter()
    for item in _unresolved(case):
        counts.update(_item_reasons(case, item))
    counts.update(_call_reasons(case, live, found, disputed))
    if relied.seconds and relied.share > case.policy.max_bad_share_relied:
        counts.update(media_reasons_of(case.timeline, relied.bad, case.policy))
    if live.seconds and live.share > case.policy.max_bad_share_live:
        counts.update(media_reasons_of(case.timeline, live.bad, case.policy))
    reasons = weightiest_first(counts or Counter({ReasonCode.CHECKLIST_INCOMPLETE: 1}))
    if found.fault is Fault.SERVER or case.interview.end_cause is EndCause.SERVER_LOST:
        return _first(ReasonCode.SERVER_FAULT, reasons)
    return reasons


def _first(code: ReasonCode, reasons: tuple[str, ...]) -> tuple[str, ...]:
    """The reasons with this one, if it is among them, in front."""
    return tuple(sorted(reasons, key=lambda reason: reason != code))


def _call_reasons(case: _Case, live: _Share, found: Blame, disputed: bool) -> list[ReasonCode]:
    cause = case.interview.end_cause
    reasons = [_END_REASON[cause]] if cause in _END_REASON else []
    reasons += [ReasonCode.METRICS_DISPUTED] if disputed else []
    reasons += [] if live.seconds else [ReasonCode.MEDIA_NEVER_CONNECTED]
    return reasons + ([ReasonCode.INTERVIEWER_FAULT] if found.side is Role.INTERVIEWER else [])


def _item_reasons(case: _Case, item: PlannedItem) -> list[ReasonCode]:
    """Why no run of the item counts."""
    reasons = [ReasonCode.CHECKLIST_INCOMPLETE]
    for _, finding in case.askings(item):
        reasons += [ReasonCode(reason) for reason in finding.reasons]
        if finding.admissible:
            reasons.append(ReasonCode.COMPREHENSION_NOT_HEARD)
    return reasons
