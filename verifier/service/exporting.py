"""A case as a signed file. One rule: the export is logged in the chain that it holds, before it is written."""

from __future__ import annotations

from verifier.core import export
from verifier.core.chain import Actor
from verifier.core.model import VerificationId
from verifier.ports import Clock, UnitOfWorkFactory
from verifier.ports.signing import Signer
from verifier.service.read_log import Reading, ReadLog


class Exporting:
    """Exports cases."""

    def __init__(self, units: UnitOfWorkFactory, clock: Clock, signer: Signer) -> None:
        self._units = units
        self._clock = clock
        self._signer = signer
        self._reads = ReadLog(units, clock)

    async def export(self, id_: VerificationId, reader: Actor) -> str:
        """The file's text.

        Raises:
            NotFound: no such case.
        """
        async with self._units(read_only=True) as unit:
            case = await unit.verifications.get(id_)
        await self._reads.note([case.id], reader, Reading.EXPORT)
        async with self._units(read_only=True) as unit:
            stones = [
                await unit.tombstones.of_interview(each.id) for each in await unit.interviews.of_verification(case.id)
            ]
            exported = export.Exported(
                verification_id=case.id,
                at_ms=self._clock.now_ms(),
                chain=await unit.audit.of_verification(case.id),
                decisions=await unit.decisions.all(case.id),
                proposals=await unit.proposals.of_verification(case.id),
                rulings=await unit.rulings.of_verification(case.id),
                appeals=await unit.appeals.of_verification(case.id),
                tombstones=tuple(stone for stone in stones if stone is not None),
            )
        text = export.write(exported, self._signer.public_key)
        return text + export.closing(self._signer.sign(text.encode()))
