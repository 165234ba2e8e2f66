"""The waiting room as an interviewer sees it. One rule: in the order of taking, and no more of a person than needed.

Names are initials until the call is taken, so that nobody picks by name. Called by service/staff.
"""

from __future__ import annotations

from typing import Any

from verifier.core.model import ClaimKind, Interview, Person, Verification
from verifier.ports import UnitOfWork
from verifier.service.calls import Calls
from verifier.service.taking import fair_order


async def waiting_rows(unit: UnitOfWork, calls: Calls, person: Person, now_ms: int) -> list[dict[str, object]]:
    """Everybody whose waiting room is open right now and whom this person may take, first in line first."""
    spoken = {language.split("-")[0] for language in person.languages}
    known = await unit.conflicts.of_person(person.id)
    waiting = await unit.verifications.waiting()
    present = [case for case in waiting if calls.is_waiting(case.id) and case.id not in known]
    rows = []
    for position, case in enumerate(fair_order(present, person.languages), start=1):
        check = await unit.device_checks.latest_of_verification(case.id)
        rows.append(
            {
                "id": case.id,
                "position": position,
                "reference": case.external_id,
                "wait_ms": max(0, now_ms - (case.waiting_since_ms or now_ms)),
                "languages": languages_of(case),
                "match": case.locale.split("-")[0] in spoken,
                "legal_name_initials": initials(case.legal_name),
                "interview_number": len(await unit.interviews.of_verification(case.id)) + 1,
                "check": check.figures.get("words", "unknown") if check else "unknown",
            }
        )
    return rows


async def interview_sheet(unit: UnitOfWork, interview: Interview) -> dict[str, Any]:
    """Whom an interview is with, and what was claimed."""
    case = await unit.verifications.get(interview.verification_id)
    return {
        "id": interview.id,
        "case": case.id,
        "number": interview.number,
        "state": interview.state,
        "reference": case.external_id,
        "freelancer": case.legal_name,
        "languages": languages_of(case),
        "test": case.test,
        "claims": [{"kind": claim.kind, "field": claim.field, "value": claim.value} for claim in case.claims],
    }


def languages_of(case: Verification) -> list[str]:
    """BCP 47 code of the case's language first, then the languages claimed, as they were written."""
    claimed = [claim.value for claim in case.claims if claim.kind is ClaimKind.LANGUAGE]
    own = case.locale.split("-")[0]
    return [own, *(language for language in claimed if language.split("-")[0].lower() != own)]


def initials(name: str) -> str:
    """First letters of the parts of a name, e.g. M. H."""
    return " ".join(f"{part[0].upper()}." for part in name.split())
