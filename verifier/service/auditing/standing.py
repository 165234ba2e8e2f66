"""Where a case stands, against how it came there; appeals, notices and broken promises with it.

One rule: a status, a notice and an alarm are each the end of a way that the rows still show.
"""

from __future__ import annotations

from collections.abc import Iterator

from verifier.core.appeal import APPEALABLE, Appeal, AppealAnswer, AppealOutcome, appealable_until_ms
from verifier.core.clocks import ESCALATED, CaseFacts, ClockKind, clocks
from verifier.core.involvement import involved
from verifier.core.model import InterviewState, StaffRole, VerificationStatus
from verifier.core.notice import Notice, NoticeAttempt, NoticeState, Outcome
from verifier.core.policy import PolicyBook
from verifier.core.proposal import RulingOutcome
from verifier.core.webhook import EventType
from verifier.service.auditing.record import CallRecord, CaseRecord

GRACE_MS = 3_600_000
"""A promise that was broken for longer than this without anybody being told was told to nobody."""

_S = VerificationStatus
_TOLD_BY = {
    _S.CANCELLED: EventType.VERIFICATION_CANCELLED,
    _S.EXPIRED: EventType.VERIFICATION_EXPIRED,
    _S.ALTERNATIVE_ROUTE: EventType.VERIFICATION_ALTERNATIVE_ROUTE,
}
"""Statuses that the platform is told of when they are reached."""


def standing_problems(record: CaseRecord, policies: PolicyBook, now_ms: int | None) -> Iterator[str]:
    """Everything that is wrong with status, appeals, notices and promises.

    Without ``now_ms`` nothing is said of promises that are still to be kept.
    """
    if not _reached(record):
        yield f"the status {record.case.status} does not follow from what happened"
    for appeal, answer in record.appeals:
        for what in _of_appeal(record, policies, appeal, answer):
            yield f"appeal {appeal.id}: {what}"
    for notice, attempts in record.notices:
        for what in _of_notice(notice, attempts):
            yield f"notice {notice.id}: {what}"
    yield from _promises(record, policies, now_ms)


# ---------------------------------------------------------------- status


def _reached(record: CaseRecord) -> bool:
    """Whether the case can have come to its status by what is stored of it."""
    status = record.case.status
    last = record.calls[-1] if record.calls else None
    running = last is not None and last.interview.state is not InterviewState.ENDED
    if running is not (status is _S.IN_INTERVIEW):
        return False
    match status:
        case _S.AWAITING_FREELANCER | _S.SCHEDULED | _S.IN_INTERVIEW:
            return True
        case _S.WAITING:
            return record.case.waiting_since_ms is not None
        case _S.IN_REVIEW | _S.AWAITING_RESPONSE:
            return _under_review(record, last)
        case _S.RETRY_OFFERED:
            return _may_come_again(record, last)
        case _S.COMPLETED:
            return (bool(record.decisions) and record.decisions[-1].appeal_id is None) or _overturned(record)
        case _S.CANCELLED | _S.EXPIRED | _S.ALTERNATIVE_ROUTE:
            return any(event.type is _TOLD_BY[status] for event in record.told)


def _under_review(record: CaseRecord, last: CallRecord | None) -> bool:
    if last is None or last.assessment is None or not last.assessment.conclusive:
        return False
    undecided = [each for each in record.proposals if each.ruling is None and each.confirmed_ms is None]
    return bool(undecided) or record.case.status is _S.IN_REVIEW


def _may_come_again(record: CaseRecord, last: CallRecord | None) -> bool:
    if last is None or last.assessment is None:
        return False
    ordered = [each.at_ms for each in record.rulings if each.outcome is RulingOutcome.NEW_INTERVIEW]
    answers = [answer for _, answer in record.appeals if answer is not None]
    ordered += [answer.at_ms for answer in answers if answer.outcome is AppealOutcome.NEW_INTERVIEW]
    ended_ms = last.interview.ended_ms or 0
    return not last.assessment.conclusive or any(at_ms >= ended_ms for at_ms in ordered)


def _overturned(record: CaseRecord) -> bool:
    last = record.decisions[-1] if record.decisions else None
    answers = {answer.appeal_id: answer for _, answer in record.appeals if answer is not None}
    answer = answers.get(last.appeal_id) if last is not None and last.appeal_id is not None else None
    return answer is not None and answer.outcome is AppealOutcome.OVERTURNED


# ---------------------------------------------------------------- appeals


