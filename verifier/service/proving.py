"""Whether a typed code proves a second factor. One rule: recognising it changes nothing, spending it happens once.

The two are apart so that signing in with a wrong password and a right code, or the other way round, costs the same
reads and no write. Called by signing_in, enrolling and settings.
"""

from __future__ import annotations

from dataclasses import dataclass

from verifier.core.access import SecondFactor
from verifier.core.model import PersonId
from verifier.ports import UnitOfWork
from verifier.service.second_factor import accepted_step, recovery_hash


@dataclass(frozen=True, slots=True)
class Proof:
    """A code that is right: the time step of a one-time code, or the hash of a recovery code."""

    person_id: PersonId
    step: int | None = None
    recovery: str | None = None


async def recognise(unit: UnitOfWork, factor: SecondFactor | None, code: str, now_ms: int) -> Proof | None:
    """What this code proves; None when nothing."""
    if factor is None or factor.secret is None:
        return None
    digits = code.replace(" ", "")
    if len(digits) == 6 and digits.isdecimal():
        step = accepted_step(factor.secret, digits, now_ms, factor.last_step)
        return None if step is None else Proof(factor.person_id, step=step)
    hashed = recovery_hash(code)
    unused = await unit.recovery_codes.is_unused(factor.person_id, hashed)
    return Proof(factor.person_id, recovery=hashed) if unused else None


async def spend(unit: UnitOfWork, proof: Proof, now_ms: int) -> bool:
    """Use the code up; False when somebody else was faster."""
    if proof.step is not None:
        return await unit.second_factors.use_step(proof.person_id, proof.step)
    return proof.recovery is not None and await unit.recovery_codes.use(proof.person_id, proof.recovery, now_ms)


async def proven(unit: UnitOfWork, person_id: PersonId, code: str, now_ms: int) -> bool:
    """Whether this code proves the person's second factor, which uses it up."""
    proof = await recognise(unit, await unit.second_factors.of_person(person_id), code, now_ms)
    return proof is not None and await spend(unit, proof, now_ms)
