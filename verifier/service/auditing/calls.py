"""One call: checklist, codes, verdict, stills, rows. One rule: what does not follow from the rows is a difference.

Rows that have expired are not derived again: their tombstone is held against the chain, and against their time.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from verifier.core import checklist
from verifier.core.canonical import canonical
from verifier.core.model import Answer, InterviewState, ItemKind, ItemRun, PlannedItem
from verifier.core.policy import Policy
from verifier.core.quality.still import problems_of
from verifier.core.verdicts import Assessment, Finding
from verifier.service.auditing.record import CallRecord, CaseRecord


def call_problems(record: CaseRecord, call: CallRecord) -> Iterator[str]:
    """Everything that is wrong with one call."""
    if call.policy is None:
        yield f"nothing can be derived: The policy version {call.interview.policy_version} is not in the policy book."
        return
    if not record.redacted and call.tombstone is None:
        for run in _wrong_codes(call):
            yield f"run {run.id}: the answer does not follow from the typed code"
    yield from _checklist(record, call, call.policy)
    yield from _verdict(call)
    yield from _stills(call, call.policy)
    yield from _expired(call)


def verdict_text(findings: Sequence[Finding], assessment: Assessment) -> str:
    """Findings and assessment as canonical JSON."""
    return canonical({"findings": sorted(findings, key=lambda one: one.run_id), "assessment": assessment})


def _checklist(record: CaseRecord, call: CallRecord, policy: Policy) -> Iterator[str]:
    interview = call.interview
    last_round = max((item.round for item in call.plan), default=1)
    rounds = [item for number in range(2, 1 + last_round) for item in checklist.comprehension(number)]
    drawn = [*checklist.draw(interview.seed, record.case.claims, policy), *rounds]
    planned = list(call.plan)
    if record.redacted:
        drawn, planned = [_wordless(item) for item in drawn], [_wordless(item) for item in planned]
    if interview.checklist_version == checklist.VERSION and canonical(drawn) != canonical(planned):
        yield "the checklist does not follow from the seed and the claims"


def _wordless(item: PlannedItem) -> PlannedItem:
    return replace(item, question="", expected=None)


def _verdict(call: CallRecord) -> Iterator[str]:
    ended = call.interview.state is InterviewState.ENDED
    if not ended and call.assessment is not None:
        yield "there is a verdict on an interview that has not ended"
    if ended and call.assessment is None:
        yield "there is no verdict on an interview that has ended"
    if call.derived is not None and call.assessment is not None:
        findings, assessment, _ = call.derived
        if verdict_text(findings, assessment) != verdict_text(call.findings, call.assessment):
            yield "the stored verdict does not follow from the raw rows"


def _stills(call: CallRecord, policy: Policy) -> Iterator[str]:
    askings = {run.id: run for run in call.runs}
    for still in call.stills:
        problems = problems_of(still.kind, still, policy)
        if (still.problems, still.usable) != (problems, not problems):
            yield f"still {still.id}: whether it is usable does not follow from its figures"
        run = askings.get(still.run_id)
        if run is None or run.item_key != still.item_key:
            yield f"still {still.id}: it belongs to no asking of this interview"


def _expired(call: CallRecord) -> Iterator[str]:
    if call.tombstone is None:
        return
    if call.rows.server or call.rows.browser or call.rows.frames:
        yield "there are raw rows although a tombstone stands in their place"
    if call.words:
        yield "there are words of the call although its raw rows have expired"


def _wrong_codes(call: CallRecord) -> list[ItemRun]:
    """Comprehension runs whose answer is not what the comparison of the codes gives."""
    codes = {item.key for item in call.plan if item.kind is ItemKind.COMPREHENSION}
    seed = call.interview.seed
    return [
        run
        for run in call.runs
        if run.item_key in codes and run.answer is not None and run.answer is not _answer_by_code(seed, run)
    ]


def _answer_by_code(seed: int, run: ItemRun) -> Answer:
    if run.typed is None:
        return Answer.NOT_HEARD
    return checklist.code_answer(seed, run.item_key, run.number, run.typed)
