"""Appeals, their answers, and clocks that ran out. One rule: only an answer closes an appeal."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select

from verifier.core.appeal import Appeal, AppealAnswer
from verifier.core.clocks import Clock, ClockKind
from verifier.core.model import AppealId, VerificationId
from verifier.core.verdicts import Decision
from verifier.errors import Conflict
from verifier.storage.connection import Connection, Row
from verifier.storage.repositories.texts import WrittenTexts
from verifier.storage.rows import RowCodec
from verifier.storage.tables.failures import failed_decisions
from verifier.storage.tables.interviews import interviews
from verifier.storage.tables.redress import appeal_answers, appeals, escalations
from verifier.storage.tables.verdicts import decisions

_APPEAL = RowCodec(Appeal, omit=("text",))
_ANSWER = RowCodec(AppealAnswer, omit=("text",))


class SqlAppeals:
    """Appeals of the ports."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._texts = WrittenTexts(connection)

    async def add(self, appeal: Appeal) -> None:
        """Store an appeal against a decision version."""
        query = select(decisions.c.result).where(
            decisions.c.verification_id == appeal.verification_id, decisions.c.version == appeal.decision_version
        )
        result = (await self._connection.one(query))["result"]
        async with self._connection.atomic():
            words = await self._texts.write(f"appeal:{appeal.id}", appeal.verification_id, appeal.text)
            await self._connection.insert(appeals, [{**_APPEAL.encode(appeal), "decision_result": result, **words}])

    async def get(self, id_: AppealId) -> tuple[Appeal, AppealAnswer | None]:
        """An appeal with its answer."""
        return await self._loaded(await self._connection.one(select(appeals).where(appeals.c.id == id_)))

    async def answer(self, answer: AppealAnswer, decision: Decision) -> None:
        """Store the answer, with everybody it must not come from."""
        four = await self._connection.first(
            select(failed_decisions).where(
                failed_decisions.c.verification_id == decision.verification_id,
                failed_decisions.c.version == decision.version,
            )
        )
        held = select(interviews.c.interviewer_id).where(interviews.c.id == decision.interview_id)
        async with self._connection.atomic():
            words = await self._texts.write(f"answer:{answer.appeal_id}", decision.verification_id, answer.text)
            row = {
                **_ANSWER.encode(answer),
                "verification_id": decision.verification_id,
                "decision_version": decision.version,
                "decision_result": decision.result.value,
                "interview_id": decision.interview_id,
                "interviewer_id": (await self._connection.one(held))["interviewer_id"],
                "proposal_id": four["proposal_id"] if four else None,
                "proposer_id": four["proposer_id"] if four else None,
                "confirmer_id": four["confirmer_id"] if four else None,
                **words,
                "text_sha256": answer.fingerprint,
            }
            try:
                await self._connection.insert(appeal_answers, [row])
            except Conflict as error:
                raise Conflict(
                    "This appeal is answered already, or these very words answered another one.", field="/text"
                ) from error

    async def of_verification(self, id_: VerificationId) -> tuple[tuple[Appeal, AppealAnswer | None], ...]:
        """By number."""
        query = select(appeals).where(appeals.c.verification_id == id_).order_by(appeals.c.number)
        return tuple([await self._loaded(row) for row in await self._connection.all(query)])

    async def open(self) -> tuple[Appeal, ...]:
        """Unanswered, oldest first."""
        answered = select(appeal_answers.c.appeal_id)
        query = select(appeals).where(appeals.c.id.not_in(answered)).order_by(appeals.c.opened_ms, appeals.c.id)
        return tuple([(await self._loaded(row))[0] for row in await self._connection.all(query)])

    async def answered(self, limit: int) -> tuple[tuple[Appeal, AppealAnswer], ...]:
        """By at_ms, newest first."""
        query = select(appeal_answers).order_by(appeal_answers.c.at_ms.desc(), appeal_answers.c.appeal_id).limit(limit)
        rows = await self._connection.all(query)
        return tuple([((await self.get(row["appeal_id"]))[0], await self._answer(row)) for row in rows])

    async def _loaded(self, row: Row) -> tuple[Appeal, AppealAnswer | None]:
        words = await self._texts.read(f"appeal:{row['id']}", row["text_length"])
        found = await self._connection.first(select(appeal_answers).where(appeal_answers.c.appeal_id == row["id"]))
        return _APPEAL.decode(row, text=words), None if found is None else await self._answer(found)

    async def _answer(self, row: Row) -> AppealAnswer:
        words = await self._texts.read(f"answer:{row['appeal_id']}", row["text_length"])
        return _ANSWER.decode(row, text=words)


class SqlEscalations:
    """Escalations of the ports."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def add(self, clock: Clock, verification_id: VerificationId, at_ms: int) -> bool:
        """Store that a clock ran out, once."""
        row: dict[str, Any] = {
            "kind": clock.kind.value,
            "subject_id": clock.subject_id,
            "due_ms": clock.due_ms,
            "verification_id": verification_id,
            "at_ms": at_ms,
        }
        before = select(escalations.c.at_ms).where(
            escalations.c.kind == row["kind"],
            escalations.c.subject_id == row["subject_id"],
            escalations.c.due_ms == row["due_ms"],
        )
        if await self._connection.first(before) is not None:
            return False
        await self._connection.insert(escalations, [row])
        return True

    async def of_verification(self, id_: VerificationId) -> tuple[Clock, ...]:
        """By due_ms."""
        query = select(escalations).where(escalations.c.verification_id == id_).order_by(escalations.c.due_ms)
        return tuple(
            Clock(ClockKind(row["kind"]), row["subject_id"], row["at_ms"], row["due_ms"])
            for row in await self._connection.all(query)
        )
