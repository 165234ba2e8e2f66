"""A case that failed by the rules, stored through the repositories of any store."""

from __future__ import annotations

from functools import cache

from tests.contract.examples import person, verification
from tests.core import failures
from tests.core.interviews import PLAN
from verifier.core import decision
from verifier.core.appeal import Appeal, AppealAnswer, AppealOutcome
from verifier.core.assessment import verdict
from verifier.core.chain import SYSTEM
from verifier.core.clocks import Clock, ClockKind
from verifier.core.failure import confirm
from verifier.core.model import AppealId, Claim, ClaimKind, PersonId, Result, StaffRole, VerificationStatus
from verifier.core.policy import SHIPPED
from verifier.core.samples import InterviewRows
from verifier.core.verdicts import Assessment, Decision, Finding
from verifier.ports import UnitOfWork
from verifier.ports.redress import EvidenceKey, FourEyesTrainings

CASE = failures.CALL.verification_id
CALL = failures.CALL.id
C = PersonId("per_c")
"""Answers appeals; had no part in the case."""
ANSWER = (
    "You sent the registration of your new address together with your appeal. It was issued before the call, so the "
    "city that you named was right and the claim was old."
)


async def add_conclusive_call(uow: UnitOfWork, rows: InterviewRows = failures.ROWS) -> None:
    """The case with its contradicted call, conclusive over good rows, a still of it, and everybody who works here."""
    for name, role in (
        (failures.INTERVIEWER, StaffRole.INTERVIEWER),
        (failures.A, StaffRole.REVIEWER),
        (failures.B, StaffRole.REVIEWER),
        (C, StaffRole.APPEAL_REVIEWER),
    ):
        await uow.people.add(person(name, email=f"{name}@example.org", roles=frozenset({role})), None)
        await uow.trainings.add(failures.training(name, role))
    claims = tuple(
        Claim(
            item.claim_id, ClaimKind.IDENTITY if item.mandatory else ClaimKind.SKILL, item.key.split(".")[1], "Sarajevo"
        )
        for item in PLAN
        if item.claim_id is not None
    )
    case = verification(CASE, external_id="failed-case", status=VerificationStatus.IN_REVIEW, claims=claims)
    await uow.verifications.add(case)
    await uow.interviews.add(failures.CALL, PLAN)
    for run in failures.RUNS:
        await uow.runs.add(run)
    findings, assessment = _judged(rows)
    await uow.verdicts.add(findings, assessment)
    await uow.evidence_keys.add(EvidenceKey(CALL, b"wrapped", "key_1", failures.CALL.created_ms))
    await uow.stills.add(failures.still())


@cache
def _judged(rows: InterviewRows) -> tuple[tuple[Finding, ...], Assessment]:
    """The verdict on the call over these rows; derived once, since they never change."""
    return verdict(failures.CALL, PLAN, failures.RUNS, (), rows, SHIPPED)


async def add_proposal(uow: UnitOfWork) -> None:
    """The failure proposed by A, delivered, unanswered, watched by B."""
    await uow.proposals.add(failures.proposal())
    await uow.proposals.open_window(failures.window())
    await uow.proposals.add_view(failures.view())


async def add_failure(uow: UnitOfWork) -> Decision:
    """The failure confirmed by B."""
    record = await uow.proposals.record(failures.PROPOSAL)
    outcome = confirm(failures.scene(), record, failures.reviewer(), failures.DECIDED_MS)
    decided = decision.failed(outcome, None)
    await uow.decisions.append(decided)
    await uow.proposals.fail(outcome, decided, trainings())
    return decided


async def add_failed_case(uow: UnitOfWork) -> None:
    """Everything up to an appeal that was upheld and another that is open."""
    await add_conclusive_call(uow)
    await add_proposal(uow)
    decided = await add_failure(uow)
    await uow.appeals.add(appeal())
    await uow.appeals.answer(answer(), decided)
    await uow.appeals.add(appeal("apl_2", 2))
    clock = Clock(ClockKind.ANSWER_APPEAL, "apl_2", failures.DECIDED_MS, failures.DECIDED_MS + 1)
    await uow.escalations.add(clock, CASE, failures.DECIDED_MS + 2)
    await uow.audit.append(CASE, failures.PROPOSED_MS, "failure.proposed", SYSTEM, {"proposal_id": failures.PROPOSAL})
    await uow.audit.append(CASE, failures.DECIDED_MS, "decision.made", SYSTEM, {"version": 1, "result": Result.FAILED})


def trainings() -> FourEyesTrainings:
    """Of the three people."""
    return FourEyesTrainings(
        failures.training(failures.INTERVIEWER, StaffRole.INTERVIEWER),
        failures.training(failures.A, StaffRole.REVIEWER),
        failures.training(failures.B, StaffRole.REVIEWER),
    )


def appeal(id_: str = "apl_1", number: int = 1, text: str = "I moved before the call.") -> Appeal:
    """Against version 1."""
    return Appeal(AppealId(id_), CASE, number, 1, failures.DECIDED_MS + failures.HOUR_MS, text)


def answer(outcome: AppealOutcome = AppealOutcome.UPHELD, text: str = ANSWER) -> AppealAnswer:
    """To the first appeal, by C."""
    return AppealAnswer(AppealId("apl_1"), C, outcome, failures.DECIDED_MS + 2 * failures.HOUR_MS, text)
