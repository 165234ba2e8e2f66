"""The data key of an interview's evidence. One rule: made with its first evidence, and never again once destroyed."""

from __future__ import annotations

from verifier.core.model import InterviewId
from verifier.errors import IllegalState
from verifier.ports import Clock, EvidenceStore, UnitOfWorkFactory
from verifier.ports.evidence import WrappedKey
from verifier.ports.redress import EvidenceKey


async def data_key(units: UnitOfWorkFactory, clock: Clock, evidence: EvidenceStore, id_: InterviewId) -> WrappedKey:
    """The wrapped key of this interview, a new one when it has none.

    Raises:
        IllegalState: it was destroyed: the evidence of this interview is erased for good.
    """
    async with units() as unit:
        stored = await unit.evidence_keys.of_interview(id_)
        if stored is None:
            key = evidence.new_key()
            await unit.evidence_keys.add(EvidenceKey(id_, key.wrapped, key.master_key_id, clock.now_ms()))
            return key
    return opens(stored)


def opens(stored: EvidenceKey | None) -> WrappedKey:
    """What opens the evidence.

    Raises:
        IllegalState: there is no key, or it was destroyed.
    """
    if stored is None or stored.wrapped is None:
        raise IllegalState("The evidence of this interview was erased.")
    return WrappedKey(stored.wrapped, stored.master_key_id)
