"""What the private case page is given: everything that happened, as JSON-compatible values.

One rule: derived from stored rows at the moment of reading, so it can never differ from them. Called by
service/joining inside its unit of work; proposals, decisions and appeals in service/redress_state.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TypeAlias

from verifier.core.model import Interview, Role, Verification
from verifier.core.proposal import ProposalRecord
from verifier.core.verdicts import Decision
from verifier.core.webhook import EventType
from verifier.ports import UnitOfWork
from verifier.service.join_state import interview_summary
from verifier.service.noticing import notices_of
from verifier.service.redress_state import Terms, redress_parts
from verifier.service.showing import is_erased

_Entry: TypeAlias = tuple[int, str, int | None]
"""When, what, and the number of the call."""
TOLD = {
    EventType.VERIFICATION_FAILURE_PROPOSED: "failure_proposed",
    EventType.VERIFICATION_NEW_INTERVIEW: "new_interview",
    EventType.VERIFICATION_DECIDED: "decided",
    EventType.DECISION_SUPERSEDED: "superseded",
    EventType.APPEAL_OPENED: "appeal_opened",
    EventType.APPEAL_DECIDED: "appeal_decided",
    EventType.VERIFICATION_ALTERNATIVE_ROUTE: "alternative_route",
    EventType.VERIFICATION_CANCELLED: "cancelled",
    EventType.VERIFICATION_EXPIRED: "expired",
    EventType.VERIFICATION_REDACTED: "redacted",
}
"""What the platform was told that happened to the freelancer too."""


async def case_parts(unit: UnitOfWork, verification: Verification, terms: Terms) -> dict[str, object]:
    """``timeline``, ``decisions``, ``interviews``, ``notices`` and the parts of redress of the ``CaseState``."""
    interviews = await unit.interviews.of_verification(verification.id)
    decisions = await unit.decisions.all(verification.id)
    calls = [await _interview(unit, interview) for interview in interviews]
    return {
        "timeline": await _timeline(unit, verification, interviews),
        "decisions": [
            {
                "version": decision.version,
                "result": decision.result,
                "reason_codes": list(decision.reason_codes),
                "at_ms": decision.at_ms,
                "by": _decided_by(decision, interviews),
                "policy_version": decision.policy_version,
                "proposal_id": decision.proposal_id,
            }
            for decision in decisions
        ],
        "ordered_by": _ordered_by(decisions, interviews, calls),
        "interviews": calls,
        "notices": await notices_of(unit, verification.id),
        **await redress_parts(unit, verification, terms),
    }


def _decided_by(decision: Decision, interviews: Sequence[Interview]) -> str:
    """In which part somebody decided: interviewer, reviewer, appeal or system."""
    if decision.decided_by is None:
        return "system"
    if decision.appeal_id is not None:
        return "appeal"
    own = {interview.id: interview.interviewer_id for interview in interviews}
    return "interviewer" if decision.decided_by == own.get(decision.interview_id) else "reviewer"


def _ordered_by(
    decisions: Sequence[Decision], interviews: Sequence[Interview], calls: Sequence[Mapping[str, object]]
) -> str:
    """Who ordered another call after the last one, if it was not offered because that could not be held."""
    if not interviews:
        return ""
    current = decisions[-1] if decisions else None
    if current and current.appeal_id is not None and current.interview_id == interviews[-1].id:
        return "appeal"
    return "reviewer" if calls[-1]["conclusive"] else ""


async def _interview(unit: UnitOfWork, interview: Interview) -> dict[str, object]:
    interviewer = await unit.people.get(interview.interviewer_id)
    summary = await interview_summary(unit, interview) or {
        "number": interview.number,
        "conclusive": None,
        "cause": None,
        "reasons": [],
        "fault": None,
        "fault_side": "none",
        "ended_ms": None,
    }
    return {
        **summary,
        "interviewer": interviewer.pseudonym,
        "created_ms": interview.created_ms,
        "live_ms": interview.live_ms,
        "recorded": interview.recording_consented,
        "policy_version": interview.policy_version,
        "items": await _items(unit, interview),
        "stills": await _stills(unit, interview),
        "recording": await _recording(unit, interview),
    }


async def _items(unit: UnitOfWork, interview: Interview) -> list[dict[str, object]]:
    findings = {finding.run_id: finding for finding in await unit.verdicts.findings(interview.id)}
    plan = {item.key: item for item in await unit.interviews.plan(interview.id)}
    return [
        {
            "key": run.item_key,
            "kind": plan[run.item_key].kind,
            "question": plan[run.item_key].question,
            "answer": run.answer,
            "started_ms": run.started_ms,
            "admissible": findings[run.id].admissible if run.id in findings else False,
            "reasons": list(findings[run.id].reasons) if run.id in findings else ["run.unanswered"],
        }
        for run in await unit.runs.of_interview(interview.id)
    ]


async def _stills(unit: UnitOfWork, interview: Interview) -> list[dict[str, object]]:
    stills = await unit.stills.of_interview(interview.id)
    erased = bool(stills) and await is_erased(unit, interview.id)
    return [
        {"id": still.id, "item_key": still.item_key, "at_ms": still.at_ms, "usable": still.usable, "erased": erased}
        for still in stills
    ]


async def _recording(unit: UnitOfWork, interview: Interview) -> dict[str, object] | None:
    """What was recorded of the freelancer himself; None when nothing was."""
    own = [one for one in await unit.recordings.of_interview(interview.id) if one.leg is Role.FREELANCER]
    return {"id": own[0].id, "erased": await is_erased(unit, interview.id)} if own else None


async def _timeline(
    unit: UnitOfWork, verification: Verification, interviews: Sequence[Interview]
) -> list[dict[str, object]]:
    """Every dated fact, oldest first, as {at_ms, what, number?}; ``what`` is a code worded by the page."""
    entries: list[_Entry] = [(verification.created_ms, "created", None)]
    consent = await unit.consents.latest(verification.id)
    if consent:
        entries.append((consent.at_ms, "consented" if consent.interview else "consent_declined", None))
    for interview in interviews:
        entries += _interview_entries(interview)
    told = await unit.outbox.events_of(verification.id)
    entries += [(event.at_ms, TOLD[event.type], None) for event in told if event.type in TOLD]
    for record in await unit.proposals.of_verification(verification.id):
        entries += _proposal_entries(record)
    for report in await unit.effects.of_verification(verification.id):
        entries.append((report.at_ms, f"effect_{report.effect}{'_unsupported' if report.mismatch else ''}", None))
    return [{"at_ms": at_ms, "what": what, "number": number} for at_ms, what, number in sorted(entries, key=_by_time)]


def _proposal_entries(record: ProposalRecord) -> list[_Entry]:
    """What is no event of the platform's: the freelancer's answer, and that a proposal is off."""
    entries: list[_Entry] = []
    if record.response is not None:
        entries.append((record.response.at_ms, "response_given", None))
    if record.ruling is not None:
        entries.append((record.ruling.at_ms, "proposal_rejected", None))
    return entries


def _interview_entries(interview: Interview) -> list[_Entry]:
    entries: list[_Entry] = []
    if interview.live_ms is not None:
        entries.append((interview.live_ms, "call_began", interview.number))
    if interview.ended_ms is not None:
        entries.append((interview.ended_ms, f"call_{interview.end_cause}", interview.number))
    return entries


def _by_time(entry: _Entry) -> tuple[int, str]:
    return entry[0], entry[1]
