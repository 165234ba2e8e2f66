"""What people are told by e-mail: written with the change, composed when it is sent, recorded with what follows.

One rule: a notice, an answer of a mail server and what follows from that answer are each one transaction. Services that
change a case call ``tell`` within their unit of work; delivery/mail_worker does the rest. Only acceptance by a mail
server opens a window or starts a period, and a bounce takes it back: ``Followers`` says what is done then.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field

from verifier.core.access import Audience, Link, fingerprint
from verifier.core.letter import Facts, Letter
from verifier.core.model import NoticeId, PersonId, Verification, VerificationId
from verifier.core.notice import (
    TO_STAFF,
    Notice,
    NoticeKind,
    NoticeState,
    Outcome,
    RecipientKind,
    Reply,
    after_attempt,
)
from verifier.core.policy import PolicyBook
from verifier.errors import OurError
from verifier.ports import Clock, Entropy, UnitOfWork, UnitOfWorkFactory
from verifier.service.notice_facts import facts_of

_SEED_RANGE = 2**63
_ABOUT_A_CALL = frozenset(
    {NoticeKind.FAILURE_PROPOSED, NoticeKind.RULED, NoticeKind.DECIDED, NoticeKind.DECISION_SUPERSEDED}
)
"""Kinds that a person who was in no call should be able to disown."""

Follow = Callable[[UnitOfWork, Notice, int], Awaitable[None]]
"""What is done within the unit of work that records an answer: with the notice, and when the answer came in ms."""


@dataclass(frozen=True, slots=True)
class Followers:
    """What follows from a delivery and from a bounce, by kind of notice; nothing for the kinds that are not named."""

    accepted: Mapping[NoticeKind, Follow] = field(default_factory=dict)
    bounced: Mapping[NoticeKind, Follow] = field(default_factory=dict)


async def tell(
    unit: UnitOfWork,
    kind: NoticeKind,
    subject_id: str,
    clock: Clock,
    entropy: Entropy,
    *,
    case: VerificationId,
    person: PersonId | None = None,
) -> Notice:
    """A notice that is due at once, stored with the caller's change.

    Args:
        unit: the open unit of work of the change.
        kind: what it tells.
        subject_id: what it is about; see ``NoticeKind``.
        clock: gives it its time.
        entropy: gives it its id.
        case: the case it belongs to.
        person: the staff member to tell; None: the freelancer of the case.

    Raises:
        OurError: the kind is not for this recipient.
    """
    if (kind in TO_STAFF) is not (person is not None):
        raise OurError(f"{kind} is not for this recipient.")
    now_ms = clock.now_ms()
    notice = Notice(
        id=NoticeId(entropy.new_id("ntc")),
        verification_id=case,
        kind=kind,
        subject_id=subject_id,
        recipient_kind=RecipientKind.FREELANCER if person is None else RecipientKind.PERSON,
        person_id=person,
        created_ms=now_ms,
        next_attempt_ms=now_ms,
    )
    await unit.notices.add(notice)
    return notice


async def accepted(unit: UnitOfWork, notice: Notice, at_ms: int, followers: Followers) -> None:
    """A mail server took the notice: do what follows for its kind."""
    if follow := followers.accepted.get(notice.kind):
        await follow(unit, notice, at_ms)


async def bounced(unit: UnitOfWork, notice: Notice, at_ms: int, followers: Followers) -> None:
    """The notice was refused for good or came back: do what follows for its kind."""
    if follow := followers.bounced.get(notice.kind):
        await follow(unit, notice, at_ms)


async def notices_of(unit: UnitOfWork, id_: VerificationId) -> list[dict[str, object]]:
    """What the freelancer of a case was told, oldest first, for pages: {kind, subject_id, state, created_ms, at_ms,
    attempts}; ``at_ms`` is when the state was reached, None while the notice waits for its first attempt.
    """
    return [
        {
            "kind": notice.kind.value,
            "subject_id": notice.subject_id,
            "state": notice.state.value,
            "created_ms": notice.created_ms,
            "at_ms": (await unit.notices.attempts(notice.id))[-1].at_ms if notice.attempts else None,
            "attempts": notice.attempts,
        }
        for notice in await unit.notices.of_verification(id_)
        if notice.recipient_kind is RecipientKind.FREELANCER
    ]


class Noticing:
    """Composes notices for sending and records what came of them."""

    def __init__(
        self,
        units: UnitOfWorkFactory,
        clock: Clock,
        entropy: Entropy,
        policies: PolicyBook,
        public_url: str,
        followers: Followers = Followers(),
    ) -> None:
        self._units = units
        self._clock = clock
        self._entropy = entropy
        self._policies = policies
        self._public_url = public_url.rstrip("/")
        self._followers = followers

    async def due(self, limit: int) -> tuple[Notice, ...]:
        """Notices to be sent now, longest due first."""
        async with self._units(read_only=True) as unit:
            return await unit.notices.due(self._clock.now_ms(), limit)

    async def next_due_ms(self) -> int | None:
        """When ``due`` will next have something to say, None while nothing is queued."""
        async with self._units(read_only=True) as unit:
            return await unit.notices.next_due_ms()

    async def compose(self, id_: NoticeId) -> Letter | Reply:
        """The letter of a notice with links of its own, or why there is nothing to send: overtaken, or no address.

        An address that somebody disowned is none.

        Raises:
            NotFound: no such notice, or what it is about is not there.
        """
        async with self._units() as unit:
            notice = await unit.notices.get(id_)
            case = await unit.verifications.get(_case_of(notice))
            facts = await facts_of(unit, notice, case, self._policies, self._clock.now_ms())
            if notice.state is not NoticeState.QUEUED or facts is None:
                return Reply(Outcome.OVERTAKEN)
            if notice.person_id is not None:
                return await self._to_person(unit, notice, notice.person_id, facts, case)
            if not case.email or await unit.notices.disowned_ms(case.id) is not None:
                return Reply(Outcome.NO_ADDRESS)
            return await self._to_freelancer(unit, notice, facts, case)

    async def record(self, id_: NoticeId, reply: Reply, at_ms: int) -> None:
        """Store what came of an attempt, together with everything that follows from it.

        Raises:
            Conflict: something else happened to the notice at the same moment; try again.
            IllegalState: nothing of this kind can happen to it any more.
            NotFound: no such notice.
        """
        async with self._units() as unit:
            await self._move(unit, await unit.notices.get(id_), reply, at_ms)

    async def returned(self, id_: NoticeId, reply: Reply) -> bool:
        """Store that a notice came back; False when that is known already.

        Raises:
            Conflict: something else happened to the notice at the same moment; try again.
            IllegalState: the notice was never handed to a mail server.
            NotFound: no such notice.
        """
        async with self._units() as unit:
            notice = await unit.notices.get(id_)
            if notice.state is NoticeState.BOUNCED:
                return False
            await self._move(unit, notice, reply, self._clock.now_ms())
            return True

    async def _move(self, unit: UnitOfWork, before: Notice, reply: Reply, at_ms: int) -> None:
        after, attempt = after_attempt(before, reply, at_ms, self._entropy.seed() / _SEED_RANGE)
        await unit.notices.record(before, after, attempt)
        if after.state is before.state:
            return
        if after.state is NoticeState.ACCEPTED:
            await accepted(unit, after, at_ms, self._followers)
        elif after.state is NoticeState.BOUNCED:
            await bounced(unit, after, at_ms, self._followers)

    async def _to_freelancer(self, unit: UnitOfWork, notice: Notice, facts: Facts, case: Verification) -> Letter:
        page = await self._link(unit, Audience.CASE, case.id, notice)
        disown = await self._link(unit, Audience.NOT_ME, case.id, notice) if notice.kind in _ABOUT_A_CALL else ""
        return Letter(
            notice=notice,
            address=case.email,
            name=case.legal_name,
            language=case.locale,
            time_zone=case.time_zone,
            facts=facts,
            page_url=f"{self._public_url}/case#{page}",
            not_me_url=f"{self._public_url}/case/not-me#{disown}" if disown else "",
            test=case.test,
        )

    async def _to_person(
        self, unit: UnitOfWork, notice: Notice, id_: PersonId, facts: Facts, case: Verification
    ) -> Letter:
        person = await unit.people.get(id_)
        return Letter(
            notice=notice,
            address=person.email,
            name=person.name,
            language=person.languages[0] if person.languages else "",
            time_zone="UTC",
            facts=facts,
            page_url=f"{self._public_url}/staff",
            test=case.test,
        )

    async def _link(self, unit: UnitOfWork, audience: Audience, id_: VerificationId, notice: Notice) -> str:
        """The token of a fresh private link; only its hash is stored. The one place where mail gets its links."""
        token = self._entropy.token()
        await unit.links.add(Link(fingerprint(token), audience, self._clock.now_ms(), None, id_, notice_id=notice.id))
        return token


def _case_of(notice: Notice) -> VerificationId:
    if notice.verification_id is None:
        raise OurError("A notice belongs to a case.")
    return notice.verification_id
