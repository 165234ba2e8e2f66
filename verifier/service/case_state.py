"""What the private case page is given: everything that happened, as JSON-compatible values.

One rule: derived from stored rows at the moment of reading, so it can never differ from them. Called by
service/joining inside its unit of work.
"""

from __future__ import annotations

from collections.abc import Sequence

from verifier.core.model import Interview, Verification
from verifier.ports import UnitOfWork
from verifier.service.join_state import interview_summary


async def case_parts(unit: UnitOfWork, verification: Verification) -> dict[str, object]:
    """``timeline``, ``decisions`` and ``interviews`` of the ``CaseState``."""
    interviews = await unit.interviews.of_verification(verification.id)
    return {
        "timeline": await _timeline(unit, verification, interviews),
        "decisions": [
            {
                "version": decision.version,
                "result": decision.result,
                "reason_codes": list(decision.reason_codes),
                "at_ms": decision.at_ms,
                "by_person": decision.decided_by is not None,
                "policy_version": decision.policy_version,
            }
            for decision in await unit.decisions.all(verification.id)
        ],
        "interviews": [await _interview(unit, interview) for interview in interviews],
    }


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


async def _timeline(
    unit: UnitOfWork, verification: Verification, interviews: Sequence[Interview]
) -> list[dict[str, object]]:
    """Every dated fact, oldest first, as {at_ms, what, number?}; ``what`` is a code worded by the page."""
    entries: list[tuple[int, str, int | None]] = [(verification.created_ms, "created", None)]
    consent = await unit.consents.latest(verification.id)
    if consent:
        entries.append((consent.at_ms, "consented" if consent.interview else "consent_declined", None))
    for interview in interviews:
        entries += _interview_entries(interview)
    for event in await unit.outbox.events_of(verification.id):
        if event.type.startswith("verification.") and event.type not in {"verification.created"}:
            entries.append((event.at_ms, event.type.removeprefix("verification."), None))
    for report in await unit.effects.of_verification(verification.id):
        entries.append((report.at_ms, f"effect_{report.effect}", None))
    return [{"at_ms": at_ms, "what": what, "number": number} for at_ms, what, number in sorted(entries, key=_by_time)]


def _interview_entries(interview: Interview) -> list[tuple[int, str, int | None]]:
    entries: list[tuple[int, str, int | None]] = []
    if interview.live_ms is not None:
        entries.append((interview.live_ms, "call_began", interview.number))
    if interview.ended_ms is not None:
        entries.append((interview.ended_ms, f"call_{interview.end_cause}", interview.number))
    return entries


def _by_time(entry: tuple[int, str, int | None]) -> tuple[int, str]:
    return entry[0], entry[1]
