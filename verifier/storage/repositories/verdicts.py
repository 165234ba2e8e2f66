"""Findings and assessments. One rule: an interview is assessed once; both are written together."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import select

from verifier.core.model import InterviewId
from verifier.core.verdicts import Assessment, Finding
from verifier.storage.connection import Connection
from verifier.storage.rows import RowCodec
from verifier.storage.tables.verdicts import assessments, findings

_FINDING = RowCodec(Finding)
_ASSESSMENT = RowCodec(Assessment)


class SqlVerdicts:
    """Verdicts of the ports."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def add(self, findings_: Sequence[Finding], assessment: Assessment) -> None:
        """Store both. Raises Conflict when the interview has been assessed."""
        async with self._connection.atomic():
            await self._connection.insert(assessments, [_ASSESSMENT.encode(assessment)])
            await self._connection.insert(findings, [_FINDING.encode(finding) for finding in findings_])

    async def findings(self, id_: InterviewId) -> tuple[Finding, ...]:
        """By run id."""
        query = select(findings).where(findings.c.interview_id == id_).order_by(findings.c.run_id)
        return tuple(_FINDING.decode(row) for row in await self._connection.all(query))

    async def assessment(self, id_: InterviewId) -> Assessment | None:
        """None until the interview has been assessed."""
        row = await self._connection.first(select(assessments).where(assessments.c.interview_id == id_))
        return None if row is None else _ASSESSMENT.decode(row)
