"""Reviewers' words on conclusive calls and on fraud flags. One rule: a ruling names the interviewer it is not from."""

from __future__ import annotations

from sqlalchemy import select

from verifier.core.model import FlagKind, Interview, InterviewId, VerificationId
from verifier.core.proposal import Ruling
from verifier.ports.redress import FlagResolution
from verifier.storage.connection import Connection
from verifier.storage.repositories.texts import WrittenTexts
from verifier.storage.rows import RowCodec
from verifier.storage.tables.redress import flag_resolutions, proposals, rulings

_RULING = RowCodec(Ruling, omit=("text",))
_RESOLUTION = RowCodec(FlagResolution, omit=("text",))


class SqlRulings:
    """Rulings of the ports."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._texts = WrittenTexts(connection)

    async def add(self, ruling: Ruling, interview: Interview) -> None:
        """Store a ruling on a conclusive interview."""
        proposer = None
        if ruling.proposal_id is not None:
            query = select(proposals.c.proposer_id).where(proposals.c.id == ruling.proposal_id)
            proposer = (await self._connection.one(query))["proposer_id"]
        async with self._connection.atomic():
            words = await self._texts.write(f"ruling:{ruling.id}", ruling.verification_id, ruling.text)
            row = {
                **_RULING.encode(ruling),
                "interviewer_id": interview.interviewer_id,
                "proposer_id": proposer,
                "conclusive": True,
            }
            await self._connection.insert(rulings, [{**row, **words}])

    async def of_verification(self, id_: VerificationId) -> tuple[Ruling, ...]:
        """By at_ms, then id."""
        query = select(rulings).where(rulings.c.verification_id == id_).order_by(rulings.c.at_ms, rulings.c.id)
        return tuple(
            [
                _RULING.decode(row, text=await self._texts.read(f"ruling:{row['id']}", row["text_length"]))
                for row in await self._connection.all(query)
            ]
        )

    async def resolve(self, resolution: FlagResolution, interview: Interview) -> None:
        """Store the resolution of a fraud flag."""
        async with self._connection.atomic():
            subject = f"resolution:{resolution.flag_id}"
            words = await self._texts.write(subject, interview.verification_id, resolution.text)
            row = {
                **_RESOLUTION.encode(resolution),
                "kind": FlagKind.FRAUD.value,
                "interviewer_id": interview.interviewer_id,
            }
            await self._connection.insert(flag_resolutions, [{**row, **words}])

    async def resolutions(self, id_: InterviewId) -> tuple[FlagResolution, ...]:
        """By at_ms, then flag."""
        query = (
            select(flag_resolutions)
            .where(flag_resolutions.c.interview_id == id_)
            .order_by(flag_resolutions.c.at_ms, flag_resolutions.c.flag_id)
        )
        return tuple(
            [
                _RESOLUTION.decode(row, text=await self._texts.read(f"resolution:{row['flag_id']}", row["text_length"]))
                for row in await self._connection.all(query)
            ]
        )
