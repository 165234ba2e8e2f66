"""The audit log of a case as a hash chain. One rule: an entry names people by id and everything else by id or digest.

Each entry carries the hash of the one before it, so nothing can be changed, left out or put in between without every
later hash changing. No entry holds personal data: redaction leaves the chain whole. Appended in the transaction of the
change that it tells of (service/chronicling), verified by ``verifier audit`` and by anybody who holds an export.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from verifier.core.canonical import canonical, plain
from verifier.core.model import VerificationId

GENESIS = "0" * 64
"""What the first entry of a case carries in place of an earlier hash."""


class ActorKind(StrEnum):
    """Who did it."""

    FREELANCER = "freelancer"
    STAFF = "staff"
    PLATFORM = "platform"
    OPERATOR = "operator"
    """Whoever may run commands on the server."""
    SYSTEM = "system"


@dataclass(frozen=True, slots=True)
class Actor:
    """Who did it: a person's id, a key's id, or nobody's for the freelancer, the operator and the system."""

    kind: ActorKind
    id: str | None = None


SYSTEM = Actor(ActorKind.SYSTEM)
FREELANCER = Actor(ActorKind.FREELANCER)
OPERATOR = Actor(ActorKind.OPERATOR)


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """One entry of a case's log."""

    verification_id: VerificationId
    sequence: int
    """Counts from 1 without holes."""
    at_ms: int
    action: str
    """Stable code in the past tense, e.g. ``failure.proposed`` or ``evidence.read``."""
    actor_kind: ActorKind
    actor_id: str | None
    facts: Mapping[str, object]
    """Ids, codes, numbers and digests, JSON-compatible; no personal data."""
    previous_hash: str
    hash: str


def link(
    verification_id: VerificationId,
    before: AuditEntry | None,
    at_ms: int,
    action: str,
    actor: Actor,
    facts: Mapping[str, object],
) -> AuditEntry:
    """The next entry of the chain whose last entry is ``before``; its time never runs backwards."""
    entry = AuditEntry(
        verification_id=verification_id,
        sequence=before.sequence + 1 if before else 1,
        at_ms=max(at_ms, before.at_ms) if before else at_ms,
        action=action,
        actor_kind=actor.kind,
        actor_id=actor.id,
        facts={name: plain(value) for name, value in facts.items()},
        previous_hash=before.hash if before else GENESIS,
        hash="",
    )
    return replace(entry, hash=digest(entry))


def digest(entry: AuditEntry) -> str:
    """SHA-256 over the canonical JSON of everything in the entry but its own hash, as 64 hexadecimal digits."""
    return hashlib.sha256(canonical(replace(entry, hash="")).encode()).hexdigest()


def broken_at(entries: Sequence[AuditEntry]) -> int | None:
    """Sequence number of the first entry that does not follow from the one before it; None when the chain is whole."""
    before: AuditEntry | None = None
    for expected, entry in enumerate(entries, start=1):
        follows = entry.sequence == expected and entry.previous_hash == (before.hash if before else GENESIS)
        if not follows or entry.hash != digest(entry) or (before is not None and entry.at_ms < before.at_ms):
            return expected
        before = entry
    return None


def digest_of(value: object) -> str:
    """SHA-256 over the canonical JSON of a value, as 64 hexadecimal digits: proves rows without repeating them."""
    return hashlib.sha256(canonical(value).encode()).hexdigest()


def text_digest(text: str) -> str:
    """SHA-256 of words that stand elsewhere, so that the chain proves them while they exist and outlives them."""
    return hashlib.sha256(text.encode()).hexdigest()
