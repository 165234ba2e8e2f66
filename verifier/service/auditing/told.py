"""What the platform was told, against what is stored. One rule: every statement follows from rows, none is missing.

Bodies that redaction erased are passed over: the audit chain holds their digests.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from itertools import pairwise

from verifier.core import decision, events
from verifier.core.appeal import AppealAnswer, AppealOutcome
from verifier.core.decision import effect_mismatches
from verifier.core.events import Redress
from verifier.core.model import Result
from verifier.core.policy import PolicyBook
from verifier.core.proposal import RulingOutcome
from verifier.core.verdicts import Decision
from verifier.core.webhook import Event, EventType
from verifier.errors import PolicyInvalid
from verifier.service.auditing.decisions import inconclusive_by_freelancer
from verifier.service.auditing.record import CaseRecord

_NOT_COMPARED = frozenset({"next_action", "statement_url", "appeal_url"})


def told_problems(record: CaseRecord, policies: PolicyBook) -> Iterator[str]:
    """Everything that is wrong with the events of a case."""
    told = record.told
    if [event.sequence for event in told] != list(range(1, record.case.sequence + 1)):
        yield "the events of the case have a hole"
    try:
        yield from _decided(record, policies)
        yield from _redress(record, policies)
        if not _states(told, EventType.INTERVIEW_INCONCLUSIVE, _inconclusive(record, policies)):
            yield "the platform was told something else about an inconclusive interview than was found"
    except PolicyInvalid as error:
        yield f"nothing can be derived: {error.detail}"
    yield from _effects(record)
    for event in told:
        yield from _common(record, event)


def _decided(record: CaseRecord, policies: PolicyBook) -> Iterator[str]:
    """Whether every version was told, the first as decided, each later one as superseding."""
    versions = record.decisions
    terms = [Redress("", policies.pinned(one.policy_version).appeal_window_ms) for one in versions]
    first = [events.decided(one, terms[0]) for one in versions[:1]]
    later = [
        events.superseded(before, one, term) for (before, one), term in zip(pairwise(versions), terms[1:], strict=True)
    ]
    truly = _states(record.told, EventType.VERIFICATION_DECIDED, first)
    if not (truly and _states(record.told, EventType.DECISION_SUPERSEDED, later)):
        yield "the platform was told something else than was decided"


def _redress(record: CaseRecord, policies: PolicyBook) -> Iterator[str]:
    proposed = [events.failure_proposed(each.proposal, Redress("", 1)) for each in record.proposals]
    if not _states(record.told, EventType.VERIFICATION_FAILURE_PROPOSED, proposed):
        yield "the platform was told something else than was proposed"
    opened, answered = [], []
    versions = {one.version: one for one in record.decisions}
    for appeal, answer in record.appeals:
        against = versions.get(appeal.decision_version)
        if against is not None:
            due_ms = appeal.opened_ms + policies.promised(against.policy_version).appeal_answer_within_ms
            opened.append(events.appeal_opened(appeal, due_ms))
            if answer is not None:
                answered.append(events.appeal_decided(appeal, answer, _result_after(record, against, answer)))
    if not _states(record.told, EventType.APPEAL_OPENED, opened):
        yield "the platform was told something else about an appeal than was stored"
    if not _states(record.told, EventType.APPEAL_DECIDED, answered):
        yield "the platform was told something else about an appeal's answer than was given"
    ordered = sum(each.outcome is RulingOutcome.NEW_INTERVIEW for each in record.rulings)
    ordered += sum(answer is not None and answer.outcome is AppealOutcome.NEW_INTERVIEW for _, answer in record.appeals)
    if sum(event.type is EventType.VERIFICATION_NEW_INTERVIEW for event in record.told) != ordered:
        yield "the platform was told of other new interviews than were ordered"


def _result_after(record: CaseRecord, against: Decision, answer: AppealAnswer) -> Result:
    """What the case stated once the appeal was answered."""
    superseding = [one.result for one in record.decisions if one.appeal_id == answer.appeal_id]
    return superseding[0] if superseding else against.result


def _inconclusive(record: CaseRecord, policies: PolicyBook) -> list[events.Data]:
    """What the platform must have been told of each inconclusive interview, in order."""
    expected = []
    for call in record.calls:
        assessment = call.assessment
        if assessment is not None and not assessment.conclusive:
            most = policies.pinned(call.interview.policy_version).inconclusive_by_freelancer_max
            count = inconclusive_by_freelancer(record, call)
            permission = decision.allowed(assessment, call.flags, count, most)
            expected.append(events.interview_inconclusive(call.interview, assessment, permission.verdict))
    return expected


def _effects(record: CaseRecord) -> Iterator[str]:
    for report in record.effects:
        then = [one for one in record.decisions if one.at_ms <= report.at_ms]
        if report.mismatch is not effect_mismatches(then[-1] if then else None, report.decision_version, report.effect):
            yield "a report of the platform is called a contradiction although it is none, or the other way round"


def _common(record: CaseRecord, event: Event) -> Iterator[str]:
    if not event.body:
        return
    data = json.loads(event.body)["data"]
    if (data["verification_id"], data["sequence"], data["test"]) != (record.case.id, event.sequence, record.case.test):
        yield f"event {event.id} is about something else than its case"
    failed = {one.version for one in record.decisions if one.result is Result.FAILED}
    if data["recommended_account_effect"] == "suspend" and data.get("decision_version") not in failed:
        yield f"event {event.id} recommends a suspension that no failure supports"


def _states(told: Sequence[Event], kind: EventType, expected: Sequence[events.Data]) -> bool:
    """Whether the signed bodies of one type say exactly this.

    Apart from ``next_action``, which rests on the status too, from addresses, which may have moved since, and from
    what was erased.
    """
    bodies = [event.body for event in told if event.type is kind]
    wanted = [{key: value for key, value in data.items() if key not in _NOT_COMPARED} for data in expected]
    return len(bodies) == len(wanted) and all(
        not body or _has(json.loads(body)["data"], want) for body, want in zip(bodies, wanted, strict=True)
    )


def _has(data: events.Data, want: events.Data) -> bool:
    return {key: data.get(key) for key in want} == want
