"""The only way to ``failed``. One rule: every condition holds, or there is no ``Failed`` and so no decision.

Conditions of domain.md, "The verdict": a conclusive interview; an admissible, in-scope, adverse finding of that same
interview on an identity, document or face item; a preserved, usable still that shows it; a complete statement of
reasons; interviewer, proposer and confirmer three different, trained people; the cited stretches watched by the
confirmer; the freelancer's response window closed. Assessment and findings in a ``Scene`` are derived from the raw rows
again when it is made, never read from what was stored. Called by service/proposing and service/confirming.
"""

from __future__ import annotations

from dataclasses import InitVar, dataclass
from enum import StrEnum

from verifier.core.checklist import still_of
from verifier.core.evidence import Still
from verifier.core.findings import AdmissibleFinding
from verifier.core.model import (
    EndCause,
    Flag,
    FlagKind,
    Interview,
    ItemKind,
    ItemRun,
    PersonId,
    PlannedItem,
    StaffRole,
    Training,
    trained,
)
from verifier.core.policy import Policy
from verifier.core.proposal import ProposalRecord, ProposalState
from verifier.core.statement import GROUND_KINDS, Fact, StatementOfReasons
from verifier.core.verdicts import Assessment, Polarity
from verifier.errors import IllegalState, NotAllowed


class Objection(StrEnum):
    """Why a failure cannot be proposed or confirmed; each has a sentence in ``SENTENCES``."""

    INCONCLUSIVE = "inconclusive"
    BROKEN_OFF = "broken_off"
    INTERVIEWER_CONFLICTED = "interviewer_conflicted"
    PROPOSER_CONFLICTED = "proposer_conflicted"
    NOT_THE_LAST = "not_the_last"
    NO_FINDING = "no_finding"
    NO_STILL = "no_still"
    POLICY_DIFFERS = "policy_differs"
    INTERVIEWER_UNTRAINED = "interviewer_untrained"
    NOT_A_REVIEWER = "not_a_reviewer"
    UNTRAINED = "untrained"
    CONFLICTED = "conflicted"
    OWN_INTERVIEW = "own_interview"
    OWN_PROPOSAL = "own_proposal"
    FACT_NOT_FOUND = "fact_not_found"
    FACT_OUTSIDE_ASKING = "fact_outside_asking"
    FACT_STILL_UNFIT = "fact_still_unfit"
    GROUND_UNFIT = "ground_unfit"
    WINDOW_NOT_CLOSED = "window_not_closed"
    NOT_WATCHED = "not_watched"


SENTENCES: dict[Objection, str] = {
    Objection.INCONCLUSIVE: "The interview is inconclusive. It can never lead to a failure.",
    Objection.BROKEN_OFF: "The call broke off, or somebody stopped it because of the connection. Nothing fails by it.",
    Objection.INTERVIEWER_CONFLICTED: "The interviewer has a conflict of interest in this case.",
    Objection.PROPOSER_CONFLICTED: "Who made this proposal has a conflict of interest in this case.",
    Objection.NOT_THE_LAST: "There is a later interview of this case. Only the last one can be decided.",
    Objection.NO_FINDING: "Nothing that was asked over a good connection contradicts a claim.",
    Objection.NO_STILL: "No usable still was kept of this interview. The most that can follow is a new interview.",
    Objection.POLICY_DIFFERS: "The statement names another policy than the interview was held under.",
    Objection.INTERVIEWER_UNTRAINED: "The interviewer's training was not current when the interview was held.",
    Objection.NOT_A_REVIEWER: "Only a reviewer may do this.",
    Objection.UNTRAINED: "Your training as a reviewer is not current.",
    Objection.CONFLICTED: "You have a conflict of interest in this case.",
    Objection.OWN_INTERVIEW: "You held this interview. Somebody else reviews it.",
    Objection.OWN_PROPOSAL: "You made this proposal. Somebody else confirms or rejects it.",
    Objection.FACT_NOT_FOUND: "A fact cites an asking that contradicts nothing, or was not good enough to count.",
    Objection.FACT_OUTSIDE_ASKING: "A fact cites a stretch outside of the asking that it is about.",
    Objection.FACT_STILL_UNFIT: "A fact cites a still that does not show it, or is not usable or not kept any more.",
    Objection.GROUND_UNFIT: "What was contradicted cannot carry this ground.",
    Objection.WINDOW_NOT_CLOSED: "The freelancer can still answer, or was not reached yet.",
    Objection.NOT_WATCHED: "Watch every cited stretch in the replay first.",
}

