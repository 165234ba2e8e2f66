"""The audit chain of a case, against the rows that it tells of. One rule: whatever stands on one side stands on both.

A chain that is whole proves its rows only if each of them is in it; so both are listed and compared, digests and actors
included. Entries cut off at the end are found as far as something else is stored that they told of; the rest shows
against an export that somebody holds (its head).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import NamedTuple

from verifier.core.canonical import plain
from verifier.core.chain import AuditEntry, broken_at, digest_of, text_digest
from verifier.core.erased import is_erased
from verifier.core.proof import askings_digest, rows_digest, verdict_digest
from verifier.core.proposal import ProposalRecord
from verifier.core.tombstone import Tombstone
from verifier.service.auditing.record import CallRecord, CaseRecord

NEAR_MS = 60_000
"""A row and the entry of the same transaction were made within this time."""
UPLOAD_MS = 15 * 60_000
"""A still is dated when it was asked for and stored once it has arrived."""


class _Row(NamedTuple):
    """What the chain must tell of one row; facts that are None were erased and cannot be compared."""

    key: str
    facts: Mapping[str, object]
    actor_id: str | None
    at_ms: int
    later_ms: int = NEAR_MS
    """The entry may be this much later."""


def chain_problems(record: CaseRecord) -> Iterator[str]:
    """Everything that is wrong with the chain, or not in it."""
    broken = broken_at(record.chain)
    if broken is not None:
        yield f"the audit chain is broken at entry {broken}"
    for action, rows, key in _TOLD:
        yield from _compared(record, action, list(rows(record)), key)


def _compared(record: CaseRecord, action: str, rows: list[_Row], key: Callable[[AuditEntry], str]) -> Iterator[str]:
    entries: dict[str, AuditEntry] = {}
    for entry in record.entries(action):
        if key(entry) in entries:
            yield f"the audit chain tells of {action} {key(entry)} twice"
        entries.setdefault(key(entry), entry)
    known = {row.key for row in rows}
    for missing in sorted(set(entries) - known):
        yield f"the audit chain tells of {action} {missing}, which is not stored"
    for row in rows:
        found = entries.get(row.key)
        if found is None:
            yield f"the audit chain does not tell of {action} {row.key}"
        elif not _agrees(record, row, found):
            yield f"{action} {row.key}: what is stored is not what the audit chain tells"


def _agrees(record: CaseRecord, row: _Row, entry: AuditEntry) -> bool:
    before = record.chain[entry.sequence - 2] if entry.sequence > 1 else None
    pushed = before is not None and entry.at_ms == before.at_ms
    near = row.at_ms <= entry.at_ms and (pushed or entry.at_ms <= row.at_ms + row.later_ms)
    same = all(entry.facts.get(name) == plain(value) for name, value in row.facts.items() if value is not None)
    return same and near and entry.actor_id == row.actor_id


def _words(text: str) -> str | None:
    return None if is_erased(text) else text_digest(text)


# ---------------------------------------------------------------- what each kind of row tells


def _told(record: CaseRecord) -> Iterator[_Row]:
    for event in record.told:
        digest = text_digest(event.body) if event.body else None
        yield _Row(event.id, {"type": event.type, "sequence": event.sequence, "sha256": digest}, None, event.at_ms)


def _decided(record: CaseRecord) -> Iterator[_Row]:
    for one in record.decisions:
        yield _Row(str(one.version), plain(one), one.decided_by, one.at_ms)


def _assessed(record: CaseRecord) -> Iterator[_Row]:
    for call in record.calls:
        if call.assessment is not None:
            facts = {
                "conclusive": call.assessment.conclusive,
                "policy_version": call.assessment.policy_version,
                "rows_sha256": rows_digest(call.rows) if call.tombstone is None else call.tombstone.sha256,
                "askings_sha256": askings_digest(call.plan, call.runs, call.flags),
                "verdict_sha256": verdict_digest(call.findings, call.assessment),
            }
            yield _Row(call.interview.id, facts, None, call.interview.ended_ms or 0)


def _proposed(record: CaseRecord) -> Iterator[_Row]:
    for each in record.proposals:
        proposal = each.proposal
        erased = any(is_erased(fact.text) for fact in proposal.statement.facts)
        facts = {
            "interview_id": proposal.interview_id,
            "number": proposal.number,
            "ground": proposal.statement.ground,
            "sha256": None if erased else digest_of(proposal),
        }
        yield _Row(proposal.id, facts, proposal.proposer_id, proposal.at_ms)


def _windows(record: CaseRecord) -> Iterator[_Row]:
    for each in record.proposals:
        for window in each.windows:
            facts = {"closes_ms": window.closes_ms, "delivered_by": window.delivered_by}
            yield _Row(_numbered(each, window.number), facts, None, window.opened_ms)


def _stops(record: CaseRecord) -> Iterator[_Row]:
    for each in record.proposals:
        for stop in each.stops:
            yield _Row(_numbered(each, stop.number), {}, None, stop.at_ms)


def _responses(record: CaseRecord) -> Iterator[_Row]:
    for each in record.proposals:
        if each.response is not None:
            yield _Row(each.proposal.id, {"text_sha256": _words(each.response.text)}, None, each.response.at_ms)


def _stills(record: CaseRecord) -> Iterator[_Row]:
    for call in record.calls:
        for still in call.stills:
            facts = {"interview": still.interview_id, "sha256": still.sha256}
            yield _Row(still.id, facts, None, still.at_ms, UPLOAD_MS)


def _recordings(record: CaseRecord) -> Iterator[_Row]:
    for call in record.calls:
        for one in call.recordings:
            facts = {"interview": one.interview_id, "leg": one.leg, "kept_sha256": one.sha256}
            yield _Row(one.id, facts, None, one.made_ms)


def _views(record: CaseRecord) -> Iterator[_Row]:
    for each in record.proposals:
        for view in each.views:
            facts = {
                "proposal_id": view.proposal_id,
                "fact_number": view.fact_number,
                "watched_ms": view.watched_ms,
            }
            yield _Row(view.id, facts, view.person_id, view.opened_ms + view.watched_ms)


def _rulings(record: CaseRecord, *, rejecting: bool) -> Iterator[_Row]:
    for each in record.rulings:
        if (each.proposal_id is not None) is rejecting:
            facts = {
                "interview_id": each.interview_id,
                "outcome": each.outcome,
                "text_sha256": _words(each.text),
            }
            yield _Row(each.id, facts, each.person_id, each.at_ms)


def _resolved(record: CaseRecord) -> Iterator[_Row]:
    for call in record.calls:
        for each in call.resolutions:
            facts = {"interview_id": each.interview_id, "text_sha256": _words(each.text)}
            yield _Row(each.flag_id, facts, each.person_id, each.at_ms)


def _appeals(record: CaseRecord) -> Iterator[_Row]:
    for appeal, _ in record.appeals:
        facts = {"decision_version": appeal.decision_version, "text_sha256": _words(appeal.text)}
        yield _Row(appeal.id, facts, None, appeal.opened_ms)


def _answers(record: CaseRecord) -> Iterator[_Row]:
    for _, answer in record.appeals:
        if answer is not None:
            facts = {"outcome": answer.outcome, "text_sha256": _words(answer.text)}
            yield _Row(answer.appeal_id, facts, answer.reviewer_id, answer.at_ms)


def _shown(record: CaseRecord) -> Iterator[_Row]:
    for version, at_ms in record.shown_ms.items():
        if at_ms is not None:
            yield _Row(str(version), {}, None, at_ms)


def _holds(record: CaseRecord, *, placed: bool) -> Iterator[_Row]:
    for each in record.holds:
        if each.placed is placed:
            yield _Row(str(each.number), {"text_sha256": _words(each.reason)}, None, each.at_ms)


def _buried(record: CaseRecord) -> Iterator[_Row]:
    stones: list[tuple[CallRecord, Tombstone]] = [(each, each.tombstone) for each in record.calls if each.tombstone]
    for call, stone in stones:
        yield _Row(call.interview.id, plain(stone), None, stone.at_ms)


def _redacted(record: CaseRecord) -> Iterator[_Row]:
    if record.case.redacted_ms is not None:
        (entry,) = record.entries("case.redacted")[:1] or (None,)
        yield _Row("", {}, entry.actor_id if entry else None, record.case.redacted_ms)


def _numbered(each: ProposalRecord, number: object) -> str:
    return f"{each.proposal.id}:{number}"


def _by(name: str) -> Callable[[AuditEntry], str]:
    return lambda entry: str(entry.facts.get(name))


def _by_window(entry: AuditEntry) -> str:
    return f"{entry.facts.get('proposal_id')}:{entry.facts.get('number')}"


_TOLD: tuple[tuple[str, Callable[[CaseRecord], Iterator[_Row]], Callable[[AuditEntry], str]], ...] = (
    ("platform.told", _told, _by("event_id")),
    ("decision.made", _decided, _by("version")),
    ("interview.assessed", _assessed, _by("interview_id")),
    ("failure.proposed", _proposed, _by("proposal_id")),
    ("response.window_opened", _windows, _by_window),
    ("response.window_stopped", _stops, _by_window),
    ("response.given", _responses, _by("proposal_id")),
    ("evidence.kept", _stills, _by("still")),
    ("recording.kept", _recordings, _by("recording")),
    ("evidence.watched", _views, _by("view_id")),
    ("ruling.given", lambda record: _rulings(record, rejecting=False), _by("ruling_id")),
    ("failure.rejected", lambda record: _rulings(record, rejecting=True), _by("ruling_id")),
    ("flag.resolved", _resolved, _by("flag_id")),
    ("appeal.opened", _appeals, _by("appeal_id")),
    ("appeal.answered", _answers, _by("appeal_id")),
    ("decision.shown", _shown, _by("version")),
    ("hold.placed", lambda record: _holds(record, placed=True), _by("number")),
    ("hold.released", lambda record: _holds(record, placed=False), _by("number")),
    ("samples.expired", _buried, _by("interview_id")),
    ("case.redacted", _redacted, lambda _: ""),
)
"""Action of the chain, the rows that it tells of, and what of an entry names its row."""
