"""What an interviewer's pages show before a call and admit to one. One rule: his own calls, and who waits, no more."""

from __future__ import annotations

from typing import Any

from verifier.core.access import TicketGrant, fingerprint
from verifier.core.gate import Gate, GateState, gate
from verifier.core.messages import TICKET_VALID_MS
from verifier.core.model import (
    Interview,
    InterviewId,
    InterviewState,
    Role,
    StaffRole,
)
from verifier.core.policy import Policy
from verifier.core.principal import StaffPrincipal
from verifier.errors import IllegalState, NotFound
from verifier.ports import Clock, Entropy, UnitOfWork, UnitOfWorkFactory
from verifier.service.calls import Calls
from verifier.service.queue_view import interview_sheet, waiting_rows


class Staff:
    """The queue, the gate of one's own check, and the tickets of one's own calls."""

    def __init__(self, units: UnitOfWorkFactory, clock: Clock, entropy: Entropy, calls: Calls, policy: Policy) -> None:
        self._units = units
        self._clock = clock
        self._entropy = entropy
        self._calls = calls
        self._policy = policy

    async def queue(self, principal: StaffPrincipal) -> dict[str, object]:
        """The queue page's figures: own check, who waits in the order in which they would be taken, own call.

        Raises:
            NotAllowed: not an interviewer.
        """
        principal.require(StaffRole.INTERVIEWER)
        person, now_ms = principal.person, self._clock.now_ms()
        async with self._units(read_only=True) as unit:
            check = await unit.device_checks.latest_of_person(person.id)
            trainings = await unit.trainings.of_person(person.id)
            waiting = await waiting_rows(unit, self._calls, person, now_ms)
        passed = gate(check, trainings, now_ms, self._policy)
        if passed.state is GateState.VALID:
            self._calls.interviewer_seen(person.id, now_ms)
        call = self._calls.of_person(person.id)
        return {
            "check": {**_gate_figures(passed), "figures": dict(check.figures)} if check else None,
            "gate": passed.state,
            "waiting": waiting,
            "in_call": call.interview.id if call else None,
            "server_ms": now_ms,
        }

    async def gate(self, principal: StaffPrincipal) -> Gate:
        """Whether this person may take calls now."""
        async with self._units(read_only=True) as unit:
            check = await unit.device_checks.latest_of_person(principal.person.id)
            trainings = await unit.trainings.of_person(principal.person.id)
        return gate(check, trainings, self._clock.now_ms(), self._policy)

    async def sheet(self, principal: StaffPrincipal, id_: InterviewId) -> dict[str, Any]:
        """What the interview page is printed with: whom the call is with, and the claims.

        Raises:
            NotFound: no such interview, or somebody else's.
        """
        async with self._units(read_only=True) as unit:
            interview = await self._own_interview(unit, principal, id_)
            return await interview_sheet(unit, interview)

    async def ticket(self, principal: StaffPrincipal, id_: InterviewId) -> str:
        """A single-use ticket for the WebSocket of one's own interview.

        Raises:
            NotFound: no such interview, or somebody else's.
            IllegalState: the interview is over.
        """
        async with self._units() as unit:
            interview = await self._own_interview(unit, principal, id_)
            if interview.state is InterviewState.ENDED:
                raise IllegalState("This interview is over.")
            secret = self._entropy.token()
            expires_ms = self._clock.now_ms() + TICKET_VALID_MS
            await unit.tickets.add(
                TicketGrant(
                    fingerprint(secret),
                    Role.INTERVIEWER,
                    expires_ms,
                    principal.session_hash,
                    interview_id=interview.id,
                    person_id=principal.person.id,
                )
            )
        return secret

    async def _own_interview(self, unit: UnitOfWork, principal: StaffPrincipal, id_: InterviewId) -> Interview:
        principal.require(StaffRole.INTERVIEWER)
        interview = await unit.interviews.get(id_)
        if interview.interviewer_id != principal.person.id:
            raise NotFound("There is no such interview of yours.")
        return interview


def _gate_figures(passed: Gate) -> dict[str, object]:
    return {
        "passed": passed.valid_until_ms is not None,
        "valid": passed.state is GateState.VALID,
        "valid_until_ms": passed.valid_until_ms,
    }
