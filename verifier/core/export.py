"""A case as a file that proves itself: its chain, what was decided and why. One rule: checked without the database.

JSON lines: a heading, every entry of the audit chain, every decision, statement, answer, ruling, appeal and tombstone,
and last the signature over all bytes before it. Words that were erased say so; the chain proves what they were to
whoever still has them. Written by service/exporting, read by ``verifier export --verify``, proved by core/export_proof.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from verifier.core.appeal import Appeal, AppealAnswer
from verifier.core.canonical import canonical, plain
from verifier.core.chain import AuditEntry
from verifier.core.events import timestamp
from verifier.core.model import VerificationId
from verifier.core.proposal import ProposalRecord, Ruling
from verifier.core.tombstone import Tombstone
from verifier.core.verdicts import Decision
from verifier.errors import InvalidInput

FORMAT = "verifier-export/1"
MAX_BYTES = 64 * 1024 * 1024
"""More than any case holds."""

Line = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Exported:
    """What an export holds of a case."""

    verification_id: VerificationId
    at_ms: int
    chain: tuple[AuditEntry, ...]
    decisions: tuple[Decision, ...]
    proposals: tuple[ProposalRecord, ...]
    rulings: tuple[Ruling, ...]
    appeals: tuple[tuple[Appeal, AppealAnswer | None], ...]
    tombstones: tuple[Tombstone, ...]


@dataclass(frozen=True, slots=True)
class Opened:
    """A file taken apart, nothing of it proved yet."""

    heading: Line
    lines: tuple[Line, ...]
    """Between heading and signature, in order."""
    signed: bytes
    """What the signature is over."""
    signature: str
    """In base64."""


def write(case: Exported, public_key: str) -> str:
    """Everything but the signature, each line ending with a newline."""
    head = case.chain[-1].hash if case.chain else None
    heading = {
        "format": FORMAT,
        "verification_id": case.verification_id,
        "exported_at": timestamp(case.at_ms),
        "entries": len(case.chain),
        "head": head,
        "key": public_key,
    }
    return "".join(canonical(line) + "\n" for line in (heading, *_lines(case)))


def closing(signature: str) -> str:
    """The last line."""
    return canonical({"kind": "signature", "signature": signature}) + "\n"


def read(content: bytes) -> Opened:
    """The file taken apart.

    Raises:
        InvalidInput: it is not an export, not whole, or not text.
    """
    if len(content) > MAX_BYTES:
        raise InvalidInput("This is too large for an export.")
    lines = content.split(b"\n")
    if len(lines) < 3 or lines[-1] != b"":
        raise InvalidInput("The file is cut off: its last line has no end.")
    parsed = [_parsed(line, number) for number, line in enumerate(lines[:-1], start=1)]
    heading, ending = parsed[0], parsed[-1]
    if heading.get("format") != FORMAT:
        raise InvalidInput(f"This is not an export: the first line does not say {FORMAT}.")
    if ending.get("kind") != "signature" or not isinstance(ending.get("signature"), str):
        raise InvalidInput("The file is cut off: its last line is not the signature.")
    if not isinstance(heading.get("key"), str):
        raise InvalidInput("The first line names no key.")
    signed = content[: len(content) - len(lines[-2]) - 1]
    return Opened(heading, tuple(parsed[1:-1]), signed, ending["signature"])


# ---------------------------------------------------------------- writing


def _lines(case: Exported) -> Iterator[Line]:
    yield from ({"kind": "entry", **plain(entry)} for entry in case.chain)
    yield from ({"kind": "decision", **plain(one)} for one in case.decisions)
    for record in case.proposals:
        yield {"kind": "statement", **plain(record.proposal)}
        yield from ([{"kind": "response", **plain(record.response)}] if record.response else [])
    yield from ({"kind": "ruling", **plain(each)} for each in case.rulings)
    for appeal, answer in case.appeals:
        yield {"kind": "appeal", **plain(appeal)}
        yield from ([{"kind": "answer", **plain(answer)}] if answer else [])
    yield from ({"kind": "tombstone", **plain(each)} for each in case.tombstones)


# ---------------------------------------------------------------- reading


def _parsed(line: bytes, number: int) -> Line:
    try:
        value = json.loads(line)
    except ValueError:
        raise InvalidInput(f"Line {number} is not JSON.") from None
    if not isinstance(value, dict):
        raise InvalidInput(f"Line {number} is not an object.")
    return value
