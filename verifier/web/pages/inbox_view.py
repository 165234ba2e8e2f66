"""The reviewers' inbox as variables of reviews.html. One rule: formats, never judges."""

from __future__ import annotations

from collections.abc import Sequence

from verifier.service.deliberating import Pending, Task
from verifier.web.pages.staff_view import Shown, View, clocks, sentences
from verifier.wording import review


def inbox(found: Sequence[Pending], view: View) -> Shown:
    """The variables ``mine`` and ``others`` of reviews.html."""
    rows = [_row(each, view) for each in found]
    waits = {Task.REACH.value, Task.ANSWER.value}
    return {
        "mine": [row for row in rows if not row["against"] and row["task"] not in waits],
        "others": [row for row in rows if row["against"] or row["task"] in waits],
    }


def _row(pending: Pending, view: View) -> Shown:
    name, why = review.TASKS[pending.task]
    return {
        "id": pending.interview.id,
        "reference": pending.case.external_id,
        "number": pending.interview.number,
        "freelancer": pending.case.legal_name,
        "interviewer": pending.interviewer.name,
        "test": pending.case.test,
        "task": pending.task.value,
        "name": view.say(name),
        "why": view.say(why),
        "flags": pending.open_flags,
        "clock": next(iter(clocks(pending.clocks, view)), None),
        "against": sentences(pending.against, view),
    }
