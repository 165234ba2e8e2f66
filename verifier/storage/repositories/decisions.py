"""Decision versions and the platform's account reports. One rule: append, never change."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Select, select, update

from verifier.core.model import Result, VerificationId
from verifier.core.verdicts import AccountEffectReport, Decision
from verifier.storage.connection import Connection
from verifier.storage.rows import RowCodec
from verifier.storage.tables.redress import shown_decisions
from verifier.storage.tables.verdicts import assessments, decisions, effects, results

_DECISION = RowCodec(Decision)
_EFFECT = RowCodec(AccountEffectReport)


class SqlDecisions:
    """Decisions of the ports."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def append(self, decision: Decision) -> None:
        """Store the next version; a case that shows the same result shows it by this version from now on."""
        row = _DECISION.encode(decision)
        row["conclusive"] = await self._conclusive(decision)
        row["supersedes"] = decision.version - 1 or None
        row["failed_version"] = decision.version if decision.result is Result.FAILED else None
        async with self._connection.atomic():
            await self._connection.insert(decisions, [row])
            await self._connection.run(
                update(results)
                .where(results.c.verification_id == decision.verification_id, results.c.result == row["result"])
                .values(decision_version=decision.version)
            )

    async def _conclusive(self, decision: Decision) -> bool:
        """What the result demands; of a decision that states nothing, whatever its interview was."""
        if decision.result is not Result.NONE:
            return decision.result is not Result.INCONCLUSIVE
        query = select(assessments.c.conclusive).where(assessments.c.interview_id == decision.interview_id)
        return bool((await self._connection.one(query))["conclusive"])

    async def current(self, id_: VerificationId) -> Decision | None:
        """The highest version."""
        row = await self._connection.first(_of(id_).order_by(decisions.c.version.desc()).limit(1))
        return None if row is None else _DECISION.decode(row)

    async def all(self, id_: VerificationId) -> tuple[Decision, ...]:
        """By version."""
        rows = await self._connection.all(_of(id_).order_by(decisions.c.version))
        return tuple(_DECISION.decode(row) for row in rows)

    async def show(self, decision: Decision, at_ms: int) -> bool:
        """Store when the page first showed a version."""
        if await self.shown_ms(decision) is not None:
            return False
        row = {"verification_id": decision.verification_id, "version": decision.version, "at_ms": at_ms}
        await self._connection.insert(shown_decisions, [row])
        return True

    async def shown_ms(self, decision: Decision) -> int | None:
        """When that was."""
        query = select(shown_decisions.c.at_ms).where(
            shown_decisions.c.verification_id == decision.verification_id,
            shown_decisions.c.version == decision.version,
        )
        row = await self._connection.first(query)
        return None if row is None else row["at_ms"]

    async def taken_back(self) -> tuple[VerificationId, ...]:
        """By id."""
        later = decisions.alias()
        query = (
            select(decisions.c.verification_id)
            .where(decisions.c.result == Result.FAILED.value)
            .where(later.c.verification_id == decisions.c.verification_id, later.c.supersedes == decisions.c.version)
            .distinct()
            .order_by(decisions.c.verification_id)
        )
        return tuple(VerificationId(row["verification_id"]) for row in await self._connection.all(query))


class SqlEffects:
    """Effects of the ports."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def add(self, report: AccountEffectReport) -> None:
        """Store a report; version 0 means that there was no decision."""
        row = _EFFECT.encode(report)
        row["decision_version"] = report.decision_version or None
        await self._connection.insert(effects, [row])

    async def of_verification(self, id_: VerificationId) -> tuple[AccountEffectReport, ...]:
        """In the order they were added."""
        rows = await self._connection.all(
            select(effects).where(effects.c.verification_id == id_).order_by(effects.c.position)
        )
        return tuple(_EFFECT.decode({**row, "decision_version": row["decision_version"] or 0}) for row in rows)

    async def mismatched(self) -> tuple[VerificationId, ...]:
        """By id."""
        query = select(effects.c.verification_id).where(effects.c.mismatch).distinct()
        rows = await self._connection.all(query.order_by(effects.c.verification_id))
        return tuple(VerificationId(row["verification_id"]) for row in rows)


def _of(id_: VerificationId) -> Select[Any]:
    return select(decisions).where(decisions.c.verification_id == id_)
