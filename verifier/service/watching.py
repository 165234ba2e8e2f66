"""What a reviewer has watched, measured by the server. One rule: a page's word is where it stands, never for how long.

A watch runs in this process alone: after a restart the stretch is watched again. A person watches one stretch at a
time, in one page: opening another ends the one before. What was watched for as long as it is cited is stored, and an
entry of the chain.
"""

from __future__ import annotations

from dataclasses import dataclass

from verifier.core import failure, watch
from verifier.core.model import PersonId, ProposalId, StillId, VerificationId
from verifier.core.principal import StaffPrincipal
from verifier.core.proposal import OPEN, ProposalRecord, View
from verifier.core.review import Obstacle, require, sentence
from verifier.core.statement import Fact
from verifier.core.watch import Watch
from verifier.errors import Conflict, IllegalState, NotFound
from verifier.ports import Clock, Entropy, UnitOfWork, UnitOfWorkFactory
from verifier.service.chronicling import by_staff, chronicle
from verifier.service.scenes import reviewer_of

STILL_READ = "evidence.read"
"""Action of the chain entry that shows that somebody was given a still; ``preview``: only the small picture of it."""


@dataclass(frozen=True, slots=True)
class Watched:
    """How far a reviewer has come with one stretch."""

    watch_id: str
    """Names the page that watches; a later one ends it."""
    from_ms: int
    to_ms: int
    reached_ms: int
    """The replay goes on from here."""
    complete: bool


@dataclass(frozen=True, slots=True)
class _Running:
    id: str
    proposal_id: ProposalId
    fact_number: int
    watch: Watch


class Watching:
    """Running watches by person."""

    def __init__(self, units: UnitOfWorkFactory, clock: Clock, entropy: Entropy) -> None:
        self._units = units
        self._clock = clock
        self._entropy = entropy
        self._running: dict[PersonId, _Running] = {}

    async def begin(self, principal: StaffPrincipal, id_: ProposalId, fact_number: int) -> Watched:
        """A new watch of one cited stretch; whatever else this person watched ends.

        Raises:
            NotFound: no such proposal or fact.
            NotAllowed: this person does not confirm or reject it.
            IllegalState: it is decided, or the still that the fact cites was not opened yet.
        """
        async with self._units(read_only=True) as unit:
            record = await unit.proposals.record(id_)
            fact = _fact(record, fact_number)
            await self._require_confirmer(unit, principal, record)
            if fact.still_id not in await opened_stills(unit, record.proposal.verification_id, principal.person.id):
                raise IllegalState("Open the still that this fact cites first.")
        begun = watch.begin(fact.from_ms, fact.to_ms, self._clock.now_ms())
        running = _Running(self._entropy.new_id("wat"), id_, fact_number, begun)
        self._running[principal.person.id] = running
        return _told(running)

    async def beat(self, principal: StaffPrincipal, watch_id: str, position_ms: int) -> Watched:
        """How far the watch has come, after the page said where its replay stands.

        Raises:
            Conflict: another page of this person watches now, or the server was restarted.
        """
        before = self._running.get(principal.person.id)
        if before is None or before.id != watch_id:
            raise Conflict("This stretch is not being watched any more: another page took over. Begin again.")
        after = watch.beat(before.watch, position_ms, self._clock.now_ms())
        running = _Running(before.id, before.proposal_id, before.fact_number, after)
        self._running[principal.person.id] = running
        if after.complete:
            del self._running[principal.person.id]
            await self._store(principal, running)
        return _told(running)

    async def _store(self, principal: StaffPrincipal, running: _Running) -> None:
        seen = running.watch
        view = View(
            id=self._entropy.new_id("viw"),
            proposal_id=running.proposal_id,
            fact_number=running.fact_number,
            person_id=principal.person.id,
            opened_ms=seen.opened_ms,
            watched_ms=seen.watched_ms,
        )
        async with self._units() as unit:
            record = await unit.proposals.record(running.proposal_id)
            await self._require_confirmer(unit, principal, record)
            await unit.proposals.add_view(view)
            await chronicle(
                unit,
                record.proposal.verification_id,
                self._clock,
                "evidence.watched",
                by_staff(principal),
                proposal_id=view.proposal_id,
                fact_number=view.fact_number,
                view_id=view.id,
                watched_ms=view.watched_ms,
            )

    async def _require_confirmer(self, unit: UnitOfWork, principal: StaffPrincipal, record: ProposalRecord) -> None:
        proposal, now_ms = record.proposal, self._clock.now_ms()
        reviewer = await reviewer_of(unit, principal.person.id, proposal.verification_id)
        interview = await unit.interviews.get(proposal.interview_id)
        own = [failure.Objection.OWN_PROPOSAL] if reviewer.id == proposal.proposer_id else []
        require([*failure.objections_to_reviewer(interview, reviewer, now_ms), *own])
        if record.state(now_ms) not in OPEN:
            raise IllegalState(sentence(Obstacle.NOT_PROPOSED))


async def opened_stills(unit: UnitOfWork, case: VerificationId, person: PersonId) -> frozenset[StillId]:
    """Stills of a case that this person has seen as they were kept, as the chain shows; a preview is not enough."""
    return frozenset(
        StillId(str(entry.facts["still"]))
        for entry in await unit.audit.of_verification(case)
        if entry.action == STILL_READ and entry.actor_id == person and entry.facts["preview"] is False
    )


def _fact(record: ProposalRecord, number: int) -> Fact:
    for fact in record.proposal.statement.facts:
        if fact.number == number:
            return fact
    raise NotFound("The statement has no such fact.")


def _told(running: _Running) -> Watched:
    seen = running.watch
    return Watched(running.id, seen.from_ms, seen.to_ms, seen.reached_ms, seen.complete)
