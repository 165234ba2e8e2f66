"""The end of what is kept. One rule: each thing goes in a transaction of its own, in which its term is asked once more.

A dry run tells what would go and why; the run itself tells the same of what went. What cannot go (somebody else was
quicker, a policy is missing) is told as a problem and keeps nothing else from going. Once a day by app/serving, by hand
by ``verifier retention``.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable
from dataclasses import dataclass, replace

import structlog

from verifier.core.canonical import plain
from verifier.core.chain import SYSTEM
from verifier.core.leftovers import KEPT_MS, Leftover
from verifier.core.model import InterviewId, VerificationId
from verifier.core.policy import PolicyBook
from verifier.core.retention import Kept, KeptCase, Term, due, terms
from verifier.core.tombstone import Tombstone, tombstone
from verifier.errors import Conflict, VerifierError
from verifier.ports import Clock, UnitOfWork, UnitOfWorkFactory
from verifier.service.chronicling import chronicle
from verifier.service.kept import kept_case
from verifier.service.redacting import EraseFiles, Redacting

_log = structlog.get_logger(__name__)

PAGE = 200


@dataclass(frozen=True, slots=True)
class Gone:
    """One thing of a case that goes, or that could not; ``problem`` says why not."""

    verification_id: VerificationId
    term: Term | None
    problem: str | None = None


@dataclass(frozen=True, slots=True)
class Swept:
    """Rows that go by age alone."""

    kind: Leftover
    before_ms: int
    count: int


class Retaining:
    """Deletes what is due."""

    def __init__(
        self,
        units: UnitOfWorkFactory,
        clock: Clock,
        policies: PolicyBook,
        redacting: Redacting,
        erase_files: EraseFiles,
    ) -> None:
        self._units = units
        self._clock = clock
        self._policies = policies
        self._redacting = redacting
        self._erase_files = erase_files

    async def run(self, *, dry: bool = False) -> AsyncIterator[Gone | Swept]:
        """Everything that is due, case by case, then what goes by age; deleted unless ``dry``."""
        async for id_ in self._cases():
            for gone in await self._case(id_, dry):
                yield gone
        for kind in Leftover:
            yield await self._sweep(kind, dry)

    async def daily(self) -> None:
        """Delete what is due, and log what could not be."""
        went, swept = 0, 0
        async for one in self.run():
            match one:
                case Gone(id_, term, str() as problem):
                    what = term.what.value if term else None
                    _log.error("not_deleted", verification=id_, what=what, problem=problem)
                case Gone():
                    went += 1
                case Swept():
                    swept += one.count
        _log.info("retention", deleted=went, swept=swept)

    async def _cases(self) -> AsyncIterator[VerificationId]:
        """Every case of which something may be left."""
        after = VerificationId("")
        while True:
            async with self._units(read_only=True) as unit:
                page = await unit.erasures.unfinished(after, PAGE)
            for id_ in page:
                yield id_
            if len(page) < PAGE:
                return
            after = page[-1]

    async def _case(self, id_: VerificationId, dry: bool) -> list[Gone]:
        try:
            async with self._units(read_only=True) as unit:
                found = _due(await self._kept(unit, id_), self._clock.now_ms())
        except VerifierError as error:
            return [Gone(id_, None, error.detail)]
        return [Gone(id_, term) if dry else await self._delete(id_, term) for term in found]

    async def _delete(self, id_: VerificationId, term: Term) -> Gone:
        try:
            match term.what:
                case Kept.EVIDENCE:
                    await self._evidence(id_, term)
                case Kept.SAMPLES:
                    await self._samples(id_, term)
                case Kept.PERSON:
                    await self._person(id_, term)
        except VerifierError as error:
            return Gone(id_, term, error.detail)
        return Gone(id_, term)

    async def _evidence(self, id_: VerificationId, term: Term) -> None:
        interview = InterviewId(term.subject_id)
        async with self._units() as unit:
            await self._still(unit, id_, term)
            await unit.evidence_keys.destroy(interview, self._clock.now_ms())
            facts = {"interview_id": interview, "rule": term.rule, "not_before_ms": term.not_before_ms}
            await chronicle(unit, id_, self._clock, "evidence.expired", SYSTEM, **facts)
        await self._erase_files(interview)

    async def _samples(self, id_: VerificationId, term: Term) -> None:
        stone = await self._tombstone(term)
        async with self._units() as unit:
            await self._still(unit, id_, term)
            made = replace(stone, at_ms=self._clock.now_ms())
            await unit.tombstones.add(made)
            await chronicle(unit, id_, self._clock, "samples.expired", SYSTEM, rule=term.rule, **plain(made))

    async def _tombstone(self, term: Term) -> Tombstone:
        """Counted outside of the writing transaction, which it would hold up for a second; rows never change."""
        async with self._units(read_only=True) as unit:
            rows = await unit.samples.rows(InterviewId(term.subject_id))
        now_ms = self._clock.now_ms()
        not_before_ms = now_ms if term.not_before_ms is None else term.not_before_ms
        return await asyncio.to_thread(tombstone, InterviewId(term.subject_id), rows, now_ms, not_before_ms)

    async def _person(self, id_: VerificationId, term: Term) -> None:
        async with self._units() as unit:
            kept = await self._still(unit, id_, term)
            await self._redacting.erase(unit, kept, SYSTEM)
        await self._redacting.erase_files(kept)

    async def _sweep(self, kind: Leftover, dry: bool) -> Swept:
        before_ms = self._clock.now_ms() - KEPT_MS[kind]
        async with self._units(read_only=dry) as unit:
            act = unit.erasures.count if dry else unit.erasures.sweep
            return Swept(kind, before_ms, await act(kind, before_ms))

    async def _kept(self, unit: UnitOfWork, id_: VerificationId) -> KeptCase:
        return await kept_case(unit, await unit.verifications.get(id_), self._policies)

    async def _still(self, unit: UnitOfWork, id_: VerificationId, term: Term) -> KeptCase:
        """The case, whose term stands as it did when it was found.

        Raises:
            Conflict: something happened meanwhile.
        """
        kept = await self._kept(unit, id_)
        if term not in _due(kept, self._clock.now_ms()):
            raise Conflict("Something happened to this case meanwhile; the next run asks again.")
        return kept


def _due(kept: KeptCase, now_ms: int) -> Iterable[Term]:
    return due(terms(kept), now_ms)
