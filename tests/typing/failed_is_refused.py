"""Ways to a failure that the type checker refuses. Each line with an error says which one; nothing here is ever run.

test_examples.py runs mypy over this file and requires these errors and no other.
"""

from __future__ import annotations

from verifier.core import decision
from verifier.core.failure import Failed, Reviewer, Scene, confirm, require_proposable
from verifier.core.findings import AdmissibleFinding
from verifier.core.model import PersonId, RunId, StillId
from verifier.core.proposal import ProposalRecord, Ruling
from verifier.core.statement import Fact, Ground, StatementOfReasons
from verifier.core.verdicts import Assessment, Decision, Finding
from verifier.ports import UnitOfWork
from verifier.ports.redress import FourEyesTrainings


def i1_no_finding(assessment: Assessment, record: ProposalRecord, who: PersonId) -> None:
    """A failure rests on something."""
    Failed((), assessment, record, who, 1)  # error: arg-type


def i1_a_bare_finding(finding: Finding, assessment: Assessment, record: ProposalRecord, who: PersonId) -> None:
    """A finding counts only once it was admitted."""
    Failed((finding,), assessment, record, who, 1)  # error: arg-type


def i1_any_number_of_findings(
    findings: tuple[AdmissibleFinding, ...], assessment: Assessment, record: ProposalRecord, who: PersonId
) -> None:
    """Any number may be none."""
    Failed(findings, assessment, record, who, 1)  # error: arg-type


def i1_no_assessment(findings: tuple[AdmissibleFinding], record: ProposalRecord, who: PersonId) -> None:
    """A failure names the conclusive assessment that it rests on."""
    Failed(findings, None, record, who, 1)  # error: arg-type


def i2_nobody_confirms(findings: tuple[AdmissibleFinding], assessment: Assessment, record: ProposalRecord) -> None:
    """The system confirms nothing by itself."""
    Failed(findings, assessment, record, None, 1)  # error: arg-type


def i2_a_name_is_no_reviewer(scene: Scene, record: ProposalRecord, who: PersonId) -> None:
    """Who confirms comes with the roles and trainings that he has."""
    confirm(scene, record, who, 1)  # error: arg-type


def i2_two_trainings(one: FourEyesTrainings) -> None:
    """All three people were trained."""
    FourEyesTrainings(one.interviewer, one.proposer)  # error: call-arg


def i3_no_facts() -> None:
    """A statement of reasons has at least one fact."""
    StatementOfReasons(Ground.FACE_MISMATCH, (), "2026-11-a", 1, 1)  # error: arg-type


def i3_another_ground(fact: Fact) -> object:
    """The list of grounds is closed."""
    StatementOfReasons("dishonest", (fact,), "2026-11-a", 1, 1)  # error: arg-type
    return Ground.OTHER  # error: attr-defined


def i3_a_missing_field() -> None:
    """No field of a fact or statement is optional."""
    Fact(1, RunId("run_1"), "identity.city", StillId("stl_1"), 0, 1_000)  # error: call-arg
    Fact(1, RunId("run_1"), "identity.city", None, 0, 1_000, "the city is another one")  # error: arg-type


def i3_no_statement(scene: Scene, who: Reviewer) -> None:
    """Nothing is proposed without one."""
    require_proposable(scene, who, None, 1)  # error: arg-type


def a_decision_from_outside(assessment: Assessment, record: ProposalRecord, ruling: Ruling) -> None:
    """Neither an assessment, a proposal nor a ruling is a failure."""
    decision.failed(assessment, None)  # error: arg-type
    decision.failed(record, None)  # error: arg-type
    decision.failed(ruling, None)  # error: arg-type


async def a_decision_without_its_four_eyes(unit: UnitOfWork, decided: Decision, record: ProposalRecord) -> None:
    """What is stored as a failure is what ``confirm`` gave, with three trainings."""
    await unit.proposals.fail(record, decided, None)  # error: arg-type, arg-type