OF_THE_PERSON = frozenset(
    {
        Objection.NOT_A_REVIEWER,
        Objection.UNTRAINED,
        Objection.CONFLICTED,
        Objection.OWN_INTERVIEW,
        Objection.OWN_PROPOSAL,
    }
)
"""Objections to who asks, whatever he asks for."""


@dataclass(frozen=True, slots=True)
class Scene:
    """One ended interview as the raw rows show it now."""

    interview: Interview
    is_last: bool
    """No later interview of the case exists."""
    plan: tuple[PlannedItem, ...]
    runs: tuple[ItemRun, ...]
    flags: tuple[Flag, ...]
    assessment: Assessment
    """From core/assessment.adverse_findings, derived again."""
    adverse: tuple[AdmissibleFinding, ...]
    """From the same call."""
    stills: tuple[Still, ...]
    """Those whose pictures can still be shown."""
    interviewer_trainings: tuple[Training, ...]
    policy: Policy
    """The one pinned by the interview."""
    conflicted: frozenset[PersonId] = frozenset()
    """Of the interviewer and of who proposed, those with a declared conflict of interest in the case."""


@dataclass(frozen=True, slots=True)
class Reviewer:
    """Who proposes or confirms, with what he is entitled by."""

    id: PersonId
    roles: frozenset[StaffRole]
    trainings: tuple[Training, ...]
    conflicted: bool
    """Declared, or found, to have a conflict of interest in this case."""


_BROKEN_OFF = frozenset({EndCause.QUALITY_ABORT, EndCause.TECHNICAL_ABORT, EndCause.LANGUAGE_MISMATCH})
"""Ends that say themselves that the two could not talk: a bad link that nothing corroborates blocks a failure, too."""
_OF_ANY_DECISION = frozenset({Objection.INCONCLUSIVE, Objection.NOT_THE_LAST})
"""Objections of an interview that forbid every decision of a reviewer, not only a failure."""

_FIELDS = {
    Objection.FACT_NOT_FOUND: "/facts/{}/run_id",
    Objection.FACT_OUTSIDE_ASKING: "/facts/{}/from_ms",
    Objection.FACT_STILL_UNFIT: "/facts/{}/still_id",
    Objection.GROUND_UNFIT: "/ground",
}
"""What a statement has to change, as a pointer into it."""

_SEAL = object()


@dataclass(frozen=True, slots=True)
class Failed:
    """The adverse outcome. Only ``confirm`` makes one; without an admissible finding the type itself refuses it."""

    findings: tuple[AdmissibleFinding, *tuple[AdmissibleFinding, ...]]
    """Those that the statement's facts cite, of one interview."""
    assessment: Assessment
    record: ProposalRecord
    confirmer_id: PersonId
    at_ms: int
    seal: InitVar[object] = None

    def __post_init__(self, seal: object) -> None:
        """Refuse to exist without this module's seal.

        Raises:
            TypeError: made elsewhere, or without a finding.
        """
        if seal is not _SEAL or not self.findings:
            raise TypeError("A failure comes from failure.confirm alone.")


def objections_to_proposing(scene: Scene, reviewer: Reviewer, now_ms: int) -> tuple[Objection, ...]:
    """Why this reviewer cannot propose a failure now, whatever the statement; empty when he can."""
    return (*_of_scene(scene), *objections_to_reviewer(scene.interview, reviewer, now_ms))


