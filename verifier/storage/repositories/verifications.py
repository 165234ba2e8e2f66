"""Cases with their claims snapshot. One rule: after ``add`` only status, result, waiting time and sequence change."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import ColumnElement, Select, and_, delete, func, insert, or_, select, update

from verifier.core.erased import ERASED
from verifier.core.model import Claim, Result, Verification, VerificationId, VerificationStatus
from verifier.core.verification import CLOSED
from verifier.errors import Conflict, NotFound
from verifier.storage.connection import Connection, Row
from verifier.storage.rows import RowCodec
from verifier.storage.tables.cases import claim_values, claims, freelancers, verifications
from verifier.storage.tables.verdicts import decisions, results

_OPTIONAL = {"legal_name": ERASED, "email": "", "metadata": {}, "result": Result.NONE.value}
"""What a case shows after redaction, and before its first decision. Nobody writes to a bar, so there is no address."""
_PERSONAL = ("legal_name", "email", "metadata")
_CASE = RowCodec(Verification, omit=("claims",))
_CLAIM = RowCodec(Claim)


class SqlVerifications:
    """Verifications of the ports."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def add(self, verification: Verification) -> None:
        """Store the case, its person and its claims."""
        row = _CASE.encode(verification)
        person = {name: row.pop(name) for name in _PERSONAL} | {"verification_id": verification.id}
        result = row.pop("result")
        async with self._connection.atomic():
            await self._connection.insert(verifications, [row])
            await self._connection.insert(freelancers, [person])
            await self._add_claims(verification)
            await self._state(verification.id, Result(result))

    async def get(self, id_: VerificationId) -> Verification:
        """One case."""
        (found,) = await self._loaded(_cases().where(verifications.c.id == id_)) or (None,)
        if found is None:
            raise NotFound("There is no such verification.")
        return found

    async def save(self, verification: Verification, expected: VerificationStatus) -> None:
        """Compare the status and set what may change, in one statement."""
        changed = (
            update(verifications)
            .where(verifications.c.id == verification.id, verifications.c.status == expected.value)
            .values(
                status=verification.status.value,
                waiting_since_ms=verification.waiting_since_ms,
                sequence=verification.sequence,
            )
        )
        async with self._connection.atomic():
            if not await self._connection.change(changed):
                now = (await self.get(verification.id)).status
                raise Conflict(f"The verification is {now} by now, not {expected}.")
            await self._state(verification.id, verification.result)

    async def page(self, *, test: bool, before: tuple[int, str] | None, limit: int) -> tuple[Verification, ...]:
        """Newest first."""
        created, id_ = verifications.c.created_ms, verifications.c.id
        query = _cases().where(verifications.c.test == test)
        if before is not None:
            query = query.where(_older(before))
        return await self._loaded(query.order_by(created.desc(), id_.desc()).limit(limit))

    async def waiting(self) -> tuple[Verification, ...]:
        """Longest wait first."""
        query = _cases().where(verifications.c.status == VerificationStatus.WAITING.value)
        return await self._loaded(query.order_by(verifications.c.waiting_since_ms, verifications.c.id))

    async def in_status(self, *statuses: VerificationStatus) -> tuple[Verification, ...]:
        """Oldest first."""
        query = _cases().where(verifications.c.status.in_([status.value for status in statuses]))
        return await self._loaded(query.order_by(verifications.c.created_ms, verifications.c.id))

    async def open_of(self, external_id: str, *, test: bool) -> Verification | None:
        """The one that the partial index allows."""
        found = await self._loaded(
            _cases().where(
                verifications.c.external_id == external_id,
                verifications.c.test == test,
                verifications.c.status.not_in([status.value for status in sorted(CLOSED)]),
            )
        )
        return found[0] if found else None

    async def _add_claims(self, verification: Verification) -> None:
        rows = [
            {"verification_id": verification.id, "position": position, **_CLAIM.encode(claim)}
            for position, claim in enumerate(verification.claims)
        ]
        values = [
            {"verification_id": row["verification_id"], "claim_id": row["id"], "value": row.pop("value")}
            for row in rows
        ]
        await self._connection.insert(claims, rows)
        await self._connection.insert(claim_values, values)

    async def _state(self, id_: VerificationId, result: Result) -> None:
        """Point the case at the decision version that states ``result``: the newest one, or the one yet to come."""
        own = results.c.verification_id == id_
        if result is Result.NONE:
            await self._connection.run(delete(results).where(own))
            return
        newest = await self._connection.first(
            select(decisions.c.version, decisions.c.result)
            .where(decisions.c.verification_id == id_)
            .order_by(decisions.c.version.desc())
            .limit(1)
        )
        values = {"decision_version": _stating(newest, result), "result": result.value}
        if not await self._connection.change(update(results).where(own).values(**values)):
            await self._connection.run(insert(results).values(verification_id=id_, **values))

    async def _loaded(self, query: Select[tuple[object, ...]]) -> tuple[Verification, ...]:
        rows = await self._connection.all(query)
        found = await self._claims([row["id"] for row in rows])
        return tuple(
            _CASE.decode(
                {**row, **{name: other for name, other in _OPTIONAL.items() if row[name] is None}},
                claims=tuple(_CLAIM.decode(claim) for claim in found if claim["verification_id"] == row["id"]),
            )
            for row in rows
        )

    async def _claims(self, ids: Sequence[str]) -> Sequence[Row]:
        if not ids:
            return ()
        joined = claims.outerjoin(
            claim_values,
            and_(claim_values.c.verification_id == claims.c.verification_id, claim_values.c.claim_id == claims.c.id),
        )
        value = claim_values.c.value
        return await self._connection.all(
            select(claims, func.coalesce(value, ERASED).label("value"))
            .select_from(joined)
            .where(claims.c.verification_id.in_(ids))
            .order_by(claims.c.verification_id, claims.c.position)
        )


def _cases() -> Select[tuple[object, ...]]:
    personal = [freelancers.c[name] for name in _PERSONAL]
    return select(verifications, *personal, results.c.result).select_from(
        verifications.outerjoin(freelancers, freelancers.c.verification_id == verifications.c.id).outerjoin(
            results, results.c.verification_id == verifications.c.id
        )
    )


def _older(before: tuple[int, str]) -> ColumnElement[bool]:
    created, id_ = verifications.c.created_ms, verifications.c.id
    return or_(created < before[0], and_(created == before[0], id_ < before[1]))


def _stating(newest: Row | None, result: Result) -> int:
    if newest is None:
        return 1
    version: int = newest["version"]
    return version if newest["result"] == result.value else version + 1
