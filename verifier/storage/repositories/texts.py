"""What people wrote, apart from the rows it belongs to. One rule: deleting the words leaves their length and digest."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select

from verifier.core.chain import text_digest
from verifier.core.erased import erased
from verifier.core.model import VerificationId
from verifier.storage.connection import Connection
from verifier.storage.tables.redress import written_texts


class WrittenTexts:
    """Shared by the repositories of redress."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def write(self, subject: str, case: VerificationId, text: str) -> dict[str, Any]:
        """Store the words; the columns that the row keeps of them."""
        await self._connection.insert(written_texts, [{"subject": subject, "verification_id": case, "text": text}])
        return {"text_length": len(text), "text_sha256": text_digest(text)}

    async def read(self, subject: str, length: int) -> str:
        """The words, or a bar of their length when they were erased."""
        row = await self._connection.first(select(written_texts.c.text).where(written_texts.c.subject == subject))
        return erased(length) if row is None else str(row["text"])
