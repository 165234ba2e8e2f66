"""A contradicted city on a clean call, and everything that it takes to fail it. Values only; used by every room."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from tests.core.interviews import CITY, PLAN, call, interview, runs
from verifier.core.assessment import adverse_findings
from verifier.core.evidence import Still, StillKind
from verifier.core.failure import Failed, Reviewer, Scene, confirm
from verifier.core.model import Answer, Flag, PersonId, ProposalId, RunId, StaffRole, StillId, Training
from verifier.core.policy import SHIPPED
from verifier.core.proposal import (
    DeliveredBy,
    Proposal,
    ProposalRecord,
    Response,
    ResponseWindow,
    View,
)
from verifier.core.samples import InterviewRows
from verifier.core.statement import Fact, Ground, StatementOfReasons

INTERVIEWER, A, B = PersonId("p_1"), PersonId("per_a"), PersonId("per_b")
PROPOSAL = ProposalId("prp_1")
STILL = StillId("stl_1")
CALL = interview()
ENDED_MS = CALL.ended_ms or 0
RUNS = runs(city=Answer.INCONSISTENT)
ASKED = next(run for run in RUNS if run.item_key == CITY.key)
HOUR_MS = 3_600_000
PROPOSED_MS = ENDED_MS + HOUR_MS
OPENED_MS = PROPOSED_MS + 60_000
CLOSES_MS = OPENED_MS + SHIPPED.response_window_ms
DECIDED_MS = CLOSES_MS + HOUR_MS
ROWS = call().rows()


def training(person: PersonId, role: StaffRole, **other: Any) -> Training:
    values: dict[str, Any] = {
        "completed_ms": CALL.created_ms - HOUR_MS,
        "valid_until_ms": DECIDED_MS + 365 * 24 * HOUR_MS,
    }
    return Training(person, role, **(values | other))


def still(id_: str = STILL, **other: Any) -> Still:
    values: dict[str, Any] = {
        "interview_id": CALL.id,
        "run_id": RunId(ASKED.id),
        "item_key": CITY.key,
        "kind": StillKind.DOCUMENT_FRONT,
        "at_ms": ASKED.started_ms + 2_000,
        "sha256": "ab" * 32,
        "size_bytes": 123_456,
        "media_type": "image/jpeg",
        "width": 1_920,
        "height": 1_080,
        "mean_luma": 120.5,
        "glare_share": 0.001,
        "sharpness": 0.09,
        "card_width_px": 900,
        "usable": True,
        "problems": (),
    }
    return Still(id=StillId(id_), **(values | other))


def fact(**other: Any) -> Fact:
    values: dict[str, Any] = {
        "number": 1,
        "run_id": ASKED.id,
        "item_key": CITY.key,
        "still_id": STILL,
        "from_ms": ASKED.started_ms,
        "to_ms": ASKED.started_ms + 5_000,
        "text": "The city on the document is Zagreb; the claim says Sarajevo.",
    }
    return Fact(**(values | other))


def statement(**other: Any) -> StatementOfReasons:
    values: dict[str, Any] = {
        "ground": Ground.IDENTITY_CONTRADICTED,
        "facts": (fact(),),
        "policy_version": SHIPPED.version,
        "response_window_ms": SHIPPED.response_window_ms,
        "appeal_window_ms": SHIPPED.appeal_window_ms,
    }
    return StatementOfReasons(**(values | other))


def proposal(**other: Any) -> Proposal:
    values: dict[str, Any] = {
        "id": PROPOSAL,
        "verification_id": CALL.verification_id,
        "interview_id": CALL.id,
        "number": 1,
        "interviewer_id": INTERVIEWER,
        "proposer_id": A,
        "at_ms": PROPOSED_MS,
        "statement": statement(),
    }
    return Proposal(**(values | other))


def window(**other: Any) -> ResponseWindow:
    values: dict[str, Any] = {
        "proposal_id": PROPOSAL,
        "number": 1,
        "opened_ms": OPENED_MS,
        "closes_ms": CLOSES_MS,
        "delivered_by": DeliveredBy.MAIL_ACCEPTED,
    }
    return ResponseWindow(**(values | other))


def view(**other: Any) -> View:
    values: dict[str, Any] = {
        "id": "viw_1",
        "proposal_id": PROPOSAL,
        "fact_number": 1,
        "person_id": B,
        "opened_ms": CLOSES_MS + 60_000,
        "watched_ms": 6_000,
    }
    return View(**(values | other))


def response(**other: Any) -> Response:
    values: dict[str, Any] = {
        "proposal_id": PROPOSAL,
        "at_ms": OPENED_MS + 24 * HOUR_MS,
        "text": "I moved to Zagreb last month; the marketplace still has my old address.",
    }
    return Response(**(values | other))


def record(**other: Any) -> ProposalRecord:
    """Elapsed unanswered, watched by B, waiting for his word."""
    values: dict[str, Any] = {"proposal": proposal(), "windows": (window(),), "views": (view(),)}
    return ProposalRecord(**(values | other))


def scene(rows: InterviewRows = ROWS, flags: tuple[Flag, ...] = (), **other: Any) -> Scene:
    """The call as the raw rows show it."""
    about = other.get("interview", CALL)
    asked = other.get("runs", RUNS)
    policy = other.get("policy", SHIPPED)
    assessment, adverse = adverse_findings(about, PLAN, asked, flags, rows, policy)
    values: dict[str, Any] = {
        "interview": about,
        "is_last": True,
        "plan": PLAN,
        "runs": asked,
        "flags": flags,
        "assessment": assessment,
        "adverse": adverse,
        "stills": (still(),),
        "interviewer_trainings": (training(INTERVIEWER, StaffRole.INTERVIEWER),),
        "policy": policy,
    }
    return Scene(**(values | other))


def reviewer(id_: PersonId = B, **other: Any) -> Reviewer:
    values: dict[str, Any] = {
        "roles": frozenset({StaffRole.REVIEWER}),
        "trainings": (training(id_, StaffRole.REVIEWER),),
        "conflicted": False,
    }
    return Reviewer(id=id_, **(values | other))


def failure(**other: Any) -> Failed:
    """The confirmed failure."""
    return confirm(scene(), record(**other), reviewer(), DECIDED_MS)


def answered() -> ProposalRecord:
    """The same proposal, answered within its window and watched after that."""
    return replace(record(), response=response(), views=(view(opened_ms=response().at_ms + 1_000),))
