"""What was deleted, and what should have been. One rule: nothing went before its time or while it was held.

Files of evidence are compared with the rows when the audit is given the store that keeps them.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from verifier.core.erased import ERASED, is_erased
from verifier.core.policy import PolicyBook
from verifier.core.retention import KeptDecision
from verifier.service.auditing.record import CallRecord, CaseRecord

_DELETING = frozenset({"case.redacted", "samples.expired", "evidence.expired"})


def keeping_problems(record: CaseRecord, policies: PolicyBook) -> Iterator[str]:
    """Everything that is wrong with what was deleted of a case."""
    yield from _while_held(record)
    kept = [
        KeptDecision(one, record.delivered_ms[one.version], policies.promised(one.policy_version).appeal_window_ms)
        for one in record.decisions
    ]
    if record.case.redacted_ms is not None:
        if _too_early(kept, record.case.redacted_ms, 0):
            yield "it was redacted while its decision could still be appealed against"
        yield from _left(record)
    else:
        yield from _gone(record)
    for call in record.calls:
        for what in _of_call(call, kept):
            yield f"interview {call.interview.id}: {what}"


def _of_call(call: CallRecord, kept: Sequence[KeptDecision]) -> Iterator[str]:
    stone = call.tombstone
    after_ms = call.policy.keep_after_appeal_ms if call.policy else 0
    if stone is not None and (stone.at_ms < stone.not_before_ms or _too_early(kept, stone.not_before_ms, after_ms)):
        yield "its raw rows went before the last appeal window was over, and the time after it"
    if (call.stills or call.recordings) and call.key is None:
        yield "there are stills or recordings without a key that opens them"


def _too_early(kept: Sequence[KeptDecision], at_ms: int, after_ms: int) -> bool:
    """Whether a decision that stood then could still be appealed against, or was told to nobody."""
    standing = [each for each in kept if each.decision.at_ms <= at_ms]
    if not standing:
        return False
    until_ms = standing[-1].until_ms
    return until_ms is None or at_ms < until_ms + after_ms


def _while_held(record: CaseRecord) -> Iterator[str]:
    held = False
    for entry in record.chain:
        held = entry.action == "hold.placed" or (held and entry.action != "hold.released")
        if held and entry.action in _DELETING:
            yield f"something was deleted while the case was under legal hold: {entry.action}"


def _left(record: CaseRecord) -> Iterator[str]:
    """Words that redaction left."""
    case, redacted_ms = record.case, record.case.redacted_ms or 0
    names = [case.external_id, case.legal_name, *(claim.value for claim in case.claims)]
    if any(name != ERASED for name in names) or case.email or case.metadata:
        yield "it was redacted, but still tells whom it is about"
    texts = [*_texts(record), *(each.reason for each in record.holds if each.at_ms <= redacted_ms)]
    if not all(is_erased(text) for text in texts) or any(call.words for call in record.calls):
        yield "it was redacted, but words of it are left"


def _gone(record: CaseRecord) -> Iterator[str]:
    """Words that somebody deleted without redacting the case."""
    case = record.case
    names = [case.external_id, case.legal_name, *(claim.value for claim in case.claims)]
    texts = [*names, *_texts(record), *(each.reason for each in record.holds)]
    if any(is_erased(text) for text in texts) or not all(event.body for event in record.told):
        yield "words of it are gone although it was not redacted"


def _texts(record: CaseRecord) -> Iterator[str]:
    for each in record.proposals:
        yield from (fact.text for fact in each.proposal.statement.facts)
        yield from ([each.response.text] if each.response else [])
    yield from (each.text for each in record.rulings)
    yield from (each.text for call in record.calls for each in call.resolutions)
    yield from (item.question for call in record.calls for item in call.plan)
    for appeal, answer in record.appeals:
        yield appeal.text
        yield from ([answer.text] if answer else [])
