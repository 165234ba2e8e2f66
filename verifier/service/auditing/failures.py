"""Every proposed and every confirmed failure, asked again for its moment. One rule: ``failure.confirm`` alone says yes.

Scene, statement, windows, bounces, views, trainings and people are taken as they stood when somebody acted. So facts
beyond the first, windows that a bounce stopped and forged but consistent rows are found, which no constraint of the
database can express.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from verifier.core import failure
from verifier.core.failure import SENTENCES, Failed, Objection
from verifier.core.notice import Notice, NoticeAttempt, NoticeKind, Outcome
from verifier.core.proposal import DeliveredBy, ProposalRecord, ProposalState, ResponseWindow
from verifier.core.verdicts import Decision, Finding, Polarity
from verifier.errors import IllegalState, RecordsDiffer
from verifier.service.auditing.record import CallRecord, CaseRecord

_FROM_ROWS = frozenset({Objection.NO_FINDING, Objection.FACT_NOT_FOUND})
"""What cannot be asked again once the raw rows have expired."""


def proposal_problems(record: CaseRecord) -> Iterator[str]:
    """Everything that is wrong with the proposals of a case."""
    numbers = [each.proposal.number for each in record.proposals]
    if numbers != list(range(1, len(numbers) + 1)):
        yield "proposals have a hole"
    for each in record.proposals:
        for what in _of_proposal(record, each):
            yield f"proposal {each.proposal.id}: {what}"


def confirmed(record: CaseRecord, call: CallRecord, one: Decision) -> Failed | None:
    """The failure as its confirmer found it; None where its rows have expired and nothing else speaks against it.

    Raises:
        NotAllowed: this person might not.
        IllegalState: nobody might, then.
        RecordsDiffer: there is no proposal, or nobody is named.
    """
    found = next((each for each in record.proposals if each.proposal.id == one.proposal_id), None)
    if found is None or one.decided_by is None:
        raise RecordsDiffer("It names no proposal of this case, or nobody who confirmed it.")
    if found.confirmed_ms != one.at_ms:
        raise RecordsDiffer("It is stored without what a failure rests on, or that was stored at another time.")
    then = _as_of(found, one.at_ms)
    reviewer = record.reviewer(one.decided_by, one.at_ms)
    if call.policy is None:
        raise RecordsDiffer("Nobody has the policy any more that its interview is pinned to.")
    if call.derived is not None:
        return failure.confirm(record.scene(call, call.policy, call.derived, one.at_ms), then, reviewer, one.at_ms)
    _refuse(_without_rows(record, call, then, one))
    return None


def _without_rows(record: CaseRecord, call: CallRecord, then: ProposalRecord, one: Decision) -> Iterator[Objection]:
    """What speaks against it but for what only raw rows could tell; the stored findings stand in for them."""
    assessment, confirmer = call.assessment, one.decided_by
    if assessment is None or call.policy is None or confirmer is None:
        yield Objection.INCONCLUSIVE
        return
    scene = record.scene(call, call.policy, (call.findings, assessment, ()), one.at_ms)
    asked = failure.objections_to_confirming(scene, then, record.reviewer(confirmer, one.at_ms), one.at_ms)
    yield from (objection for objection in asked if objection not in _FROM_ROWS)
    stored = {finding.run_id: finding for finding in call.findings}
    if not all(_adverse(stored.get(fact.run_id)) for fact in then.proposal.statement.facts):
        yield Objection.FACT_NOT_FOUND


def _adverse(finding: Finding | None) -> bool:
    return finding is not None and finding.admissible and finding.in_scope and finding.polarity is Polarity.ADVERSE


def _refuse(objections: Iterable[Objection]) -> None:
    for objection in objections:
        raise IllegalState(SENTENCES[objection])


def _as_of(record: ProposalRecord, at_ms: int) -> ProposalRecord:
    """The proposal with what had happened to it by then, but for its end."""
    answered = record.response is not None and record.response.at_ms <= at_ms
    return replace(
        record,
        windows=tuple(window for window in record.windows if window.opened_ms <= at_ms),
        stops=tuple(stop for stop in record.stops if stop.at_ms <= at_ms),
        response=record.response if answered else None,
        views=tuple(view for view in record.views if view.opened_ms <= at_ms),
        ruling=None,
        confirmed_ms=None,
    )


# ---------------------------------------------------------------- proposals and their windows


def _of_proposal(record: CaseRecord, found: ProposalRecord) -> Iterator[str]:
    proposal = found.proposal
    call = record.call(proposal.interview_id)
    if call is None or call.interview.interviewer_id != proposal.interviewer_id:
        yield "it is about no interview of this case, or names another interviewer"
        return
    if call.policy is not None and call.derived is not None:
        scene = record.scene(call, call.policy, call.derived, proposal.at_ms)
        reviewer = record.reviewer(proposal.proposer_id, proposal.at_ms)
        objections = (
            *failure.objections_to_proposing(scene, reviewer, proposal.at_ms),
            *failure.objections_to_statement(scene, proposal.statement),
        )
        for objection in dict.fromkeys(objections):
            yield f"the rules forbid it: {SENTENCES[objection]}"
    for window in found.windows:
        for what in _of_window(record, found, window):
            yield f"window {window.number}: {what}"
    yield from _response(found)
    if found.ruling is not None and found.confirmed_ms is not None:
        yield "it is both confirmed and rejected"
    if found.confirmed_ms is not None and not any(one.proposal_id == proposal.id for one in record.decisions):
        yield "it is confirmed without a decision"


def _of_window(record: CaseRecord, found: ProposalRecord, window: ResponseWindow) -> Iterator[str]:
    if window.closes_ms - window.opened_ms != found.proposal.statement.response_window_ms:
        yield "it is not as long as the statement says"
    if window.opened_ms < found.proposal.at_ms:
        yield "it opened before the proposal was made"
    earlier = [each for each in found.windows if each.number < window.number]
    stopped = {stop.number for stop in found.stops if stop.at_ms <= window.opened_ms}
    if any(each.number not in stopped for each in earlier):
        yield "it opened while another one was open"
    match window.delivered_by:
        case DeliveredBy.MAIL_ACCEPTED if window.opened_ms not in _accepted(record.notices, found):
            yield "no mail server accepted its notice then"
        case DeliveredBy.PAGE_OPENED if found.shown_ms is None or found.shown_ms > window.opened_ms:
            yield "the page had not shown the proposal then"


def _accepted(notices: Iterable[tuple[Notice, tuple[NoticeAttempt, ...]]], found: ProposalRecord) -> set[int]:
    """When mail servers accepted notices of a proposal."""
    return {
        attempt.at_ms
        for notice, attempts in notices
        if notice.kind is NoticeKind.FAILURE_PROPOSED and notice.subject_id == found.proposal.id
        for attempt in attempts
        if attempt.outcome is Outcome.ACCEPTED
    }


def _response(found: ProposalRecord) -> Iterator[str]:
    response = found.response
    if response is None:
        return
    then = replace(_as_of(found, response.at_ms), response=None)
    if then.state(response.at_ms) is not ProposalState.WINDOW_OPEN:
        yield "it was answered while no window was open"
