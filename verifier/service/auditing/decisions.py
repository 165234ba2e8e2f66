"""Every decision version, made again by the core's own functions. One rule: it is what they give, or a difference.

What a reviewer needs to be entitled is asked for the moment of his act: trainings, conflicts, flags and later calls as
they were then.
"""

from __future__ import annotations

from collections.abc import Iterator

from verifier.core import decision
from verifier.core.failure import SENTENCES, objections_to_reviewer
from verifier.core.model import InterviewState, Result
from verifier.core.proposal import Ruling, RulingOutcome
from verifier.core.verdicts import Assessment, Decision
from verifier.errors import IllegalState, RecordsDiffer, VerifierError
from verifier.service.auditing.failures import confirmed
from verifier.service.auditing.record import CallRecord, CaseRecord


def decision_problems(record: CaseRecord) -> Iterator[str]:
    """Everything that is wrong with the decisions and rulings of a case."""
    versions = record.decisions
    if [one.version for one in versions] != list(range(1, len(versions) + 1)):
        yield "decision versions have a hole"
    if record.case.result is not (versions[-1].result if versions else Result.NONE):
        yield "the result is not that of the current decision"
    for place, one in enumerate(versions):
        before = versions[place - 1] if place else None
        for what in _of_version(record, one, before):
            yield f"decision {one.version}: {what}"
    for ruling in record.rulings:
        for what in _of_ruling(record, ruling):
            yield f"ruling {ruling.id}: {what}"
    yield from _resolutions(record)


def _of_version(record: CaseRecord, one: Decision, before: Decision | None) -> Iterator[str]:
    call = record.call(one.interview_id)
    if call is None:
        yield "it rests on an interview of another case"
        return
    if call.assessment is None:
        yield "it rests on an interview without an assessment"
        return
    if not record.is_last(call, one.at_ms):
        yield "there was a later interview when it was made"
    if before is not None and one.at_ms < before.at_ms:
        yield "it was made before the version that it replaces"
    try:
        made = _made_again(record, call, call.assessment, one, before)
    except VerifierError as error:
        yield f"the rules forbid it: {error.detail}"
        return
    if made is not None and made != one:
        yield "it is not what follows from its interview"


def _made_again(
    record: CaseRecord, call: CallRecord, assessment: Assessment, one: Decision, before: Decision | None
) -> Decision | None:
    """The version as the rules give it; None where it rests on rows that have expired.

    Raises:
        VerifierError: the rules give none.
    """
    case = decision.Case(record.case.id, one.at_ms)
    flags = call.open_flags(one.at_ms)
    if one.appeal_id is not None:
        return _superseding(record, call, assessment, one, before)
    match one.result:
        case Result.FAILED:
            outcome = confirmed(record, call, one)
            return None if outcome is None else decision.failed(outcome, before)
        case Result.INCONCLUSIVE:
            return decision.inconclusive(assessment, before, case)
        case Result.NONE:
            raise IllegalState("Nothing but the answer to an appeal takes a decision back.")
        case Result.VERIFIED:
            ruling = _ruling_of(record, one)
            if ruling is not None:
                return decision.ruled_verified(assessment, flags, before, ruling, case)
            return _verified(record, call, assessment, one, before)


def _verified(
    record: CaseRecord, call: CallRecord, assessment: Assessment, one: Decision, before: Decision | None
) -> Decision:
    if one.decided_by is None:
        raise IllegalState("The system by itself decides nothing but inconclusive.")
    most = call.policy.inconclusive_by_freelancer_max if call.policy else 0
    by_freelancer = inconclusive_by_freelancer(record, call)
    permission = decision.allowed(assessment, call.open_flags(one.at_ms), by_freelancer, most)
    case = decision.Case(record.case.id, one.at_ms)
    return decision.verified(assessment, permission, before, one.decided_by, case)


def _superseding(
    record: CaseRecord, call: CallRecord, assessment: Assessment, one: Decision, before: Decision | None
) -> Decision:
    pairs = [(appeal, answer) for appeal, answer in record.appeals if answer and appeal.id == one.appeal_id]
    if before is None or not pairs:
        raise RecordsDiffer("There is no answered appeal against the version before.")
    appeal, answer = pairs[0]
    about = decision.Case(record.case.id, answer.at_ms)
    flags = call.open_flags(answer.at_ms)
    return decision.superseding(assessment, flags, before, appeal, answer, about)


def inconclusive_by_freelancer(record: CaseRecord, call: CallRecord) -> int:
    """Inconclusive calls of the case up to and including this one that the freelancer's side caused."""
    calls = [each for each in record.calls if each.interview.number <= call.interview.number]
    return sum(decision.counts_against_link(each.interview, each.assessment) for each in calls)


def _ruling_of(record: CaseRecord, one: Decision) -> Ruling | None:
    """The reviewer's ruling that was written with this version."""
    about = (one.interview_id, one.decided_by, one.at_ms, one.proposal_id)
    return next(
        (each for each in record.rulings if (each.interview_id, each.person_id, each.at_ms, each.proposal_id) == about),
        None,
    )


def _of_ruling(record: CaseRecord, ruling: Ruling) -> Iterator[str]:
    call = record.call(ruling.interview_id)
    if call is None or call.assessment is None or call.interview.state is not InterviewState.ENDED:
        yield "it is about no ended interview of this case"
        return
    if not call.assessment.conclusive:
        yield "it is about an inconclusive interview"
    if not record.is_last(call, ruling.at_ms):
        yield "there was a later interview when it was given"
    for objection in objections_to_reviewer(
        call.interview, record.reviewer(ruling.person_id, ruling.at_ms), ruling.at_ms
    ):
        yield SENTENCES[objection]
    decided = any(_ruling_of(record, one) == ruling for one in record.decisions if one.result is Result.VERIFIED)
    if decided is not (ruling.outcome is RulingOutcome.VERIFIED):
        yield "what was decided is not what it says"
    rejected = [each for each in record.proposals if each.proposal.id == ruling.proposal_id]
    if ruling.proposal_id is not None and (not rejected or rejected[0].proposal.proposer_id == ruling.person_id):
        yield "a proposal is rejected by somebody else than who made it"


def _resolutions(record: CaseRecord) -> Iterator[str]:
    for call in record.calls:
        for each in call.resolutions:
            reviewer = record.reviewer(each.person_id, each.at_ms)
            for objection in objections_to_reviewer(call.interview, reviewer, each.at_ms):
                yield f"resolution of flag {each.flag_id}: {SENTENCES[objection]}"