def _of_appeal(record: CaseRecord, policies: PolicyBook, appeal: Appeal, answer: AppealAnswer | None) -> Iterator[str]:
    against = next((one for one in record.decisions if one.version == appeal.decision_version), None)
    if against is None or against.result not in APPEALABLE or appeal.opened_ms < against.at_ms:
        yield "it is against no decision that can be appealed against"
        return
    window_ms = policies.promised(against.policy_version).appeal_window_ms
    until_ms = appealable_until_ms(against.at_ms, record.delivered_ms.get(against.version), window_ms)
    if until_ms is not None and appeal.opened_ms > until_ms:
        yield "it was opened after its time"
    superseding = [one for one in record.decisions if one.appeal_id == appeal.id]
    changed = answer is not None and answer.outcome is not AppealOutcome.UPHELD
    if changed is not bool(superseding):
        yield "what was decided is not what its answer says"
    if answer is not None:
        yield from _answered(record, appeal, answer)


def _answered(record: CaseRecord, appeal: Appeal, answer: AppealAnswer) -> Iterator[str]:
    at_ms, who = answer.at_ms, answer.reviewer_id
    if at_ms < appeal.opened_ms:
        yield "it was answered before it was opened"
    parts = involved(
        (call.interview for call in record.calls if call.interview.created_ms <= at_ms),
        (each for each in record.proposals if each.proposal.at_ms <= at_ms),
        (each for each in record.rulings if each.at_ms <= at_ms),
        (each.person_id for call in record.calls for each in call.resolutions if each.at_ms <= at_ms),
        (one for one in record.decisions if one.at_ms <= at_ms and one.appeal_id != appeal.id),
        (other for _, other in record.appeals if other and other.at_ms < at_ms and other.appeal_id != appeal.id),
    )
    if who in parts:
        yield "it was answered by somebody who had a part in the case"
    reviewer = record.reviewer(who, at_ms)
    if StaffRole.APPEAL_REVIEWER not in reviewer.roles or reviewer.conflicted:
        yield "it was answered by somebody who is not trained for it, or has a conflict of interest"


# ---------------------------------------------------------------- notices and promises


def _of_notice(notice: Notice, attempts: tuple[NoticeAttempt, ...]) -> Iterator[str]:
    if [each.number for each in attempts] != list(range(1, notice.attempts + 1)):
        yield "its history has a hole"
    outcomes = {each.outcome for each in attempts}
    needed = {
        NoticeState.ACCEPTED: {Outcome.ACCEPTED},
        NoticeState.FILED: {Outcome.FILED},
        NoticeState.BOUNCED: {Outcome.REFUSED, Outcome.RETURNED},
        NoticeState.WITHDRAWN: {Outcome.OVERTAKEN},
    }
    if notice.state in needed and not needed[notice.state] & outcomes:
        yield f"nothing in its history made it {notice.state}"


def _promises(record: CaseRecord, policies: PolicyBook, now_ms: int | None) -> Iterator[str]:
    told = {(each.kind, each.subject_id, each.due_ms) for each in record.escalations}
    if any(each.started_ms < each.due_ms for each in record.escalations):
        yield "somebody was told of a broken promise before it was broken"
    for kind, subject, due_ms, kept_ms in _kept_late(record, policies):
        if kept_ms > due_ms + GRACE_MS and (kind, subject, due_ms) not in told:
            yield f"the promise {kind} about {subject} was kept too late and nobody was told"
    if now_ms is None or not record.calls:
        return
    policy = policies.promised(record.calls[-1].interview.policy_version)
    for clock in clocks(_facts(record), policy, now_ms):
        broken = clock.kind in ESCALATED and clock.breached(now_ms - GRACE_MS)
        if broken and (clock.kind, clock.subject_id, clock.due_ms) not in told:
            yield f"the promise {clock.kind} about {clock.subject_id} is broken and nobody was told"


def _kept_late(record: CaseRecord, policies: PolicyBook) -> Iterator[tuple[ClockKind, str, int, int]]:
    versions = {one.version: one for one in record.decisions}
    for appeal, answer in record.appeals:
        against = versions.get(appeal.decision_version)
        if answer is not None and against is not None:
            due_ms = appeal.opened_ms + policies.promised(against.policy_version).appeal_answer_within_ms
            yield ClockKind.ANSWER_APPEAL, appeal.id, due_ms, answer.at_ms
    for each in record.proposals:
        ended_ms = each.confirmed_ms if each.confirmed_ms is not None else each.ruling.at_ms if each.ruling else None
        closed_ms = each.window_closed_ms
        if ended_ms is not None and closed_ms is not None:
            policy = policies.promised(each.proposal.statement.policy_version)
            yield ClockKind.CONFIRM, each.proposal.id, closed_ms + policy.confirm_within_ms, ended_ms


def _facts(record: CaseRecord) -> CaseFacts:
    last = record.calls[-1]
    return CaseFacts(
        verification_id=record.case.id,
        status=record.case.status,
        last_interview=last.interview,
        conclusive=last.assessment is not None and last.assessment.conclusive,
        proposals=record.proposals,
        decisions=record.decisions,
        appeals=record.appeals,
        effects=record.effects,
        decision_delivered_ms=None,
    )
