"""What a reviewer may do about an interview now, and why not. One rule: page, door and act ask the same function.

The table of domain.md, "Who may", for reviewers. Whether a failure follows is not decided here: that is core/failure
alone, whose objections are among those given here. Called by service/proposing, service/confirming, service/ruling and,
for the words on the page, service/deliberating.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeAlias

from verifier.core import failure
from verifier.core.decision import Verdict, allowed
from verifier.core.failure import OF_THE_PERSON, Objection, Reviewer, Scene
from verifier.core.model import Flag, FlagId, FlagKind, Verification, VerificationStatus
from verifier.core.proposal import OPEN, ProposalRecord, RulingOutcome
from verifier.core.verification import CLOSED
from verifier.errors import Conflict, IllegalState, NotAllowed


class Act(StrEnum):
    """What a reviewer can do about an interview."""

    PROPOSE = "propose"
    CONFIRM = "confirm"
    REJECT = "reject"
    """Decide something else than the failure that was proposed."""
    RULE = "rule"
    """Decide a conclusive interview that is not all consistent."""
    RESOLVE = "resolve"
    """Say what became of a fraud flag."""


class Obstacle(StrEnum):
    """Why nothing of the kind can be done, whoever asks; each has a sentence in ``SENTENCES``."""

    DECIDED = "decided"
    NOT_IN_REVIEW = "not_in_review"
    PROPOSED = "proposed"
    NOT_PROPOSED = "not_proposed"
    ALL_CONSISTENT = "all_consistent"
    NO_OPEN_FLAG = "no_open_flag"
    FLAG_OPEN = "flag_open"
    DIFFERS = "differs"


Reason: TypeAlias = Objection | Obstacle

SENTENCES: dict[Obstacle, str] = {
    Obstacle.DECIDED: "This case is closed. Only an appeal can change what was decided.",
    Obstacle.NOT_IN_REVIEW: "This case is not in review.",
    Obstacle.PROPOSED: "A failure is proposed already. It is confirmed or rejected first.",
    Obstacle.NOT_PROPOSED: "No failure is proposed.",
    Obstacle.ALL_CONSISTENT: "Every answer was consistent and no fraud flag was raised: this is decided verified.",
    Obstacle.NO_OPEN_FLAG: "There is no open fraud flag.",
    Obstacle.FLAG_OPEN: "Resolve every fraud flag first.",
    Obstacle.DIFFERS: "The stored verdict does not follow from what was measured. Only another call or way is left.",
}

_BEARABLE = frozenset({Act.RULE, Act.REJECT})
"""What can be done about an interview whose stored verdict does not hold: nobody is left in review for good."""
_UNDER_REVIEW = frozenset({VerificationStatus.IN_REVIEW, VerificationStatus.AWAITING_RESPONSE})


@dataclass(frozen=True, slots=True)
class Docket:
    """One interview with everything that a reviewer needs to know of its case, as it stands now."""

    case: Verification
    scene: Scene
    records: tuple[ProposalRecord, ...]
    """Every proposal of the case, by number."""
    resolved: frozenset[FlagId]
    """Fraud flags of the interview that a reviewer has resolved."""
    differs: bool = False
    """The scene is as it was stored, and does not follow from the raw rows: it can bear no decision about a person."""

    @property
    def open_flags(self) -> tuple[Flag, ...]:
        """Fraud flags that nobody has resolved."""
        return tuple(flag for flag in self.scene.flags if flag.kind is FlagKind.FRAUD and flag.id not in self.resolved)

    def pending(self, now_ms: int) -> ProposalRecord | None:
        """The proposal that is neither confirmed nor rejected."""
        return next((record for record in self.records if record.state(now_ms) in OPEN), None)

    @property
    def standing(self) -> str:
        """Where the case stands, as a token that changes with everything that a reviewer should see before he acts."""
        answers = sum(record.response is not None for record in self.records)
        parts = (self.case.sequence, self.case.status, len(self.records), answers, len(self.resolved))
        return ".".join(str(part) for part in parts)


def require_standing(docket: Docket, seen: str) -> None:
    """Pass when the case stands as it did on the page that the reviewer acts from.

    Raises:
        Conflict: something happened meanwhile.
    """
    if docket.standing != seen:
        raise Conflict("Something happened in this case after you opened the page. Look at it again before you act.")


def reasons_against(act: Act, docket: Docket, reviewer: Reviewer, now_ms: int) -> tuple[Reason, ...]:
    """Why this reviewer cannot do it now, the weightiest first; empty when he can."""
    pending = docket.pending(now_ms)
    standing = _of_case(docket)
    found: list[Reason] = [*standing]
    found += [Obstacle.DIFFERS] if docket.differs and act not in _BEARABLE else []
    match act:
        case Act.PROPOSE:
            found += [Obstacle.PROPOSED] if pending else []
            found += failure.objections_to_proposing(docket.scene, reviewer, now_ms)
        case Act.CONFIRM if pending:
            found += failure.objections_to_confirming(docket.scene, pending, reviewer, now_ms)
        case Act.REJECT if pending:
            found += failure.objections_to_rejecting(docket.scene, pending, reviewer, now_ms)
        case Act.CONFIRM | Act.REJECT:
            found.append(Obstacle.NOT_PROPOSED)
        case Act.RULE:
            found += [Obstacle.PROPOSED] if pending else []
            found += [Obstacle.ALL_CONSISTENT] if _is_verified(docket) and not docket.differs else []
            found += failure.objections_to_ruling(docket.scene, reviewer, now_ms)
        case Act.RESOLVE:
            found += [] if docket.open_flags else [Obstacle.NO_OPEN_FLAG]
            found += failure.objections_to_reviewer(docket.scene.interview, reviewer, now_ms)
    return tuple(dict.fromkeys(found)) if not standing else tuple(standing)


def reasons_against_outcome(outcome: RulingOutcome, docket: Docket) -> tuple[Reason, ...]:
    """Why a ruling or a rejection cannot have this outcome, whoever gives it."""
    if outcome is not RulingOutcome.VERIFIED:
        return ()
    facts = {Obstacle.DIFFERS: docket.differs, Obstacle.FLAG_OPEN: bool(docket.open_flags)}
    return tuple(obstacle for obstacle, holds in facts.items() if holds)


def require(reasons: Iterable[Reason]) -> None:
    """Pass when there is no reason against it.

    Raises:
        NotAllowed: this person may not.
        IllegalState: nobody may, now.
    """
    found = list(reasons)
    if found:
        worst = next((each for each in found if each in OF_THE_PERSON), found[0])
        raise (NotAllowed if worst in OF_THE_PERSON else IllegalState)(sentence(worst))


def sentence(reason: Reason) -> str:
    """The reason in words, for who was refused."""
    return failure.SENTENCES[reason] if isinstance(reason, Objection) else SENTENCES[reason]


def _of_case(docket: Docket) -> list[Reason]:
    if docket.case.status in _UNDER_REVIEW:
        return []
    return [Obstacle.DECIDED if docket.case.status in CLOSED else Obstacle.NOT_IN_REVIEW]


def _is_verified(docket: Docket) -> bool:
    """Whether the interviewer's own word would have been enough: nothing is left to rule on."""
    return allowed(docket.scene.assessment, docket.scene.flags, 0, 1).verdict is Verdict.MAY_VERIFY
