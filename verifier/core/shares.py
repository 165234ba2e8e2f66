"""Which seconds of an interview were bad, as shares of those that its verdict rests on, and who explains them.

One rule: a share of nothing is a whole, and a link is named only where it is why nothing is concluded. Called by
assessment, which concludes.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from verifier.core.model import Answer, EndCause, Flag, Interview, ItemKind, ItemRun, PlannedItem, Role
from verifier.core.policy import Policy
from verifier.core.quality.attribution import NOTHING_BAD, blame
from verifier.core.quality.timeline import SECOND_MS, Timeline
from verifier.core.quality.window import bad_seconds, padded, streams_of
from verifier.core.samples import Stream
from verifier.core.verdicts import Blame, Fault, Finding

_GIVEN_UP_S = 30
"""Seconds before the end in which a link can be why somebody gave up."""


@dataclass(frozen=True, slots=True)
class Held:
    """One interview as it was held, with a finding for every run."""

    interview: Interview
    plan: tuple[PlannedItem, ...]
    runs: tuple[ItemRun, ...]
    findings: dict[str, Finding]
    timeline: Timeline
    flags: tuple[Flag, ...]
    policy: Policy

    @property
    def mandatory(self) -> tuple[PlannedItem, ...]:
        """Items without which nothing is concluded."""
        return tuple(item for item in self.plan if item.mandatory)

    def askings(self, item: PlannedItem) -> list[tuple[ItemRun, Finding]]:
        """Runs of the item that have a finding of this interview, in the order of their beginning."""
        return [
            (run, finding)
            for run in sorted(self.runs, key=run_order)
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

    def unresolved(self) -> list[PlannedItem]:
        """Mandatory items without a run that counts; a checklist without any mandatory item resolves nothing."""
        return [item for item in self.mandatory if not self.counting(item)] or (
            [] if self.mandatory else list(self.plan[:1])
        )


class Share(NamedTuple):
    """Bad seconds within a number of seconds."""

    bad: dict[Stream, tuple[int, ...]]
    bad_seconds: int
    seconds: int

    @property
    def share(self) -> float:
        """0..1; all of it when there is nothing to look at."""
        return self.bad_seconds / self.seconds if self.seconds else 1.0


def run_order(run: ItemRun) -> tuple[int, str, int, str]:
    """What runs are sorted by: their beginning."""
    return run.started_ms, run.item_key, run.number, run.id


# ---------------------------------------------------------------- shares of bad seconds


def live_share(held: Held) -> Share:
    """Bad seconds of the live time in any direction that a mandatory item needs."""
    begin, end = held.interview.live_ms, held.interview.ended_ms
    seconds = 0 if begin is None or end is None else max(0, (end - begin) // SECOND_MS)
    if not seconds or begin is None:
        return Share({}, 0, 0)
    streams = streams_of([need for item in held.mandatory for need in item.needs])
    bad = bad_seconds(held.timeline, held.timeline.indices(begin, begin + seconds * SECOND_MS), streams)
    return Share(bad, _distinct(bad), seconds)


def relied_share(held: Held, cited: ItemRun | None = None) -> Share:
    """Bad seconds of the windows relied on: for each mandatory item its best counting run.

    The best is the one that weighs least against the limit; so the share is within the limit exactly if some choice of
    runs is, and making any run worse can never help. A run that is ``cited`` is relied on for its item, whatever others
    that item has.
    """
    merged: dict[Stream, set[int]] = {stream: set() for stream in Stream}
    bad_total = seconds_total = 0
    for item in held.plan:
        own = cited is not None and item.key == cited.item_key
        if not (item.mandatory or own):
            continue
        runs = [cited] if own and cited is not None else held.counting(item)
        options = [_window_share(held, item, run) for run in runs]
        if options:
            limit = held.policy.max_bad_share_relied
            best = min(options, key=lambda option: option.bad_seconds - limit * option.seconds)
            bad_total, seconds_total = bad_total + best.bad_seconds, seconds_total + best.seconds
            for stream, indices in best.bad.items():
                merged[stream].update(indices)
    return Share({s: tuple(sorted(i)) for s, i in merged.items() if i}, bad_total, seconds_total)


def _window_share(held: Held, item: PlannedItem, run: ItemRun) -> Share:
    indices = padded(held.timeline, run.started_ms, run.ended_ms or run.started_ms, held.policy)
    bad = bad_seconds(held.timeline, indices, streams_of(item.needs))
    return Share(bad, _distinct(bad), len(indices))


def _distinct(bad: dict[Stream, tuple[int, ...]]) -> int:
    return len(set().union(*bad.values()))


# ---------------------------------------------------------------- who explains them


def blame_of(held: Held, live: Share, relied: Share) -> Blame:
    """Who explains the bad seconds, where these are why the interview is inconclusive.

    A bad second now and then is no reason: nobody is named in a call that ended early over good links. The freelancer
    never is in a call that our side has lost.
    """
    lost = held.interview.end_cause is EndCause.SERVER_LOST
    if not (lost or _spoiled(held, live, relied)):
        return NOTHING_BAD
    found = blame(held.timeline, live.bad, held.policy)
    return Blame(Fault.SERVER, found.explained) if lost and found.side is Role.FREELANCER else found


def _spoiled(held: Held, live: Share, relied: Share) -> bool:
    """Whether bad seconds keep the interview from being conclusive: too many, in an asking, or before the end."""
    most = held.policy.max_bad_share_live
    last = min(live.seconds, _GIVEN_UP_S)
    late = {index for bad in live.bad.values() for index in bad if index >= live.seconds - last}
    return (
        (live.seconds > 0 and live.share > most)
        or (relied.seconds > 0 and relied.share > held.policy.max_bad_share_relied)
        or any(
            found.blame.fault for item in held.unresolved() for _, found in held.askings(item) if not found.admissible
        )
        or len(late) > most * last
    )
