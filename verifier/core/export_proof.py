"""What an export proves. One rule: nothing that it states stands without the chain, and the chain is whole.

The chain is followed from its first entry to the head that the heading names; every decision, statement and word is
held against the facts and digests in it. Called by ``verifier export --verify`` once the signature was found right.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from verifier.core.chain import ActorKind, AuditEntry, broken_at, text_digest
from verifier.core.erased import is_erased
from verifier.core.export import Line, Opened
from verifier.errors import InvalidInput


@dataclass(frozen=True, slots=True)
class Proved:
    """What a file proves, for whoever reads it."""

    verification_id: str
    exported_at: str
    key: str
    """Public key that signed, in base64."""
    entries: int
    head: str
    erased: int
    """Words that were erased before the export."""


def check(opened: Opened) -> Proved:
    """What a file proves once its signature was found right.

    Raises:
        InvalidInput: the chain is not whole, is another case's, or does not prove what is stated.
    """
    chain = [_entry(line) for line in opened.lines if line.get("kind") == "entry"]
    heading = opened.heading
    broken = broken_at(chain)
    if broken is not None:
        raise InvalidInput(f"The chain is broken at entry {broken}.")
    if heading.get("entries") != len(chain) or heading.get("head") != (chain[-1].hash if chain else None):
        raise InvalidInput("The chain does not end with the entry that the first line names.")
    if any(entry.verification_id != heading.get("verification_id") for entry in chain):
        raise InvalidInput("The chain is that of another case.")
    stated = list(_unproved(chain, opened.lines))
    if stated:
        raise InvalidInput(stated[0])
    erased = sum(1 for line in opened.lines for text in _texts(line) if is_erased(text))
    id_, at = str(heading.get("verification_id")), str(heading.get("exported_at"))
    return Proved(id_, at, str(heading["key"]), len(chain), str(heading.get("head")), erased)


def _entry(line: Line) -> AuditEntry:
    try:
        return AuditEntry(
            verification_id=line["verification_id"],
            sequence=line["sequence"],
            at_ms=line["at_ms"],
            action=line["action"],
            actor_kind=ActorKind(line["actor_kind"]),
            actor_id=line["actor_id"],
            facts=line["facts"],
            previous_hash=line["previous_hash"],
            hash=line["hash"],
        )
    except (KeyError, ValueError):
        raise InvalidInput("An entry of the chain lacks something.") from None


def _unproved(chain: Sequence[AuditEntry], lines: Iterable[Line]) -> Iterator[str]:
    """What is stated and not proved by the chain, and decisions that the chain tells of and nobody states."""
    stated = set()
    for line in lines:
        kind = line.get("kind")
        if kind == "decision":
            stated.add(line.get("version"))
        prove = _PROVERS.get(kind) if isinstance(kind, str) else None
        if prove is not None:
            yield from prove(chain, line)
        elif kind != "entry":
            yield f"There is something that is no part of an export: {kind}."
    told = {entry.facts.get("version") for entry in chain if entry.action == "decision.made"}
    if told - stated:
        yield "The chain tells of a decision that is left out."


def _decision(chain: Sequence[AuditEntry], line: Line) -> Iterator[str]:
    if not _told(chain, "decision.made", _without_kind(line)):
        yield f"Decision {line.get('version')} is not the one that the chain tells of."


def _tombstone(chain: Sequence[AuditEntry], line: Line) -> Iterator[str]:
    if not _told(chain, "samples.expired", _without_kind(line)):
        yield f"The tombstone of interview {line.get('interview_id')} is not the one that the chain tells of."


def _without_kind(line: Line) -> Line:
    return {name: value for name, value in line.items() if name != "kind"}


_WORDED = {
    "response": (("response.given",), "proposal_id", "proposal_id"),
    "ruling": (("ruling.given", "failure.rejected"), "ruling_id", "id"),
    "appeal": (("appeal.opened",), "appeal_id", "id"),
    "answer": (("appeal.answered",), "appeal_id", "appeal_id"),
}
"""Where the chain keeps the digest of words: actions, name of the id there, name of the id in the line."""


def _words(chain: Sequence[AuditEntry], line: Line) -> Iterator[str]:
    actions, there, here = _WORDED[line["kind"]]
    text = line.get("text")
    facts: dict[str, object] = {there: line.get(here)}
    if isinstance(text, str) and not is_erased(text):
        facts["text_sha256"] = text_digest(text)
    if not isinstance(text, str) or not any(_told(chain, action, facts) for action in actions):
        yield f"The words of {line['kind']} {line.get(here)} are not those that the chain tells of."


def _statement(chain: Sequence[AuditEntry], line: Line) -> Iterator[str]:
    told = [
        entry.facts
        for entry in chain
        if entry.action == "failure.proposed" and entry.facts.get("proposal_id") == line.get("id")
    ]
    stated = _facts(line)
    if not told or len(told[0].get("facts", ())) != len(stated):  # type: ignore[arg-type]
        yield f"Statement {line.get('id')} is not the one that the chain tells of."
        return
    known: Any = told[0]["facts"]
    for place, (fact, proof) in enumerate(zip(stated, known, strict=True), start=1):
        same = all(fact.get(name) == proof.get(name) for name in ("run_id", "still_id", "from_ms", "to_ms"))
        text = str(fact.get("text"))
        if not same or not (is_erased(text) or text_digest(text) == proof.get("text_sha256")):
            yield f"Fact {place} of statement {line.get('id')} is not the one that the chain tells of."


_PROVERS: dict[str, Callable[[Sequence[AuditEntry], Line], Iterator[str]]] = {
    "decision": _decision,
    "statement": _statement,
    "tombstone": _tombstone,
    **dict.fromkeys(_WORDED, _words),
}
"""What holds each kind of line against the chain, as a sentence for everything that does not fit."""


def _told(chain: Sequence[AuditEntry], action: str, facts: Line) -> bool:
    return any(
        entry.action == action and all(entry.facts.get(name) == value for name, value in facts.items())
        for entry in chain
    )


def _facts(line: Line) -> list[Line]:
    statement = line.get("statement")
    facts = statement.get("facts") if isinstance(statement, dict) else None
    return [fact for fact in facts if isinstance(fact, dict)] if isinstance(facts, list) else []


def _texts(line: Line) -> Iterator[str]:
    yield from (str(fact.get("text")) for fact in _facts(line))
    if isinstance(line.get("text"), str):
        yield line["text"]
