"""The freelancer's doors: link to session, consent, ticket, another way, no further call.

One rule: a link is exchanged by a deliberate POST and lives as long as its case; whoever exchanges it last has the
interview, and every older browser is told. Refusing anything here is never adverse.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from verifier.core import events
from verifier.core.access import Audience, Link, Session, TicketGrant, fingerprint, session_tag
from verifier.core.chain import FREELANCER
from verifier.core.events import AlternativeReason
from verifier.core.messages import TICKET_VALID_MS, Banner, to_wire
from verifier.core.model import Role, Verification, VerificationId, VerificationStatus
from verifier.core.policy import PolicyBook
from verifier.core.principal import FreelancerPrincipal
from verifier.core.verification import VerificationEvent, next_status
from verifier.core.webhook import EventType
from verifier.errors import IllegalState, LinkRefused, NotAllowed, NotAuthenticated
from verifier.ports import Bus, Clock, Entropy, UnitOfWork, UnitOfWorkFactory
from verifier.ports.storage import Consent
from verifier.service.case_state import case_parts
from verifier.service.chronicling import chronicle
from verifier.service.deciding import Deciding
from verifier.service.join_state import INTERVIEW_AHEAD, closed, join_state
from verifier.service.publishing import publish
from verifier.service.redress_state import Terms

SESSION_VALID_MS = 24 * 3_600_000

_S = VerificationStatus


def session_topic(session_hash: str) -> str:
    """Bus topic of every socket that one signed-in browser holds."""
    return f"session:{session_hash}"


@dataclass(frozen=True, slots=True)
class SignedIn:
    """A new session: the cookie's secret, how long it lives, and what the page shows first."""

    secret: str
    valid_ms: int
    state: dict[str, object]


@dataclass(frozen=True, slots=True)
class Over:
    """There is no interview behind the link any more; his private page stays."""

    case_url: str
    """With a token of its own."""