def objections_to_ruling(scene: Scene, reviewer: Reviewer, now_ms: int) -> tuple[Objection, ...]:
    """Why this reviewer cannot decide anything but a failure about the interview; empty when he can."""
    found = [each for each in _of_scene(scene) if each in _OF_ANY_DECISION]
    return (*found, *objections_to_reviewer(scene.interview, reviewer, now_ms))


def objections_to_rejecting(
    scene: Scene, record: ProposalRecord, reviewer: Reviewer, now_ms: int
) -> tuple[Objection, ...]:
    """Why this reviewer cannot reject the proposal now; empty when he can."""
    own = (Objection.OWN_PROPOSAL,) if reviewer.id == record.proposal.proposer_id else ()
    return (*objections_to_ruling(scene, reviewer, now_ms), *own)


def objections_to_reviewer(interview: Interview, reviewer: Reviewer, now_ms: int) -> tuple[Objection, ...]:
    """Why this person can review nothing of the interview now; empty when he can."""
    facts = {
        Objection.NOT_A_REVIEWER: StaffRole.REVIEWER not in reviewer.roles,
        Objection.UNTRAINED: trained(reviewer.trainings, StaffRole.REVIEWER, now_ms) is None,
        Objection.OWN_INTERVIEW: reviewer.id == interview.interviewer_id,
        Objection.CONFLICTED: reviewer.conflicted,
    }
    return tuple(objection for objection, holds in facts.items() if holds)


def objections_to_statement(scene: Scene, statement: StatementOfReasons) -> tuple[Objection, ...]:
    """Why a statement does not hold against the interview; empty when it does."""
    found = [objection for fact in statement.facts for objection in _of_fact(scene, statement, fact)]
    if statement.policy_version != scene.interview.policy_version or statement.policy_version != scene.policy.version:
        found.append(Objection.POLICY_DIFFERS)
    return tuple(dict.fromkeys(found))


def objections_to_confirming(
    scene: Scene, record: ProposalRecord, reviewer: Reviewer, now_ms: int
) -> tuple[Objection, ...]:
    """Why this reviewer cannot confirm the proposal now; empty when he can."""
    found = [*_of_scene(scene), *objections_to_reviewer(scene.interview, reviewer, now_ms)]
    if record.proposal.interview_id != scene.interview.id:
        found.append(Objection.NOT_THE_LAST)
    if reviewer.id == record.proposal.proposer_id:
        found.append(Objection.OWN_PROPOSAL)
    if record.proposal.proposer_id in scene.conflicted:
        found.append(Objection.PROPOSER_CONFLICTED)
    found += objections_to_statement(scene, record.proposal.statement)
    closed_ms = record.window_closed_ms
    if record.state(now_ms) is not ProposalState.TO_CONFIRM or closed_ms is None or now_ms < closed_ms:
        found.append(Objection.WINDOW_NOT_CLOSED)
    if unwatched(record, reviewer.id):
        found.append(Objection.NOT_WATCHED)
    return tuple(dict.fromkeys(found))


def unwatched(record: ProposalRecord, person: PersonId) -> tuple[Fact, ...]:
    """Facts whose cited stretch this person has not watched for as long as it lasts."""
    seen = {
        view.fact_number: max(view.watched_ms, 0)
        for view in sorted(record.views, key=lambda each: each.watched_ms)
        if view.person_id == person and view.proposal_id == record.proposal.id
    }
    return tuple(fact for fact in record.proposal.statement.facts if seen.get(fact.number, -1) < fact.cited_ms)


def require_proposable(scene: Scene, reviewer: Reviewer, statement: StatementOfReasons, now_ms: int) -> None:
    """Pass when a failure may be proposed.

    Raises:
        NotAllowed: this person may not.
        IllegalState: nobody may, with this statement; ``field`` names what is to blame in it.
    """
    _refuse(objections_to_proposing(scene, reviewer, now_ms))
    for fact in statement.facts:
        for objection in _of_fact(scene, statement, fact):
            where = _FIELDS[objection].format(fact.number - 1)
            raise IllegalState(SENTENCES[objection], field=where)
    _refuse(objections_to_statement(scene, statement))


