"""Fakes of SecondFactors, RecoveryCodes, ConflictsOfInterest."""

from __future__ import annotations

from dataclasses import replace

from tests.fakes.state import Lent, put, refers, require
from verifier.core.access import SecondFactor
from verifier.core.model import VerificationId
from verifier.core.staffing import StaffChange
from verifier.ports.credentials import ConflictOfInterest


class FakeSecondFactors:
    def __init__(self, lent: Lent) -> None:
        self._lent = lent

    async def of_person(self, id_: str) -> SecondFactor | None:
        return self._lent.seen.second_factors.get(id_)

    async def put(self, factor: SecondFactor) -> None:
        refers(self._lent.changed.people, factor.person_id)
        require((factor.secret is None) is (factor.confirmed_ms is None), "a secret in force was confirmed")
        self._lent.changed.second_factors[factor.person_id] = factor

    async def use_step(self, id_: str, step: int) -> bool:
        factors = self._lent.changed.second_factors
        factor = factors.get(id_)
        if factor is None or (factor.last_step is not None and factor.last_step >= step):
            return False
        factors[id_] = replace(factor, last_step=step)
        return True

    async def reseal(self) -> int:
        return len(self._lent.changed.second_factors)

    async def remove(self, id_: str) -> None:
        self._lent.changed.second_factors.pop(id_, None)


class FakeRecoveryCodes:
    def __init__(self, lent: Lent) -> None:
        self._lent = lent

    async def replace(self, id_: str, hashes: tuple[str, ...], at_ms: int) -> None:
        codes = self._lent.changed.recovery_codes
        refers(self._lent.changed.people, id_)
        for key in [key for key in codes if key[0] == id_]:
            del codes[key]
        for one in hashes:
            put(codes, (id_, one), None)

    async def is_unused(self, id_: str, code_hash: str) -> bool:
        return self._lent.seen.recovery_codes.get((id_, code_hash), 0) is None

    async def use(self, id_: str, code_hash: str, at_ms: int) -> bool:
        codes = self._lent.changed.recovery_codes
        if codes.get((id_, code_hash), at_ms) is not None:
            return False
        codes[id_, code_hash] = at_ms
        return True

    async def left(self, id_: str) -> int:
        return sum(person == id_ and used is None for (person, _), used in self._lent.seen.recovery_codes.items())


class FakeStaffChanges:
    def __init__(self, lent: Lent) -> None:
        self._lent = lent

    async def add(self, change: StaffChange) -> None:
        refers(self._lent.changed.people, change.person_id)
        refers(self._lent.changed.people, change.by_id)
        require(change.by_id != change.person_id, "nobody changes what he himself may do")
        self._lent.changed.staff_changes.append(change)

    async def of_person(self, id_: str) -> tuple[StaffChange, ...]:
        return tuple(reversed([one for one in self._lent.seen.staff_changes if one.person_id == id_]))


class FakeConflictsOfInterest:
    def __init__(self, lent: Lent) -> None:
        self._lent = lent

    async def add(self, conflict: ConflictOfInterest) -> None:
        state = self._lent.changed
        refers(state.verifications, conflict.verification_id)
        refers(state.people, conflict.person_id)
        state.conflicts.setdefault((conflict.verification_id, conflict.person_id), conflict)

    async def of_verification(self, id_: str) -> tuple[ConflictOfInterest, ...]:
        rows = [one for one in self._lent.seen.conflicts.values() if one.verification_id == id_]
        return tuple(sorted(rows, key=lambda one: (one.declared_ms, one.person_id)))

    async def of_person(self, id_: str) -> frozenset[VerificationId]:
        return frozenset(one.verification_id for one in self._lent.seen.conflicts.values() if one.person_id == id_)