class Joining:
    """What a freelancer does outside the call."""

    def __init__(
        self,
        units: UnitOfWorkFactory,
        clock: Clock,
        entropy: Entropy,
        bus: Bus,
        deciding: Deciding,
        policies: PolicyBook,
        public_url: str,
        link_keys: Sequence[bytes],
        notify: Callable[[], None] = lambda: None,
    ) -> None:
        self._units = units
        self._clock = clock
        self._entropy = entropy
        self._bus = bus
        self._deciding = deciding
        self._policies = policies
        self._public_url = public_url.rstrip("/")
        self._link_keys = tuple(link_keys)
        self._notify = notify
        self._holders: dict[VerificationId, set[str]] = {}
        """Sessions that got a ticket in this process: whose sockets must be told about a takeover."""

    async def exchange(self, token: str) -> SignedIn | Over:
        """A join session for this browser, which takes over from every older one of the case.

        Of a closed case the way to its private page and no session: who has no other link is not left without one.

        Raises:
            LinkRefused: unknown, revoked or expired link; ``field`` says which.
        """
        now_ms = self._clock.now_ms()
        async with self._units() as unit:
            verification = await self._open_link(unit, token, Audience.FREELANCER, now_ms)
            if closed(verification):
                return Over(await self._case_link(unit, verification.id, fingerprint(token)))
            await unit.sessions.revoke_of_verification(verification.id, Audience.FREELANCER, now_ms)
            secret = await self._begin_session(unit, verification.id, Audience.FREELANCER, now_ms)
            await self._case_link(unit, verification.id, fingerprint(secret))
            state = await self._state(unit, verification, fingerprint(secret))
        self._tell_taken_over(verification.id)
        return SignedIn(secret, SESSION_VALID_MS, state)

    async def exchange_case(self, token: str) -> SignedIn:
        """A case session for this browser; other browsers keep theirs.

        Raises:
            LinkRefused: unknown, revoked or expired link; ``field`` says which.
        """
        now_ms = self._clock.now_ms()
        async with self._units() as unit:
            verification = await self._open_link(unit, token, Audience.CASE, now_ms)
            secret = await self._begin_session(unit, verification.id, Audience.CASE, now_ms)
            await chronicle(unit, verification.id, self._clock, "case.opened", FREELANCER)
            state = await self._case_state(unit, verification, fingerprint(secret))
        return SignedIn(secret, SESSION_VALID_MS, state)

    async def principal(self, secret: str, audience: Audience) -> FreelancerPrincipal:
        """The freelancer whose session this secret opens.

        Raises:
            NotAuthenticated: no such session for this audience, or it is over or was taken over.
        """
        async with self._units(read_only=True) as unit:
            session = await unit.sessions.by_hash(fingerprint(secret))
        alive = session and session.revoked_ms is None and self._clock.now_ms() < session.expires_ms
        if session is None or not alive or session.audience is not audience or session.verification_id is None:
            raise NotAuthenticated("Your session is over. Please open your link again.")
        return FreelancerPrincipal(session.verification_id, session.token_hash)

    async def state(self, principal: FreelancerPrincipal) -> dict[str, object]:
        """The ``JoinState``."""
        async with self._units(read_only=True) as unit:
            verification = await unit.verifications.get(principal.verification_id)
            return await self._state(unit, verification, principal.session_hash)

    async def case(self, principal: FreelancerPrincipal) -> dict[str, object]:
        """The ``CaseState``."""
        async with self._units(read_only=True) as unit:
            verification = await unit.verifications.get(principal.verification_id)
            return await self._case_state(unit, verification, principal.session_hash)

    async def consent(self, principal: FreelancerPrincipal, *, interview: bool, recording: bool) -> dict[str, object]:
        """Store what the freelancer agrees to; without the interview the case takes another way, which is not adverse.

        Raises:
            IllegalState: an interview is under way, or none can come any more.
        """
        async with self._units() as unit:
            verification = await unit.verifications.get(principal.verification_id)
            if verification.status not in INTERVIEW_AHEAD:
                raise IllegalState("There is nothing to agree to now.")
            given = Consent(verification.id, interview, recording and interview, self._clock.now_ms())
            await unit.consents.add(given)
            if not interview:
                await self._take_other_way(unit, verification, AlternativeReason.CONSENT_DECLINED)
        self._notify()
        return await self.state(principal)

    async def ticket(self, principal: FreelancerPrincipal) -> str:
        """A single-use ticket for the WebSocket.

        Raises:
            NotAllowed: no consent to the interview.
            IllegalState: no interview is ahead or under way.
        """
        async with self._units() as unit:
            verification = await unit.verifications.get(principal.verification_id)
            consent = await unit.consents.latest(verification.id)
            if consent is None or not consent.interview:
                raise NotAllowed("Please agree to the interview first.")
            if verification.status not in INTERVIEW_AHEAD | {_S.IN_INTERVIEW}:
                raise IllegalState("There is no interview to join.")
            secret = self._entropy.token()
            expires_ms = self._clock.now_ms() + TICKET_VALID_MS
            grant = TicketGrant(
                fingerprint(secret), Role.FREELANCER, expires_ms, principal.session_hash, verification.id
            )
            await unit.tickets.add(grant)
        self._holders.setdefault(principal.verification_id, set()).add(principal.session_hash)
        return secret

    async def alternative(self, principal: FreelancerPrincipal) -> dict[str, object]:
        """Another way of being verified, without an interview; asking twice changes nothing.

        Raises:
            IllegalState: an interview is under way, or the case is decided.
        """
        async with self._units() as unit:
            verification = await unit.verifications.get(principal.verification_id)
            if verification.status is not _S.ALTERNATIVE_ROUTE:
                await self._take_other_way(unit, verification, AlternativeReason.REQUESTED)
        self._notify()
        return await self.state(principal)

    async def decline_retry(self, principal: FreelancerPrincipal) -> dict[str, object]:
        """No further call: the system decides inconclusive.

        Raises:
            IllegalState: no retry is on offer.
        """
        await self._deciding.decline_retry(principal)
        self._notify()
        return await self.state(principal)

    async def _open_link(self, unit: UnitOfWork, token: str, audience: Audience, now_ms: int) -> Verification:
        link = await unit.links.by_hash(fingerprint(token))
        if link is None or link.audience is not audience or link.verification_id is None:
            raise LinkRefused("This link is not known here. Was it copied whole?", field="unknown")
        if link.revoked_ms is not None:
            raise LinkRefused("This link was replaced by a newer one.", field="revoked")
        if link.expires_ms is not None and now_ms >= link.expires_ms:
            raise LinkRefused("This link has run out.", field="expired")
        await unit.links.mark_used(link.token_hash, now_ms)
        return await unit.verifications.get(link.verification_id)

    async def _case_link(self, unit: UnitOfWork, id_: VerificationId, secret_hash: str) -> str:
        """The case link that belongs to a join session or link, made when there is none yet."""
        case_token = _case_token(self._link_keys[0], secret_hash)
        if await unit.links.by_hash(fingerprint(case_token)) is None:
            made = Link(fingerprint(case_token), Audience.CASE, self._clock.now_ms(), None, id_)
            await unit.links.add(made)
        return f"{self._public_url}/case#{case_token}"

    async def _begin_session(self, unit: UnitOfWork, id_: VerificationId, audience: Audience, now_ms: int) -> str:
        secret = self._entropy.token()
        await unit.sessions.add(Session(fingerprint(secret), audience, now_ms, now_ms + SESSION_VALID_MS, id_))
        return secret

    async def _take_other_way(self, unit: UnitOfWork, verification: Verification, reason: AlternativeReason) -> None:
        status = next_status(verification.status, VerificationEvent.ALTERNATIVE_REQUESTED)
        moved = replace(verification, status=status, waiting_since_ms=None)
        await unit.verifications.save(moved, verification.status)
        data = events.alternative_route(reason)
        await publish(unit, moved, EventType.VERIFICATION_ALTERNATIVE_ROUTE, data, self._clock, self._entropy)

    async def _state(self, unit: UnitOfWork, verification: Verification, session_hash: str) -> dict[str, object]:
        case_url = await self._case_url(unit, session_hash)
        state = await join_state(unit, verification, self._policies.current, case_url, self._clock.now_ms())
        return {**state, "session": session_tag(session_hash)}

    async def _case_url(self, unit: UnitOfWork, session_hash: str) -> str:
        """The session's case link, by whichever key of the ring it was made with; without any, the page's address."""
        for key in self._link_keys:
            token = _case_token(key, session_hash)
            link = await unit.links.by_hash(fingerprint(token))
            if link is not None and link.revoked_ms is None:
                return f"{self._public_url}/case#{token}"
        return f"{self._public_url}/case"

    async def _case_state(self, unit: UnitOfWork, verification: Verification, session_hash: str) -> dict[str, object]:
        state = await self._state(unit, verification, session_hash)
        terms = Terms(self._policies, self._clock.now_ms())
        return {**state, "case_url": f"{self._public_url}/case", **await case_parts(unit, verification, terms)}

    def _tell_taken_over(self, id_: VerificationId) -> None:
        for session_hash in self._holders.pop(id_, ()):
            self._bus.publish(session_topic(session_hash), to_wire(Banner(code="taken_over", side=Role.FREELANCER)))


def _case_token(key: bytes, secret_hash: str) -> str:
    """The case link that belongs to a join session, so that reading the state writes nothing, or to a join link."""
    digest = hmac.new(key, f"case:{secret_hash}".encode(), hashlib.sha256).digest()
    return base64.urlsafe_b64encode(digest).decode().rstrip("=")
