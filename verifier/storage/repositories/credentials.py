"""Authenticators, recovery codes, conflicts of interest. One rule: a code is used up by one UPDATE, so never twice.

An authenticator's secret is sealed; who reads the file computes no codes.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, delete, func, or_, select, update

from verifier.core.access import SecondFactor
from verifier.core.model import PersonId, VerificationId
from verifier.core.staffing import StaffChange
from verifier.errors import OurError
from verifier.ports.credentials import ConflictOfInterest
from verifier.storage.connection import Connection
from verifier.storage.rows import RowCodec
from verifier.storage.sealing import Sealer
from verifier.storage.tables.staff import conflicts_of_interest, recovery_codes, second_factors, staff_changes

_FACTOR = RowCodec(SecondFactor, omit=("secret", "pending"))
_CONFLICT = RowCodec(ConflictOfInterest)
_CHANGE = RowCodec(StaffChange)


class SqlSecondFactors:
    """SecondFactors of the ports."""

    def __init__(self, connection: Connection, sealer: Sealer | None) -> None:
        self._connection = connection
        self._sealer = sealer

    async def of_person(self, id_: PersonId) -> SecondFactor | None:
        """The person's authenticator, a pending one included."""
        row = await self._connection.first(select(second_factors).where(second_factors.c.person_id == id_))
        if row is None:
            return None
        secret, pending = self._open(id_, "secret", row["secret"]), self._open(id_, "pending", row["pending"])
        return _FACTOR.decode(row, secret=secret, pending=pending)

    async def put(self, factor: SecondFactor) -> None:
        """Store it in the place of the former one."""
        await self.remove(factor.person_id)
        sealed = {
            "secret": self._seal(factor.person_id, "secret", factor.secret),
            "pending": self._seal(factor.person_id, "pending", factor.pending),
        }
        await self._connection.insert(second_factors, [{**_FACTOR.encode(factor), **sealed}])

    async def use_step(self, id_: PersonId, step: int) -> bool:
        """Whether no code of this step or a later one was used before."""
        newer = or_(second_factors.c.last_step.is_(None), second_factors.c.last_step < step)
        own = second_factors.c.person_id == id_
        return bool(await self._connection.change(update(second_factors).where(own, newer).values(last_step=step)))

    async def reseal(self) -> int:
        """Seal every secret with the newest key; number of people."""
        rows = await self._connection.all(select(second_factors.c.person_id))
        for row in rows:
            factor = await self.of_person(row["person_id"])
            if factor is not None:
                await self.put(factor)
        return len(rows)

    async def remove(self, id_: PersonId) -> None:
        """Forget it."""
        await self._connection.run(delete(second_factors).where(second_factors.c.person_id == id_))

    @property
    def _keys(self) -> Sealer:
        if self._sealer is None:
            raise OurError("This store was opened without the keys of its secrets.")
        return self._sealer

    def _seal(self, id_: str, column: str, plain: str | None) -> str | None:
        return None if plain is None else self._keys.seal_text(plain, _context(id_, column))

    def _open(self, id_: str, column: str, sealed: Any) -> str | None:
        return None if sealed is None else self._keys.open_text(sealed, _context(id_, column))


class SqlRecoveryCodes:
    """RecoveryCodes of the ports."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def replace(self, id_: PersonId, hashes: tuple[str, ...], at_ms: int) -> None:
        """Only these from now on."""
        await self._connection.run(delete(recovery_codes).where(recovery_codes.c.person_id == id_))
        rows = [{"person_id": id_, "code_hash": one, "created_ms": at_ms, "used_ms": None} for one in hashes]
        await self._connection.insert(recovery_codes, rows)

    async def is_unused(self, id_: PersonId, code_hash: str) -> bool:
        """Whether it is there and unused."""
        return await self._connection.first(select(recovery_codes).where(*_unused(id_, code_hash))) is not None

    async def use(self, id_: PersonId, code_hash: str, at_ms: int) -> bool:
        """Whether it was there and unused."""
        used = update(recovery_codes).where(*_unused(id_, code_hash)).values(used_ms=at_ms)
        return bool(await self._connection.change(used))

    async def left(self, id_: PersonId) -> int:
        """Number of unused ones."""
        own = (recovery_codes.c.person_id == id_, recovery_codes.c.used_ms.is_(None))
        counted = select(func.count().label("count")).select_from(recovery_codes).where(*own)
        return int((await self._connection.one(counted))["count"])


def _unused(id_: PersonId, code_hash: str) -> tuple[ColumnElement[bool], ...]:
    codes = recovery_codes.c
    return codes.person_id == id_, codes.code_hash == code_hash, codes.used_ms.is_(None)


class SqlStaffChanges:
    """StaffChanges of the ports."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def add(self, change: StaffChange) -> None:
        """Store it."""
        await self._connection.insert(staff_changes, [_CHANGE.encode(change)])

    async def of_person(self, id_: PersonId) -> tuple[StaffChange, ...]:
        """Newest first."""
        own = staff_changes.c.person_id == id_
        query = select(staff_changes).where(own).order_by(staff_changes.c.position.desc())
        return tuple(_CHANGE.decode(row) for row in await self._connection.all(query))


class SqlConflictsOfInterest:
    """ConflictsOfInterest of the ports."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def add(self, conflict: ConflictOfInterest) -> None:
        """Store it unless it is there."""
        if conflict.verification_id not in await self.of_person(conflict.person_id):
            await self._connection.insert(conflicts_of_interest, [_CONFLICT.encode(conflict)])

    async def of_verification(self, id_: VerificationId) -> tuple[ConflictOfInterest, ...]:
        """By time, then person."""
        table = conflicts_of_interest
        query = select(table).where(table.c.verification_id == id_).order_by(table.c.declared_ms, table.c.person_id)
        return tuple(_CONFLICT.decode(row) for row in await self._connection.all(query))

    async def of_person(self, id_: PersonId) -> frozenset[VerificationId]:
        """Every case this person must keep away from."""
        own = conflicts_of_interest.c.person_id == id_
        rows = await self._connection.all(select(conflicts_of_interest.c.verification_id).where(own))
        return frozenset(row["verification_id"] for row in rows)


def _context(id_: str, column: str) -> str:
    return f"second_factors.{column}:{id_}"
