"""Calls and their per-second rows, as models and as CSV. One rule: every column has the name it has in core/samples."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from enum import Enum
from typing import Annotated, Any

from pydantic import Field

from verifier.core import events
from verifier.core.model import Answer as ItemAnswer
from verifier.core.model import EndCause, InterviewState, ItemKind
from verifier.core.samples import InterviewRows
from verifier.core.verdicts import Assessment, Fault
from verifier.service.records import InterviewRecord
from verifier.web.api.answers import Answer, Time

Row = dict[str, Any]


class RunAnswer(Answer):
    """One asking of an item."""

    item_key: str
    kind: ItemKind
    question: str
    number: int
    started_at: Time
    ended_at: Time | None
    answer: ItemAnswer | None
    admissible: Annotated[bool | None, Field(description="null until the call has ended.")]
    inadmissible_because: list[str]
    fault: Fault | None


class AssessmentAnswer(Answer):
    """What the rules computed from the stored rows."""

    conclusive: bool
    all_consistent: bool
    reason_codes: list[str]
    fault: Fault | None
    fault_side: Annotated[str, Field(description="freelancer, interviewer, server, both, unclear or none.")]
    bad_share_relied: float
    bad_share_live: float
    live_seconds: int
    policy_version: str


class InterviewAnswer(Answer):
    """One call."""

    id: str
    number: int
    state: InterviewState
    end_cause: EndCause | None
    created_at: Time
    live_at: Time | None
    ended_at: Time | None
    policy_version: str
    checklist_version: str
    recording_consented: bool
    assessment: AssessmentAnswer | None
    rows_expired_at: Annotated[
        Time | None, Field(description="When the rows of …/quality were deleted by their time; the assessment stays.")
    ]
    runs: list[RunAnswer]


class InterviewList(Answer):
    """By number."""

    data: list[InterviewAnswer]


class QualityAnswer(Answer):
    """Every raw row of a call, by origin."""

    interview_id: str
    server: list[Row]
    browser: list[Row]
    frames: list[Row]


def interview(record: InterviewRecord) -> InterviewAnswer:
    """The answer for one call."""
    about = record.interview
    return InterviewAnswer(
        id=about.id,
        number=about.number,
        state=about.state,
        end_cause=about.end_cause,
        created_at=events.timestamp(about.created_ms),
        live_at=_time(about.live_ms),
        ended_at=_time(about.ended_ms),
        policy_version=about.policy_version,
        checklist_version=about.checklist_version,
        recording_consented=about.recording_consented,
        assessment=_assessment(record.assessment) if record.assessment else None,
        rows_expired_at=_time(record.expired_ms),
        runs=_runs(record),
    )


def quality(interview_id: str, rows: InterviewRows) -> QualityAnswer:
    """The answer for the rows of one call."""
    return QualityAnswer(
        interview_id=interview_id,
        server=[_row(row) for row in rows.server],
        browser=[_row(row) for row in rows.browser],
        frames=[_row(row) for row in rows.frames],
    )


def quality_csv(rows: Sequence[object]) -> str:
    """RFC 4180 text of the rows of one origin; nested members have dotted names, None is an empty field."""
    flat = [dict(_flat(_row(row))) for row in rows]
    out = io.StringIO(newline="")
    writer = csv.DictWriter(out, fieldnames=list(flat[0]) if flat else [], lineterminator="\r\n")
    writer.writeheader()
    writer.writerows(flat)
    return out.getvalue()


def _row(row: Any) -> Row:
    return {name: _value(value) for name, value in asdict(row).items() if name != "interview_id"}


def _value(value: object) -> object:
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, Mapping):
        return {name: _value(inner) for name, inner in value.items()}
    return value


def _flat(row: Mapping[str, object], prefix: str = "") -> list[tuple[str, object]]:
    pairs: list[tuple[str, object]] = []
    for name, value in row.items():
        pairs += _flat(value, f"{prefix}{name}.") if isinstance(value, Mapping) else [(prefix + name, value)]
    return pairs


def _time(at_ms: int | None) -> str | None:
    return None if at_ms is None else events.timestamp(at_ms)


def _assessment(assessment: Assessment) -> AssessmentAnswer:
    return AssessmentAnswer(
        conclusive=assessment.conclusive,
        all_consistent=assessment.all_consistent,
        reason_codes=list(assessment.reasons),
        fault=assessment.blame.fault,
        fault_side=events.fault_side(assessment.blame),
        bad_share_relied=assessment.bad_share_relied,
        bad_share_live=assessment.bad_share_live,
        live_seconds=assessment.live_seconds,
        policy_version=assessment.policy_version,
    )


def _runs(record: InterviewRecord) -> list[RunAnswer]:
    items = {item.key: item for item in record.plan}
    findings = {finding.run_id: finding for finding in record.findings}
    answers = []
    for run in record.runs:
        item, finding = items[run.item_key], findings.get(run.id)
        answers.append(
            RunAnswer(
                item_key=run.item_key,
                kind=item.kind,
                question=item.question,
                number=run.number,
                started_at=events.timestamp(run.started_ms),
                ended_at=_time(run.ended_ms),
                answer=run.answer,
                admissible=finding.admissible if finding else None,
                inadmissible_because=list(finding.reasons) if finding else [],
                fault=finding.blame.fault if finding else None,
            )
        )
    return answers
