"""The statement of reasons of a failure. One rule: no field is optional and no ground stands outside the short list.

Built from a reviewer's form by service/proposing, read by the freelancer before anything is decided. A statement that
lacks anything cannot be constructed. Source: domain.md, "The verdict"; Regulation (EU) 2022/2065, article 17 (3).
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from verifier.core.model import ItemKind, RunId, StillId
from verifier.errors import InvalidInput

FACT_MIN_CHARACTERS = 20
"""Shorter than this nothing can be said that a person could answer to."""
FACT_MAX_CHARACTERS = 2_000
FACTS_MAX = 12
CITED_MIN_MS = 1_000
CITED_MAX_MS = 15 * 60_000


class Ground(StrEnum):
    """Every ground on which a verification can fail. There is no "dishonest" and no "other"."""

    DOCUMENT_FORGED = "document_forged"
    DOCUMENT_NOT_OWN = "document_not_own"
    FACE_MISMATCH = "face_mismatch"
    IDENTITY_CONTRADICTED = "identity_contradicted"
    IMPERSONATION = "impersonation"
    INJECTED_VIDEO = "injected_video"

    @property
    def rule(self) -> str:
        """Code of the rule that is applied, worded for both sides by wording/redress."""
        return f"rule.{self.value}"


GROUND_KINDS: dict[Ground, frozenset[ItemKind]] = {
    Ground.DOCUMENT_FORGED: frozenset({ItemKind.DOCUMENT}),
    Ground.DOCUMENT_NOT_OWN: frozenset({ItemKind.DOCUMENT, ItemKind.FACE}),
    Ground.FACE_MISMATCH: frozenset({ItemKind.FACE}),
    Ground.IDENTITY_CONTRADICTED: frozenset({ItemKind.IDENTITY, ItemKind.DOCUMENT}),
    Ground.IMPERSONATION: frozenset({ItemKind.FACE, ItemKind.IDENTITY, ItemKind.DOCUMENT}),
    Ground.INJECTED_VIDEO: frozenset({ItemKind.FACE}),
}
"""Kinds of items whose contradiction can carry a ground. A code or a skill can carry none."""


@dataclass(frozen=True, slots=True)
class Fact:
    """One thing that was observed: when, in which asking, shown by which still, in words that can be answered."""

    number: int
    """Counts from 1 within its statement."""
    run_id: RunId
    item_key: str
    still_id: StillId
    from_ms: int
    to_ms: int
    """The cited stretch of the call, which a second reviewer must have watched for at least as long."""
    text: str

    def __post_init__(self) -> None:
        """Refuse a fact with an empty field.

        Raises:
            InvalidInput: naming the field.
        """
        where = f"/facts/{self.number - 1}"
        if not (self.run_id and self.item_key):
            raise InvalidInput("Choose the asking that this fact is about.", field=f"{where}/run_id")
        if not self.still_id:
            raise InvalidInput("Choose the still that shows this fact.", field=f"{where}/still_id")
        if not CITED_MIN_MS <= self.cited_ms <= CITED_MAX_MS:
            raise InvalidInput("Cite between one second and fifteen minutes of the call.", field=f"{where}/to_ms")
        if not FACT_MIN_CHARACTERS <= len(self.text.strip()) <= FACT_MAX_CHARACTERS:
            raise InvalidInput(
                f"Say in {FACT_MIN_CHARACTERS} to {FACT_MAX_CHARACTERS} characters what was observed.",
                field=f"{where}/text",
            )

    @property
    def cited_ms(self) -> int:
        """Length of the cited stretch in ms."""
        return self.to_ms - self.from_ms


@dataclass(frozen=True, slots=True)
class StatementOfReasons:
    """Why a failure is proposed, under which rule and policy, and what the freelancer can do about it until when."""

    ground: Ground
    facts: tuple[Fact, *tuple[Fact, ...]]
    policy_version: str
    response_window_ms: int
    """How long he can answer before anybody may confirm, counted from the delivery of the notice."""
    appeal_window_ms: int
    """How long he can appeal afterwards, counted from the delivery of the decision's notice."""

    def __post_init__(self) -> None:
        """Refuse a statement that lacks anything.

        Raises:
            InvalidInput: naming the field.
        """
        if not self.facts or len(self.facts) > FACTS_MAX:
            raise InvalidInput(f"A statement of reasons has 1 to {FACTS_MAX} facts.", field="/facts")
        if [fact.number for fact in self.facts] != list(range(1, len(self.facts) + 1)):
            raise InvalidInput("The facts are numbered from 1.", field="/facts")
        if not self.policy_version or self.response_window_ms <= 0 or self.appeal_window_ms <= 0:
            raise InvalidInput("A statement of reasons names its policy and both deadlines.", field="/policy_version")

    @property
    def rule(self) -> str:
        """Code of the rule applied."""
        return self.ground.rule