def confirm(scene: Scene, record: ProposalRecord, reviewer: Reviewer, now_ms: int) -> Failed:
    """The failure that ``reviewer`` confirms.

    Raises:
        NotAllowed: this person may not.
        IllegalState: nobody may, now.
    """
    _refuse(objections_to_confirming(scene, record, reviewer, now_ms))
    cited = {fact.run_id for fact in record.proposal.statement.facts}
    match tuple(each for each in scene.adverse if each.finding.run_id in cited):
        case (first, *rest):
            return Failed((first, *rest), scene.assessment, record, reviewer.id, now_ms, _SEAL)
        case _:
            raise IllegalState(SENTENCES[Objection.NO_FINDING])


def _refuse(objections: tuple[Objection, ...]) -> None:
    if objections:
        worst = next((each for each in objections if each in OF_THE_PERSON), objections[0])
        raise (NotAllowed if worst in OF_THE_PERSON else IllegalState)(SENTENCES[worst])


def _of_scene(scene: Scene) -> list[Objection]:
    disputed = any(flag.kind is FlagKind.TELEMETRY for flag in scene.flags)
    held_ms = scene.interview.ended_ms
    facts = {
        Objection.INCONCLUSIVE: disputed or held_ms is None or not scene.assessment.conclusive,
        Objection.BROKEN_OFF: scene.interview.end_cause in _BROKEN_OFF,
        Objection.INTERVIEWER_CONFLICTED: scene.interview.interviewer_id in scene.conflicted,
        Objection.NOT_THE_LAST: not scene.is_last or scene.assessment.interview_id != scene.interview.id,
        Objection.NO_FINDING: not scene.adverse,
        Objection.NO_STILL: not any(_fit(scene, still) for still in scene.stills),
        Objection.INTERVIEWER_UNTRAINED: held_ms is None
        or not trained(scene.interviewer_trainings, StaffRole.INTERVIEWER, held_ms),
    }
    return [objection for objection, holds in facts.items() if holds]


def _of_fact(scene: Scene, statement: StatementOfReasons, fact: Fact) -> list[Objection]:
    run = next((each for each in scene.runs if each.id == fact.run_id and each.item_key == fact.item_key), None)
    item = next((each for each in scene.plan if each.key == fact.item_key), None)
    found = [each.finding for each in scene.adverse if each.finding.run_id == fact.run_id]
    if run is None or item is None or not found or found[0].polarity is not Polarity.ADVERSE:
        return [Objection.FACT_NOT_FOUND]
    padding_ms = scene.policy.window_padding_ms
    ended_ms = run.ended_ms if run.ended_ms is not None else run.started_ms
    facts = {
        Objection.FACT_NOT_FOUND: found[0].interview_id != scene.interview.id or found[0].item_key != fact.item_key,
        Objection.FACT_OUTSIDE_ASKING: not (
            run.started_ms - padding_ms <= fact.from_ms < fact.to_ms <= ended_ms + padding_ms
        ),
        Objection.FACT_STILL_UNFIT: not any(
            still.id == fact.still_id and _fit(scene, still) and _shows(still, item) for still in scene.stills
        ),
        Objection.GROUND_UNFIT: item.kind not in GROUND_KINDS[statement.ground],
    }
    return [objection for objection, holds in facts.items() if holds]


def _fit(scene: Scene, still: Still) -> bool:
    return still.usable and still.interview_id == scene.interview.id


def _shows(still: Still, item: PlannedItem) -> bool:
    """Whether a still can show a fact about the item: a side of a document on that side alone, a face on the face's."""
    return item.kind not in {ItemKind.DOCUMENT, ItemKind.FACE} or still.kind is still_of(item)
