"""The checklist as each side may see it. One rule: the freelancer sees neither what we expect nor a code to type.

Pure; called by service/interviewing after every change.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from verifier.core.checklist import code, hearing_side
from verifier.core.messages import Checklist, ChecklistItem
from verifier.core.model import Answer, ItemKind, ItemRun, PlannedItem, Role

Settled = Mapping[str, tuple[bool, tuple[str, ...]]]
"""Run id to (would be admissible, reasons)."""

FINAL_ANSWERS = frozenset({Answer.CONSISTENT, Answer.INCONSISTENT, Answer.NOT_CLAIMED, Answer.DECLINED, Answer.UNABLE})
"""Answers after which an admissible item needs no further asking."""


def checklist_for(
    role: Role, seed: int, plan: Sequence[PlannedItem], runs: Sequence[ItemRun], settled: Settled
) -> Checklist:
    """The whole checklist for ``role``, with the state of every item."""
    open_run = next((run for run in reversed(runs) if run.ended_ms is None), None)
    items = tuple(_line(role, seed, item, [run for run in runs if run.item_key == item.key], settled) for item in plan)
    return Checklist(
        items=items,
        current=open_run.item_key if open_run else None,
        run_id=open_run.id if open_run else None,
    )


def _line(role: Role, seed: int, item: PlannedItem, runs: Sequence[ItemRun], settled: Settled) -> ChecklistItem:
    status, reasons = _status(runs, settled)
    last = runs[-1] if runs else None
    return ChecklistItem(
        key=item.key,
        kind=item.kind,
        mandatory=item.mandatory,
        question=item.question,
        claim=_claim(role, seed, item, last),
        status=status,
        answer=last.answer if last and role is Role.INTERVIEWER else None,
        reasons=reasons,
        runs=len(runs),
        types_code=item.kind is ItemKind.COMPREHENSION and hearing_side(item) is role,
    )


def _claim(role: Role, seed: int, item: PlannedItem, last: ItemRun | None) -> str | None:
    if item.kind is ItemKind.COMPREHENSION:
        speaks = hearing_side(item) is not role
        return code(seed, item.key, last.number) if speaks and last and last.ended_ms is None else None
    if item.kind is ItemKind.PROFILE or role is Role.INTERVIEWER:
        return item.expected
    return None


def _status(runs: Sequence[ItemRun], settled: Settled) -> tuple[str, tuple[str, ...]]:
    """open, asking, settling, admissible or ask_again, and why an asking did not count."""
    if not runs:
        return "open", ()
    if runs[-1].ended_ms is None:
        return "asking", ()
    if any(settled.get(run.id, (False, ()))[0] and run.answer in FINAL_ANSWERS for run in runs):
        return "admissible", ()
    last = runs[-1]
    if last.id not in settled:
        return "settling", ()
    return "ask_again", settled[last.id][1] or ("answer.not_heard",)
